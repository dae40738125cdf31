//! `push` on real SQLite files, through the library.

use std::path::PathBuf;
use std::time::Duration;

use miette::Diagnostic as _;
use whimbrel::core::diff::{Rename, Renames};
use whimbrel::core::plan::Proof;
use whimbrel::core::resolve::{
    Answer, LossKind, Policy, Question, RenameKind, always_add_drop, always_rename, from_fn, lenient,
    reject_all,
};
use whimbrel::db::{Access, ConnectOptions, DatabaseUrl, Missing, connect};
use whimbrel::{Error, Migrator, PushObserver, PushPlan, PushReport, Source};

/// A database file of its own, and how to look into it.
struct Db {
    folder: tempfile::TempDir,
}

impl Db {
    async fn new(setup: &str) -> Self {
        let db = Self { folder: tempfile::tempdir().unwrap() };
        db.run(setup).await;
        db
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("app.db")
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }

    async fn run(&self, script: &str) {
        let url = self.url().parse::<DatabaseUrl>().unwrap();
        let options = ConnectOptions { missing: Missing::Create, ..ConnectOptions::default() };
        let mut connection = connect(&url, &options).await.unwrap();
        for statement in whimbrel::core::sql::split(script, connection.server().dialect.lexicon()) {
            connection.execute(statement.text).await.unwrap();
        }
        connection.close().await.unwrap();
    }

    /// All rows of a query, `|` between values and a line a row.
    async fn rows(&self, sql: &str) -> String {
        let url = self.url().parse::<DatabaseUrl>().unwrap();
        let mut connection = connect(&url, &ConnectOptions::default()).await.unwrap();
        let rows = connection.query(sql).await.unwrap();
        let text = |row: &whimbrel::db::Row| row.0.iter().map(show).collect::<Vec<_>>().join("|");
        rows.iter().map(text).collect::<Vec<_>>().join("\n")
    }

    async fn schema(&self) -> String {
        self.rows("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").await
    }

    async fn migrator(&self, schema: &str) -> Migrator {
        let source = Source::sql("schema.sql", schema);
        Migrator::builder(&self.url()).unwrap().source(source).connect().await.unwrap()
    }

    async fn push(&self, schema: &str) -> Result<PushReport, Error> {
        self.migrator(schema).await.push().await
    }
}

fn show(value: &whimbrel::db::Value) -> String {
    match value {
        whimbrel::db::Value::Null => "NULL".into(),
        whimbrel::db::Value::Integer(number) => number.to_string(),
        whimbrel::db::Value::Real(number) => number.to_string(),
        whimbrel::db::Value::Text(text) => text.clone(),
        whimbrel::db::Value::Blob(bytes) => format!("{bytes:?}"),
    }
}

fn unanswered(result: Result<PushReport, Error>) -> Vec<Question> {
    match result {
        Err(Error::Unanswered { questions }) => questions,
        other => panic!("expected open questions, got {other:?}"),
    }
}

const USERS: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);
    INSERT INTO users VALUES (1, 'ann'), (2, NULL), (3, 'bob');";

#[tokio::test]
async fn creates_what_is_missing_and_is_in_sync_the_second_time() {
    let db = Db::new("").await;
    let schema = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
        CREATE INDEX users_name ON users (name);
        CREATE VIEW names AS SELECT name FROM users;";
    let report = db.push(schema).await.unwrap();
    assert!(report.applied);
    assert_eq!(report.proof, Proof::Exact);
    let report = db.push(schema).await.unwrap();
    assert!(report.changes.is_empty() && !report.applied, "{report:?}");
}

#[tokio::test]
async fn a_rename_is_asked_about_and_keeps_its_rows() {
    let db = Db::new(USERS).await;
    let schema = "CREATE TABLE users (id INTEGER PRIMARY KEY, nickname TEXT);";
    let questions = unanswered(db.push(schema).await);
    let Question::Rename(question) = &questions[0] else { panic!("{questions:?}") };
    assert_eq!((question.kind, question.gained.name.as_str()), (RenameKind::Column, "nickname"));
    assert_eq!(question.candidates[0].name.name, "nick");

    let report = db.migrator(schema).await.push().resolver(always_rename()).await.unwrap();
    assert!(report.applied);
    assert_eq!(db.rows("SELECT id, nickname FROM users").await, "1|ann\n2|NULL\n3|bob");
    assert!(db.push(schema).await.unwrap().changes.is_empty());
}

#[tokio::test]
async fn a_hint_in_the_source_answers_a_rename_and_is_inert_afterwards() {
    let db = Db::new(USERS).await;
    let schema = "CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        -- whimbrel: renamed-from nick
        nickname TEXT
    );";
    assert!(db.push(schema).await.unwrap().applied);
    assert_eq!(db.rows("SELECT nickname FROM users WHERE id = 3").await, "bob");
    assert!(db.push(schema).await.unwrap().changes.is_empty());
}

