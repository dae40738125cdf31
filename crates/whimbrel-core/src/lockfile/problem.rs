//! What can be wrong with a lock file.

use std::fmt;

/// Why a lock file could not be read.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel_core::lockfile::{LockFile, LockFileError};
///
/// let text = "{\n<<<<<<< HEAD\n  \"version\": 1,\n=======\n  \"version\": 2,\n>>>>>>> theirs\n}\n";
/// let error = LockFile::from_json("kontract.lock.json", text).unwrap_err();
/// assert!(matches!(error, LockFileError::Conflict { line: 2, .. }));
/// assert!(error.help().unwrap().to_string().starts_with("run `whimbrel migrate rebase`"));
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LockFileError {
    /// The text is not JSON.
    #[error("`{file}` is not JSON: {source}")]
    #[diagnostic(code(whimbrel::lockfile::malformed), help("restore the file from version control"))]
    NotJson {
        /// The file.
        file: String,
        /// What is wrong, with line and column.
        source: serde_json::Error,
    },
    /// A merge left its conflict markers.
    #[error("`{file}` holds the conflict markers of a merge (line {line})")]
    #[diagnostic(
        code(whimbrel::lockfile::conflict),
        help("run `whimbrel migrate rebase`: it puts your migrations after theirs")
    )]
    Conflict {
        /// The file.
        file: String,
        /// The line of the first marker, from 1.
        line: usize,
    },
    /// Something else is wrong.
    #[error("`{file}`: {problem}")]
    #[diagnostic(code(whimbrel::lockfile::invalid), help("{}", problem.kind.help()))]
    Invalid {
        /// The file.
        file: String,
        /// What is wrong.
        problem: LockFileProblem,
    },
    /// Several things are wrong.
    #[error("{} things are wrong with `{file}`", problems.len())]
    #[diagnostic(code(whimbrel::lockfile::invalid))]
    Several {
        /// The file.
        file: String,
        /// Each of them.
        #[related]
        problems: Vec<LockFileProblem>,
    },
}

impl LockFileError {
    /// The error of a file with these problems; none, if there are none.
    ///
    /// ```
    /// use whimbrel_core::lockfile::{LockFile, LockFileError};
    ///
    /// let lock = LockFile { version: 3, ..LockFile::empty() };
    /// let error = LockFileError::of("kontract.lock.json", lock.contradictions()).unwrap();
    /// assert_eq!(error.to_string(), "`kontract.lock.json`: `version` is 3, and `migrations` is empty");
    /// assert!(LockFileError::of("kontract.lock.json", vec![]).is_none());
    /// ```
    pub fn of(file: &str, mut problems: Vec<LockFileProblem>) -> Option<Self> {
        let file = file.to_owned();
        match problems.len() {
            0 => None,
            1 => Some(Self::Invalid { file, problem: problems.remove(0) }),
            _ => Some(Self::Several { file, problems }),
        }
    }
}

/// One thing that is wrong with a lock file.
///
/// ```
/// use whimbrel_core::lockfile::{LockFileProblem, LockFileProblemKind};
///
/// let problem = LockFileProblem { path: "tables".into(), kind: LockFileProblemKind::Missing };
/// assert_eq!(problem.to_string(), "`tables` is missing");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockFileProblem {
    /// Where it is, such as `migrations[2].version`, empty for the whole file.
    pub path: String,
    /// What it is.
    pub kind: LockFileProblemKind,
}

/// The kinds of [`LockFileProblem`].
///
/// ```
/// use whimbrel_core::lockfile::{LockFile, LockFileError, LockFileProblemKind};
///
/// let error = LockFile::from_json("kontract.lock.json", "{}").unwrap_err();
/// let LockFileError::Several { problems, .. } = error else { panic!("{error}") };
/// assert_eq!(problems[0].kind, LockFileProblemKind::Missing);
/// assert!(!problems[0].kind.help().is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockFileProblemKind {
    /// It is not there.
    Missing,
    /// It is something else.
    IllTyped {
        /// What should stand there.
        expected: &'static str,
        /// What does, as JSON.
        found: String,
    },
    /// Another record has the same version.
    SameVersion {
        /// The version.
        version: u32,
        /// Where the other stands in the list, from 0.
        other: usize,
    },
    /// Another record has the same name.
    SameName {
        /// The name.
        name: String,
        /// Where the other stands in the list, from 0.
        other: usize,
    },
    /// The records do not count up one by one.
    NotNext {
        /// The version.
        version: u32,
        /// The one that should stand there.
        expected: u32,
    },
    /// The file's version is not that of its last record.
    NotLast {
        /// The version.
        version: u32,
        /// That of the last record, 0 if there is none.
        last: u32,
    },
}

impl LockFileProblemKind {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Missing | Self::IllTyped { .. } => "restore the file from version control",
            Self::SameVersion { .. }
            | Self::SameName { .. }
            | Self::NotNext { .. }
            | Self::NotLast { .. } => {
                "restore the file as it was before it was edited or merged by hand; \
                 if two branches added migrations, take theirs and run `whimbrel migrate rebase`"
            }
        }
    }
}

impl fmt::Display for LockFileProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("is missing"),
            Self::IllTyped { expected, found } => write!(f, "should be {expected}, but is {found}"),
            Self::SameVersion { version, other } => {
                write!(f, "is {version}, as `migrations[{other}].version` is too")
            }
            Self::SameName { name, other } => {
                write!(f, "is `{}`, as `migrations[{other}].name` is too", name.escape_debug())
            }
            Self::NotNext { version, expected } => {
                write!(f, "is {version}, and {expected} comes next")
            }
            Self::NotLast { version, last: 0 } => write!(f, "is {version}, and `migrations` is empty"),
            Self::NotLast { version, last } => {
                write!(f, "is {version}, and the last of `migrations` has {last}")
            }
        }
    }
}

impl fmt::Display for LockFileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => write!(f, "it {}", self.kind),
            path => write!(f, "`{path}` {}", self.kind),
        }
    }
}

impl std::error::Error for LockFileProblem {}

impl miette::Diagnostic for LockFileProblem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.kind.help()))
    }
}
