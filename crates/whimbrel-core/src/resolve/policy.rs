//! Which changes may be made at all, whatever anybody answers.

use std::fmt;

use crate::change::{AlterEnum, Change};
use crate::name::ObjectName;

/// How far an environment lets whimbrel go.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::resolve::Policy;
/// use whimbrel_core::schema::Table;
///
/// let create = [Change::CreateTable { table: Table::new("users") }];
/// assert!(Policy::Additive.violations(&create).is_empty());
/// assert_eq!(Policy::default(), Policy::Ask);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Additions only: whatever drops, alters, replaces or renames something is
    /// refused, and names what it would touch.
    Additive,
    /// Everything, if the questions are answered.
    #[default]
    Ask,
    /// Everything; losses are accepted without a question.
    Allow,
}

/// A change that a [`Policy`] refuses.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::resolve::Policy;
///
/// let changes = [Change::DropColumn { table_name: "users".into(), column_name: "nick".into() }];
/// let violation = &Policy::Additive.violations(&changes)[0];
/// assert_eq!(violation.change, &changes[0]);
/// assert_eq!(violation.reason, "drops column `users.nick`");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Violation<'a> {
    /// The change.
    pub change: &'a Change,
    /// What it would do: ``drops column `users.nick` ``.
    pub reason: String,
}

impl fmt::Display for Violation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Policy {
    /// Lists the changes that the policy refuses, all of them.
    ///
    /// ```
    /// use whimbrel_core::change::Change;
    /// use whimbrel_core::resolve::Policy;
    /// let changes = [Change::DropTable { table_name: "users".into() }];
    /// assert_eq!(Policy::Additive.violations(&changes)[0].to_string(), "drops table `users`");
    /// assert!(Policy::Ask.violations(&changes).is_empty());
    /// ```
    pub fn violations(self, changes: &[Change]) -> Vec<Violation<'_>> {
        match self {
            Self::Additive => {
                let violation = |change| Some(Violation { change, reason: not_additive(change)? });
                changes.iter().filter_map(violation).collect()
            }
            Self::Ask | Self::Allow => Vec::new(),
        }
    }
}

/// Why a change is no addition, if it is none. A comment takes nothing away.
fn not_additive(change: &Change) -> Option<String> {
    let of = |table: &ObjectName, name: &str| format!("{table}.{name}");
    let (verb, noun, name) = match change {
        Change::CreateNamespace { .. }
        | Change::CreateExtension { .. }
        | Change::CreateEnum { .. }
        | Change::CreateType { .. }
        | Change::CreateSequence { .. }
        | Change::CreateTable { .. }
        | Change::AddColumn { .. }
        | Change::CreateIndex { .. }
        | Change::AddPrimaryKey { .. }
        | Change::AddUniqueConstraint { .. }
        | Change::AddForeignKey { .. }
        | Change::AddCheck { .. }
        | Change::AddExclusion { .. }
        | Change::CreateObject { .. }
        | Change::SetComment { .. } => return None,
        Change::AlterEnum(alter) if only_adds(alter) => return None,

        Change::DropNamespace { namespace } => ("drops", "namespace", namespace.clone()),
        Change::DropExtension { extension } => ("drops", "extension", extension.name.clone()),
        Change::DropEnum { enum_name } => ("drops", "enum", enum_name.to_string()),
        Change::DropType { type_def } => ("drops", "type", type_def.name().to_string()),
        Change::DropSequence { sequence } => ("drops", "sequence", sequence.name.to_string()),
        Change::DropTable { table_name } => ("drops", "table", table_name.to_string()),
        Change::DropColumn { table_name, column_name } => ("drops", "column", of(table_name, column_name)),
        Change::DropIndex { table_name, index_name } => ("drops", "index", of(table_name, index_name)),
        Change::DropObject { object } => ("drops", object.kind.noun(), object.name.to_string()),
        Change::DropPrimaryKey { table_name, .. } => ("drops", "the primary key of", table_name.to_string()),
        Change::DropUniqueConstraint { table_name, constraint } => {
            ("drops", "unique constraint", part(table_name, constraint.name.as_deref()))
        }
        Change::DropForeignKey { table_name, fk } => {
            ("drops", "foreign key", part(table_name, fk.name.as_deref()))
        }
        Change::DropCheck { table_name, check } => {
            ("drops", "check", part(table_name, check.name.as_deref()))
        }
        Change::DropExclusion { table_name, exclusion } => {
            ("drops", "exclusion constraint", of(table_name, &exclusion.name))
        }

        Change::AlterExtension { from, .. } => ("alters", "extension", from.name.clone()),
        Change::AlterEnum(alter) => ("alters", "enum", alter.enum_name.to_string()),
        Change::AlterType { from, .. } => ("alters", "type", from.name().to_string()),
        Change::AlterSequence { from, .. } => ("alters", "sequence", from.name.to_string()),
        Change::AlterTableOptions { table_name, .. } => ("alters", "the options of", table_name.to_string()),
        Change::AlterPartitionKey { table_name, .. } => {
            ("alters", "the partition key of", table_name.to_string())
        }
        Change::DetachPartition { table_name, .. } => ("detaches", "partition", table_name.to_string()),
        Change::AttachPartition { table_name, .. } => ("attaches", "table", table_name.to_string()),
        Change::AlterColumn { table_name, column_name, .. } => {
            ("alters", "column", of(table_name, column_name))
        }
        Change::ReplaceObject { from, .. } => ("replaces", from.kind.noun(), from.name.to_string()),

        Change::RenameTable { from, .. } => ("renames", "table", from.to_string()),
        Change::RenameColumn { table_name, from, .. } => ("renames", "column", of(table_name, from)),
        Change::RenameEnum { from, .. } => ("renames", "enum", from.to_string()),
        Change::RenameEnumValue { enum_name, from, .. } => ("renames", "enum value", of(enum_name, from)),
        Change::RenameSequence { from, .. } => ("renames", "sequence", from.to_string()),
        Change::RenameIndex { table_name, from, .. } => ("renames", "index", of(table_name, from)),
        Change::RenameConstraint { table_name, from, .. } => {
            ("renames", "constraint", part(table_name, from.as_deref()))
        }
    };
    Some(format!("{verb} {noun} `{name}`"))
}

