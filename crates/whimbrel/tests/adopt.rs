//! The histories of other tools, as the tools wrote them, made ours.
//!
//! In each of `fixtures/adopt` is a folder of a tool and the database that it
//! left: two migrations are applied, and a third is pending. Those of Prisma and
//! VibORM were written by hand in the tool's format, all others by the tool.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha384};
use tempfile::TempDir;
use whimbrel::core::history::{State, Tool};
use whimbrel::lockfile::{LOCK_FILE, LockFile};
use whimbrel::store::MemoryStore;
use whimbrel::{AdoptReport, Error, FsStore, Layout, Migrator, Source, Store};

/// A copy of what a tool left.
struct Left {
    folder: TempDir,
    tool: Tool,
    fixture: &'static str,
}

impl Left {
    fn by(tool: Tool) -> Self {
        Self::of(tool, tool.name())
    }

    fn of(tool: Tool, fixture: &'static str) -> Self {
        let left = Self { folder: tempfile::tempdir().unwrap(), tool, fixture };
        copy(&left.fixture().join("folder"), &left.path("folder"));
        left.sql(&fs::read_to_string(left.fixture().join("database.sql")).unwrap());
        left
    }

    fn fixture(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/adopt").join(self.fixture)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path("app.db")).unwrap()
    }

    fn sql(&self, sql: &str) {
        self.connection().execute_batch(sql).unwrap();
    }

    fn columns(&self) -> Vec<String> {
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT name FROM pragma_table_info('users')").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// The rows of the tool's own table.
    fn rows(&self) -> Vec<String> {
        let connection = self.connection();
        let sql = format!("SELECT * FROM \"{}\"", self.tool.tracking_table());
        let mut statement = connection.prepare(&sql).unwrap();
        let count = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let values = (0..count).map(|at| row.get::<_, rusqlite::types::Value>(at));
            Ok(format!("{:?}", values.collect::<Result<Vec<_>, _>>()?))
        };
        statement.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    async fn migrator(&self, store: impl Store + 'static) -> Migrator {
        let url = format!("sqlite://{}", self.path("app.db").display());
        Migrator::builder(&url).unwrap().store(store).connect().await.unwrap()
    }

    async fn adopt(&self, store: &MemoryStore) -> Result<AdoptReport, Error> {
        self.migrator(store.clone()).await.adopt(FsStore::new(self.path("folder"))).await
    }

    /// What stands in the way of adopting, each with its help; nothing is written.
    async fn refusal(&self) -> String {
        let (store, rows) = (MemoryStore::new(), self.rows());
        let error = self.adopt(&store).await.unwrap_err();
        assert_eq!(store.texts(), BTreeMap::new());
        assert_eq!(self.rows(), rows);
        assert!(!self.has_our_table());
        let folder = self.folder.path().display().to_string();
        let related = miette::Diagnostic::related(&error);
        let related = related.into_iter().flatten().map(|one| format!("\n{one}"));
        format!("{error}{}", related.collect::<String>()).replace(&folder, "[HERE]")
    }

    fn has_our_table(&self) -> bool {
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name = '_whimbrel_migrations'";
        self.connection().query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() == 1
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// All files below a folder, with what is in them.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type().unwrap().is_dir() {
            true => files.extend(self::files(&entry.path())),
            false => drop(files.insert(entry.path(), fs::read(entry.path()).unwrap())),
        }
    }
    files
}

