//! Statements with values for their parameters, and rows with their types.

use whimbrel_core::dialect::Dialect;
use whimbrel_db::{Connection, Datum, Fetched};
use whimbrel_testkit::database::{Database, block_on};

use crate::support::BOTH;

async fn fetch(connection: &mut dyn Connection, sql: &str, values: &[Datum]) -> Fetched {
    connection.fetch(sql, values).await.unwrap_or_else(|error| panic!("{error}: {sql}"))
}

async fn refused(connection: &mut dyn Connection, sql: &str, values: &[Datum]) -> String {
    connection.fetch(sql, values).await.expect_err(sql).to_string()
}

#[test]
fn what_is_given_comes_back() {
    let values = [
        Datum::Integer(i64::MAX),
        Datum::Real(0.1),
        Datum::Text("it's \\ \"ü\"".into()),
        Datum::Bytes(vec![0, 39, 92, 255]),
        Datum::Null,
    ];
    for dialect in BOTH {
        block_on(async {
            let mut database = Database::shared(dialect).await;
            let connection = &mut *database.connection;
            let (create, insert) = match dialect {
                Dialect::Sqlite => {
                    ("CREATE TABLE v (i integer, r real, t text, b blob, n text)", "?, ?, ?, ?, ?")
                }
                Dialect::Postgres => {
                    ("CREATE TABLE v (i bigint, r float8, t text, b bytea, n text)", "$1, $2, $3, $4, $5")
                }
            };
            connection.execute(create).await.unwrap();
            let insert = format!("INSERT INTO v VALUES ({insert})");
            for _ in 0..2 {
                assert_eq!(fetch(connection, &insert, &values).await.affected, 1, "{dialect}");
            }
            let found = fetch(connection, "SELECT * FROM v", &[]).await;
            assert_eq!(found.columns, ["i", "r", "t", "b", "n"]);
            assert_eq!(found.rows, vec![values.to_vec(); 2], "{dialect}");
        });
    }
}

#[test]
fn a_value_that_has_no_place_is_told_by_its_number() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let connection = &mut *database.connection;
        assert_eq!(
            refused(connection, "SELECT ?, ?", &[Datum::Null, Datum::Json("{}".into())]).await,
            "parameter 2 is JSON, and SQLite has no such type"
        );
        assert_eq!(
            refused(connection, "SELECT ?", &[Datum::Real(f64::NAN)]).await,
            "parameter 1 is a number, and NaN is nothing that SQLite can keep"
        );
        assert_eq!(
            refused(connection, "SELECT ?, ?", &[Datum::Null]).await,
            "the statement has 2 parameters, and 1 value is given"
        );
    });
    block_on(async {
        let mut database = Database::shared(Dialect::Postgres).await;
        let connection = &mut *database.connection;
        let json = || Datum::Json("{\"a\": [1]}".into());
        let found = fetch(connection, "SELECT $1::jsonb AS j, 1 AS i, true AS b", &[json()]).await;
        assert_eq!(found.rows, [[Datum::Text("{\"a\": [1]}".into()), Datum::Small(1), Datum::Boolean(true)]]);
        assert_eq!(
            refused(connection, "SELECT $1::integer", &[json()]).await,
            "parameter 1 is JSON, and the statement wants `int4`"
        );
        assert_eq!(
            refused(connection, "SELECT $1::text", &[Datum::Bytes(vec![1])]).await,
            "parameter 1 is bytes, and the statement wants `text`"
        );
        assert_eq!(
            refused(connection, "SELECT 1", &[Datum::Null]).await,
            "the statement has no parameter, and 1 value is given"
        );
    });
}
