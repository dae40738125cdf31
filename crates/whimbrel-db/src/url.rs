//! Where a database is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use whimbrel_core::dialect::Dialect;

/// Where a database is: a URL or a path. It never prints a password.
///
/// | text | database |
/// |---|---|
/// | `app.db`, `app.sqlite`, `app.sqlite3`, any existing file | the SQLite file |
/// | `sqlite:app.db`, `sqlite://app.db`, `sqlite:///srv/app.db` | the SQLite file |
/// | `sqlite::memory:`, `:memory:` | a SQLite database in memory |
/// | `file:app.db?mode=ro` | SQLite's own URI form |
/// | `postgres://...`, `postgresql://...` | the PostgreSQL database |
///
/// In the URL forms of SQLite `%20` and the like are decoded, and parameters
/// may follow a `?`: `mode=ro|rw|rwc|memory`, `immutable=1`, `cache`, `nolock`,
/// `vfs`.
///
/// ```
/// use whimbrel_db::DatabaseUrl;
/// let url: DatabaseUrl = "postgres://ann:secret@db.example/shop".parse().unwrap();
/// assert_eq!(url.to_string(), "postgres://ann:***@db.example/shop");
/// assert!(!format!("{url:?}").contains("secret"));
/// assert!("libsql://shop.turso.io".parse::<DatabaseUrl>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    text: String,
    location: Location,
}

/// What a [`DatabaseUrl`] points at.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Location {
    /// A SQLite file, or memory.
    Sqlite(SqliteLocation),
    /// A PostgreSQL server: its client reads the text.
    Postgres,
}

/// Where a SQLite database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqliteLocation {
    /// The file, `None` for a database in memory.
    pub(crate) path: Option<PathBuf>,
    /// `mode`, if it was given.
    pub(crate) mode: Option<SqliteMode>,
    /// The other parameters, as they were written.
    pub(crate) parameters: Vec<String>,
}

/// The `mode` parameter of a SQLite URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SqliteMode {
    /// `ro`
    ReadOnly,
    /// `rw`
    ReadWrite,
    /// `rwc`
    Create,
}

/// Why a text is no database URL. The text itself is left out wherever it could
/// hold a password.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel_db::{DatabaseUrl, UrlError};
///
/// let error = "oracle://db.example/shop".parse::<DatabaseUrl>().unwrap_err();
/// assert!(matches!(error, UrlError::UnknownScheme { .. }));
/// assert_eq!(error.to_string(), "`oracle:` is no scheme of a database that whimbrel knows");
/// assert!(error.help().unwrap().to_string().starts_with("use `sqlite://path`"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum UrlError {
    /// The scheme is known, and out of scope.
    #[error("`{scheme}:` is not supported: {reason}")]
    #[diagnostic(code(whimbrel::url::unsupported), help("{help}"))]
    Unsupported {
        /// The scheme.
        scheme: String,
        /// Why.
        reason: &'static str,
        /// What to do instead.
        help: &'static str,
    },
    /// The scheme is unknown.
    #[error("`{scheme}:` is no scheme of a database that whimbrel knows")]
    #[diagnostic(
        code(whimbrel::url::unknown_scheme),
        help("use `sqlite://path`, `postgres://user@host/database`, or the path of a SQLite file")
    )]
    UnknownScheme {
        /// The scheme.
        scheme: String,
    },
    /// There is no scheme, and nothing says that it is a file.
    #[error("`{text}` is neither a URL nor the path of an existing file")]
    #[diagnostic(
        code(whimbrel::url::unrecognised),
        help("for a new SQLite file write `sqlite:{text}`, or a name that ends in .db, .sqlite or .sqlite3")
    )]
    Unrecognised {
        /// What was given.
        text: String,
    },
    /// A parameter is not known, or has a value that is not.
    #[error("the parameter `{parameter}` of the URL is not known")]
    #[diagnostic(
        code(whimbrel::url::parameter),
        help(
            "known are mode=ro|rw|rwc|memory, immutable=1, cache, nolock and vfs; a `?` in a file name is written %3F"
        )
    )]
    Parameter {
        /// The parameter, as it was written.
        parameter: String,
    },
    /// Nothing was given.
    #[error("the database URL is empty")]
    #[diagnostic(code(whimbrel::url::empty), help("give one with `--url`, or set DATABASE_URL"))]
    Empty,
}

