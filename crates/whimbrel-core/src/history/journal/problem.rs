//! What can be wrong with a journal.

use std::fmt;

use crate::history::NameProblem;

/// Why a journal could not be read.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel_core::history::{Journal, JournalError};
///
/// let text = "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> theirs\n";
/// let error = Journal::from_json("meta/_journal.json", text).unwrap_err();
/// assert!(matches!(error, JournalError::Conflict { .. }));
/// assert!(error.help().unwrap().to_string().contains("`whimbrel migrate rebase`"));
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum JournalError {
    /// The text is not JSON.
    #[error("`{file}` is not JSON: {source}")]
    #[diagnostic(
        code(whimbrel::journal::malformed),
        help("restore the file from version control; whimbrel writes it, and nobody else needs to")
    )]
    NotJson {
        /// The file.
        file: String,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A merge left its conflict markers.
    #[error("`{file}` holds the conflict markers of a merge (line {line})")]
    #[diagnostic(
        code(whimbrel::journal::conflict),
        help("run `whimbrel migrate rebase`: it puts your migrations after theirs")
    )]
    Conflict {
        /// The file.
        file: String,
        /// The line of the first marker, from 1.
        line: usize,
    },
    /// Conflict markers that do not belong together.
    #[error("the conflict markers in `{file}` do not match (line {line})")]
    #[diagnostic(
        code(whimbrel::journal::markers),
        help(
            "take the file of either side (`git checkout --ours` or `--theirs`), and run `whimbrel migrate rebase`"
        )
    )]
    Markers {
        /// The file.
        file: String,
        /// The line of the marker that does not match, from 1.
        line: usize,
    },
    /// Another version of the format.
    #[error("`{file}` has version {found}, and this whimbrel reads version \"1\"")]
    #[diagnostic(code(whimbrel::journal::version), help("use the whimbrel that wrote it, or a later one"))]
    Version {
        /// The file.
        file: String,
        /// The version in the file, as JSON.
        found: String,
    },
    /// Something else is wrong.
    #[error("`{file}`: {problem}")]
    #[diagnostic(code(whimbrel::journal::invalid), help("{}", problem.kind.help()))]
    Invalid {
        /// The file.
        file: String,
        /// What is wrong.
        problem: JournalProblem,
    },
    /// Several things are wrong.
    #[error("{} things are wrong with `{file}`", problems.len())]
    #[diagnostic(code(whimbrel::journal::invalid))]
    Several {
        /// The file.
        file: String,
        /// Each of them.
        #[related]
        problems: Vec<JournalProblem>,
    },
}

/// One thing that is wrong with a journal.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel_core::history::{EntryPlace, Journal, JournalError, JournalProblemKind};
///
/// let text = r#"{"version":"1","dialect":"oracle","entries":[]}"#;
/// let error = Journal::from_json("meta/_journal.json", text).unwrap_err();
/// assert_eq!(error.to_string(), "`meta/_journal.json`: the dialect `oracle` is unknown");
/// let JournalError::Invalid { problem, .. } = error else { panic!("one thing is wrong") };
/// assert_eq!(problem.kind, JournalProblemKind::Dialect { found: "oracle".into() });
/// assert_eq!(problem.kind.help(), "this whimbrel speaks `sqlite` and `postgresql`");
/// assert_eq!(problem.entry, None::<EntryPlace>);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalProblem {
    /// The entry it is in; `None` for the journal itself.
    pub entry: Option<EntryPlace>,
    /// What it is.
    pub kind: JournalProblemKind,
}

/// An entry of a journal, as people find it.
///
/// ```
/// use whimbrel_core::history::EntryPlace;
///
/// assert_eq!(EntryPlace { number: 2, name: Some("users".into()) }.to_string(), "entry 2 (`users`)");
/// assert_eq!(EntryPlace { number: 3, name: None }.to_string(), "entry 3");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPlace {
    /// Where it stands in the list, from 1.
    pub number: usize,
    /// Its name, if that could be read.
    pub name: Option<String>,
}

