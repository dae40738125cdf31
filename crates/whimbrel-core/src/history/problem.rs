//! What keeps migrations from being applied, or taken back.

use std::collections::HashSet;

use super::{Detail, Entry, FileState, Journal, Standing, State, standings};

/// One thing that must be put right first.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel_core::history::HistoryProblem;
///
/// let problem = HistoryProblem::OutOfOrder { name: "add-bio".into(), applied: "add-age".into() };
/// assert_eq!(
///     problem.to_string(),
///     "migration `add-bio` is pending, but `add-age`, which comes after it, is applied"
/// );
/// assert_eq!(
///     problem.help().unwrap().to_string(),
///     "run `whimbrel migrate rebase`: it puts the pending migrations after the applied ones"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum HistoryProblem {
    /// The file of a migration was edited after the migration was applied.
    #[error(
        "migration `{name}` was edited after it was applied: `{file}` has checksum {found:.12}, not {expected:.12}"
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
    #[error("`{file}` was edited: it has checksum {found:.12}, and the journal says {expected:.12}")]
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
    #[error(
        "the database applied `{name}` with checksum {recorded:.12}, and the journal says {expected:.12}"
    )]
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
        help("apply what is missing with the version before the squash, then this one")
    )]
    HalfApplied {
        /// The migration.
        name: String,
        /// What is applied of what it replaces.
        applied: Vec<String>,
        /// What is not.
        missing: Vec<String>,
    },
    /// A migration is to be taken back on which one builds that was begun and
    /// has not ended.
    #[error("migration `{name}` was begun (statements done: {done}) and builds on what is to be taken back")]
    #[diagnostic(
        code(whimbrel::history::begun_after),
        help("finish it first with `whimbrel migrate apply`, then take it back as well")
    )]
    BegunAfter {
        /// The migration.
        name: String,
        /// How many of its statements are known to be done.
        done: usize,
    },
    /// The way back of a migration was begun and has not ended.
    #[error("the way back of migration `{name}` was begun (statements done: {done}) and has not ended")]
    #[diagnostic(
        code(whimbrel::history::taken_back_in_part),
        help("finish it with `whimbrel migrate down`, then apply again")
    )]
    TakenBackInPart {
        /// The migration.
        name: String,
        /// How many of the statements of its way back are known to be done.
        done: usize,
    },
    /// A file is called as one of a migration is, and the journal does not name it.
    #[error("`{file}` is there, and the journal does not know it: nothing applies it")]
    #[diagnostic(
        code(whimbrel::history::unlisted),
        help(
            "if a merge lost it, restore the journal as it was before and run `whimbrel migrate rebase`; if it is \
             new, move it away, run `whimbrel migrate create` and write it there"
        )
    )]
    Unlisted {
        /// The file.
        file: String,
    },
    /// A migration was begun, and its file is another now.
    #[error("migration `{name}` was begun (statements done: {done}), and its file was edited since")]
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
    #[error("the database has begun `{name}` (statements done: {done}), which the journal does not know")]
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
    #[error("`{file}` was edited: it has checksum {found:.12}, and the journal says {expected:.12}")]
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
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{AppliedMigration, Checksum, Entry, FileState, Journal, problems, standings};
///
/// let checksum = Checksum::of_file("SELECT 1;\n");
/// let entry = Entry::new(0, "users", 0, checksum.clone());
/// let edited = [FileState::of(&entry, Some("SELECT 2;\n"), None)];
/// let journal = Journal { dialect: Dialect::Sqlite, entries: vec![entry] };
/// let row = AppliedMigration {
///     id: 1,
///     name: "users".into(),
///     checksum: checksum.to_string(),
///     applied_at: "2026-01-31 10:20:30".into(),
/// };
/// let told = |rows: &[AppliedMigration]| {
///     let standings = standings(&journal, &edited, rows, &[]);
///     problems(&journal, &standings).iter().map(ToString::to_string).collect::<Vec<_>>()
/// };
/// assert_eq!(
///     told(&[]),
///     ["`0000_users.sql` was edited: it has checksum a41109d24069, and the journal says b4e0497804e4"]
/// );
/// assert_eq!(
///     told(&[row]),
///     ["migration `users` was edited after it was applied: `0000_users.sql` has checksum a41109d24069, not b4e0497804e4"]
/// );
/// ```
pub fn problems(journal: &Journal, standings: &[Standing]) -> Vec<HistoryProblem> {
    all(journal, standings, false)
}