impl DatabaseUrl {
    /// The text as it was given, password included: for the client alone.
    ///
    /// ```
    /// use whimbrel_db::DatabaseUrl;
    /// let url: DatabaseUrl = "postgres://ann:secret@db.example/shop".parse().unwrap();
    /// assert_eq!(url.expose(), "postgres://ann:secret@db.example/shop");
    /// ```
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The dialect that is spoken there.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_db::DatabaseUrl;
    /// assert_eq!("app.db".parse::<DatabaseUrl>().unwrap().dialect(), Dialect::Sqlite);
    /// ```
    pub fn dialect(&self) -> Dialect {
        match self.location {
            Location::Sqlite(_) => Dialect::Sqlite,
            Location::Postgres => Dialect::Postgres,
        }
    }

    /// The SQLite file at `path`, whatever its name looks like.
    ///
    /// ```
    /// use whimbrel_db::DatabaseUrl;
    /// let url = DatabaseUrl::sqlite_file("data/app");
    /// assert_eq!(url.sqlite_path(), Some("data/app".as_ref()));
    /// ```
    pub fn sqlite_file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let text = path.display().to_string();
        Self { text, location: Location::Sqlite(SqliteLocation::file(path)) }
    }

    /// A SQLite database in memory.
    ///
    /// ```
    /// use whimbrel_db::DatabaseUrl;
    /// assert_eq!(DatabaseUrl::sqlite_memory().sqlite_path(), None);
    /// ```
    pub fn sqlite_memory() -> Self {
        Self { text: ":memory:".to_owned(), location: Location::Sqlite(SqliteLocation::memory()) }
    }

    /// The file of a SQLite database; `None` in memory and on servers.
    ///
    /// ```
    /// use whimbrel_db::DatabaseUrl;
    /// let url: DatabaseUrl = "sqlite:///srv/my%20shop.db?mode=ro".parse().unwrap();
    /// assert_eq!(url.sqlite_path(), Some("/srv/my shop.db".as_ref()));
    /// ```
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.location {
            Location::Sqlite(location) => location.path.as_deref(),
            Location::Postgres => None,
        }
    }

    /// The same database for somebody who stands elsewhere: the path of a SQLite
    /// file, if it is a relative one, is taken from `folder` on.
    ///
    /// ```
    /// use whimbrel_db::DatabaseUrl;
    /// let url: DatabaseUrl = "sqlite://app.db".parse().unwrap();
    /// let url = url.relative_to("/srv".as_ref());
    /// assert_eq!(url.sqlite_path(), Some("/srv/app.db".as_ref()));
    /// assert_eq!(url.to_string(), "sqlite:///srv/app.db");
    /// ```
    #[must_use]
    pub fn relative_to(mut self, folder: &Path) -> Self {
        if let Location::Sqlite(SqliteLocation { path: Some(path), .. }) = &mut self.location
            && path.is_relative()
        {
            *path = folder.join(&path);
            self.text = match split_scheme(&self.text) {
                Some((scheme, _)) => format!("{scheme}://{}", path.display()),
                None => path.display().to_string(),
            };
        }
        self
    }

    pub(crate) fn location(&self) -> &Location {
        &self.location
    }
}

impl FromStr for DatabaseUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        Ok(Self { text: text.to_owned(), location: locate(text)? })
    }
}