/// Says whether an enum gains values and keeps all it has, in their order.
fn only_adds(alter: &AlterEnum) -> bool {
    alter.remove_values.is_empty() && !alter.reorders
}

fn part(table: &ObjectName, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{table}.{name}"),
        None => table.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Index, Object, ObjectKind, Table, Unique};

    #[test]
    fn additions_pass_and_all_else_is_named() {
        let table = || ObjectName::from("t");
        let alter = |add: &[&str], remove: &[&str], reorders| {
            let text = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
            Change::AlterEnum(AlterEnum {
                enum_name: "mood".into(),
                add_values: text(add),
                remove_values: text(remove),
                new_values: Vec::new(),
                reorders,
                replacements: Vec::new(),
            })
        };
        let view = || Object::new(ObjectKind::View, "v", "CREATE VIEW v AS SELECT 1");
        let column = || Column::new("a", "text");
        let cases = [
            (Change::CreateTable { table: Table::new("t") }, None),
            (Change::AddColumn { table_name: table(), column: column() }, None),
            (Change::CreateIndex { table_name: table(), index: Index::default() }, None),
            (Change::CreateObject { object: view() }, None),
            (alter(&["x"], &[], false), None),
            (alter(&["x"], &[], true), Some("alters enum `mood`")),
            (alter(&[], &["x"], false), Some("alters enum `mood`")),
            (Change::DropTable { table_name: table() }, Some("drops table `t`")),
            (
                Change::AlterColumn {
                    table_name: table(),
                    column_name: "a".into(),
                    from: column(),
                    to: column(),
                },
                Some("alters column `t.a`"),
            ),
            (
                Change::DropUniqueConstraint { table_name: table(), constraint: Unique::default() },
                Some("drops unique constraint `t`"),
            ),
            (
                Change::RenameColumn { table_name: table(), from: "a".into(), to: "b".into() },
                Some("renames column `t.a`"),
            ),
            (Change::ReplaceObject { from: view(), to: view() }, Some("replaces view `v`")),
        ];
        for (change, expected) in cases {
            let changes = [change];
            let told: Vec<_> =
                Policy::Additive.violations(&changes).iter().map(ToString::to_string).collect();
            assert_eq!(told.first().map(String::as_str), expected, "{changes:?}");
            assert_eq!(Policy::Ask.violations(&changes), []);
            assert_eq!(Policy::Allow.violations(&changes), []);
        }
    }
}
