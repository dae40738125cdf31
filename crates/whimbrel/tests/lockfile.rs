//! The lock file on a disk.

use std::fs;

use miette::Diagnostic as _;
use whimbrel::lockfile::{
    LockMigration, apply_migration, create_empty_lock_file, create_migration, read_lock_file, write_lock_file,
};
use whimbrel::{Clock, Error};

const CLOCK: i64 = 1_768_478_400_000;

fn told(error: &Error) -> String {
    let code = error.code().map(|code| code.to_string()).unwrap_or_default();
    let help = error.help().map(|help| help.to_string()).unwrap_or_default();
    format!("{code}\n{error}\n{help}")
}

#[test]
fn a_project_without_a_lock_file_has_none() {
    let project = tempfile::tempdir().unwrap();
    assert_eq!(read_lock_file(project.path()).unwrap(), None);
    assert_eq!(read_lock_file(project.path().join("nowhere")).unwrap(), None);
}

#[test]
fn what_is_written_has_the_bytes_of_the_format_and_leaves_nothing_beside() {
    let project = tempfile::tempdir().unwrap();
    let lock = create_empty_lock_file();
    write_lock_file(project.path(), &lock).unwrap();
    let text = fs::read_to_string(project.path().join("kontract.lock.json")).unwrap();
    assert_eq!(text, "{\n  \"version\": 0,\n  \"tables\": {},\n  \"migrations\": []\n}\n");
    let migration = LockMigration { version: 1, ..LockMigration::default() };
    let lock = apply_migration(&lock, migration, &Clock::pinned(CLOCK));
    write_lock_file(project.path(), &lock).unwrap();
    assert_eq!(read_lock_file(project.path()).unwrap(), Some(lock));
    assert_eq!(fs::read_dir(project.path()).unwrap().count(), 1);
}

#[test]
fn numbers_come_after_all_files_and_the_lock_file() {
    let project = tempfile::tempdir().unwrap();
    let clock = Clock::pinned(CLOCK);
    let create = |name: &str| {
        let created = create_migration(project.path(), name, &clock).unwrap();
        (created.version, created.path.strip_prefix(project.path()).unwrap().display().to_string())
    };
    assert_eq!(create("a"), (1, "migrations/0001_a.ts".to_owned()));
    assert_eq!(create("a"), (2, "migrations/0002_a.ts".to_owned()));
    fs::write(project.path().join("migrations/0007_by hand.sql"), "").unwrap();
    fs::write(project.path().join("migrations/notes.md"), "").unwrap();
    assert_eq!(create("b c"), (8, "migrations/0008_b c.ts".to_owned()));
    let migration = LockMigration { version: 12_345, ..LockMigration::default() };
    let lock = apply_migration(&create_empty_lock_file(), migration, &clock);
    write_lock_file(project.path(), &lock).unwrap();
    assert_eq!(create("d"), (12_346, "migrations/12346_d.ts".to_owned()));
    // The lock file knows nothing of it: only what was applied is there.
    assert_eq!(read_lock_file(project.path()).unwrap(), Some(lock));
}

#[test]
fn a_name_that_is_none_and_a_lock_file_that_is_none_are_refused() {
    let project = tempfile::tempdir().unwrap();
    let create =
        |name: &str| told(&create_migration(project.path(), name, &Clock::pinned(CLOCK)).unwrap_err());
    assert_eq!(
        create("../users"),
        "whimbrel::history::name\n`../users` leads out of the folder\n\
         give the migration another name, such as `add-users`"
    );
    let path = project.path().join("kontract.lock.json");
    fs::write(&path, "{\"version\": 1}").unwrap();
    let error = told(&read_lock_file(project.path()).unwrap_err());
    assert_eq!(error, format!("whimbrel::lockfile::invalid\n2 things are wrong with `{}`\n", path.display()));
    assert_eq!(create("users"), error);
    assert!(!project.path().join("migrations").exists());
}
