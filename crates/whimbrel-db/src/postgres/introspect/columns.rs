//! Columns of tables, views and composite types.

use whimbrel_core::schema::{Column, ColumnOptions, Generated, Identity, Sequence, SqlExpr};

use super::catalog::{Catalog, NumberedColumn};
use super::rows::{Fields, Oid};
use crate::connection::Row;

/// The modifier of a type that has none.
const NO_MODIFIER: i32 = -1;

/// Reads the columns into their relations. They come in the order of their
/// relations and numbers.
pub(super) fn read(catalog: &mut Catalog, rows: Vec<Row>) {
    let mut gathered = Vec::new();
    let mut current: Oid = 0;
    for mut fields in rows.into_iter().map(Fields::of) {
        let relation = fields.number();
        if relation != current {
            give(catalog, current, &mut gathered);
            current = relation;
        }
        let number = fields.number();
        gathered.push(column(catalog, &mut fields, number));
    }
    give(catalog, current, &mut gathered);
}

/// Gives a relation its columns, in lists without room to spare: there may be
/// thousands of relations.
fn give(catalog: &mut Catalog, relation: Oid, gathered: &mut Vec<(NumberedColumn, Column)>) {
    if let Some(relation) = catalog.relations.get_mut(&relation) {
        relation.numbers.reserve_exact(gathered.len());
        relation.columns.reserve_exact(gathered.len());
        for (numbered, column) in gathered.drain(..) {
            relation.numbers.push(numbered);
            relation.columns.push(column);
        }
    }
    gathered.clear();
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
    Sequence {
        name: "".into(),
        sql_type: String::new(),
        start: 1,
        increment: 1,
        min: 1,
        max: i64::MAX,
        cache: 1,
        cycle: false,
        owned_by: None,
        comment: None,
    }
}
