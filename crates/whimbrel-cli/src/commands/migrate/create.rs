//! `migrate create`: an empty migration, to be filled in by hand.

use whimbrel::db::ConnectOptions;
use whimbrel::{CreateOptions, Layout};

use crate::args::{CreateArgs, FormatArg};
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::json::{self, Output};

pub(crate) async fn run(cx: &Context, args: &CreateArgs) -> Result<Exit, CliError> {
    // Only the dialect matters: nothing is connected to.
    let dialect = cx.settings.url()?.dialect();
    let layout = cx.settings.layout.unwrap_or_default();
    let store = cx.store(ConnectOptions::default())?;
    let options = CreateOptions { layout, format: args.format.into() };
    let written = whimbrel::create(&store, dialect, &cx.settings.clock()?, &args.name, options).await?;
    let files = cx.files([&written])?;
    if cx.global.json {
        let output = Output {
            migrations: Some(vec![json::Migration::written(&written)]),
            files: Some(files),
            ..Output::new("migrate create")
        };
        cx.term.json(output).map_err(CliError::output)?;
        return Ok(Exit::Done);
    }
    for file in files {
        cx.say(format_args!("wrote `{file}`"));
    }
    let name = &written.entry.name;
    let what = match args.format {
        FormatArg::Sql => "write its statements",
        FormatArg::Ts | FormatArg::Js => "write its `up` and `down`",
        FormatArg::Rust => "register the closure in your program",
    };
    let accept = match layout {
        Layout::Journal => format!(" --accept {name}"),
        Layout::LockFile => String::new(),
    };
    cx.say(format_args!("help: {what}, then run `whimbrel migrate verify{accept}`"));
    Ok(Exit::Done)
}