#[tokio::test]
async fn what_was_applied_there_is_applied_here_and_what_is_pending_stays_pending() {
    for (tool, fixture, names) in [
        (Tool::Diesel, "diesel", ["users", "user-email", "user-age"]),
        (Tool::Drizzle, "drizzle", ["users", "email", "age"]),
        (Tool::Drizzle, "drizzle-1", ["users", "email", "age"]),
        (Tool::Prisma, "prisma", ["init", "user-email", "user-age"]),
        (Tool::Refinery, "refinery", ["users", "user-email", "user-age"]),
        (Tool::Sqlx, "sqlx", ["users", "user-email", "user-age"]),
        (Tool::Viborm, "viborm", ["create-users", "add-email-to-users", "add-age-to-users"]),
    ] {
        let left = Left::of(tool, fixture);
        let (old_files, old_rows) = (files(&left.path("folder")), left.rows());
        left.sql("INSERT INTO users (name, email) VALUES ('ada', 'ada@example.org')");
        let store = MemoryStore::new();
        let report = left.adopt(&store).await.unwrap_or_else(|error| panic!("{tool}: {error}"));
        assert_eq!((report.origin, report.applied, report.written), (tool.into(), 2, true));
        let adopted = report.migrations.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>();
        assert_eq!(adopted, names, "{tool}");

        let mut migrator = left.migrator(store.clone()).await;
        let status = migrator.status().await.unwrap();
        let states = status.migrations.iter().map(|one| one.state).collect::<Vec<_>>();
        assert_eq!(states, [State::Applied, State::Applied, State::Pending], "{tool}");
        assert!(migrator.verify().await.unwrap().is_fine(), "{tool}");

        let applied = migrator.apply().await.unwrap();
        assert_eq!(applied.migrations.len(), 1, "{tool}");
        assert_eq!(left.columns(), ["id", "name", "email", "age"], "{tool}");
        // There is nothing that check finds, but for what has no way back.
        assert!(migrator.check().await.unwrap().findings.is_empty(), "{tool}");

        // Going back is going on with the other tool.
        assert_eq!(files(&left.path("folder")), old_files, "{tool}");
        assert_eq!(left.rows(), old_rows, "{tool}");
    }
}

#[tokio::test]
async fn each_becomes_a_project_with_a_lock_file_too() {
    for tool in Tool::ALL {
        let (left, store) = (Left::by(tool), MemoryStore::new());
        let url = format!("sqlite://{}", left.path("app.db").display());
        let builder = Migrator::builder(&url).unwrap().store(store.clone()).layout(Layout::LockFile);
        let mut migrator = builder.connect().await.unwrap();
        let report = migrator.adopt(FsStore::new(left.path("folder"))).await.unwrap();
        assert_eq!((report.applied, report.migrations[0].idx), (2, 1), "{tool}");
        let lock = LockFile::from_json(LOCK_FILE, &store.texts()[LOCK_FILE]).unwrap();
        let fields: Vec<_> = lock.tables.get("users").unwrap().schema.iter().map(|(name, _)| name).collect();
        assert_eq!((lock.version, fields), (2, vec!["id", "name", "email"]), "{tool}");
        assert_eq!(migrator.apply().await.unwrap().migrations.len(), 1, "{tool}");
        assert!(migrator.check().await.unwrap().findings.is_empty(), "{tool}");
    }
}

#[tokio::test]
async fn a_table_of_drizzle_that_is_older_than_its_folder_is_read_as_drizzle_reads_it() {
    let left = Left::of(Tool::Drizzle, "drizzle-1");
    left.sql(
        "CREATE TABLE older (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric);
         INSERT INTO older SELECT id, hash, created_at + 123 FROM __drizzle_migrations;
         DROP TABLE __drizzle_migrations;
         ALTER TABLE older RENAME TO __drizzle_migrations;",
    );
    let report = left.adopt(&MemoryStore::new()).await.unwrap();
    assert_eq!((report.migrations.len(), report.applied), (3, 2));
}

#[tokio::test]
async fn what_has_a_way_back_there_has_it_here() {
    for tool in [Tool::Diesel, Tool::Sqlx, Tool::Viborm] {
        let (left, store) = (Left::by(tool), MemoryStore::new());
        left.adopt(&store).await.unwrap();
        let mut migrator = left.migrator(store).await;
        migrator.down().steps(2).await.unwrap();
        assert_eq!(left.columns(), [] as [&str; 0], "{tool}");
    }
}

