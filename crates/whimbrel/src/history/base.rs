//! The base of a lock file, where schemas are compared: of tables that no
//! migration made only the fields are known, and what migrations did to them.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::{Column, Schema, Table};

use super::{History, difference};

impl History {
    /// How `live` differs from `replayed`, in words. Of a table of the base only
    /// those columns count that migrations added, altered or dropped: `states` is
    /// what replaying began with, and what it came to later.
    pub(crate) fn differs(
        &self,
        dialect: Dialect,
        live: &Schema,
        states: &[Schema],
        replayed: &Schema,
    ) -> Option<String> {
        let mut sides = [live, replayed].map(|schema| self.without_base(dialect, schema.clone()));
        for table in states.first().into_iter().flat_map(|before| &before.tables) {
            let find = |schema: &Schema| {
                schema.tables.iter().find(|one| dialect.same_name(&one.name, &table.name)).cloned()
            };
            let counts = |name: &str| {
                let others = states.iter().chain([replayed]).filter_map(find);
                others.into_iter().any(|other| column(&other, name) != column(table, name))
            };
            for (side, schema) in sides.iter_mut().zip([live, replayed]) {
                side.tables.extend(find(schema).map(|found| part(found, &counts)));
            }
        }
        let [live, replayed] = &sides;
        difference(dialect, live, replayed)
    }
}

fn column<'t>(table: &'t Table, name: &str) -> Option<&'t Column> {
    table.columns.iter().find(|column| column.name == name)
}

/// A table with nothing but the columns that count.
fn part(table: Table, counts: &dyn Fn(&str) -> bool) -> Table {
    let mut part = Table::new(table.name.name.clone());
    part.columns = table.columns.into_iter().filter(|column| counts(&column.name)).collect();
    part.name = table.name;
    part
}
