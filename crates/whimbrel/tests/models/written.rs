//! Models that are written of a database: relations and enums come back as
//! such, and pushed back they change nothing.

use whimbrel::Source;
use whimbrel::core::dialect::Dialect;
use whimbrel_testkit::database::{Database, block_on};

/// Pushes models, and writes what is in the database then; pushed back that
/// changes nothing.
async fn written(dialect: Dialect, source: Source) -> String {
    let database = Database::shared(dialect).await;
    let mut first = super::migrator(&database, source).await;
    assert!(first.push().await.unwrap().applied);
    let inspection = first.inspect().await.unwrap();
    let models = first.write_models(&inspection).await.unwrap();
    assert_eq!(models.differences, Vec::<String>::new(), "{}", models.text);
    first.close().await.unwrap();
    let mut second = super::migrator(&database, Source::rust_text("models.rs", models.text.as_str())).await;
    assert_eq!(second.push().await.unwrap().changes, [], "{}", models.text);
    second.close().await.unwrap();
    models.text
}

#[track_caller]
fn comes_back(dialect: Dialect, models: &str) {
    assert_eq!(block_on(written(dialect, Source::rust_text("models.rs", models))), models);
}

const RELATIONS: &str = r#"#[derive(whimbrel::Model)]
#[model(
    many_to_many(
        User,
        name = "post_editors",
        through = "post_editors",
        columns(post, editor),
        on_delete = restrict
    )
)]
#[model(many_to_many(User, name = "post_readers", through = "post_readers"))]
#[model(many_to_many(Tag))]
pub struct Post {
    #[column(primary_key)]
    pub id: i64,
}

#[derive(whimbrel::Model)]
#[model(many_to_many(Tag, through = "synonyms", columns(one, other)))]
pub struct Tag {
    #[column(primary_key)]
    pub id: String,
}

#[derive(whimbrel::Model)]
pub struct User {
    #[column(primary_key)]
    pub id: i64,
}
"#;

#[test]
fn junction_tables_come_back_as_relations_on_sqlite() {
    comes_back(Dialect::Sqlite, RELATIONS);
}

#[test]
fn junction_tables_come_back_as_relations_on_postgres() {
    comes_back(Dialect::Postgres, RELATIONS);
}

#[test]
fn a_junction_table_that_holds_more_is_a_model() {
    comes_back(
        Dialect::Sqlite,
        r#"#[derive(whimbrel::Model)]
pub struct A {
    #[column(primary_key)]
    pub id: i64,
}

#[derive(whimbrel::Model)]
pub struct Ab {
    #[column(primary_key, references(A, on_delete = cascade, on_update = cascade))]
    pub a_id: i64,
    #[column(primary_key, references(B, on_delete = cascade, on_update = cascade))]
    pub b_id: i64,
    pub since: String,
}

#[derive(whimbrel::Model)]
pub struct B {
    #[column(primary_key)]
    pub id: i64,
}
"#,
    );
}

#[test]
fn lists_of_values_come_back_as_enums_on_sqlite() {
    comes_back(
        Dialect::Sqlite,
        r#"#[derive(whimbrel::DbEnum)]
pub enum State {
    Open,
}

#[derive(whimbrel::DbEnum)]
pub enum State2 {
    Open,
    InHand,
    #[db_enum(name = "it's done")]
    ItSDone,
}

#[derive(whimbrel::Model)]
pub struct Door {
    #[column(primary_key)]
    pub id: i64,
    #[column(default = sql("(lower('OPEN'))"))]
    pub state: State,
}

#[derive(whimbrel::Model)]
pub struct Order {
    #[column(primary_key)]
    pub id: i64,
    pub state: Option<State2>,
}

#[derive(whimbrel::Model)]
pub struct Task {
    #[column(primary_key)]
    pub id: i64,
    #[column(default = "it's done")]
    pub state: State2,
}
"#,
    );
}

/// Foreign keys that are likely slips, and that SQLite takes.
#[test]
fn relations_that_models_refuse_are_written_as_sql() {
    comes_back(
        Dialect::Sqlite,
        r###"#[derive(whimbrel::Model)]
#[model(
    before = r#"CREATE TABLE "child" (
  "id" INTEGER PRIMARY KEY,
  "required" INTEGER NOT NULL,
  "other_type" TEXT,
  "no_key" TEXT,
  FOREIGN KEY ("id") REFERENCES "parent" ON DELETE SET NULL,
  FOREIGN KEY ("required") REFERENCES "parent" ON DELETE SET NULL,
  FOREIGN KEY ("other_type") REFERENCES "parent" ("id"),
  FOREIGN KEY ("no_key") REFERENCES "parent" ("name")
);"#
)]
pub struct Before;

#[derive(whimbrel::Model)]
pub struct Parent {
    #[column(primary_key)]
    pub id: i64,
    pub name: String,
}
"###,
    );
}

const BLANKS: &str = r#"#[derive(whimbrel::DbEnum)]
pub enum State {
    #[db_enum(name = "")]
    V,
    #[db_enum(name = " ")]
    V2,
    #[db_enum(name = "self")]
    Self_,
}

#[derive(whimbrel::Model)]
pub struct Door {
    #[column(primary_key)]
    pub id: i64,
    pub state: State,
    #[column(name = " ")]
    pub __: Option<String>,
}
"#;

#[test]
fn empty_values_and_blank_names_come_back() {
    comes_back(Dialect::Sqlite, BLANKS);
    comes_back(Dialect::Postgres, BLANKS);
}

#[test]
fn the_models_of_the_suite_come_back() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres] {
        let text = block_on(written(dialect, super::compiled()));
        assert!(text.contains("many_to_many(Tags, through = \"post_tags\""), "{text}");
    }
}
