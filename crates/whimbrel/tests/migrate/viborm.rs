//! A project of VibORM taken over as it is: its folder, and its tracking table.

use whimbrel::Migrator;
use whimbrel::core::dialect::Dialect;
use whimbrel::core::history::{Entry, Journal};
use whimbrel::core::resolve::lenient;

use crate::project::{BOTH, JOURNAL, Project, names};

/// 2026-01-31 10:20:30.123 UTC; drafts were made up to two milliseconds earlier.
const WHEN: i64 = 1_769_854_830_123;

const TABLE: &str = "_viborm_migrations";

/// A migration as VibORM writes it: named as the person gave the name in the
/// draft that its checksum is of, and as the file is called in the file.
struct Theirs {
    given: &'static str,
    name: &'static str,
    /// Of the draft: with the name as it was given, and a little earlier.
    checksum: &'static str,
    up: &'static str,
    down: &'static str,
}

const MIGRATIONS: [Theirs; 3] = [
    Theirs {
        given: "Add Users!",
        name: "add-users",
        // Of the draft of 2026-01-31T10:20:30.121Z.
        checksum: "39a139cbfea1407e83b4f374970160316952ac9c7a4de8b45605422125793f45",
        up: "CREATE TABLE \"users\" (\n  \"id\" integer NOT NULL,\n  PRIMARY KEY (\"id\")\n);",
        down: "DROP TABLE \"users\";",
    },
    Theirs {
        given: "create-posts",
        name: "create-posts",
        // Of the draft of 2026-01-31T10:20:30.123Z.
        checksum: "07a1b14a807cfd645e38acfd64f84c4207189263c9cbc0d06c3905e82e5fcdca",
        up: "CREATE TABLE \"posts\" (\n  \"id\" integer NOT NULL,\n  PRIMARY KEY (\"id\")\n);\n\
             --> statement-breakpoint\nCREATE INDEX \"posts_id\" ON \"posts\" (\"id\");",
        down: "DROP INDEX \"posts_id\";\n--> statement-breakpoint\nDROP TABLE \"posts\";",
    },
    Theirs {
        given: "tags",
        name: "tags",
        // Of the draft of 2026-01-31T10:20:30.122Z.
        checksum: "8b8a257510e2336c29c0e203ebc4e956120e910b2b95840bc2cbef52e871bec8",
        up: "CREATE TABLE \"tags\" (\n  \"id\" integer NOT NULL,\n  PRIMARY KEY (\"id\")\n);",
        down: "DROP TABLE \"tags\";",
    },
];

impl Theirs {
    fn up_file(&self) -> String {
        let (name, checksum, up) = (self.name, self.checksum, self.up);
        format!(
            "-- Migration: {name}\n-- Generated: 2026-01-31T10:20:30.123Z\n-- Checksum: {checksum}\n\n{up}\n"
        )
    }

    fn down_file(&self) -> String {
        format!("-- Down migration for: {}\n\n{}\n", self.given, self.down)
    }
}

/// The folder with all three migrations, and a database in which VibORM applied
/// the first two.
async fn project(dialect: Dialect) -> Project {
    let project = Project::new(dialect).await;
    let mut journal = Journal::new(dialect);
    for (idx, one) in (0..).zip(&MIGRATIONS) {
        // VibORM writes the time of its machine there, wherever that is.
        let version = "20260131112030".to_owned();
        let entry = Entry { version, ..Entry::new(idx, one.name, WHEN, one.checksum.parse().unwrap()) };
        project.put(&entry.path(), &one.up_file()).await;
        project.put(&entry.down_path(), &one.down_file()).await;
        journal.entries.push(entry);
    }
    project.put(JOURNAL, &journal.to_json()).await;
    project.put("meta/_snapshot.json", "{\n  \"tables\": []\n}").await;

    let columns = match dialect {
        Dialect::Sqlite => {
            "id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, checksum TEXT NOT NULL, \
             applied_at TEXT DEFAULT (datetime('now'))"
        }
        Dialect::Postgres => {
            "id SERIAL PRIMARY KEY, name VARCHAR(255) NOT NULL UNIQUE, checksum VARCHAR(64) NOT NULL, \
             applied_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP"
        }
    };
    project.run(&format!("CREATE TABLE {TABLE} ({columns})")).await;
    for one in &MIGRATIONS[..2] {
        for statement in one.up.split("--> statement-breakpoint") {
            project.run(statement).await;
        }
        let values = format!("('{}', '{}')", one.name, one.checksum);
        project.run(&format!("INSERT INTO {TABLE} (name, checksum) VALUES {values}")).await;
    }
    project
}