/// The kinds of [`JournalProblem`].
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, Journal, JournalError};
///
/// let mut journal = Journal::new(Dialect::Sqlite);
/// for (idx, name) in [(1, "users"), (0, "posts"), (2, "users")] {
///     journal.entries.push(Entry::new(idx, name, 0, Checksum::of_file("")));
/// }
/// let error = Journal::from_json("meta/_journal.json", &journal.to_json()).unwrap_err();
/// let JournalError::Several { problems, .. } = error else { panic!("several things are wrong") };
/// let messages: Vec<_> = problems.iter().map(ToString::to_string).collect();
/// assert_eq!(
///     messages,
///     [
///         "entry 2 (`posts`): its number 0 comes after 1",
///         "entry 3 (`users`): entry 1 has the same name",
///     ]
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalProblemKind {
    /// A field is not there.
    Missing {
        /// The field.
        field: String,
    },
    /// A field that nobody knows.
    Unknown {
        /// The field.
        field: String,
    },
    /// A field holds something else.
    IllTyped {
        /// The field, empty for the thing itself.
        field: String,
        /// What should stand there.
        expected: &'static str,
        /// What does, as JSON.
        found: String,
    },
    /// The engine is none that whimbrel speaks.
    Dialect {
        /// What stands there.
        found: String,
    },
    /// The name cannot be one.
    Name(NameProblem),
    /// Another entry has the same name.
    SameName {
        /// Where the other stands in the list, from 1.
        other: usize,
    },
    /// Another entry has the same number.
    SameIndex {
        /// The number.
        idx: u32,
        /// Where the other stands in the list, from 1.
        other: usize,
    },
    /// The number is smaller than the one before it.
    Order {
        /// The number.
        idx: u32,
        /// The one before it.
        before: u32,
    },
    /// A migration stands in the list, and another replaces it.
    Replaced {
        /// The one that replaces it.
        by: String,
    },
}

/// Numbers that a journal leaves out.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, Gap, Journal};
///
/// let mut journal = Journal::new(Dialect::Sqlite);
/// for idx in [0, 3] {
///     journal.entries.push(Entry::new(idx, format!("number-{idx}"), 0, Checksum::of_file("")));
/// }
/// assert_eq!(journal.gaps(), [Gap { from: 1, to: 2 }]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first of them.
    pub from: u32,
    /// The last of them.
    pub to: u32,
}

impl JournalProblemKind {
    /// What to do about it.
    ///
    /// ```
    /// use whimbrel_core::history::JournalProblemKind;
    ///
    /// let kind = JournalProblemKind::Replaced { by: "initial".into() };
    /// assert_eq!(kind.to_string(), "`initial` replaces it");
    /// assert_eq!(kind.help(), "take out the entry that was replaced, or undo the squash");
    /// ```
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing { .. } | Self::IllTyped { .. } => "restore the file from version control",
            Self::Unknown { .. } => "a later whimbrel may have written it: use that one",
            Self::Dialect { .. } => "this whimbrel speaks `sqlite` and `postgresql`",
            Self::Name(_) => "rename the migration: its `name` here, and its files",
            Self::SameName { .. } => {
                "a migration is its name: rename the one that no database has applied, its `name` here and its files"
            }
            Self::SameIndex { .. } | Self::Order { .. } => {
                "if both sides of a merge added migrations, take the file as it was before it, and run \
                 `whimbrel migrate rebase`"
            }
            Self::Replaced { .. } => "take out the entry that was replaced, or undo the squash",
        }
    }
}

impl fmt::Display for JournalProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { field } => write!(f, "the field `{field}` is missing"),
            Self::Unknown { field } => write!(f, "the field `{field}` is unknown"),
            Self::IllTyped { field, expected, found } if field.is_empty() => {
                write!(f, "it should be {expected}, but is {found}")
            }
            Self::IllTyped { field, expected, found } => {
                write!(f, "the field `{field}` should be {expected}, but is {found}")
            }
            Self::Dialect { found } => write!(f, "the dialect `{found}` is unknown"),
            Self::Name(problem) => write!(f, "its name {problem}"),
            Self::SameName { other } => write!(f, "entry {other} has the same name"),
            Self::SameIndex { idx, other } => write!(f, "entry {other} has the number {idx} too"),
            Self::Order { idx, before } => write!(f, "its number {idx} comes after {before}"),
            Self::Replaced { by } => write!(f, "`{by}` replaces it"),
        }
    }
}

impl fmt::Display for JournalProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.entry {
            Some(entry) => write!(f, "{entry}: {}", self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl std::error::Error for JournalProblem {}

impl miette::Diagnostic for JournalProblem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.kind.help()))
    }
}

impl fmt::Display for EntryPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "entry {} (`{}`)", self.number, name.escape_debug()),
            None => write!(f, "entry {}", self.number),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self { from, to } if from == to => write!(f, "no migration has the number {from}"),
            Self { from, to } => write!(f, "no migration has the numbers {from} to {to}"),
        }
    }
}
