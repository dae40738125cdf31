//! `migrate status` and `migrate pending`: where every migration stands.

use std::future::IntoFuture as _;

use anstyle::{AnsiColor, Style};
use whimbrel::core::history::{Detail, Standing, State};
use whimbrel::db::{Access, ConnectOptions, Missing};
use whimbrel::{LockStanding, StatusReport};

use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::json::{self, Output};

fn read_only() -> ConnectOptions {
    ConnectOptions { access: Access::ReadOnly, missing: Missing::Create, ..ConnectOptions::default() }
}

pub(crate) async fn run(cx: &Context) -> Result<Exit, CliError> {
    let mut migrator = cx.connect(&cx.settings.url()?, None, read_only()).await?;
    let canceller = migrator.canceller();
    let report = cx.guard(canceller.as_ref(), migrator.status().into_future()).await?;
    migrator.close().await?;
    if cx.global.json {
        let migrations = report.migrations.iter().map(migration).collect();
        let notes = report.lock.filter(|lock| lock.is_behind()).map(|lock| vec![behind(lock)]);
        let output = Output { migrations: Some(migrations), notes, ..Output::new("migrate status") };
        cx.term.json(output).map_err(CliError::output)?;
    } else {
        cx.term.page(&table(&report)).map_err(CliError::output)?;
        cx.say(summary(&report));
        if let Some(lock) = report.lock.filter(|lock| lock.is_behind()) {
            cx.say(format_args!("note: {}", behind(lock)));
        }
    }
    Ok(Exit::Done)
}

pub(crate) async fn pending(cx: &Context) -> Result<Exit, CliError> {
    let mut migrator = cx.connect_reading(read_only()).await?;
    let canceller = migrator.canceller();
    let pending = cx.guard(canceller.as_ref(), migrator.pending().into_future()).await?;
    migrator.close().await?;
    if cx.global.json {
        let migrations = pending.iter().map(json::Migration::entry).collect();
        let output = Output { migrations: Some(migrations), ..Output::new("migrate pending") };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    let lines: String = pending.iter().map(|entry| format!("{}\n", super::label(entry))).collect();
    cx.term.data(&lines).map_err(CliError::output)?;
    if pending.is_empty() {
        cx.say("nothing is pending");
    }
    Ok(Exit::Done)
}

fn migration(standing: &Standing) -> json::Migration {
    let details: Vec<_> = standing.details.iter().map(ToString::to_string).collect();
    json::Migration {
        idx: standing.idx,
        name: standing.name.clone(),
        file: standing.idx.map(|_| format!("{}.sql", standing.label())),
        state: Some(standing.state.name().to_owned()),
        detail: (!details.is_empty()).then(|| details.join("; ")),
        applied_at: standing.applied_at.clone(),
        ..json::Migration::default()
    }
}

/// A line a migration, the states below each other.
fn table(report: &StatusReport) -> String {
    let labels: Vec<String> = report.migrations.iter().map(Standing::label).collect();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let state_width = report.migrations.iter().map(|one| one.state.name().len()).max().unwrap_or(0);
    let mut text = String::new();
    for (label, one) in labels.iter().zip(&report.migrations) {
        let style = style_of(one.state);
        let padding = width - label.chars().count();
        let rest = rest(one);
        let gap = if rest.is_empty() { 0 } else { state_width - one.state.name().len() + 2 };
        text += &format!("{label}{:padding$}  {style}{}{style:#}{:gap$}{rest}\n", "", one.state, "");
    }
    text
}

/// When it was applied, and what else there is to say.
fn rest(standing: &Standing) -> String {
    let applied_at = standing.applied_at.iter().cloned();
    applied_at.chain(standing.details.iter().map(Detail::to_string)).collect::<Vec<_>>().join("; ")
}

fn style_of(state: State) -> Style {
    match state {
        State::Applied => AnsiColor::Green.on_default(),
        State::Pending => AnsiColor::Yellow.on_default(),
        State::Failed | State::Missing | State::Edited | State::OutOfOrder | State::Unknown => {
            AnsiColor::Red.on_default()
        }
    }
}

/// What there is to say of a lock file that lags behind.
fn behind(lock: LockStanding) -> String {
    format!(
        "the lock file has version {}, and the database {}: the next `whimbrel migrate apply` brings it up to date",
        lock.lock, lock.database
    )
}

/// `2 applied, 1 pending`, and every other state that occurs.
fn summary(report: &StatusReport) -> String {
    let always = [State::Applied, State::Pending];
    let others = [State::Failed, State::Missing, State::Edited, State::OutOfOrder, State::Unknown];
    let others = others.into_iter().filter(|state| report.count(*state) > 0);
    let parts = always.into_iter().chain(others).map(|state| format!("{} {state}", report.count(state)));
    parts.collect::<Vec<_>>().join(", ")
}
