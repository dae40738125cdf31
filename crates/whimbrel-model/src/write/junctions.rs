//! Junction tables, written as the relations that [`build`](crate::build) makes
//! them of.

use std::collections::BTreeSet;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{
    Column, ForeignKey, Index, KeyPart, PrimaryKey, ReferentialAction, Schema, Table,
};

use super::attributes::text;
use super::idents::Idents;
use crate::case::snake;
use crate::item::action_word;

/// A table that is a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Junction {
    /// The table.
    pub(super) table: ObjectName,
    /// The tables at both ends, in the order of its columns.
    ends: [ObjectName; 2],
    columns: [String; 2],
    on_delete: ReferentialAction,
    on_update: ReferentialAction,
}

/// Finds the tables that are nothing but relations between models.
pub(super) fn find(dialect: Dialect, schema: &Schema, besides: &BTreeSet<ObjectName>) -> Vec<Junction> {
    let written = |name: &ObjectName| !besides.contains(name);
    let all = schema.tables.iter().filter(|table| written(&table.name));
    let found: Vec<_> = all.filter_map(|table| junction(dialect, schema, besides, table)).collect();
    // The order of the columns is that of the models' names.
    let without = besides.iter().chain(found.iter().map(|one| &one.table)).cloned().collect();
    let idents = Idents::new(schema, &without);
    found.into_iter().filter(|one| one.is_sorted(&idents)).collect()
}

fn junction(
    dialect: Dialect,
    schema: &Schema,
    besides: &BTreeSet<ObjectName>,
    table: &Table,
) -> Option<Junction> {
    let ([first, second], [_, _]) = (table.columns.as_slice(), table.foreign_keys.as_slice()) else {
        return None;
    };
    let key_of = |column: &Column| table.foreign_keys.iter().find(|fk| fk.columns == [column.name.clone()]);
    let keys = [key_of(first)?, key_of(second)?];
    let junction = Junction {
        table: table.name.clone(),
        ends: keys.map(|fk| fk.referenced_table.clone()),
        columns: [first.name.clone(), second.name.clone()],
        on_delete: keys[0].on_delete,
        on_update: keys[0].on_update,
    };
    let is_referred_to = schema
        .tables
        .iter()
        .flat_map(|other| &other.foreign_keys)
        .any(|fk| dialect.same_name(&fk.referenced_table, &table.name));
    let mut sorted = table.clone();
    sorted.foreign_keys = keys.map(ForeignKey::clone).to_vec();
    let is_one = !is_referred_to
        && junction.ends.iter().all(|end| !besides.contains(end))
        && junction.ends[0].namespace == table.name.namespace
        && junction.columns.iter().all(|name| syn::parse_str::<syn::Ident>(name).is_ok())
        && junction.made(schema, table)? == sorted;
    is_one.then_some(junction)
}

impl Junction {
    /// The table that is made of the relation; `None` if there can be none.
    fn made(&self, schema: &Schema, found: &Table) -> Option<Table> {
        let name = &self.table.name;
        let mut table = Table { name: self.table.clone(), ..Table::new("") };
        for (column, end) in self.columns.iter().zip(&self.ends) {
            let other = schema.table(end)?;
            let [key] = other.primary_key.as_ref()?.columns.as_slice() else {
                return None;
            };
            let key = other.column(key.column_name()?)?;
            table.options.unlogged |= other.options.unlogged;
            table.columns.push(Column { nullable: false, ..Column::new(column, &key.sql_type) });
            table.foreign_keys.push(ForeignKey {
                name: Some(format!("{name}_{column}_fkey")),
                referenced_columns: vec![key.name.clone()],
                on_delete: self.on_delete,
                on_update: self.on_update,
                ..ForeignKey::new([column], end.clone())
            });
        }
        // The engine names the key, if anyone does.
        let key = found.primary_key.as_ref()?.name.clone();
        let usual = format!("{name}_pkey");
        table.primary_key = Some(PrimaryKey {
            name: key.filter(|key| *key == usual),
            columns: self.columns.iter().map(KeyPart::column).collect(),
            ..PrimaryKey::default()
        });
        let second = &self.columns[1];
        table.indexes.push(Index {
            name: format!("{name}_{second}_idx"),
            columns: vec![KeyPart::column(second)],
            ..Index::default()
        });
        Some(table)
    }

    /// The models at both ends, in snake case.
    fn keys(&self, idents: &Idents) -> [String; 2] {
        [0, 1].map(|side| snake(idents.of_table(&self.ends[side]).unwrap_or_default()))
    }

    fn is_sorted(&self, idents: &Idents) -> bool {
        let [first, second] = self.keys(idents);
        (first, &self.columns[0]) < (second, &self.columns[1])
    }

    /// What the model of a table says of the relation, if it begins there.
    pub(super) fn setting(&self, of: &ObjectName, idents: &Idents, all: &[Self]) -> Option<String> {
        if self.ends[0] != *of {
            return None;
        }
        let [first, second] = self.keys(idents);
        let (name, [own, other]) = (&self.table.name, &self.columns);
        let mut settings = vec![idents.of_table(&self.ends[1])?.to_owned()];
        let is_alone = all.iter().filter(|one| one.joins_the_same(self)).count() == 1;
        settings.extend((!is_alone).then(|| format!("name = {}", text(name))));
        if !is_alone || *name != format!("{first}_{second}") {
            settings.push(format!("through = {}", text(name)));
        }
        let usual = match self.ends[0] == self.ends[1] {
            true => [format!("{first}_a_id"), format!("{first}_b_id")],
            false => [format!("{first}_id"), format!("{second}_id")],
        };
        settings.extend((usual != self.columns).then(|| format!("columns({own}, {other})")));
        for (key, action) in [("on_delete", self.on_delete), ("on_update", self.on_update)] {
            if action != ReferentialAction::Cascade {
                settings.push(format!("{key} = {}", action_word(action)));
            }
        }
        Some(format!("many_to_many({})", settings.join(", ")))
    }

    fn joins_the_same(&self, other: &Self) -> bool {
        let [first, second] = &other.ends;
        self.ends == other.ends || (self.ends[0] == *second && self.ends[1] == *first)
    }
}