fn locate(text: &str) -> Result<Location, UrlError> {
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    let Some((scheme, rest)) = split_scheme(text) else { return bare_path(text) };
    match scheme.to_ascii_lowercase().as_str() {
        "sqlite" | "sqlite3" | "file" => SqliteLocation::parse(rest).map(Location::Sqlite),
        "postgres" | "postgresql" => Ok(Location::Postgres),
        "libsql" | "ws" | "wss" | "http" | "https" => Err(UrlError::Unsupported {
            scheme: scheme.to_owned(),
            reason: "libSQL's remote protocol is out of scope",
            help: "open the database's file instead: `sqlite://path`",
        }),
        "mysql" | "mariadb" => Err(UrlError::Unsupported {
            scheme: scheme.to_owned(),
            reason: "MySQL and MariaDB are not supported yet",
            help: "use SQLite or PostgreSQL",
        }),
        _ => Err(UrlError::UnknownScheme { scheme: scheme.to_owned() }),
    }
}

/// Splits `scheme:rest`. One letter is no scheme but a Windows drive.
fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then_some((scheme, rest))
}

fn bare_path(text: &str) -> Result<Location, UrlError> {
    if text == ":memory:" {
        return Ok(Location::Sqlite(SqliteLocation::memory()));
    }
    let path = Path::new(text);
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let looks_like_one =
        ["db", "db3", "sqlite", "sqlite3"].iter().any(|one| extension.eq_ignore_ascii_case(one));
    if looks_like_one || path.exists() {
        Ok(Location::Sqlite(SqliteLocation::file(path.to_owned())))
    } else {
        Err(UrlError::Unrecognised { text: mask_password(text) })
    }
}

impl SqliteLocation {
    pub(crate) fn memory() -> Self {
        Self { path: None, mode: None, parameters: Vec::new() }
    }

    pub(crate) fn file(path: PathBuf) -> Self {
        Self { path: Some(path), mode: None, parameters: Vec::new() }
    }

    /// Reads what follows `sqlite:` or `file:`.
    fn parse(rest: &str) -> Result<Self, UrlError> {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = match path.strip_prefix("//") {
            Some(after) => {
                after.strip_prefix("localhost").filter(|path| path.starts_with('/')).unwrap_or(after)
            }
            None => path,
        };
        let path = percent_decode(path);
        let mut location = match path.as_str() {
            "" => return Err(UrlError::Empty),
            ":memory:" => Self::memory(),
            path => Self::file(PathBuf::from(path)),
        };
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            location.take(parameter)?;
        }
        Ok(location)
    }

    fn take(&mut self, parameter: &str) -> Result<(), UrlError> {
        match parameter.split_once('=').unwrap_or((parameter, "")) {
            ("mode", "ro") => self.mode = Some(SqliteMode::ReadOnly),
            ("mode", "rw") => self.mode = Some(SqliteMode::ReadWrite),
            ("mode", "rwc") => self.mode = Some(SqliteMode::Create),
            ("mode", "memory") => self.path = None,
            ("immutable" | "cache" | "nolock" | "vfs", _) => self.parameters.push(parameter.to_owned()),
            _ => return Err(UrlError::Parameter { parameter: parameter.to_owned() }),
        }
        Ok(())
    }
}

/// Decodes `%20` and the like; what is no such sequence stays.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let decoded = match tail {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mask_password(&self.text))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

/// Puts `***` in place of what may be a password: after the user's name, and
/// in parameters whose name says so.
fn mask_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return mask_key_words(text) };
    // `@`, `/` and `?` may stand unescaped in a password: the last `@` counts,
    // even if that hides too much.
    let (user, rest) = match rest.rsplit_once('@') {
        Some((user, rest)) => match user.split_once(':') {
            Some((user, _)) => (format!("{user}:***@"), rest),
            None => (format!("{user}@"), rest),
        },
        None => (String::new(), rest),
    };
    let rest = match rest.split_once('?') {
        Some((rest, query)) => {
            format!("{rest}?{}", query.split('&').map(mask_parameter).collect::<Vec<_>>().join("&"))
        }
        None => rest.to_owned(),
    };
    format!("{scheme}://{user}{rest}")
}