/// Everything that keeps the migrations called `names` from being taken back:
/// what is not right with them, and what has run in part and builds on them.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, FileState, Journal, down_problems, problems, standings};
///
/// let down_checksum = Some(Checksum::of_file("DROP TABLE users;\n"));
/// let entry = Entry { down_checksum, ..Entry::new(0, "users", 0, Checksum::of_file("SELECT 1;\n")) };
/// let files = [FileState::of(&entry, Some("SELECT 1;\n"), None)];
/// let journal = Journal { dialect: Dialect::Sqlite, entries: vec![entry] };
/// let standings = standings(&journal, &files, &[], &[]);
/// assert!(problems(&journal, &standings).is_empty(), "the way there is free");
/// let back = down_problems(&journal, &standings, &["users"]);
/// assert_eq!(
///     back[0].to_string(),
///     "`meta/_down/0000_users.sql`, the way back of migration `users`, is missing"
/// );
/// assert_eq!(down_problems(&journal, &standings, &["posts"]), []);
/// ```
pub fn down_problems(journal: &Journal, standings: &[Standing], names: &[&str]) -> Vec<HistoryProblem> {
    let names: HashSet<&str> = names.iter().copied().collect();
    let is_named = |standing: &&Standing| names.contains(standing.name.as_str());
    let Some(first) = standings.iter().filter(is_named).filter_map(|standing| standing.idx).min() else {
        return Vec::new();
    };
    // What the journal does not know and was begun is of a later version.
    let is_later = |standing: &Standing| standing.idx.is_none_or(|idx| idx > first);
    let builds_on_it = |standing: &Standing| is_later(standing) && standing.has_run_in_part();
    let wanted = standings.iter().filter(|standing| is_named(standing) || builds_on_it(standing));
    all(journal, wanted, true)
}

/// Everything in which files and journal do not agree, whatever a database has
/// applied. `files` has what was found of them, in the order of the journal.
pub(crate) fn file_problems(journal: &Journal, files: &[FileState]) -> Vec<HistoryProblem> {
    let standings = standings(journal, files, &[], &[]);
    let both = |standing| [false, true].map(|way_back| all(journal, [standing], way_back));
    standings.iter().flat_map(both).flatten().collect()
}

fn all<'a>(
    journal: &Journal,
    standings: impl IntoIterator<Item = &'a Standing>,
    way_back: bool,
) -> Vec<HistoryProblem> {
    // Of most there is nothing to say, however many there are.
    let has_more = |standing: &&Standing| standing.idx.is_none() || !standing.details.is_empty();
    let told = |standing: &Standing| of(journal.entry(&standing.name), standing, way_back);
    standings.into_iter().filter(has_more).flat_map(told).collect()
}

/// The problems of one migration; those of its down file only on the way back,
/// those of its up file only on the way there.
fn of(entry: Option<&Entry>, standing: &Standing, way_back: bool) -> Vec<HistoryProblem> {
    let Some(entry) = entry else { return vec![unknown(standing)] };
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
        Detail::Begun { done, same_file: true } if !was_applied => {
            HistoryProblem::BegunAfter { name, done: *done }
        }
        Detail::TakenBackInPart { done } => HistoryProblem::TakenBackInPart { name, done: *done },
        Detail::Begun { .. } | Detail::Swap { .. } => return None,
    })
}

fn concerns(problem: &HistoryProblem, way_back: bool) -> bool {
    match problem {
        HistoryProblem::EditedDown { .. }
        | HistoryProblem::MissingDown { .. }
        | HistoryProblem::BegunAfter { .. } => way_back,
        HistoryProblem::EditedApplied { .. }
        | HistoryProblem::EditedPending { .. }
        | HistoryProblem::Missing { .. }
        | HistoryProblem::OutOfOrder { .. }
        | HistoryProblem::TakenBackInPart { .. } => !way_back,
        HistoryProblem::AppliedOther { .. }
        | HistoryProblem::Unlisted { .. }
        | HistoryProblem::HalfApplied { .. }
        | HistoryProblem::Unknown { .. }
        | HistoryProblem::BegunOther { .. }
        | HistoryProblem::BegunUnknown { .. } => true,
    }
}

