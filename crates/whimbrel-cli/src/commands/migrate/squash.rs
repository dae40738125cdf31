//! `migrate squash`: one migration of several.

use std::future::IntoFuture as _;

use whimbrel::SquashReport;
use whimbrel::db::{Access, ConnectOptions, Missing};

use crate::args::SquashArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::count;
use crate::render::json::{self, Output};

pub(crate) async fn run(cx: &Context, args: &SquashArgs) -> Result<Exit, CliError> {
    let options =
        ConnectOptions { access: Access::ReadOnly, missing: Missing::Create, ..ConnectOptions::default() };
    let mut migrator = cx.connect(&cx.settings.url()?, None, options).await?;
    let canceller = migrator.canceller();
    let mut squash = migrator.squash().as_written(args.as_written).dry_run(args.dry_run);
    if let Some(target) = &args.from {
        squash = squash.from(target.as_str());
    }
    if let Some(target) = &args.to {
        squash = squash.to(target.as_str());
    }
    if let Some(name) = &args.name {
        squash = squash.name(name);
    }
    let result = cx.guard(canceller.as_ref(), squash.into_future()).await;
    let closed = migrator.close().await;
    let report = result?;
    closed?;
    tell(cx, &report)
}

fn tell(cx: &Context, report: &SquashReport) -> Result<Exit, CliError> {
    let written = &report.migration;
    if cx.global.json {
        let migrations = [json::Migration::written(written)]
            .into_iter()
            .chain(report.renumbered.iter().map(json::Migration::entry));
        let (files, would_write) = Output::files(cx.files([written])?, report.written);
        let output = Output {
            migrations: Some(migrations.collect()),
            squash: Some(json::Squash::of(&report.form)),
            proof: written.entry.proof.clone(),
            files,
            would_write,
            ..Output::new("migrate squash")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    for entry in &report.replaced {
        cx.say(format_args!("- {}", super::label(entry)));
    }
    cx.say(format_args!("+ {}", super::label(&written.entry)));
    cx.say(&report.form);
    for name in &report.without_down {
        cx.say(format_args!("note: `{name}` has no way back, so neither has the new migration"));
    }
    if let Some(proof) = &written.entry.proof {
        let replaced = count(report.replaced.len() as u64, "migration");
        cx.say(format_args!("\n{replaced} made one, proof: {proof}"));
    }
    if !report.renumbered.is_empty() {
        cx.say(format_args!("{} renumbered", count(report.renumbered.len() as u64, "later migration")));
    }
    if report.written {
        cx.say("help: a database that has applied them all counts the new one as applied; let every database\n      \
                apply them before it gets the new files");
    } else {
        cx.term.data(&written.up.text).map_err(CliError::output)?;
        cx.say("dry run, nothing was written");
    }
    Ok(Exit::Done)
}
