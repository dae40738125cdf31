//! `rebase`: after a merge, and where pending migrations are out of order.

use std::collections::{BTreeMap, BTreeSet};

use whimbrel::Keep;
use whimbrel::core::dialect::Dialect;
use whimbrel::core::plan::Proof;

use crate::project::{AGED, BOTH, JOURNAL, POSTS, Project, SNAPSHOT, USERS, names, told};

/// What `git merge` makes of one file, as git does where both sides changed all
/// lines from the first that differs to the last.
fn merged(base: Option<&str>, ours: &str, theirs: &str) -> String {
    if ours == theirs || base == Some(theirs) {
        return ours.to_owned();
    }
    if base == Some(ours) {
        return theirs.to_owned();
    }
    let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    let (ours, theirs) = (lines(ours), lines(theirs));
    let head = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    let most = ours.len().min(theirs.len()) - head;
    let tail = ours.iter().rev().zip(theirs.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let part = |lines: &[String]| {
        let text = lines[head..lines.len() - tail].concat();
        if text.is_empty() || text.ends_with('\n') { text } else { text + "\n" }
    };
    format!(
        "{}<<<<<<< HEAD\n{}=======\n{}>>>>>>> theirs\n{}",
        ours[..head].concat(),
        part(&ours),
        part(&theirs),
        ours[ours.len() - tail..].concat()
    )
}

/// A base that is applied everywhere; on it, a branch of ours and one of theirs,
/// merged in our folder. Returns ours, and theirs as it was.
async fn merge(dialect: Dialect, ours: &[&str], theirs: &[&str]) -> (Project, Project) {
    let base = Project::applied(dialect, &[USERS]).await;
    let (mine, mut other) = (Project::new(dialect).await, Project::new(dialect).await);
    // They were made apart, and so not at the same time.
    other.now += 1;
    let texts = base.store.texts();
    for (path, text) in &texts {
        mine.put(path, text).await;
        other.put(path, text).await;
    }
    for schema in ours {
        mine.generate(schema).await;
    }
    for schema in theirs {
        other.generate(schema).await;
    }
    let (here, there) = (mine.store.texts(), other.store.texts());
    let paths: BTreeSet<&String> = here.keys().chain(there.keys()).collect();
    for path in paths {
        let base = texts.get(path).map(String::as_str);
        let text = match (here.get(path), there.get(path)) {
            (Some(ours), Some(theirs)) => merged(base, ours, theirs),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => continue,
        };
        mine.put(path, &text).await;
    }
    (mine, other)
}

/// The files of migrations and their ways back.
fn files(project: &Project) -> BTreeMap<String, String> {
    let mut texts = project.store.texts();
    texts.retain(|path, _| path.ends_with(".sql"));
    texts
}

const TAGS: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text);\n\
                    CREATE TABLE tags (id integer PRIMARY KEY);";
const BOTH_SIDES: &str = "CREATE TABLE users (id integer PRIMARY KEY, name text, age integer);\n\
                          CREATE TABLE posts (id integer PRIMARY KEY, title text);\n\
                          CREATE TABLE tags (id integer PRIMARY KEY);";

