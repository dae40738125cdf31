//! `migrate apply`: runs what the database has not applied.

use std::future::IntoFuture as _;
use std::time::{Duration, Instant};

use whimbrel::db::apply::{ResumeAt, TransactionMode};
use whimbrel::db::{Access, ConnectOptions, Missing};
use whimbrel::{Apply, ApplyReport, Migrator};

use super::watch::Watch;
use crate::args::{ApplyArgs, TransactionArg};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::count;
use crate::render::json::{self, Output};

pub(crate) async fn run(cx: &Context, args: &ApplyArgs) -> Result<Exit, CliError> {
    let access = if args.dry_run { Access::ReadOnly } else { Access::ReadWrite };
    let options = ConnectOptions { access, missing: Missing::Create, ..ConnectOptions::default() };
    let mut migrator = cx.connect_reading(options).await?;
    let name = migrator.server().name.clone();
    if args.dry_run {
        let report = verb(&mut migrator, args).dry_run(true).await?;
        migrator.close().await?;
        return preview(cx, &report);
    }
    if let Some(mut prompter) = cx.confirming() {
        let report = verb(&mut migrator, args).dry_run(true).await?;
        if !report.migrations.is_empty() {
            migrator.writable()?;
            if !super::confirmed(cx, &mut prompter, "apply", &report.migrations)? {
                migrator.close().await?;
                cx.say("declined, nothing was applied");
                return Ok(Exit::Done);
            }
        }
    }
    let canceller = migrator.canceller();
    let mut watch = Watch::new(cx, "applied");
    let start = Instant::now();
    let apply = verb(&mut migrator, args).observer(&mut watch).into_future();
    let result = cx.guard(canceller.as_ref(), apply).await;
    watch.end();
    let took = start.elapsed();
    let closed = migrator.close().await;
    let report = result?;
    closed?;
    if cx.global.json {
        return tell_json(cx, &report, &watch);
    }
    tell(cx, &report, &name, took)
}

fn tell(cx: &Context, report: &ApplyReport, name: &str, took: Duration) -> Result<Exit, CliError> {
    match report.migrations.len() as u64 {
        0 if report.pending.is_empty() => {
            cx.say(format_args!("`{name}` has all migrations of `{}`", cx.dir()?));
        }
        0 => cx.say(format_args!("nothing to apply to `{name}`")),
        applied => cx.say(format_args!(
            "\n{} applied to `{name}` in {}",
            count(applied, "migration"),
            super::watch::short(took)
        )),
    }
    for note in &report.notes {
        cx.say(format_args!("note: {note}"));
    }
    if !report.pending.is_empty() {
        cx.say(format_args!("{} still pending", count(report.pending.len() as u64, "migration")));
    }
    Ok(Exit::Done)
}

fn verb<'m>(migrator: &'m mut Migrator, args: &ApplyArgs) -> Apply<'m> {
    let mode = match args.transaction {
        TransactionArg::Each => TransactionMode::Each,
        TransactionArg::All => TransactionMode::All,
        TransactionArg::None => TransactionMode::None,
    };
    let mut apply = migrator.apply().transaction(mode).require_proof(args.require_proof);
    apply = apply.accept_data_loss(args.accept_data_loss);
    if let Some(target) = &args.to {
        apply = apply.to(target.as_str());
    }
    if let Some((migration, statement)) = &args.resume_at {
        apply = apply.resume_at(ResumeAt { migration: migration.clone(), statement: *statement });
    }
    apply
}

/// The SQL goes to standard output, all else to standard error.
fn preview(cx: &Context, report: &ApplyReport) -> Result<Exit, CliError> {
    if cx.global.json {
        let migrations = report.migrations.iter().map(json::Migration::entry).collect();
        let output =
            Output { migrations: Some(migrations), applied: Some(false), ..Output::new("migrate apply") };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    if report.migrations.is_empty() {
        cx.say("nothing to apply");
        return Ok(Exit::Done);
    }
    for (entry, text) in report.migrations.iter().zip(&report.texts) {
        cx.say(format_args!("would apply {}", super::label(entry)));
        cx.term.data(text).map_err(CliError::output)?;
    }
    cx.say("dry run, nothing was applied");
    Ok(Exit::Done)
}

fn tell_json(cx: &Context, report: &ApplyReport, watch: &Watch<'_>) -> Result<Exit, CliError> {
    let migrations = report.migrations.iter().map(|entry| watch.migration(entry)).collect();
    let output = Output {
        migrations: Some(migrations),
        applied: Some(!report.migrations.is_empty()),
        notes: Some(report.notes.clone()).filter(|notes| !notes.is_empty()),
        ..Output::new("migrate apply")
    };
    cx.term.json(output).map_err(CliError::output)?;
    Ok(Exit::Done)
}
