//! What a run goes by: flags over environment variables over the environment's
//! section of the file over the top of the file over what the program supplies.

use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use whimbrel::core::resolve::Policy;
use whimbrel::db::DatabaseUrl;
use whimbrel::store::Store;
use whimbrel::{Clock, Layout, Source};

use crate::args::Global;
use crate::config::{Config, ConfigError, Layer};
use crate::dir::Dir;
use crate::duration::Seconds;
use crate::error::CliError;
use crate::program::Program;

/// The settings of a run, all sources considered.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    url: Option<Placed>,
    schema: Option<Placed>,
    dir: Option<Placed>,
    /// What the program supplies for what is nowhere said.
    source: Option<Source>,
    store: Option<Arc<dyn Store>>,
    /// How the migrations are kept, if anybody said so.
    pub(crate) layout: Option<Layout>,
    pub(crate) scratch_url: Option<String>,
    pub(crate) table_name: Option<String>,
    /// Which changes may be made, if anybody said so.
    pub(crate) policy: Option<Policy>,
    /// How long to wait for a lock, if anybody said so.
    pub(crate) lock_wait: Option<Duration>,
    /// How long a script may run, if anybody said so.
    pub(crate) script_time: Option<Duration>,
    /// How much memory a script may take, in MiB, if anybody said so.
    pub(crate) script_memory: Option<NonZeroU16>,
    pub(crate) wait: Duration,
    /// The folder of read-back schemas, absent with `--no-cache` and where the
    /// system names none.
    pub(crate) cache: Option<PathBuf>,
    /// The configuration file, if there is one.
    pub(crate) config: Option<PathBuf>,
}

/// A setting, and the folder that a path in it is relative to (`None` for the
/// working directory).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Placed {
    value: String,
    folder: Option<PathBuf>,
}

impl Placed {
    fn path(&self) -> PathBuf {
        match &self.folder {
            Some(folder) if !self.value.starts_with(PROGRAM) => folder.join(&self.value),
            Some(_) | None => PathBuf::from(&self.value),
        }
    }
}

/// A desired schema, and what messages call it.
#[derive(Debug, Clone)]
pub(crate) struct Desired {
    pub(crate) name: String,
    pub(crate) source: Source,
}

/// What messages call the schema that a program supplies.
const OF_THE_PROGRAM: &str = "the program's schema";

/// Where migrations are if nothing else is said.
const DEFAULT_DIR: &str = "migrations";

impl Settings {
    /// Puts the settings together.
    ///
    /// # Errors
    ///
    /// If the configuration file does not read, or lacks the environment.
    pub(crate) fn load(global: &Global, program: &Program, working_dir: &Path) -> Result<Self, ConfigError> {
        let config = Config::load(global.config.as_deref(), working_dir)?;
        // Where the file is in the working directory, paths stay as they were written.
        let folder = config.folder().filter(|folder| *folder != working_dir && *folder != Path::new(""));
        let given = |value: &Option<String>| {
            value.clone().filter(|value| !value.is_empty()).map(|value| Placed { value, folder: None })
        };
        let from_file =
            |value: Option<String>| value.map(|value| Placed { value, folder: folder.map(Path::to_owned) });
        let url_given = given(&global.url);
        // A flag makes the file's value irrelevant, and with it a variable that is unset.
        let layer = config.layer(global.env.as_deref(), url_given.is_none())?;
        let seconds = |flag: Option<Duration>, layer: Option<Seconds>| flag.or(layer.map(|one| one.0));
        let lock_wait = seconds(global.lock_wait, layer.lock_wait);
        let script_time = seconds(global.script_time, layer.script_time);
        let script_memory = global.script_memory.or(layer.script_memory);
        let Layer { url, schema, dir, layout, table_name, scratch_url, policy, .. } = layer;
        Ok(Self {
            url: url_given.or_else(|| from_file(url)).or_else(|| given(&program.url)),
            schema: given(&global.schema).or_else(|| from_file(schema)),
            dir: given(&global.dir).or_else(|| {
                from_file(dir.or_else(|| program.store.is_none().then(|| DEFAULT_DIR.to_owned())))
            }),
            source: program.source.clone(),
            store: program.store.clone(),
            layout: global.layout.or(layout).map(Layout::from),
            scratch_url: global.scratch_url.clone().or(scratch_url),
            table_name: global.table_name.clone().or(table_name),
            policy: global.policy.or(policy).map(Policy::from),
            lock_wait,
            script_time,
            script_memory,
            wait: global.wait.unwrap_or_default(),
            cache: if global.no_cache { None } else { cache_folder() },
            config: config.path,
        })
    }