#[tokio::test]
async fn adopting_again_finds_it_done_also_where_it_was_stopped_before_the_records() {
    let (left, store) = (Left::by(Tool::Sqlx), MemoryStore::new());
    left.adopt(&store).await.unwrap();
    let texts = store.texts();
    left.sql("DROP TABLE _whimbrel_migrations");
    left.adopt(&store).await.unwrap();
    left.adopt(&store).await.unwrap();
    assert_eq!(store.texts(), texts);
    assert_eq!(left.migrator(store).await.pending().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let (left, store) = (Left::by(Tool::Prisma), MemoryStore::new());
    let mut migrator = left.migrator(store.clone()).await;
    let report = migrator.adopt(FsStore::new(left.path("folder"))).dry_run(true).await.unwrap();
    assert_eq!((report.applied, report.migrations.len(), report.written), (2, 3, false));
    assert_eq!(store.texts(), BTreeMap::new());
    assert!(!left.has_our_table());
}

#[tokio::test]
async fn a_folder_of_viborm_is_stamped_anew_where_it_is() {
    let left = Left::by(Tool::Viborm);
    let before = files(&left.path("folder"));
    let store = FsStore::new(left.path("folder"));
    left.migrator(store.clone()).await.adopt(store.clone()).await.unwrap();
    let journal = store.get("meta/_journal.json").await.unwrap().unwrap();
    let old = String::from_utf8(before[&left.path("folder/meta/_journal.json")].clone()).unwrap();
    for checksum in old.lines().filter_map(|line| line.trim().strip_prefix("\"checksum\": ")) {
        assert!(journal.contains(&format!("\"legacyChecksum\": {checksum}")), "{journal}");
    }
    let after = files(&left.path("folder"));
    let changed = after.iter().filter(|(path, text)| before.get(*path) != Some(*text));
    let changed = changed.map(|(path, _)| path.strip_prefix(left.path("folder")).unwrap().to_owned());
    let expected = ["meta/_journal.json", "meta/_snapshot.json"].map(PathBuf::from);
    assert_eq!(changed.collect::<Vec<_>>(), expected);

    // Another environment, whose table still is VibORM's, agrees with the new journal.
    let url = format!("sqlite://{}", left.path("app.db").display());
    let builder = Migrator::builder(&url).unwrap().store(store).table_name("_viborm_migrations");
    let status = builder.connect().await.unwrap().status().await.unwrap();
    let states = status.migrations.iter().map(|one| one.state).collect::<Vec<_>>();
    assert_eq!(states, [State::Applied, State::Applied, State::Pending]);
}

#[tokio::test]
async fn a_checksum_that_does_not_agree_is_an_edit() {
    for (tool, file) in [
        (Tool::Drizzle, "0001_email.sql"),
        (Tool::Prisma, "20260201080000_user_email/migration.sql"),
        (Tool::Refinery, "V2__user_email.sql"),
        (Tool::Sqlx, "20261127013423_user_email.up.sql"),
    ] {
        let left = Left::by(tool);
        let path = left.path("folder").join(file);
        fs::write(&path, fs::read_to_string(&path).unwrap() + "-- a late thought\n").unwrap();
        assert_eq!(
            left.refusal().await,
            format!(
                "what {tool} has applied and what its folder holds do not agree\n\
                 `{file}` was edited after {tool} applied it"
            )
        );
    }
    let left = Left::by(Tool::Viborm);
    let path = left.path("folder/0001_add-email-to-users.sql");
    fs::write(&path, fs::read_to_string(&path).unwrap() + "-- a late thought\n").unwrap();
    assert_eq!(
        left.refusal().await,
        "`0001_add-email-to-users.sql` is nothing that viborm could have run: it was edited since the journal \
         took its checksum"
    );
    // Diesel keeps no checksums: what counts is what the files lead to.
    let left = Left::by(Tool::Diesel);
    let path = left.path("folder/2026-11-27-051859-0000_user_email/up.sql");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("TEXT", "INTEGER")).unwrap();
    let told = left.refusal().await;
    assert!(told.starts_with("the database does not have the schema that the migrations lead to"), "{told}");
}

#[tokio::test]
async fn a_migration_that_did_not_end_well_is_refused() {
    let left = Left::by(Tool::Sqlx);
    left.sql("UPDATE _sqlx_migrations SET success = 0 WHERE version = 20261127013423");
    assert_eq!(
        left.refusal().await,
        "what sqlx has applied and what its folder holds do not agree\n\
         sqlx began `20261127013423`, and it did not end well"
    );
    let left = Left::by(Tool::Prisma);
    left.sql("UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '20260131102030_init'");
    assert_eq!(
        left.refusal().await,
        "what prisma has applied and what its folder holds do not agree\n\
         prisma began `20260131102030_init`, and it did not end well"
    );
}

