//! Models as a source: compiled and read from files they give the same schema,
//! and every type is one on real engines.
//!
//! The models of `suite` are part of this program, and are read as files too.

mod bad_input;
mod includes;
mod mistakes;
mod on_postgres;
mod on_sqlite;
mod reexported;
mod suite;
mod types;
mod written;

/// Stands for another crate that hands whimbrel on.
mod via {
    pub(crate) use ::whimbrel;
}

use std::path::Path;

use whimbrel::core::dialect::Dialect;
use whimbrel::core::plan::Proof;
use whimbrel::core::schema::Schema;
use whimbrel::{MemoryStore, Migrator, Side, Source, schema};
use whimbrel_testkit::database::{Database, block_on};

use suite::posts::{Comment, Post, Tag, Views};
use suite::{Aliased, Everything, Item, User};

fn compiled() -> Source {
    schema![Aliased, Everything, Item, User, Comment, Post, Tag, Views]
}

fn from_files() -> Source {
    Source::path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/suite/mod.rs"))
}

async fn migrator(database: &Database, source: Source) -> Migrator {
    Migrator::builder(database.url()).unwrap().source(source).connect().await.unwrap()
}

/// Pushes the compiled models; those from files then change nothing. Returns
/// what is in the database.
async fn pushed_both_ways(dialect: Dialect) -> Schema {
    pushed_both(dialect, compiled(), from_files()).await
}

/// The same for any models.
async fn pushed_both(dialect: Dialect, compiled: Source, from_files: Source) -> Schema {
    let database = Database::shared(dialect).await;
    let mut first = migrator(&database, compiled.clone()).await;
    assert!(first.push().await.unwrap().applied);
    let difference = first.diff(Side::Source(compiled), Side::Source(from_files.clone())).await.unwrap();
    assert_eq!(difference.changes, []);
    first.close().await.unwrap();
    let mut second = migrator(&database, from_files).await;
    assert_eq!(second.push().await.unwrap().changes, []);
    let schema = second.inspect().await.unwrap().schema;
    second.close().await.unwrap();
    schema
}

/// The columns of `everything`: name, type, and `?` where NULL may be.
fn columns(schema: &Schema) -> Vec<String> {
    let table = schema.table(&"everything".into()).unwrap();
    let column = |one: &whimbrel::core::schema::Column| {
        format!("{} {}{}", one.name, one.sql_type, if one.nullable { "?" } else { "" })
    };
    table.columns.iter().map(column).collect()
}

#[test]
fn both_ways_give_the_same_schema_on_sqlite() {
    let schema = block_on(pushed_both_ways(Dialect::Sqlite));
    let expected = [
        "id INTEGER?",
        "boolean INTEGER",
        "small INTEGER",
        "int INTEGER",
        "big INTEGER",
        "real REAL",
        "double REAL",
        "number TEXT",
        "money TEXT",
        "text TEXT",
        "short TEXT?",
        "bytes BLOB",
        "json JSON",
        "uuid TEXT",
        "day TEXT",
        "clock TEXT",
        "clock_there TEXT",
        "wall TEXT",
        "moment TEXT",
        "exact_moment TEXT",
        "span TEXT",
        "address TEXT",
        "place JSON",
        "mood TEXT",
        "moods JSON",
        "numbers JSON?",
        "email TEXT",
        "user_id INTEGER",
        "maybe TEXT?",
        "native BLOB",
    ];
    assert_eq!(columns(&schema), expected);
}

#[test]
fn both_ways_give_the_same_schema_on_postgres() {
    let schema = block_on(pushed_both_ways(Dialect::Postgres));
    let expected = [
        "id bigint",
        "boolean boolean",
        "small smallint",
        "int integer",
        "big bigint",
        "real real",
        "double double precision",
        "number numeric",
        "money numeric(10,2)",
        "text text",
        "short character varying(20)?",
        "bytes bytea",
        "json jsonb",
        "uuid uuid",
        "day date",
        "clock time without time zone",
        "clock_there time with time zone",
        "wall timestamp without time zone",
        "moment timestamp with time zone",
        "exact_moment timestamp(3) with time zone",
        "span interval",
        "address inet",
        "place point",
        "mood mood",
        "moods mood[]",
        "numbers bigint[]?",
        "email character varying(254)",
        "user_id bigint",
        "maybe text?",
        "native macaddr",
    ];
    assert_eq!(columns(&schema), expected);
    let comments: Vec<_> = schema.tables.iter().filter_map(|table| table.comment.as_deref()).collect();
    assert_eq!(comments, ["What is said of a post.", "A column of every type."]);
}

