//! `down`: how far back, what is asked before, and what keeps it from running.

use whimbrel::Error;
use whimbrel::core::dialect::Dialect;
use whimbrel::core::resolve::{Policy, Question, lenient, reject_all};
use whimbrel::db::apply::ResumeAt;
use whimbrel::store::Store as _;

use crate::project::{AGED, BOTH, JOURNAL, POSTS, Project, USERS, told};

/// Three migrations, all applied.
async fn project(dialect: Dialect) -> Project {
    Project::applied(dialect, &[USERS, AGED, POSTS]).await
}

/// What is asked when the last `steps` are taken back, and that nothing is done
/// as long as nobody answers.
async fn asked(project: &Project, steps: usize) -> Vec<String> {
    let (tables, tracked) = (project.tables().await, project.tracked().await);
    let result = project.migrator().await.down().steps(steps).await;
    let Err(Error::Unanswered { questions }) = result else { panic!("{result:?}") };
    let result = project.migrator().await.down().steps(steps).resolver(reject_all()).await;
    assert!(matches!(result, Err(Error::Rejected { .. })), "{result:?}");
    assert_eq!((project.tables().await, project.tracked().await), (tables, tracked));
    questions.iter().map(Question::headline).collect()
}

#[tokio::test]
async fn the_last_one_is_taken_back() {
    for dialect in BOTH {
        let project = project(dialect).await;
        let report = project.migrator().await.down().await.unwrap();
        assert_eq!(report.migrations.len(), 1);
        assert_eq!(report.migrations[0].entry, *project.journal().head().unwrap());
        assert_eq!(report.migrations[0].text, project.text("meta/_down/0002_create-posts.sql"));
        assert_eq!(project.tables().await, "users");
        assert_eq!(project.tracked().await, "create-users\nadd-age-to-users");
        assert_eq!(project.apply().await, ["create-posts"]);
    }
}

#[tokio::test]
async fn no_steps_are_no_steps() {
    for dialect in BOTH {
        let project = project(dialect).await;
        assert_eq!(project.migrator().await.down().steps(0).await.unwrap().migrations, []);
        assert_eq!(project.tracked().await.lines().count(), 3);
    }
}

#[tokio::test]
async fn it_goes_back_to_where_it_is_told_to() {
    for dialect in BOTH {
        let project = project(dialect).await;
        let mut migrator = project.migrator().await;
        let preview = migrator.down().to("create-users").dry_run(true).await.unwrap();
        assert_eq!(project.tracked().await.lines().count(), 3);
        let report = migrator.down().to("create-users").await.unwrap();
        assert_eq!(report, preview);
        let names: Vec<&str> = report.migrations.iter().map(|one| one.entry.name.as_str()).collect();
        assert_eq!(names, ["create-posts", "add-age-to-users"]);
        assert_eq!(project.tracked().await, "create-users");
        assert_eq!(migrator.down().to(1).await.unwrap().migrations, []);
        assert_eq!(migrator.down().steps(usize::MAX).await.unwrap().migrations.len(), 1);
        assert_eq!(project.tables().await, "");
        assert_eq!(migrator.down().await.unwrap().migrations, []);
        assert!(told(migrator.down().to("nobody").await).contains("no_such_migration"));
    }
}

#[tokio::test]
async fn what_rows_would_be_lost_is_asked_with_facts() {
    for dialect in BOTH {
        let project = project(dialect).await;
        project.run("INSERT INTO users VALUES (1, 'ann', 30), (2, 'bob', NULL), (3, 'cid', NULL)").await;
        project.run("INSERT INTO posts VALUES (1, 'one')").await;
        let said = asked(&project, 3).await;
        assert_eq!(
            said,
            [
                "posts: all rows are lost (it holds 1 row)",
                "users.age: all values are lost (1 of 3 rows holds a value, such as '30')",
                "users: all rows are lost (it holds 3 rows)"
            ]
        );
        let report = project.migrator().await.down().steps(2).resolver(lenient()).await.unwrap();
        assert_eq!(report.migrations.len(), 2);
        assert_eq!(project.rows("SELECT * FROM users ORDER BY id").await, "1|ann\n2|bob\n3|cid");
    }
}

#[tokio::test]
async fn what_holds_nothing_is_not_asked_about() {
    for dialect in BOTH {
        let project = project(dialect).await;
        project.run("INSERT INTO users VALUES (1, 'ann', NULL)").await;
        assert_eq!(project.migrator().await.down().steps(2).await.unwrap().migrations.len(), 2);
    }
}

