//! Renames: they run first, together, so that all else speaks new names.

use super::super::keys;
use super::super::keys::milestone;
use super::super::part::Part;
use super::super::rules::{ident, literal, name, serial_sequence};
use super::Lowering;
use crate::change::Change;
use crate::name::ObjectName;
use crate::plan::{Action, Step};
use crate::schema::Table;

/// What every plan passes when its renames are done.
pub(super) const RENAMED: &str = "renamed";

impl Lowering<'_> {
    /// Renames tables and enums, then what is within them.
    pub(super) fn renames(&mut self) {
        let mut steps: Vec<Step> = Vec::new();
        let (mut uses, mut frees) = (Vec::new(), Vec::new());
        let mut moved = |from: &ObjectName, to: &ObjectName| {
            uses.extend(to.namespace.as_deref().map(keys::namespace));
            frees.extend(from.namespace.as_deref().map(keys::namespace));
        };
        for change in self.changes {
            if let Change::RenameTable { from, to } = change {
                steps.extend(rename("TABLE", from, to));
                moved(from, to);
            } else if let Change::RenameEnum { from, to } = change {
                steps.extend(rename("TYPE", from, to));
                moved(from, to);
            }
        }
        for change in self.changes {
            if let Change::RenameColumn { table_name, from, to } = change {
                let (table, from, to) = (name(table_name), ident(from), ident(to));
                steps.push(Step::new(format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}")));
            } else if let Change::RenameEnumValue { enum_name, from, to } = change {
                let (of, from, to) = (name(enum_name), literal(from), literal(to));
                steps.push(Step::new(format!("ALTER TYPE {of} RENAME VALUE {from} TO {to}")));
            }
        }
        for (before, now) in self.tables_before_and_now() {
            steps.extend(serial_sequences(before, now));
        }
        if !steps.is_empty() {
            let creates = vec![milestone(RENAMED)];
            self.actions.push(Action { steps, creates, uses, frees, ..Action::default() });
        }
    }

    /// Tables under their old and new names, where they or their columns have others.
    fn tables_before_and_now(&self) -> impl Iterator<Item = (&Table, &Table)> {
        // Renaming keeps the order of the tables.
        let pairs = self.live.tables.iter().zip(&self.from.schema.tables);
        pairs.filter(|(before, now)| before != now)
    }

    /// Renames the sequence of a column. If its table moved, it moved along.
    pub(super) fn rename_sequence(&mut self, from: &ObjectName, to: &ObjectName) {
        let moved = to.with_name(&from.name);
        if moved == *to {
            return;
        }
        self.actions.push(Action {
            steps: rename("SEQUENCE", &moved, to).collect(),
            drops: vec![keys::relation(from)],
            creates: vec![keys::relation(to)],
            ..Action::about(to)
        });
    }

    pub(super) fn rename_index(&mut self, table: &ObjectName, from: &str, to: &str) {
        let before = keys::relation(&table.with_name(from));
        if self.remade.contains(&before) {
            return;
        }
        let sql = self.rename_index_sql(table, from, to);
        self.actions.push(Action {
            steps: vec![Step::new(sql)],
            drops: vec![before],
            creates: vec![keys::relation(&table.with_name(to))],
            ..Action::about(table)
        });
    }

    fn rename_index_sql(&self, table: &ObjectName, from: &str, to: &str) -> String {
        let exists = self.if_exists(table);
        format!("ALTER INDEX{exists} {} RENAME TO {}", name(&table.with_name(from)), ident(to))
    }

    /// A constraint without a name on either side has whatever name it has.
    pub(super) fn rename_constraint(&mut self, table: &ObjectName, from: Option<&str>, to: Option<&str>) {
        let (Some(from), Some(to)) = (from, to) else { return };
        let before = keys::constraint(table, from);
        if self.remade.contains(&before) {
            return;
        }
        let has_index =
            self.to.table(table).and_then(|table| Part::find(table, to)).is_some_and(Part::has_index);
        let sql = match has_index && self.is_left(table) {
            // The constraint is renamed along.
            true => self.rename_index_sql(table, from, to),
            false => {
                format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", name(table), ident(from), ident(to))
            }
        };
        let both =
            |named: &str| vec![keys::constraint(table, named), keys::relation(&table.with_name(named))];
        self.actions.push(Action {
            steps: vec![Step::new(sql)],
            drops: both(from),
            creates: both(to),
            ..Action::about(table)
        });
    }
}

/// Moves an object to another namespace, to another name, or both.
fn rename(keyword: &str, from: &ObjectName, to: &ObjectName) -> impl Iterator<Item = Step> + use<> {
    let moved = ObjectName { namespace: to.namespace.clone(), name: from.name.clone() };
    let namespace = to.namespace.as_deref().unwrap_or("public");
    let set_schema = (from.namespace != to.namespace)
        .then(|| format!("ALTER {keyword} {} SET SCHEMA {}", name(from), ident(namespace)));
    let rename_to = (from.name != to.name)
        .then(|| format!("ALTER {keyword} {} RENAME TO {}", name(&moved), ident(&to.name)));
    set_schema.into_iter().chain(rename_to).map(Step::new)
}

/// A serial's sequence is named after its column, so it is renamed along.
fn serial_sequences(before: &Table, now: &Table) -> impl Iterator<Item = Step> {
    let columns = before.columns.iter().zip(&now.columns).filter(|(_, now)| now.auto_increment);
    columns.filter_map(|(was, is)| {
        let was = serial_sequence(&before.name, &was.name, &was.sql_type)?;
        let is = serial_sequence(&now.name, &is.name, &is.sql_type)?;
        // A table that moved took its sequence along.
        let moved = is.name.with_name(&was.name.name);
        rename("SEQUENCE", &moved, &is.name).next()
    })
}
