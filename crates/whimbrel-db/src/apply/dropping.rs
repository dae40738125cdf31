//! What dropping a table does to the rows of others, on SQLite.
//!
//! With foreign keys on, `DROP TABLE` deletes the rows of the table first
//! (<https://sqlite.org/foreignkeys.html#fk_schemacommands>): what refers to them is
//! deleted too, or changed, as its foreign key says, and nobody hears of it. Whoever
//! rebuilds a table by hand does not want that. PostgreSQL refuses such a drop.
//!
//! Drops that follow each other are looked at together: rows of a table that goes
//! right after are not counted, and a script of a thousand drops is one look.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use whimbrel_core::describe::counted;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::history::{Script, ScriptStatement};
use whimbrel_core::sql::{Class, Cursor, Ddl, DdlKind, DdlVerb};

use crate::connection::Connection;
use crate::error::DbError;
use crate::session;

/// Only SQLite deletes before it drops.
const DIALECT: Dialect = Dialect::Sqlite;

/// Rows of a table that would go, or change, with another table.
///
/// ```
/// use whimbrel_db::apply::{Fate, Touched};
///
/// let (parent, table) = ("users".to_owned(), "posts".to_owned());
/// let deleted = Touched { parent, table, fate: Fate::Deleted, rows: Some(2) };
/// assert_eq!(deleted.to_string(), "2 rows of `posts` would be deleted with `users`");
/// let fate = Fate::Null { columns: vec!["user_id".into()] };
/// let anyone = Touched { fate, rows: None, ..deleted };
/// assert_eq!(anyone.to_string(), "`user_id` of rows of `posts` that refer to `users` would be set to NULL");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The table that is dropped.
    pub parent: String,
    /// The table of the rows.
    pub table: String,
    /// What becomes of them.
    pub fate: Fate,
    /// How many they are; absent where nobody has counted.
    pub rows: Option<u64>,
}

/// What becomes of a row if the one that it refers to is deleted.
///
/// ```
/// use whimbrel_db::apply::{Fate, Touched};
///
/// let fate = Fate::Default { columns: vec!["a".into(), "b".into()] };
/// let touched = Touched { parent: "p".into(), table: "c".into(), fate, rows: Some(1) };
/// assert_eq!(
///     touched.to_string(),
///     "`a` and `b` of 1 row of `c` that refers to `p` would be set to their defaults"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is deleted: `ON DELETE CASCADE`.
    Deleted,
    /// These columns become NULL: `ON DELETE SET NULL`.
    Null {
        /// The columns.
        columns: Vec<String>,
    },
    /// These columns become what they are by default: `ON DELETE SET DEFAULT`.
    Default {
        /// The columns.
        columns: Vec<String>,
    },
}

impl fmt::Display for Touched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parent, table, fate, rows } = self;
        let counted = rows.map_or_else(|| "rows".to_owned(), |rows| counted(rows, "row"));
        let refer = if *rows == Some(1) { "refers" } else { "refer" };
        let of = |columns: &[String]| {
            let columns: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
            format!("{} of {counted} of `{table}` that {refer} to `{parent}`", columns.join(" and "))
        };
        match (fate, rows) {
            (Fate::Deleted, Some(_)) => write!(f, "{counted} of `{table}` would be deleted with `{parent}`"),
            (Fate::Deleted, None) => {
                write!(f, "rows of `{table}` that refer to `{parent}` would be deleted with it")
            }
            (Fate::Null { columns }, _) => write!(f, "{} would be set to NULL", of(columns)),
            (Fate::Default { columns }, _) if columns.len() == 1 => {
                write!(f, "{} would be set to its default", of(columns))
            }
            (Fate::Default { columns }, _) => write!(f, "{} would be set to their defaults", of(columns)),
        }
    }
}

