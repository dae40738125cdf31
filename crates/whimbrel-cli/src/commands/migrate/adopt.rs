//! `migrate adopt`: makes the history of another tool ours.

use std::future::IntoFuture as _;
use std::sync::Arc;

use whimbrel::db::{Access, ConnectOptions, Missing};
use whimbrel::store::LockFileStore;
use whimbrel::{AdoptReport, Layout, Origin, Store};

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
    let origin = args.tool.map(Origin::from);
    let from = place(cx, args, origin, options.clone())?;
    let mut migrator = cx.connect(&cx.settings.url()?, None, options).await?;
    let name = migrator.server().name.clone();
    let canceller = migrator.canceller();
    let mut adopt = migrator.adopt(from).dry_run(args.dry_run);
    if let Some(origin) = origin {
        adopt = adopt.origin(origin);
    }
    if let Some(table) = &args.from_table {
        adopt = adopt.table(table.as_str());
    }
    if let Some(last) = &args.to {
        adopt = adopt.to(last.as_str());
    }
    let result = cx.guard(canceller.as_ref(), adopt.into_future()).await;
    let closed = migrator.close().await;
    let report = result?;
    closed?;
    if cx.global.json {
        let output = Output {
            migrations: Some(report.migrations.iter().map(json::Migration::entry).collect()),
            notes: Some(report.notes.clone()).filter(|notes| !notes.is_empty()),
            applied: Some(report.written),
            ..Output::new("migrate adopt")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    tell(cx, &report, &name)?;
    Ok(Exit::Done)
}

/// Where the other tool keeps its migrations: Kontract's lock file is beside their
/// folder, and what was named may be either folder.
fn place(
    cx: &Context,
    args: &AdoptArgs,
    origin: Option<Origin>,
    options: ConnectOptions,
) -> Result<Arc<dyn Store>, CliError> {
    let dir = Dir::read(&args.from, None, || cx.settings.url())?;
    let kontracts = match &dir {
        Dir::Folder(folder) => LockFileStore::folder_of(folder),
        Dir::Bucket(_) | Dir::Table { .. } | Dir::Program(_) => None,
    };
    match (origin, kontracts) {
        (None | Some(Origin::Layout(Layout::LockFile)), Some(folder)) => {
            Dir::Folder(folder).store(options, Layout::LockFile)
        }
        (Some(Origin::Layout(layout)), _) => dir.store(options, layout),
        (None | Some(Origin::Tool(_)), _) => dir.store(options, Layout::Journal),
    }
}

fn tell(cx: &Context, report: &AdoptReport, database: &str) -> Result<(), CliError> {
    for (at, entry) in report.migrations.iter().enumerate() {
        let state = if at < report.applied { "applied" } else { "pending" };
        cx.say(format_args!("{state}  {}", super::label(entry)));
    }
    let number = count(report.migrations.len() as u64, "migration");
    for note in &report.notes {
        cx.say(format_args!("note: {note}"));
    }
    let (origin, dir) = (report.origin, cx.dir()?);
    if report.written {
        cx.say(format_args!(
            "\n{number} of {origin} adopted into `{dir}`, {} of them applied to `{database}`",
            report.applied
        ));
        cx.say("help: read the files and commit them; what was there before was not touched");
    } else {
        cx.say(format_args!("\n{number} of {origin} can be adopted; dry run, nothing was written"));
    }
    Ok(())
}
