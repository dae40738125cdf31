//! `diff`: the SQL that turns one schema into another, on standard output.

use std::future::IntoFuture as _;
use std::path::Path;
use std::sync::Arc;

use whimbrel::db::{Access, ConnectOptions, DatabaseUrl, Missing};
use whimbrel::{DiffReport, Layout, Side};

use crate::args::DiffArgs;
use crate::context::Context;
use crate::dir::Dir;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::json::{self, Output};
use crate::render::plan;
use crate::settings::PROGRAM;

pub(crate) async fn run(cx: &Context, args: &DiffArgs) -> Result<Exit, CliError> {
    let (from, to) = (Operand::read(cx, &args.from)?, Operand::read(cx, &args.to)?);
    let engine = engine(cx, &from, &to)?;
    let from = from.side(cx, &engine).await?;
    let to = to.side(cx, &engine).await?;

    let options = ConnectOptions { access: Access::ReadOnly, missing: Missing::Create, ..Default::default() };
    let mut migrator = cx.connect(&engine, None, options).await?;
    let canceller = migrator.canceller();
    let diff = migrator
        .diff(from, to)
        .renames(args.answers.renames())
        .resolver(cx.resolver(args.answers.resolver(cx.policy()), &Arc::default()));
    let report = cx.guard(canceller.as_ref(), diff.into_future()).await?;
    migrator.close().await?;

    for note in &report.notes {
        cx.say(format_args!("note: {note}"));
    }
    let DiffReport { changes, plan, proof, notes } = report;
    if cx.global.json {
        let output = Output {
            steps: Some(json::steps(&plan)),
            sql: Some(plan.render_sql()),
            changes: Some(changes),
            questions: Some(Vec::new()),
            notes: Some(notes),
            proof: Some(proof),
            ..Output::new("diff")
        };
        cx.term.json(output).map_err(CliError::output)?;
    } else if changes.is_empty() {
        cx.say("no difference");
    } else {
        cx.say(plan::text(&cx.term, &changes, &plan, &proof));
        cx.term.data(&plan.render_sql()).map_err(CliError::output)?;
    }
    Ok(Exit::Done)
}

/// What `diff` compares.
enum Operand {
    Database(DatabaseUrl),
    Source(String),
    Migrations(Dir),
}

impl Operand {
    /// A folder with a journal (or the one beside the lock file), a bucket and a table hold migrations; SQL and Rust files, snapshots, other folders, globs and
    /// programs are sources; all else names a database.
    fn read(cx: &Context, text: &str) -> Result<Self, CliError> {
        let path = Path::new(text);
        let layout = cx.settings.layout.unwrap_or_default();
        let is_folder = match layout {
            Layout::Journal => path.join("meta/_journal.json").exists(),
            Layout::LockFile => path.is_dir() && path == Path::new(&cx.dir()?.to_string()),
        };
        if is_folder {
            return Ok(Self::Migrations(Dir::Folder(path.to_owned())));
        }
        if let Some(dir) = Dir::elsewhere(text, || cx.settings.url())? {
            return Ok(Self::Migrations(dir));
        }
        let extension = path.extension().and_then(|one| one.to_str()).unwrap_or_default();
        let is_source = text.starts_with(PROGRAM)
            || !text.contains(':')
                && (["sql", "json", "rs"].iter().any(|one| extension.eq_ignore_ascii_case(one))
                    || text.contains(['*', '[', '?'])
                    || path.is_dir());
        Ok(if is_source { Self::Source(text.to_owned()) } else { Self::Database(text.parse()?) })
    }

    /// The side of the comparison that is done on `engine`.
    async fn side(self, cx: &Context, engine: &DatabaseUrl) -> Result<Side, CliError> {
        match self {
            Self::Source(path) => Ok(Side::Source(cx.settings.source(Path::new(&path)))),
            Self::Migrations(dir) => {
                let layout = cx.settings.layout.unwrap_or_default();
                Ok(Side::migrations(dir.store(ConnectOptions::default(), layout)?))
            }
            Self::Database(url) if url == *engine => Ok(Side::Live),
            Self::Database(url) => {
                let options = ConnectOptions {
                    access: Access::ReadOnly,
                    missing: Missing::Refuse,
                    ..Default::default()
                };
                let mut migrator = cx.connect(&url, None, options).await?;
                let canceller = migrator.canceller();
                let found = cx.guard(canceller.as_ref(), migrator.inspect().into_future()).await?;
                migrator.close().await?;
                Ok(Side::Inspected(Box::new(found)))
            }
        }
    }
}

/// The database whose engine compares: one of the two, else the one that the
/// settings name, else SQLite.
fn engine(cx: &Context, from: &Operand, to: &Operand) -> Result<DatabaseUrl, CliError> {
    match (from, to) {
        (Operand::Database(url), _) | (_, Operand::Database(url)) => Ok(url.clone()),
        (Operand::Source(_) | Operand::Migrations(_), Operand::Source(_) | Operand::Migrations(_)) => {
            match cx.settings.url() {
                Ok(url) if url.sqlite_path().is_none() => Ok(url),
                Ok(_) | Err(CliError::NoUrl) => Ok(DatabaseUrl::sqlite_memory()),
                Err(error) => Err(error),
            }
        }
    }
}
