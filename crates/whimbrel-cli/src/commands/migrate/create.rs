//! `migrate create`: an empty migration, to be filled in by hand.

use whimbrel::db::ConnectOptions;

use crate::args::{CreateArgs, FormatArg};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::json::{self, Output};

pub(crate) async fn run(cx: &Context, args: &CreateArgs) -> Result<Exit, CliError> {
    // Only the dialect matters: nothing is connected to.
    let dialect = cx.settings.url()?.dialect();
    let store = cx.dir()?.store(ConnectOptions::default())?;
    let (clock, format) = (cx.settings.clock()?, args.format.into());
    let written = whimbrel::create(&store, dialect, &clock, &args.name, format).await?;
    let files = cx.files([&written])?;
    if cx.global.json {
        let output = Output {
            migrations: Some(vec![json::Migration::written(&written)]),
            files: Some(files),
            ..Output::new("migrate create")
        };
        cx.term.data(&output.line()).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    for file in files {
        cx.say(format_args!("wrote `{file}`"));
    }
    let name = &written.entry.name;
    let what = match args.format {
        FormatArg::Sql => "write its statements",
        FormatArg::Ts | FormatArg::Js => "write what it does",
        FormatArg::Rust => "register the closure in your program",
    };
    cx.say(format_args!("help: {what}, then run `whimbrel migrate verify --accept {name}`"));
    Ok(Exit::Done)
}
