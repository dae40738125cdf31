//! Whether the parts of a lock file agree.

use std::collections::BTreeMap;

use super::{LockFile, LockFileProblem, LockFileProblemKind};

impl LockFile {
    /// Lists what in the file contradicts something else in it: records that do
    /// not count up from 1 one by one, names that come twice, a version that is
    /// not that of the last record.
    ///
    /// The functions of this module work with such a file all the same; the
    /// commands do not.
    ///
    /// ```
    /// use whimbrel_core::lockfile::LockFile;
    /// let lock = LockFile { version: 3, ..LockFile::empty() };
    /// assert_eq!(lock.contradictions()[0].to_string(), "`version` is 3, and `migrations` is empty");
    /// ```
    pub fn contradictions(&self) -> Vec<LockFileProblem> {
        let mut problems = Vec::new();
        let (mut versions, mut names) = (BTreeMap::new(), BTreeMap::new());
        let mut expected = 1;
        for (at, migration) in self.migrations.iter().enumerate() {
            let mut tell = |key: &str, kind| {
                problems.push(LockFileProblem { path: format!("migrations[{at}].{key}"), kind });
            };
            let version = migration.version;
            match versions.insert(version, at) {
                Some(other) => tell("version", LockFileProblemKind::SameVersion { version, other }),
                None if version != expected => {
                    tell("version", LockFileProblemKind::NotNext { version, expected });
                }
                None => {}
            }
            if let Some(name) = &migration.name
                && let Some(other) = names.insert(name.as_str(), at)
            {
                tell("name", LockFileProblemKind::SameName { name: name.clone(), other });
            }
            // What is told once is not told of all that come after it.
            expected = version.saturating_add(1);
        }
        let last = self.migrations.last().map_or(0, |migration| migration.version);
        if self.version != last {
            let kind = LockFileProblemKind::NotLast { version: self.version, last };
            problems.push(LockFileProblem { path: "version".to_owned(), kind });
        }
        problems
    }
}