/// Masks `host=... password=...`, which other tools take for a URL: all from the
/// password on, which may hold spaces.
fn mask_key_words(text: &str) -> String {
    match text.to_ascii_lowercase().find("password") {
        Some(at) => format!("{}password=***", &text[..at]),
        None => text.to_owned(),
    }
}

fn mask_parameter(parameter: &str) -> String {
    match parameter.split_once('=') {
        Some((name, _)) if name.to_ascii_lowercase().contains("password") => format!("{name}=***"),
        _ => parameter.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(text: &str) -> SqliteLocation {
        match text.parse::<DatabaseUrl>().unwrap().location {
            Location::Sqlite(location) => location,
            Location::Postgres => panic!("`{text}` is read as PostgreSQL"),
        }
    }

    #[test]
    fn sqlite_paths() {
        for (text, path) in [
            ("sqlite:app.db", "app.db"),
            ("sqlite://app.db", "app.db"),
            ("sqlite://data/app.db", "data/app.db"),
            ("sqlite:///srv/app.db", "/srv/app.db"),
            ("sqlite3:app", "app"),
            ("file:app.db", "app.db"),
            ("file:///srv/app.db", "/srv/app.db"),
            ("file://localhost/srv/app.db", "/srv/app.db"),
            ("sqlite:a%20b%3F%23.db", "a b?#.db"),
            ("sqlite:100%.db", "100%.db"),
            ("app.db", "app.db"),
            ("what?.sqlite3", "what?.sqlite3"),
            ("C:\\data\\app.db", "C:\\data\\app.db"),
            ("Cargo.toml", "Cargo.toml"),
        ] {
            assert_eq!(sqlite(text), SqliteLocation::file(path.into()), "{text}");
        }
        for text in [":memory:", "sqlite::memory:", "sqlite://:memory:", "file::memory:"] {
            assert_eq!(sqlite(text), SqliteLocation::memory(), "{text}");
        }
    }

    #[test]
    fn sqlite_parameters() {
        let location = sqlite("file:app.db?mode=ro&immutable=1");
        assert_eq!(location.mode, Some(SqliteMode::ReadOnly));
        assert_eq!(location.parameters, ["immutable=1"]);
        assert_eq!(sqlite("file:x?mode=memory&cache=shared").path, None);
        let error = "sqlite:app.db?mod=ro".parse::<DatabaseUrl>().unwrap_err();
        assert_eq!(error.to_string(), "the parameter `mod=ro` of the URL is not known");
    }

    #[test]
    fn what_is_refused() {
        for (text, message) in [
            (
                "libsql://x.turso.io?authToken=y",
                "`libsql:` is not supported: libSQL's remote protocol is out of scope",
            ),
            ("wss://x.turso.io", "`wss:` is not supported: libSQL's remote protocol is out of scope"),
            (
                "mysql://root@localhost/x",
                "`mysql:` is not supported: MySQL and MariaDB are not supported yet",
            ),
            ("mssql://sa@localhost/x", "`mssql:` is no scheme of a database that whimbrel knows"),
            ("no-such-thing", "`no-such-thing` is neither a URL nor the path of an existing file"),
            ("  ", "the database URL is empty"),
            ("sqlite://", "the database URL is empty"),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn passwords_are_never_printed() {
        for (text, printed) in [
            ("postgres://localhost/shop", "postgres://localhost/shop"),
            ("postgres://ann@localhost/shop", "postgres://ann@localhost/shop"),
            ("postgres://ann:p@s?s:w/rd@localhost/shop", "postgres://ann:***@localhost/shop"),
            (
                "postgres://h/shop?user=ann&password=x&sslmode=require",
                "postgres://h/shop?user=ann&password=***&sslmode=require",
            ),
            ("postgres://h/shop?sslpassword=x", "postgres://h/shop?sslpassword=***"),
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), printed);
            assert_eq!(format!("{url:?}"), format!("DatabaseUrl({printed})"));
            assert_eq!(url.expose(), text);
        }
    }
}