#[tokio::test]
async fn a_row_without_a_file_is_refused() {
    for (tool, file, key) in [
        (Tool::Diesel, "2026-11-27-051859-0000_user_email/up.sql", "202611270518590000"),
        (Tool::Refinery, "V2__user_email.sql", "2"),
        (Tool::Sqlx, "20261127013423_user_email.up.sql", "20261127013423"),
    ] {
        let left = Left::by(tool);
        fs::remove_file(left.path("folder").join(file)).unwrap();
        assert_eq!(
            left.refusal().await,
            format!(
                "what {tool} has applied and what its folder holds do not agree\n\
                 {tool} applied `{key}`, and there is no file of it"
            )
        );
    }
}

#[tokio::test]
async fn a_database_that_drifted_is_refused() {
    let left = Left::by(Tool::Drizzle);
    left.sql("ALTER TABLE users ADD COLUMN by_hand TEXT");
    let told = left.refusal().await;
    assert!(told.contains("up to `email`") && told.contains("by_hand"), "{told}");
}

#[tokio::test]
async fn a_folder_of_nobody_and_a_store_of_others_are_refused() {
    let left = Left::by(Tool::Sqlx);
    fs::remove_dir_all(left.path("folder")).unwrap();
    fs::create_dir(left.path("folder")).unwrap();
    fs::write(left.path("folder/changelog.xml"), "<databaseChangeLog/>").unwrap();
    assert_eq!(left.refusal().await, "`[HERE]/folder` holds no migrations of a tool that is known");

    let (left, store) = (Left::by(Tool::Sqlx), MemoryStore::new());
    left.migrator(store.clone()).await.create("mine").await.unwrap();
    let texts = store.texts();
    let error = left.adopt(&store).await.unwrap_err();
    assert_eq!(error.to_string(), "`memory` holds migrations already");
    assert_eq!(store.texts(), texts);
}

/// The migrations of sqlx that the guide shows: their files, and what is in them.
fn migrations_of_the_guide(guide: &str) -> Vec<(String, String)> {
    let sql = guide.split("```sql\n-- migrations/").nth(1).unwrap().split("```").next().unwrap();
    let migrations = sql.split("-- migrations/").map(|one| one.split_once('\n').unwrap());
    migrations.map(|(file, sql)| (file.to_owned(), sql.to_owned())).collect()
}

#[tokio::test]
async fn the_guide_for_sqlx_tells_what_happens() {
    let guide = include_str!("../../../docs/from-sqlx.md");
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let connection = rusqlite::Connection::open(path("app.db")).unwrap();
    let recorded = include_str!("fixtures/adopt/sqlx/database.sql");
    connection.execute_batch(recorded.split("INSERT").next().unwrap()).unwrap();
    fs::create_dir(path("migrations-sqlx")).unwrap();
    for (file, sql) in migrations_of_the_guide(guide) {
        fs::write(path("migrations-sqlx").join(&file), &sql).unwrap();
        connection.execute_batch(&sql).unwrap();
        let (version, description) = file.strip_suffix(".sql").unwrap().split_once('_').unwrap();
        let checksum = Sha384::digest(&sql).to_vec();
        let row = (version.parse::<i64>().unwrap(), description, checksum);
        let insert = "INSERT INTO _sqlx_migrations VALUES (?, ?, CURRENT_TIMESTAMP, 1, ?, 1)";
        connection.execute(insert, row).unwrap();
    }

    let url = format!("sqlite://{}", path("app.db").display());
    let store = MemoryStore::new();
    let builder = || Migrator::builder(&url).unwrap().store(store.clone());
    let mut migrator = builder().connect().await.unwrap();
    migrator.adopt(FsStore::new(path("migrations-sqlx"))).await.unwrap();
    let schema = migrator.inspect().await.unwrap().to_sql().unwrap();
    let with_body = schema.replace(r#""title" TEXT NOT NULL"#, "\"title\" TEXT NOT NULL,\n  body TEXT");
    assert_ne!(with_body, schema);
    migrator.close().await.unwrap();
    let builder = builder().source(Source::sql("schema.sql", with_body));
    builder.connect().await.unwrap().generate().await.unwrap();

    let written = store.texts().into_keys().filter(|name| !name.contains('/'));
    let told = guide.split("migrations/").filter_map(|rest| rest.split_whitespace().next());
    let told = told.filter(|name| name.starts_with("000"));
    assert_eq!(written.collect::<Vec<_>>(), told.collect::<Vec<_>>());
}
