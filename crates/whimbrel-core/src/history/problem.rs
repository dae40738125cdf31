//! What keeps migrations from being applied, or taken back.

use super::{Detail, Entry, Journal, Standing, State};

/// One thing that must be put right first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum HistoryProblem {
    /// The file of a migration was edited after the migration was applied.
    #[error(
        "migration `{name}` was edited after it was applied: `{file}` has checksum {found}, not {expected}"
    )]
    #[diagnostic(
        code(whimbrel::history::edited),
        help("restore the file, or record the edit with `whimbrel migrate verify --accept {name}`")
    )]
    EditedApplied {
        /// The migration.
        name: String,
        /// Its file.
        file: String,
        /// The checksum of the file.
        found: String,
        /// The checksum in the journal.
        expected: String,
    },
    /// The file of a pending migration is not what the journal says.
    #[error("`{file}` was edited: it has checksum {found}, and the journal says {expected}")]
    #[diagnostic(
        code(whimbrel::history::edited_pending),
        help(
            "restore the file, or have the edit proved and recorded with `whimbrel migrate verify --accept {name}`"
        )
    )]
    EditedPending {
        /// The migration.
        name: String,
        /// Its file.
        file: String,
        /// The checksum of the file.
        found: String,
        /// The checksum in the journal.
        expected: String,
    },
    /// The file of a migration is not there.
    #[error("`{file}` of migration `{name}` is missing")]
    #[diagnostic(
        code(whimbrel::history::missing),
        help("restore the file from version control, and make sure that it is deployed")
    )]
    Missing {
        /// The migration.
        name: String,
        /// Its file.
        file: String,
    },
    /// The database applied another migration of this name.
    #[error("the database applied `{name}` with checksum {recorded}, and the journal says {expected}")]
    #[diagnostic(
        code(whimbrel::history::applied_other),
        help(
            "if another branch was deployed, deploy that one; if the file was edited since, restore the journal and the \
             file from version control"
        )
    )]
    AppliedOther {
        /// The migration.
        name: String,
        /// The checksum in the tracking table, as stored.
        recorded: String,
        /// The checksum in the journal.
        expected: String,
    },
    /// The database applied a migration that the journal does not know.
    #[error("the database has applied `{name}` (at {applied_at}), which the journal does not know")]
    #[diagnostic(
        code(whimbrel::history::unknown),
        help("deploy the migrations that know it: a newer version, or the branch that it comes from")
    )]
    Unknown {
        /// The migration.
        name: String,
        /// When it was applied, as the database writes it.
        applied_at: String,
    },
    /// A pending migration comes before an applied one.
    #[error("migration `{name}` is pending, but `{applied}`, which comes after it, is applied")]
    #[diagnostic(
        code(whimbrel::history::out_of_order),
        help("run `whimbrel migrate rebase`: it puts the pending migrations after the applied ones")
    )]
    OutOfOrder {
        /// The migration.
        name: String,
        /// The last one that is applied.
        applied: String,
    },
    /// Only a part of what a squashed migration replaces is applied.
    #[error(
        "migration `{name}` replaces {}, of which the database has applied {} but not {}",
        list(applied.iter().chain(missing)), list(applied), list(missing)
    )]
    #[diagnostic(
        code(whimbrel::history::half_applied),
        help("apply the missing ones from the version before the squash, then this one")
    )]
    HalfApplied {
        /// The migration.
        name: String,
        /// What is applied of what it replaces.
        applied: Vec<String>,
        /// What is not.
        missing: Vec<String>,
    },
    /// A migration was begun, and its file is another now.
    #[error(
        "migration `{name}` was begun ({done} of its statements are done), and its file was edited since"
    )]
    #[diagnostic(
        code(whimbrel::history::begun_other),
        help("restore the file with which it was begun, and apply again")
    )]
    BegunOther {
        /// The migration.
        name: String,
        /// How many of its statements are known to be done.
        done: usize,
    },
    /// A migration was begun that the journal does not know.
    #[error(
        "the database has begun `{name}` ({done} of its statements are done), which the journal does not know"
    )]
    #[diagnostic(
        code(whimbrel::history::begun_unknown),
        help("deploy the migrations that know it, and apply them")
    )]
    BegunUnknown {
        /// The migration.
        name: String,
        /// How many of its statements are known to be done.
        done: usize,
    },
    /// The down file of a migration is not what the journal says.
    #[error("`{file}` was edited: it has checksum {found}, and the journal says {expected}")]
    #[diagnostic(
        code(whimbrel::history::edited_down),
        help(
            "restore the file, or have the edit proved and recorded with `whimbrel migrate verify --accept {name}`"
        )
    )]
    EditedDown {
        /// The migration.
        name: String,
        /// Its down file.
        file: String,
        /// The checksum of the file.
        found: String,
        /// The checksum in the journal.
        expected: String,
    },
    /// The down file of a migration is not there.
    #[error("`{file}`, the way back of migration `{name}`, is missing")]
    #[diagnostic(code(whimbrel::history::missing_down), help("restore the file from version control"))]
    MissingDown {
        /// The migration.
        name: String,
        /// Its down file.
        file: String,
    },
}

