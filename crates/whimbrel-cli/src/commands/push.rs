//! `push`: from the source straight to the database.

use std::future::IntoFuture as _;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use whimbrel::PushReport;
use whimbrel::db::{Access, ConnectOptions, Missing};

use crate::args::PushArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::observer::Watcher;
use crate::render::json::{self, Output};

pub(crate) async fn run(cx: &Context, args: &PushArgs) -> Result<Exit, CliError> {
    refuse_unconfirmed_reset(cx, args)?;
    let access = if args.dry_run { Access::ReadOnly } else { Access::ReadWrite };
    let options = ConnectOptions { access, missing: Missing::Create, ..ConnectOptions::default() };
    let schema = cx.settings.schema()?;
    let mut migrator = cx.connect(&cx.settings.url()?, Some(&schema), options).await?;
    let name = migrator.server().name.clone();

    let left = Arc::new(AtomicBool::new(false));
    let watcher = Watcher::new(cx, args, Arc::clone(&left));
    let canceller = migrator.canceller();
    let push = migrator
        .push()
        .dry_run(args.dry_run)
        .force_reset(args.force_reset)
        .renames(args.answers.renames())
        .resolver(cx.resolver(args.answers.resolver(cx.policy()), &left))
        .observer(watcher);
    let result = cx.guard(canceller.as_ref(), push.into_future()).await;
    let closed = migrator.close().await;

    let Some(report) = cx.answered(&left, result, "nothing was done")? else { return Ok(Exit::Done) };
    closed?;
    if args.dry_run && !cx.global.json {
        cx.term.data(&report.plan.render_sql()).map_err(CliError::output)?;
    }
    tell(cx, args, &name, &schema.name, report)
}

/// A reset that nobody can be asked about must be meant.
fn refuse_unconfirmed_reset(cx: &Context, args: &PushArgs) -> Result<(), CliError> {
    let meant = cx.global.yes && args.answers.accept_data_loss;
    if args.force_reset && !args.dry_run && !meant && cx.prompter().is_none() {
        return Err(CliError::UnconfirmedReset { command: "--force-reset" });
    }
    Ok(())
}

fn tell(
    cx: &Context,
    args: &PushArgs,
    database: &str,
    schema: &str,
    report: PushReport,
) -> Result<Exit, CliError> {
    if cx.global.json {
        let output = Output {
            steps: Some(json::steps(&report.plan)),
            changes: Some(report.changes),
            questions: Some(Vec::new()),
            notes: Some(report.notes),
            left_alone: Some(report.left_alone),
            proof: Some(report.proof),
            applied: Some(report.applied),
            ..Output::new("push")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    match (report.changes.is_empty(), report.applied) {
        (true, _) => cx.say(format_args!("`{database}` is in sync with `{schema}`")),
        (false, true) => cx.say(format_args!("pushed to `{database}`")),
        (false, false) if args.dry_run => cx.say("dry run, nothing was done"),
        (false, false) => cx.say("declined, nothing was done"),
    }
    Ok(Exit::Done)
}