/// Lists in one line what would be touched.
pub(crate) fn list_touched(all: &[Touched]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Says whether a look is due before a statement: it is the first of the drops that
/// follow each other, among the statements from `since` on.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::Script;
/// use whimbrel_db::apply::begins_drops;
///
/// let text = "DROP TABLE a; DROP TABLE b; VACUUM; DROP TABLE c;";
/// let script = Script::read(Dialect::Sqlite, "0001_fewer.sql", text).unwrap();
/// let due = |since| (since..4).filter(|number| begins_drops(&script, *number, since)).collect::<Vec<_>>();
/// assert_eq!((due(0), due(1)), (vec![0, 3], vec![1, 3]));
/// ```
pub fn begins_drops(script: &Script, number: usize, since: usize) -> bool {
    let drops = |number: usize| script.statements.get(number).is_some_and(is_drop);
    drops(number) && (number == since || !drops(number - 1))
}

fn is_drop(statement: &ScriptStatement) -> bool {
    matches!(statement.class, Class::Ddl(Ddl { verb: DdlVerb::Drop, .. }))
}

/// Looks which tables refer to those that are dropped by the statement of this
/// number, from 0, and the drops right after it, in such a way that their rows would
/// go or change; with the number of the drop. Nothing on PostgreSQL, or with foreign
/// keys off.
///
/// # Errors
///
/// If the catalogue cannot be read.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::Script;
/// use whimbrel_db::apply::touched_by_drops;
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let tables = [
///     "CREATE TABLE users (id INTEGER PRIMARY KEY)",
///     "CREATE TABLE posts (user_id REFERENCES users ON DELETE CASCADE)",
/// ];
/// connection.execute_all(&tables).await.unwrap();
/// let read = |text: &str| Script::read(Dialect::Sqlite, "0001_users.sql", text).unwrap();
///
/// let found = touched_by_drops(&mut connection, &read("SELECT 1; DROP TABLE Users"), 1).await.unwrap();
/// let [(1, touched)] = &found[..] else { panic!("one table refers to it: {found:?}") };
/// assert_eq!(touched.to_string(), "rows of `posts` that refer to `users` would be deleted with it");
///
/// let both = read("DROP TABLE users; DROP TABLE posts");
/// assert!(touched_by_drops(&mut connection, &both, 0).await.unwrap().is_empty());
/// # });
/// ```
pub async fn touched_by_drops(
    connection: &mut dyn Connection,
    script: &Script,
    number: usize,
) -> Result<Vec<(usize, Touched)>, DbError> {
    let bonds = bonds(connection, script, number).await?;
    Ok(bonds.into_iter().map(|bond| (bond.number, bond.touched(None))).collect())
}

/// Looks at the drops that begin with the statement of this number.
///
/// # Errors
///
/// [`DbError::Touched`] if rows of other tables would go with them, or change, or
/// what keeps it from looking; with the number of the drop.
pub(super) async fn look_before_drops(
    connection: &mut dyn Connection,
    script: &Script,
    number: usize,
) -> Result<(), (usize, DbError)> {
    let touched = rows_touched(connection, script, number).await.map_err(|error| (number, error))?;
    match touched.first() {
        None => Ok(()),
        Some((number, _)) => {
            let touched = touched.iter().map(|(_, touched)| touched.clone()).collect();
            Err((*number, DbError::Touched { touched }))
        }
    }
}

/// What would be touched of the rows that are there now, with how many they are.
async fn rows_touched(
    connection: &mut dyn Connection,
    script: &Script,
    number: usize,
) -> Result<Vec<(usize, Touched)>, DbError> {
    let mut found = Vec::new();
    for bond in bonds(connection, script, number).await? {
        let counted = connection.query(&bond.count_sql()).await?;
        let rows = counted.first().and_then(|row| row.integer(0)).unwrap_or_default().unsigned_abs();
        if rows > 0 {
            found.push((bond.number, bond.touched(Some(rows))));
        }
    }
    Ok(found)
}

/// Looks which rows scripts that are to run one after the other will find, and would
/// take with the tables that they drop: for each script. What they do to rows before,
/// nobody knows yet; rows of a table that is dropped before are none of theirs.
///
/// # Errors
///
/// If the catalogue or a table cannot be read.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::Script;
/// use whimbrel_db::apply::foresee_touched;
/// use whimbrel_db::{Connection, SqliteConnection};
///
/// let mut connection = SqliteConnection::open_in_memory().await.unwrap();
/// let before = [
///     "CREATE TABLE users (id INTEGER PRIMARY KEY)",
///     "CREATE TABLE posts (user_id REFERENCES users ON DELETE CASCADE)",
///     "INSERT INTO users VALUES (1)",
///     "INSERT INTO posts VALUES (1), (1), (NULL)",
/// ];
/// connection.execute_all(&before).await.unwrap();
/// let read = |text: &str| Script::read(Dialect::Sqlite, "0001_users.sql", text).unwrap();
/// let (users, posts) = (read("DROP TABLE users"), read("DROP TABLE posts"));
///
/// let found = foresee_touched(&mut connection, &[&users, &posts]).await.unwrap();
/// assert_eq!(found[0][0].to_string(), "2 rows of `posts` would be deleted with `users`");
/// let found = foresee_touched(&mut connection, &[&posts, &users]).await.unwrap();
/// assert_eq!(found, [[], []]);
/// # });
/// ```
pub async fn foresee_touched(
    connection: &mut dyn Connection,
    scripts: &[&Script],
) -> Result<Vec<Vec<Touched>>, DbError> {
    let mut gone = BTreeSet::new();
    let mut foreseen = Vec::new();
    for script in scripts {
        let mut of_script = Vec::new();
        for number in (0..script.statements.len()).filter(|number| begins_drops(script, *number, 0)) {
            let touched = rows_touched(connection, script, number).await?;
            let touched = touched.into_iter().map(|(_, touched)| touched);
            of_script.extend(touched.filter(|touched| !gone.contains(&fold(&touched.table))));
            gone.extend(dropped_from(script, number).iter().map(|one| fold(&one.table)));
        }
        foreseen.push(of_script);
    }
    Ok(foreseen)
}

/// A table that is dropped.
struct Dropped {
    /// The number of the statement.
    number: usize,
    /// The schema that it names, as SQLite calls `main`, `temp` and what is attached.
    schema: Option<String>,
    table: String,
}

/// The tables that are dropped from this statement on, without another kind of
/// statement between.
fn dropped_from(script: &Script, number: usize) -> Vec<Dropped> {
    if script.foreign_keys_off {
        return Vec::new();
    }
    let drops = script.statements.iter().enumerate().skip(number).take_while(|(_, one)| is_drop(one));
    let tables = drops.filter(|(_, one)| one.class.ddl(DdlVerb::Drop, DdlKind::Table).is_some());
    tables.filter_map(|(number, one)| Dropped::read(number, script.sql(one))).collect()
}

impl Dropped {
    /// Reads the name: where it says `main`, a temporary table is not meant.
    fn read(number: usize, sql: &str) -> Option<Self> {
        let mut cursor = Cursor::new(sql, DIALECT.lexicon());
        cursor.eat_all(&["drop", "table"]);
        cursor.eat_all(&["if", "exists"]);
        let first = cursor.name()?.into_owned();
        if !cursor.eat_punct(".") {
            return Some(Self { number, schema: None, table: first });
        }
        Some(Self { number, schema: Some(first), table: cursor.name()?.into_owned() })
    }

    /// The schema in which SQLite finds it; the first of them is where it looks first.
    fn schema<'s>(&self, schemas: &'s [Namespace]) -> Option<&'s str> {
        let is_meant = |schema: &&Namespace| match &self.schema {
            Some(named) => named.eq_ignore_ascii_case(&schema.name),
            None => schema.names.contains(&fold(&self.table)),
        };
        schemas.iter().find(is_meant).map(|schema| schema.name.as_str())
    }
}