async fn migrator(project: &Project) -> Migrator {
    project.builder().table_name(TABLE).connect().await.unwrap()
}

async fn tracked(project: &Project) -> String {
    project.rows(&format!("SELECT name FROM {TABLE} ORDER BY id")).await
}

#[tokio::test]
async fn it_is_clean_as_it_is() {
    for dialect in BOTH {
        let project = project(dialect).await;
        let before = project.store.texts();
        let status = migrator(&project).await.status().await.unwrap();
        let states: Vec<_> = status.migrations.iter().map(|one| one.state.name()).collect();
        assert_eq!(states, ["applied", "applied", "pending"]);
        assert!(status.migrations.iter().all(|one| one.details.is_empty()), "{status}");
        assert_eq!(migrator(&project).await.check().await.unwrap().findings.len(), 1, "one is pending");
        assert_eq!(project.store.texts(), before);
    }
}

#[tokio::test]
async fn what_is_pending_is_applied_and_taken_back_in_its_table() {
    for dialect in BOTH {
        let project = project(dialect).await;
        let report = migrator(&project).await.apply().await.unwrap();
        assert_eq!(names(&report.migrations), ["tags"]);
        assert_eq!(tracked(&project).await, "add-users\ncreate-posts\ntags");
        let report = migrator(&project).await.down().steps(2).resolver(lenient()).await.unwrap();
        assert_eq!(report.migrations.len(), 2);
        assert_eq!(tracked(&project).await, "add-users");
        assert_eq!(project.tables().await, format!("{TABLE} users"));
    }
}

#[tokio::test]
async fn an_edit_that_viborm_would_not_notice_is_noticed() {
    for path in ["0000_add-users.sql", "0002_tags.sql"] {
        let project = project(Dialect::Sqlite).await;
        project.edit(path, "integer", "bigint").await;
        assert!(migrator(&project).await.apply().await.is_err());
        assert_eq!(tracked(&project).await, "add-users\ncreate-posts");
    }
}

#[tokio::test]
async fn its_history_goes_on_with_migrations_of_whimbrel() {
    for dialect in BOTH {
        let project = project(dialect).await;
        let schema = "CREATE TABLE users (id integer PRIMARY KEY, name text);\n\
                      CREATE TABLE posts (id integer PRIMARY KEY);\nCREATE INDEX posts_id ON posts (id);\n\
                      CREATE TABLE tags (id integer PRIMARY KEY);";
        let schema = schema.replace("integer PRIMARY KEY", "integer NOT NULL, PRIMARY KEY (id)");
        let schema = schema.replace("PRIMARY KEY (id), name text", "name text, PRIMARY KEY (id)");
        let source = whimbrel::Source::sql("schema.sql", &schema);
        let mut towards = project.builder().table_name(TABLE).source(source).connect().await.unwrap();
        let report = towards.generate().await.unwrap();
        assert_eq!(report.migrations[0].up.path, "0003_add-name-to-users.sql");
        let report = migrator(&project).await.apply().await.unwrap();
        assert_eq!(names(&report.migrations), ["tags", "add-name-to-users"]);
        assert!(migrator(&project).await.check().await.unwrap().findings.is_empty());
    }
}
