//! `init`: the files that a new project starts with.
//!
//! The guarantee: what is there already is never overwritten. All files are
//! looked at before the first is written.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use crate::args::Global;
use crate::config::FILE_NAME;
use crate::error::CliError;
use crate::exit::Exit;
use crate::render::json::Output;
use crate::term::Term;

const SCHEMA: &str = include_str!("init/schema.sql");
const CONFIG: &str = include_str!("init/whimbrel.toml");

/// The database of a project that names none.
const DEFAULT_URL: &str = "sqlite://app.db";

pub(crate) fn run(global: &Global, term: Term, folder: &Path) -> Result<Exit, CliError> {
    let files = write(folder, global.url.as_deref())?;
    if global.json {
        let output = Output { files: Some(files), ..Output::new("init") };
        term.json(output).map_err(CliError::output)?;
    } else {
        for name in files {
            term.say(format_args!("wrote `{name}`"));
        }
        term.say("help: put your tables into `schema.sql`, then run `whimbrel push`");
    }
    Ok(Exit::Done)
}

/// Writes the files into `folder` and returns their names.
fn write(folder: &Path, url: Option<&str>) -> Result<Vec<String>, CliError> {
    let url = url.filter(|url| !url.is_empty()).unwrap_or(DEFAULT_URL);
    let _: whimbrel::db::DatabaseUrl = url.parse()?;
    let config = CONFIG.replace("{url}", &toml::Value::from(url).to_string());
    let files = [(FILE_NAME, config.as_str()), ("schema.sql", SCHEMA), ("migrations/.gitkeep", "")];
    let names = || files.iter().map(|(name, _)| (*name).to_owned());

    let there: Vec<String> = names().filter(|name| folder.join(name).symlink_metadata().is_ok()).collect();
    if !there.is_empty() {
        return Err(CliError::Exists { files: there });
    }
    for (name, text) in files {
        let path = folder.join(name);
        write_new(&path, text)
            .map_err(|reason| CliError::Write { path: path.display().to_string(), reason })?;
    }
    Ok(names().collect())
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
    fn it_overwrites_nothing_and_writes_nothing_beside_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("schema.sql"), "mine").unwrap();
        let error = write(folder.path(), None).unwrap_err();
        assert_eq!(error.to_string(), "`schema.sql` is here already");
        assert_eq!(fs::read_to_string(folder.path().join("schema.sql")).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
