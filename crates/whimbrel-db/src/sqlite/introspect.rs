//! Reading SQLite's catalogue: one query, whatever the number of tables.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::dialect::sqlite::parse::{CatalogRow, is_internal, read_schema};
use whimbrel_core::name::ObjectName;

use crate::connection::{Connection, Row, Value};
use crate::error::DbError;
use crate::fingerprint::{Fingerprint, Fingerprinter};
use crate::introspect::{IntrospectError, IntrospectOptions, Introspection};
use crate::store_table::{STORE_COLUMNS, table_columns};

/// All that SQLite keeps of a schema, in the order of creation.
const CATALOG: &str = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid";

/// The tables that a loaded module calls its own.
const SHADOWS: &str = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'";

/// Reads the schema.
pub(crate) async fn introspect(
    connection: &mut dyn Connection,
    options: &IntrospectOptions,
) -> Result<Introspection, IntrospectError> {
    let catalog = Catalog::read(connection, options).await?;
    let is_hidden = |name: &str| catalog.options.is_tracking_table(Dialect::Sqlite, name);
    let schema = read_schema(&catalog.rows, &catalog.shadows, is_hidden)
        .map_err(|error| IntrospectError::Sqlite(Box::new(error)))?;
    Ok(Introspection {
        schema,
        left_alone: Vec::new(),
        unmanaged: Vec::new(),
        fingerprint: catalog.fingerprint(),
    })
}

/// Reads the fingerprint alone.
pub(crate) async fn fingerprint(
    connection: &mut dyn Connection,
    options: &IntrospectOptions,
) -> Result<Fingerprint, DbError> {
    Ok(Catalog::read(connection, options).await?.fingerprint())
}

/// What a schema is read from.
struct Catalog {
    rows: Vec<CatalogRow>,
    shadows: Vec<String>,
    options: IntrospectOptions,
}

impl Catalog {
    async fn read(connection: &mut dyn Connection, options: &IntrospectOptions) -> Result<Self, DbError> {
        let rows: Vec<CatalogRow> = connection.query(CATALOG).await?.into_iter().map(catalog_row).collect();
        let has_virtual_tables = rows.iter().any(CatalogRow::is_virtual_table);
        let shadows = if has_virtual_tables { connection.query(SHADOWS).await? } else { Vec::new() };
        let shadows = shadows.into_iter().map(|row| text(row.0.into_iter().next())).collect();
        let options = options.with_store_if(has_store(connection, options).await?);
        Ok(Self { rows, shadows, options })
    }

    fn fingerprint(&self) -> Fingerprint {
        let mut fingerprinter = Fingerprinter::default();
        let is_left_out = |row: &&CatalogRow| {
            is_internal(&row.name) || self.options.is_tracking_table(Dialect::Sqlite, &row.table)
        };
        for row in self.rows.iter().filter(|row| !is_left_out(row)) {
            for value in [Some(&row.kind), Some(&row.name), Some(&row.table), row.sql.as_ref()] {
                fingerprinter.add(value.map(String::as_str));
            }
        }
        self.shadows.iter().for_each(|name| fingerprinter.add(Some(name)));
        fingerprinter.finish()
    }
}

/// Says whether the table that migrations are said to be kept in is one.
async fn has_store(connection: &mut dyn Connection, options: &IntrospectOptions) -> Result<bool, DbError> {
    let Some(table) = &options.store_table else { return Ok(false) };
    let columns = table_columns(connection, &ObjectName::new(&table.name)).await?;
    Ok(columns.iter().map(|(name, _)| name.as_str()).eq(STORE_COLUMNS.map(|(name, _)| name)))
}

fn catalog_row(row: Row) -> CatalogRow {
    let mut values = row.0.into_iter();
    let (kind, name, table) = (text(values.next()), text(values.next()), text(values.next()));
    let sql = match values.next() {
        Some(Value::Text(sql)) => Some(sql),
        _ => None,
    };
    CatalogRow { kind, name, table, sql }
}

fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::Text(text)) => text,
        _ => String::new(),
    }
}
