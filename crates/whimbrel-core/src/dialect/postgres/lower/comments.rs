//! Comments.

use super::super::ddl;
use super::super::objects::designation;
use super::super::rules::{hidden_sequence, ident, name};
use super::super::{keys, part::Part};
use super::Lowering;
use crate::change::CommentTarget;
use crate::name::ObjectName;
use crate::plan::{Action, Key, PlanError, Step};
use crate::schema::{Column, Object, Table};

impl Lowering<'_> {
    /// Sets a comment, unless what it stands on is made anew with it.
    pub(super) fn set_comment(
        &mut self,
        target: &CommentTarget,
        text: Option<&str>,
    ) -> Result<(), PlanError> {
        let (key, on) = match target {
            CommentTarget::Table { table_name } => {
                (keys::relation(table_name), format!("TABLE {}", name(table_name)))
            }
            CommentTarget::Column { table_name, column_name } => {
                (keys::column(table_name, column_name), column(table_name, column_name))
            }
            CommentTarget::Index { table_name, index_name } => {
                let index = table_name.with_name(index_name);
                (keys::relation(&index), format!("INDEX {}", name(&index)))
            }
            CommentTarget::Constraint { table_name, constraint_name } => (
                keys::constraint(table_name, constraint_name),
                format!("CONSTRAINT {} ON {}", ident(constraint_name), name(table_name)),
            ),
            CommentTarget::Object { kind, name, signature, table } => (
                keys::identity(*kind, name, signature.as_deref(), table.as_ref()),
                designation(*kind, name, signature.as_deref(), table.as_ref())?,
            ),
        };
        if !self.comes_with_comment(&key) {
            let subject = target_name(target);
            let steps = vec![Step::new(ddl::comment(&on, text))];
            self.actions.push(Action { steps, uses: vec![key], ..Action::about(subject) });
        }
        Ok(())
    }

    /// Says whether what has `key` on the desired side, or what it is a column
    /// of, is put up again.
    fn comes_with_comment(&self, key: &Key) -> bool {
        let whole = keys::relation(&key.name);
        self.remade.keys().any(|remade| {
            let remade = self.renewed(remade);
            remade == *key || remade == whole
        })
    }
}

fn target_name(target: &CommentTarget) -> &ObjectName {
    match target {
        CommentTarget::Table { table_name }
        | CommentTarget::Column { table_name, .. }
        | CommentTarget::Index { table_name, .. }
        | CommentTarget::Constraint { table_name, .. } => table_name,
        CommentTarget::Object { name, table, .. } => table.as_ref().unwrap_or(name),
    }
}

fn column(table: &ObjectName, column: &str) -> String {
    format!("COLUMN {}.{}", name(table), ident(column))
}

/// The comments on a new table, its columns, keys and conditions.
pub(super) fn of_table(table: &Table) -> Vec<Step> {
    let own = table.comment.iter().map(|text| (format!("TABLE {}", name(&table.name)), text.as_str()));
    let columns = table
        .columns
        .iter()
        .filter_map(|one| Some((column(&table.name, &one.name), one.comment.as_deref()?)));
    let comments = own.chain(columns).map(|(on, text)| Step::new(ddl::comment(&on, Some(text))));
    let comments = comments.chain(table.columns.iter().filter_map(|one| of_sequence(&table.name, one)));
    let parts = Part::all(table).filter(|part| !matches!(part, Part::ForeignKey(_)));
    comments.chain(parts.filter_map(|part| of_part(&table.name, part))).collect()
}

/// The comment on a new column.
pub(super) fn of_column(table: &ObjectName, named: &str, text: Option<&str>) -> Option<Step> {
    Some(Step::new(ddl::comment(&column(table, named), Some(text?))))
}

/// Takes the comment off a column.
pub(super) fn no_more_on_column(table: &ObjectName, named: &str) -> Step {
    Step::new(ddl::comment(&column(table, named), None))
}

/// The comment on the sequence of a new serial or identity column.
pub(super) fn of_sequence(table: &ObjectName, column: &Column) -> Option<Step> {
    let sequence = hidden_sequence(table, column)?;
    let on = format!("SEQUENCE {}", name(&sequence.name));
    Some(Step::new(ddl::comment(&on, Some(sequence.comment.as_deref()?))))
}

/// The comment on a new constraint.
pub(super) fn of_part(table: &ObjectName, part: Part<'_>) -> Option<Step> {
    let text = part.comment()?;
    let on = format!("CONSTRAINT {} ON {}", ident(&part.name_in(&table.name)), name(table));
    Some(Step::new(ddl::comment(&on, Some(text))))
}

/// The comments on a new view, function or the like, and on its columns.
pub(super) fn of_object(object: &Object) -> Result<Vec<Step>, PlanError> {
    let on = designation(object.kind, &object.name, object.signature.as_deref(), object.table.as_ref())?;
    let own = object.comment.iter().map(|text| Step::new(ddl::comment(&on, Some(text))));
    let columns =
        object.columns.iter().filter_map(|one| of_column(&object.name, &one.name, one.comment.as_deref()));
    Ok(own.chain(columns).collect())
}