#[tokio::test]
async fn a_stated_rename_that_does_not_fit_is_an_error() {
    let db = Db::new(USERS).await;
    let mut migrator = db.migrator("CREATE TABLE users (id INTEGER PRIMARY KEY, nickname TEXT);").await;
    let rename = Rename {
        kind: RenameKind::Column,
        parent: Some("users".into()),
        from: "nik".into(),
        to: "nickname".into(),
    };
    let renames = Renames { renamed: vec![rename], ..Renames::default() };
    let error = migrator.push().renames(renames).await.unwrap_err();
    assert!(matches!(error, Error::Renames { .. }), "{error:?}");
    assert!(error.to_string().contains("nik"), "{error}");
}

#[tokio::test]
async fn dropping_what_holds_rows_is_asked_about_with_the_facts() {
    let db = Db::new(USERS).await;
    let schema = "CREATE TABLE users (id INTEGER PRIMARY KEY);";
    let questions = unanswered(db.push(schema).await);
    let Question::Loss(question) = &questions[0] else { panic!("{questions:?}") };
    assert_eq!(question.loss.kind, LossKind::DropColumn { column: "nick".into() });
    let facts = question.facts.as_ref().unwrap();
    assert_eq!((facts.affected, facts.total), (2, Some(3)));
    assert_eq!(db.rows("SELECT nick FROM users WHERE id = 1").await, "ann", "nothing may have happened");

    let report = db.migrator(schema).await.push().resolver(lenient()).await.unwrap();
    assert_eq!((report.applied, report.proof), (true, Proof::Lossy));
    assert_eq!(db.rows("SELECT * FROM users").await, "1\n2\n3");
}

#[tokio::test]
async fn dropping_what_is_empty_loses_nothing_and_is_not_asked_about() {
    let db = Db::new("CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT); CREATE TABLE old (a);").await;
    assert!(db.push("CREATE TABLE users (id INTEGER PRIMARY KEY);").await.unwrap().applied);
}

#[tokio::test]
async fn an_empty_source_asks_before_it_drops_even_empty_tables() {
    let db = Db::new("CREATE TABLE users (id INTEGER PRIMARY KEY);").await;
    assert_eq!(unanswered(db.push("-- nothing yet\n").await).len(), 1);
    assert!(db.schema().await.contains("users"));
    assert!(db.migrator("").await.push().resolver(lenient()).await.unwrap().applied);
    assert_eq!(db.schema().await, "");
}

#[tokio::test]
async fn rows_that_break_a_new_constraint_are_named_and_nothing_is_done() {
    let setup = "CREATE TABLE teams (id INTEGER PRIMARY KEY);
        CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, age INTEGER, team INTEGER);
        INSERT INTO users VALUES (1, 'a@x', -1, 7), (2, 'a@x', 3, NULL), (3, NULL, 4, NULL);";
    let column = |email: &str, age: &str, team: &str| {
        format!(
            "CREATE TABLE teams (id INTEGER PRIMARY KEY);
             CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT {email}, age INTEGER {age}, team INTEGER {team});"
        )
    };
    let cases = [
        (column("UNIQUE", "", ""), 2),
        (column("NOT NULL", "", ""), 1),
        (column("", "CHECK (age >= 0)", ""), 1),
        (column("", "", "REFERENCES teams (id)"), 1),
    ];
    for (schema, affected) in cases {
        let db = Db::new(setup).await;
        let before = db.schema().await;
        // Not even a resolver that accepts everything gets past rows that stand in the way.
        let questions = unanswered(db.migrator(&schema).await.push().resolver(lenient()).await);
        let [Question::Loss(question)] = questions.as_slice() else { panic!("{schema}: {questions:?}") };
        assert_eq!(question.facts.as_ref().unwrap().affected, affected, "{schema}");
        assert_eq!(db.schema().await, before, "{schema}");
    }
}

#[tokio::test]
async fn not_null_with_a_default_fills_the_nulls_once_accepted() {
    let db = Db::new(USERS).await;
    let schema = "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT NOT NULL DEFAULT 'none');";
    assert_eq!(unanswered(db.push(schema).await).len(), 1);
    assert!(db.migrator(schema).await.push().resolver(lenient()).await.unwrap().applied);
    assert_eq!(db.rows("SELECT nick FROM users").await, "ann\nnone\nbob");
}

#[tokio::test]
async fn a_rejection_ends_the_push() {
    let db = Db::new(USERS).await;
    let mut migrator = db.migrator("CREATE TABLE users (id INTEGER PRIMARY KEY, nickname TEXT);").await;
    let error = migrator.push().resolver(reject_all()).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { .. }), "{error:?}");
}

