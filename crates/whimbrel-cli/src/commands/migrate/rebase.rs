//! `migrate rebase`: after a merge, ours on top of theirs.

use std::future::IntoFuture as _;

use whimbrel::Keep;
use whimbrel::db::{Access, ConnectOptions, Missing};

use crate::args::{KeepArg, RebaseArgs};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::json::{self, Output};

pub(crate) async fn run(cx: &Context, args: &RebaseArgs) -> Result<Exit, CliError> {
    let options =
        ConnectOptions { access: Access::ReadOnly, missing: Missing::Create, ..ConnectOptions::default() };
    let mut migrator = cx.connect(&cx.settings.url()?, None, options).await?;
    let canceller = migrator.canceller();
    let keep = match args.keep {
        KeepArg::Theirs => Keep::Theirs,
        KeepArg::Ours => Keep::Ours,
    };
    let rebase = migrator.rebase().keep(keep).dry_run(args.dry_run);
    let result = cx.guard(canceller.as_ref(), rebase.into_future()).await;
    let closed = migrator.close().await;
    let report = result?;
    closed?;
    if cx.global.json {
        let output = Output {
            migrations: Some(report.rebased.iter().map(json::Migration::entry).collect()),
            applied: Some(report.written),
            ..Output::new("migrate rebase")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    if report.rebased.is_empty() {
        cx.say("nothing to rebase: no merge left its marks in the journal, and nothing is out of order");
        return Ok(Exit::Done);
    }
    for (from, to) in &report.moved {
        cx.say(format_args!("~ {} is {} now", super::label(from), super::label(to)));
    }
    for entry in &report.rebased {
        if let Some(proof) = &entry.proof {
            cx.say(format_args!("{}: {proof}", super::label(entry)));
        }
    }
    match report.written {
        true => cx.say("\nhelp: `git add` the folder, and go on with the merge"),
        false => cx.say("\ndry run, nothing was written"),
    }
    Ok(Exit::Done)
}
