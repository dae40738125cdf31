//! A folder of migrations as a whole: which files belong to it, and whether they
//! are what its journal says.
//!
//! No database is looked at, so this holds wherever the folder is taken from:
//! `embed!` asks it while a program is compiled.

use std::collections::BTreeMap;

use super::problem::file_problems;
use super::{Entry, FileState, HistoryProblem, Journal, JournalError};

/// Where the journal is.
const JOURNAL: &str = "meta/_journal.json";
/// Where the snapshot is.
const SNAPSHOT: &str = "meta/_snapshot.json";

/// What keeps a folder from being taken as it is.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, Journal, folder};
///
/// let mut journal = Journal::new(Dialect::Sqlite);
/// for (idx, name) in [(0, "users"), (1, "posts")] {
///     journal.entries.push(Entry::new(idx, name, 0, Checksum::of_file("SELECT 1;\n")));
/// }
/// let problems = folder("migrations", |path| match path {
///     "meta/_journal.json" => Ok(Some(journal.to_json())),
///     "0000_users.sql" => Ok(Some("SELECT 2;\n".to_owned())),
///     _ => Ok(None),
/// });
/// let messages: Vec<_> = problems.unwrap_err().iter().map(ToString::to_string).collect();
/// assert_eq!(
///     messages,
///     [
///         "`0000_users.sql` was edited: it has checksum a41109d24069, and the journal says b4e0497804e4",
///         "`0001_posts.sql` of migration `posts` is missing",
///     ]
/// );
/// let unreadable = folder("migrations", |_| Err("permission denied".to_owned())).unwrap_err();
/// assert_eq!(
///     unreadable[0].to_string(),
///     "cannot read `migrations/meta/_journal.json`: permission denied"
/// );
/// ```
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum FolderProblem {
    /// There is no journal, and so no migration.
    #[error("`{file}` is missing")]
    #[diagnostic(
        code(whimbrel::folder::no_journal),
        help(
            "write the first migration with `whimbrel migrate generate`, or name the folder that has some; \
             a folder with a lock file has no journal, and is read where it is, by an `FsStore`"
        )
    )]
    NoJournal {
        /// The file.
        file: String,
    },
    /// A file is there, and cannot be read.
    #[error("cannot read `{file}`: {reason}")]
    #[diagnostic(
        code(whimbrel::folder::unreadable),
        help("see to it that the file can be read, and is UTF-8")
    )]
    Unreadable {
        /// The file.
        file: String,
        /// What the system said.
        reason: String,
    },
    /// The journal does not read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Journal(Box<JournalError>),
    /// A file is not what the journal says.
    #[error(transparent)]
    #[diagnostic(transparent)]
    History(HistoryProblem),
}

/// Returns the texts of all files that belong to `folder`, by their paths in it:
/// the journal, the snapshot, and the files of the migrations.
///
/// `read` gives the text of a file, `None` if there is none, or says why it
/// cannot be read. A file that the journal does not know is not asked for.
///
/// ```
/// use whimbrel_core::history::folder;
/// let journal = r#"{"version":"1","dialect":"sqlite","entries":[]}"#;
/// let texts = folder("migrations", |path| Ok((path == "meta/_journal.json").then(|| journal.to_owned())));
/// assert_eq!(texts.unwrap().into_keys().collect::<Vec<_>>(), ["meta/_journal.json"]);
///
/// let problems = folder("migrations", |_| Ok(None)).unwrap_err();
/// assert_eq!(problems[0].to_string(), "`migrations/meta/_journal.json` is missing");
/// ```
///
/// # Errors
///
/// Everything that is wrong with the folder.
pub fn folder(
    folder: &str,
    mut read: impl FnMut(&str) -> Result<Option<String>, String>,
) -> Result<BTreeMap<String, String>, Vec<FolderProblem>> {
    let mut unreadable = Vec::new();
    let mut get = |path: &str| {
        read(path).unwrap_or_else(|reason| {
            unreadable.push(FolderProblem::Unreadable { file: format!("{folder}/{path}"), reason });
            None
        })
    };
    let journal = get(JOURNAL);
    let parsed = match &journal {
        Some(text) => {
            Journal::from_json(&format!("{folder}/{JOURNAL}"), text).map_err(FolderProblem::journal)
        }
        None => Err(FolderProblem::NoJournal { file: format!("{folder}/{JOURNAL}") }),
    };
    let paths = parsed.iter().flat_map(|journal| &journal.entries).flat_map(paths_of);
    let paths = paths.chain([SNAPSHOT.to_owned()]);
    let mut texts: BTreeMap<String, String> =
        paths.filter_map(|path| get(&path).map(|text| (path, text))).collect();
    texts.extend(journal.map(|text| (JOURNAL.to_owned(), text)));
    if !unreadable.is_empty() {
        return Err(unreadable);
    }
    let problems = disagreements(&parsed.map_err(|problem| vec![problem])?, &texts);
    if problems.is_empty() { Ok(texts) } else { Err(problems) }
}

