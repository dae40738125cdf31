//! `verify`: a verdict for each migration, and edits taken on by name.

use whimbrel::core::dialect::Dialect;
use whimbrel::core::plan::Proof;
use whimbrel::store::Store as _;
use whimbrel::{Outcome, Verdict};

use crate::project::{AGED, BOTH, JOURNAL, POSTS, Project, SNAPSHOT, USERS, told};

/// A verdict in a line.
fn line(verdict: &Verdict) -> String {
    let outcome = match &verdict.outcome {
        Outcome::Proved(proof) => proof.to_string(),
        Outcome::Fails(error) => format!("fails: {error}"),
        Outcome::NotReached => "not reached".to_owned(),
    };
    format!("{}: {outcome}{}", verdict.entry.name, if verdict.edited { ", edited" } else { "" })
}

async fn verdicts(project: &Project) -> Vec<String> {
    let before = project.store.texts();
    let report = project.migrator().await.verify().await.unwrap();
    assert_eq!(project.store.texts(), before);
    report.verdicts.iter().map(line).collect()
}

#[tokio::test]
async fn what_was_generated_is_as_it_was_proved() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS, AGED, USERS, POSTS]).await;
        assert_eq!(
            verdicts(&project).await,
            [
                "create-users: exact",
                "add-age-to-users: exact",
                "drop-age-from-users: lossy",
                "create-posts: exact"
            ]
        );
        let mut heard = Vec::new();
        let report = project.migrator().await.verify().observer(|verdict| heard.push(line(verdict))).await;
        assert!(report.unwrap().is_fine());
        assert_eq!(heard.len(), 4);
        assert_eq!(project.tables().await, "", "the database itself is not touched");
    }
}

#[tokio::test]
async fn each_file_gets_the_verdict_that_it_deserves() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS]).await;
        project.write("no-way-back", "CREATE TABLE a (a integer);\n", None).await;
        project.write("wrong-way-back", "CREATE TABLE b (a integer);\n", Some("DROP TABLE a;\n")).await;
        project.write("broken-way-back", "CREATE TABLE c (a integer);\n", Some("DROP TABLE z;\n")).await;
        project.write("sound", "CREATE INDEX b_a ON b (a);\n", Some("DROP INDEX b_a;\n")).await;
        project.write("loses", "DROP TABLE c;\n", Some("CREATE TABLE c (a integer);\n")).await;
        project.write("broken", "CREATE TABLE a (a integer);\n", None).await;
        project.write("after", "CREATE TABLE d (a integer);\n", None).await;
        let lines: Vec<String> = verdicts(&project)
            .await
            .into_iter()
            .map(|line| line.split('\n').next().unwrap().to_owned())
            .collect();
        let (no_table, is_there) = match dialect {
            Dialect::Sqlite => ("no such table: z", "table a already exists"),
            Dialect::Postgres => ("table \"z\" does not exist", "relation \"a\" already exists"),
        };
        let expected = [
            "create-users: exact".to_owned(),
            "no-way-back: irreversible (`no-way-back` has no way back)".to_owned(),
            "wrong-way-back: irreversible (its way back leaves a difference: drop b create a + a: integer)"
                .to_owned(),
            format!(
                "broken-way-back: irreversible (memory/meta/_down/0003_broken-way-back.sql:1: {no_table})"
            ),
            "sound: exact".to_owned(),
            "loses: lossy".to_owned(),
            format!("broken: fails: memory/0006_broken.sql:1: {is_there}"),
            "after: not reached".to_owned(),
        ];
        assert_eq!(lines, expected);
    }
}

const PARENTS: &str = "CREATE TABLE parents (id integer PRIMARY KEY);\n";

#[tokio::test]
async fn rows_are_refused_as_they_would_be_when_applied() {
    for dialect in BOTH {
        for (deferred, at_the_end) in
            [("", ""), (" DEFERRABLE INITIALLY DEFERRED", "at the end of its transaction: ")]
        {
            let project = Project::generated(dialect, &[]).await;
            let children =
                format!("{PARENTS}CREATE TABLE children (id integer REFERENCES parents (id){deferred});\n");
            project.write("children", &children, None).await;
            project.write("orphans", "INSERT INTO children VALUES (7);\n", None).await;
            let refused = match dialect {
                Dialect::Sqlite => "FOREIGN KEY constraint failed",
                Dialect::Postgres => {
                    "insert or update on table \"children\" violates foreign key constraint \
                     \"children_id_fkey\"\nKey (id)=(7) is not present in table \"parents\"."
                }
            };
            assert_eq!(
                verdicts(&project).await,
                [
                    "children: irreversible (`children` has no way back)".to_owned(),
                    format!("orphans: fails: memory/0001_orphans.sql:1: {at_the_end}{refused}"),
                ]
            );
        }
    }
}

