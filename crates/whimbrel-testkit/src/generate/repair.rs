//! Takes out of a schema whatever makes no sense after an edit.

use whimbrel_core::dialect::Dialect;

use super::model::{Action, Check, Column, ForeignKey, Id, IndexModel, Kind, Model, TableModel, Unique};

impl Model {
    /// Takes out what refers to what is gone, and what an engine refuses.
    pub(super) fn repair(&mut self) {
        self.tables.iter_mut().for_each(TableModel::repair_columns);
        self.tables.retain(|table| table.columns.iter().any(|column| column.generated.is_none()));
        let dialect = self.dialect;
        self.tables.iter_mut().for_each(|table| table.repair(dialect));
        // A key may have gone above, so references come after all tables.
        let before = self.clone();
        for table in &mut self.tables {
            let columns = table.columns.clone();
            table.foreign_keys.retain(|key| is_sound(&before, &columns, key));
        }
        self.repair_views();
        self.repair_triggers();
        let tables = &self.tables;
        self.functions.retain(|function| {
            let table = tables.iter().find(|table| table.id == function.table);
            table.is_some_and(|table| table.column(function.column).is_some())
        });
    }

    fn repair_views(&mut self) {
        let views = std::mem::take(&mut self.views);
        for mut view in views {
            let available: Option<Vec<Id>> = match (self.table(view.base), self.view(view.base)) {
                (Some(table), _) => Some(table.columns.iter().map(|column| column.id).collect()),
                (None, Some(base)) => Some(base.columns.iter().map(|(id, _)| *id).collect()),
                (None, None) => None,
            };
            view.columns.retain(|(id, _)| available.as_ref().is_some_and(|all| all.contains(id)));
            if !view.columns.is_empty() {
                self.views.push(view);
            }
        }
    }

    fn repair_triggers(&mut self) {
        let tables = &self.tables;
        let find = |id: Id| tables.iter().find(|table| table.id == id);
        self.triggers.retain(|trigger| find(trigger.table).is_some());
        for trigger in &mut self.triggers {
            trigger.mentions = trigger.mentions.filter(|(table, column)| {
                find(*table)
                    .and_then(|table| table.column(*column))
                    .is_some_and(|column| column.generated.is_none())
            });
        }
    }
}

impl TableModel {
    /// Takes out computed columns whose source is gone or does not compute.
    fn repair_columns(&mut self) {
        let sources = self.columns.clone();
        for column in &mut self.columns {
            if let Some((source, _)) = column.generated {
                let source = sources.iter().find(|one| one.id == source);
                column.kind = match source {
                    Some(Column { kind, generated: None, .. }) if kind.converts() => *kind,
                    // Marked to be taken out below.
                    _ => Kind::Blob,
                };
            }
        }
        self.columns.retain(|column| column.generated.is_none() || column.kind.converts());
    }

    fn repair(&mut self, dialect: Dialect) {
        let columns = self.columns.clone();
        let find = |id: &Id| columns.iter().find(|column| column.id == *id);
        let has = |id: &Id| find(id).is_some();
        let is_distinct = |id: &Id| find(id).is_some_and(|column| column.kind.is_distinct());
        let is_plain = |id: &Id| find(id).is_some_and(|column| column.generated.is_none());
        self.primary_key.retain(|id| is_distinct(id) && is_plain(id));
        self.uniques
            .retain(|unique: &Unique| unique.columns.iter().all(is_distinct) && !unique.columns.is_empty());
        self.indexes.retain(|index: &IndexModel| index.columns.iter().all(has) && !index.columns.is_empty());
        for index in &mut self.indexes {
            index.partial = index.partial.filter(|id| has(id));
            index.include = index.include.filter(|id| has(id));
            index.unique &= index.columns.iter().all(is_distinct);
        }
        self.checks.retain(|check: &Check| find(&check.column).is_some_and(|column| column.kind.converts()));
        let is_sqlite = dialect == Dialect::Sqlite;
        self.strict &= is_sqlite;
        self.without_rowid &= is_sqlite && !self.primary_key.is_empty();
        if self.without_rowid {
            // SQLite cannot rename a column that both keys of such a table hold.
            let key = &self.primary_key;
            self.uniques.retain(|unique| !unique.columns.iter().any(|id| key.contains(id)));
        }
        let is_integer =
            matches!(self.primary_key[..], [id] if find(&id).is_some_and(|one| one.kind == Kind::Integer));
        self.numbers_itself &= is_integer && !self.without_rowid;
        for column in &mut self.columns {
            let is_key = self.primary_key.contains(&column.id);
            column.collated &= column.kind.is_text();
            if is_key && self.numbers_itself {
                column.default = None;
            }
            if let Some(default) = column.default {
                column.default = Some(default).filter(|default| fits(*default, column.kind));
            }
        }
        let numbered =
            self.columns.iter().filter(|column| column.generated.is_none()).map(|column| column.id);
        let numbered: Vec<Id> = numbered.collect();
        for key in &mut self.foreign_keys {
            let nullable = find(&key.column).is_some_and(|column| column.nullable);
            if key.action == Action::SetNull && (!nullable || !numbered.contains(&key.column)) {
                key.action = Action::None;
            }
        }
    }
}

/// Says whether a default is one of a kind's.
fn fits(default: super::DefaultValue, kind: Kind) -> bool {
    use super::DefaultValue::{Expression, Literal, Now};
    match default {
        Literal(_) => true,
        Expression => kind.converts(),
        Now => kind == Kind::Text,
    }
}

/// Says whether a reference leads to a key of its own kind.
fn is_sound(model: &Model, columns: &[Column], key: &ForeignKey) -> bool {
    let own = columns.iter().find(|column| column.id == key.column);
    let table = model.table(key.table);
    let target = table.and_then(|table| table.column(key.target));
    let (Some(own), Some(table), Some(target)) = (own, table, target) else {
        return false;
    };
    own.kind == target.kind
        && own.generated.is_none()
        && target.generated.is_none()
        && own.collated == target.collated
        && table.is_key(target.id)
}
