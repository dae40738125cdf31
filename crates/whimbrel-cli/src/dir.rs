//! Where migrations are: a folder, a bucket, or a table of a database.
//!
//! | written as | is |
//! | --- | --- |
//! | `migrations` | a folder |
//! | `s3://BUCKET/FOLDER`, `gs://...`, `az://...` | a bucket, or a folder in one |
//! | `table:NAME` | a table of the database that is migrated |
//! | `postgres://USER@HOST/DATABASE#NAME`, `sqlite://FILE#NAME` | a table of another database |

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use whimbrel::db::{Access, ConnectOptions, DatabaseUrl, Missing};
use whimbrel::store::{DatabaseStore, FsStore, LockFileStore};
use whimbrel::{Layout, Store};

use crate::error::CliError;

/// What a name begins with that is a table of the database that is migrated.
const TABLE: &str = "table:";

/// What the names of buckets begin with.
const BUCKETS: [&str; 3] = ["s3://", "gs://", "az://"];

/// Where migrations are.
#[derive(Debug, Clone)]
pub(crate) enum Dir {
    /// In a folder.
    Folder(PathBuf),
    /// In a bucket, by its URL.
    Bucket(String),
    /// In a table of a database.
    Table { url: Box<DatabaseUrl>, name: String },
    /// Where the program has them.
    Program(Arc<dyn Store>),
}

impl Dir {
    /// Reads a name; paths in it are relative to `folder`, and `database` is the
    /// one that is migrated.
    ///
    /// # Errors
    ///
    /// If it is no place for migrations.
    pub(crate) fn read(
        text: &str,
        folder: Option<&Path>,
        database: impl FnOnce() -> Result<DatabaseUrl, CliError>,
    ) -> Result<Self, CliError> {
        match (Self::elsewhere(text, database)?, folder) {
            (Some(Self::Table { url, name }), Some(folder)) if !text.starts_with(TABLE) => {
                Ok(Self::Table { url: Box::new(url.relative_to(folder)), name })
            }
            (Some(elsewhere), _) => Ok(elsewhere),
            // A folder of that name would show the password that may be in it.
            (None, _) if is_url(text) => Err(CliError::NoTable { url: text.parse()? }),
            (None, Some(folder)) => Ok(Self::Folder(folder.join(text))),
            (None, None) => Ok(Self::Folder(PathBuf::from(text))),
        }
    }

    /// Reads a name that is none of a folder.
    ///
    /// # Errors
    ///
    /// If it is a URL, and none of a place for migrations.
    pub(crate) fn elsewhere(
        text: &str,
        database: impl FnOnce() -> Result<DatabaseUrl, CliError>,
    ) -> Result<Option<Self>, CliError> {
        if BUCKETS.iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Some(Self::Bucket(text.to_owned())));
        }
        if let Some(name) = text.strip_prefix(TABLE) {
            return Ok(Some(Self::Table { url: Box::new(database()?), name: name.to_owned() }));
        }
        let Some((url, name)) = text.rsplit_once('#').filter(|(url, _)| is_url(url)) else {
            return Ok(None);
        };
        Ok(Some(Self::Table { url: Box::new(url.parse()?), name: name.to_owned() }))
    }

    /// The store there; a database is waited for as `options` say.
    ///
    /// # Errors
    ///
    /// If the place cannot be one, or its credentials do not fit together.
    pub(crate) fn store(&self, options: ConnectOptions, layout: Layout) -> Result<Arc<dyn Store>, CliError> {
        match self {
            Self::Folder(path) => Ok(match layout {
                Layout::Journal => Arc::new(FsStore::new(path)),
                Layout::LockFile => Arc::new(LockFileStore::new(path)),
            }),
            Self::Bucket(url) => bucket(url),
            Self::Program(store) => Ok(Arc::clone(store)),
            Self::Table { url, name } => {
                let options =
                    ConnectOptions { access: Access::ReadWrite, missing: Missing::Create, ..options };
                let store = DatabaseStore::new((**url).clone(), name).map_err(whimbrel::Error::from)?;
                Ok(Arc::new(store.connect_options(options)))
            }
        }
    }

    /// What a file there is called in messages.
    pub(crate) fn file(&self, path: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(path).display().to_string(),
            Self::Bucket(_) | Self::Table { .. } | Self::Program(_) => format!("{self}/{path}"),
        }
    }
}

impl fmt::Display for Dir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => path.display().fmt(f),
            // One that holds more than a bucket and a folder is refused before it is shown.
            Self::Bucket(url) => f.write_str(url.trim_end_matches('/')),
            Self::Table { url, name } => write!(f, "{url}#{name}"),
            Self::Program(store) => f.write_str(&store.name()),
        }
    }
}

/// Says whether a name is a URL, which no folder is called like.
fn is_url(text: &str) -> bool {
    text.contains("://") || text.starts_with("sqlite:")
}

#[cfg(feature = "object-store")]
fn bucket(url: &str) -> Result<Arc<dyn Store>, CliError> {
    // Names and values that are no text say nothing to a bucket.
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let store = whimbrel::store::BucketStore::open(url, variables).map_err(whimbrel::Error::from)?;
    Ok(Arc::new(store))
}

#[cfg(not(feature = "object-store"))]
fn bucket(_: &str) -> Result<Arc<dyn Store>, CliError> {
    Err(CliError::NoBuckets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, folder: Option<&str>) -> Dir {
        let database = || Ok("sqlite://app.db".parse().unwrap());
        Dir::read(text, folder.map(Path::new), database).unwrap()
    }

    #[test]
    fn a_name_leads_to_a_folder_a_bucket_or_a_table() {
        for (text, folder, shown) in [
            ("migrations", None, "migrations"),
            ("migrations", Some("/srv"), "/srv/migrations"),
            ("a#b", None, "a#b"),
            ("s3://releases/shop/", Some("/srv"), "s3://releases/shop"),
            ("table:files", Some("/srv"), "sqlite://app.db#files"),
            ("sqlite:other.db#files", None, "sqlite:other.db#files"),
            ("sqlite://other.db#files", None, "sqlite://other.db#files"),
            ("sqlite://other.db#files", Some("/srv"), "sqlite:///srv/other.db#files"),
            ("postgres://me:hunter2@host/ops#files", None, "postgres://me:***@host/ops#files"),
        ] {
            assert_eq!(read(text, folder).to_string(), shown, "{text}");
        }
        for (text, message) in [
            ("sqlite:app.db", "`sqlite:app.db` is a database, and no table in it is named"),
            (
                "postgres://me:hunter2@host/ops",
                "`postgres://me:***@host/ops` is a database, and no table in it is named",
            ),
            ("ftp://me:hunter2@host/ops", "`ftp:` is no scheme of a database that whimbrel knows"),
        ] {
            let error = Dir::read(text, Some(Path::new("/srv")), || Err(CliError::NoUrl)).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
        assert_eq!(read("migrations", None).file("a.sql"), "migrations/a.sql");
        assert_eq!(read("s3://releases", None).file("a.sql"), "s3://releases/a.sql");
    }
}
