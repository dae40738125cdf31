//! The lock file catches up with a database that has applied more.
//!
//! What a migration changed is read from the live schema, where its statements
//! say to look: so a lock file that fell behind, whatever the reason, becomes
//! what it would have been.

use super::records::refresh_hashes;
use super::touch::{Touch, touches};
use super::{
    Field, Fields, LockChange, LockFile, LockMigration, LockTable, Ordered, apply_migration, column_type,
    known_column_type, known_field_type,
};
use crate::dialect::Dialect;
use crate::history::{Entry, Script};
use crate::name::ObjectName;
use crate::schema::{Column, KeyTarget, Schema, Table};

/// A lock file that has caught up.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::lockfile::{CaughtUp, LockFile, catch_up};
/// use whimbrel_core::schema::Schema;
///
/// let lock = LockFile::empty();
/// let CaughtUp { lock: after, foreign_hashes } =
///     catch_up(Dialect::Sqlite, &lock, &[], &Schema::default(), 0);
/// assert_eq!((after, foreign_hashes), (lock, vec![]), "nothing was applied");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct CaughtUp {
    /// The lock file.
    pub lock: LockFile,
    /// The tables that had a hash which was not whimbrel's: their fields have
    /// changed, and so has the hash.
    pub foreign_hashes: Vec<String>,
}

/// A migration that was applied, and what it did.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, Format};
/// use whimbrel_core::lockfile::{Caught, Field, LockFile, catch_up};
/// use whimbrel_core::schema::Schema;
///
/// // A program of which no statement is known, and which says what a table has now.
/// let entry = Entry { format: Format::Ts, ..Entry::new(1, "users", 0, Checksum::of_file("")) };
/// let described = [("users".to_owned(), [("id", Field::new("string"))].into_iter().collect())];
/// let applied = [Caught { entry: &entry, script: None, described: &described }];
/// let lock = catch_up(Dialect::Sqlite, &LockFile::empty(), &applied, &Schema::default(), 0).lock;
/// assert_eq!(lock.tables.get("users").unwrap().schema.get("id"), Some(&Field::new("string")));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Caught<'a> {
    /// The migration.
    pub entry: &'a Entry,
    /// Its statements: of a program those that concern the schema, as far as they
    /// are known.
    pub script: Option<&'a Script>,
    /// The fields that a program says tables have, by the logical names of these.
    pub described: &'a [(String, Fields)],
}

/// Adds the records of migrations that were applied, oldest first, and brings the
/// tables to what `live` has, and to what programs say of them. Fields that a
/// program does not speak of stay.
///
/// `now` is in milliseconds since 1970-01-01 UTC.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Entry, Script};
/// use whimbrel_core::lockfile::{Caught, LockFile, catch_up};
/// use whimbrel_core::schema::{Column, Schema, Table};
///
/// let up = "CREATE TABLE users (id INTEGER);";
/// let entry = Entry::new(1, "users", 0, Checksum::of_file(up));
/// let script = Script::read(Dialect::Sqlite, "0001_users.sql", up).unwrap();
/// let applied = [Caught { entry: &entry, script: Some(&script), described: &[] }];
/// let users = Table { columns: vec![Column::new("id", "INTEGER")], ..Table::new("users") };
/// let live = Schema { tables: vec![users], ..Schema::default() };
///
/// let caught_up = catch_up(Dialect::Sqlite, &LockFile::empty(), &applied, &live, 0);
/// assert_eq!(caught_up.lock.version, 1);
/// assert_eq!(caught_up.lock.record("users").unwrap().sql, "CREATE TABLE users (id INTEGER);");
/// let users = caught_up.lock.tables.get("users").unwrap();
/// assert_eq!(users.schema.get("id").unwrap().field_type, "INTEGER");
/// assert!(caught_up.foreign_hashes.is_empty());
/// ```
pub fn catch_up(
    dialect: Dialect,
    lock: &LockFile,
    applied: &[Caught<'_>],
    live: &Schema,
    now: i64,
) -> CaughtUp {
    let mut after = lock.clone();
    let of_script = |(at, caught): (usize, &Caught<'_>)| {
        let touches = caught.script.map(|script| touches(dialect, script)).unwrap_or_default();
        touches.into_iter().map(move |touch| (at, touch)).collect::<Vec<_>>()
    };
    let touched: Vec<(usize, Touch)> = applied.iter().enumerate().flat_map(of_script).collect();
    for (at, Caught { entry, script, described }) in applied.iter().enumerate() {
        let mut changes = Vec::new();
        for (place, (_, touch)) in touched.iter().enumerate().filter(|(_, (of, _))| *of == at) {
            let rest = &touched[place + 1..];
            let tables = &mut after.tables;
            Look { dialect, live, at, rest, tables, changes: &mut changes }.at(touch);
        }
        for (table, fields) in *described {
            describe(&mut after.tables, &mut changes, table, fields);
        }
        let migration = LockMigration {
            version: entry.idx,
            changes,
            sql: script.map(sql_of).unwrap_or_default(),
            name: Some(entry.name.clone()),
            checksum: Some(entry.checksum.clone()),
            legacy_checksums: entry.legacy_checksums.clone(),
            replaces: entry.replaces.clone(),
            ..LockMigration::default()
        };
        after = apply_migration(&after, migration, now);
    }
    let foreign_hashes = refresh_hashes(&mut after.tables, &lock.tables);
    CaughtUp { lock: after, foreign_hashes }
}

/// Makes fields of a table what a program says that they are.
fn describe(tables: &mut Ordered<LockTable>, changes: &mut Vec<LockChange>, table: &str, fields: &Fields) {
    if !tables.contains(table) {
        changes.push(LockChange::add_table(table));
        tables.insert(table, LockTable { ptr: table.to_owned(), ..LockTable::default() });
    }
    let Some(known) = tables.get_mut(table) else { return };
    for (name, field) in fields.iter() {
        match known.schema.get(name) {
            Some(was) if was == field => {}
            Some(was) => changes.push(LockChange::change_field(table, name, was, field)),
            None => changes.push(LockChange::add_field(table, name, &field.field_type)),
        }
        known.schema.insert(name, field.clone());
    }
}

/// The statements of a script as one text.
fn sql_of(script: &Script) -> String {
    let statements = script.statements.iter().map(|one| format!("{};", script.sql(one)));
    statements.collect::<Vec<_>>().join("\n")
}

/// Looks at what the live schema has in a place that a migration touches.
struct Look<'a> {
    dialect: Dialect,
    live: &'a Schema,
    /// Which migration it is.
    at: usize,
    /// What is touched afterwards, and by which migration.
    rest: &'a [(usize, Touch)],
    tables: &'a mut Ordered<LockTable>,
    changes: &'a mut Vec<LockChange>,
}