impl FolderProblem {
    fn journal(error: JournalError) -> Self {
        Self::Journal(Box::new(error))
    }
}

fn paths_of(entry: &Entry) -> [String; 2] {
    [entry.path(), entry.down_path()]
}

fn disagreements(journal: &Journal, texts: &BTreeMap<String, String>) -> Vec<FolderProblem> {
    let text = |path: String| texts.get(&path).map(String::as_str);
    let state = |entry: &Entry| FileState::of(entry, text(entry.path()), text(entry.down_path()));
    let states: Vec<_> = journal.entries.iter().map(state).collect();
    file_problems(journal, &states).into_iter().map(FolderProblem::History).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::history::Checksum;

    const UP: &str = "CREATE TABLE a (b);\n";
    const DOWN: &str = "DROP TABLE a;\n";

    /// A folder with one migration in it.
    fn whole() -> BTreeMap<String, String> {
        let mut journal = Journal::new(Dialect::Sqlite);
        let mut entry = Entry::new(0, "create-a", 0, Checksum::of_file(UP));
        entry.down_checksum = Some(Checksum::of_file(DOWN));
        journal.entries.push(entry);
        let files = [
            ("0000_create-a.sql", UP.to_owned()),
            (JOURNAL, journal.to_json()),
            ("meta/_down/0000_create-a.sql", DOWN.to_owned()),
            (SNAPSHOT, "{}".to_owned()),
        ];
        files.map(|(path, text)| (path.to_owned(), text)).into()
    }

    /// Checks what is said of a folder after `change`.
    #[track_caller]
    fn check(change: impl FnOnce(&mut BTreeMap<String, String>), expected: &[&str]) {
        let mut files = whole();
        change(&mut files);
        let read = |path: &str| match files.get(path) {
            Some(text) if text == "\0" => Err("it is torn".to_owned()),
            text => Ok(text.cloned()),
        };
        let problems = folder("m", read).err().unwrap_or_default();
        assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_folder_is_all_that_its_journal_names() {
        let mut files = whole();
        files.insert("0001_draft.sql".to_owned(), "of nobody".to_owned());
        let texts = folder("m", |path| Ok(files.get(path).cloned())).unwrap();
        assert_eq!(texts, whole());
    }

    #[test]
    fn a_snapshot_or_a_way_back_may_be_absent() {
        check(|files| drop(files.remove(SNAPSHOT)), &[]);
        let without = |files: &mut BTreeMap<String, String>| {
            let text = files.get_mut(JOURNAL).unwrap();
            let journal = Journal::from_json(JOURNAL, text).map(|mut journal| {
                journal.entries[0].down_checksum = None;
                journal.to_json()
            });
            *text = journal.unwrap();
            files.remove("meta/_down/0000_create-a.sql");
        };
        check(without, &[]);
    }

    #[test]
    fn everything_that_disagrees_is_told() {
        check(|files| drop(files.remove(JOURNAL)), &["`m/meta/_journal.json` is missing"]);
        check(
            |files| files.retain(|path, _| path == JOURNAL),
            &[
                "`0000_create-a.sql` of migration `create-a` is missing",
                "`meta/_down/0000_create-a.sql`, the way back of migration `create-a`, is missing",
            ],
        );
        check(
            |files| drop(files.insert("0000_create-a.sql".to_owned(), "SELECT 1;".to_owned())),
            &[
                "`0000_create-a.sql` was edited: it has checksum 17db4fd369ed, and the journal says ebc6bf2d8fef",
            ],
        );
        check(
            |files| drop(files.insert(JOURNAL.to_owned(), "{}".to_owned())),
            &["3 things are wrong with `m/meta/_journal.json`"],
        );
        check(
            |files| drop(files.insert("0000_create-a.sql".to_owned(), "\0".to_owned())),
            &["cannot read `m/0000_create-a.sql`: it is torn"],
        );
    }
}
