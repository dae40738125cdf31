//! What is wrong with models: a message, what to do about it, and where.

use std::fmt;

use crate::at::At;

/// One mistake in a model.
///
/// Whoever looks for mistakes returns all of them, not the first.
///
/// ```
/// use whimbrel_model::{At, Problem};
/// let problem = Problem::new(At::from((3, 8)), "`User` has no primary key", "mark a field");
/// let problem = problem.in_file("src/models.rs");
/// assert_eq!(problem.to_string(), "src/models.rs:3:8: `User` has no primary key");
/// assert_eq!(problem.help, "mark a field");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The source file, empty where it is not known.
    pub file: String,
    /// Where in it.
    pub at: At,
    /// What is wrong.
    pub message: String,
    /// What to do next.
    pub help: String,
}

impl Problem {
    /// A problem at a place whose file the caller knows.
    pub fn new(at: At, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { file: String::new(), at, message: message.into(), help: help.into() }
    }

    /// The same problem in a file.
    pub fn in_file(mut self, file: &str) -> Self {
        if self.file.is_empty() {
            file.clone_into(&mut self.file);
        }
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.is_empty(), self.at.line) {
            (true, _) => f.write_str(&self.message),
            (false, 0) => write!(f, "{}: {}", self.file, self.message),
            (false, line) => write!(f, "{}:{line}:{}: {}", self.file, self.at.column, self.message),
        }
    }
}
