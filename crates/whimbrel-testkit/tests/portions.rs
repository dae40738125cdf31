//! Plans that make more objects than PostgreSQL has locks for in one transaction.

use whimbrel::core::resolve::lenient;
use whimbrel::{Migrator, PushReport, Source};
use whimbrel_testkit::cluster::{Cluster, ClusterOptions, TestDatabase};
use whimbrel_testkit::database::block_on;

/// Each needs nine locks: more than the server below has room for.
const TABLES: usize = 300;

async fn push(database: &TestDatabase<'_>, schema: &str, dry_run: bool) -> PushReport {
    let source = Source::sql("schema.sql", schema);
    let mut migrator = Migrator::builder(&database.url()).unwrap().source(source).connect().await.unwrap();
    let report = migrator.push().resolver(lenient()).dry_run(dry_run).await.unwrap();
    migrator.close().await.unwrap();
    report
}

#[test]
fn thousands_of_objects_are_created_in_several_transactions() {
    block_on(async {
        let options = ClusterOptions {
            settings: vec![("max_connections".into(), "20".into())],
            ..ClusterOptions::default()
        };
        let cluster = Cluster::start(&options).unwrap();
        let database = cluster.database();
        let table = |number: usize| {
            format!(
                "CREATE TABLE t{number} (id serial PRIMARY KEY, a text UNIQUE, b int UNIQUE, c int UNIQUE, d int UNIQUE);"
            )
        };
        let schema: String = (0..TABLES).map(table).collect();
        let report = push(&database, &schema, false).await;
        assert!(report.applied);
        assert_eq!(
            report.notes,
            [
                "the plan runs in 3 transactions, for the server has room for 1280 locks; if it is stopped halfway, \
              the next push goes on from there"
            ]
        );
        assert_eq!(report.proof.to_string(), "exact");
        assert!(push(&database, &schema, false).await.changes.is_empty());
        // What is there already is not put at risk by several transactions.
        let report = push(&database, "CREATE TABLE other ();", true).await;
        assert_eq!(
            report.notes,
            [
                "the plan needs some 2702 locks in one transaction, and the server has room for 1280: if it is refused, \
              nothing is lost; `ALTER SYSTEM SET max_locks_per_transaction = 512` and a restart make room"
            ]
        );
    });
}
