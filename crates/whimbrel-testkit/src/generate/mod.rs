//! Random schemas, and related pairs of them, with rows that fit both.
//!
//! A [`Model`] is a schema as a tester thinks of it; it is written as SQL by
//! code that shares nothing with whimbrel's. Models come from [`Edit`]s: a first
//! list builds a schema from nothing, a second one turns it into a related
//! schema. An edit that makes no sense where it is applied does less or
//! nothing, so that any list of edits gives a schema that the engine accepts,
//! and proptest can leave out edits to find a small one that fails.
//!
//! Whatever lives on keeps its [`Id`], which tells renames from drops. No name
//! is ever used twice in a pair, so nothing else can be meant.
//!
//! Row `i` of a table holds the value `i` in every column, in the form of the
//! column's type. So every key is unique, every reference finds its row, every
//! text reads as a number, and every check that the models know is met.

mod edit;
mod model;
mod names;
mod postgres;
mod repair;
mod rows;
mod sql;
mod structs;

pub use edit::{Edit, Seed, edits};
pub use model::{
    Action, Check, Column, DefaultValue, DomainModel, EnumModel, ForeignKey, Function, Id, IndexModel, Kind,
    Model, TableModel, Trigger, Unique, View,
};
pub use postgres::PostgresEdit;
pub use structs::{MadeTable, Structs, structs};

use proptest::prelude::*;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::Rename;
use whimbrel_core::name::ObjectName;
use whimbrel_core::resolve::{EnumMapping, RenameKind};

/// Two related schemas.
#[derive(Clone)]
pub struct Related {
    /// The current one.
    pub from: Model,
    /// The desired one.
    pub to: Model,
}

impl Related {
    /// The current schema as SQL.
    pub fn from_sql(&self) -> String {
        self.from.sql()
    }

    /// The desired schema as SQL.
    pub fn to_sql(&self) -> String {
        self.to.sql()
    }

    /// Statements that fill the current schema with rows that the desired one
    /// can hold too.
    pub fn rows(&self) -> String {
        rows::rows(&self.from, &self.to)
    }

    /// What was renamed.
    pub fn renames(&self) -> Vec<Rename> {
        let mut renames = Vec::new();
        let rename = |kind, parent: Option<ObjectName>, from: ObjectName, to: ObjectName| Rename {
            kind,
            parent,
            from,
            to,
        };
        for to in &self.to.tables {
            let Some(from) = self.from.table(to.id) else {
                continue;
            };
            if (from.namespace, &from.name) != (to.namespace, &to.name) {
                renames.push(rename(RenameKind::Table, None, from.object_name(), to.object_name()));
            }
            for new in &to.columns {
                if let Some(old) = from.column(new.id)
                    && old.name != new.name
                {
                    let (parent, old, new) = (Some(to.object_name()), old.name.as_str(), new.name.as_str());
                    renames.push(rename(RenameKind::Column, parent, old.into(), new.into()));
                }
            }
        }
        for to in &self.to.enums {
            if let Some(from) = self.from.enum_of(to.id)
                && from.name != to.name
            {
                let (from, to) = (from.name.as_str(), to.name.as_str());
                renames.push(rename(RenameKind::Enum, None, from.into(), to.into()));
            }
        }
        renames
    }

    /// What takes the place of enum values that are gone.
    pub fn mappings(&self) -> Vec<EnumMapping> {
        let mut mappings = Vec::new();
        for table in &self.to.tables {
            for column in &table.columns {
                let (Kind::Enum(id) | Kind::Enums(id)) = column.kind else {
                    continue;
                };
                let (Some(from), Some(to)) = (self.from.enum_of(id), self.to.enum_of(id)) else {
                    continue;
                };
                for value in from.values.iter().filter(|value| !to.values.contains(value)) {
                    mappings.push(EnumMapping {
                        table: table.object_name(),
                        column: column.name.clone(),
                        from: value.clone(),
                        to: to.values.first().cloned(),
                    });
                }
            }
        }
        mappings
    }
}

impl std::fmt::Debug for Related {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n-- from --\n{}-- rows --\n{}-- to --\n{}", self.from_sql(), self.rows(), self.to_sql())
    }
}

/// A schema of some tables.
pub fn model(dialect: Dialect) -> impl Strategy<Value = Model> {
    let tables = prop::collection::vec(any::<Seed>().prop_map(Edit::CreateTable), 1..4);
    (tables, edits(dialect, 0..28))
        .prop_map(move |(tables, more)| Model::new(dialect).edited(&tables).edited(&more))
}

/// Two related schemas.
pub fn related(dialect: Dialect) -> impl Strategy<Value = Related> {
    (model(dialect), edits(dialect, 0..10)).prop_map(|(from, changes)| {
        let mut to = from.edited(&changes);
        rows::reconcile(&from, &mut to);
        Related { from, to }
    })
}
