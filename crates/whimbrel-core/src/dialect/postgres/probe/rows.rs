//! The live rows of a table under the names and types that it will have.

use std::collections::BTreeSet;

use super::super::domain::resolved;
use super::super::mention::{Mentions, mentions};
use super::super::rules::{ident, name};
use super::super::types::{TypeName, cast, same};
use crate::dialect::Dialect;
use crate::diff::Renames;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::{Column, EnumType, Schema, Table, TypeDef};

/// A table as it is and as it will be.
pub(super) struct Rows<'a> {
    pub(super) pair: Pair<&'a Schema>,
    renames: &'a Renames,
    pub(super) from: &'a Table,
    pub(super) to: &'a Table,
}

impl<'a> Rows<'a> {
    /// The table of this new name, if it is there already.
    pub(super) fn of(pair: Pair<&'a Schema>, renames: &'a Renames, table: &ObjectName) -> Option<Self> {
        let to = pair.to.table(table)?;
        let from = pair.from.table(renames.old_table(Dialect::Postgres, table))?;
        Some(Self { pair, renames, from, to })
    }

    /// The live table's name as SQL.
    pub(super) fn table(&self) -> String {
        name(&self.from.name)
    }

    /// The live name of another table, given its new name.
    pub(super) fn live_table<'n>(&'n self, table: &'n ObjectName) -> &'n ObjectName {
        self.renames.old_table(Dialect::Postgres, table)
    }

    /// The live column, given its new name.
    pub(super) fn live(&self, column: &str) -> Option<&'a Column> {
        self.from.column(self.renames.old_column(Dialect::Postgres, &self.to.name, column))
    }

    /// The type that a column will have.
    pub(super) fn new_type(&self, column: &str) -> Option<TypeName> {
        self.to.column(column).map(|column| TypeName::parse(&column.sql_type))
    }

    /// The columns among `words`.
    pub(super) fn mentioned(&self, words: &BTreeSet<String>) -> impl Iterator<Item = &'a Column> {
        self.to.columns.iter().filter(|column| words.contains(&column.name))
    }

    /// What to select from, so that the columns among `words` have their new
    /// names and types. `None` if one has values that are not known yet.
    pub(super) fn select(&self, words: &BTreeSet<String>) -> Option<String> {
        Some(match self.renamed(words)? {
            Some(query) => format!("{query} AS renamed"),
            None => self.table(),
        })
    }

    /// The same, under a name of its own.
    pub(super) fn select_as(&self, words: &BTreeSet<String>, alias: &str) -> Option<String> {
        let source = self.renamed(words)?.unwrap_or_else(|| self.table());
        Some(format!("{source} AS {alias}"))
    }

    /// The query that gives the columns among `words` their new names and types;
    /// nothing within if they have them already.
    fn renamed(&self, words: &BTreeSet<String>) -> Option<Option<String>> {
        let columns: Vec<_> = self.mentioned(words).collect();
        let as_they_are = |column: &&Column| {
            self.live(&column.name).is_some_and(|live| live.name == column.name && self.is_same(live, column))
        };
        if columns.iter().all(as_they_are) {
            return Some(None);
        }
        let values: Option<Vec<_>> = columns
            .into_iter()
            .map(|column| Some(format!("{} AS {}", self.value(column)?, ident(&column.name))))
            .collect();
        Some(Some(format!("(SELECT {} FROM {})", values?.join(", "), self.table())))
    }

    fn is_same(&self, live: &Column, column: &Column) -> bool {
        same(&live.sql_type, &column.sql_type) && live.generated == column.generated
    }

    /// The value that a column will have, in terms of the live row.
    fn value(&self, column: &Column) -> Option<String> {
        let is_known = self.knows_type(&column.sql_type);
        match self.live(&column.name) {
            Some(live) if self.is_same(live, column) => Some(ident(&live.name)),
            Some(live) if is_known && column.generated.is_none() => {
                let from = resolved(self.pair.from, &live.sql_type).0;
                let to = resolved(self.pair.to, &column.sql_type).0;
                Some(cast(&ident(&live.name), &from, &to, &column.sql_type))
            }
            None if is_known && column.generated.is_none() && !numbers_itself(column) => {
                let default = column.default.as_ref().map_or("NULL", |default| default.as_str());
                let is_constant = mentions(default).calls.is_empty();
                is_constant.then(|| format!("({default})::{}", column.sql_type))
            }
            Some(_) | None => None,
        }
    }

    /// Says whether the live database has all that an expression mentions.
    pub(super) fn knows(&self, found: &Mentions) -> bool {
        let names = found.calls.iter().chain(&found.relations);
        let is_there = |name: &ObjectName| !defines(self.pair.to, name) || defines(self.pair.from, name);
        names.into_iter().all(is_there) && found.types.iter().all(|name| self.has_type(name))
    }

    /// Says whether the live database has a type as it will be.
    pub(super) fn knows_type(&self, sql_type: &str) -> bool {
        self.has_type(&TypeName::parse(sql_type).object_name())
    }

    fn has_type(&self, name: &ObjectName) -> bool {
        let of = |schema: &'a Schema| -> (Option<&'a EnumType>, Option<&'a TypeDef>) {
            (schema.enum_type(name), schema.types.iter().find(|def| def.name() == name))
        };
        let (from, to) = (of(self.pair.from), of(self.pair.to));
        from == to
    }
}

/// Says whether each row gets a number of its own.
fn numbers_itself(column: &Column) -> bool {
    column.auto_increment || column.identity.is_some()
}

/// Says whether a schema defines something of this name.
fn defines(schema: &Schema, name: &ObjectName) -> bool {
    schema.enum_type(name).is_some()
        || schema.table(name).is_some()
        || schema.types.iter().any(|def| def.name() == name)
        || schema.sequences.iter().any(|sequence| sequence.name == *name)
        || schema.objects.iter().any(|object| object.name == *name)
}
