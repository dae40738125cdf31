//! `generate`: the files, byte for byte, and what is asked before there are any.

use whimbrel::Error;
use whimbrel::core::dialect::Dialect;
use whimbrel::core::diff::Renames;
use whimbrel::core::plan::Proof;
use whimbrel::core::resolve::{
    Policy, Question, RenameKind, always_rename, lenient, parse_rename, predefined, reject_all,
};
use whimbrel::store::Store as _;

use crate::project::{AGED, BOTH, JOURNAL, POSTS, Project, SNAPSHOT, USERS, names, told};

#[tokio::test]
async fn the_first_migration_is_these_bytes() {
    let project = Project::generated(Dialect::Sqlite, &[USERS]).await;
    assert_eq!(
        project.text("0000_create-users.sql"),
        "\
-- Migration: create-users
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: aa639230deb68320377591af6e6ceead30ce2294d7812b6521b8b9a1b3f8cb26

CREATE TABLE \"users\" (
  \"id\" integer PRIMARY KEY,
  \"name\" text
);
"
    );
    assert_eq!(
        project.text("meta/_down/0000_create-users.sql"),
        "\
-- Down migration for: create-users
-- WARNING: users: all rows are lost

-- users: all rows are lost
DROP TABLE \"users\";
"
    );
    assert_eq!(
        project.text(JOURNAL),
        "\
{
  \"version\": \"1\",
  \"dialect\": \"sqlite\",
  \"entries\": [
    {
      \"idx\": 0,
      \"version\": \"20260131100000\",
      \"name\": \"create-users\",
      \"when\": 1769853600000,
      \"checksum\": \"aa639230deb68320377591af6e6ceead30ce2294d7812b6521b8b9a1b3f8cb26\",
      \"downChecksum\": \"8642d6f134fd5e436a6379f5293747567686e96297c4dcabfdc24435478befd3\",
      \"engine\": {
        \"name\": \"sqlite\",
        \"major\": 3
      },
      \"proof\": {
        \"verdict\": \"exact\"
      }
    }
  ]
}"
    );
    assert_eq!(
        project.text(SNAPSHOT),
        "\
{
  \"version\": 1,
  \"engine\": {
    \"name\": \"sqlite\",
    \"major\": 3
  },
  \"head\": {
    \"name\": \"create-users\",
    \"checksum\": \"aa639230deb68320377591af6e6ceead30ce2294d7812b6521b8b9a1b3f8cb26\"
  },
  \"tables\": [
    {
      \"name\": \"users\",
      \"columns\": [
        {
          \"name\": \"id\",
          \"type\": \"integer\",
          \"nullable\": true
        },
        {
          \"name\": \"name\",
          \"type\": \"text\",
          \"nullable\": true
        }
      ],
      \"primaryKey\": {
        \"columns\": [
          \"id\"
        ]
      }
    }
  ]
}"
    );
}

#[tokio::test]
async fn the_same_input_gives_the_same_bytes() {
    for dialect in BOTH {
        let texts = |project: Project| project.store.texts();
        let first = Project::generated(dialect, &[USERS, AGED, POSTS]).await;
        let second = Project::generated(dialect, &[USERS, AGED, POSTS]).await;
        assert_eq!(texts(first), texts(second));
    }
}

#[tokio::test]
async fn what_is_lost_is_asked_about_and_the_answer_is_in_the_file() {
    let project = Project::generated(Dialect::Sqlite, &[AGED]).await;
    let before = project.store.texts();
    let result = project.towards(USERS).await.generate().await;
    let Err(Error::Unanswered { questions }) = result else { panic!("{result:?}") };
    let asked: Vec<String> = questions.iter().map(Question::headline).collect();
    assert_eq!(asked, ["users.age: all values are lost"]);
    let result = project.towards(USERS).await.generate().resolver(reject_all()).await;
    assert!(matches!(result, Err(Error::Rejected { .. })), "{result:?}");
    assert_eq!(project.store.texts(), before);

    let report = project.generate(USERS).await;
    assert_eq!(report.proof, Proof::Lossy);
    assert_eq!(
        report.migrations[0].up.text,
        "\
-- Migration: drop-age-from-users
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: e3c6fe0f98a23468fad59b26fd191f7c4dfb9e7e3a1dc39e5a9c35efdee6e693

-- Accepted: users.age: all values are lost
-- users.age: all values are lost
ALTER TABLE \"users\" DROP COLUMN \"age\";
"
    );
    assert_eq!(
        report.migrations[0].down.as_ref().unwrap().text,
        "\
-- Down migration for: drop-age-from-users

-- users.age: the values do not come back
ALTER TABLE \"users\" ADD COLUMN \"age\" integer;
"
    );
    assert!(project.towards(USERS).await.generate().await.unwrap().migrations.is_empty());
}

const RENAMED: &str = "CREATE TABLE users (id integer PRIMARY KEY, full_name text);";

