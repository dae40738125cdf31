//! Where a server is and how to get in, as a PostgreSQL user expects.
//!
//! Settings come, the first that says something winning, from the URL, the
//! service file, the `PG...` variables, and defaults; the password also from
//! the password file. All of it is pure but for reading those files: the
//! environment is a value.

mod environment;
mod key_words;
mod passfile;
mod service;
mod url;

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

pub use environment::Environment;
use key_words::{KeyWords, invalid};

use crate::error::DbError;

/// How long one attempt to connect may take, where nothing else is said.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Where Debian and most others put the socket.
const SOCKET_FOLDER: &str = "/var/run/postgresql";
const DEFAULT_PORT: u16 = 5432;

/// Everything that is needed to open a session.
///
/// Neither [`fmt::Debug`] nor [`PostgresConfig::name`] shows a password.
///
/// ```
/// use whimbrel_db::postgres::{Environment, PostgresConfig};
///
/// let variables = [("PGUSER".to_owned(), "ann".to_owned())].into();
/// let environment = Environment { variables, ..Environment::default() };
/// let config = PostgresConfig::parse("postgres://a.example:5433,b.example/shop", &environment).unwrap();
/// assert_eq!(config.name(), "postgres://ann@a.example:5433,b.example/shop");
/// assert_eq!(config.with_database("test").name(), "postgres://ann@a.example:5433,b.example/test");
/// ```
#[derive(Debug, Clone)]
pub struct PostgresConfig {
    /// The servers to try, in order. At least one.
    pub(super) hosts: Vec<Host>,
    pub(super) user: String,
    pub(super) database: String,
    pub(super) application_name: String,
    pub(super) options: Option<String>,
    pub(super) connect_timeout: Duration,
    pub(super) tls: TlsOptions,
    /// Why a password file was passed over, told when a password is missing.
    pub(super) password_note: Option<String>,
    pub(super) writable_only: bool,
}

/// One server.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) address: Address,
    pub(super) port: u16,
    pub(super) password: Option<Secret>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// A host name, and the address to use instead of asking for it.
    Tcp(String, Option<IpAddr>),
    /// The folder of a Unix socket.
    Unix(PathBuf),
}

/// A password. It never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

impl Secret {
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Whether and how the connection is encrypted, and who the server must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TlsOptions {
    pub(super) mode: TlsMode,
    pub(super) roots: Roots,
    /// The client's certificate and key.
    pub(super) identity: Option<(PathBuf, PathBuf)>,
}

/// libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsMode {
    /// Never.
    Disable,
    /// Only if the server refuses otherwise.
    Allow,
    /// If the server can.
    Prefer,
    /// Always, with whomever.
    Require,
    /// Always, with a server whose certificate a root signed.
    VerifyCa,
    /// As before, and the certificate must be for the host.
    VerifyFull,
}

/// Which certificate authorities are trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those in a file.
    File(PathBuf),
    /// Those that browsers trust.
    Public,
}

impl PostgresConfig {
    /// Reads a URL (`postgres://...` or `postgresql://...`) in an environment.
    ///
    /// ```
    /// use whimbrel_db::postgres::{Environment, PostgresConfig};
    /// let environment = Environment::default();
    /// let config = PostgresConfig::parse("postgres://ann:s3cret@db.example/shop", &environment).unwrap();
    /// assert_eq!(config.name(), "postgres://ann@db.example/shop");
    /// assert!(!format!("{config:?}").contains("s3cret"));
    /// ```
    ///
    /// # Errors
    ///
    /// If the URL, the service file or a variable does not read, or asks for
    /// what is not supported.
    pub fn parse(url: &str, environment: &Environment) -> Result<Self, DbError> {
        let mut words = url::parse(url)?;
        service::fill(&mut words, environment)?;
        environment.fill(&mut words);
        Self::from_key_words(&words, environment)
    }

    fn from_key_words(words: &KeyWords, environment: &Environment) -> Result<Self, DbError> {
        words.refuse_unsupported()?;
        let user = words.get("user").map(str::to_owned).or_else(|| environment.user.clone());
        let user =
            user.ok_or_else(|| invalid("no user is named", "name one: `postgres://USER@HOST/DATABASE`"))?;
        let database = words.get("dbname").unwrap_or(&user).to_owned();
        let mut config = Self {
            hosts: hosts(words)?,
            application_name: words.get("application_name").unwrap_or("whimbrel").to_owned(),
            options: words.get("options").map(str::to_owned),
            connect_timeout: connect_timeout(words)?,
            tls: tls(words, environment)?,
            password_note: None,
            writable_only: matches!(words.get("target_session_attrs"), Some("read-write" | "primary")),
            user,
            database,
        };
        config.find_passwords(words, environment);
        Ok(config)
    }

    /// What to call the database in messages: a URL without secrets.
    pub fn name(&self) -> String {
        let hosts: Vec<String> = self.hosts.iter().map(Host::display).collect();
        format!("postgres://{}@{}/{}", self.user, hosts.join(","), self.database)
    }

    /// The same server and role, another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Self {
        Self { database: database.to_owned(), ..self.clone() }
    }

    fn find_passwords(&mut self, words: &KeyWords, environment: &Environment) {
        if let Some(password) = words.get("password") {
            for host in &mut self.hosts {
                host.password = Some(Secret(password.to_owned()));
            }
            return;
        }
        match passfile::read(words.get("passfile"), environment) {
            Ok(entries) => {
                for host in &mut self.hosts {
                    host.password = passfile::find(&entries, host, &self.database, &self.user).map(Secret);
                }
            }
            Err(note) => self.password_note = Some(note),
        }
    }
}

