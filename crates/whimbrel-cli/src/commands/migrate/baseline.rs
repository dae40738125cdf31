//! `migrate baseline`: marks as applied what an existing database has already.

use std::future::IntoFuture as _;

use whimbrel::db::{Access, ConnectOptions, Missing};

use crate::args::BaselineArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::count;
use crate::render::json::{self, Output};

pub(crate) async fn run(cx: &Context, args: &BaselineArgs) -> Result<Exit, CliError> {
    let access = if args.dry_run { Access::ReadOnly } else { Access::ReadWrite };
    let options = ConnectOptions { access, missing: Missing::Refuse, ..ConnectOptions::default() };
    let mut migrator = cx.connect(&cx.settings.url()?, None, options).await?;
    let name = migrator.server().name.clone();
    let canceller = migrator.canceller();
    let mut baseline = migrator.baseline().dry_run(args.dry_run);
    if let Some(target) = &args.to {
        baseline = baseline.to(target.as_str());
    }
    let result = cx.guard(canceller.as_ref(), baseline.into_future()).await;
    let closed = migrator.close().await;
    let marked = result?;
    closed?;
    if cx.global.json {
        let output = Output {
            migrations: Some(marked.iter().map(json::Migration::entry).collect()),
            applied: Some(!args.dry_run && !marked.is_empty()),
            ..Output::new("migrate baseline")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    let verb = if args.dry_run { "would be marked" } else { "marked" };
    for entry in &marked {
        cx.say(format_args!("{verb} as applied: {}", super::label(entry)));
    }
    match (marked.len() as u64, args.dry_run) {
        (0, _) => cx.say(format_args!("`{name}` counts all of them as applied already")),
        (number, true) => {
            cx.say(format_args!("{}; dry run, nothing was recorded", count(number, "migration")));
        }
        (number, false) => {
            cx.say(format_args!("`{name}` now counts {} as applied", count(number, "migration")));
        }
    }
    Ok(Exit::Done)
}