#[tokio::test]
async fn ours_come_after_theirs() {
    for dialect in BOTH {
        let (mine, theirs) = merge(dialect, &[AGED, POSTS], &[TAGS]).await;
        for file in [JOURNAL, SNAPSHOT] {
            assert!(mine.text(file).contains("<<<<<<<"), "{}", mine.text(file));
        }
        assert_eq!(
            told(mine.migrator().await.apply().await),
            "\
whimbrel::journal::conflict
`memory/meta/_journal.json` holds the conflict markers of a merge (line 23)
run `whimbrel migrate rebase`: it puts your migrations after theirs"
        );
        let before = mine.store.texts();
        let preview = mine.migrator().await.rebase().dry_run(true).await.unwrap();
        assert_eq!(mine.store.texts(), before);
        let report = mine.migrator().await.rebase().await.unwrap();
        assert_eq!((report.moved.clone(), report.written, preview.written), (preview.moved, true, false));
        let moved: Vec<_> =
            report.moved.iter().map(|(from, to)| (from.file_name(), to.file_name())).collect();
        assert_eq!(
            moved,
            [
                ("0001_add-age-to-users.sql".to_owned(), "0002_add-age-to-users.sql".to_owned()),
                ("0002_create-posts.sql".to_owned(), "0003_create-posts.sql".to_owned())
            ]
        );
        assert_eq!(
            names(&mine.journal().entries),
            ["create-users", "create-tags", "add-age-to-users", "create-posts"]
        );
        assert!(mine.journal().entries.iter().all(|entry| entry.proof == Some(Proof::Exact)));
        for (path, text) in files(&theirs) {
            assert_eq!(mine.text(&path), text, "what is theirs is as it was");
        }
        assert_eq!(files(&mine).len(), 8);
        assert!(mine.towards(BOTH_SIDES).await.generate().await.unwrap().migrations.is_empty());
        assert!(mine.migrator().await.verify().await.unwrap().is_fine());
        assert_eq!(mine.apply().await.len(), 4);
        // Where theirs are applied already, ours are what is pending.
        theirs.apply().await;
        for (path, text) in mine.store.texts() {
            theirs.put(&path, &text).await;
        }
        assert_eq!(theirs.apply().await, ["add-age-to-users", "create-posts"]);
        assert_eq!(mine.migrator().await.rebase().await.unwrap().rebased, []);
    }
}