#[tokio::test]
async fn a_rename_and_a_loss_are_asked_about_in_that_order() {
    let db = Db::new("CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT, age TEXT); INSERT INTO users VALUES (1, 'ann', '7');").await;
    let mut asked = Vec::new();
    let resolver = from_fn(|question| {
        asked.push(question.headline());
        Some(match question {
            Question::Rename(rename) => Answer::RenamedFrom(rename.candidates[0].name.clone()),
            Question::Loss(_) | Question::Down(_) => Answer::Accept,
        })
    });
    let mut migrator = db.migrator("CREATE TABLE users (id INTEGER PRIMARY KEY, nickname TEXT);").await;
    migrator.push().resolver(resolver).await.unwrap();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(db.rows("SELECT * FROM users").await, "1|ann");
}

#[tokio::test]
async fn the_additive_policy_refuses_all_but_additions() {
    let db = Db::new(USERS).await;
    let build = |schema: &str, policy| {
        let source = Source::sql("schema.sql", schema);
        Migrator::builder(&db.url()).unwrap().source(source).policy(policy).connect()
    };
    let more = "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT, age INTEGER);";
    assert!(build(more, Policy::Additive).await.unwrap().push().await.unwrap().applied);
    let less = "CREATE TABLE users (id INTEGER PRIMARY KEY);";
    let error =
        build(less, Policy::Additive).await.unwrap().push().resolver(always_add_drop()).await.unwrap_err();
    let Error::Policy { violations, .. } = error else { panic!("{error:?}") };
    assert_eq!(violations, ["drops column `users.age`", "drops column `users.nick`"]);
    assert!(build(less, Policy::Allow).await.unwrap().push().await.unwrap().applied);
}

#[tokio::test]
async fn a_dry_run_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("new.db").display());
    let options =
        ConnectOptions { access: Access::ReadOnly, missing: Missing::Create, ..ConnectOptions::default() };
    let source = Source::sql("schema.sql", "CREATE TABLE t (a);");
    let builder = Migrator::builder(&url).unwrap().source(source).connect_options(options);
    let report = builder.connect().await.unwrap().push().dry_run(true).await.unwrap();
    assert_eq!((report.changes.len(), report.applied), (1, false));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_forced_reset_starts_over() {
    let db = Db::new(USERS).await;
    let schema = "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT);";
    assert_eq!(unanswered(db.migrator(schema).await.push().force_reset(true).await).len(), 1);
    let report = db.migrator(schema).await.push().force_reset(true).resolver(lenient()).await.unwrap();
    assert!(report.applied);
    assert_eq!(db.rows("SELECT count(*) FROM users").await, "0");
}

/// Changes the database behind the back of the first plan.
struct Meddler {
    path: PathBuf,
    script: Option<&'static str>,
    plans: u32,
}

impl PushObserver for &mut Meddler {
    fn planned(&mut self, _: &PushPlan) {
        self.plans += 1;
    }
    fn confirm(&mut self, _: &PushPlan) -> bool {
        if let Some(script) = self.script.take() {
            rusqlite::Connection::open(&self.path).unwrap().execute_batch(script).unwrap();
        }
        true
    }

    fn step_started(&mut self, _: usize, _: usize, _: &whimbrel::core::plan::Step) {}
    fn step_finished(&mut self, _: Duration) {}
    fn replanning(&mut self) {}
}

#[tokio::test]
async fn a_schema_that_moved_is_planned_for_anew() {
    let db = Db::new(USERS).await;
    let schema =
        "CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT); CREATE TABLE a (x); CREATE TABLE b (x);";
    let mut meddler = Meddler { path: db.path(), script: Some("CREATE TABLE a (x)"), plans: 0 };
    let report = db.migrator(schema).await.push().observer(&mut meddler).await.unwrap();
    assert_eq!((meddler.plans, report.changes.len()), (2, 1));
    assert!(db.push(schema).await.unwrap().changes.is_empty());
}

#[tokio::test]
async fn rows_that_came_meanwhile_are_not_lost_unasked() {
    let db = Db::new("CREATE TABLE users (id INTEGER PRIMARY KEY, nick TEXT)").await;
    let script = Some("INSERT INTO users VALUES (1, 'late')");
    let mut meddler = Meddler { path: db.path(), script, plans: 0 };
    let mut migrator = db.migrator("CREATE TABLE users (id INTEGER PRIMARY KEY);").await;
    assert_eq!(unanswered(migrator.push().observer(&mut meddler).await).len(), 1);
    assert_eq!(db.rows("SELECT nick FROM users").await, "late");
}

