//! What PostgreSQL alone has: namespaces, arrays, domains, functions, serials,
//! materialized views, and more kinds of indexes.

use proptest::prelude::*;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;

use super::edit::{Seed, pick, take};
use super::model::{DomainModel, Function, IndexModel, Kind, Model, TableModel};
use super::sql::{ident, literal};

/// The namespaces that tables move between.
const NAMESPACES: [Option<&str>; 3] = [None, Some("app"), Some("Spaced \"out\"")];

/// One thing done to a schema of PostgreSQL.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the variants say what they do")]
pub enum PostgresEdit {
    MoveTable(Seed),
    ToggleSerial(Seed),
    AddDomain(Seed),
    ChangeDomain(Seed),
    AddFunction(Seed),
    ChangeFunction(Seed),
    DropFunction(Seed),
    ChangeIndex(Seed),
    ToggleMaterialized(Seed),
}

/// One edit.
pub(super) fn postgres_edit() -> impl Strategy<Value = PostgresEdit> {
    prop_oneof![
        3 => any::<Seed>().prop_map(PostgresEdit::MoveTable),
        2 => any::<Seed>().prop_map(PostgresEdit::ToggleSerial),
        2 => any::<Seed>().prop_map(PostgresEdit::AddDomain),
        1 => any::<Seed>().prop_map(PostgresEdit::ChangeDomain),
        3 => any::<Seed>().prop_map(PostgresEdit::AddFunction),
        1 => any::<Seed>().prop_map(PostgresEdit::ChangeFunction),
        1 => any::<Seed>().prop_map(PostgresEdit::DropFunction),
        2 => any::<Seed>().prop_map(PostgresEdit::ChangeIndex),
        2 => any::<Seed>().prop_map(PostgresEdit::ToggleMaterialized),
    ]
}

impl Model {
    pub(super) fn postgres_edit(&mut self, edit: PostgresEdit) -> Option<()> {
        match edit {
            PostgresEdit::MoveTable(seed) => {
                let at = self.pick_table(seed[0])?;
                self.tables[at].namespace = NAMESPACES[usize::from(seed[1]) % NAMESPACES.len()];
            }
            PostgresEdit::ToggleSerial(seed) => {
                let at = self.pick_table(seed[0])?;
                self.tables[at].serial = !self.tables[at].serial;
            }
            PostgresEdit::AddDomain(seed) => {
                let (id, name) = (self.id(), self.name(seed[0]));
                let (is_text, checked) = (seed[1].is_multiple_of(2), seed[2].is_multiple_of(2));
                self.domains.push(DomainModel { id, name, is_text, checked });
            }
            PostgresEdit::ChangeDomain(seed) => {
                let at = pick(self.domains.len(), seed[0])?;
                self.domains[at].checked = !self.domains[at].checked;
            }
            PostgresEdit::AddFunction(seed) => {
                let (table, column) = self.pick_column(seed)?;
                let table = &self.tables[table];
                let (table, column) = (table.id, table.columns[column].id);
                let name = self.name(seed[2]);
                self.functions.push(Function { name, table, column, variant: seed[3] });
            }
            PostgresEdit::ChangeFunction(seed) => {
                let at = pick(self.functions.len(), seed[0])?;
                self.functions[at].variant = seed[1];
            }
            PostgresEdit::DropFunction(seed) => {
                take(&mut self.functions, seed[0])?;
            }
            PostgresEdit::ChangeIndex(seed) => {
                let at = self.pick_table(seed[0])?;
                let table = &mut self.tables[at];
                let column = pick(table.columns.len(), seed[1]).map(|at| table.columns[at].id);
                let at = pick(table.indexes.len(), seed[2])?;
                let index = &mut table.indexes[at];
                index.hash = seed[3].is_multiple_of(2);
                index.include = column.filter(|_| !index.hash);
            }
            PostgresEdit::ToggleMaterialized(seed) => {
                let at = pick(self.views.len(), seed[0])?;
                self.views[at].materialized = !self.views[at].materialized;
            }
        }
        Some(())
    }

    /// The types that no other engine has.
    pub(super) fn postgres_kind(&self, seed: u8) -> Option<Kind> {
        if self.dialect != Dialect::Postgres {
            return None;
        }
        match seed % 17 {
            0 => Some(Kind::Integers),
            1 => Some(Kind::Texts),
            2 | 3 => pick(self.enums.len(), seed / 17).map(|at| Kind::Enums(self.enums[at].id)),
            4..7 => pick(self.domains.len(), seed / 17).map(|at| Kind::Domain(self.domains[at].id)),
            _ => None,
        }
    }

    /// The namespaces that there must be.
    pub(super) fn namespaces(&self) -> Vec<&'static str> {
        let is_used = |name: &&str| self.tables.iter().any(|table| table.namespace == Some(*name));
        NAMESPACES.into_iter().flatten().filter(is_used).collect()
    }

    pub(super) fn function_sql(&self, function: &Function) -> String {
        let table = self.table(function.table).expect("functions are sound");
        let column = ident(&table.column(function.column).expect("functions are sound").name);
        let (name, table) = (ident(&function.name), table.sql_name());
        let counts = format!("SELECT count({column}) FROM {table}");
        let text = literal(&counts);
        match function.variant % 4 {
            0 => format!("CREATE FUNCTION {name}() RETURNS bigint LANGUAGE sql AS {text}"),
            1 => format!("CREATE FUNCTION {name}() RETURNS bigint LANGUAGE sql BEGIN ATOMIC {counts}; END"),
            2 => format!("CREATE FUNCTION {name}(of {table}) RETURNS bigint LANGUAGE sql STABLE AS {text}"),
            _ => {
                let body = literal(&format!("SELECT * FROM {table} WHERE {column} IS NOT NULL"));
                format!("CREATE FUNCTION {name}() RETURNS SETOF {table} LANGUAGE sql AS {body}")
            }
        }
    }
}

impl TableModel {
    /// Its name, as statements name it.
    pub(super) fn sql_name(&self) -> String {
        let namespace = self.namespace.map(|namespace| format!("{}.", ident(namespace)));
        format!("{}{}", namespace.unwrap_or_default(), ident(&self.name))
    }

    /// Its name, as whimbrel knows it.
    pub(super) fn object_name(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.map(str::to_owned), name: self.name.clone() }
    }
}

impl DomainModel {
    pub(super) fn sql(&self) -> String {
        let (base, check) = match self.is_text {
            true => ("TEXT", "VALUE <> 'it''s (not) this; --'"),
            false => ("BIGINT", "VALUE >= 0"),
        };
        let check = if self.checked { format!(" CHECK ({check})") } else { String::new() };
        format!("CREATE DOMAIN {} AS {base}{check}", ident(&self.name))
    }
}

impl IndexModel {
    /// Whether it is one that has one plain column and no order.
    fn is_hash(&self) -> bool {
        self.hash && self.columns.len() == 1 && !self.unique && !self.descending
    }

    pub(super) fn method(&self) -> &'static str {
        if self.is_hash() { " USING hash" } else { "" }
    }

    pub(super) fn included(&self, table: &TableModel) -> String {
        let column = self.include.and_then(|id| table.column(id));
        let column = column.filter(|_| !self.is_hash());
        column.map(|column| format!(" INCLUDE ({})", ident(&column.name))).unwrap_or_default()
    }
}
