//! The foreign keys that models can say.
//!
//! An engine takes some that are likely slips, and models refuse those. They
//! are left to be written as SQL.

use whimbrel_core::schema::{ForeignKey, KeyPart, ReferentialAction, Table};

use super::table::Parts;
use super::types;
use crate::item::Scalar;

impl<'a> Parts<'a> {
    /// The foreign keys that are written as relations.
    pub(super) fn relations(&self) -> impl Iterator<Item = &'a ForeignKey> {
        self.fields
            .table
            .foreign_keys
            .iter()
            .filter(|fk| self.sets_what_it_may(fk) && self.leads_to_a_key(fk))
    }

    /// Says whether the field of a column may be NULL.
    pub(super) fn may_be_null(&self, name: &str) -> bool {
        let table = self.fields.table;
        table.column(name).is_some_and(|column| {
            let key = table.primary_key.as_ref().filter(|key| names(&key.columns).contains(&name));
            column.nullable && !key.is_some_and(|key| self.is_rowid(key, column))
        })
    }

    fn sets_what_it_may(&self, fk: &ForeignKey) -> bool {
        let sets_null = [fk.on_delete, fk.on_update].contains(&ReferentialAction::SetNull);
        !sets_null || fk.columns.iter().all(|name| self.may_be_null(name))
    }

    /// Says whether it refers to a key of its own types, where a model is at the
    /// other end.
    fn leads_to_a_key(&self, fk: &ForeignKey) -> bool {
        let mut tables = self.schema.tables.iter();
        let is_other = |table: &&Table| self.dialect.same_name(&table.name, &fk.referenced_table);
        let Some(other) = tables.find(is_other).filter(|table| self.idents.of_table(&table.name).is_some())
        else {
            return true;
        };
        let primary = other.primary_key.as_ref().map(|key| names(&key.columns)).unwrap_or_default();
        let referenced: Vec<&str> = match fk.referenced_columns.is_empty() {
            true => primary,
            false => fk.referenced_columns.iter().map(String::as_str).collect(),
        };
        let pairs = || fk.columns.iter().zip(&referenced);
        referenced.len() == fk.columns.len()
            && self.is_key(other, &referenced)
            && pairs().all(|(own, theirs)| {
                self.family(self.fields.table, own) == self.family(other, theirs)
                    || self.family(other, theirs).is_none()
                    || self.family(self.fields.table, own).is_none()
            })
    }

    fn is_key(&self, table: &Table, columns: &[&str]) -> bool {
        let same = |parts: &[KeyPart]| {
            let own = names(parts);
            let has = |name: &&str| own.iter().any(|other| self.dialect.same_ident(other, name));
            own.len() == parts.len() && own.len() == columns.len() && columns.iter().all(has)
        };
        let total = table.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
        table.primary_key.iter().any(|key| same(&key.columns))
            || table.unique_constraints.iter().any(|unique| same(&unique.columns))
            || total.into_iter().any(|index| same(&index.columns))
    }

    /// What the values of a column compare with, where that is known.
    fn family(&self, table: &Table, name: &str) -> Option<Scalar> {
        let column = table.columns.iter().find(|column| self.dialect.same_ident(&column.name, name))?;
        let has_values = self.lists.contains_key(&(table.name.clone(), column.name.clone()));
        let scalar = match has_values {
            true => Some(Scalar::Text),
            false => types::of_column(self.dialect, self.schema, self.idents, table, column).scalar,
        };
        scalar.map(Scalar::family)
    }
}

/// The columns among the parts of a key.
fn names(parts: &[KeyPart]) -> Vec<&str> {
    parts.iter().filter_map(KeyPart::column_name).collect()
}
