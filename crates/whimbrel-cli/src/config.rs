//! `whimbrel.toml`: found here or in a folder above, read strictly.
//!
//! An unknown key is an error that names key and file. Paths in the file are
//! relative to the file. `${NAME}` in a URL, or in what names the place of
//! migrations, is the environment variable NAME, so that no password need stand
//! in the file.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};

use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::args::{LayoutArg, PolicyArg};
use crate::duration::{self, Seconds};

/// The name of the file.
pub(crate) const FILE_NAME: &str = "whimbrel.toml";

/// A configuration file as read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    /// Where it was found; `None` where there is no file.
    pub(crate) path: Option<PathBuf>,
    top: Layer,
    env: BTreeMap<String, Layer>,
}

/// The settings of one level of the file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Layer {
    /// The database.
    pub(crate) url: Option<String>,
    /// The desired schema.
    pub(crate) schema: Option<String>,
    /// Where migrations are.
    pub(crate) dir: Option<String>,
    /// How the folder of migrations is kept.
    pub(crate) layout: Option<LayoutArg>,
    /// The tracking table of migrations.
    pub(crate) table_name: Option<String>,
    /// Where scratch databases may be made.
    pub(crate) scratch_url: Option<String>,
    /// Which changes may be made at all.
    pub(crate) policy: Option<PolicyArg>,
    /// How long to wait for another process's lock.
    pub(crate) lock_wait: Option<Seconds>,
    /// How long a script may run.
    pub(crate) script_time: Option<Seconds>,
    /// How much memory a script may take, in MiB.
    pub(crate) script_memory: Option<NonZeroU16>,
    /// Overrides by environment; only at the top of the file.
    #[serde(default)]
    env: BTreeMap<String, EnvLayer>,
}

/// The settings of one environment.
#[derive(Debug, Clone)]
struct EnvLayer(Layer);

