//! One difference between two schemas, typed and dialect-free.
//!
//! A new kind of change is one variant here; matches over [`Change`] have no
//! wildcard arm, so the compiler names every place that must answer for it.
//!
//! Renames come first in a list of changes, and every later change speaks the
//! new names.

use serde::Serialize;

use crate::name::ObjectName;
use crate::schema::{
    Check, Column, EnumType, Exclusion, Extension, ForeignKey, Index, Object, ObjectKind, PartitionBy,
    PartitionOf, PrimaryKey, Sequence, Table, TableOptions, TypeDef, Unique,
};

/// One difference. In JSON `type` names the variant, in the spelling of
/// VibORM's operations where those exist.
///
/// ```
/// use whimbrel_core::change::Change;
/// let change = Change::RenameTable { from: "users".into(), to: "people".into() };
/// let json = serde_json::to_string(&change).unwrap();
/// assert_eq!(json, r#"{"type":"renameTable","from":"users","to":"people"}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[allow(missing_docs, reason = "the fields are the two sides of what the variant names")]
pub enum Change {
    /// A namespace is new.
    CreateNamespace { namespace: String },
    /// A namespace is gone.
    DropNamespace { namespace: String },
    /// An extension is new.
    CreateExtension { extension: Extension },
    /// An extension is gone.
    DropExtension { extension: Extension },
    /// An extension has another version or namespace.
    AlterExtension { from: Extension, to: Extension },

    /// An enum is new.
    CreateEnum { enum_def: EnumType },
    /// An enum is gone.
    DropEnum { enum_name: ObjectName },
    /// An enum has another name.
    RenameEnum { from: ObjectName, to: ObjectName },
    /// A value of an enum has another name.
    RenameEnumValue { enum_name: ObjectName, from: String, to: String },
    /// An enum has other values.
    AlterEnum(AlterEnum),
    /// A domain, composite or range type is new.
    CreateType { type_def: TypeDef },
    /// A domain, composite or range type is gone.
    DropType { type_def: TypeDef },
    /// A domain, composite or range type is another.
    AlterType { from: TypeDef, to: TypeDef },
    /// A sequence is new.
    CreateSequence { sequence: Sequence },
    /// A sequence is gone.
    DropSequence { sequence: Sequence },
    /// A sequence has other properties.
    AlterSequence { from: Sequence, to: Sequence },
    /// A sequence has another name.
    RenameSequence { from: ObjectName, to: ObjectName },

    /// A table is new, with all that belongs to it.
    CreateTable { table: Table },
    /// A table is gone, with all that belongs to it.
    DropTable { table_name: ObjectName },
    /// A table has another name.
    RenameTable { from: ObjectName, to: ObjectName },
    /// A table has other options.
    AlterTableOptions { table_name: ObjectName, from: TableOptions, to: TableOptions },
    /// The rows of a table are told apart by another key, or by one at all.
    AlterPartitionKey { table_name: ObjectName, from: Option<PartitionBy>, to: Option<PartitionBy> },
    /// A table that stays is no longer a partition, or not with this bound.
    DetachPartition { table_name: ObjectName, partition_of: PartitionOf },
    /// A table that is there becomes a partition, or gets this bound.
    AttachPartition { table_name: ObjectName, partition_of: PartitionOf },

    /// A column is new.
    AddColumn { table_name: ObjectName, column: Column },
    /// A column is gone.
    DropColumn { table_name: ObjectName, column_name: String },
    /// A column has another name.
    RenameColumn { table_name: ObjectName, from: String, to: String },
    /// A column is another.
    AlterColumn { table_name: ObjectName, column_name: String, from: Column, to: Column },

    /// An index is new.
    CreateIndex { table_name: ObjectName, index: Index },
    /// An index is gone.
    DropIndex { table_name: ObjectName, index_name: String },
    /// An index has another name.
    RenameIndex { table_name: ObjectName, from: String, to: String },

    /// The primary key is new.
    AddPrimaryKey { table_name: ObjectName, primary_key: PrimaryKey },
    /// The primary key is gone.
    DropPrimaryKey { table_name: ObjectName, primary_key: PrimaryKey },
    /// A unique constraint is new.
    AddUniqueConstraint { table_name: ObjectName, constraint: Unique },
    /// A unique constraint is gone.
    DropUniqueConstraint { table_name: ObjectName, constraint: Unique },
    /// A foreign key is new.
    AddForeignKey { table_name: ObjectName, fk: ForeignKey },
    /// A foreign key is gone.
    DropForeignKey { table_name: ObjectName, fk: ForeignKey },
    /// A check is new. Where it lists the values of a column under other names than
    /// before, the rows get those.
    AddCheck {
        table_name: ObjectName,
        check: Check,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        replacements: Vec<EnumReplacement>,
    },
    /// A check is gone.
    DropCheck { table_name: ObjectName, check: Check },
    /// An exclusion constraint is new.
    AddExclusion { table_name: ObjectName, exclusion: Exclusion },
    /// An exclusion constraint is gone.
    DropExclusion { table_name: ObjectName, exclusion: Exclusion },
    /// A constraint differs in its name alone. Either name may be absent.
    RenameConstraint { table_name: ObjectName, from: Option<String>, to: Option<String> },

