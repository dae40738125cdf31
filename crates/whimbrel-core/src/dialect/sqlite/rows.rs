//! Rows of the live database as they will be, for queries that ask whether
//! they can be so.
//!
//! A query over such rows speaks the new names: of the table, of columns that
//! have another name now, and of columns that do not exist yet but will have a
//! default. So a condition of the new schema stands in it as it was written.

use std::collections::BTreeSet;

use super::ddl::quote;
use super::rebuild::value;
use super::text::{default_value, fold, mentions};
use super::types::{Affinity, affinity, converts, is_rowid_alias, rowid_name};
use crate::dialect::Dialect;
use crate::diff::{Renames, real_default};
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::{Column, KeyPart, KeyTarget, Schema, Table};

/// The table of this name, in whatever case.
pub(super) fn find_table<'a>(schema: &'a Schema, name: &str) -> Option<&'a Table> {
    schema.tables.iter().find(|table| Dialect::Sqlite.same_ident(&table.name.name, name))
}

/// The column of this name, in whatever case.
pub(super) fn find_column<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|column| Dialect::Sqlite.same_ident(&column.name, name))
}

/// The rows of one table.
pub(super) struct Rows<'a> {
    /// The table in the live database.
    pub(super) from: &'a Table,
    /// The table as it will be.
    pub(super) to: &'a Table,
    renames: &'a Renames,
}

impl<'a> Rows<'a> {
    /// The rows of the table that will have this name; `None` if it is new.
    pub(super) fn of(pair: Pair<&'a Schema>, renames: &'a Renames, name: &'a ObjectName) -> Option<Self> {
        let old = renames.old_table(Dialect::Sqlite, name);
        let from = find_table(pair.from, &old.name)?;
        let to = find_table(pair.to, &name.name)?;
        Some(Self { from, to, renames })
    }

    /// The live table's name, quoted.
    pub(super) fn live_name(&self) -> String {
        quote(&self.from.name.name)
    }

    /// The live column behind the column that will have this name.
    pub(super) fn live_column(&self, name: &str) -> Option<&'a Column> {
        find_column(self.from, self.renames.old_column(Dialect::Sqlite, &self.to.name, name))
    }

    /// A subquery that gives the columns whose names are `wanted`, under the
    /// name of the new table; `None` if one cannot be told yet.
    pub(super) fn select(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let wanted = self.to.columns.iter().filter(|column| wanted(&column.name));
        let values: Option<Vec<String>> = wanted
            .map(|column| Some(format!("{} AS {}", self.value(column)?, quote(&column.name))))
            .collect();
        let values = values?;
        let values = if values.is_empty() { "1".to_owned() } else { values.join(", ") };
        Some(format!("(SELECT {values} FROM {}) AS {}", self.live_name(), quote(&self.to.name.name)))
    }

    /// The value that a column will have.
    fn value(&self, to: &Column) -> Option<String> {
        match self.live_column(&to.name) {
            Some(from) if to.generated.is_some() || from.generated.is_some() => {
                (to.generated == from.generated).then(|| quote(&from.name))
            }
            Some(from) => Some(self.kept_value(from, to)),
            None if to.generated.is_some() => None,
            None if is_rowid_alias(self.to, to) => rowid_name(self.from).map(str::to_owned),
            None => Some(match real_default(to) {
                Some(default) => format!("({})", default_value(default.as_str())),
                None => "NULL".to_owned(),
            }),
        }
    }

    fn kept_value(&self, from: &Column, to: &Column) -> String {
        let strict = Pair::new(self.from, self.to).map(|table| table.options.strict);
        let column = quote(&from.name);
        let by_affinity = !strict.to && converts(false, &from.sql_type, &to.sql_type);
        let column = if by_affinity { as_stored(&column, &to.sql_type) } else { column };
        value(strict, column, from, to)
    }
}

/// What a column of this type makes of a value: text that looks like a number
/// becomes one where numbers are liked, and numbers become text where text is.
fn as_stored(value: &str, sql_type: &str) -> String {
    match affinity(sql_type) {
        Affinity::Integer | Affinity::Numeric | Affinity::Real => format!(
            "CASE WHEN typeof({value}) = 'text' AND CAST(CAST({value} AS NUMERIC) AS TEXT) = {value} \
             THEN CAST({value} AS NUMERIC) ELSE {value} END"
        ),
        Affinity::Text => format!(
            "CASE WHEN typeof({value}) IN ('integer', 'real') THEN CAST({value} AS TEXT) ELSE {value} END"
        ),
        Affinity::Blob => value.to_owned(),
    }
}

/// The names that the parts of a key speak of.
pub(super) fn speaks_of(parts: &[KeyPart], column: &str) -> bool {
    parts.iter().any(|part| match &part.target {
        KeyTarget::Column(name) => Dialect::Sqlite.same_ident(name, column),
        KeyTarget::Expression(text) => mentions(text.as_str(), column),
    })
}

/// Says whether a list of names holds this one.
pub(super) fn holds(names: &[String], name: &str) -> bool {
    let names: BTreeSet<_> = names.iter().map(|name| fold(name)).collect();
    names.contains(&fold(name))
}