#[tokio::test]
async fn of_many_pushes_at_once_one_acts_and_the_rest_find_nothing_to_do() {
    let db = Db::new("").await;
    let schema = "CREATE TABLE a (x); CREATE TABLE b (x); CREATE INDEX b_x ON b (x);";
    let pushes = (0..8).map(|_| {
        let builder = Migrator::builder(&db.url()).unwrap().source(Source::sql("schema.sql", schema));
        tokio::spawn(async move { builder.connect().await.unwrap().push().await.unwrap().applied })
    });
    let mut applied = 0;
    for push in pushes.collect::<Vec<_>>() {
        applied += usize::from(push.await.unwrap());
    }
    assert_eq!(applied, 1);
}

#[tokio::test]
async fn a_refused_statement_is_shown_where_it_stands() {
    let db = Db::new("").await;
    let error = db.push("CREATE TABLE a (x);\n\nCREATE INDEX i ON\n  b (x);\n").await.unwrap_err();
    let Error::Source(whimbrel::SourceError::Statement(problem)) = error else { panic!("{error:?}") };
    assert_eq!(problem.to_string(), "schema.sql:3:1: no such table: main.b");
    assert!(!db.path().exists());
}

#[tokio::test]
async fn a_word_that_the_engine_names_is_underlined_whatever_stands_before_it() {
    let db = Db::new("").await;
    let schema = "-- Größen\nCREATE TABLE größen (\n\t\"ä\" TEXT DEFAULT ('ß'), b TEXT NOT NUL\n);";
    let error = db.push(schema).await.unwrap_err();
    let Error::Source(whimbrel::SourceError::Statement(problem)) = error else { panic!("{error:?}") };
    assert_eq!(problem.to_string(), "schema.sql:3:37: near \"NUL\": syntax error");
    let label = problem.labels().unwrap().next().unwrap();
    assert_eq!(&schema[label.offset()..label.offset() + label.len()], "NUL");
}

#[tokio::test]
async fn what_inspect_prints_gives_the_same_schema_in_an_empty_database() {
    let schema = "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
        CREATE TABLE users (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            team INTEGER REFERENCES teams ON DELETE CASCADE,
            email TEXT COLLATE NOCASE CHECK (email LIKE '%@%'),
            shout TEXT AS (upper(email)) STORED,
            CONSTRAINT one_email UNIQUE (team, email)
        );
        CREATE UNIQUE INDEX users_lower ON users (lower(email) DESC) WHERE team IS NOT NULL;
        CREATE VIEW emails AS SELECT email FROM users;
        CREATE TRIGGER touch AFTER UPDATE ON users BEGIN DELETE FROM teams WHERE id = old.team; END;
        CREATE VIRTUAL TABLE search USING fts5(email);";
    let first = Db::new("").await;
    first.push(schema).await.unwrap();
    let inspection = first.migrator("").await.inspect().await.unwrap();
    let sql = inspection.to_sql().unwrap();

    let second = Db::new("").await;
    second.push(&sql).await.unwrap();
    assert!(second.push(schema).await.unwrap().changes.is_empty());
    assert_eq!(second.migrator("").await.inspect().await.unwrap().to_sql().unwrap(), sql);

    let source = Source::snapshot(inspection.to_snapshot());
    let builder = Migrator::builder(&second.url()).unwrap().source(source);
    assert!(builder.connect().await.unwrap().push().await.unwrap().changes.is_empty());
}

#[tokio::test]
async fn the_cache_spares_the_scratch_database_and_changes_nothing() {
    let db = Db::new("").await;
    let cache = tempfile::tempdir().unwrap();
    let push = |schema: &str| {
        let source = Source::sql("schema.sql", schema);
        Migrator::builder(&db.url()).unwrap().source(source).cache(cache.path()).connect()
    };
    let schema = "CREATE TABLE a (x, -- whimbrel: not a hint\n y);".replace("whimbrel: ", "");
    push(&schema).await.unwrap().push().await.unwrap();
    assert_eq!(std::fs::read_dir(cache.path()).unwrap().count(), 1);
    for _ in 0..2 {
        assert!(push(&schema).await.unwrap().push().await.unwrap().changes.is_empty());
        let kept = std::fs::read_dir(cache.path()).unwrap().count();
        assert_eq!(kept, 2, "the schema, and that the database is in sync with it");
    }
    assert_eq!(
        push("CREATE TABLE a (x);").await.unwrap().push().dry_run(true).await.unwrap().changes.len(),
        1
    );
    db.run("ALTER TABLE a ADD COLUMN z").await;
    assert_eq!(push(&schema).await.unwrap().push().dry_run(true).await.unwrap().changes.len(), 1);
}