#[tokio::test]
async fn what_its_author_warns_of_is_asked_about() {
    let project = project(Dialect::Sqlite).await;
    let down = "-- Down migration for: slugs\n-- WARNING: the old slugs do not come back\n\nSELECT 1;\n";
    project.write("slugs", "UPDATE posts SET title = lower(title);\n", Some(down)).await;
    project.apply().await;
    assert_eq!(asked(&project, 1).await, ["down of `slugs`: the old slugs do not come back"]);
    let mut allow = project.builder().policy(Policy::Allow).connect().await.unwrap();
    assert_eq!(allow.down().await.unwrap().migrations.len(), 1);
}

#[tokio::test]
async fn one_without_a_way_back_stops_all_of_them() {
    for dialect in BOTH {
        let project = project(dialect).await;
        project.write("one-way", "CREATE TABLE extra (a integer);\n", None).await;
        project.write("last", "CREATE TABLE last (a integer);\n", Some("DROP TABLE last;\n")).await;
        project.apply().await;
        assert_eq!(
            told(project.migrator().await.down().steps(2).await),
            "whimbrel::history::no_way_back\n`one-way` has no way back\n\
             nothing was run; write one into `memory/meta/_down/0003_one-way.sql` and run \
             `whimbrel migrate verify --accept one-way`, or, once it is the last one applied, forget it with \
             `whimbrel migrate drop --last`"
        );
        assert_eq!(project.tracked().await.lines().count(), 5);
        assert_eq!(project.tables().await, "extra last posts users");
    }
}

#[tokio::test]
async fn a_way_back_may_stand_in_the_up_file() {
    for dialect in BOTH {
        let project = Project::new(dialect).await;
        project
            .write("inline", "CREATE TABLE a (a integer);\n-- whimbrel: down\nDROP TABLE a;\n", None)
            .await;
        assert_eq!(project.apply().await, ["inline"]);
        assert_eq!(project.tables().await, "a");
        assert_eq!(project.migrator().await.down().await.unwrap().migrations.len(), 1);
        assert_eq!(project.tables().await, "");
    }
}

#[tokio::test]
async fn a_down_file_that_was_edited_or_deleted_is_refused() {
    let path = "meta/_down/0002_create-posts.sql";
    let project = project(Dialect::Sqlite).await;
    project.edit(path, "DROP TABLE", "DROP TABLE IF EXISTS").await;
    assert_eq!(
        told(project.migrator().await.down().await),
        "\
`meta/_down/0002_create-posts.sql` was edited: it has checksum cd9b843d3817, and the journal says a5b885397840
whimbrel::history::edited_down
`meta/_down/0002_create-posts.sql` was edited: it has checksum cd9b843d3817, and the journal says a5b885397840
restore the file, or have the edit proved and recorded with `whimbrel migrate verify --accept create-posts`"
    );
    // The way there is none of its business.
    assert_eq!(project.apply().await, [""; 0]);
    project.store.delete(path).await.unwrap();
    assert_eq!(
        told(project.migrator().await.down().await),
        "\
`meta/_down/0002_create-posts.sql`, the way back of migration `create-posts`, is missing
whimbrel::history::missing_down
`meta/_down/0002_create-posts.sql`, the way back of migration `create-posts`, is missing
restore the file from version control"
    );
    assert_eq!(project.tracked().await.lines().count(), 3);
}

#[tokio::test]
async fn nothing_is_taken_back_on_which_a_migration_of_a_later_version_builds() {
    for dialect in BOTH {
        let project = project(dialect).await;
        let journal = project.text(JOURNAL);
        project.write("later", "CREATE TABLE later (a integer);\n", Some("DROP TABLE later;\n")).await;
        project.apply().await;
        project.put(JOURNAL, &journal).await;
        let tables = project.tables().await;
        let refused = told(project.migrator().await.down().to("create-users").await);
        assert!(refused.starts_with("the database has applied `later` (at "), "{refused}");
        assert_eq!(project.tables().await, tables);
        // What was applied before builds on nothing of it.
        let row = "UPDATE _whimbrel_migrations SET id = -id WHERE name = 'later'";
        project.run(row).await;
        let report = project.migrator().await.down().to("create-users").await.unwrap();
        assert_eq!(report.migrations.len(), 2);
    }
}

#[tokio::test]
async fn nothing_is_taken_back_on_which_a_part_of_a_migration_builds() {
    for dialect in BOTH {
        let project = project(dialect).await;
        let up = "-- whimbrel: no-transaction\nALTER TABLE posts ADD COLUMN b integer;\nSELECT no;\n";
        project.write("half", up, None).await;
        assert!(project.migrator().await.apply().await.is_err());
        assert_eq!(
            told(project.migrator().await.down().await),
            "migration `half` was begun (statements done: 1) and builds on what is to be taken back\n\
             whimbrel::history::begun_after\n\
             migration `half` was begun (statements done: 1) and builds on what is to be taken back\n\
             finish it first with `whimbrel migrate apply`, then take it back as well"
        );
        assert_eq!(project.tracked().await.lines().count(), 3);
    }
}

