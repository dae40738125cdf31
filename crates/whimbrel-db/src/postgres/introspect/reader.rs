//! [`Reader`]: takes the answers of the catalogue as they come.

use super::catalog::Catalog;
use super::columns::Columns;
use super::indexes::Indexes;
use super::queries::Queries;
use crate::connection::Row;

/// What was read so far.
///
/// Columns and indexes, of which there are most, are made into what they are in
/// the schema row by row; all other rows wait until everything is there.
pub(super) struct Reader {
    pub(super) default_namespace: String,
    pub(super) catalog: Catalog,
    pub(super) indexes: Indexes,
    columns: Columns,
    /// The rows that wait, by query.
    rows: [Vec<Row>; Queries::COUNT],
    /// Whether the catalogue knows what columns and indexes name by number.
    is_begun: bool,
}

impl Reader {
    pub(super) fn new(default_namespace: &str) -> Self {
        Self {
            default_namespace: default_namespace.to_owned(),
            catalog: Catalog::default(),
            indexes: Indexes::default(),
            columns: Columns::default(),
            rows: Default::default(),
            is_begun: false,
        }
    }

    /// Takes the next row of a query, by its place in [`Queries::all`].
    pub(super) fn take(&mut self, query: usize, row: Row) {
        match query {
            Queries::COLUMNS => {
                self.begin();
                self.columns.take(&mut self.catalog, row);
            }
            Queries::INDEXES => {
                self.begin();
                self.columns.finish(&mut self.catalog);
                self.indexes.take(&self.catalog, row);
            }
            _ => {
                if let Some(rows) = self.rows.get_mut(query) {
                    rows.push(row);
                }
            }
        }
    }

    /// Reads what comes before the columns.
    fn begin(&mut self) {
        if std::mem::replace(&mut self.is_begun, true) {
            return;
        }
        let [namespaces, members, names, types, relations, ..] = &mut self.rows;
        let catalog = &mut self.catalog;
        catalog.read_namespaces(std::mem::take(namespaces), &self.default_namespace);
        catalog.read_members(std::mem::take(members));
        catalog.read_names(std::mem::take(names));
        catalog.read_types(std::mem::take(types));
        catalog.read_relations(std::mem::take(relations));
    }

    /// Ends the reading. Returns the rows that have waited, of the queries after
    /// that of the columns; those of the indexes are none.
    pub(super) fn finish(&mut self) -> impl Iterator<Item = Vec<Row>> + use<> {
        self.begin();
        self.columns.finish(&mut self.catalog);
        std::mem::take(&mut self.rows).into_iter().skip(Queries::COLUMNS + 1)
    }
}
