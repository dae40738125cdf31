//! `migrate adopt`: makes the history of another tool ours.

use std::future::IntoFuture as _;

use whimbrel::AdoptReport;
use whimbrel::db::{Access, ConnectOptions, Missing};

use crate::args::AdoptArgs;
use crate::context::Context;
use crate::dir::Dir;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::count;
use crate::render::json::{self, Output};

pub(crate) async fn run(cx: &Context, args: &AdoptArgs) -> Result<Exit, CliError> {
    let access = if args.dry_run { Access::ReadOnly } else { Access::ReadWrite };
    let options = ConnectOptions { access, missing: Missing::Refuse, ..ConnectOptions::default() };
    let from = Dir::read(&args.from, None, || cx.settings.url())?;
    let from = from.store(options.clone(), whimbrel::Layout::Journal)?;
    let mut migrator = cx.connect(&cx.settings.url()?, None, options).await?;
    let name = migrator.server().name.clone();
    let canceller = migrator.canceller();
    let mut adopt = migrator.adopt(from).dry_run(args.dry_run);
    if let Some(tool) = args.tool {
        adopt = adopt.tool(tool.into());
    }
    if let Some(table) = &args.from_table {
        adopt = adopt.table(table.as_str());
    }
    let result = cx.guard(canceller.as_ref(), adopt.into_future()).await;
    let closed = migrator.close().await;
    let report = result?;
    closed?;
    if cx.global.json {
        let output = Output {
            migrations: Some(report.migrations.iter().map(json::Migration::entry).collect()),
            applied: Some(report.written),
            ..Output::new("migrate adopt")
        };
        cx.term.data(&output.line()).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    tell(cx, &report, &name)?;
    Ok(Exit::Done)
}

fn tell(cx: &Context, report: &AdoptReport, database: &str) -> Result<(), CliError> {
    for (at, entry) in report.migrations.iter().enumerate() {
        let state = if at < report.applied { "applied" } else { "pending" };
        cx.say(format_args!("{state}  {}", super::label(entry)));
    }
    let number = count(report.migrations.len() as u64, "migration");
    let (tool, dir) = (report.tool, cx.dir()?);
    if report.written {
        cx.say(format_args!(
            "\n{number} of {tool} adopted into `{dir}`, {} of them applied to `{database}`",
            report.applied
        ));
        cx.say("help: read the files and commit them; what belongs to the other tool was not touched");
    } else {
        cx.say(format_args!("\n{number} of {tool} can be adopted; dry run, nothing was written"));
    }
    Ok(())
}
