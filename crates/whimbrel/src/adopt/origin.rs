//! Whose history is adopted.

use std::fmt;

use whimbrel_core::history::{Texts, Tool, is_own_journal};
use whimbrel_core::lockfile::{FileName, LOCK_FILE};

use crate::history::{JOURNAL, Layout};

/// Whose history is adopted.
///
/// ```
/// use whimbrel::core::history::Tool;
/// use whimbrel::{Layout, Origin};
/// assert_eq!(Origin::from(Tool::Sqlx).to_string(), "sqlx");
/// assert_eq!(Origin::from(Layout::LockFile).to_string(), "the lock file");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// That of another tool.
    Tool(Tool),
    /// That of a project in one of the two layouts: Kontract's, or whimbrel's own.
    Layout(Layout),
}

impl Origin {
    /// Says whose folder it is, by what is in it.
    pub(crate) fn of_folder(texts: &Texts) -> Option<Self> {
        let is_script = |path: &String| FileName::read(path).is_some_and(|file| file.format.is_program());
        let is_ours = texts.get(JOURNAL).is_some_and(|text| is_own_journal(text));
        if texts.contains_key(LOCK_FILE) {
            Some(Self::Layout(Layout::LockFile))
        } else if is_ours {
            Some(Self::Layout(Layout::Journal))
        } else if let Some(tool) = Tool::of_folder(texts) {
            Some(Self::Tool(tool))
        } else {
            // Kontract writes no lock file before the first migration is applied.
            texts.keys().any(is_script).then_some(Self::Layout(Layout::LockFile))
        }
    }
}

impl From<Tool> for Origin {
    fn from(tool: Tool) -> Self {
        Self::Tool(tool)
    }
}

impl From<Layout> for Origin {
    fn from(layout: Layout) -> Self {
        Self::Layout(layout)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tool(tool) => tool.name(),
            Self::Layout(Layout::Journal) => "the journal",
            Self::Layout(Layout::LockFile) => "the lock file",
        })
    }
}