#[tokio::test]
async fn what_a_migration_prepares_is_not_in_the_way_of_its_second_run() {
    let project = Project::generated(Dialect::Postgres, &[USERS]).await;
    let up = "PREPARE one AS INSERT INTO users (id) VALUES ($1);\nEXECUTE one (1);\n";
    project.write("ann", up, Some("DELETE FROM users;\n")).await;
    project.write("bob", &up.replace("(1)", "(2)"), Some("DELETE FROM users WHERE id = 2;\n")).await;
    assert_eq!(verdicts(&project).await, ["create-users: exact", "ann: exact", "bob: exact"]);
}

#[tokio::test]
async fn rows_that_refer_to_nothing_are_looked_for_where_foreign_keys_were_off() {
    let project = Project::new(Dialect::Sqlite).await;
    let tables = "CREATE TABLE users (id integer PRIMARY KEY);\n\
                  CREATE TABLE posts (id integer PRIMARY KEY, author integer REFERENCES users);\n";
    project.write("tables", tables, None).await;
    let suspended = |rows: &str| format!("PRAGMA foreign_keys = OFF;\n{rows}PRAGMA foreign_keys = ON;\n");
    let sound = suspended("INSERT INTO posts VALUES (1, 7);\nINSERT INTO users VALUES (7);\n");
    project.write("sound", &sound, Some("DELETE FROM posts;\nDELETE FROM users;\n")).await;
    let orphans = suspended("INSERT INTO posts VALUES (2, 8);\n");
    project.write("orphans", &orphans, None).await;
    let said =
        "it leaves rows that refer to nothing: row 2 of `posts` refers to a row of `users` that is not there";
    let lines = verdicts(&project).await;
    assert_eq!(lines[..2], ["tables: irreversible (`tables` has no way back)", "sound: exact"]);
    assert!(lines[2].starts_with("orphans: fails: "), "{lines:?}");
    assert!(lines[2].ends_with(said), "{lines:?}");
    let refused = told(project.migrator().await.apply().await);
    assert!(refused.starts_with("whimbrel::apply::foreign_keys\n"), "{refused}");
}

#[tokio::test]
async fn rows_that_a_copy_brings_are_there_for_what_comes_after() {
    let project = Project::generated(Dialect::Postgres, &[]).await;
    let copies = format!(
        "{PARENTS}CREATE TABLE children (id integer REFERENCES parents);\nCOPY parents FROM stdin;\n7\n\\.\n"
    );
    project.write("copies", &copies, Some("DROP TABLE children;\nDROP TABLE parents;\n")).await;
    let deletes = "DELETE FROM children WHERE id = 7;\n";
    project.write("builds", "INSERT INTO children VALUES (7);\n", Some(deletes)).await;
    assert_eq!(verdicts(&project).await, ["copies: exact", "builds: exact"]);
}

#[tokio::test]
async fn what_a_way_back_leaves_is_not_held_against_the_way_there() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[]).await;
        let up = format!("{PARENTS}INSERT INTO parents VALUES (7);\n");
        project.write("parents", &up, Some("DROP TABLE parents;\n")).await;
        let up = "CREATE INDEX parents_id ON parents (id);\nINSERT INTO parents VALUES (8);\n";
        project.write("leaves", up, Some("DROP INDEX parents_id;\n")).await;
        project.write("after", "INSERT INTO parents VALUES (9);\n", None).await;
        let taken = match dialect {
            Dialect::Sqlite => "UNIQUE constraint failed: parents.id",
            Dialect::Postgres => {
                "duplicate key value violates unique constraint \"parents_pkey\" Key (id)=(8) already exists."
            }
        };
        assert_eq!(
            verdicts(&project).await,
            [
                "parents: exact".to_owned(),
                format!("leaves: irreversible (up again, it fails: memory/0001_leaves.sql:2: {taken})"),
                "after: irreversible (`after` has no way back)".to_owned(),
            ]
        );
    }
}