#[tokio::test]
async fn a_rename_is_asked_about_and_noted() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS]).await;
        let result = project.towards(RENAMED).await.generate().await;
        let Err(Error::Unanswered { questions }) = result else { panic!("{result:?}") };
        assert!(matches!(questions.as_slice(), [Question::Rename(_)]), "{questions:?}");

        let mut migrator = project.towards(RENAMED).await;
        let report = migrator.generate().resolver(always_rename()).await.unwrap();
        assert_eq!(report.proof, Proof::Exact);
        assert_eq!(
            report.migrations[0].up.text,
            "\
-- Migration: rename-name-to-full-name
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 769ad0eff53c301ff185c3fd6dcc62a2ac5d656291fbd4842ac13f198eec7b45

-- Renamed: column users.name to users.full_name
ALTER TABLE \"users\" RENAME COLUMN \"name\" TO \"full_name\";
"
        );
        assert_eq!(
            report.migrations[0].down.as_ref().unwrap().text,
            "\
-- Down migration for: rename-name-to-full-name

ALTER TABLE \"users\" RENAME COLUMN \"full_name\" TO \"name\";
"
        );
    }
}

#[tokio::test]
async fn a_stated_rename_is_no_question() {
    let project = Project::generated(Dialect::Sqlite, &[USERS]).await;
    let mut migrator = project.towards(RENAMED).await;
    let renamed = parse_rename("users.name=users.full_name", RenameKind::Column).unwrap();
    let report = migrator.generate().renames(Renames { renamed, ..Renames::default() }).await.unwrap();
    assert_eq!(names(&project.journal().entries), ["create-users", report.migrations[0].entry.name.as_str()]);
    let renamed = parse_rename("users.nick=users.name", RenameKind::Column).unwrap();
    let mut migrator = project.towards(USERS).await;
    let result = migrator.generate().renames(Renames { renamed, ..Renames::default() }).await;
    assert!(matches!(result, Err(Error::Renames { .. })), "{result:?}");
}

#[tokio::test]
async fn an_enum_value_is_added_in_one_migration_and_used_in_the_next() {
    let before = "CREATE TYPE mood AS ENUM ('ok');\nCREATE TABLE users (id integer PRIMARY KEY, mood mood);";
    let after = "CREATE TYPE mood AS ENUM ('ok', 'sad');\n\
                 CREATE TABLE users (id integer PRIMARY KEY, mood mood DEFAULT 'sad');";
    let project = Project::applied(Dialect::Postgres, &[before]).await;
    project.run("INSERT INTO users VALUES (1, 'ok')").await;
    let report = project.generate(after).await;
    let files: Vec<_> =
        report.migrations.iter().map(|one| (one.up.path.as_str(), one.up.text.as_str())).collect();
    assert_eq!(
        files,
        [
            (
                "0001_alter-enum-mood.sql",
                "\
-- Migration: alter-enum-mood
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 129717c38455194439707688299deb97b5d25816ac53c5e874bc4c4bf3a2b08c

ALTER TYPE \"mood\" ADD VALUE 'sad';
"
            ),
            (
                "0002_alter-mood-in-users.sql",
                "\
-- Migration: alter-mood-in-users
-- Generated: 2026-01-31T10:00:00.000Z
-- Checksum: 9fa70fd5400c2b1e79a6bed6264a3d0fd9e0669aedae1fe8368a1292a6ae43c4

ALTER TABLE \"users\" ALTER COLUMN \"mood\" SET DEFAULT 'sad'::mood;
"
            )
        ]
    );
    let proofs: Vec<_> = report.migrations.iter().map(|one| one.entry.proof.clone().unwrap()).collect();
    assert_eq!(proofs, [Proof::Exact, Proof::Exact]);
    assert_eq!(project.apply().await, names(&project.journal().entries[1..]));
    project.run("INSERT INTO users (id) VALUES (2)").await;
    assert_eq!(project.rows("SELECT id, mood::text FROM users ORDER BY id").await, "1|ok\n2|sad");
    project.run("DELETE FROM users WHERE id = 2").await;
    let mut migrator = project.migrator().await;
    migrator.down().steps(2).resolver(lenient()).await.unwrap();
    assert_eq!(project.rows("SELECT id, mood::text FROM users ORDER BY id").await, "1|ok");
    assert_eq!(project.tracked().await, "create-enum-mood");
}

#[tokio::test]
async fn a_dry_run_makes_and_proves_and_writes_nothing() {
    for dialect in BOTH {
        let project = Project::new(dialect).await;
        let report = project.towards(USERS).await.generate().dry_run(true).await.unwrap();
        assert_eq!((report.written, report.migrations.len(), report.proof), (false, 1, Proof::Exact));
        assert_eq!(project.paths(), [""; 0]);
        assert_eq!(project.tables().await, "");
    }
}