impl<'de> Deserialize<'de> for EnvLayer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let layer = Layer::deserialize(deserializer)?;
        if layer.env.is_empty() { Ok(Self(layer)) } else { Err(D::Error::custom("`env` inside of `env`")) }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(crate) enum ConfigError {
    #[error("cannot read `{path}`: {reason}")]
    #[diagnostic(code(whimbrel::config::unreadable), help("{help}"))]
    Unreadable { path: String, reason: String, help: &'static str },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Malformed(Box<MalformedConfig>),
    #[error("there is no `[env.{name}]` in `{path}`")]
    #[diagnostic(code(whimbrel::config::unknown_env), help("{help}"))]
    UnknownEnv { name: String, path: String, help: String },
    #[error("`--env {name}` needs a `{FILE_NAME}`, and there is none here or in a folder above")]
    #[diagnostic(code(whimbrel::config::no_file), help("write one with `whimbrel init`"))]
    NoFile { name: String },
    #[error("`{key}` in `{path}` needs the environment variable `{variable}`, which is not set")]
    #[diagnostic(code(whimbrel::config::variable), help("set it, or give the value with `--{key}`"))]
    Variable { key: &'static str, path: String, variable: String },
    #[error("`{key}` in `{path}` has a `${{` without its `}}`")]
    #[diagnostic(code(whimbrel::config::variable), help("write `${{NAME}}`"))]
    OpenVariable { key: &'static str, path: String },
}

/// A file that is no configuration, shown where it goes wrong.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("`{path}`: {message}")]
#[diagnostic(
    code(whimbrel::config::malformed),
    help(
        "the keys are url, schema, dir, layout, table-name, scratch-url, policy, lock-wait, script-time, script-memory, and the same in [env.NAME]"
    )
)]
pub(crate) struct MalformedConfig {
    path: String,
    message: String,
    #[source_code]
    text: NamedSource<String>,
    #[label("here")]
    span: Option<SourceSpan>,
}

impl Config {
    /// Reads the file at `path`, or the one found from `working_dir` upwards.
    ///
    /// # Errors
    ///
    /// If a file that was named is not there, or one does not read.
    pub(crate) fn load(path: Option<&Path>, working_dir: &Path) -> Result<Self, ConfigError> {
        let found = match path {
            Some(path) => Some((path.to_owned(), read(path)?)),
            None => find(working_dir)?,
        };
        match found {
            Some((path, text)) => Self::parse(path, &text),
            None => Ok(Self::default()),
        }
    }

    fn parse(path: PathBuf, text: &str) -> Result<Self, ConfigError> {
        let mut top: Layer = toml::from_str(text).map_err(|error| malformed(&path, text, &error))?;
        let env = std::mem::take(&mut top.env).into_iter().map(|(name, layer)| (name, layer.0)).collect();
        Ok(Self { path: Some(path), top, env })
    }

    /// The settings for an environment (or for none): its own, and for what it
    /// leaves open those at the top of the file. The URL is left out where it is
    /// not wanted, so that the variables in it need not be set.
    ///
    /// # Errors
    ///
    /// If there is no such environment, or a variable that a URL names is unset.
    pub(crate) fn layer(&self, env: Option<&str>, url_wanted: bool) -> Result<Layer, ConfigError> {
        let merged = match env {
            None => self.top.clone(),
            Some(name) => self.environment(name)?.clone().over(self.top.clone()),
        };
        let variables = |key, value: Option<String>| {
            value.map(|value| self.with_variables(key, &value, |name| std::env::var(name).ok())).transpose()
        };
        Ok(Layer {
            url: variables("url", merged.url.filter(|_| url_wanted))?,
            dir: variables("dir", merged.dir)?,
            scratch_url: variables("scratch-url", merged.scratch_url)?,
            ..merged
        })
    }

    /// The folder that the paths in the file are relative to.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.path.as_deref().and_then(Path::parent)
    }

    fn environment(&self, name: &str) -> Result<&Layer, ConfigError> {
        let Some(path) = &self.path else { return Err(ConfigError::NoFile { name: name.to_owned() }) };
        self.env.get(name).ok_or_else(|| {
            let known: Vec<_> = self.env.keys().map(|name| format!("`{name}`")).collect();
            let help = if known.is_empty() {
                format!("add it: `[env.{name}]`, and below it what differs, such as `url`")
            } else {
                format!("the file knows {}", known.join(", "))
            };
            ConfigError::UnknownEnv { name: name.to_owned(), path: path.display().to_string(), help }
        })
    }

    fn with_variables(
        &self,
        key: &'static str,
        value: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<String, ConfigError> {
        let path = || self.path.as_deref().unwrap_or(Path::new(FILE_NAME)).display().to_string();
        let mut out = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) =
                after.split_once('}').ok_or_else(|| ConfigError::OpenVariable { key, path: path() })?;
            out.push_str(before);
            out.push_str(&variable(name).ok_or_else(|| ConfigError::Variable {
                key,
                path: path(),
                variable: name.to_owned(),
            })?);
            rest = after;
        }
        Ok(out + rest)
    }
}

impl Layer {
    fn over(self, below: Self) -> Self {
        Self {
            url: self.url.or(below.url),
            schema: self.schema.or(below.schema),
            dir: self.dir.or(below.dir),
            layout: self.layout.or(below.layout),
            table_name: self.table_name.or(below.table_name),
            scratch_url: self.scratch_url.or(below.scratch_url),
            policy: self.policy.or(below.policy),
            lock_wait: self.lock_wait.or(below.lock_wait),
            script_time: self.script_time.or(below.script_time),
            script_memory: self.script_memory.or(below.script_memory),
            env: BTreeMap::new(),
        }
    }
}

fn find(working_dir: &Path) -> Result<Option<(PathBuf, String)>, ConfigError> {
    for folder in working_dir.ancestors() {
        let path = folder.join(FILE_NAME);
        match fs::read_to_string(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(unreadable(&path, &error)),
        }
    }
    Ok(None)
}

fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> ConfigError {
    let (reason, help) = match error.kind() {
        ErrorKind::NotFound => ("there is no such file".into(), "write one with `whimbrel init`"),
        ErrorKind::InvalidData => ("it is not UTF-8".into(), "save it as UTF-8"),
        _ => (error.to_string(), "see to it that the file can be read"),
    };
    ConfigError::Unreadable { path: path.display().to_string(), reason, help }
}

