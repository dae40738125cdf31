//! What a process has around it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::key_words::KeyWords;

/// The environment in which a URL is read. The default one is empty.
///
/// ```
/// use whimbrel_db::postgres::{Environment, PostgresConfig};
///
/// let environment = Environment { user: Some("ann".into()), ..Environment::default() };
/// let config = PostgresConfig::parse("postgres://db.example", &environment).unwrap();
/// assert_eq!(config.name(), "postgres://ann@db.example/ann");
/// ```
#[derive(Clone, Default)]
pub struct Environment {
    /// The variables.
    pub variables: BTreeMap<String, String>,
    /// The home folder.
    pub home: Option<PathBuf>,
    /// The name of the system's user.
    pub user: Option<String>,
}

impl Environment {
    /// The environment of this process.
    ///
    /// ```
    /// use whimbrel_db::postgres::{Environment, PostgresConfig};
    ///
    /// // What the URL leaves open comes from `PGPASSWORD` and its like; what it says holds.
    /// let url = "postgres://ann@db.example:5433/shop";
    /// let config = PostgresConfig::parse(url, &Environment::of_process()).unwrap();
    /// assert_eq!(config.name(), url);
    /// ```
    pub fn of_process() -> Self {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let home = variables.get("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let user = system_user().or_else(|| variables.get("USER").cloned());
        Self { variables, home, user }
    }

    /// Returns a variable; an empty one counts as none.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Sets what the variables say of key words that were not set before.
    pub(super) fn fill(&self, words: &mut KeyWords) {
        words.fill(|name| self.variable(name));
    }
}

/// The name of the user that runs the process, as the system files have it.
#[cfg(unix)]
fn system_user() -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let uid = std::fs::metadata("/proc/self").ok()?.uid().to_string();
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == uid).then(|| name.to_owned())
    })
}

#[cfg(not(unix))]
fn system_user() -> Option<String> {
    std::env::var("USERNAME").ok()
}
