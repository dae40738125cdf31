//! `migrate reset`: drops everything, then applies all migrations.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use whimbrel::ResetReport;
use whimbrel::core::resolve::{Policy, Predefined, predefined};
use whimbrel::db::{Access, ConnectOptions, Missing};

use super::watch::Watch;
use crate::args::ResetArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::prompt::{Left, Prompter as _};
use crate::render::json::{self, Output};
use crate::render::{count, plan};

pub(crate) async fn run(cx: &Context, args: &ResetArgs) -> Result<Exit, CliError> {
    let meant = cx.global.yes && args.accept_data_loss;
    if !args.dry_run && !meant && cx.prompter().is_none() {
        return Err(CliError::UnconfirmedReset { command: "migrate reset" });
    }
    let access = if args.dry_run { Access::ReadOnly } else { Access::ReadWrite };
    let options = ConnectOptions { access, missing: Missing::Create, ..ConnectOptions::default() };
    let mut migrator = cx.connect(&cx.settings.url()?, None, options).await?;
    let name = migrator.server().name.clone();
    let preview = migrator.reset().dry_run(true).await?;
    show(cx, &preview);
    if args.dry_run {
        migrator.close().await?;
        return tell(cx, &preview, None, &name);
    }
    if let Some(mut prompter) = cx.confirming() {
        let question = format!("drop everything in `{name}`, then apply all migrations?");
        let confirmed = prompter.confirm(&question);
        if !confirmed.map_err(|Left| CliError::Interrupted { happened: "nothing was done" })? {
            migrator.close().await?;
            cx.say("declined, nothing was done");
            return Ok(Exit::Done);
        }
    }
    let left = Arc::new(AtomicBool::new(false));
    let accept_data_loss = args.accept_data_loss || cx.policy() == Policy::Allow;
    let flags = Predefined { accept_data_loss, ..predefined() };
    let canceller = migrator.canceller();
    let mut watch = Watch::new(cx, "ran");
    let reset = migrator.reset().resolver(cx.resolver(flags, &left)).observer(&mut watch).into_future();
    let result = cx.guard(canceller.as_ref(), reset).await;
    watch.end();
    let closed = migrator.close().await;
    let Some(report) = cx.answered(&left, result, "nothing was done")? else { return Ok(Exit::Done) };
    closed?;
    tell(cx, &report, Some(&watch), &name)
}

/// What goes, as a plan shows it.
fn show(cx: &Context, report: &ResetReport) {
    if !report.dropped.is_empty() {
        cx.say(plan::blocks(&cx.term, &report.dropped));
    }
}

fn tell(cx: &Context, report: &ResetReport, ran: Option<&Watch<'_>>, name: &str) -> Result<Exit, CliError> {
    if cx.global.json {
        let migration = |entry| match ran {
            Some(watch) => watch.migration(entry),
            None => json::Migration::entry(entry),
        };
        let output = Output {
            changes: Some(report.dropped.clone()),
            migrations: Some(report.migrations.iter().map(migration).collect()),
            applied: Some(ran.is_some()),
            ..Output::new("migrate reset")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    let migrations = count(report.migrations.len() as u64, "migration");
    match ran {
        Some(_) => cx.say(format_args!("\n`{name}` was dropped and has {migrations} applied")),
        None => cx.say(format_args!("{migrations} would be applied\ndry run, nothing was done")),
    }
    Ok(Exit::Done)
}