/// Everything that keeps pending migrations from being applied.
pub fn problems(journal: &Journal, standings: &[Standing]) -> Vec<HistoryProblem> {
    standings.iter().flat_map(|standing| of(journal, standing, false)).collect()
}

/// Everything that keeps the migrations called `names` from being taken back.
pub fn down_problems(journal: &Journal, standings: &[Standing], names: &[&str]) -> Vec<HistoryProblem> {
    let wanted = standings.iter().filter(|standing| names.contains(&standing.name.as_str()));
    wanted.flat_map(|standing| of(journal, standing, true)).collect()
}

/// The problems of one migration; those of its down file only on the way back,
/// those of its up file only on the way there.
fn of(journal: &Journal, standing: &Standing, way_back: bool) -> Vec<HistoryProblem> {
    let Some(entry) = journal.entry(&standing.name) else { return vec![unknown(standing)] };
    let problems = standing.details.iter().filter_map(|detail| problem(entry, standing, detail));
    problems.filter(|problem| concerns(problem, way_back)).collect()
}

fn unknown(standing: &Standing) -> HistoryProblem {
    let name = standing.name.clone();
    match (&standing.applied_at, standing.details.as_slice()) {
        (None, [Detail::Begun { done, .. }]) => HistoryProblem::BegunUnknown { name, done: *done },
        (applied_at, _) => {
            HistoryProblem::Unknown { name, applied_at: applied_at.clone().unwrap_or_default() }
        }
    }
}

fn problem(entry: &Entry, standing: &Standing, detail: &Detail) -> Option<HistoryProblem> {
    let name = entry.name.clone();
    let was_applied = standing.applied_at.is_some();
    Some(match detail {
        Detail::FileEdited { found, expected } => {
            let (file, found, expected) = (entry.path(), found.to_string(), expected.to_string());
            match was_applied {
                true => HistoryProblem::EditedApplied { name, file, found, expected },
                false => HistoryProblem::EditedPending { name, file, found, expected },
            }
        }
        Detail::FileMissing => HistoryProblem::Missing { name, file: entry.path() },
        Detail::DownEdited { found, expected } => {
            let (file, found, expected) = (entry.down_path(), found.to_string(), expected.to_string());
            HistoryProblem::EditedDown { name, file, found, expected }
        }
        Detail::DownMissing => HistoryProblem::MissingDown { name, file: entry.down_path() },
        Detail::AppliedOther { name, recorded, expected } => HistoryProblem::AppliedOther {
            name: name.clone(),
            recorded: recorded.clone(),
            expected: expected.to_string(),
        },
        Detail::Before { applied } => HistoryProblem::OutOfOrder { name, applied: applied.clone() },
        Detail::HalfApplied { applied, missing } => {
            HistoryProblem::HalfApplied { name, applied: applied.clone(), missing: missing.clone() }
        }
        Detail::Begun { done, same_file: false } if standing.state == State::Failed => {
            HistoryProblem::BegunOther { name, done: *done }
        }
        Detail::Begun { .. } | Detail::Swap { .. } => return None,
    })
}

fn concerns(problem: &HistoryProblem, way_back: bool) -> bool {
    match problem {
        HistoryProblem::EditedDown { .. } | HistoryProblem::MissingDown { .. } => way_back,
        HistoryProblem::EditedApplied { .. }
        | HistoryProblem::EditedPending { .. }
        | HistoryProblem::Missing { .. }
        | HistoryProblem::OutOfOrder { .. }
        | HistoryProblem::HalfApplied { .. } => !way_back,
        HistoryProblem::AppliedOther { .. }
        | HistoryProblem::Unknown { .. }
        | HistoryProblem::BegunOther { .. }
        | HistoryProblem::BegunUnknown { .. } => true,
    }
}

fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
