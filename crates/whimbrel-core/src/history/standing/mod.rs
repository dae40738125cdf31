//! Where each migration stands: the journal, the files and the rows of a
//! tracking table, side by side.
//!
//! Status, apply, down and check all look through this one comparison. What
//! keeps a database from being migrated is told by
//! [`problems`](super::problems).

use std::collections::{HashMap, HashSet};

use super::replacement::{Replacement, replacement};
use super::{AppliedMigration, Checksum, Entry, Journal, Progress, legacy_matches};

/// What was found on disk for an entry of the journal.
///
/// ```
/// use whimbrel_core::history::{Checksum, Entry, FileState};
/// let entry = Entry::new(0, "users", 0, Checksum::of_file("SELECT 1;\n"));
/// let state = FileState::of(&entry, Some("SELECT 1;\n"), None);
/// assert_eq!((state.up, state.down), (Some(entry.checksum), None));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileState {
    /// The checksum of the up file, if it is there.
    pub up: Option<Checksum>,
    /// The checksum of the down file, if it is there.
    pub down: Option<Checksum>,
    /// Whether the up file is the one of which VibORM took the entry's checksum.
    pub up_matches_legacy: bool,
}

impl FileState {
    /// Looks at the files of an entry.
    pub fn of(entry: &Entry, up: Option<&str>, down: Option<&str>) -> Self {
        let checksum = up.map(Checksum::of_file);
        let differs = checksum.as_ref().is_some_and(|checksum| *checksum != entry.checksum);
        Self {
            up_matches_legacy: differs && up.is_some_and(|up| legacy_matches(entry, up, down)),
            up: checksum,
            down: down.map(Checksum::of_file),
        }
    }

    fn is_edited(&self, entry: &Entry) -> bool {
        !self.up_matches_legacy && self.up.as_ref().is_some_and(|up| *up != entry.checksum)
    }
}

/// The state of a migration.
///
/// ```
/// use whimbrel_core::history::State;
/// assert_eq!(State::OutOfOrder.name(), "out of order");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// The database has not applied it yet.
    Pending,
    /// The database has applied it.
    Applied,
    /// It was begun, statement by statement, and is not finished.
    Failed,
    /// Its file is not there.
    Missing,
    /// Its file, or what the database applied, is not what the journal says.
    Edited,
    /// It is pending, but a later one is applied.
    OutOfOrder,
    /// The database has applied it, but the journal does not know it.
    Unknown,
}

impl State {
    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Missing => "missing",
            Self::Edited => "edited",
            Self::OutOfOrder => "out of order",
            Self::Unknown => "unknown",
        }
    }
}

/// What is to be said of a migration besides its state.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Detail, Entry, FileState, Journal, Progress, State, standings};
///
/// let entry = Entry::new(0, "users", 0, Checksum::of_file("SELECT 1;\n"));
/// let journal = Journal { dialect: Dialect::Sqlite, entries: vec![entry.clone()] };
/// let begun = Progress {
///     name: "users".into(),
///     checksum: entry.checksum.to_string(),
///     done: 2,
///     is_open: false,
///     started_at: "2026-01-31 10:00:00".into(),
/// };
/// let files = [FileState::of(&entry, Some("SELECT 1;\n"), None)];
/// let standing = &standings(&journal, &files, &[], &[begun])[0];
/// assert_eq!(standing.state, State::Failed);
/// assert_eq!(standing.details, [Detail::Begun { done: 2, same_file: true }]);
/// assert_eq!(standing.to_string(), "0000_users: failed; statements done: 2; `apply` goes on");
///
/// let missing = &standings(&journal, &[], &[], &[])[0];
/// assert_eq!((missing.state, missing.details.as_slice()), (State::Missing, &[Detail::FileMissing][..]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// The up file is not what the journal says.
    FileEdited {
        /// The checksum of the file.
        found: Checksum,
        /// The checksum in the journal.
        expected: Checksum,
    },
    /// The up file is not there.
    FileMissing,
    /// The down file is not what the journal says.
    DownEdited {
        /// The checksum of the file.
        found: Checksum,
        /// The checksum in the journal.
        expected: Checksum,
    },
    /// The down file is not there, and once was.
    DownMissing,
    /// The database applied it, or what it replaces, with another checksum.
    AppliedOther {
        /// The name in the tracking table.
        name: String,
        /// The checksum in the tracking table, as stored.
        recorded: String,
        /// The checksum in the journal.
        expected: Checksum,
    },
    /// A later migration is applied.
    Before {
        /// The name of the last one that is.
        applied: String,
    },
    /// It replaces migrations that are all applied: the next apply puts its
    /// record in the place of theirs.
    Swap {
        /// The names of the rows that go, oldest first.
        rows: Vec<String>,
    },
    /// It replaces migrations of which some are applied.
    HalfApplied {
        /// Those that are.
        applied: Vec<String>,
        /// Those that are not.
        missing: Vec<String>,
    },
    /// It was begun.
    Begun {
        /// How many of its statements are known to be done.
        done: usize,
        /// Whether the file is still the one that was begun.
        same_file: bool,
    },
    /// It is applied, and its way back was begun.
    TakenBackInPart {
        /// How many of the statements of its way back are known to be done.
        done: usize,
    },
}

