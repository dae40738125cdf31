//! Partitions: what of them follows from the tables above them, and what is
//! their own.
//!
//! A partition is told with all its columns, and whatever is done to a column of
//! the table above is done to its own as well. So the current side of each
//! partition is first brought to where the changes of the tables above leave it;
//! what differs then is its own. A table that becomes a partition lends the
//! other its keys and indexes where they do the same, and one that leaves keeps
//! what it had.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::column::{same_column, same_expression};
use super::matching::match_by;
use super::rename::Rename;
use super::shape::Shaped;
use crate::change::Change;
use crate::dialect::Dialect;
use crate::dialect::postgres::{inherited, name_of_copy};
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::RenameKind;
use crate::schema::{
    Column, Exclusion, Index, KeyPart, PartitionBy, PartitionOf, PrimaryKey, Schema, Table, Unique, lineage,
};

/// Compares how a table tells its rows apart, and what it is a partition of.
pub(super) fn diff(dialect: Dialect, pair: Pair<&Table>, out: &mut Vec<Change>) {
    let table_name = || pair.to.name.clone();
    let keys = pair.map(|table| table.partition_by.as_ref());
    if !same_key(dialect, keys.from, keys.to) {
        let (from, to) = (keys.from.cloned(), keys.to.cloned());
        out.push(Change::AlterPartitionKey { table_name: table_name(), from, to });
    }
    let places = pair.map(|table| table.partition_of.as_ref());
    if !same_place(dialect, places.from, places.to) {
        let detach =
            |of: &PartitionOf| Change::DetachPartition { table_name: table_name(), partition_of: of.clone() };
        let attach =
            |of: &PartitionOf| Change::AttachPartition { table_name: table_name(), partition_of: of.clone() };
        out.extend(places.from.map(detach));
        out.extend(places.to.map(attach));
    }
}

fn same_key(dialect: Dialect, a: Option<&PartitionBy>, b: Option<&PartitionBy>) -> bool {
    let (keys, strategies) = ((a.map(|by| &by.key), b.map(|by| &by.key)), (a, b));
    strategies.0.map(|by| by.strategy) == strategies.1.map(|by| by.strategy)
        && same_expression(dialect, keys.0, keys.1)
}

fn same_place(dialect: Dialect, a: Option<&PartitionOf>, b: Option<&PartitionOf>) -> bool {
    let bound = |of: Option<&PartitionOf>| of.map(|of| of.bound.clone());
    a.map(|of| &of.parent) == b.map(|of| &of.parent)
        && same_expression(dialect, bound(a).as_ref(), bound(b).as_ref())
}

/// The renames of columns that reach from tables to their partitions; the
/// engine does them along.
pub(super) fn spread(schema: &Schema, renames: &[Rename]) -> Vec<Rename> {
    let by_name = by_name(&schema.tables);
    if by_name.values().all(|table| table.partition_of.is_none()) {
        return Vec::new();
    }
    let now = |old: &ObjectName| {
        let is_it = |one: &&Rename| one.kind == RenameKind::Table && one.from == *old;
        renames.iter().find(is_it).map_or(old, |one| &one.to).clone()
    };
    let of_columns = renames.iter().filter(|one| one.kind == RenameKind::Column);
    let reached = of_columns.flat_map(|one| {
        let above = one.parent.as_ref().map(|parent| one.old_parent(parent, renames));
        let is_below = |table: &&Table| {
            lineage(table, |name| by_name.get(name).copied()).iter().any(|table| Some(&table.name) == above)
        };
        let below: Vec<_> = schema.tables.iter().filter(is_below).collect();
        below.into_iter().map(|table| Rename { parent: Some(now(&table.name)), ..one.clone() })
    });
    reached.collect()
}