#[tokio::test]
async fn one_that_is_taken_back_in_part_is_no_ground_to_build_on() {
    for dialect in BOTH {
        let project = project(dialect).await;
        let back = "-- whimbrel: no-transaction\nDROP TABLE a;\nDROP TABLE b;\n";
        project.write("both", "CREATE TABLE a (a integer);\nCREATE TABLE b (a integer);\n", Some(back)).await;
        project.apply().await;
        project.run("ALTER TABLE b RENAME TO c").await;
        let mut migrator = project.migrator().await;
        assert!(migrator.down().resolver(lenient()).await.is_err());
        let status = project.status().await;
        let line = "0003_both: failed; statements of its way back done: 1; `down` goes on";
        assert_eq!(status.lines().last(), Some(line));
        project.write("after", "CREATE TABLE d (a integer);\n", None).await;
        assert_eq!(
            told(migrator.apply().await),
            "the way back of migration `both` was begun (statements done: 1) and has not ended\n\
             whimbrel::history::taken_back_in_part\n\
             the way back of migration `both` was begun (statements done: 1) and has not ended\n\
             finish it with `whimbrel migrate down`, then apply again"
        );
        project.run("ALTER TABLE c RENAME TO b").await;
        let report = project.migrator().await.down().resolver(lenient()).await.unwrap();
        assert_eq!(report.migrations.len(), 1);
        assert_eq!(project.apply().await, ["both", "after"]);
    }
}

#[tokio::test]
async fn where_nobody_can_tell_what_has_run_a_person_says_so() {
    let project = Project::new(Dialect::Postgres).await;
    let back = "-- whimbrel: no-transaction\nDROP TABLE a;\nDO 'BEGIN DROP TABLE b; END';\n";
    project.write("both", "CREATE TABLE a (a integer);\nCREATE TABLE b (a integer);\n", Some(back)).await;
    project.apply().await;
    project.run("ALTER TABLE b RENAME TO c").await;
    assert!(project.migrator().await.down().resolver(lenient()).await.is_err());
    // As a process leaves it that is killed.
    project.run("UPDATE _whimbrel_migrations_progress SET state = 'started'").await;
    let refused = told(project.migrator().await.down().resolver(lenient()).await);
    assert!(
        refused.contains("go on with `--resume-at both:3`, if not, with `--resume-at both:2`"),
        "{refused}"
    );
    let place = |statement| ResumeAt { migration: "0000_both".to_owned(), statement };
    let mut migrator = project.migrator().await;
    assert!(migrator.down().resume_at(place(2)).resolver(lenient()).await.is_err());
    let report = migrator.down().resume_at(place(3)).resolver(lenient()).await.unwrap();
    assert_eq!(report.migrations.len(), 1);
    assert_eq!((project.tracked().await.as_str(), project.tables().await.as_str()), ("", "c"));
}

#[tokio::test]
async fn a_failure_keeps_what_was_taken_back_before() {
    for dialect in BOTH {
        let project = Project::new(dialect).await;
        project.write("one", "CREATE TABLE one (a integer);\n", Some("DROP TABLE nothing;\n")).await;
        project.write("two", "CREATE TABLE two (a integer);\n", Some("DROP TABLE two;\n")).await;
        project.apply().await;
        let failed = told(project.migrator().await.down().steps(2).resolver(lenient()).await);
        assert_eq!(failed, "\
whimbrel::apply::statement
statement 1 of 1 of `one` failed, at line 1 of `memory/meta/_down/0000_one.sql`
this run keeps `two`; put right the rows that it met, or the file (`whimbrel migrate verify --accept one` records the edit), then run the command again");
        assert_eq!((project.tables().await, project.tracked().await), ("one".to_owned(), "one".to_owned()));
    }
}

#[tokio::test]
async fn a_rebuild_on_the_way_back_keeps_every_row() {
    let one = "CREATE TABLE users (id integer PRIMARY KEY, name text CHECK (name <> ''));\n\
               CREATE TABLE posts (id integer PRIMARY KEY, author integer REFERENCES users (id) ON DELETE CASCADE);";
    let two = one.replace(" CHECK (name <> '')", "");
    let project = Project::applied(Dialect::Sqlite, &[one, &two]).await;
    project.run("INSERT INTO users VALUES (1, 'ann')").await;
    project.run("INSERT INTO posts VALUES (7, 1)").await;
    assert_eq!(project.migrator().await.down().await.unwrap().migrations.len(), 1);
    assert_eq!(
        project.rows("SELECT name, posts.id FROM users JOIN posts ON author = users.id").await,
        "ann|7"
    );
}