/// Where one migration stands.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, FileState, Journal, State, standings};
///
/// let mut journal = Journal::new(Dialect::Sqlite);
/// let entry = Entry::new(0, "users", 0, Checksum::of_file("SELECT 1;\n"));
/// let files = [FileState::of(&entry, Some("SELECT 1;\n"), None)];
/// journal.entries.push(entry);
/// let standing = &standings(&journal, &files, &[], &[])[0];
/// assert_eq!((standing.name.as_str(), standing.state), ("users", State::Pending));
/// assert!(standing.details.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its name.
    pub name: String,
    /// Its number; `None` if the journal does not know it.
    pub idx: Option<u32>,
    /// Its state.
    pub state: State,
    /// When it was applied, as the database writes it.
    pub applied_at: Option<String>,
    /// What else is to be said.
    pub details: Vec<Detail>,
}

impl Standing {
    /// Says whether a part of what the migration does was done, and it is not applied.
    ///
    /// ```
    /// use whimbrel_core::history::{Detail, Standing, State};
    ///
    /// let details = vec![Detail::Begun { done: 1, same_file: true }];
    /// let (name, idx, state) = ("users".into(), Some(0), State::Failed);
    /// let standing = Standing { name, idx, state, applied_at: None, details };
    /// assert!(standing.has_run_in_part());
    /// ```
    pub fn has_run_in_part(&self) -> bool {
        let is_part = |detail: &Detail| match detail {
            Detail::HalfApplied { .. } => true,
            Detail::Begun { .. } => self.applied_at.is_none(),
            Detail::FileEdited { .. }
            | Detail::FileMissing
            | Detail::DownEdited { .. }
            | Detail::DownMissing
            | Detail::AppliedOther { .. }
            | Detail::Before { .. }
            | Detail::Swap { .. }
            | Detail::TakenBackInPart { .. } => false,
        };
        self.details.iter().any(is_part)
    }
}

/// The rows of a tracking table by their names. All of a long history is looked up
/// there on every start of a service; nothing is ever listed out of it.
pub(super) type Rows<'a> = HashMap<&'a str, &'a AppliedMigration>;

/// Says where each migration stands: those of the journal in its order, then
/// those that only the database knows.
///
/// `files` has what was found on disk of each entry, in the order of the journal;
/// those beyond its end have no files.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{AppliedMigration, Checksum, Entry, FileState, Journal, standings};
///
/// let text = "SELECT 1;\n";
/// let entries = ["users", "posts", "tags"].map(|name| Entry::new(0, name, 0, Checksum::of_file(text)));
/// let files = entries.each_ref().map(|entry| FileState::of(entry, Some(text), None));
/// let journal = Journal { dialect: Dialect::Sqlite, entries: entries.into() };
/// let applied = ["users", "tags", "logs"].map(|name| AppliedMigration {
///     id: 0,
///     name: name.into(),
///     checksum: Checksum::of_file(text).to_string(),
///     applied_at: "2026-01-31 10:20:30".into(),
/// });
/// let states: Vec<_> = standings(&journal, &files, &applied, &[])
///     .into_iter()
///     .map(|standing| format!("{} {}", standing.name, standing.state))
///     .collect();
/// assert_eq!(states, ["users applied", "posts out of order", "tags applied", "logs unknown"]);
/// ```
pub fn standings(
    journal: &Journal,
    files: &[FileState],
    applied: &[AppliedMigration],
    progress: &[Progress],
) -> Vec<Standing> {
    let rows: Rows<'_> = applied.iter().map(|row| (row.name.as_str(), row)).collect();
    let last_applied = journal.entries.iter().rposition(|entry| {
        rows.contains_key(entry.name.as_str())
            || matches!(replacement(entry, &rows), Replacement::Whole { .. })
    });
    let none = FileState::default();
    let known = journal.entries.iter().enumerate().map(|(at, entry)| {
        let files = files.get(at).unwrap_or(&none);
        let later = last_applied.filter(|last| at < *last).map(|last| journal.entries[last].name.as_str());
        let progress = progress.iter().find(|progress| progress.name == entry.name);
        Look { entry, files, rows: &rows, later, progress }.standing()
    });
    known.chain(unknown(journal, applied)).chain(begun(journal, progress)).collect()
}

