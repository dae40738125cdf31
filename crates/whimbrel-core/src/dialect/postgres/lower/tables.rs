//! Tables and columns that come and go.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ddl;
use super::super::keys;
use super::super::part::Part;
use super::super::rules::{hidden_sequence, ident, name};
use super::super::side::Side;
use super::search::all_of_table;
use super::{Lowering, comments, options};
use crate::name::ObjectName;
use crate::plan::{Action, Hazard, Key, Step};
use crate::schema::{Check, Column, ForeignKey, Generated, Parameters, Table, TableOptions};

impl Lowering<'_> {
    /// Creates a table; then its indexes and foreign keys, and whatever of it
    /// needs the table itself to be there.
    pub(super) fn create_table(&mut self, table: &Table) {
        let (table, lifted) = self.lift(table);
        let keys: Vec<_> = all_of_table(&Table { indexes: Vec::new(), ..table.clone() }).collect();
        let steps = match &table.partition_of {
            Some(of) => self.creating_partition(&table, of),
            None => std::iter::once(Step::new(ddl::create_table(&table)))
                .chain(table.columns.iter().flat_map(|column| options::of_new(&table.name, column)))
                .collect(),
        };
        let mut action = Action {
            steps: steps.into_iter().chain(comments::of_table(&table)).collect(),
            uses: self.needs(&keys),
            creates: keys,
            ..Action::about(&table.name)
        };
        if let Some(of) = &table.partition_of {
            self.joins(&table, of, &mut action);
        }
        self.actions.push(action);
        for index in &table.indexes {
            self.create_index(&table.name, index);
        }
        for column in &lifted.columns {
            self.add_column(&table.name, column);
        }
        for column in &lifted.defaults {
            self.set_default(&table.name, column);
        }
        for check in &lifted.checks {
            self.add_part(&table.name, Part::Check(check));
        }
        for fk in &lifted.foreign_keys {
            self.add_part(&table.name, Part::ForeignKey(fk));
        }
    }

    /// Splits a table into what CREATE TABLE can say and what must come later:
    /// its foreign keys, checks that are not valid, and what rests on a function
    /// that rests on the table.
    fn lift(&self, table: &Table) -> (Table, Lifted) {
        let rests_on_itself = |key: Key| rests_on(&self.to, &key, &table.name);
        let mut rest = table.clone();
        let mut lifted = Lifted { foreign_keys: std::mem::take(&mut rest.foreign_keys), ..Lifted::default() };
        for column in &mut rest.columns {
            if column.default.is_some() && rests_on_itself(keys::default(&table.name, &column.name)) {
                lifted.defaults.push(column.clone());
                column.default = None;
            }
        }
        let is_lifted = |column: &mut Column| {
            column.generated.is_some() && rests_on_itself(keys::column(&table.name, &column.name))
        };
        lifted.columns = rest.columns.extract_if(.., is_lifted).collect();
        // CREATE TABLE takes NOT VALID and then marks the check as valid all the same.
        let is_lifted = |check: &mut Check| check.not_valid || rests_on_itself(check_key(table, check));
        lifted.checks = rest.checks.extract_if(.., is_lifted).collect();
        (rest, lifted)
    }

    pub(super) fn drop_table(&mut self, table_name: &ObjectName) {
        let Some(table) = self.from.table(table_name) else { return };
        let mut lifted = self.cyclic_foreign_keys(table);
        lifted.extend(self.drop_what_rests_on(table));
        let mut keys: Vec<_> = all_of_table(table).chain(self.standing_on(table_name)).collect();
        keys.extend(self.owned_sequences(table_name, None));
        keys.retain(|key| !lifted.contains(key));
        let hazard = Hazard::LosesTable { subject: table_name.to_string() };
        let drop = Step::new(format!("DROP TABLE {}", name(table_name))).with(hazard);
        let mut frees = self.needed(&keys);
        frees.extend(table.parent().map(keys::room));
        frees.extend(table.foreign_keys.iter().map(|fk| keys::referrers(&fk.referenced_table)));
        let above = self.from.lineage(table);
        self.actions.push(Action {
            steps: self.leave_first(table).into_iter().chain([drop]).collect(),
            frees,
            alters: above.into_iter().map(|above| keys::referrers(&above.name)).collect(),
            drops: keys,
            ..Action::about(table_name)
        });
    }

    /// Drops what of a table rests on functions that rest on the table: neither
    /// it nor they could go first.
    fn drop_what_rests_on(&mut self, table: &Table) -> Vec<Key> {
        let is_so = |key: &Key| rests_on(&self.from, key, &table.name);
        let checks: Vec<_> = table.checks.iter().filter(|check| is_so(&check_key(table, check))).collect();
        let columns = || table.columns.iter();
        let defaults: Vec<_> = columns()
            .filter(|one| one.default.is_some() && is_so(&keys::default(&table.name, &one.name)))
            .collect();
        let generated: Vec<_> = columns()
            .filter(|one| one.generated.is_some() && is_so(&keys::column(&table.name, &one.name)))
            .collect();
        let mut lifted = Vec::new();
        for check in checks {
            self.drop_part(&table.name, Part::Check(check));
            lifted.push(check_key(table, check));
        }
        for column in defaults {
            self.take_default(&table.name, column);
            lifted.push(keys::default(&table.name, &column.name));
        }
        for column in generated {
            self.drop_column(&table.name, &column.name);
            lifted.push(keys::column(&table.name, &column.name));
        }
        lifted
    }

    /// Drops the foreign keys that tie a table to others that go as well, in a
    /// circle: none of them could go first.
    fn cyclic_foreign_keys(&mut self, table: &Table) -> BTreeSet<Key> {
        let in_circle = |name: &ObjectName| self.circle.contains(name);
        let cyclic = table.foreign_keys.iter().filter(|fk| {
            fk.referenced_table != table.name && in_circle(&table.name) && in_circle(&fk.referenced_table)
        });
        let cyclic: Vec<_> = cyclic.collect();
        for fk in &cyclic {
            self.drop_part(&table.name, Part::ForeignKey(fk));
        }
        cyclic
            .into_iter()
            .map(|fk| keys::constraint(&table.name, fk.name.as_deref().unwrap_or_default()))
            .collect()
    }

    /// The sequences that go with a table or one of its columns, unless they
    /// are to stay.
    fn owned_sequences(&self, table: &ObjectName, column: Option<&str>) -> Vec<Key> {
        let owned = self.from.schema.sequences.iter().filter(|sequence| {
            sequence
                .owned_by
                .as_ref()
                .is_some_and(|(owner, part)| owner == table && column.is_none_or(|column| column == part))
        });
        let gone = owned.filter(|sequence| self.to.sequence(&sequence.name).is_none());
        gone.map(|sequence| keys::relation(&sequence.name)).collect()
    }

    pub(super) fn table_options(&mut self, table: &ObjectName, from: &TableOptions, to: &TableOptions) {
        let alter = |what: String| Step::new(format!("ALTER TABLE {} {what}", name(table)));
        let rewrites = || Hazard::RewritesTable { subject: table.to_string() };
        let mut action = Action { alters: vec![keys::relation(table)], ..Action::about(table) };
        if from.unlogged != to.unlogged {
            let logged = if to.unlogged { "UNLOGGED" } else { "LOGGED" };
            action.steps.push(alter(format!("SET {logged}")).with(rewrites()));
        }
        action.steps.extend(storage(&from.storage, &to.storage).map(alter));
        if from.tablespace != to.tablespace {
            let space = to.tablespace.as_deref().unwrap_or("pg_default");
            action.steps.push(alter(format!("SET TABLESPACE {}", ident(space))).with(rewrites()));
        }
        if !action.steps.is_empty() {
            self.actions.push(action);
        }
    }

    pub(super) fn add_column(&mut self, table: &ObjectName, column: &Column) {
        let sql = format!("ALTER TABLE {} ADD COLUMN {}", name(table), ddl::column(table, column));
        let mut step = Step::new(sql);
        if self.may_have_rows(table) {
            step.hazards = added(table, column);
        }
        let keys = [keys::column(table, &column.name), keys::default(table, &column.name)];
        let sequence = hidden_sequence(table, column);
        let sequence = sequence.map(|sequence| keys::relation(&sequence.name));
        let comment = comments::of_column(table, &column.name, column.comment.as_deref())
            .into_iter()
            .chain(comments::of_sequence(table, column));
        self.actions.push(Action {
            steps: std::iter::once(step).chain(options::of_new(table, column)).chain(comment).collect(),
            uses: self.uses(table, &keys),
            creates: keys.into_iter().chain(sequence).collect(),
            ..Action::about(table)
        });
    }

    pub(super) fn drop_column(&mut self, table: &ObjectName, column_name: &str) {
        let Some(column) = self.from.column(table, column_name) else { return };
        let mut step = Step::new(format!("ALTER TABLE {} DROP COLUMN {}", name(table), ident(column_name)));
        if column.generated.is_none() {
            step.hazards.push(Hazard::LosesColumn { subject: format!("{table}.{column_name}") });
        }
        let own = [keys::column(table, column_name), keys::default(table, column_name)];
        let hidden = hidden_sequence(table, column);
        let hidden = hidden.map(|sequence| keys::relation(&sequence.name));
        let sequences = self.owned_sequences(table, Some(column_name));
        self.actions.push(Action {
            steps: vec![step],
            frees: self.frees(table, &own),
            drops: own.into_iter().chain(hidden).chain(sequences).collect(),
            ..Action::about(table)
        });
    }

    /// Gives a column its default.
    pub(super) fn set_default(&mut self, table: &ObjectName, column: &Column) {
        let Some(default) = &column.default else { return };
        let key = keys::default(table, &column.name);
        let sql =
            format!("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {default}", name(table), ident(&column.name));
        let mut uses = self.uses(table, [&key]);
        uses.push(keys::column(table, &column.name));
        self.actions.push(Action {
            steps: vec![Step::new(sql)],
            uses,
            creates: vec![key],
            ..Action::about(table)
        });
    }
}

