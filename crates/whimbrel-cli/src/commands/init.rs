//! `init`: the files that a new project starts with.
//!
//! The guarantee: what is there already is kept as it is. A schema that was
//! there first is the one that the settings name.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use crate::args::Global;
use crate::config::FILE_NAME;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::json::Output;
use crate::term::Term;

const SCHEMA_NAME: &str = "schema.sql";
const SCHEMA: &str = include_str!("init/schema.sql");
const CONFIG: &str = include_str!("init/whimbrel.toml");

/// The database of a project that names none.
const DEFAULT_URL: &str = "sqlite://app.db";

pub(crate) fn run(global: &Global, term: Term, folder: &Path) -> Result<Exit, CliError> {
    let Started { written, kept } = write(folder, global.url.as_deref())?;
    if global.json {
        let output =
            Output { files: Some(written.into_iter().map(Into::into).collect()), ..Output::new("init") };
        term.json(output).map_err(CliError::output)?;
    } else {
        for name in &written {
            term.say(format_args!("wrote `{name}`"));
        }
        for name in &kept {
            term.say(format_args!("kept `{name}`"));
        }
        term.say(if kept.contains(&SCHEMA_NAME) {
            "help: see what it would change with `whimbrel push --dry-run`"
        } else {
            "help: put your tables into `schema.sql`, then run `whimbrel push`"
        });
    }
    Ok(Exit::Done)
}

/// What became of each file of a new project.
struct Started {
    written: Vec<&'static str>,
    kept: Vec<&'static str>,
}

/// Writes into `folder` the files that are not there yet. One that is a project
/// already is left alone.
fn write(folder: &Path, url: Option<&str>) -> Result<Started, CliError> {
    let url = url.filter(|url| !url.is_empty()).unwrap_or(DEFAULT_URL);
    let _: whimbrel::db::DatabaseUrl = url.parse()?;
    let is_there = |name: &str| folder.join(name).symlink_metadata().is_ok();
    if is_there(FILE_NAME) {
        return Err(CliError::Exists);
    }
    let config = CONFIG.replace("{url}", &toml::Value::from(url).to_string());
    let files = [(FILE_NAME, config.as_str()), (SCHEMA_NAME, SCHEMA), ("migrations/.gitkeep", "")];
    let mut started = Started { written: Vec::new(), kept: Vec::new() };
    for (name, text) in files {
        if is_there(top(name)) {
            started.kept.push(top(name));
            continue;
        }
        let path = folder.join(name);
        write_new(&path, text)
            .map_err(|reason| CliError::Write { path: path.display().to_string(), reason })?;
        started.written.push(name);
    }
    Ok(started)
}

/// What stands for `name` in the folder: a file of a folder is not missed
/// where the folder is there.
fn top(name: &'static str) -> &'static str {
    name.split_once('/').map_or(name, |(folder, _)| folder)
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_writes_reads_back_as_a_configuration() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), Some("postgres://me@host/my \"db\"")).unwrap();
        let config = crate::config::Config::load(None, folder.path()).unwrap();
        let layer = config.layer(None, true).unwrap();
        assert_eq!(layer.url.as_deref(), Some("postgres://me@host/my \"db\""));
        assert_eq!(layer.schema.as_deref(), Some("schema.sql"));
        assert_eq!(layer.dir.as_deref(), Some("migrations"));
    }

    #[test]
    fn what_is_there_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("schema.sql"), "mine").unwrap();
        fs::create_dir(folder.path().join("migrations")).unwrap();
        let started = write(folder.path(), None).unwrap();
        assert_eq!(started.written, ["whimbrel.toml"]);
        assert_eq!(started.kept, ["schema.sql", "migrations"]);
        assert_eq!(fs::read_to_string(folder.path().join("schema.sql")).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path().join("migrations")).unwrap().count(), 0);
    }

    #[test]
    fn a_project_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("whimbrel.toml"), "mine").unwrap();
        let error = write(folder.path(), None).err().unwrap();
        assert_eq!(error.to_string(), "`whimbrel.toml` is here already");
        assert_eq!(fs::read_to_string(folder.path().join("whimbrel.toml")).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
