//! A migration as people point at it.

use whimbrel_core::history::{Entry, Journal};

use super::HistoryError;

/// A migration, by its name or number.
///
/// ```
/// use whimbrel::Target;
/// assert_eq!(Target::from("3"), Target::Number(3));
/// assert_eq!(Target::from(3), Target::Number(3));
/// assert_eq!(Target::from("add-users"), Target::Name("add-users".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Its number in the journal.
    Number(u32),
    /// Its name, or that of its file with or without the extension.
    Name(String),
}

impl Target {
    /// Finds the migration and says where in the journal it is.
    pub(crate) fn find<'j>(&self, journal: &'j Journal) -> Result<(usize, &'j Entry), HistoryError> {
        let is_meant = |entry: &Entry| match self {
            Self::Number(number) => entry.idx == *number,
            Self::Name(name) => {
                let file = entry.file_name();
                entry.name == *name
                    || file == *name
                    || file.rsplit_once('.').is_some_and(|(stem, _)| stem == name)
            }
        };
        let wanted = || match self {
            Self::Number(number) => number.to_string(),
            Self::Name(name) => name.clone(),
        };
        let found = journal.entries.iter().enumerate().find(|(_, entry)| is_meant(entry));
        found.ok_or_else(|| HistoryError::NoSuchMigration { wanted: wanted() })
    }
}

impl From<u32> for Target {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Target {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Number)
    }
}

impl From<String> for Target {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}
