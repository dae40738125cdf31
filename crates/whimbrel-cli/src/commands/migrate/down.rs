//! `migrate down`: takes back what was applied last.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use whimbrel::core::history::Entry;
use whimbrel::core::resolve::{Policy, Predefined, predefined};
use whimbrel::db::apply::ResumeAt;
use whimbrel::db::{Access, ConnectOptions, Missing};
use whimbrel::{Down, DownReport, Migrator};

use super::watch::{self, Watch};
use crate::args::DownArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::count;
use crate::render::json::{self, Output};

pub(crate) async fn run(cx: &Context, args: &DownArgs) -> Result<Exit, CliError> {
    let access = if args.dry_run { Access::ReadOnly } else { Access::ReadWrite };
    let options = ConnectOptions { access, missing: Missing::Refuse, ..ConnectOptions::default() };
    let mut migrator = cx.connect(&cx.settings.url()?, None, options).await?;
    let name = migrator.server().name.clone();
    let preview = verb(&mut migrator, args).dry_run(true).await?;
    if args.dry_run || preview.migrations.is_empty() {
        migrator.close().await?;
        return show(cx, &preview);
    }
    if let Some(mut prompter) = cx.confirming() {
        let entries: Vec<Entry> = preview.migrations.iter().map(|one| one.entry.clone()).collect();
        if !super::confirmed(cx, &mut prompter, "roll back", &entries)? {
            migrator.close().await?;
            cx.say("declined, nothing was rolled back");
            return Ok(Exit::Done);
        }
    }

    let left = Arc::new(AtomicBool::new(false));
    let canceller = migrator.canceller();
    let mut watch = Watch::new(cx, "rolled back");
    let start = Instant::now();
    let mut down = verb(&mut migrator, args);
    if let Some((migration, statement)) = &args.resume_at {
        down = down.resume_at(ResumeAt { migration: migration.clone(), statement: *statement });
    }
    let down = down.resolver(cx.resolver(losses(cx, args), &left)).observer(&mut watch).into_future();
    let result = cx.guard(canceller.as_ref(), down).await;
    watch.end();
    let took = start.elapsed();
    let closed = migrator.close().await;
    let Some(report) = cx.answered(&left, result, "nothing was rolled back")? else { return Ok(Exit::Done) };
    closed?;
    if cx.global.json {
        let migrations = report.migrations.iter().map(|one| watch.migration(&one.entry)).collect();
        let output = Output {
            migrations: Some(migrations),
            questions: Some(Vec::new()),
            applied: Some(!report.migrations.is_empty()),
            notes: Some(report.notes.clone()).filter(|notes| !notes.is_empty()),
            ..Output::new("migrate down")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    match report.migrations.len() as u64 {
        0 => cx.say("nothing to roll back"),
        rolled => cx.say(format_args!(
            "\n{} rolled back from `{name}` in {}",
            count(rolled, "migration"),
            watch::short(took)
        )),
    }
    for note in &report.notes {
        cx.say(format_args!("note: {note}"));
    }
    Ok(Exit::Done)
}

fn verb<'m>(migrator: &'m mut Migrator, args: &DownArgs) -> Down<'m> {
    let down = migrator.down().accept_data_loss(args.accept_data_loss);
    match (&args.to, args.steps) {
        (Some(target), _) => down.to(target.as_str()),
        (None, steps) => down.steps(steps.unwrap_or(1)),
    }
}

/// Answers what the flags and the policy answer.
fn losses(cx: &Context, args: &DownArgs) -> Predefined {
    let accept_data_loss = args.accept_data_loss || cx.policy() == Policy::Allow;
    Predefined { accept_data_loss, ..predefined() }
}

/// What would be rolled back; the SQL goes to standard output.
fn show(cx: &Context, report: &DownReport) -> Result<Exit, CliError> {
    if cx.global.json {
        let migration = |one: &whimbrel::Rolled| json::Migration {
            sql: Some(one.text.clone()),
            ..json::Migration::entry(&one.entry)
        };
        let output = Output {
            migrations: Some(report.migrations.iter().map(migration).collect()),
            applied: Some(false),
            ..Output::new("migrate down")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    if report.migrations.is_empty() {
        cx.say("nothing to roll back");
        return Ok(Exit::Done);
    }
    for one in &report.migrations {
        cx.say(format_args!("would roll back {}", super::label(&one.entry)));
        cx.term.data(&one.text).map_err(CliError::output)?;
    }
    cx.say("dry run, nothing was rolled back");
    Ok(Exit::Done)
}
