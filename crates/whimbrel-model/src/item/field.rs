//! Fields, and the types that they are of.

use serde::{Deserialize, Serialize};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;

use super::{CheckDef, Default, Generated, IdentitySpec, IndexDef, KeyDef, Reference, Scalar};
use crate::at::At;

/// A field of a model.
///
/// ```
/// use whimbrel_model::item::{Field, FieldKind, Scalar, Type};
/// let name = Field { nullable: true, ..Field::new("name", Type::Scalar(Scalar::Text)) };
/// assert_eq!((name.key.as_str(), name.column.as_str()), ("name", "name"));
/// assert!(name.may_be_null());
/// assert_eq!(name.kind, FieldKind::Column(Type::Scalar(Scalar::Text)));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The name by which attributes speak of it.
    pub key: String,
    /// The name of the column.
    pub column: String,
    /// What it is.
    pub kind: FieldKind,
    /// Whether its type says that it may be NULL.
    pub nullable: bool,
    /// Whether the column is to be declared without NOT NULL, whatever the type
    /// says: SQLite's keys may.
    pub null: Option<bool>,
    /// What the column was called.
    pub renamed_from: Option<String>,
    /// Whether it is (part of) the primary key.
    pub primary_key: bool,
    /// Whether the engine counts it up.
    pub auto_increment: bool,
    /// PostgreSQL's identity.
    pub identity: Option<IdentitySpec>,
    /// The unique constraint on it alone.
    pub unique: Option<KeyDef>,
    /// The indexes on it alone.
    pub indexes: Vec<IndexDef>,
    /// The conditions on it.
    pub checks: Vec<CheckDef>,
    /// The default, and where it stands.
    pub default: Option<(Default, At)>,
    /// The expression of a generated column.
    pub generated: Option<Generated>,
    /// The collation.
    pub collation: Option<String>,
    /// The row of another model that it refers to.
    pub references: Option<Reference>,
    /// The doc comment.
    pub comment: Option<String>,
    /// For a field of an embedded struct: the columns of that struct, as SQL in the
    /// attributes of the field calls them, and what they are called in the table.
    pub siblings: Vec<(String, String)>,
    /// Where the field stands.
    pub at: At,
}

/// What a field is.
///
/// ```
/// use whimbrel_model::At;
/// use whimbrel_model::item::{FieldKind, Flatten, Scalar, Type};
/// let address = Flatten { path: "Address".into(), prefix: "ship_to_".into(), at: At::default() };
/// assert_ne!(FieldKind::Flatten(address), FieldKind::Column(Type::Scalar(Scalar::Text)));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FieldKind {
    /// One column.
    Column(Type),
    /// The columns of an embedded struct.
    Flatten(Flatten),
}

/// An embedded struct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flatten {
    /// The struct, as written.
    pub path: String,
    /// What its columns begin with.
    pub prefix: String,
    /// Where its name stands.
    pub at: At,
}

/// The type of a column.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::item::{Scalar, TableFlags, Type};
/// use whimbrel_model::types::sql_type;
///
/// let tags = Type::List(Box::new(Type::Scalar(Scalar::Text)));
/// assert!(!tags.is_open());
/// let sql = sql_type(Dialect::Postgres, &tags, TableFlags::default()).unwrap();
/// assert_eq!(sql, "text[]");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Type {
    /// A type that every engine has.
    Scalar(Scalar),
    /// A list of values.
    List(Box<Type>),
    /// A type in the engine's own words.
    Native(PerEngine),
    /// An enum.
    Enum(EnumDef),
    /// A type that is to be looked up, as written.
    Named {
        /// The path of the type.
        path: String,
        /// Where it stands.
        at: At,
    },
}

/// Text in SQL: one for all engines, or one for each.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::item::PerEngine;
///
/// let engines = vec![(Dialect::Postgres, "citext".to_owned())];
/// let text = PerEngine { engines, ..PerEngine::all("text") };
/// assert_eq!(text.get(Dialect::Postgres), Some("citext"));
/// assert_eq!(text.get(Dialect::Sqlite), Some("text"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, std::default::Default, Serialize, Deserialize)]
pub struct PerEngine {
    /// For the engines that have no text of their own.
    pub all: Option<String>,
    /// By engine.
    pub engines: Vec<(Dialect, String)>,
}