/// A table that refers to one that is dropped, and whose rows go or change with it.
struct Bond {
    /// The number of the statement that drops the parent.
    number: usize,
    schema: String,
    parent: String,
    child: String,
    fate: Fate,
    /// The pairs of columns of each foreign key: the parent's, the child's.
    keys: Vec<Vec<(String, String)>>,
}

impl Bond {
    fn touched(self, rows: Option<u64>) -> Touched {
        Touched { parent: self.parent, table: self.child, fate: self.fate, rows }
    }

    /// Counts the rows that refer to one that is there, compared as SQLite does where
    /// it acts: by the affinity and collation of the parent's column, which comes first.
    fn count_sql(&self) -> String {
        let name = |table: &str| format!("{}.{}", quoted(&self.schema), quoted(table));
        let refers = |key: &Vec<(String, String)>| {
            let pair = |(to, from): &(String, String)| format!("p.{} = c.{}", quoted(to), quoted(from));
            let pairs: Vec<String> = key.iter().map(pair).collect();
            format!("EXISTS (SELECT 1 FROM {} AS p WHERE {})", name(&self.parent), pairs.join(" AND "))
        };
        let refers: Vec<String> = self.keys.iter().map(refers).collect();
        format!("SELECT count(*) FROM {} AS c WHERE {}", name(&self.child), refers.join(" OR "))
    }
}

