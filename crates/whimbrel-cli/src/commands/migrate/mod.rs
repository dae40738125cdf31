//! `migrate`: versioned migration files. One file a command.

mod adopt;
mod apply;
mod baseline;
mod create;
mod down;
mod forget;
mod generate;
mod rebase;
mod reset;
mod squash;
mod status;
mod verify;
mod watch;

use whimbrel::core::history::Entry;

use crate::args::MigrateCommand;
use crate::context::Context;
use crate::error::CliError;
use crate::exit::Exit;
use crate::prompt::{Left, Prompter};
use crate::render::count;

pub(crate) async fn run(cx: &Context, command: &MigrateCommand) -> Result<Exit, CliError> {
    match command {
        MigrateCommand::Generate(args) => generate::run(cx, args).await,
        MigrateCommand::Create(args) => create::run(cx, args).await,
        MigrateCommand::Apply(args) => apply::run(cx, args).await,
        MigrateCommand::Down(args) => down::run(cx, args).await,
        MigrateCommand::Status => status::run(cx).await,
        MigrateCommand::Pending => status::pending(cx).await,
        MigrateCommand::Drop(args) => forget::run(cx, args).await,
        MigrateCommand::Baseline(args) => baseline::run(cx, args).await,
        MigrateCommand::Adopt(args) => adopt::run(cx, args).await,
        MigrateCommand::Squash(args) => squash::run(cx, args).await,
        MigrateCommand::Reset(args) => reset::run(cx, args).await,
        MigrateCommand::Verify(args) => verify::run(cx, args).await,
        MigrateCommand::Rebase(args) => rebase::run(cx, args).await,
    }
}

/// Shows what is about to be done to migrations, and asks whether it may.
fn confirmed(
    cx: &Context,
    prompter: &mut impl Prompter,
    verb: &str,
    entries: &[Entry],
) -> Result<bool, CliError> {
    for entry in entries {
        cx.say(format_args!("  {}", label(entry)));
    }
    let question = format!("{verb} {}?", count(entries.len() as u64, "migration"));
    prompter.confirm(&question).map_err(|Left| CliError::Interrupted { happened: "nothing was done" })
}

/// The number and name of a migration, as its file has them.
pub(super) fn label(entry: &Entry) -> String {
    let file = entry.file_name();
    file.rsplit_once('.').map_or(file.as_str(), |(label, _)| label).to_owned()
}
