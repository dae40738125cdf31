//! Indexes, those behind constraints included.

use std::collections::HashMap;

use whimbrel_core::schema::{Index, KeyPart, NullsOrder, SortOrder, SqlExpr};

use super::catalog::{Catalog, Relation};
use super::rows::{Fields, Oid, options};
use crate::connection::Row;

/// The access method of an index about which nothing is said.
const DEFAULT_METHOD: &str = "btree";

/// Bits of `indoption`.
const DESCENDING: i16 = 1;
const NULLS_FIRST: i16 = 2;

/// An index and what its constraint or materialised view needs of it.
pub(super) struct IndexRow {
    pub(super) oid: Oid,
    pub(super) table: Oid,
    pub(super) index: Index,
    /// The server's own text, for an index of a materialised view.
    pub(super) definition: Option<String>,
    /// The numbers of the columns that are indexed or included.
    pub(super) columns: Vec<i16>,
}

/// All indexes.
#[derive(Default)]
pub(super) struct Indexes {
    pub(super) rows: Vec<IndexRow>,
    positions: HashMap<Oid, usize>,
}

impl Indexes {
    pub(super) fn get(&self, oid: Oid) -> Option<&IndexRow> {
        self.rows.get(*self.positions.get(&oid)?)
    }

    /// Takes the next index; relations and columns are known.
    pub(super) fn take(&mut self, catalog: &Catalog, row: Row) {
        if let Some(row) = index(catalog, row) {
            self.positions.insert(row.oid, self.rows.len());
            self.rows.push(row);
        }
    }
}

fn index(catalog: &Catalog, row: Row) -> Option<IndexRow> {
    let mut fields = Fields::of(row);
    let (oid, table) = (fields.number(), fields.number());
    let relation = catalog.relations.get(&table)?;
    let mut index = Index { name: fields.text(), ..Index::default() };
    let method = catalog.methods.get(&fields.number()).cloned().unwrap_or_default();
    index.unique = fields.flag();
    let key_count: usize = fields.number();
    let columns: Vec<i16> = fields.numbers();
    let key = Key {
        catalog,
        relation,
        opclasses: fields.numbers(),
        collations: fields.numbers(),
        options: fields.numbers(),
        ordered: method == DEFAULT_METHOD,
    };
    index.nulls_not_distinct = fields.flag();
    index.predicate = fields.optional().map(SqlExpr);
    let expressions = fields.texts();
    index.storage = options(fields.texts()).collect();
    index.tablespace = fields.maybe().and_then(|oid: Oid| catalog.tablespaces.get(&oid).cloned());
    index.invalid = !fields.flag();
    let definition = fields.optional();
    let parameters = fields.texts();
    let part = |(at, number): (usize, &i16)| key.part(at, *number, expressions.get(at), parameters.get(at));
    index.columns = columns.iter().take(key_count).enumerate().map(part).collect();
    index.include = columns.iter().skip(key_count).map(|number| relation.column_name(*number)).collect();
    index.method = (method != DEFAULT_METHOD).then_some(method);
    Some(IndexRow { oid, table, index, definition, columns })
}

/// The parts of an index, before they have names.
struct Key<'a> {
    catalog: &'a Catalog,
    relation: &'a Relation,
    opclasses: Vec<Oid>,
    collations: Vec<Oid>,
    options: Vec<i16>,
    /// Whether the method sorts.
    ordered: bool,
}

impl Key<'_> {
    /// `parameters` are those of the operator class, as an array in text form.
    fn part(
        &self,
        at: usize,
        number: i16,
        expression: Option<&String>,
        parameters: Option<&String>,
    ) -> KeyPart {
        let column = self.relation.column(number);
        let mut part = match column {
            Some(column) => KeyPart::column(&column.name),
            None => KeyPart::expression(expression.cloned().unwrap_or_default()),
        };
        let collation = self.collations.get(at).copied().unwrap_or_default();
        part.collation = self.catalog.collation(collation, column.map_or(0, |column| column.collation));
        part.operator_class = self.operator_class(at, column.map(|column| column.type_oid), parameters);
        let bits = self.options.get(at).copied().unwrap_or_default();
        if self.ordered {
            (part.order, part.nulls) = order(bits);
        }
        part
    }

    /// The operator class as SQL, unless it is the type's default and has no
    /// parameters.
    fn operator_class(
        &self,
        at: usize,
        column_type: Option<Oid>,
        parameters: Option<&String>,
    ) -> Option<String> {
        let oid = *self.opclasses.get(at)?;
        let class = self.catalog.opclasses.get(&oid)?;
        let mut parameters = parameters.map_or(Vec::new(), |text| rows_of(text));
        parameters.retain(|(name, _)| name != super::BOOKKEEPING);
        if parameters.is_empty() {
            return (!self.is_default(oid, class.method, class.is_default, column_type))
                .then(|| class.name.clone());
        }
        let quote = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let list: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", quote(value))).collect();
        Some(format!("{} ({})", class.name, list.join(", ")))
    }

    /// A class that is a default is the one for this column, unless the
    /// column's own type has another.
    fn is_default(&self, oid: Oid, method: Oid, is_default: bool, column_type: Option<Oid>) -> bool {
        let of_type = column_type.map(|oid| self.catalog.base_type(oid));
        let own = of_type.and_then(|of_type| self.catalog.default_opclasses.get(&(method, of_type)));
        is_default && own.is_none_or(|own| *own == oid)
    }
}

fn rows_of(text: &str) -> Vec<(String, String)> {
    options(super::rows::parse_array(text)).collect()
}

/// NULLs sort first in a descending part, last in an ascending one.
fn order(bits: i16) -> (SortOrder, Option<NullsOrder>) {
    match (bits & DESCENDING != 0, bits & NULLS_FIRST != 0) {
        (false, false) => (SortOrder::Asc, None),
        (false, true) => (SortOrder::Asc, Some(NullsOrder::First)),
        (true, true) => (SortOrder::Desc, None),
        (true, false) => (SortOrder::Desc, Some(NullsOrder::Last)),
    }
}