#[tokio::test]
async fn migrations_of_one_name_are_told_apart() {
    let mine = "CREATE TABLE users (id integer PRIMARY KEY, name text);\nCREATE TABLE tags (a integer);";
    let (project, _) = merge(Dialect::Sqlite, &[mine], &[TAGS]).await;
    assert!(project.text("0001_create-tags.sql").contains("<<<<<<<"));
    // Both make the same table: ours cannot come after theirs.
    assert_eq!(told(project.migrator().await.rebase().await), "\
whimbrel::rebase::replay
`memory/0001_create-tags.sql` does not run after the migrations that keep their place: line 5: table \"tags\" already exists
nothing was written; let the other side stand alone (`git checkout --theirs -- memory`), and write the migration anew with `whimbrel migrate generate` or `whimbrel migrate create`");

    let named = async |schema: &str, later: i64| {
        let mut project = Project::generated(Dialect::Sqlite, &[USERS]).await;
        project.now += later;
        project.towards(schema).await.generate().name("more").await.unwrap();
        project
    };
    let (ours, theirs) = (named(AGED, 0).await, named(TAGS, 1).await);
    let base = Project::generated(Dialect::Sqlite, &[USERS]).await.store.texts();
    let (here, there) = (ours.store.texts(), theirs.store.texts());
    for (path, text) in &here {
        let text = merged(base.get(path).map(String::as_str), text, &there[path]);
        ours.put(path, &text).await;
    }
    // Settled by hand, the file would lose the statements of ours: nothing is written.
    let conflict = ours.text("0001_more.sql");
    ours.put("0001_more.sql", &there["0001_more.sql"]).await;
    let before = ours.store.texts();
    assert_eq!(
        told(ours.migrator().await.rebase().await),
        "\
whimbrel::history::edited
the files of `more-2` are not what the journal says
nothing was written; restore them, or record the edit with `whimbrel migrate verify --accept more-2`"
    );
    assert_eq!(ours.store.texts(), before);
    ours.put("0001_more.sql", &conflict).await;

    let report = ours.migrator().await.rebase().await.unwrap();
    assert_eq!(names(&report.rebased), ["more-2"]);
    assert_eq!(ours.text("0001_more.sql"), there["0001_more.sql"]);
    assert_eq!(
        ours.text("0002_more-2.sql"),
        "\
-- Migration: more-2
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 83d1b8d66bf11889dffc5eb7bcb4e8155b4a8eaf14d56c6ffc4ceefeeb707f4a

ALTER TABLE \"users\" ADD COLUMN \"age\" integer;
"
    );
    assert_eq!(ours.apply().await, ["create-users", "more", "more-2"]);
    assert_eq!(ours.migrator().await.down().steps(2).await.unwrap().migrations.len(), 2);
}

#[tokio::test]
async fn what_is_applied_here_stays_where_it_is() {
    let (mine, _) = merge(Dialect::Sqlite, &[AGED], &[TAGS]).await;
    // Ours was applied here before the merge.
    let merged = mine.store.clone();
    let store = Project::generated(Dialect::Sqlite, &[USERS, AGED]).await.store;
    let ours = Project { store, ..mine };
    assert_eq!(ours.apply().await.len(), 2);
    let mine = Project { store: merged, ..ours };
    let before = mine.store.texts();
    assert_eq!(
        told(mine.migrator().await.rebase().await),
        "\
whimbrel::rebase::applied
the database has applied `add-age-to-users`, and not `create-tags`, which would come before it
nothing was written; let the others come last, with `whimbrel migrate rebase --keep ours`"
    );
    assert_eq!(mine.store.texts(), before);

    let report = mine.migrator().await.rebase().keep(Keep::Ours).await.unwrap();
    assert_eq!(names(&report.rebased), ["create-tags"]);
    assert_eq!(names(&mine.journal().entries), ["create-users", "add-age-to-users", "create-tags"]);
    assert_eq!(mine.apply().await, ["create-tags"]);
}

#[tokio::test]
async fn what_does_not_fit_on_theirs_is_shown_and_nothing_is_written() {
    let dropped = "CREATE TABLE people (id integer PRIMARY KEY, name text);";
    let (mine, _) = merge(Dialect::Sqlite, &[AGED], &[dropped]).await;
    let before = mine.store.texts();
    assert_eq!(told(mine.migrator().await.rebase().await), "\
whimbrel::rebase::replay
`memory/0001_add-age-to-users.sql` does not run after the migrations that keep their place: line 5: no such table: users
nothing was written; let the other side stand alone (`git checkout --theirs -- memory`), delete `memory/0001_add-age-to-users.sql`, and write the migration anew with `whimbrel migrate generate` or `whimbrel migrate create`");
    assert_eq!(mine.store.texts(), before);
}

#[tokio::test]
async fn one_that_cannot_come_last_without_a_merge_is_told_as_it_is_on_disk() {
    let project = Project::generated(Dialect::Sqlite, &[USERS]).await;
    project.write("late", "CREATE TABLE late (a integer);\n", Some("DROP TABLE late;\n")).await;
    project.write("early", "DROP TABLE users;\nCREATE TABLE late (b text);\n", None).await;
    project.run("CREATE TABLE users (id integer)").await;
    project.run("CREATE TABLE _whimbrel_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, checksum TEXT, \
                 applied_at TEXT DEFAULT 'then')").await;
    for entry in [0, 2].map(|at: usize| project.journal().entries[at].clone()) {
        let row = format!("('{}', '{}')", entry.name, entry.checksum);
        project.run(&format!("INSERT INTO _whimbrel_migrations (name, checksum) VALUES {row}")).await;
    }
    assert_eq!(told(project.migrator().await.rebase().await), "\
whimbrel::rebase::replay
`memory/0001_late.sql` does not run after the migrations that keep their place: line 1: table late already exists
nothing was written; take `late` out of `memory/meta/_journal.json`, delete `memory/0001_late.sql`, and write the migration anew with `whimbrel migrate generate` or `whimbrel migrate create`");
}

#[tokio::test]
async fn pending_ones_that_are_out_of_order_come_last() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS]).await;
        project.write("late", "CREATE TABLE late (a integer);\n", Some("DROP TABLE late;\n")).await;
        project.write("early", "CREATE TABLE early (a integer);\n", Some("DROP TABLE early;\n")).await;
        project.apply().await;
        project.run("DROP TABLE late").await;
        project.run("DELETE FROM _whimbrel_migrations WHERE name = 'late'").await;
        let report = project.migrator().await.rebase().await.unwrap();
        assert_eq!(names(&report.rebased), ["late"]);
        assert_eq!(names(&project.journal().entries), ["create-users", "early", "late"]);
        assert_eq!(project.apply().await, ["late"]);
        assert_eq!(project.tables().await, "early late users");
    }
}

#[tokio::test]
async fn where_all_is_in_order_nothing_is_done() {
    let project = Project::applied(Dialect::Sqlite, &[USERS, AGED]).await;
    let before = project.store.texts();
    let report = project.migrator().await.rebase().await.unwrap();
    assert_eq!((report.moved.len(), report.rebased.len(), report.written), (0, 0, false));
    assert_eq!(project.store.texts(), before);
    let empty = Project::new(Dialect::Sqlite).await;
    assert!(!empty.migrator().await.rebase().await.unwrap().written);
}
