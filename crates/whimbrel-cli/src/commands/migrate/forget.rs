//! `migrate drop`: forgets that migrations were applied, and runs nothing.

use std::future::IntoFuture as _;

use whimbrel::db::{Access, ConnectOptions, Missing};

use crate::args::DropArgs;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::prompt::Prompter as _;
use crate::render::count;
use crate::render::json::{self, Output};

const WARNING: &str = "warning: only the record goes; what the migrations made stays in the database, \
                       and `migrate apply` runs them again";

pub(crate) async fn run(cx: &Context, args: &DropArgs) -> Result<Exit, CliError> {
    let options =
        ConnectOptions { access: Access::ReadWrite, missing: Missing::Refuse, ..ConnectOptions::default() };
    let mut migrator = cx.connect(&cx.settings.url()?, None, options).await?;
    let name = migrator.server().name.clone();
    let number = args.count.unwrap_or(1);
    cx.say(WARNING);
    if let Some(mut prompter) = cx.confirming()
        && !prompter
            .confirm(&format!("forget {}?", count(u64::from(number), "migration")))
            .map_err(|_| CliError::Interrupted { happened: "nothing was done" })?
    {
        migrator.close().await?;
        cx.say("declined, nothing was done");
        return Ok(Exit::Done);
    }
    let canceller = migrator.canceller();
    let forgotten = cx.guard(canceller.as_ref(), migrator.forget(number as usize).into_future()).await?;
    migrator.close().await?;
    if cx.global.json {
        let migration = |name: &String| json::Migration { name: name.clone(), ..json::Migration::default() };
        let migrations = forgotten.iter().map(migration).collect();
        let output = Output { migrations: Some(migrations), ..Output::new("migrate drop") };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    for one in &forgotten {
        cx.say(format_args!("`{name}` no longer counts `{one}` as applied"));
    }
    if forgotten.is_empty() {
        cx.say(format_args!("`{name}` has applied nothing"));
    }
    Ok(Exit::Done)
}