/// Says whether the database has applied, in their order, exactly the migrations of
/// the journal, and every file is what the journal says.
///
/// Then all [`standings`] are applied ones of which nothing else is to be said, and
/// need not be asked for: most starts of a service find no more than that. Of what
/// it does not see at once, this says no.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{AppliedMigration, Checksum, Entry, FileState, Journal, is_settled};
///
/// let entry = Entry::new(0, "users", 0, Checksum::of_file("SELECT 1;\n"));
/// let files = [FileState::of(&entry, Some("SELECT 1;\n"), None)];
/// let row = AppliedMigration {
///     id: 1,
///     name: "users".into(),
///     checksum: entry.checksum.to_string(),
///     applied_at: "2026-01-31 10:20:30".into(),
/// };
/// let journal = Journal { dialect: Dialect::Sqlite, entries: vec![entry] };
/// assert!(is_settled(&journal, &files, &[row], &[]));
/// assert!(!is_settled(&journal, &files, &[], &[]), "it is pending");
/// ```
pub fn is_settled(
    journal: &Journal,
    files: &[FileState],
    applied: &[AppliedMigration],
    progress: &[Progress],
) -> bool {
    let count = journal.entries.len();
    let fits = |((entry, files), row): ((&Entry, &FileState), &AppliedMigration)| {
        row.name == entry.name
            && entry.checksum.is(&row.checksum)
            && files.up.as_ref() == Some(&entry.checksum)
            && files.down == entry.down_checksum
    };
    progress.is_empty()
        && (files.len(), applied.len()) == (count, count)
        && journal.entries.iter().zip(files).zip(applied).all(fits)
}

/// The rows of which the journal knows nothing, not even that they were replaced.
fn unknown<'a>(journal: &'a Journal, applied: &'a [AppliedMigration]) -> impl Iterator<Item = Standing> {
    let names = journal.entries.iter().flat_map(|entry| {
        let replaced = entry.replaces.iter().map(|one| one.name.as_str());
        replaced.chain([entry.name.as_str()])
    });
    let names: HashSet<&str> = names.collect();
    applied.iter().filter(move |row| !names.contains(row.name.as_str())).map(|row| Standing {
        name: row.name.clone(),
        idx: None,
        state: State::Unknown,
        applied_at: Some(row.applied_at.clone()),
        details: Vec::new(),
    })
}

/// Migrations of which the journal knows nothing, and which were begun.
fn begun(journal: &Journal, progress: &[Progress]) -> impl Iterator<Item = Standing> {
    progress.iter().filter(|progress| journal.entry(&progress.name).is_none()).map(|progress| Standing {
        name: progress.name.clone(),
        idx: None,
        state: State::Failed,
        applied_at: None,
        details: vec![Detail::Begun { done: progress.done, same_file: false }],
    })
}

/// All that is known of one entry.
struct Look<'a> {
    entry: &'a Entry,
    files: &'a FileState,
    rows: &'a Rows<'a>,
    /// The last migration that is applied, if it is a later one.
    later: Option<&'a str>,
    progress: Option<&'a Progress>,
}