/// Says whether a part of a table needs something that needs the table.
fn rests_on(side: &Side<'_>, key: &Key, table: &ObjectName) -> bool {
    let own = keys::relation(table);
    let mut needs = side.graph.needs(key).filter(|needed| needed.name != *table);
    needs.any(|needed| side.graph.reaches(needed, &own))
}

fn check_key(table: &Table, check: &Check) -> Key {
    keys::constraint(&table.name, check.name.as_deref().unwrap_or_default())
}

/// The tables among those that go whose foreign keys form circles, and what
/// lies between two circles.
pub(super) fn circle(from: &Side<'_>, to: &Side<'_>) -> BTreeSet<ObjectName> {
    let gone = from.schema.tables.iter().filter(|table| to.table(&table.name).is_none());
    let mut left: BTreeMap<&ObjectName, &Table> = gone.map(|table| (&table.name, table)).collect();
    loop {
        let ties = left
            .values()
            .flat_map(|table| table.foreign_keys.iter().map(|fk| (&table.name, &fk.referenced_table)));
        let ties: Vec<_> = ties.filter(|(from, to)| from != to && left.contains_key(to)).collect();
        let refer: BTreeSet<_> = ties.iter().map(|(from, _)| *from).collect();
        let referred: BTreeSet<_> = ties.iter().map(|(_, to)| *to).collect();
        let before = left.len();
        left.retain(|name, _| refer.contains(name) && referred.contains(name));
        if left.len() == before {
            return left.into_keys().cloned().collect();
        }
    }
}

