//! Migrations in the binary, and many who apply them at start-up.
//!
//! Whimbrel itself made the folders `sqlite` and `postgres` from three schemas.

use std::path::Path;

use whimbrel::core::dialect::Dialect;
use whimbrel::store::{FsStore, Store};
use whimbrel::{EmbeddedStore, Migrator, embed};
use whimbrel_testkit::database::{Database, block_on};

/// How many replicas start at once.
const REPLICAS: usize = 8;

fn embedded(dialect: Dialect) -> EmbeddedStore {
    match dialect {
        Dialect::Sqlite => embed!("tests/embed/sqlite"),
        Dialect::Postgres => embed!("tests/embed/postgres"),
    }
}

#[test]
fn what_is_embedded_is_the_folder() {
    block_on(async {
        let folder = FsStore::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/embed/sqlite"));
        let embedded = embedded(Dialect::Sqlite);
        let paths = embedded.list().await.unwrap();
        assert_eq!(paths, folder.list().await.unwrap());
        assert_eq!(embedded.get_many(&paths).await.unwrap(), folder.get_many(&paths).await.unwrap());
    });
}

/// Cargo builds anew when one of the files changes that the compiler has listed.
/// A migration that is added changes the journal.
#[test]
fn a_change_of_any_file_of_the_folder_builds_the_program_anew() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/embed/sqlite");
    let listed = std::env::current_exe().unwrap().with_extension("d");
    let listed = std::fs::read_to_string(listed).unwrap().replace("\\ ", " ");
    let files = listed.lines().filter_map(|line| Path::new(line.strip_suffix(':')?).strip_prefix(&root).ok());
    let mut watched: Vec<String> = files.map(|file| file.to_string_lossy().replace('\\', "/")).collect();
    watched.sort();
    let expected = [
        "0000_create-users.sql",
        "0001_visits.sql",
        "0002_forget-users.sql",
        "meta/_down/0000_create-users.sql",
        "meta/_down/0001_visits.sql",
        "meta/_down/0002_forget-users.sql",
        "meta/_journal.json",
        "meta/_snapshot.json",
    ];
    assert_eq!(watched, expected);
}

/// One replica, from its start to its end, and how many migrations it applied.
async fn start(url: String, dialect: Dialect) -> usize {
    let builder = Migrator::builder(&url).unwrap().store(embedded(dialect));
    let mut migrator = builder.connect().await.unwrap();
    let applied = migrator.apply().await.unwrap().migrations.len();
    migrator.close().await.unwrap();
    applied
}

async fn many_start_at_once(dialect: Dialect) {
    let database = Database::shared(dialect).await;
    let replicas = (0..REPLICAS).map(|_| tokio::spawn(start(database.url().to_owned(), dialect)));
    let mut applied = Vec::new();
    for replica in replicas.collect::<Vec<_>>() {
        applied.push(replica.await.unwrap());
    }
    assert_eq!(applied.iter().sum::<usize>(), 3, "{applied:?}");
    let builder = Migrator::builder(database.url()).unwrap().store(embedded(dialect));
    let mut migrator = builder.connect().await.unwrap();
    assert_eq!(migrator.check().await.unwrap().findings, []);
    migrator.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_replicas_on_sqlite_each_migration_runs_once() {
    many_start_at_once(Dialect::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_replicas_on_postgres_each_migration_runs_once() {
    many_start_at_once(Dialect::Postgres).await;
}