impl Host {
    fn display(&self) -> String {
        let address = match &self.address {
            Address::Tcp(name, _) if name.contains(':') => format!("[{name}]"),
            Address::Tcp(name, _) => name.clone(),
            Address::Unix(folder) => folder.display().to_string().replace('/', "%2F"),
        };
        if self.port == DEFAULT_PORT { address } else { format!("{address}:{}", self.port) }
    }
}

/// Pairs the lists of `host`, `hostaddr` and `port`: one port may serve all.
fn hosts(words: &KeyWords) -> Result<Vec<Host>, DbError> {
    let list =
        |key: &str| -> Vec<&str> { words.get(key).map_or(Vec::new(), |text| text.split(',').collect()) };
    let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = names.len().max(addresses.len()).max(1);
    if !addresses.is_empty() && !names.is_empty() && addresses.len() != names.len() {
        return Err(invalid(
            "`host` and `hostaddr` list different numbers of servers",
            "list as many of each",
        ));
    }
    if ports.len() > 1 && ports.len() != count {
        return Err(invalid(
            "`port` lists another number of servers than `host`",
            "list one port for each host",
        ));
    }
    (0..count)
        .map(|at| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or_default();
            let (name, address) = (names.get(at).copied().unwrap_or_default(), addresses.get(at).copied());
            Ok(Host { address: parse_address(name, address)?, port: parse_port(port)?, password: None })
        })
        .collect()
}

fn parse_address(name: &str, address: Option<&str>) -> Result<Address, DbError> {
    if let Some(address) = address.filter(|text| !text.is_empty()) {
        let parsed = address.parse().map_err(|_| {
            invalid(&format!("`{address}` is no IP address"), "give `hostaddr` an address, `host` a name")
        })?;
        return Ok(Address::Tcp(if name.is_empty() { address } else { name }.to_owned(), Some(parsed)));
    }
    Ok(match name {
        "" => default_address(),
        folder if folder.starts_with('/') => Address::Unix(PathBuf::from(folder)),
        name => Address::Tcp(name.to_owned(), None),
    })
}

/// Where a server is looked for when none is named: the usual socket where
/// there are sockets and that one's folder exists, else the loopback device.
fn default_address() -> Address {
    if cfg!(unix) && std::path::Path::new(SOCKET_FOLDER).is_dir() {
        Address::Unix(PathBuf::from(SOCKET_FOLDER))
    } else {
        Address::Tcp("localhost".to_owned(), None)
    }
}

fn parse_port(text: &str) -> Result<u16, DbError> {
    match text {
        "" => Ok(DEFAULT_PORT),
        text => match text.trim().parse() {
            Ok(port) if port > 0 => Ok(port),
            // Not repeated: in a URL that lacks its `@` it is a password.
            _ => Err(invalid("what should be the port is no number from 1 to 65535", url::SHAPE)),
        },
    }
}

/// libpq's rule: seconds, 0 for none, and never less than 2.
fn connect_timeout(words: &KeyWords) -> Result<Duration, DbError> {
    let Some(text) = words.get("connect_timeout") else {
        return Ok(CONNECT_TIMEOUT);
    };
    match text.trim().parse::<i64>() {
        Ok(seconds) if seconds <= 0 => Ok(Duration::MAX),
        Ok(seconds) => Ok(Duration::from_secs(seconds.unsigned_abs().max(2))),
        Err(_) => Err(invalid(&format!("`connect_timeout` is `{text}`"), "give it a number of seconds")),
    }
}

fn tls(words: &KeyWords, environment: &Environment) -> Result<TlsOptions, DbError> {
    let home = |name: &str| environment.home.as_ref().map(|home| home.join(".postgresql").join(name));
    let existing = |name: &str| home(name).filter(|path| path.is_file());
    let named = |key: &str, name: &str| words.get(key).map(PathBuf::from).or_else(|| existing(name));
    let roots = match words.get("sslrootcert") {
        Some("system") => Some(Roots::Public),
        Some(path) => Some(Roots::File(PathBuf::from(path))),
        None => existing("root.crt").map(Roots::File),
    };
    let mode = match words.get("sslmode") {
        Some(text) => TlsMode::parse(text)?,
        None if roots == Some(Roots::Public) => TlsMode::VerifyFull,
        None => TlsMode::Prefer,
    };
    // libpq's rule: whoever has roots at hand wants the server to be checked by them.
    let mode = if mode == TlsMode::Require && roots.is_some() { TlsMode::VerifyCa } else { mode };
    let identity = named("sslcert", "postgresql.crt").zip(named("sslkey", "postgresql.key"));
    Ok(TlsOptions { mode, roots: roots.unwrap_or(Roots::Public), identity })
}

impl TlsMode {
    fn parse(text: &str) -> Result<Self, DbError> {
        Ok(match text {
            "disable" => Self::Disable,
            "allow" => Self::Allow,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            other => {
                let help = "one of disable, allow, prefer, require, verify-ca, verify-full";
                return Err(invalid(&format!("`sslmode` is `{other}`"), help));
            }
        })
    }
}

#[cfg(test)]
mod tests;
