//! Relations between models.

use serde::{Deserialize, Serialize};
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Deferrability, ReferentialAction};

use super::Name;
use crate::at::At;

/// A foreign key.
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