#[tokio::test]
async fn an_edit_is_told_and_taken_on_by_name_alone() {
    for dialect in BOTH {
        let project = Project::applied(dialect, &[USERS, AGED]).await;
        let path = "0001_add-age-to-users.sql";
        let old = project.journal().entries[1].clone();
        project.edit(path, "integer", "bigint").await;
        assert_eq!(verdicts(&project).await[1], "add-age-to-users: exact, edited");
        project.migrator().await.verify().accept("create-users").await.unwrap();
        assert_eq!(project.journal().entries[1], old, "another one was accepted");

        let report = project.migrator().await.verify().accept("add-age-to-users").await.unwrap();
        assert_eq!(report.accepted, ["add-age-to-users"]);
        let entry = project.journal().entries[1].clone();
        assert_eq!(entry.legacy_checksums, std::slice::from_ref(&old.checksum));
        assert_ne!(entry.checksum, old.checksum);
        assert!(project.text(SNAPSHOT).contains("bigint"));
        // The database that applied it as it was still agrees, and differs in the type.
        assert_eq!(project.apply().await, [""; 0]);
        let findings = project.migrator().await.check().await.unwrap().findings;
        assert!(matches!(findings.as_slice(), [whimbrel::Finding::Drift(_)]), "{findings:?}");

        // And it still does when the file is edited once more, and back.
        project.edit(path, "bigint", "smallint").await;
        project.migrator().await.verify().accept("add-age-to-users").await.unwrap();
        let again = project.journal().entries[1].clone();
        assert_eq!(again.legacy_checksums, [old.checksum.clone(), entry.checksum]);
        assert_eq!(project.apply().await, [""; 0]);
        project.edit(path, "smallint", "integer").await;
        project.migrator().await.verify().accept("add-age-to-users").await.unwrap();
        let back = project.journal().entries[1].clone();
        assert_eq!((&back.checksum, back.legacy_checksums.len()), (&old.checksum, 2));
        assert_eq!(project.apply().await, [""; 0]);
    }
}

#[tokio::test]
async fn what_does_not_replay_is_not_taken_on() {
    let project = Project::generated(Dialect::Sqlite, &[USERS, AGED, POSTS]).await;
    project.edit("0001_add-age-to-users.sql", "\"users\"", "\"nowhere\"").await;
    let before = project.store.texts();
    assert_eq!(told(project.migrator().await.verify().accept(1).await), "\
whimbrel::history::replay
memory/0001_add-age-to-users.sql:5: no such table: nowhere
this is what a new database would meet; put the statement right, then `whimbrel migrate verify --accept` the file");
    assert_eq!(told(project.migrator().await.verify().accept("create-posts").await), "\
whimbrel::history::replay
memory/0001_add-age-to-users.sql:5: no such table: nowhere
this is what a new database would meet; put the statement right, then `whimbrel migrate verify --accept` the file");
    assert!(told(project.migrator().await.verify().accept("nobody").await).contains("no_such_migration"));
    assert_eq!(project.store.texts(), before);
}

#[tokio::test]
async fn a_way_back_that_was_edited_is_proved_again() {
    let project = Project::applied(Dialect::Sqlite, &[USERS, AGED]).await;
    let path = "meta/_down/0001_add-age-to-users.sql";
    project.edit(path, "DROP COLUMN", "DROP").await;
    assert_eq!(verdicts(&project).await[1], "add-age-to-users: exact, edited");
    project.migrator().await.verify().accept(1).await.unwrap();
    assert!(project.migrator().await.verify().await.unwrap().is_fine());
    assert_eq!(project.migrator().await.down().await.unwrap().migrations.len(), 1);
}

#[tokio::test]
async fn rows_that_a_migration_moves_are_replayed_too() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS]).await;
        project
            .write(
                "seed",
                "INSERT INTO users VALUES (1, 'ann');\n",
                Some("DELETE FROM users WHERE id = 1;\n"),
            )
            .await;
        project
            .write(
                "unique",
                "CREATE UNIQUE INDEX users_name ON users (name);\n",
                Some("DROP INDEX users_name;\n"),
            )
            .await;
        project.migrator().await.verify().accept("seed").accept("unique").await.unwrap();
        let proofs: Vec<_> = project.journal().entries.into_iter().map(|entry| entry.proof).collect();
        assert_eq!(proofs, [Some(Proof::Exact), Some(Proof::Exact), Some(Proof::Exact)]);
    }
}

#[tokio::test]
async fn an_edited_checksum_in_the_journal_is_an_edit() {
    let project = Project::generated(Dialect::Sqlite, &[USERS]).await;
    let checksum = project.journal().entries[0].checksum.to_string();
    project.edit(JOURNAL, &checksum, &"0".repeat(64)).await;
    assert_eq!(verdicts(&project).await, ["create-users: exact, edited"]);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_told_wherever_it_should_be() {
    let project = Project::generated(Dialect::Sqlite, &[USERS, AGED, POSTS]).await;
    project.store.delete("meta/_down/0001_add-age-to-users.sql").await.unwrap();
    assert_eq!(
        verdicts(&project).await,
        [
            "create-users: exact",
            "add-age-to-users: irreversible (`add-age-to-users` has no way back), edited",
            "create-posts: exact"
        ]
    );
    project.edit("0000_create-users.sql", "CREATE", "SELECT no; CREATE").await;
    project.store.delete("0002_create-posts.sql").await.unwrap();
    assert_eq!(
        verdicts(&project).await,
        [
            "create-users: fails: memory/0000_create-users.sql:5: no such column: no, edited",
            "add-age-to-users: not reached, edited",
            "create-posts: fails: `memory/0002_create-posts.sql` is missing, and the journal names it"
        ]
    );
}
