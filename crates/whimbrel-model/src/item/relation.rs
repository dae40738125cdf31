//! Relations between models.

use serde::{Deserialize, Serialize};
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Deferrability, ReferentialAction};

use super::Name;
use crate::at::At;

/// A foreign key.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::schema::{Deferrability, ReferentialAction};
/// use whimbrel_model::At;
/// use whimbrel_model::build::build;
/// use whimbrel_model::item::{Field, Model, Name, Reference, Scalar, Target, Type};
///
/// let key = |name: &str| Field::new(name, Type::Scalar(Scalar::BigInt));
/// let id = Field { primary_key: true, ..key("id") };
/// let author = Reference {
///     fields: vec!["author".into()],
///     target: Target::Model { path: "User".into(), at: At::default() },
///     referenced: vec![],
///     one_to_one: false,
///     index: true,
///     name: Name::Automatic,
///     on_delete: Some(ReferentialAction::Cascade),
///     on_update: None,
///     deferrable: Deferrability::NotDeferrable,
///     at: At::default(),
/// };
/// let user = Model { fields: vec![id.clone()], ..Model::new("User", "users".into()) };
/// let fields = vec![id, key("author")];
/// let post = Model { fields, references: vec![author], ..Model::new("Post", "posts".into()) };
/// let posts = build(Dialect::Postgres, &[user, post]).unwrap().schema.tables.remove(1);
/// assert_eq!(posts.foreign_keys[0].name.as_deref(), Some("posts_author_fkey"));
/// assert_eq!(posts.foreign_keys[0].on_delete, ReferentialAction::Cascade);
/// assert_eq!(posts.indexes[0].name, "posts_author_idx");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// The fields that refer; empty where the field itself does.
    pub fields: Vec<String>,
    /// What is referred to.
    pub target: Target,
    /// The fields (or columns) that are referred to; empty for the primary key.
    pub referenced: Vec<String>,
    /// Whether one row at most may refer to another.
    pub one_to_one: bool,
    /// Whether the automatic index is wanted.
    pub index: bool,
    /// The name of the constraint.
    pub name: Name,
    /// What happens when the row that is referred to goes.
    pub on_delete: Option<ReferentialAction>,
    /// What happens when its key changes.
    pub on_update: Option<ReferentialAction>,
    /// When it is checked.
    pub deferrable: Deferrability,
    /// Where it stands.
    pub at: At,
}

/// What a relation leads to.
///
/// ```
/// use whimbrel_model::At;
/// use whimbrel_model::item::Target;
/// use whimbrel_model::parse;
///
/// let reads = |input: &str| {
///     let input = syn::parse_str(input).unwrap();
///     let model = parse::model(&input, "src/models.rs").map_err(|_| "a mistake").unwrap();
///     model.fields[1].references.clone().unwrap().target
/// };
/// assert_eq!(
///     reads("struct Post { #[column(primary_key)] id: i64, #[column(references(crate::User))] author: i64 }"),
///     Target::Model { path: "crate::User".into(), at: At::default() }
/// );
/// assert_eq!(
///     reads("struct Post { #[column(primary_key)] id: i64, #[column(references(table(\"users\", \"id\")))] author: i64 }"),
///     Target::Table("users".into())
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Target {
    /// A model, by the name of its struct: as written until it is linked.
    Model {
        /// The path.
        path: String,
        /// Where it stands.
        at: At,
    },
    /// A table that no model describes.
    Table(ObjectName),
}

/// A relation through a junction table.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_model::At;
/// use whimbrel_model::build::build;
/// use whimbrel_model::item::{Field, ManyToMany, Model, Scalar, Type};
///
/// let id = Field { primary_key: true, ..Field::new("id", Type::Scalar(Scalar::BigInt)) };
/// let tags = ManyToMany {
///     target: "Tag".into(),
///     name: None,
///     through: Some("labels".into()),
///     columns: None,
///     on_delete: None,
///     on_update: None,
///     at: At::default(),
/// };
/// let tag = Model { fields: vec![id.clone()], ..Model::new("Tag", "tags".into()) };
/// let post = Model { fields: vec![id], many_to_many: vec![tags], ..Model::new("Post", "posts".into()) };
/// let schema = build(Dialect::Sqlite, &[tag, post]).unwrap().schema;
/// let names: Vec<_> = schema.tables.iter().map(|table| table.name.to_string()).collect();
/// assert_eq!(names, ["tags", "posts", "labels"]);
/// let columns: Vec<_> = schema.tables[2].columns.iter().map(|column| column.name.as_str()).collect();
/// assert_eq!(columns, ["post_id", "tag_id"]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManyToMany {
    /// The model at the other end: as written until it is linked.
    pub target: String,
    /// What tells it from another relation between the two models.
    pub name: Option<String>,
    /// The name of the junction table.
    pub through: Option<String>,
    /// The columns of the junction table: for this side, for the other.
    pub columns: Option<(String, String)>,
    /// What happens to the pairs when a row goes.
    pub on_delete: Option<ReferentialAction>,
    /// What happens to the pairs when a key changes.
    pub on_update: Option<ReferentialAction>,
    /// Where it stands.
    pub at: At,
}

/// What can happen to rows whose referenced row goes or changes.
///
/// ```
/// use whimbrel_model::item::{ACTIONS, action_word};
/// let words = ACTIONS.map(action_word);
/// assert_eq!(words, ["cascade", "restrict", "set_null", "set_default", "no_action"]);
/// ```
pub const ACTIONS: [ReferentialAction; 5] = [
    ReferentialAction::Cascade,
    ReferentialAction::Restrict,
    ReferentialAction::SetNull,
    ReferentialAction::SetDefault,
    ReferentialAction::NoAction,
];

/// How attributes write an action.
pub fn action_word(action: ReferentialAction) -> &'static str {
    match action {
        ReferentialAction::NoAction => "no_action",
        ReferentialAction::Restrict => "restrict",
        ReferentialAction::Cascade => "cascade",
        ReferentialAction::SetNull => "set_null",
        ReferentialAction::SetDefault => "set_default",
    }
}