fn malformed(path: &Path, text: &str, error: &toml::de::Error) -> ConfigError {
    let path = path.display().to_string();
    ConfigError::Malformed(Box::new(MalformedConfig {
        message: error.message().lines().collect::<Vec<_>>().join(" "),
        text: NamedSource::new(&path, text.to_owned()),
        span: error.span().map(SourceSpan::from),
        path,
    }))
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number of seconds, or a text such as \"500ms\" or \"2m\"")]
        enum Written {
            Number(u32),
            Text(String),
        }
        let text = match Written::deserialize(deserializer)? {
            Written::Number(seconds) => seconds.to_string(),
            Written::Text(text) => text,
        };
        duration::parse(&text).map(Seconds).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse("whimbrel.toml".into(), text).map_err(|error| error.to_string())
    }

    #[test]
    fn an_environment_lies_over_the_top_of_the_file() {
        let config = parse(
            "url = 'sqlite://dev.db'\nschema = 'schema.sql'\nlock-wait = 5\n\
             [env.prod]\nurl = 'sqlite://prod.db'\npolicy = 'additive'\nlock-wait = '2m'\n",
        )
        .unwrap();
        let dev = config.layer(None, true).unwrap();
        assert_eq!((dev.url.as_deref(), dev.policy), (Some("sqlite://dev.db"), None));
        assert_eq!(dev.lock_wait, Some(Seconds(Duration::from_secs(5))));
        let prod = config.layer(Some("prod"), true).unwrap();
        assert_eq!((prod.url.as_deref(), prod.policy), (Some("sqlite://prod.db"), Some(PolicyArg::Additive)));
        assert_eq!(prod.schema.as_deref(), Some("schema.sql"));
        assert_eq!(prod.lock_wait, Some(Seconds(Duration::from_secs(120))));
        let error = config.layer(Some("test"), true).unwrap_err();
        assert_eq!(error.to_string(), "there is no `[env.test]` in `whimbrel.toml`");
    }

    #[test]
    fn an_unknown_key_is_named_with_its_file() {
        let unknown = "unknown field `colour`, expected one of `url`, `schema`, `dir`, `layout`, `table-name`, \
                       `scratch-url`, `policy`, `lock-wait`, `script-time`, `script-memory`, `env`";
        assert_eq!(parse("colour = 'red'").unwrap_err(), format!("`whimbrel.toml`: {unknown}"));
        assert_eq!(parse("[env.x]\ncolour = 'red'").unwrap_err(), format!("`whimbrel.toml`: {unknown}"));
        assert_eq!(parse("[env.x.env.y]\nurl = ''").unwrap_err(), "`whimbrel.toml`: `env` inside of `env`");
    }

    #[test]
    fn a_url_may_name_variables() {
        let config = Config::default();
        let look_up = |name: &str| (name == "PASSWORD").then(|| "s3cret".to_owned());
        let read = |text| config.with_variables("url", text, look_up).map_err(|error| error.to_string());
        assert_eq!(read("postgres://me:${PASSWORD}@db/app").unwrap(), "postgres://me:s3cret@db/app");
        assert_eq!(read("sqlite://$PASSWORD.db").unwrap(), "sqlite://$PASSWORD.db");
        assert_eq!(
            read("${MISSING}").unwrap_err(),
            "`url` in `whimbrel.toml` needs the environment variable `MISSING`, which is not set"
        );
        assert!(read("${PASSWORD").is_err());
    }

    #[test]
    fn the_file_is_found_in_a_folder_above() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::write(folder.path().join(FILE_NAME), "schema = 'x.sql'").unwrap();
        let config = Config::load(None, &deep).unwrap();
        assert_eq!(config.folder(), Some(folder.path()));
        assert_eq!(config.layer(None, true).unwrap().schema.as_deref(), Some("x.sql"));
        assert!(Config::load(Some(Path::new("nowhere.toml")), &deep).is_err());
    }
}
