//! Migrations in the binary, and many who apply them at start-up.
//!
//! Whimbrel itself made the folders `sqlite` and `postgres` from three schemas.

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
