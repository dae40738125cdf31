//! Columns of tables, views and composite types.

use whimbrel_core::schema::{Column, ColumnOptions, Generated, Identity, Sequence, SqlExpr};

use super::catalog::{Catalog, NumberedColumn};
use super::rows::{Fields, Oid};
use crate::connection::Row;

/// The modifier of a type that has none.
const NO_MODIFIER: i32 = -1;

/// Reads columns into their relations, one by one. They come in the order of
/// their relations and numbers.
#[derive(Default)]
pub(super) struct Columns {
    /// The relation whose columns are coming.
    current: Oid,
    gathered: Vec<(NumberedColumn, Column)>,
}

impl Columns {
    /// Takes the next column.
    pub(super) fn take(&mut self, catalog: &mut Catalog, row: Row) {
        let mut fields = Fields::of(row);
        let relation = fields.number();
        if relation != self.current {
            self.finish(catalog);
            self.current = relation;
        }
        let number = fields.number();
        self.gathered.push(column(catalog, &mut fields, number));
    }

    /// Gives the last relation its columns, in lists without room to spare: there
    /// may be thousands of relations.
    pub(super) fn finish(&mut self, catalog: &mut Catalog) {
        if let Some(relation) = catalog.relations.get_mut(&self.current) {
            relation.numbers.reserve_exact(self.gathered.len());
            relation.columns.reserve_exact(self.gathered.len());
            for (numbered, column) in self.gathered.drain(..) {
                relation.numbers.push(numbered);
                relation.columns.push(column);
            }
        }
        self.gathered.clear();
    }
}

fn column(catalog: &Catalog, fields: &mut Fields, number: i16) -> (NumberedColumn, Column) {
    let name = fields.text();
    let type_oid = fields.number();
    let info = catalog.types.get(&(type_oid, fields.maybe().unwrap_or(NO_MODIFIER)));
    let mut column = Column::new(name, info.map(|info| info.name.clone()).unwrap_or_default());
    column.nullable = !fields.flag();
    let identity = fields.letter();
    let generated = fields.letter();
    let collation = fields.number();
    column.collation = catalog.collation(collation, info.map(|info| info.collation).unwrap_or_default());
    let expression = fields.optional().map(SqlExpr);
    match (generated, expression) {
        (Some(kind), Some(expression)) => {
            column.generated = Some(Generated { expression, stored: kind == 's' });
        }
        (_, default) => column.default = default,
    }
    // The sequence is filled in when sequences are known.
    column.identity =
        identity.map(|kind| Box::new(Identity { always: kind == 'a', sequence: unknown_sequence() }));
    column.options = options(fields, info.and_then(|info| info.storage));
    (NumberedColumn { number, name: column.name.clone(), type_oid, collation }, column)
}

/// How the values are kept, if that is not as their type has it.
fn options(fields: &mut Fields, usual: Option<char>) -> Option<Box<ColumnOptions>> {
    let storage = fields.letter().filter(|mode| Some(*mode) != usual).and_then(|mode| match mode {
        'p' => Some("plain"),
        'e' => Some("external"),
        'm' => Some("main"),
        'x' => Some("extended"),
        _ => None,
    });
    let compression = fields.letter().and_then(|method| match method {
        'p' => Some("pglz"),
        'l' => Some("lz4"),
        _ => None,
    });
    let options = ColumnOptions {
        storage: storage.map(str::to_owned),
        compression: compression.map(str::to_owned),
        statistics: fields.maybe(),
    };
    (options != ColumnOptions::default()).then(|| Box::new(options))
}

fn unknown_sequence() -> Sequence {
    Sequence { sql_type: String::new(), ..Sequence::new("") }
}
