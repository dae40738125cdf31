//! What a schema looks like once it is read.

use whimbrel_core::schema::Schema;
use whimbrel_db::introspect::{IntrospectOptions, Introspection, introspect};
use whimbrel_testkit::cluster::Cluster;

use crate::open;

/// Reads what `sql` creates in a fresh database.
async fn read(sql: &str) -> Introspection {
    let database = Cluster::shared().database();
    database.psql(sql);
    let mut connection = open(&database.url()).await.unwrap();
    introspect(&mut connection, &IntrospectOptions::default()).await.unwrap()
}

#[tokio::test]
async fn an_empty_database_reads_as_empty() {
    let read = read("").await;
    assert_eq!(read.schema, Schema::default());
    assert!(read.left_alone.is_empty(), "{:?}", read.left_alone);
}
