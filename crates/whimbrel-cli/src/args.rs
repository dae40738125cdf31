//! The arguments of the command line.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use whimbrel::core::history::{self, Tool};
use whimbrel::core::resolve::{EnumMapping, Policy, parse_enum_mapping};
use whimbrel::{Layout, Origin};

use crate::answers::Renamed;
use crate::duration;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Takes a database from the schema it has to the schema it should have, and
/// keeps every row.
#[derive(Debug, Parser)]
#[command(name = "whimbrel", bin_name = "whimbrel", version, styles = STYLES, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Exit status: 0 done, 1 failed, 2 usage, 3 an answer is needed, 4 `check` found something, 130 interrupted."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make the database have the schema of the source
    Push(PushArgs),
    /// Print the schema of the database
    Inspect(InspectArgs),
    /// Print the SQL that turns one schema into another
    Diff(DiffArgs),
    /// Work with versioned migration files
    #[command(subcommand)]
    Migrate(MigrateCommand),
    /// Say whether database, migrations and schema agree: status 4 if they do not
    Check,
    /// Write what is missing of whimbrel.toml, schema.sql and migrations/ into this folder
    Init,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

impl Command {
    /// The name of the command, as JSON output gives it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Push(_) => "push",
            Self::Inspect(_) => "inspect",
            Self::Diff(_) => "diff",
            Self::Migrate(command) => command.name(),
            Self::Check => "check",
            Self::Init => "init",
            Self::Completions { .. } => "completions",
        }
    }
}

/// What every command understands.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The database, such as sqlite://app.db or postgres://user@host/name [default: DATABASE_URL]
    #[arg(long, global = true, env = "DATABASE_URL", hide_env = true)]
    pub(crate) url: Option<String>,
    /// The desired schema: an .sql file, a folder of them, a glob, a .json snapshot, Rust models (a file or folder), or program:CMD
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) schema: Option<String>,
    /// The place of migrations: a folder, s3://BUCKET/FOLDER (also gs://, az://), or table:NAME in the database [default: migrations]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) dir: Option<String>,
    /// How the folder is kept: with a journal, or with Kontract's lock file [default: journal]
    #[arg(long, global = true, value_enum)]
    pub(crate) layout: Option<LayoutArg>,
    /// The table in which the database keeps what was applied [default: _whimbrel_migrations]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) table_name: Option<String>,
    /// Take the settings of [env.NAME] in whimbrel.toml
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) env: Option<String>,
    /// A server on which scratch databases may be made [default: the database's own]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) scratch_url: Option<String>,
    /// Which changes may be made at all [default: ask]
    #[arg(long, global = true, value_enum)]
    pub(crate) policy: Option<PolicyArg>,
    /// Do not keep or use what was read before: schemas, and which migrations are unchanged
    #[arg(long, global = true)]
    pub(crate) no_cache: bool,
    /// How long to wait for another process's lock, in seconds or as 500ms, 2m [default: 60]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration::parse)]
    pub(crate) lock_wait: Option<Duration>,
    /// How long a script may run, its waits for the database aside [default: 30]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration::parse)]
    pub(crate) script_time: Option<Duration>,
    /// How much memory a script may take, in MiB [default: 256]
    #[arg(long, global = true, value_name = "MIB")]
    pub(crate) script_memory: Option<NonZeroU16>,
    /// Wait for a server that is still starting, up to TIME
    #[arg(long, global = true, value_name = "TIME", value_parser = duration::parse,
        num_args = 0..=1, require_equals = true, default_missing_value = "60")]
    pub(crate) wait: Option<Duration>,
    /// Print one JSON object on standard output, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Do not ask for confirmation (answers no question)
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
    /// Print without colour
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Say more: the SQL of each step, where settings come from
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// The configuration file [default: whimbrel.toml here or in a folder above]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) config: Option<PathBuf>,
}

/// How a folder of migrations is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LayoutArg {
    /// With a journal and down files in meta/
    Journal,
    /// With kontract.lock.json beside the folder, and the way back in the same file
    Lockfile,
}

impl From<LayoutArg> for Layout {
    fn from(layout: LayoutArg) -> Self {
        match layout {
            LayoutArg::Journal => Self::Journal,
            LayoutArg::Lockfile => Self::LockFile,
        }
    }
}

/// Which changes may be made at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PolicyArg {
    /// Additions only
    Additive,
    /// All, but ask before data is lost
    Ask,
    /// All, and data may be lost
    Allow,
}

