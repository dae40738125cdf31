//! What tables hold, to be compared before and after a plan.

use std::collections::BTreeMap;

use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, Reshaped};
use whimbrel_core::name::ObjectName;
use whimbrel_core::pair::Pair;
use whimbrel_core::schema::{Column, Schema, Table};
use whimbrel_db::{Connection, DbError};

/// What a plan must not touch: tables that both schemas have, and in each the
/// columns that are the same in both.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    tables: Vec<KeptTable>,
}

#[derive(Debug, Clone)]
struct KeptTable {
    name: Pair<ObjectName>,
    columns: Vec<Pair<String>>,
    /// Whether rows keep their rowids.
    rowid: bool,
    /// Whether the counter of AUTOINCREMENT is kept.
    counter: bool,
}

/// The rows of every kept table: by its new name, each row as text, sorted.
pub type Contents = BTreeMap<String, Vec<String>>;

impl Kept {
    /// What `changes`, which turn one schema into the other, must not touch.
    pub fn of(dialect: Dialect, pair: Pair<&Schema>, changes: &[Change]) -> Self {
        let renames = Renames::of_changes(changes);
        let reshaped = Reshaped::of(pair.to, changes);
        // The rows of a partitioned table are those of its partitions.
        let holding = pair.to.tables.iter().filter(|to| to.partition_by.is_none());
        let tables = holding.filter_map(|to| {
            let is_new = changes.iter().any(|change| match change {
                Change::CreateTable { table } => table.name == to.name,
                _ => false,
            });
            let old = renames.old_table(dialect, &to.name);
            let from = pair.from.tables.iter().find(|from| dialect.same_name(&from.name, old))?;
            (!is_new).then(|| KeptTable::of(dialect, Pair::new(from, to), &renames, changes, &reshaped))
        });
        Self { tables: tables.collect() }
    }

    /// Reads what the kept tables hold before the plan.
    ///
    /// # Errors
    ///
    /// If the engine refuses to read.
    pub async fn before(&self, connection: &mut dyn Connection) -> Result<Contents, DbError> {
        self.read(connection, |table| &table.name.from, |column| &column.from).await
    }

    /// Reads what the kept tables hold after the plan.
    ///
    /// # Errors
    ///
    /// If the engine refuses to read.
    pub async fn after(&self, connection: &mut dyn Connection) -> Result<Contents, DbError> {
        self.read(connection, |table| &table.name.to, |column| &column.to).await
    }

    async fn read(
        &self,
        connection: &mut dyn Connection,
        name: impl Fn(&KeptTable) -> &ObjectName,
        column: impl Fn(&Pair<String>) -> &String,
    ) -> Result<Contents, DbError> {
        let dialect = connection.server().dialect;
        let mut contents = Contents::new();
        for table in &self.tables {
            let mut rows = Vec::new();
            let mut values: Vec<_> = table.columns.iter().map(|pair| shown(dialect, column(pair))).collect();
            values.extend(table.rowid.then(|| "_rowid_".to_owned()));
            values.push("1".to_owned());
            let select = format!("SELECT {} FROM {}", values.join(", "), dialect.quote_name(name(table)));
            rows.extend(connection.query(&select).await?.iter().map(|row| format!("{:?}", row.0)));
            if table.counter {
                let literal = dialect.quote_literal(&name(table).name);
                let counter = format!(
                    "SELECT 'counter', seq FROM sqlite_sequence WHERE name = {literal} COLLATE NOCASE"
                );
                rows.extend(connection.query(&counter).await?.iter().map(|row| format!("{:?}", row.0)));
            }
            rows.sort();
            contents.insert(table.name.to.to_string(), rows);
        }
        Ok(contents)
    }
}

impl KeptTable {
    fn of(
        dialect: Dialect,
        pair: Pair<&Table>,
        renames: &Renames,
        changes: &[Change],
        reshaped: &Reshaped,
    ) -> Self {
        let columns = pair.to.columns.iter().filter_map(|to| {
            let old = renames.old_column(dialect, &pair.to.name, &to.name);
            let from = pair.from.columns.iter().find(|from| dialect.same_ident(&from.name, old))?;
            let is_touched = is_touched(pair.to, to, changes) || reshaped.holds(&to.sql_type);
            let is_same = is_same(dialect, Pair::new(from, to)) && !is_touched;
            is_same.then(|| Pair::new(from.name.clone(), to.name.clone()))
        });
        let columns: Vec<_> = columns.collect();
        let is_virtual =
            |table: &Table| table.columns.iter().any(|column| column.name.eq_ignore_ascii_case("_rowid_"));
        let keys = pair.map(|table| table.primary_key.as_ref().map(|key| &key.columns));
        let rowid = dialect == Dialect::Sqlite
            && !pair.from.options.without_rowid
            && !pair.to.options.without_rowid
            && !is_virtual(pair.from)
            && !is_virtual(pair.to)
            && keys.from == keys.to
            && columns.len() == pair.from.columns.len();
        let numbers = |table: &Table| table.columns.iter().any(|column| column.auto_increment);
        let counter = dialect == Dialect::Sqlite && numbers(pair.from) && numbers(pair.to);
        Self { name: pair.map(|table| table.name.clone()), columns, rowid, counter }
    }
}

/// Says whether a column holds the same values in both schemas.
fn is_same(dialect: Dialect, pair: Pair<&Column>) -> bool {
    dialect.same_type(&pair.from.sql_type, &pair.to.sql_type)
        && pair.from.generated == pair.to.generated
        && (pair.from.nullable || !pair.to.nullable || pair.to.default.is_none())
        && (!pair.from.nullable || pair.to.nullable)
}

/// Says whether the values of a column are replaced because its enum changes.
fn is_touched(table: &Table, column: &Column, changes: &[Change]) -> bool {
    changes.iter().any(|change| match change {
        Change::AlterEnum(_) | Change::AddCheck { .. } => change
            .replacements()
            .iter()
            .any(|one| one.table_name == table.name && one.column_name == column.name),
        Change::RenameEnumValue { enum_name, .. } => column.sql_type.contains(&enum_name.name),
        _ => false,
    })
}

/// The text of a column's values, which also tells their kind.
fn shown(dialect: Dialect, column: &str) -> String {
    let column = dialect.quote_ident(column);
    match dialect {
        Dialect::Sqlite => format!("typeof({column}) || ' ' || quote({column})"),
        Dialect::Postgres => format!("{column}::text"),
    }
}
