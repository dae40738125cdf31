//! The history of sqlx, adopted from the command line.

use std::fs;
use std::path::Path;

use crate::project::Project;

/// A project whose folder and database sqlx left.
fn left_by_sqlx() -> Project {
    let project = Project::new("");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../whimbrel/tests/fixtures/adopt/sqlx");
    fs::create_dir(project.path("old")).expect("the folder is new");
    for file in fs::read_dir(fixture.join("folder")).expect("there are fixtures") {
        let file = file.expect("there are fixtures");
        fs::copy(file.path(), project.path("old").join(file.file_name()))
            .expect("the folder can be written to");
    }
    project.sql(&fs::read_to_string(fixture.join("database.sql")).expect("there are fixtures"));
    project
}

/// The standard error and the status of a command.
fn told(project: &Project, arguments: &[&str]) -> (String, Option<i32>) {
    let output = project.run(arguments);
    (String::from_utf8_lossy(&output.stderr).into_owned(), output.status.code())
}

#[test]
fn a_history_is_adopted_and_gone_on_with() {
    let project = left_by_sqlx();
    let listed = "applied  0000_users\napplied  0001_user-email\npending  0002_user-age\n";
    let dry = format!("{listed}\n3 migrations of sqlx can be adopted; dry run, nothing was written\n");
    assert_eq!(told(&project, &["migrate", "adopt", "old", "--dry-run"]), (dry, Some(0)));
    let adopted = format!(
        "{listed}\n3 migrations of sqlx adopted into `migrations`, 2 of them applied to `app.db`\n\
         help: read the files and commit them; what was there before was not touched\n"
    );
    assert_eq!(told(&project, &["migrate", "adopt", "old"]), (adopted, Some(0)));
    let file = fs::read_to_string(project.path("migrations/0002_user-age.sql")).expect("it was written");
    let (_, body) = file.split_once("\n\n").expect("a file has a header");
    assert_eq!(
        body,
        "-- Adopted: sqlx 20261127013424_user_age.up.sql\n-- Add up migration script here\n\
         ALTER TABLE users ADD COLUMN age INTEGER;\n"
    );
    assert_eq!(told(&project, &["migrate", "apply"]).1, Some(0));
    assert_eq!(project.value::<i64>("SELECT count(*) FROM pragma_table_info('users')"), 4);
    assert_eq!(project.value::<i64>("SELECT count(*) FROM _sqlx_migrations"), 2);
    assert_eq!(told(&project, &["migrate", "down", "--accept-data-loss"]).1, Some(0));
    assert_eq!(project.value::<i64>("SELECT count(*) FROM pragma_table_info('users')"), 3);
}

#[test]
fn what_does_not_agree_is_told_whole() {
    let project = left_by_sqlx();
    project.sql("UPDATE _sqlx_migrations SET success = 0 WHERE description = 'users'");
    let edited = project.path("old/20261127013423_user_email.up.sql");
    fs::write(&edited, "SELECT 1;\n").expect("the folder can be written to");
    let (told, status) = told(&project, &["migrate", "adopt", "old"]);
    assert_eq!(
        told,
        "whimbrel::adopt::problems

  x what sqlx has applied and what its folder holds do not agree
  help: nothing was written

Error: whimbrel::adopt::failed

  x sqlx began `20261127013422`, and it did not end well
  help: put the database right and let sqlx finish it, or take its row out of `_sqlx_migrations`

Error: whimbrel::adopt::edited

  x `20261127013423_user_email.up.sql` was edited after sqlx applied it
  help: restore the file from version control; what is to change belongs into a new migration
"
    );
    assert_eq!(status, Some(1));
    assert!(!project.path("migrations").exists());
}

/// A project of Kontract's: the lock file beside the folder.
fn left_by_kontract() -> Project {
    let project = Project::new("");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../whimbrel/tests/migrate/kontract");
    let copy = |name: &str| fs::copy(fixture.join(name), project.path(name)).expect("there are fixtures");
    copy("kontract.lock.json");
    fs::create_dir(project.path("migrations")).expect("the folder is new");
    for (file, column) in [("0001_add-email", "email TEXT"), ("0002_add-age", "age DOUBLE PRECISION")] {
        let name = column.split(' ').next().unwrap_or_default();
        let text = format!(
            "ALTER TABLE tbl_users_abc123 ADD COLUMN {column};\n\n-- whimbrel: down\n\
             ALTER TABLE tbl_users_abc123 DROP COLUMN {name};\n"
        );
        let path = project.path(&format!("migrations/{file}.sql"));
        fs::write(path, text).expect("the folder can be written to");
    }
    for sql in ["sqlite.sql", "applied.sql"] {
        project.sql(&fs::read_to_string(fixture.join(sql)).expect("there are fixtures"));
    }
    project
}

#[test]
fn a_project_of_kontract_is_found_by_either_folder_and_becomes_a_journal() {
    let project = left_by_kontract();
    let listed = "applied  0001_add-email\napplied  0002_add-age\n";
    let noted = "note: `tbl_posts_d4e5f6` is in the database and made by no migration: it is `tables.posts` in the \
                 lock file now\n\
                 note: `storage` is in the database and made by no migration: it is `tables.storage` in the lock file \
                 now\n";
    let dry = format!(
        "{listed}{noted}\n2 migrations of the lock file can be adopted; dry run, nothing was written\n"
    );
    for folder in [".", "migrations"] {
        let arguments = ["--layout", "lockfile", "migrate", "adopt", folder, "--dry-run"];
        assert_eq!(told(&project, &arguments), (dry.clone(), Some(0)));
    }
    let done = format!(
        "{listed}{noted}\n2 migrations of the lock file adopted into `migrations`, 2 of them applied to `app.db`\n\
         help: read the files and commit them; what was there before was not touched\n"
    );
    assert_eq!(told(&project, &["--layout", "lockfile", "migrate", "adopt", "."]), (done, Some(0)));
    assert_eq!(project.value::<i64>("SELECT count(*) FROM _whimbrel_migrations"), 2);

    let before = fs::read(project.path("kontract.lock.json")).expect("it is there");
    let journal = ["--layout", "journal", "--dir", "history"];
    let (told_of, status) = told(&project, &[&journal[..], &["migrate", "adopt", "migrations"]].concat());
    assert_eq!(
        told_of,
        "applied  0000_base\napplied  0001_add-email\napplied  0002_add-age\n\n\
         3 migrations of the lock file adopted into `history`, 3 of them applied to `app.db`\n\
         help: read the files and commit them; what was there before was not touched\n"
    );
    assert_eq!(status, Some(0));
    assert_eq!(project.value::<i64>("SELECT count(*) FROM _whimbrel_migrations"), 3);
    assert_eq!(fs::read(project.path("kontract.lock.json")).expect("it is there"), before);
}