/// The current side of all tables as it is once the tables above partitions are
/// as they should be.
pub(super) fn expected<'a>(
    dialect: Dialect,
    from: &'a [Cow<'_, Table>],
    to: &'a [Table],
) -> Vec<Cow<'a, Table>> {
    let from = || from.iter().map(AsRef::as_ref);
    if from().chain(to).all(|table| table.partition_of.is_none()) {
        return from().map(Cow::Borrowed).collect();
    }
    let sides = Pair::new(by_name(from()), by_name(to));
    let mut family = Family { dialect, sides, done: BTreeMap::new() };
    from().map(|table| family.expected(table)).collect()
}

fn by_name<'a>(tables: impl IntoIterator<Item = &'a Table>) -> BTreeMap<&'a ObjectName, &'a Table> {
    tables.into_iter().map(|table| (&table.name, table)).collect()
}

/// A column before and after, as a partition has it; `None` where there is none.
type ColumnChange = Pair<Option<Column>>;

struct Family<'a> {
    dialect: Dialect,
    sides: Pair<BTreeMap<&'a ObjectName, &'a Table>>,
    /// What is done to the columns of tables that stay, by way of the tables above included.
    done: BTreeMap<&'a ObjectName, Vec<ColumnChange>>,
}

impl<'a> Family<'a> {
    fn expected(&mut self, table: &'a Table) -> Cow<'a, Table> {
        let Some(&to) = self.sides.to.get(&table.name) else { return Cow::Borrowed(table) };
        match (table.parent(), to.parent()) {
            (None, None) => Cow::Borrowed(table),
            (Some(parent), Some(still)) if parent == still => Cow::Owned(self.below(table, parent)),
            (before, now) => {
                let mut moved = table.clone();
                if before.is_some() {
                    self.keep_copies(table, &mut moved);
                }
                if now.is_some() {
                    self.lend(to, &mut moved);
                }
                Cow::Owned(moved)
            }
        }
    }

    /// A partition that stays one, as the changes of the tables above leave it.
    fn below(&mut self, table: &Table, parent: &ObjectName) -> Table {
        let mut below = table.clone();
        for change in self.done_to(parent) {
            follow(&mut below.columns, change);
        }
        below
    }

    /// What is done to the columns of a table, from above and by itself.
    fn done_to(&mut self, name: &ObjectName) -> &[ColumnChange] {
        let (from, to) = (self.sides.from.get_key_value(name), self.sides.to.get(name).copied());
        let (Some((&name, &from)), Some(to)) = (from, to) else { return &[] };
        if !self.done.contains_key(name) {
            // Whoever asks again meanwhile is in a circle.
            self.done.insert(name, Vec::new());
            let mut all = match (from.parent(), to.parent()) {
                (Some(parent), Some(still)) if parent == still => self.done_to(parent).to_vec(),
                _ => Vec::new(),
            };
            let expected = self.expected(from);
            all.extend(own(self.dialect, Pair::new(&expected, to)));
            self.done.insert(name, all);
        }
        &self.done[name]
    }

    /// A partition that leaves keeps what it had of the tables above, under the
    /// names that the server gives.
    fn keep_copies(&self, table: &Table, moved: &mut Table) {
        let copy_name = |parts: &[_], include: &[String], label| {
            Some(name_of_copy(&table.name.name, parts, include, label))
        };
        for above in lineage(table, |name| self.sides.from.get(name).copied()) {
            if let Some(key) = &above.primary_key {
                let name = copy_name(&[], &[], "pkey");
                moved.primary_key = Some(PrimaryKey { name, comment: None, ..key.clone() });
            }
            moved.unique_constraints.extend(above.unique_constraints.iter().map(|one| Unique {
                name: copy_name(&one.columns, &one.include, "key"),
                comment: None,
                ..one.clone()
            }));
            moved.indexes.extend(above.indexes.iter().map(|one| Index {
                name: copy_name(&one.columns, &one.include, "idx").unwrap_or_default(),
                comment: None,
                ..one.clone()
            }));
            moved.exclusions.extend(above.exclusions.iter().map(|one| {
                let parts: Vec<_> = one.columns.iter().map(KeyPart::column).collect();
                let name = name_of_copy(&table.name.name, &parts, &[], "excl");
                Exclusion { name, comment: None, ..one.clone() }
            }));
            moved.checks.extend(above.checks.iter().cloned());
            moved.foreign_keys.extend(above.foreign_keys.iter().cloned());
        }
    }

    /// What the tables above a new partition take over of it, or bring along, is
    /// no more its own.
    fn lend(&self, to: &Table, moved: &mut Table) {
        let dialect = self.dialect;
        for above in lineage(to, |name| self.sides.to.get(name).copied()) {
            let key = moved.primary_key.as_ref().zip(above.primary_key.as_ref());
            if key.is_some_and(|(own, theirs)| own.same_shape(theirs, dialect)) {
                moved.primary_key = None;
            }
            take(dialect, &mut moved.unique_constraints, &above.unique_constraints, &to.unique_constraints);
            take(dialect, &mut moved.indexes, &above.indexes, &to.indexes);
            take(dialect, &mut moved.exclusions, &above.exclusions, &to.exclusions);
            take(dialect, &mut moved.foreign_keys, &above.foreign_keys, &to.foreign_keys);
            moved.checks.retain(|own| {
                !above.checks.iter().any(|one| one.name == own.name && one.same_shape(own, dialect))
            });
        }
    }
}

/// Takes away one part for each of the tables above that does the same, but for
/// what is to stay under its name.
fn take<T: Shaped>(dialect: Dialect, parts: &mut Vec<T>, above: &[T], kept: &[T]) {
    for theirs in above {
        let is_it =
            |own: &T| own.same_shape(theirs, dialect) && kept.iter().all(|kept| kept.name() != own.name());
        if let Some(at) = parts.iter().position(is_it) {
            parts.remove(at);
        }
    }
}

/// What a table itself does to its columns.
fn own(dialect: Dialect, pair: Pair<&Table>) -> Vec<ColumnChange> {
    if pair.from.columns == pair.to.columns {
        return Vec::new();
    }
    let matched = match_by(&pair.from.columns, &pair.to.columns, |column: &Column| &column.name);
    let was = |column: &Column| Some(inherited(&pair.from.name, column));
    let is = |column: &Column| Some(inherited(&pair.to.name, column));
    let lost = matched.lost.into_iter().map(|column| Pair::new(was(column), None));
    // How values are compressed is said afterwards, of the table alone.
    let gained = matched.gained.into_iter().map(|column| {
        let mut new = is(column);
        let options = new.as_mut().and_then(|new| new.options.as_mut());
        options.into_iter().for_each(|options| options.compression = None);
        Pair::new(None, new.map(without_empty_options))
    });
    let altered = matched.both.into_iter().filter(|both| !same_column(dialect, both.from, both.to));
    lost.chain(gained).chain(altered.map(|both| Pair::new(was(both.from), is(both.to)))).collect()
}

/// Does to the columns of a partition what is done to those of the table above.
fn follow(columns: &mut Vec<Column>, change: &ColumnChange) {
    match (&change.from, &change.to) {
        (Some(gone), None) => columns.retain(|column| column.name != gone.name),
        (from, Some(to)) => match (from, columns.iter_mut().find(|column| column.name == to.name)) {
            (Some(from), Some(column)) => become_like(column, from, to),
            (_, Some(_)) => {}
            (_, None) => columns.push(to.clone()),
        },
        (None, None) => {}
    }
}

/// Each property that changes above is then the same below, whatever it was.
fn become_like(column: &mut Column, from: &Column, to: &Column) {
    let is_retyped = from.sql_type != to.sql_type;
    if is_retyped || from.collation != to.collation {
        column.sql_type.clone_from(&to.sql_type);
        column.collation.clone_from(&to.collation);
    }
    if from.nullable != to.nullable {
        column.nullable = to.nullable;
    }
    // A default may step aside while the type changes.
    if from.default != to.default || is_retyped && from.default.is_some() {
        column.default.clone_from(&to.default);
    }
    if from.generated != to.generated {
        column.generated.clone_from(&to.generated);
    }
    let kept = |column: &Column| column.options.as_deref().cloned().unwrap_or_default();
    let (from, to, mut own) = (kept(from), kept(to), kept(column));
    if is_retyped || from.storage != to.storage {
        own.storage.clone_from(&to.storage);
    }
    if is_retyped {
        own.compression = None;
    }
    if from.statistics != to.statistics {
        own.statistics = to.statistics;
    }
    column.options = Some(Box::new(own));
    *column = without_empty_options(std::mem::replace(column, Column::new("", "")));
}

fn without_empty_options(mut column: Column) -> Column {
    column.options = column.options.filter(|options| **options != Default::default());
    column
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check, schema, stated, table};
    use super::*;
    use crate::diff::Renames;