impl From<PolicyArg> for Policy {
    fn from(policy: PolicyArg) -> Self {
        match policy {
            PolicyArg::Additive => Self::Additive,
            PolicyArg::Ask => Self::Ask,
            PolicyArg::Allow => Self::Allow,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// Show the plan and print its SQL, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Drop everything first, then create the schema
    #[arg(long)]
    pub(crate) force_reset: bool,
    #[command(flatten)]
    pub(crate) answers: AnswerArgs,
}

/// The commands on migration files.
#[derive(Debug, Subcommand)]
pub(crate) enum MigrateCommand {
    /// Write the migration from the migrations' schema to the source's
    #[command(visible_alias = "gen")]
    Generate(GenerateArgs),
    /// Write an empty migration, to be filled in by hand
    Create(CreateArgs),
    /// Apply what the database has not applied
    #[command(visible_alias = "up")]
    Apply(ApplyArgs),
    /// Roll back what was applied last
    Down(DownArgs),
    /// Say of every migration where it stands
    Status,
    /// List what is not applied
    Pending,
    /// Forget that migrations were applied, and run nothing
    Drop(DropArgs),
    /// Make one migration of several
    Squash(SquashArgs),
    /// Drop everything, then apply all migrations
    Reset(ResetArgs),
    /// Mark as applied what an existing database has already
    Baseline(BaselineArgs),
    /// Make the history of another tool, or of the other layout, ours
    Adopt(AdoptArgs),
    /// Replay every migration up, down and up again in a scratch database
    Verify(VerifyArgs),
    /// After a merge: renumber our migrations on top of theirs
    Rebase(RebaseArgs),
}

impl MigrateCommand {
    /// The name of the command, as JSON output gives it.
    fn name(&self) -> &'static str {
        match self {
            Self::Generate(_) => "migrate generate",
            Self::Create(_) => "migrate create",
            Self::Apply(_) => "migrate apply",
            Self::Down(_) => "migrate down",
            Self::Status => "migrate status",
            Self::Pending => "migrate pending",
            Self::Drop(_) => "migrate drop",
            Self::Squash(_) => "migrate squash",
            Self::Reset(_) => "migrate reset",
            Self::Baseline(_) => "migrate baseline",
            Self::Adopt(_) => "migrate adopt",
            Self::Verify(_) => "migrate verify",
            Self::Rebase(_) => "migrate rebase",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// What to call the migration [default: made from its first change]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Show the plan and print the files, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) answers: AnswerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// What to call the migration
    pub(crate) name: String,
    /// What the file is to be written in
    #[arg(long, value_enum, default_value_t = FormatArg::Sql)]
    pub(crate) format: FormatArg,
}

/// What the file of a migration is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// SQL statements
    Sql,
    /// A script in TypeScript
    Ts,
    /// A script in JavaScript
    Js,
    /// A closure of your own program
    Rust,
}

impl From<FormatArg> for history::Format {
    fn from(format: FormatArg) -> Self {
        match format {
            FormatArg::Sql => Self::Sql,
            FormatArg::Ts => Self::Ts,
            FormatArg::Js => Self::Js,
            FormatArg::Rust => Self::Rust,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    /// Go no further than this migration: its name or number
    #[arg(long, value_name = "MIGRATION")]
    pub(crate) to: Option<String>,
    /// List what would be applied and print its SQL, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// One transaction for each migration, for all of them, or none at all
    #[arg(long, value_enum, default_value_t = TransactionArg::Each)]
    pub(crate) transaction: TransactionArg,
    /// Refuse migrations that no replay has proved
    #[arg(long)]
    pub(crate) require_proof: bool,
    /// Every loss of data is accepted: on SQLite a table may be dropped with which rows of others go
    #[arg(long)]
    pub(crate) accept_data_loss: bool,
    /// Where to go on in a migration that stopped where nobody can tell whether a statement had run:
    /// the number of the statement to run next
    #[arg(long, value_name = "NAME:NUMBER", value_parser = place)]
    pub(crate) resume_at: Option<(String, usize)>,
}

/// Reads `add-users:3`.
fn place(text: &str) -> Result<(String, usize), String> {
    let place =
        text.rsplit_once(':').and_then(|(name, number)| Some((name.to_owned(), number.parse().ok()?)));
    place
        .filter(|(_, number)| *number > 0)
        .ok_or_else(|| "write it as add-users:3, counting from 1".to_owned())
}

/// How migrations share transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransactionArg {
    /// Each migration has its own
    Each,
    /// All of them share one
    All,
    /// Each statement stands alone
    None,
}

#[derive(Debug, Args)]
pub(crate) struct DownArgs {
    /// How many migrations to roll back [default: 1]
    #[arg(long, value_name = "N", conflicts_with = "to")]
    pub(crate) steps: Option<usize>,
    /// Roll back all that came after this migration: its name or number
    #[arg(long, value_name = "MIGRATION")]
    pub(crate) to: Option<String>,
    /// List what would be rolled back and print its SQL, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Every loss of data is accepted
    #[arg(long)]
    pub(crate) accept_data_loss: bool,
    /// Where to go on in a way back that stopped where nobody can tell whether a statement had run:
    /// the number of the statement to run next
    #[arg(long, value_name = "NAME:NUMBER", value_parser = place)]
    pub(crate) resume_at: Option<(String, usize)>,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false, id = "which")]
pub(crate) struct DropArgs {
    /// Forget the last one
    #[arg(long)]
    pub(crate) last: bool,
    /// Forget the last N
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) count: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct SquashArgs {
    /// The first migration of the range: its name or number [default: the first]
    #[arg(long, value_name = "MIGRATION")]
    pub(crate) from: Option<String>,
    /// The last migration of the range: its name or number [default: the last]
    #[arg(long, value_name = "MIGRATION")]
    pub(crate) to: Option<String>,
    /// What to call the new migration
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Keep every statement as it was written, even where fewer come to the same
    #[arg(long)]
    pub(crate) as_written: bool,
    /// Print the new file, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    /// List what would be dropped and applied, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Every loss of data is accepted
    #[arg(long)]
    pub(crate) accept_data_loss: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    /// The last migration that the database has: its name or number [default: the last]
    #[arg(long, value_name = "MIGRATION")]
    pub(crate) to: Option<String>,
    /// Check and say what would be marked, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// The folder in which the other tool, or the other layout, keeps its migrations
    #[arg(value_name = "FOLDER")]
    pub(crate) from: String,
    /// Whose folder it is [default: what is in it tells]
    #[arg(long, value_enum)]
    pub(crate) tool: Option<ToolArg>,
    /// The table in which the other tool keeps what was applied [default: its usual one]
    #[arg(long, value_name = "NAME")]
    pub(crate) from_table: Option<String>,
    /// The last migration that the database has, where it keeps no table that says so [default: what
    /// the lock file says]
    #[arg(long, value_name = "NAME")]
    pub(crate) to: Option<String>,
    /// Try all out and compare it with the database, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Another migration tool, or whimbrel itself with a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ToolArg {
    Diesel,
    Drizzle,
    Kontract,
    Prisma,
    Refinery,
    Sqlx,
    Viborm,
    Whimbrel,
}

impl From<ToolArg> for Origin {
    fn from(tool: ToolArg) -> Self {
        match tool {
            ToolArg::Diesel => Tool::Diesel.into(),
            ToolArg::Drizzle => Tool::Drizzle.into(),
            ToolArg::Kontract => Layout::LockFile.into(),
            ToolArg::Prisma => Tool::Prisma.into(),
            ToolArg::Refinery => Tool::Refinery.into(),
            ToolArg::Sqlx => Tool::Sqlx.into(),
            ToolArg::Viborm => Tool::Viborm.into(),
            ToolArg::Whimbrel => Layout::Journal.into(),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Take the files of this migration as they are now (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) accept: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RebaseArgs {
    /// Whose migrations keep their place
    #[arg(long, value_enum, default_value_t = KeepArg::Theirs)]
    pub(crate) keep: KeepArg,
    /// Say what would be renumbered, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// A side of a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeepArg {
    /// Those that the merge brought in: ours come after them
    Theirs,
    /// Those of the branch that was merged into: theirs come after them
    Ours,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The form of the output
    #[arg(long, value_enum, default_value_t = Format::Sql)]
    pub(crate) format: Format,
}

/// The form in which a schema is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// SQL that creates the schema in an empty database
    Sql,
    /// A snapshot
    Json,
    /// Rust models
    Models,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// What there is: a URL, a source, a snapshot or a folder of migrations
    pub(crate) from: String,
    /// What there should be: a URL, a source, a snapshot or a folder of migrations
    pub(crate) to: String,
    #[command(flatten)]
    pub(crate) answers: AnswerArgs,
}

/// Answers to questions, given beforehand.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Answers")]
pub(crate) struct AnswerArgs {
    /// A column was renamed: TABLE.OLD=TABLE.NEW (repeatable)
    #[arg(long, value_name = "OLD=NEW", value_parser = Renamed::column)]
    pub(crate) rename: Vec<Renamed>,
    /// A table was renamed: OLD=NEW (repeatable)
    #[arg(long, value_name = "OLD=NEW", value_parser = Renamed::table)]
    pub(crate) rename_table: Vec<Renamed>,
    /// An enum was renamed: OLD=NEW (repeatable)
    #[arg(long, value_name = "OLD=NEW", value_parser = Renamed::enum_type)]
    pub(crate) rename_enum: Vec<Renamed>,
    /// A value of an enum was renamed: ENUM.OLD=ENUM.NEW (repeatable)
    #[arg(long, value_name = "OLD=NEW", value_parser = Renamed::enum_value)]
    pub(crate) rename_value: Vec<Renamed>,
    /// Nothing else was renamed: every other gained name is new
    #[arg(long)]
    pub(crate) no_renames: bool,
    /// Rows with a removed enum value get another: TABLE.COLUMN.VALUE=OTHER, or =NULL (repeatable)
    #[arg(long, value_name = "VALUE=OTHER", value_parser = parse_enum_mapping)]
    pub(crate) map_enum: Vec<EnumMapping>,
    /// Every loss of data is accepted (answers no rename)
    #[arg(long)]
    pub(crate) accept_data_loss: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_of_the_arguments_is_sound() {
        Cli::command().debug_assert();
    }
}
