//! `migrate generate`: a migration from the difference between the migrations
//! and the source.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use whimbrel::GenerateReport;

use crate::args::GenerateArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::json::{self, Output};
use crate::render::plan;

pub(crate) async fn run(cx: &Context, args: &GenerateArgs) -> Result<Exit, CliError> {
    let schema = cx.settings.schema()?;
    let mut migrator = cx.connect_scratch(Some(&schema)).await?;
    let left = Arc::new(AtomicBool::new(false));
    let canceller = migrator.canceller();
    let mut generate = migrator
        .generate()
        .dry_run(args.dry_run)
        .renames(args.answers.renames())
        .resolver(cx.resolver(args.answers.resolver(cx.policy()), &left));
    if let Some(name) = &args.name {
        generate = generate.name(name);
    }
    let result = cx.guard(canceller.as_ref(), generate.into_future()).await;
    let closed = migrator.close().await;

    let Some(report) = cx.answered(&left, result, "nothing was written")? else { return Ok(Exit::Done) };
    closed?;
    tell(cx, &schema.name, report)
}

fn tell(cx: &Context, schema: &str, report: GenerateReport) -> Result<Exit, CliError> {
    let files = cx.files(&report.migrations)?;
    if cx.global.json {
        let (files, would_write) = Output::files(files, report.written);
        let output = Output {
            steps: Some(json::steps(&report.plan)),
            changes: Some(report.changes),
            questions: Some(Vec::new()),
            notes: Some(report.notes),
            migrations: Some(report.migrations.iter().map(json::Migration::written).collect()),
            proof: Some(report.proof),
            files,
            would_write,
            ..Output::new("migrate generate")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    for note in &report.notes {
        cx.say(format_args!("note: {note}"));
    }
    if report.migrations.is_empty() {
        cx.say(format_args!("`{}` leads to `{schema}` already", cx.dir()?));
        return Ok(Exit::Done);
    }
    cx.say(plan::text(&cx.term, &report.changes, &report.plan, &report.proof));
    if !report.written {
        for file in files {
            cx.say(format_args!("would write `{file}`"));
        }
        for one in &report.migrations {
            cx.term.data(&one.up.text).map_err(CliError::output)?;
        }
        cx.say("dry run, nothing was written");
        return Ok(Exit::Done);
    }
    for file in files {
        cx.say(format_args!("wrote `{file}`"));
    }
    cx.say("help: read them, commit them, then run `whimbrel migrate apply`");
    Ok(Exit::Done)
}