impl Look<'_> {
    fn standing(&self) -> Standing {
        let mut details = self.of_files();
        let (state, applied_at) = match self.rows.get(self.entry.name.as_str()) {
            Some(row) => {
                let state = self.of_row(row, &mut details);
                (self.with_progress(state, &mut details), Some(row.applied_at.clone()))
            }
            None => self.without_row(&mut details),
        };
        let (name, idx) = (self.entry.name.clone(), Some(self.entry.idx));
        Standing { name, idx, state: self.overruled(state, &details), applied_at, details }
    }

    fn of_files(&self) -> Vec<Detail> {
        let entry = self.entry;
        let up = match &self.files.up {
            None => Some(Detail::FileMissing),
            Some(found) if self.files.is_edited(entry) => {
                Some(Detail::FileEdited { found: found.clone(), expected: entry.checksum.clone() })
            }
            Some(_) => None,
        };
        let down = match (&self.files.down, &entry.down_checksum) {
            (None, Some(_)) => Some(Detail::DownMissing),
            (Some(found), Some(expected)) if found != expected => {
                Some(Detail::DownEdited { found: found.clone(), expected: expected.clone() })
            }
            (Some(_), Some(_)) | (_, None) => None,
        };
        up.into_iter().chain(down).collect()
    }

    fn of_row(&self, row: &AppliedMigration, details: &mut Vec<Detail>) -> State {
        // Nearly all rows are so: every start of a service compares them all.
        if self.entry.checksum.is(&row.checksum)
            || row.checksum.parse().is_ok_and(|checksum| self.entry.accepts(&checksum))
        {
            return State::Applied;
        }
        let (name, recorded, expected) =
            (row.name.clone(), row.checksum.clone(), self.entry.checksum.clone());
        details.push(Detail::AppliedOther { name, recorded, expected });
        State::Edited
    }

    /// Only a way back goes on step by step while the record is still there.
    fn with_progress(&self, state: State, details: &mut Vec<Detail>) -> State {
        let Some(progress) = self.progress else { return state };
        details.push(Detail::TakenBackInPart { done: progress.done });
        State::Failed
    }

    fn without_row(&self, details: &mut Vec<Detail>) -> (State, Option<String>) {
        match replacement(self.entry, self.rows) {
            Replacement::None => {}
            Replacement::Whole { rows } => {
                let applied_at = rows.last().and_then(|name| self.rows.get(name.as_str()));
                let applied_at = applied_at.map(|row| row.applied_at.clone());
                details.push(Detail::Swap { rows });
                return (self.of_replaced_rows(details), applied_at);
            }
            Replacement::Half { applied, missing } => {
                details.push(Detail::HalfApplied { applied, missing });
                return (State::Pending, None);
            }
        }
        if let Some(progress) = self.progress {
            let same_file = progress.checksum.parse().is_ok_and(|checksum| self.entry.accepts(&checksum));
            details.push(Detail::Begun { done: progress.done, same_file });
            return (State::Failed, None);
        }
        match self.later {
            Some(later) => {
                details.push(Detail::Before { applied: later.to_owned() });
                (State::OutOfOrder, None)
            }
            None => (State::Pending, None),
        }
    }

    /// The state of one that is applied by the rows of what it replaces.
    fn of_replaced_rows(&self, details: &mut Vec<Detail>) -> State {
        let rows =
            self.entry.replaces.iter().filter_map(|one| Some((one, self.rows.get(one.name.as_str())?)));
        let others = rows
            .filter(|(one, row)| !row.checksum.parse().is_ok_and(|checksum| one.accepts(&checksum)))
            .map(|(one, row)| Detail::AppliedOther {
                name: one.name.clone(),
                recorded: row.checksum.clone(),
                expected: one.checksum.clone(),
            });
        let before = details.len();
        details.extend(others);
        if details.len() == before { State::Applied } else { State::Edited }
    }

    /// What is wrong with the files weighs more than where it stands.
    fn overruled(&self, state: State, details: &[Detail]) -> State {
        let has = |wanted: fn(&Detail) -> bool| details.iter().any(wanted);
        if state == State::Failed {
            state
        } else if has(|detail| matches!(detail, Detail::FileMissing)) {
            State::Missing
        } else if has(|detail| matches!(detail, Detail::FileEdited { .. })) {
            State::Edited
        } else {
            state
        }
    }
}

#[cfg(test)]
mod tests;