    /// A view, trigger, function or the like is new.
    CreateObject { object: Object },
    /// A view, trigger, function or the like has another definition.
    ReplaceObject { from: Object, to: Object },
    /// A view, trigger, function or the like is gone.
    DropObject { object: Object },

    /// A comment is another, on something that was there before. What is new
    /// carries its comment.
    SetComment { target: CommentTarget, from: Option<String>, to: Option<String> },
}

/// How an enum's values change.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::diff::{Renames, diff};
/// use whimbrel_core::pair::Pair;
/// use whimbrel_core::schema::{EnumType, Schema};
///
/// let schema = |values: &[&str]| {
///     let status = EnumType::new("status", values.iter().copied());
///     Schema { enums: vec![status], ..Schema::default() }
/// };
/// let pair = Pair::new(schema(&["open"]), schema(&["open", "closed"]));
/// let found = diff(Dialect::Postgres, pair.as_ref(), &Renames::default());
/// let Change::AlterEnum(alter) = &found.changes[0] else { panic!("{found:?}") };
/// assert_eq!((alter.add_values.len(), alter.remove_values.len()), (1, 0));
/// assert_eq!(alter.new_values, ["open", "closed"]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlterEnum {
    /// The enum.
    pub enum_name: ObjectName,
    /// The values that are new, in the desired order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_values: Vec<String>,
    /// The values that are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_values: Vec<String>,
    /// All values as they should be.
    pub new_values: Vec<String>,
    /// Whether values that stay come in another order: they sort by it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reorders: bool,
    /// What the rows of each using column get in place of a removed value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replacements: Vec<EnumReplacement>,
}

/// What one column's rows get in place of one removed enum value.
///
/// ```
/// use whimbrel_core::change::{AlterEnum, Change, EnumReplacement};
///
/// let replacement = EnumReplacement {
///     table_name: "users".into(),
///     column_name: "status".into(),
///     from: "pending".into(),
///     to: None,
/// };
/// let alter = Change::AlterEnum(AlterEnum {
///     enum_name: "status".into(),
///     add_values: vec![],
///     remove_values: vec!["pending".into()],
///     new_values: vec!["open".into()],
///     reorders: false,
///     replacements: vec![replacement.clone()],
/// });
/// assert_eq!(alter.replacements(), [replacement]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnumReplacement {
    /// The table, by its new name.
    pub table_name: ObjectName,
    /// The column, by its new name.
    pub column_name: String,
    /// The removed value.
    pub from: String,
    /// Its replacement, `None` for NULL.
    pub to: Option<String>,
}

/// What a comment stands on.
///
/// ```
/// use whimbrel_core::change::{Change, CommentTarget};
/// use whimbrel_core::describe::describe;
///
/// let target = CommentTarget::Table { table_name: "users".into() };
/// let change = Change::SetComment { target, from: None, to: Some("People.".into()) };
/// assert_eq!(describe(&[change])[0].to_string(), "alter users\n  ~ comment none → 'People.'\n");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "on", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[allow(missing_docs, reason = "the fields say where the thing is")]
pub enum CommentTarget {
    /// A table.
    Table { table_name: ObjectName },
    /// A column.
    Column { table_name: ObjectName, column_name: String },
    /// An index.
    Index { table_name: ObjectName, index_name: String },
    /// A constraint.
    Constraint { table_name: ObjectName, constraint_name: String },
    /// A top-level object of another kind.
    Object { kind: ObjectKind, name: ObjectName, signature: Option<String>, table: Option<ObjectName> },
}

impl Change {
    /// Says whether it gives something another name and leaves all else alone.
    ///
    /// ```
    /// use whimbrel_core::change::Change;
    /// assert!(Change::RenameTable { from: "users".into(), to: "people".into() }.is_rename());
    /// assert!(!Change::DropTable { table_name: "users".into() }.is_rename());
    /// ```
    pub fn is_rename(&self) -> bool {
        matches!(
            self,
            Self::RenameTable { .. }
                | Self::RenameColumn { .. }
                | Self::RenameEnum { .. }
                | Self::RenameEnumValue { .. }
                | Self::RenameSequence { .. }
                | Self::RenameIndex { .. }
                | Self::RenameConstraint { .. }
        )
    }