    fn partition(name: &str, parent: &str, columns: &[&str]) -> Table {
        let of = PartitionOf { parent: parent.into(), bound: "DEFAULT".into() };
        Table { partition_of: Some(of), ..table(name, columns) }
    }

    fn defaulting(mut table: Table, column: usize, default: &str) -> Table {
        table.columns[column].default = Some(default.into());
        table
    }

    #[test]
    fn what_is_done_to_a_table_is_told_once() {
        let side = |columns: &[&str]| {
            schema([table("t", columns), partition("p", "t", columns), partition("q", "p", columns)])
        };
        let (from, to) = (side(&["a integer", "b text"]), side(&["a bigint", "c text"]));
        let changes = "alter t\n  - b\n  + c: text\n  ~ a: type integer → bigint";
        check(Dialect::Postgres, Pair::new(&from, &to), &Renames::default(), changes, &["t.c <- b"]);
        let changes = "alter t\n  ~ c: renamed from b\n  ~ a: type integer → bigint";
        check(Dialect::Postgres, Pair::new(&from, &to), &stated(&["t.b=c"]), changes, &[]);
    }

    #[test]
    fn a_default_of_its_own_is_set_again() {
        let side = |default: &str| {
            let columns = &["a integer"];
            schema([
                defaulting(table("t", columns), 0, default),
                defaulting(partition("p", "t", columns), 0, "7"),
                defaulting(partition("q", "p", columns), 0, "8"),
                defaulting(partition("r", "p", columns), 0, "7"),
            ])
        };
        let (from, to) = (side("1"), side("2"));
        let changes =
            "alter p\n  ~ a: default 2 → 7\nalter q\n  ~ a: default 7 → 8\nalter t\n  ~ a: default 1 → 2";
        check(Dialect::Postgres, Pair::new(&from, &to), &Renames::default(), changes, &[]);
        check(Dialect::Postgres, Pair::new(&from, &from), &Renames::default(), "", &[]);
    }

    #[test]
    fn what_a_partition_had_of_its_table_stays_with_it() {
        let key = || Unique {
            name: Some("t_a_key".into()),
            columns: vec![KeyPart::column("a")],
            ..Unique::default()
        };
        let above = || Table { unique_constraints: vec![key()], ..table("t", &["a integer"]) };
        let from = schema([above(), partition("p", "t", &["a integer"])]);
        let own = Table {
            unique_constraints: vec![Unique { name: Some("p_a_key".into()), ..key() }],
            ..table("p", &["a integer"])
        };
        let to = schema([above(), own]);
        let there = "alter p\n  - partition of t DEFAULT";
        check(Dialect::Postgres, Pair::new(&from, &to), &Renames::default(), there, &[]);
        let back = "alter p\n  + partition of t DEFAULT";
        check(Dialect::Postgres, Pair::new(&to, &from), &Renames::default(), back, &[]);
    }
}