impl PerEngine {
    /// One text for all engines.
    pub fn all(text: impl Into<String>) -> Self {
        Self { all: Some(text.into()), engines: Vec::new() }
    }

    /// The text for one engine, if there is one.
    pub fn get(&self, dialect: Dialect) -> Option<&str> {
        let own = self.engines.iter().find(|(engine, _)| *engine == dialect).map(|(_, text)| text);
        own.or(self.all.as_ref()).map(String::as_str)
    }
}

/// What a type that can be a column says of itself: an enum, a newtype.
///
/// ```
/// use whimbrel_model::item::{ColumnTypeDef, Scalar, Type};
/// use whimbrel_model::traits::ColumnType;
/// let expected = ColumnTypeDef { ty: Type::Scalar(Scalar::BigInt), nullable: true };
/// assert_eq!(<Option<i64>>::column_type(), expected);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnTypeDef {
    /// The type of the column.
    pub ty: Type,
    /// Whether it may be NULL, whatever the field says.
    pub nullable: bool,
}

/// An enum whose values are the names of its variants.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::At;
/// use whimbrel_model::item::{EnumDef, EnumValue, TableFlags, Type};
/// use whimbrel_model::types::sql_type;
///
/// let value = |variant: &str, value: &str| EnumValue {
///     variant: variant.into(),
///     value: value.into(),
///     renamed_from: None,
/// };
/// let status = EnumDef {
///     rust: "Status".into(),
///     name: "status".into(),
///     renamed_from: None,
///     values: vec![value("Open", "open"), value("Closed", "closed")],
///     comment: None,
///     file: String::new(),
///     at: At::default(),
/// };
/// let sql = sql_type(Dialect::Postgres, &Type::Enum(status), TableFlags::default()).unwrap();
/// assert_eq!(sql, r#""status""#);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnumDef {
    /// The name of the Rust type.
    pub rust: String,
    /// The name of the type in the database.
    pub name: ObjectName,
    /// What it was called.
    pub renamed_from: Option<String>,
    /// The values, in their order.
    pub values: Vec<EnumValue>,
    /// The doc comment.
    pub comment: Option<String>,
    /// The source file.
    pub file: String,
    /// Where it stands.
    pub at: At,
}

/// A value of an enum.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnumValue {
    /// The name of the variant.
    pub variant: String,
    /// The value in the database.
    pub value: String,
    /// What the value was.
    pub renamed_from: Option<String>,
}

impl Field {
    /// A column with nothing else said of it.
    pub fn new(key: impl Into<String>, ty: Type) -> Self {
        let key = key.into();
        Self {
            column: key.clone(),
            key,
            kind: FieldKind::Column(ty),
            nullable: false,
            null: None,
            renamed_from: None,
            primary_key: false,
            auto_increment: false,
            identity: None,
            unique: None,
            indexes: Vec::new(),
            checks: Vec::new(),
            default: None,
            generated: None,
            collation: None,
            references: None,
            comment: None,
            siblings: Vec::new(),
            at: At::default(),
        }
    }

    /// Says whether the column may be NULL, as far as the model tells.
    pub fn may_be_null(&self) -> bool {
        self.null.unwrap_or(self.nullable)
    }
}

impl Type {
    /// A type that stands for one that is wrong, which was told: anything goes
    /// with it.
    ///
    /// ```
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_model::At;
    /// use whimbrel_model::build::build;
    /// use whimbrel_model::item::{Default, Field, Literal, Model, Scalar, Type};
    ///
    /// let model = |ty| {
    ///     let default = Some((Default::Literal(Literal::Text("new".into())), At::default()));
    ///     let state = Field { primary_key: true, default, ..Field::new("state", ty) };
    ///     Model { fields: vec![state], ..Model::new("Order", "orders".into()) }
    /// };
    /// assert!(build(Dialect::Sqlite, &[model(Type::Scalar(Scalar::Int))]).is_err());
    /// assert!(build(Dialect::Sqlite, &[model(Type::told_of())]).is_ok(), "that it is no text is not told too");
    /// ```
    pub fn told_of() -> Self {
        Self::Native(PerEngine::all(""))
    }

    /// Says whether it still has to be looked up.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Scalar(_) | Self::Native(_) | Self::Enum(_) => false,
            Self::List(of) => of.is_open(),
            Self::Named { .. } => true,
        }
    }
}