    /// What rows get in place of enum values that go.
    ///
    /// ```
    /// use whimbrel_core::change::Change;
    ///
    /// let change = Change::DropTable { table_name: "users".into() };
    /// assert_eq!(change.replacements(), [], "only an enum or a check that lists values has some");
    /// ```
    pub fn replacements(&self) -> &[EnumReplacement] {
        if let Self::AlterEnum(AlterEnum { replacements, .. }) | Self::AddCheck { replacements, .. } = self {
            replacements
        } else {
            &[]
        }
    }

    /// The same, where the change may have any.
    ///
    /// ```
    /// use whimbrel_core::change::{AlterEnum, Change};
    ///
    /// let mut change = Change::AlterEnum(AlterEnum {
    ///     enum_name: "status".into(),
    ///     add_values: vec![],
    ///     remove_values: vec!["pending".into()],
    ///     new_values: vec!["open".into()],
    ///     reorders: false,
    ///     replacements: vec![],
    /// });
    /// assert!(change.replacements_mut().is_some_and(|all| all.is_empty()), "nothing was answered yet");
    /// let mut change = Change::DropTable { table_name: "users".into() };
    /// assert_eq!(change.replacements_mut(), None);
    /// ```
    pub fn replacements_mut(&mut self) -> Option<&mut Vec<EnumReplacement>> {
        if let Self::AlterEnum(AlterEnum { replacements, .. }) | Self::AddCheck { replacements, .. } = self {
            Some(replacements)
        } else {
            None
        }
    }

    /// The check that goes, if that is what the change is.
    pub(crate) fn dropped_check(&self) -> Option<&Check> {
        if let Self::DropCheck { check, .. } = self { Some(check) } else { None }
    }

    /// The table that the change belongs to, by its new name; `None` for a
    /// change of a top-level object that is no table.
    ///
    /// ```
    /// use whimbrel_core::change::Change;
    /// let change = Change::RenameTable { from: "users".into(), to: "people".into() };
    /// assert_eq!(change.table_name(), Some(&"people".into()));
    /// let change = Change::CreateNamespace { namespace: "audit".into() };
    /// assert_eq!(change.table_name(), None);
    /// ```
    pub fn table_name(&self) -> Option<&ObjectName> {
        match self {
            Self::CreateTable { table } => Some(&table.name),
            Self::RenameTable { to, .. } => Some(to),
            Self::DropTable { table_name }
            | Self::AlterTableOptions { table_name, .. }
            | Self::AlterPartitionKey { table_name, .. }
            | Self::DetachPartition { table_name, .. }
            | Self::AttachPartition { table_name, .. }
            | Self::AddColumn { table_name, .. }
            | Self::DropColumn { table_name, .. }
            | Self::RenameColumn { table_name, .. }
            | Self::AlterColumn { table_name, .. }
            | Self::CreateIndex { table_name, .. }
            | Self::DropIndex { table_name, .. }
            | Self::RenameIndex { table_name, .. }
            | Self::AddPrimaryKey { table_name, .. }
            | Self::DropPrimaryKey { table_name, .. }
            | Self::AddUniqueConstraint { table_name, .. }
            | Self::DropUniqueConstraint { table_name, .. }
            | Self::AddForeignKey { table_name, .. }
            | Self::DropForeignKey { table_name, .. }
            | Self::AddCheck { table_name, .. }
            | Self::DropCheck { table_name, .. }
            | Self::AddExclusion { table_name, .. }
            | Self::DropExclusion { table_name, .. }
            | Self::RenameConstraint { table_name, .. } => Some(table_name),
            Self::SetComment { target, .. } => match target {
                CommentTarget::Table { table_name }
                | CommentTarget::Column { table_name, .. }
                | CommentTarget::Index { table_name, .. }
                | CommentTarget::Constraint { table_name, .. } => Some(table_name),
                CommentTarget::Object { .. } => None,
            },
            Self::CreateNamespace { .. }
            | Self::DropNamespace { .. }
            | Self::CreateExtension { .. }
            | Self::DropExtension { .. }
            | Self::AlterExtension { .. }
            | Self::CreateEnum { .. }
            | Self::DropEnum { .. }
            | Self::RenameEnum { .. }
            | Self::RenameEnumValue { .. }
            | Self::AlterEnum(_)
            | Self::CreateType { .. }
            | Self::DropType { .. }
            | Self::AlterType { .. }
            | Self::CreateSequence { .. }
            | Self::DropSequence { .. }
            | Self::AlterSequence { .. }
            | Self::RenameSequence { .. }
            | Self::CreateObject { .. }
            | Self::ReplaceObject { .. }
            | Self::DropObject { .. } => None,
        }
    }
}