#[tokio::test]
async fn names_stay_unique_and_inside_the_folder() {
    let project = Project::new(Dialect::Sqlite).await;
    let named = [
        ("../../etc/passwd", "etcpasswd"),
        ("Add Users!", "add-users"),
        ("add_users", "add-users-2"),
        ("con", "migration-con"),
        ("/", "migration"),
        ("\0", "migration-2"),
        ("Größe", "gre"),
        ("", "migration-3"),
    ];
    let mut schema = String::new();
    for (at, (name, expected)) in named.iter().enumerate() {
        schema += &format!("CREATE TABLE t{at} (a integer);\n");
        let report = project.towards(&schema).await.generate().name(*name).await.unwrap();
        assert_eq!(report.migrations[0].entry.name, *expected, "{name:?}");
    }
    let long = "x".repeat(1000);
    schema += "CREATE TABLE long (a integer);\n";
    let report = project.towards(&schema).await.generate().name(long).await.unwrap();
    assert!(report.migrations[0].up.path.len() <= 255, "{}", report.migrations[0].up.path);
    assert_eq!(project.apply().await.len(), named.len() + 1);
}

#[tokio::test]
async fn a_file_in_the_way_is_never_overwritten() {
    for path in ["0001_add-age-to-users.sql", "meta/_down/0001_add-age-to-users.sql"] {
        let project = Project::generated(Dialect::Sqlite, &[USERS]).await;
        project.put(path, "mine").await;
        let before = project.store.texts();
        assert_eq!(
            told(project.towards(AGED).await.generate().await),
            format!(
                "whimbrel::history::orphan\n`memory/{path}` is there, and the journal does not know it\n\
                 nothing was written; remove the file, or give the migration another name with `--name`"
            )
        );
        assert_eq!(project.store.texts(), before);
    }
}

#[tokio::test]
async fn without_a_fitting_snapshot_the_folder_is_replayed() {
    for dialect in BOTH {
        let project = Project::generated(dialect, &[USERS, AGED]).await;
        let fitting = project.text(SNAPSHOT);
        project.store.delete(SNAPSHOT).await.unwrap();
        assert!(project.towards(AGED).await.generate().await.unwrap().migrations.is_empty());
        for other in ["not json".to_owned(), fitting.replace("add-age-to-users", "create-users")] {
            project.put(SNAPSHOT, &other).await;
            assert!(project.towards(AGED).await.generate().await.unwrap().migrations.is_empty());
        }
        // An edit of the newest file counts: what it adds is there already.
        project.put(SNAPSHOT, &fitting).await;
        project
            .edit(
                "0001_add-age-to-users.sql",
                ";\n",
                ";\nCREATE TABLE posts (id integer PRIMARY KEY, title text);\n",
            )
            .await;
        assert!(project.towards(POSTS).await.generate().await.unwrap().migrations.is_empty());
    }
}

#[tokio::test]
async fn a_file_that_does_not_replay_is_shown_with_its_line() {
    let project = Project::generated(Dialect::Sqlite, &[USERS, AGED]).await;
    project.edit("0001_add-age-to-users.sql", "ALTER", "ALTR").await;
    assert_eq!(told(project.towards(POSTS).await.generate().await), "\
whimbrel::history::replay
memory/0001_add-age-to-users.sql:5: near \"ALTR\": syntax error
this is what a new database would meet; put the statement right, then `whimbrel migrate verify --accept` the file");
}

#[tokio::test]
async fn the_policy_of_the_environment_holds() {
    let project = Project::generated(Dialect::Sqlite, &[AGED]).await;
    let towards = |policy| {
        let source = whimbrel::Source::sql("schema.sql", USERS);
        project.builder().source(source).policy(policy)
    };
    let mut additive = towards(Policy::Additive).connect().await.unwrap();
    assert_eq!(
        told(additive.generate().resolver(predefined()).await),
        "whimbrel::policy::additive\n\
         the policy `additive` refuses what is no addition: drops column `users.age`\n\
         nothing was done; where it must be, write it by hand: `whimbrel migrate create NAME` begins \
         `memory/0001_NAME.sql`; or run this with `--policy ask`"
    );
    let mut allow = towards(Policy::Allow).connect().await.unwrap();
    assert!(allow.generate().await.unwrap().written);
}

#[tokio::test]
async fn without_a_store_or_a_source_it_says_what_is_missing() {
    let database = whimbrel_testkit::database::Database::shared(Dialect::Sqlite).await;
    let mut migrator = whimbrel::Migrator::builder(database.url()).unwrap().connect().await.unwrap();
    assert_eq!(
        told(migrator.generate().await),
        "whimbrel::history::no_store\nno folder of migrations is given\n\
         name one with `--dir migrations`, or give the library a store"
    );
    let project = Project::new(Dialect::Sqlite).await;
    assert_eq!(
        told(project.migrator().await.generate().await),
        "\
whimbrel::source::missing
no schema source is given
name one with `--schema schema.sql`, or as `schema` in `whimbrel.toml`"
    );
}