/// What is in `users` on SQLite, of all that embedded structs say in SQL.
#[test]
fn sql_in_embedded_structs_speaks_of_their_columns_however_deep() {
    let schema = block_on(pushed_both_ways(Dialect::Sqlite));
    let table = schema.table(&"users".into()).unwrap();
    let checks: Vec<_> =
        table.checks.iter().map(|one| (one.name.as_deref(), one.expression.as_str())).collect();
    let expected = [
        (Some("home_has_a_street"), "home_street <> ''"),
        (None, "home_at_x > 0 OR home_at_y > 0"),
        (Some("work_has_a_street"), "work_street <> ''"),
        (None, "work_at_x > 0 OR work_at_y > 0"),
    ];
    assert_eq!(checks, expected);
    let partial =
        table.indexes.iter().filter_map(|one| Some((one.name.as_str(), one.predicate.as_ref()?.as_str())));
    let expected = [("home_by_zip", "length(home_street) > 3"), ("work_by_zip", "length(work_street) > 3")];
    assert_eq!(partial.collect::<Vec<_>>(), expected);
    let generated = table.columns.iter().filter_map(|one| one.generated.as_ref());
    let generated: Vec<_> = generated.map(|one| one.expression.as_str()).collect();
    assert_eq!(generated, ["home_at_x * 1000 + home_at_y", "work_at_x * 1000 + work_at_y", "tenant * 2"]);
}

#[test]
fn a_rename_in_a_model_is_a_rename_in_the_database() {
    block_on(async {
        let database = Database::shared(Dialect::Sqlite).await;
        let before = "#[derive(Model)] #[model(table = \"members\")] struct M { \
                      #[column(primary_key)] id: i64, nick: String }";
        let after = "#[derive(Model)] #[model(table = \"users\", renamed_from = \"members\")] struct User { \
                     #[column(primary_key)] id: i64, #[column(renamed_from = \"nick\")] name: String }";
        let mut first = migrator(&database, Source::rust_text("models.rs", before)).await;
        first.push().await.unwrap();
        let mut second = migrator(&database, Source::rust_text("models.rs", after)).await;
        let report = second.push().await.unwrap();
        assert!(report.changes.iter().all(whimbrel::core::change::Change::is_rename), "{:?}", report.changes);
        assert_eq!(report.changes.len(), 2);
    });
}

/// A model with an enum of these values, in an embedded struct whose column is
/// renamed too.
fn with_enum(values: &str, column: &str) -> Source {
    Source::rust_text(
        "models.rs",
        format!(
            "#[derive(DbEnum)] enum Role {{ {values} }}\n\
             #[derive(Embedded)] struct Job {{ {column}: Role, since: Option<Role> }}\n\
             #[derive(Model)] struct Person {{ #[column(primary_key)] id: i64, #[column(flatten = \"job_\")] job: Job }}"
        ),
    )
}

#[test]
fn a_renamed_value_of_an_enum_is_so_in_the_rows_where_a_check_lists_it() {
    block_on(async {
        let mut database = Database::shared(Dialect::Sqlite).await;
        let store = MemoryStore::new();
        let before = with_enum("Boss, Clerk", "role");
        let after = with_enum(
            "#[db_enum(renamed_from = \"boss\")] Chief, Clerk, Temp",
            "#[column(renamed_from = \"role\")] rank",
        );
        for source in [before, after] {
            let builder = Migrator::builder(database.url()).unwrap().source(source).store(store.clone());
            let mut migrator = builder.connect().await.unwrap();
            let report = migrator.generate().await.unwrap();
            assert_eq!(report.proof, Proof::Exact);
            migrator.apply().await.unwrap();
            let insert =
                "INSERT INTO person (id, job_role, job_since) VALUES (1, 'boss', NULL), (2, 'clerk', 'boss')";
            let _ = database.run(insert).await;
        }
        assert_eq!(jobs(&mut database, "job_rank").await, ["chief/", "clerk/chief"]);
        let mut migrator = Migrator::builder(database.url()).unwrap().store(store).connect().await.unwrap();
        migrator.down().await.unwrap();
        assert_eq!(jobs(&mut database, "job_role").await, ["boss/", "clerk/boss"]);
    });
}

async fn jobs(database: &mut Database, column: &str) -> Vec<String> {
    let sql = format!("SELECT {column} || '/' || coalesce(job_since, '') FROM person ORDER BY id");
    let rows = database.connection.query(&sql).await.unwrap();
    rows.iter().map(|row| row.text(0).unwrap().to_owned()).collect()
}

#[test]
fn sql_beside_compiled_models_is_run_after_them() {
    block_on(async {
        let database = Database::shared(Dialect::Sqlite).await;
        let source = schema![Item].and_sql("views.sql", "CREATE VIEW names AS SELECT name FROM items;");
        let mut migrator = migrator(&database, source).await;
        assert_eq!(migrator.push().await.unwrap().changes.len(), 2);
    });
}

#[test]
fn a_default_of_null_may_stand_behind_an_alias() {
    block_on(async {
        let database = Database::shared(Dialect::Sqlite).await;
        let text = "type Maybe = Option<String>;\n#[derive(Model)] struct T { #[column(primary_key)] id: i64, \
                    #[column(default = null)] name: Maybe }";
        let mut migrator = migrator(&database, Source::rust_text("models.rs", text)).await;
        assert_eq!(migrator.push().await.unwrap().changes.len(), 1);
    });
}