/// The bonds of what is dropped from this statement on, in the order of the drops.
async fn bonds(
    connection: &mut dyn Connection,
    script: &Script,
    number: usize,
) -> Result<Vec<Bond>, DbError> {
    match connection.server().dialect {
        Dialect::Sqlite => {}
        Dialect::Postgres => return Ok(Vec::new()),
    }
    let dropped = dropped_from(script, number);
    if dropped.is_empty() || !session::enforces_foreign_keys(connection).await? {
        return Ok(Vec::new());
    }
    let schemas = Namespace::read_all(connection).await?;
    let drops: BTreeMap<(&str, String), usize> = dropped
        .iter()
        .filter_map(|one| Some(((one.schema(&schemas)?, fold(&one.table)), one.number)))
        .collect();
    let mut bonds: BTreeMap<(usize, String, Fate), Bond> = BTreeMap::new();
    for schema in &schemas {
        let dropped = |table: &str| drops.get(&(schema.name.as_str(), fold(table))).copied();
        for reference in References::read(connection, &schema.name).await?.0 {
            let (Some(number), None) = (dropped(&reference.parent), dropped(&reference.child)) else {
                continue;
            };
            let Some(key) = reference.key(connection, &schema.name).await? else { continue };
            let Reference { parent, child, fate, .. } = reference;
            let bond = bonds.entry((number, child.clone(), fate.clone())).or_insert_with(|| Bond {
                number,
                schema: schema.name.clone(),
                parent,
                child,
                fate,
                keys: Vec::new(),
            });
            bond.keys.push(key);
        }
    }
    Ok(bonds.into_values().collect())
}

/// What SQLite calls a schema: `temp`, `main`, or an attached database.
struct Namespace {
    name: String,
    /// The folded names of its tables and views.
    names: BTreeSet<String>,
}

impl Namespace {
    /// All of them, in the order in which SQLite looks for a name that names none.
    async fn read_all(connection: &mut dyn Connection) -> Result<Vec<Self>, DbError> {
        const NAMES: &str = "SELECT name FROM pragma_database_list ORDER BY seq <> 1, seq";
        let mut all = Vec::new();
        for mut row in connection.query(NAMES).await? {
            let name = row.take_text(0).unwrap_or_default();
            let tables =
                format!("SELECT name FROM {}.sqlite_schema WHERE type IN ('table', 'view')", quoted(&name));
            let names = connection.query(&tables).await?;
            let names = names.iter().filter_map(|row| row.text(0)).map(fold).collect();
            all.push(Self { name, names });
        }
        Ok(all)
    }
}

/// The foreign keys of a schema that act when rows are deleted.
struct References(Vec<Reference>);

/// A foreign key of a table.
struct Reference {
    parent: String,
    child: String,
    fate: Fate,
    from: Vec<String>,
    /// The columns of the parent; none where the foreign key does not name them.
    to: Vec<String>,
}