    /// The database.
    ///
    /// # Errors
    ///
    /// If none was named, or what was named is none.
    pub(crate) fn url(&self) -> Result<DatabaseUrl, CliError> {
        let Placed { value, folder } = self.url.as_ref().ok_or(CliError::NoUrl)?;
        let url: DatabaseUrl = value.parse()?;
        Ok(match folder {
            Some(folder) => url.relative_to(folder),
            None => url,
        })
    }

    /// A database whose engine serves where the database itself is not needed:
    /// the server for scratch databases, else the database, and for SQLite one
    /// in memory, so that no file need be there.
    ///
    /// # Errors
    ///
    /// If nothing was named, or what was named is none.
    pub(crate) fn scratch_database(&self) -> Result<DatabaseUrl, CliError> {
        let url = match &self.scratch_url {
            Some(url) => url.parse()?,
            None => self.url()?,
        };
        Ok(if url.sqlite_path().is_some() { DatabaseUrl::sqlite_memory() } else { url })
    }

    /// What scripts may take, if anybody said so.
    #[cfg(feature = "scripts")]
    pub(crate) fn script_limits(&self) -> Option<whimbrel::ScriptLimits> {
        if self.script_time.is_none() && self.script_memory.is_none() {
            return None;
        }
        let default = whimbrel::ScriptLimits::default();
        let memory =
            self.script_memory.map_or(default.memory, |mebibytes| usize::from(mebibytes.get()) << 20);
        Some(whimbrel::ScriptLimits { memory, time: self.script_time.unwrap_or(default.time) })
    }

    /// What time it is: `SOURCE_DATE_EPOCH` pins it, as in all reproducible
    /// builds (<https://reproducible-builds.org/specs/source-date-epoch/>).
    ///
    /// # Errors
    ///
    /// If the variable holds no number of seconds.
    pub(crate) fn clock(&self) -> Result<Clock, CliError> {
        let Some(seconds) = std::env::var_os("SOURCE_DATE_EPOCH").filter(|value| !value.is_empty()) else {
            return Ok(Clock::system());
        };
        let text = seconds.to_string_lossy();
        let millis = text.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1000));
        millis.map(Clock::pinned).ok_or_else(|| CliError::Clock { value: text.into_owned() })
    }

    /// The desired schema.
    ///
    /// # Errors
    ///
    /// If none was named, and the program supplies none.
    pub(crate) fn schema(&self) -> Result<Desired, CliError> {
        if let Some(placed) = &self.schema {
            let path = placed.path();
            return Ok(Desired { name: path.display().to_string(), source: self.source(&path) });
        }
        let source = self.source.clone().ok_or(CliError::NoSchema)?;
        Ok(Desired { name: OF_THE_PROGRAM.to_owned(), source })
    }

    /// Where migrations are.
    ///
    /// # Errors
    ///
    /// If what was named is no place for them.
    pub(crate) fn dir(&self) -> Result<Dir, CliError> {
        match (&self.dir, &self.store) {
            (None, Some(store)) => Ok(Dir::Program(Arc::clone(store))),
            (None, None) => Dir::read(DEFAULT_DIR, None, || self.url()),
            (Some(Placed { value, folder }), _) => Dir::read(value, folder.as_deref(), || self.url()),
        }
    }

    /// The source that a name leads to; a program runs where the file that names
    /// it is.
    pub(crate) fn source(&self, name: &Path) -> Source {
        match name.to_str().and_then(|name| name.strip_prefix(PROGRAM)) {
            Some(command) => {
                let folder = self.schema.as_ref().and_then(|schema| schema.folder.clone());
                Source::program(command, folder)
            }
            None => Source::path(name),
        }
    }
}

/// What a source begins with that is a command to run.
pub(crate) const PROGRAM: &str = "program:";

/// Where the system wants caches to be.
fn cache_folder() -> Option<PathBuf> {
    let folder =
        |variable: &str| std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = folder("XDG_CACHE_HOME").or_else(|| folder("LOCALAPPDATA")).or_else(|| {
        let home = folder("HOME")?;
        Some(if cfg!(target_os = "macos") { home.join("Library/Caches") } else { home.join(".cache") })
    })?;
    Some(base.join("whimbrel"))
}