impl<'a> Look<'a> {
    fn at(&mut self, touch: &Touch) {
        match touch {
            Touch::Created(table) => self.whole(table),
            Touch::Dropped(table) => self.dropped(table),
            Touch::Renamed { from, to } => self.renamed(from, to),
            Touch::Column { table, column } => self.column(table, column),
            Touch::RenamedColumn { table, from, to } => self.renamed_column(table, from, to),
        }
    }

    /// The table, under whatever name it has got since.
    fn live_table(&self, name: &ObjectName) -> Option<&'a Table> {
        let name = self.later_name(name);
        self.live.tables.iter().find(|table| self.dialect.same_name(&table.name, name))
    }

    fn later_name<'n>(&self, name: &'n ObjectName) -> &'n ObjectName
    where
        'a: 'n,
    {
        self.rest.iter().fold(name, |name, (_, touch)| match touch {
            Touch::Renamed { from, to } if self.dialect.same_name(from, name) => to,
            Touch::Renamed { .. }
            | Touch::Created(_)
            | Touch::Dropped(_)
            | Touch::Column { .. }
            | Touch::RenamedColumn { .. } => name,
        })
    }

    /// The logical name of a table of the database.
    fn logical(&self, name: &ObjectName) -> Option<String> {
        let is_it = |table: &LockTable| self.dialect.same_name(&table.name(self.dialect), name);
        self.tables.iter().find(|(_, table)| is_it(table)).map(|(name, _)| name.to_owned())
    }

    /// A table that was created, perhaps anew: all its columns.
    fn whole(&mut self, name: &ObjectName) {
        let Some(live) = self.live_table(name) else { return };
        let Some(logical) = self.logical(name) else { return self.new_table(name, live) };
        let mut columns: Vec<String> = live.columns.iter().map(|column| column.name.clone()).collect();
        let fields = self.tables.get(&logical).into_iter().flat_map(|table| table.schema.iter());
        let gone = fields.map(|(field, _)| field).filter(|field| self.live_column(live, field).is_none());
        columns.extend(gone.map(str::to_owned).collect::<Vec<_>>());
        for column in columns.into_iter().filter(|column| !self.is_later(name, column)).collect::<Vec<_>>() {
            self.column(name, &column);
        }
    }

    fn new_table(&mut self, name: &ObjectName, live: &Table) {
        let later = self.later_name(name);
        if !self.dialect.same_name(name, later) && self.logical(later).is_some() {
            // It is about to take the place of another: that one is compared then.
            return;
        }
        let is_there_so = self.dialect.same_name(name, &live.name);
        let ptr = if is_there_so { live.name.to_string() } else { name.to_string() };
        let columns = live.columns.iter().filter(|column| !self.is_later(name, &column.name));
        let schema = columns.map(|column| (column.name.as_str(), self.field(live, column))).collect();
        self.changes.push(LockChange::add_table(&ptr));
        self.tables.insert(ptr.as_str(), LockTable { ptr: ptr.clone(), schema, ..LockTable::default() });
    }

    fn dropped(&mut self, name: &ObjectName) {
        let Some(logical) = self.logical(name).filter(|_| self.live_table(name).is_none()) else { return };
        if let Some(table) = self.tables.remove(&logical) {
            self.changes.push(LockChange::remove_table(&logical, &table));
        }
    }

    /// The logical name changes only where it was that of the database.
    fn renamed(&mut self, from: &ObjectName, to: &ObjectName) {
        let old =
            self.logical(from).filter(|_| self.live_table(from).is_none() && self.logical(to).is_none());
        if let Some(old) = old.filter(|_| self.live_table(to).is_some()) {
            let ptr = self.tables.get(&old).map(|table| table.ptr.clone()).unwrap_or_default();
            let new = if old == ptr { to.to_string() } else { old.clone() };
            self.tables.rename(&old, &new);
            if let Some(table) = self.tables.get_mut(&new) {
                table.ptr = to.to_string();
            }
            self.changes.push(LockChange::rename_table(&new, &old, &ptr));
        }
        self.whole(to);
    }

    fn renamed_column(&mut self, name: &ObjectName, from: &str, to: &str) {
        let (Some(live), Some(logical)) = (self.live_table(name), self.logical(name)) else { return };
        if self.live_column(live, from).is_none() && self.live_column(live, to).is_some() {
            let Some(table) = self.tables.get_mut(&logical) else { return };
            if table.schema.rename(from, to) {
                self.changes.push(LockChange::rename_field(&logical, from, to));
            }
        }
        self.column(name, to);
    }

    /// Makes a field what its column is.
    fn column(&mut self, name: &ObjectName, column: &str) {
        let (Some(live), Some(logical)) = (self.live_table(name), self.logical(name)) else { return };
        let found =
            self.live_column(live, column).map(|found| (found.name.clone(), self.field(live, found), found));
        let Some(table) = self.tables.get_mut(&logical) else { return };
        match (table.schema.get(column).cloned(), found) {
            (None, Some((name, field, _))) => {
                self.changes.push(LockChange::add_field(&logical, &name, &field.field_type));
                table.schema.insert(name, field);
            }
            (Some(was), None) => {
                table.schema.remove(column);
                self.changes.push(LockChange::remove_field(&logical, column, &was));
            }
            (Some(was), Some((_, field, live))) if !has_type(self.dialect, &was, live) => {
                let now = Field { field_type: field.field_type, ..was.clone() };
                self.changes.push(LockChange::change_field(&logical, column, &was, &now));
                table.schema.insert(column, now);
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn live_column(&self, live: &'a Table, column: &str) -> Option<&'a Column> {
        live.columns.iter().find(|one| self.dialect.same_ident(&one.name, column))
    }

    /// Says whether a later migration adds, drops or alters the column.
    fn is_later(&self, name: &ObjectName, column: &str) -> bool {
        self.rest.iter().filter(|(at, _)| *at > self.at).any(|(_, touch)| match touch {
            Touch::Column { table, column: other } => {
                self.dialect.same_name(table, name) && self.dialect.same_ident(other, column)
            }
            Touch::Created(_) | Touch::Dropped(_) | Touch::Renamed { .. } | Touch::RenamedColumn { .. } => {
                false
            }
        })
    }

    fn field(&self, table: &Table, column: &Column) -> Field {
        let is_key = |target: &KeyTarget| match target {
            KeyTarget::Column(key) => *key == column.name,
            KeyTarget::Expression(_) => false,
        };
        let key = table.primary_key.as_ref();
        let is_key = key.is_some_and(|key| key.columns.iter().any(|part| is_key(&part.target)));
        let field_type = known_field_type(self.dialect, &column.sql_type).unwrap_or(&column.sql_type);
        Field { primkey: is_key.then_some(true), ..Field::new(field_type) }
    }
}

/// Says whether a field's type is that of the column: by a name that is known, as
/// Kontract has it, or in the engine's own words.
fn has_type(dialect: Dialect, field: &Field, column: &Column) -> bool {
    let known = known_column_type(dialect, &field.field_type);
    let expected = known.unwrap_or_else(|| column_type(&field.field_type));
    field.field_type == column.sql_type
        || expected.eq_ignore_ascii_case(&column.sql_type)
        || dialect.same_type(expected, &column.sql_type)
}