fn list<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::history::{Journal, JournalError, RebaseError, SquashError};

    /// Codes, messages and help lines, one under the other.
    fn told(problem: &dyn miette::Diagnostic) -> String {
        let text = |part: Option<Box<dyn std::fmt::Display + '_>>| {
            part.map_or(String::new(), |part| part.to_string())
        };
        format!("{}\n{problem}\n{}", text(problem.code()), text(problem.help()))
    }

    #[track_caller]
    fn check(problem: &dyn miette::Diagnostic, code: &str, message: &str, help: &str) {
        assert_eq!(told(problem), format!("whimbrel::{code}\n{message}\n{help}"));
    }

    #[test]
    fn every_problem_says_what_to_do_next() {
        let (name, file) = (|| "add-a".to_owned(), || "0001_add-a.sql".to_owned());
        let (found, expected) = (|| "1f".to_owned(), || "2e".to_owned());
        let down = || "meta/_down/0001_add-a.sql".to_owned();
        check(
            &HistoryProblem::EditedApplied {
                name: name(),
                file: file(),
                found: found(),
                expected: expected(),
            },
            "history::edited",
            "migration `add-a` was edited after it was applied: `0001_add-a.sql` has checksum 1f, not 2e",
            "restore the file, or record the edit with `whimbrel migrate verify --accept add-a`",
        );
        check(
            &HistoryProblem::EditedPending {
                name: name(),
                file: file(),
                found: found(),
                expected: expected(),
            },
            "history::edited_pending",
            "`0001_add-a.sql` was edited: it has checksum 1f, and the journal says 2e",
            "restore the file, or have the edit proved and recorded with `whimbrel migrate verify --accept add-a`",
        );
        check(
            &HistoryProblem::Missing { name: name(), file: file() },
            "history::missing",
            "`0001_add-a.sql` of migration `add-a` is missing",
            "restore the file from version control, and make sure that it is deployed",
        );
        check(
            &HistoryProblem::AppliedOther { name: name(), recorded: "junk".into(), expected: expected() },
            "history::applied_other",
            "the database applied `add-a` with checksum junk, and the journal says 2e",
            "if another branch was deployed, deploy that one; if the file was edited since, restore the journal and \
             the file from version control",
        );
        check(
            &HistoryProblem::Unknown { name: name(), applied_at: "2026-01-31".into() },
            "history::unknown",
            "the database has applied `add-a` (at 2026-01-31), which the journal does not know",
            "deploy the migrations that know it: a newer version, or the branch that it comes from",
        );
        check(
            &HistoryProblem::OutOfOrder { name: name(), applied: "add-b".into() },
            "history::out_of_order",
            "migration `add-a` is pending, but `add-b`, which comes after it, is applied",
            "run `whimbrel migrate rebase`: it puts the pending migrations after the applied ones",
        );
        check(
            &HistoryProblem::HalfApplied {
                name: name(),
                applied: vec!["b".into()],
                missing: vec!["c".into(), "d".into()],
            },
            "history::half_applied",
            "migration `add-a` replaces `b`, `c`, `d`, of which the database has applied `b` but not `c`, `d`",
            "apply what is missing with the version before the squash, then this one",
        );
        check(
            &HistoryProblem::BegunAfter { name: name(), done: 2 },
            "history::begun_after",
            "migration `add-a` was begun (statements done: 2) and builds on what is to be taken back",
            "finish it first with `whimbrel migrate apply`, then take it back as well",
        );
        check(
            &HistoryProblem::Unlisted { file: file() },
            "history::unlisted",
            "`0001_add-a.sql` is there, and the journal does not know it: nothing applies it",
            "if a merge lost it, restore the journal as it was before and run `whimbrel migrate rebase`; if it is new, \
             move it away, run `whimbrel migrate create` and write it there",
        );
        check(
            &HistoryProblem::TakenBackInPart { name: name(), done: 2 },
            "history::taken_back_in_part",
            "the way back of migration `add-a` was begun (statements done: 2) and has not ended",
            "finish it with `whimbrel migrate down`, then apply again",
        );
        check(
            &HistoryProblem::BegunOther { name: name(), done: 2 },
            "history::begun_other",
            "migration `add-a` was begun (statements done: 2), and its file was edited since",
            "restore the file with which it was begun, and apply again",
        );
        check(
            &HistoryProblem::BegunUnknown { name: name(), done: 2 },
            "history::begun_unknown",
            "the database has begun `add-a` (statements done: 2), which the journal does not know",
            "deploy the migrations that know it, and apply them",
        );
        check(
            &HistoryProblem::EditedDown { name: name(), file: down(), found: found(), expected: expected() },
            "history::edited_down",
            "`meta/_down/0001_add-a.sql` was edited: it has checksum 1f, and the journal says 2e",
            "restore the file, or have the edit proved and recorded with `whimbrel migrate verify --accept add-a`",
        );
        check(
            &HistoryProblem::MissingDown { name: name(), file: down() },
            "history::missing_down",
            "`meta/_down/0001_add-a.sql`, the way back of migration `add-a`, is missing",
            "restore the file from version control",
        );
    }

    #[test]
    fn every_refusal_of_a_journal_says_what_to_do_next() {
        let read = |text: &str| Journal::from_json("j.json", text).unwrap_err();
        check(
            &read("{"),
            "journal::malformed",
            "`j.json` is not JSON: EOF while parsing an object at line 1 column 1",
            "restore the file from version control; whimbrel writes it, and nobody else needs to",
        );
        check(
            &read("\n<<<<<<< HEAD\n"),
            "journal::conflict",
            "`j.json` holds the conflict markers of a merge (line 2)",
            "run `whimbrel migrate rebase`: it puts your migrations after theirs",
        );
        check(
            &JournalError::Markers { file: "j.json".into(), line: 3 },
            "journal::markers",
            "the conflict markers in `j.json` do not match (line 3)",
            "take the file of either side (`git checkout --ours` or `--theirs`), and run `whimbrel migrate rebase`",
        );
        check(
            &read(r#"{"version":"7"}"#),
            "journal::version",
            "`j.json` has version `\"7\"`, and this whimbrel reads version \"1\"",
            "use the whimbrel that wrote it, or a later one",
        );
        check(
            &read(r#"{"version":"1","dialect":"oracle","entries":[]}"#),
            "journal::invalid",
            "`j.json`: the dialect `oracle` is unknown",
            "this whimbrel speaks `sqlite` and `postgresql`",
        );
        check(&read("{}"), "journal::invalid", "3 things are wrong with `j.json`", "");
    }

    #[test]
    fn every_refusal_to_squash_or_rebase_says_what_to_do_next() {
        check(
            &SquashError::Unknown { idx: 7 },
            "squash::unknown",
            "no migration has the number 7",
            "`whimbrel migrate status` shows the numbers",
        );
        check(
            &SquashError::TooFew { from: 1, to: 1 },
            "squash::too_few",
            "there are not two migrations from 1 to 1",
            "name the first and the last of at least two migrations",
        );
        check(
            &SquashError::Missing { name: "a".into(), file: "0000_a.sql".into() },
            "squash::missing",
            "`0000_a.sql` of migration `a` is missing",
            "restore the file from version control",
        );
        check(
            &SquashError::ForeignKeys { off: "0000_a.sql".into(), on: "0001_b.sql".into() },
            "squash::foreign_keys",
            "`0000_a.sql` runs with foreign keys off, and `0001_b.sql` changes rows with foreign keys on",
            "one migration cannot do both: squash the migrations before and after one of them",
        );
        check(
            &RebaseError::Dialect { ours: Dialect::Sqlite, theirs: Dialect::Postgres },
            "rebase::dialect",
            "our migrations are for SQLite, and theirs for PostgreSQL",
            "keep migrations for different engines in different folders",
        );
        check(
            &RebaseError::Squashed { name: "s".into(), replaced: "a".into() },
            "rebase::squashed",
            "our migration `s` replaces `a`, which the other side still has",
            "undo the squash, rebase, and squash again with `whimbrel migrate squash`",
        );
    }
}
