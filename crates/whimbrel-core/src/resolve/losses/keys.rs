//! Keys that rows may not meet: equal values, or NULLs.

use super::Context;
use crate::diff::real_default;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::LossKind;
use crate::schema::{Column, Index, KeyPart, KeyTarget, PrimaryKey, Table, Unique};

impl<'a> Context<'a> {
    pub(super) fn unique_index<'b>(
        &self,
        table: &'b ObjectName,
        index: &Index,
    ) -> Option<(&'b ObjectName, LossKind)> {
        index.unique.then_some(())?;
        self.new_key(table, index.clone(), false)
    }

    pub(super) fn unique<'b>(
        &self,
        table: &'b ObjectName,
        unique: &Unique,
    ) -> Option<(&'b ObjectName, LossKind)> {
        let key = Index {
            columns: unique.columns.clone(),
            nulls_not_distinct: unique.nulls_not_distinct,
            ..unique_key(unique.name.as_ref())
        };
        self.new_key(table, key, false)
    }

    pub(super) fn primary_key<'b>(
        &self,
        table: &'b ObjectName,
        key: &PrimaryKey,
    ) -> Option<(&'b ObjectName, LossKind)> {
        let index = Index { columns: key.columns.clone(), ..unique_key(key.name.as_ref()) };
        self.new_key(table, index, true)
    }

    fn new_key<'b>(
        &self,
        table: &'b ObjectName,
        key: Index,
        primary: bool,
    ) -> Option<(&'b ObjectName, LossKind)> {
        let both = self.table(table)?;
        if self.was_unique(both, &key, primary) || (!primary && self.stays_null(both, &key)) {
            return None;
        }
        let columns = key.columns.iter().map(|part| match &part.target {
            KeyTarget::Column(name) => name.clone(),
            KeyTarget::Expression(text) => text.0.clone(),
        });
        Some((table, LossKind::AddUnique { columns: columns.collect(), primary, key: Box::new(key) }))
    }

    /// Says whether some key on fewer or the same columns held before, so that
    /// the new one does.
    fn was_unique(&self, both: Pair<&'a Table>, key: &Index, primary: bool) -> bool {
        let columns: Option<Vec<_>> = key.columns.iter().map(|part| self.unchanged(both, part)).collect();
        let Some(columns) = columns else { return false };
        let no_nulls = columns.iter().all(|column| !column.nullable);
        let within = |parts: &[KeyPart]| {
            parts.iter().all(|part| {
                part.collation.is_none() && part.column_name().is_some_and(|name| self.names(&columns, name))
            })
        };
        let held = |parts: &[KeyPart], nulls_not_distinct: bool| {
            within(parts) && (no_nulls || (!primary && (nulls_not_distinct || !key.nulls_not_distinct)))
        };
        let was_primary = |old: &PrimaryKey| {
            within(&old.columns) && (old.columns.len() == columns.len() || held(&old.columns, false))
        };
        let plain = |index: &&Index| index.unique && index.predicate.is_none();
        both.from.primary_key.as_ref().is_some_and(was_primary)
            || both.from.unique_constraints.iter().any(|key| held(&key.columns, key.nulls_not_distinct))
            || both.from.indexes.iter().filter(plain).any(|key| held(&key.columns, key.nulls_not_distinct))
    }

    fn names(&self, columns: &[&Column], name: &str) -> bool {
        columns.iter().any(|column| self.dialect.same_ident(&column.name, name))
    }

    /// The column as it was behind a part of a key, if its values are equal to
    /// each other exactly where they were before.
    fn unchanged(&self, both: Pair<&'a Table>, part: &KeyPart) -> Option<&'a Column> {
        let name = part.column_name().filter(|_| part.collation.is_none())?;
        let (old, new) = (self.old_column(both, name)?, self.column(both.to, name)?);
        let same = self.dialect.same_type(&old.sql_type, &new.sql_type)
            && old.collation == new.collation
            && old.generated == new.generated;
        same.then_some(old)
    }

    /// Says whether a column of the key is new and NULL in every row that is
    /// there: NULLs are not equal to each other.
    fn stays_null(&self, both: Pair<&'a Table>, key: &Index) -> bool {
        let columns = key.columns.iter().filter_map(KeyPart::column_name);
        !key.nulls_not_distinct && columns.into_iter().any(|column| self.is_new_null(both, column))
    }

    pub(super) fn is_new_null(&self, both: Pair<&'a Table>, column: &str) -> bool {
        self.old_column(both, column).is_none()
            && self.column(both.to, column).is_some_and(|column| {
                column.nullable
                    && real_default(column).is_none()
                    && column.generated.is_none()
                    && column.identity.is_none()
                    && !column.auto_increment
            })
    }
}

pub(super) fn unique_key(name: Option<&String>) -> Index {
    Index { name: name.cloned().unwrap_or_default(), unique: true, ..Index::default() }
}
