//! What the file of a migration is written in, and what a new one holds.
//!
//! A migration that is not SQL is a *program*: it has no list of statements that
//! could be looked at, and its way back stands in the same file.

mod template;

pub(super) use template::renumbered;
pub use template::{closure_version, is_template, template};

use std::fmt;

/// What the file of a migration is written in.
///
/// ```
/// use whimbrel_core::history::Format;
/// assert_eq!(Format::of_extension("ts"), Some(Format::Ts));
/// assert_eq!(Format::Ts.extension(), "ts");
/// assert_eq!(Format::named("js"), Some(Format::Js));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Format {
    /// Statements; the way back is a file of its own.
    #[default]
    Sql,
    /// A module in TypeScript.
    Ts,
    /// A module in JavaScript.
    Js,
    /// A closure of the program that embeds whimbrel. The file only says which
    /// version of it the history means.
    Rust,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sql, Self::Ts, Self::Js, Self::Rust];

    /// How journals and commands name it.
    ///
    /// ```
    /// use whimbrel_core::history::Format;
    /// assert_eq!(Format::ALL.map(Format::name), ["sql", "ts", "js", "rust"]);
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Ts => "ts",
            Self::Js => "js",
            Self::Rust => "rust",
        }
    }

    /// The format that journals and commands call so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// What the names of its files end in, after the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Ts => "ts",
            Self::Js => "js",
            Self::Rust => "rs",
        }
    }

    /// The format whose files have this extension.
    pub fn of_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }

    /// Says whether it is a program, and no list of statements.
    ///
    /// ```
    /// use whimbrel_core::history::Format;
    /// assert!(Format::Ts.is_program() && !Format::Sql.is_program());
    /// ```
    pub fn is_program(self) -> bool {
        match self {
            Self::Sql => false,
            Self::Ts | Self::Js | Self::Rust => true,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
