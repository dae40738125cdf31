//! What a database holds, as SQLite tells it.

use crate::connection::Connection;
use crate::error::DbError;
use crate::inventory::{Inventory, ask_each, facts, names};

/// The columns in their order. All else is in the text that the schema is read
/// from, of which nothing is left out.
const COLUMNS: &str = "SELECT printf('column %s.%s', t.name, c.name), \
     printf('%d %s %d %Q %d %d', c.cid, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden) \
     FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c \
     WHERE t.schema = 'main' AND t.type IN ('table', 'virtual') AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'";

/// Whether a table holds rows. What a module keeps in tables of its own is its
/// own affair.
const ROWS: &str = "SELECT printf('SELECT %Q WHERE EXISTS (SELECT 1 FROM \"%w\")', name, name) \
     FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'";

/// How far the counters of AUTOINCREMENT have come; one at zero is as good as
/// none.
const COUNTERS: &str = "SELECT 'SELECT ''counter of '' || name, seq FROM sqlite_sequence WHERE seq <> 0' \
     FROM sqlite_schema WHERE name = 'sqlite_sequence'";

/// Takes stock.
pub(crate) async fn inventory(connection: &mut dyn Connection) -> Result<Inventory, DbError> {
    let columns = connection.query(COLUMNS).await?;
    let counters = ask_each(connection, COUNTERS).await?;
    let filled = names(ask_each(connection, ROWS).await?);
    Ok(Inventory { filled, facts: facts(columns).chain(facts(counters)).collect() })
}