impl References {
    async fn read(connection: &mut dyn Connection, schema: &str) -> Result<Self, DbError> {
        // Most tables of most schemas refer to nothing: they are not looked into.
        let sql = format!(
            "SELECT m.name, f.id, f.\"table\", f.on_delete, f.\"from\", f.\"to\" \
             FROM {}.sqlite_schema AS m, pragma_foreign_key_list(m.name, {}) AS f \
             WHERE m.type = 'table' AND instr(upper(m.sql), 'REFERENCES') > 0 \
             AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') ORDER BY m.rowid, f.id, f.seq",
            quoted(schema),
            DIALECT.quote_literal(schema)
        );
        let mut references: BTreeMap<(String, i64), Reference> = BTreeMap::new();
        for row in connection.query(&sql).await? {
            let text = |index| row.text(index).unwrap_or_default().to_owned();
            let place = (text(0), row.integer(1).unwrap_or_default());
            let reference = references.entry(place).or_insert_with(|| Reference {
                parent: text(2),
                child: text(0),
                fate: match text(3).as_str() {
                    "SET NULL" => Fate::Null { columns: Vec::new() },
                    "SET DEFAULT" => Fate::Default { columns: Vec::new() },
                    _ => Fate::Deleted,
                },
                from: Vec::new(),
                to: Vec::new(),
            });
            reference.from.push(text(4));
            reference.to.extend(row.text(5).map(str::to_owned));
            match &mut reference.fate {
                Fate::Null { columns } | Fate::Default { columns } => columns.push(text(4)),
                Fate::Deleted => {}
            }
        }
        Ok(Self(references.into_values().collect()))
    }
}

impl Reference {
    /// Its pairs of columns: the parent's, the child's. `None` where the parent has no
    /// such key, which SQLite lets be declared and then does nothing about.
    async fn key(
        &self,
        connection: &mut dyn Connection,
        schema: &str,
    ) -> Result<Option<Vec<(String, String)>>, DbError> {
        let keys = keys(connection, schema, &self.parent).await?;
        let to = match (self.to.as_slice(), keys.first()) {
            ([], Some(primary)) => primary,
            (named, _) => {
                let fold = |columns: &[String]| {
                    let mut folded: Vec<String> = columns.iter().map(|one| fold(one)).collect();
                    folded.sort_unstable();
                    folded
                };
                if !keys.iter().any(|key| fold(key) == fold(named)) {
                    return Ok(None);
                }
                &self.to
            }
        };
        let fits = !to.is_empty() && to.len() == self.from.len();
        Ok(fits.then(|| to.iter().cloned().zip(self.from.iter().cloned()).collect()))
    }
}

/// The columns of the primary key of a table, if it has one, then those of each of
/// its unique indexes that holds all rows.
async fn keys(
    connection: &mut dyn Connection,
    schema: &str,
    table: &str,
) -> Result<Vec<Vec<String>>, DbError> {
    let (table, schema) = (DIALECT.quote_literal(table), DIALECT.quote_literal(schema));
    let primary = format!("SELECT name FROM pragma_table_info({table}, {schema}) WHERE pk > 0 ORDER BY pk");
    let unique = format!(
        "SELECT l.seq, i.name FROM pragma_index_list({table}, {schema}) AS l, \
         pragma_index_info(l.name, {schema}) AS i WHERE l.\"unique\" AND NOT l.partial ORDER BY l.seq, i.seqno"
    );
    let primary = connection.query(&primary).await?;
    let mut keys = vec![primary.into_iter().filter_map(|mut row| row.take_text(0)).collect()];
    let mut indexes: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for mut row in connection.query(&unique).await? {
        // An expression has no name, and nothing can refer to it.
        let column = row.take_text(1).unwrap_or_default();
        indexes.entry(row.integer(0).unwrap_or_default()).or_default().push(column);
    }
    keys.extend(indexes.into_values());
    Ok(keys)
}

fn quoted(name: &str) -> String {
    DIALECT.quote_ident(name)
}

fn fold(name: &str) -> String {
    DIALECT.fold_ident(name).into_owned()
}

#[cfg(all(test, feature = "sqlite"))]
mod tests;