/// What of a new table is said after its CREATE TABLE.
#[derive(Default)]
struct Lifted {
    columns: Vec<Column>,
    defaults: Vec<Column>,
    checks: Vec<Check>,
    foreign_keys: Vec<ForeignKey>,
}

/// What adding a column to a table with rows may do.
fn added(table: &ObjectName, column: &Column) -> Vec<Hazard> {
    let filled = column.auto_increment || column.identity.is_some();
    let stored = matches!(column.generated, Some(Generated { stored: true, .. }));
    let bare = !column.nullable && !filled && column.default.is_none() && column.generated.is_none();
    let fails = bare.then(|| Hazard::FailsOnRows { subject: format!("{table}.{}", column.name) });
    let rewrites = (filled || stored).then(|| Hazard::RewritesTable { subject: table.to_string() });
    fails.into_iter().chain(rewrites).collect()
}

/// The clauses that turn one set of storage parameters into another.
fn storage(from: &Parameters, to: &Parameters) -> impl Iterator<Item = String> + use<> {
    let changed = to.iter().filter(|(key, value)| from.get(key) != Some(value));
    let set: Parameters = changed.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let gone = from.iter().filter(|(key, _)| to.get(key).is_none());
    let reset: Vec<_> = gone.map(|(key, _)| ddl::parameter(key)).collect();
    let set = (!set.is_empty()).then(|| format!("SET ({})", ddl::storage(&set)));
    let reset = (!reset.is_empty()).then(|| format!("RESET ({})", reset.join(", ")));
    set.into_iter().chain(reset)
}
