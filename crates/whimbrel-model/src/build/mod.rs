//! Models into the schema of one dialect.
//!
//! Names and order follow rules, so that the same models always give the same
//! schema:
//!
//! | object | name |
//! | --- | --- |
//! | table, column | as given, else the struct's or field's, in snake case |
//! | primary key | `<table>_pkey`; on SQLite, and for a junction table, none |
//! | unique, on a field | `<table>_<column>_key` |
//! | unique, on the struct | `<table>_<fields>_key` |
//! | index | `<table>_<fields>_idx` |
//! | foreign key | `<table>_<columns>_fkey` |
//! | its automatic index | `<table>_<columns>_idx`, or `..._fkey_idx` where that is taken |
//! | its unique constraint, one-to-one | `<table>_<columns>_key` |
//! | junction table | both models in snake case, sorted, and the relation's name |
//! | enum type | as given, else the enum's name in snake case |
//!
//! The result is not yet in an engine's own spelling: like a snapshot of
//! another engine it is created in a scratch database and read back.

mod cx;
mod default;
mod enums;
mod junction;
mod names;
mod reference;
mod table;
mod unique_names;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::Rename;
use whimbrel_core::schema::Schema;

use crate::At;
use crate::check;
use crate::item::Model;
use crate::problem::Problem;
use cx::Cx;
#[cfg(feature = "write")]
pub(crate) use enums::condition as enum_condition;

/// What models say.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::build::{Built, build};
/// use whimbrel_model::item::{Field, Model, Scalar, Type};
///
/// let id = Field { primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
/// let renamed_from = Some("members".into());
/// let user = Model { fields: vec![id], renamed_from, ..Model::new("User", "users".into()) };
/// let Built { schema, renames, before, after } = build(Dialect::Postgres, &[user]).unwrap();
/// assert_eq!(schema.tables[0].name, "users".into());
/// assert_eq!((&renames[0].from, &renames[0].to), (&"members".into(), &"users".into()));
/// assert!(before.is_empty() && after.is_empty(), "no model carries SQL");
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Built {
    /// The schema.
    pub schema: Schema,
    /// Renames that the models hint at.
    pub renames: Vec<Rename>,
    /// SQL that comes before the tables.
    pub before: Vec<Sql>,
    /// SQL that comes after them.
    pub after: Vec<Sql>,
}

/// SQL that a model carries.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::At;
/// use whimbrel_model::build::{Sql, build};
/// use whimbrel_model::item::{Field, Model, PerEngine, RawSql, Scalar, Type};
///
/// let extension = RawSql { text: PerEngine::all("CREATE EXTENSION citext"), before: true, at: At::from((3, 9)) };
/// let id = Field { primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
/// let model = Model {
///     file: "src/models.rs".into(),
///     fields: vec![id],
///     sql: vec![extension],
///     ..Model::new("User", "users".into())
/// };
/// let Sql { file, at, text } = build(Dialect::Postgres, &[model]).unwrap().before.remove(0);
/// assert_eq!(format!("{file}:{}: {text}", at.line), "src/models.rs:3: CREATE EXTENSION citext");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    /// The source file.
    pub file: String,
    /// Where it stands there.
    pub at: At,
    /// The statements.
    pub text: String,
}

/// Makes the schema of models, whose names must be linked.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::build::build;
/// use whimbrel_model::item::{Field, Model, Scalar, Type};
///
/// let id = Field { primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
/// let user = Model { fields: vec![id], ..Model::new("User", "user".into()) };
/// let built = build(Dialect::Postgres, &[user]).unwrap();
/// assert_eq!(built.schema.tables[0].columns[0].sql_type, "bigint");
/// ```
///
/// # Errors
///
/// All that is wrong with the models, on their own, together, or on this engine.
pub fn build(dialect: Dialect, models: &[Model]) -> Result<Built, Vec<Problem>> {
    build_besides(dialect, models, &[])
}

/// The same, while other models could not be read as a whole: that they are
/// missing is not told again, and the names of their tables are looked at.
///
/// # Errors
///
/// All that is wrong with the models that could be read.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::At;
/// use whimbrel_model::build::{build, build_besides};
/// use whimbrel_model::item::{Field, Model, Name, Reference, Scalar, Target, Type};
///
/// let id = Field { primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
/// let author = Reference {
///     fields: vec![],
///     target: Target::Model { path: "User".into(), at: At::default() },
///     referenced: vec![],
///     one_to_one: false,
///     index: true,
///     name: Name::Automatic,
///     on_delete: None,
///     on_update: None,
///     deferrable: Default::default(),
///     at: At::default(),
/// };
/// let author = Field { references: Some(author), ..Field::new("author", Type::Scalar(Scalar::BigInt)) };
/// let post = Model { fields: vec![id, author], ..Model::new("Post", "posts".into()) };
/// let alone = build(Dialect::Sqlite, &[post.clone()]).unwrap_err();
/// assert_eq!(alone[0].message, "`User` is not among the models");
/// // Of a model with a mistake that was told, no more is said.
/// let user = Model::new("User", "users".into());
/// assert_eq!(build_besides(Dialect::Sqlite, &[post], &[user]).err(), None);
/// ```
pub fn build_besides(dialect: Dialect, models: &[Model], unread: &[Model]) -> Result<Built, Vec<Problem>> {
    let mut cx = Cx::new(dialect, models, unread);
    for model in models {
        let problems = check::model(model);
        // What differs in case only is the same to SQLite.
        let same = check::columns_differ(model, |a, b| a != b && dialect.same_ident(a, b));
        let problems = problems.into_iter().chain(same);
        cx.problems.extend(problems.map(|problem| problem.in_file(&model.file)));
        cx.take_sql(model);
    }
    names::differ(&mut cx);
    enums::build(&mut cx);
    for model in models.iter().filter(|model| model.table.is_some()) {
        let table = table::build(&mut cx, model);
        cx.built.schema.tables.push(table);
    }
    junction::build(&mut cx);
    // What is wrong already may be why names collide.
    if cx.problems.is_empty() {
        unique_names::check(&mut cx);
    }
    cx.finish()
}
