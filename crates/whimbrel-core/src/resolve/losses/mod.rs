//! What a list of changes may lose, or may fail on.
//!
//! Only tables that are there before and after hold rows that can be in the
//! way. What is merely named, ordered or checked at another time loses nothing.

mod keys;
mod new_partition;
mod types;

use std::collections::BTreeMap;

use super::{Loss, LossKind};
use crate::change::{Change, EnumReplacement};
use crate::dialect::Dialect;
use crate::diff::{Renames, is_met, real_default};
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::{Check, Column, Exclusion, ForeignKey, Object, ObjectKind, Schema, Table, TableOptions};

/// Lists what `changes`, which turn `pair.from` into `pair.to`, may lose or
/// fail on, in the order of the changes.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::pair::Pair;
/// use whimbrel_core::resolve::{LossKind, losses};
/// use whimbrel_core::schema::{Schema, Table};
///
/// let pair = Pair::new(Schema { tables: vec![Table::new("users")], ..Schema::default() }, Schema::default());
/// let changes = [Change::DropTable { table_name: "users".into() }];
/// let losses = losses(Dialect::Sqlite, pair.as_ref(), &changes);
/// assert_eq!(losses[0].kind, LossKind::DropTable);
/// ```
pub fn losses(dialect: Dialect, pair: Pair<&Schema>, changes: &[Change]) -> Vec<Loss> {
    if changes.is_empty() {
        return Vec::new();
    }
    let context = Context {
        dialect,
        pair,
        changes: by_table(changes),
        renames: Renames::of_changes(changes),
        tables: pair.map(|schema| by_name(dialect, schema)),
    };
    let mut found: Vec<Loss> = Vec::new();
    for loss in changes.iter().flat_map(|change| context.of_change(change)) {
        // Several types may change that one column is made of.
        let is_told = matches!(loss.kind, LossKind::ChangeType { .. }) && found.contains(&loss);
        found.extend((!is_told).then_some(loss));
    }
    found
}

struct Context<'a> {
    dialect: Dialect,
    pair: Pair<&'a Schema>,
    changes: BTreeMap<&'a ObjectName, Vec<&'a Change>>,
    renames: Renames,
    /// The tables by their folded names: old ones before, new ones after.
    tables: Pair<BTreeMap<ObjectName, &'a Table>>,
}

fn by_name(dialect: Dialect, schema: &Schema) -> BTreeMap<ObjectName, &Table> {
    schema.tables.iter().map(|table| (dialect.fold_name(&table.name), table)).collect()
}

fn by_table(changes: &[Change]) -> BTreeMap<&ObjectName, Vec<&Change>> {
    let mut by_table: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for change in changes {
        if let Some(table) = change.table_name() {
            by_table.entry(table).or_default().push(change);
        }
    }
    by_table
}

impl<'a> Context<'a> {
    fn of_change(&self, change: &'a Change) -> Vec<Loss> {
        let found = match change {
            Change::DropTable { table_name } => Some((table_name, LossKind::DropTable)),
            Change::DropColumn { table_name, column_name } => self.drop_column(table_name, column_name),
            Change::AddColumn { table_name, column } => add_column(table_name, column),
            Change::CreateTable { table: new } => {
                return self.new_partition(&new.name, new.partition_of.as_ref());
            }
            Change::AttachPartition { table_name, partition_of: of } => {
                return self.new_partition(table_name, Some(of));
            }
            Change::AlterColumn { table_name, from, to, .. } => {
                return self.alter_column(table_name, from, to);
            }
            Change::AlterTableOptions { table_name, from, to } => {
                return self.alter_options(table_name, from, to);
            }
            Change::CreateIndex { table_name, index } => self.unique_index(table_name, index),
            Change::AddUniqueConstraint { table_name, constraint } => self.unique(table_name, constraint),
            Change::AddPrimaryKey { table_name, primary_key } => self.primary_key(table_name, primary_key),
            Change::AddCheck { table_name: of, check, replacements } => self.check(of, check, replacements),
            Change::AddExclusion { table_name, exclusion } => self.exclusion(table_name, exclusion),
            Change::AddForeignKey { table_name, fk } => self.foreign_key(table_name, fk),
            Change::AlterEnum(alter) => return self.alter_enum(alter),
            Change::AlterType { from, to } => return self.alter_type(from, to),
            Change::DropObject { object } | Change::ReplaceObject { from: object, .. } => drop_object(object),
            Change::CreateNamespace { .. }
            | Change::DropNamespace { .. }
            | Change::CreateExtension { .. }
            | Change::DropExtension { .. }
            | Change::AlterExtension { .. }
            | Change::CreateEnum { .. }
            | Change::DropEnum { .. }
            | Change::RenameEnum { .. }
            | Change::RenameEnumValue { .. }
            | Change::CreateType { .. }
            | Change::DropType { .. }
            | Change::CreateSequence { .. }
            | Change::DropSequence { .. }
            | Change::AlterSequence { .. }
            | Change::RenameSequence { .. }
            | Change::AlterPartitionKey { .. }
            | Change::DetachPartition { .. }
            | Change::RenameTable { .. }
            | Change::RenameColumn { .. }
            | Change::DropIndex { .. }
            | Change::RenameIndex { .. }
            | Change::DropPrimaryKey { .. }
            | Change::DropUniqueConstraint { .. }
            | Change::DropForeignKey { .. }
            | Change::DropCheck { .. }
            | Change::DropExclusion { .. }
            | Change::RenameConstraint { .. }
            | Change::CreateObject { .. }
            | Change::SetComment { .. } => None,
        };
        found.into_iter().map(|(table, kind)| Loss { table: table.clone(), kind }).collect()
    }

    /// A table before and after, given its new name.
    fn table(&self, name: &ObjectName) -> Option<Pair<&'a Table>> {
        let old = self.renames.old_table(self.dialect, name);
        let from = self.tables.from.get(&self.dialect.fold_name(old))?;
        let to = self.tables.to.get(&self.dialect.fold_name(name))?;
        Some(Pair::new(from, to))
    }

    /// A column as it was, given the new names.
    fn old_column(&self, table: Pair<&'a Table>, column: &str) -> Option<&'a Column> {
        let old = self.renames.old_column(self.dialect, &table.to.name, column);
        self.column(table.from, old)
    }

    fn column(&self, table: &'a Table, name: &str) -> Option<&'a Column> {
        table.columns.iter().find(|column| self.dialect.same_ident(&column.name, name))
    }

    /// A generated column holds nothing of its own.
    fn drop_column<'b>(&self, table: &'b ObjectName, column: &str) -> Option<(&'b ObjectName, LossKind)> {
        let old = self.table(table).and_then(|both| self.column(both.from, column));
        let holds_values = old.is_none_or(|column| column.generated.is_none());
        holds_values.then(|| (table, LossKind::DropColumn { column: column.to_owned() }))
    }

    fn alter_column(&self, table: &ObjectName, from: &Column, to: &Column) -> Vec<Loss> {
        let mut kinds = Vec::new();
        if from.generated.is_none() && to.generated.is_some() {
            kinds.push(LossKind::DropColumn { column: to.name.clone() });
        } else if to.generated.is_none() {
            kinds.extend(self.conversion(table, from, to));
        }
        if from.nullable && !to.nullable {
            let fillable = real_default(to).is_some();
            kinds.push(LossKind::SetNotNull { column: to.name.clone(), fillable });
        }
        kinds.into_iter().map(|kind| Loss { table: table.clone(), kind }).collect()
    }

    /// What may become of the values: altered, which can be accepted, and
    /// refused, which cannot.
    fn conversion(&self, table: &ObjectName, from: &Column, to: &Column) -> Vec<LossKind> {
        let Some(both) = self.table(table) else { return Vec::new() };
        let conversion = self.dialect.conversion(self.pair, both.to, Pair::new(from, to));
        let kinds = [(conversion.alters, false), (conversion.refuses, true)];
        kinds.into_iter().filter(|(may, _)| *may).map(|(_, refuses)| change_type(from, to, refuses)).collect()
    }

    /// A STRICT table refuses values of other types than its columns have.
    fn alter_options(&self, table: &ObjectName, from: &TableOptions, to: &TableOptions) -> Vec<Loss> {
        let Some(both) = self.table(table).filter(|_| to.strict && !from.strict) else { return Vec::new() };
        let held_to_it = both.to.columns.iter().filter_map(|to| {
            let from = self.old_column(both, &to.name)?;
            let is_kept = self.dialect.same_type(&from.sql_type, &to.sql_type) && to.generated.is_none();
            is_kept.then(|| change_type(from, to, true))
        });
        held_to_it.map(|kind| Loss { table: table.clone(), kind }).collect()
    }

    fn check<'b>(
        &self,
        table: &'b ObjectName,
        check: &Check,
        replacements: &[EnumReplacement],
    ) -> Option<(&'b ObjectName, LossKind)> {
        self.table(table)?;
        let held = self.of_table(table).any(|change| {
            matches!(change, Change::DropCheck { check: old, .. } if !old.not_valid
                && (self.dialect.same_sql(old.expression.as_str(), check.expression.as_str())
                    || is_met(self.dialect, old, check, replacements)))
        });
        let kind = || match self.unlisted(table, check, replacements) {
            Some(unlisted) => unlisted,
            None => LossKind::AddCheck { expression: check.expression.0.clone() },
        };
        (!check.not_valid && !held).then(|| (table, kind()))
    }

    fn exclusion<'b>(
        &self,
        table: &'b ObjectName,
        exclusion: &Exclusion,
    ) -> Option<(&'b ObjectName, LossKind)> {
        self.table(table)?;
        let definition = exclusion.definition.as_str();
        let held = self.of_table(table).any(|change| {
            matches!(change, Change::DropExclusion { exclusion: old, .. }
                if self.dialect.same_sql(old.definition.as_str(), definition))
        });
        let kind =
            || LossKind::AddExclusion { name: exclusion.name.clone(), definition: definition.to_owned() };
        (!held).then(|| (table, kind()))
    }

    fn foreign_key<'b>(&self, table: &'b ObjectName, key: &ForeignKey) -> Option<(&'b ObjectName, LossKind)> {
        let both = self.table(table)?;
        let held = self.of_table(table).any(|change| {
            matches!(change, Change::DropForeignKey { fk: old, .. } if !old.not_valid && self.refers_alike(old, key))
        });
        let stays_null = !key.match_full && key.columns.iter().any(|column| self.is_new_null(both, column));
        let looks_at_rows = !key.not_valid && !held && !stays_null;
        looks_at_rows.then(|| {
            let kind = LossKind::AddForeignKey {
                columns: key.columns.clone(),
                referenced_table: key.referenced_table.clone(),
                referenced_columns: key.referenced_columns.clone(),
            };
            (table, kind)
        })
    }

    /// Says whether the rows that meet the old key meet the new one.
    fn refers_alike(&self, old: &ForeignKey, new: &ForeignKey) -> bool {
        let same = |a: &[String], b: &[String]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.dialect.same_ident(a, b))
        };
        same(&old.columns, &new.columns)
            && same(&old.referenced_columns, &new.referenced_columns)
            && self.dialect.same_name(&old.referenced_table, &new.referenced_table)
            && (old.match_full || !new.match_full)
    }

    fn of_table(&self, table: &ObjectName) -> impl Iterator<Item = &'a Change> {
        self.changes.get(table).into_iter().flatten().copied()
    }
}

/// The column as it was is given its new name.
fn change_type(from: &Column, to: &Column, refuses: bool) -> LossKind {
    let from = Column { name: to.name.clone(), ..from.clone() };
    LossKind::ChangeType { from: Box::new(from), to: Box::new(to.clone()), refuses }
}

/// Rows that are there have nothing to put into such a column.
fn add_column<'b>(table: &'b ObjectName, column: &Column) -> Option<(&'b ObjectName, LossKind)> {
    let has_value = column.nullable
        || real_default(column).is_some()
        || column.generated.is_some()
        || column.identity.is_some()
        || column.auto_increment;
    (!has_value).then(|| (table, LossKind::AddRequiredColumn { column: column.name.clone() }))
}

/// Of the objects that are only their definition, virtual tables alone hold
/// data that nothing else holds.
fn drop_object(object: &Object) -> Option<(&ObjectName, LossKind)> {
    (object.kind == ObjectKind::VirtualTable).then_some((&object.name, LossKind::DropObject))
}

#[cfg(test)]
mod tests {
    use super::keys::unique_key;
    use super::*;
    use crate::diff::{Rename, diff};
    use crate::resolve::{RenameKind, parse_rename};
    use crate::schema::{EnumType, Generated, Index, KeyPart, Unique};

    fn table(columns: &[&str]) -> Table {
        let column = |text: &&str| {
            let mut words = text.split(' ');
            let (name, sql_type) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            Column { nullable: words.next() != Some("required"), ..Column::new(name, sql_type) }
        };
        Table { columns: columns.iter().map(column).collect(), ..Table::new("t") }
    }

    fn check(dialect: Dialect, from: &Table, to: &Table, renames: &[&str], expected: &[LossKind]) {
        let sides =
            Pair::new(from, to).map(|table| Schema { tables: vec![table.clone()], ..Schema::default() });
        let renamed: Vec<Rename> = renames
            .iter()
            .flat_map(|text| parse_rename(text, RenameKind::Column).expect("a rename"))
            .collect();
        let changes = diff(dialect, sides.as_ref(), &Renames { renamed, ..Renames::default() }).changes;
        let found: Vec<_> =
            losses(dialect, sides.as_ref(), &changes).into_iter().map(|loss| loss.kind).collect();
        assert_eq!(found, expected, "{changes:#?}");
    }

    fn key(columns: &[&str]) -> LossKind {
        LossKind::AddUnique {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            primary: false,
            key: Box::new(Index {
                columns: columns.iter().map(|name| KeyPart::column(*name)).collect(),
                ..unique_key(None)
            }),
        }
    }

    fn unique(columns: &[&str]) -> Unique {
        Unique { columns: columns.iter().map(|name| KeyPart::column(*name)).collect(), ..Unique::default() }
    }

    #[test]
    fn columns_that_go_hold_values_unless_they_are_generated() {
        let generated = Generated { expression: "1".into(), stored: false };
        let mut from = table(&["id", "a text", "b text"]);
        from.columns[2].generated = Some(generated.clone());
        check(Dialect::Sqlite, &from, &table(&["id"]), &[], &[LossKind::DropColumn { column: "a".into() }]);
        let mut to = table(&["id", "a text"]);
        to.columns[1].generated = Some(generated);
        let gone = [LossKind::DropColumn { column: "a".into() }];
        check(Dialect::Sqlite, &table(&["id", "a text"]), &to, &[], &gone);
    }

    #[test]
    fn a_type_that_takes_all_values_loses_nothing() {
        let change = |dialect, from: &str, to: &str, refuses: &[bool]| {
            let (from, to) = (table(&[&format!("a {from}")]), table(&[&format!("a {to}")]));
            let kind = |refuses: &bool| change_type(&from.columns[0], &to.columns[0], *refuses);
            check(dialect, &from, &to, &[], &refuses.iter().map(kind).collect::<Vec<_>>());
        };
        change(Dialect::Postgres, "integer", "bigint", &[]);
        change(Dialect::Postgres, "integer", "text", &[]);
        change(Dialect::Sqlite, "varchar(10)", "text", &[]);
        // What is cut or rounded can be accepted, what is refused cannot.
        change(Dialect::Postgres, "text", "varchar(5)", &[false]);
        change(Dialect::Postgres, "timestamptz", "date", &[false]);
        change(Dialect::Postgres, "bigint", "integer", &[true]);
        change(Dialect::Postgres, "text", "integer", &[true]);
        change(Dialect::Postgres, "text", "boolean", &[true]);
        change(Dialect::Postgres, "numeric(12,4)", "numeric(10,2)", &[false, true]);
        change(Dialect::Sqlite, "text", "integer", &[false]);
    }

    #[test]
    fn an_exclusion_that_is_new_looks_at_rows() {
        let with = |name: &str, definition: &str| Table {
            exclusions: vec![Exclusion {
                name: name.into(),
                definition: definition.into(),
                columns: vec!["a".into()],
                comment: None,
            }],
            ..table(&["a int4range"])
        };
        let overlap = "EXCLUDE USING gist (a WITH &&)";
        let lost = LossKind::AddExclusion { name: "e".into(), definition: overlap.into() };
        let check = |from: &Table, to: &Table, expected: &[LossKind]| {
            check(Dialect::Postgres, from, to, &[], expected);
        };
        check(&table(&["a int4range"]), &with("e", overlap), std::slice::from_ref(&lost));
        check(&with("e", "EXCLUDE USING gist (a WITH =)"), &with("e", overlap), &[lost]);
        check(&with("old", overlap), &with("e", overlap), &[]);
    }

    #[test]
    fn nulls_are_filled_where_there_is_a_default() {
        let (from, mut to) = (table(&["a text"]), table(&["a text required"]));
        let lost = |fillable| [LossKind::SetNotNull { column: "a".into(), fillable }];
        check(Dialect::Sqlite, &from, &to, &[], &lost(false));
        to.columns[0].default = Some("NULL".into());
        check(Dialect::Sqlite, &from, &to, &[], &lost(false));
        to.columns[0].default = Some("''".into());
        check(Dialect::Sqlite, &from, &to, &[], &lost(true));
    }

    #[test]
    fn a_required_column_needs_a_value() {
        let (from, mut to) = (table(&["id"]), table(&["id", "a text required"]));
        check(Dialect::Sqlite, &from, &to, &[], &[LossKind::AddRequiredColumn { column: "a".into() }]);
        to.columns[1].default = Some("''".into());
        check(Dialect::Sqlite, &from, &to, &[], &[]);
    }

    #[test]
    fn a_key_that_held_before_holds_again() {
        let with = |columns: &[&str], keys: &[&[&str]]| Table {
            unique_constraints: keys.iter().map(|columns| unique(columns)).collect(),
            ..table(columns)
        };
        let pg = |from: &Table, to: &Table, renames: &[&str], expected: &[LossKind]| {
            check(Dialect::Postgres, from, to, renames, expected);
        };
        let columns = ["a text", "b text"];
        pg(&with(&columns, &[]), &with(&columns, &[&["a"]]), &[], &[key(&["a"])]);
        pg(&with(&columns, &[&["a"]]), &with(&columns, &[&["b", "a"]]), &[], &[]);
        pg(&with(&columns, &[&["a", "b"]]), &with(&columns, &[&["a"]]), &[], &[key(&["a"])]);
        let index = Index { columns: vec![KeyPart::column("a")], ..unique_key(Some(&"i".to_owned())) };
        let indexed = Table { indexes: vec![index.clone()], ..with(&columns, &[]) };
        pg(&indexed, &with(&columns, &[&["a"]]), &[], &[]);
        let partial = Index { predicate: Some("b IS NULL".into()), ..index };
        let indexed = Table { indexes: vec![partial], ..with(&columns, &[]) };
        pg(&indexed, &with(&columns, &[&["a"]]), &[], &[key(&["a"])]);
        // A new column is NULL in every row; one that was renamed is not new.
        pg(&with(&["b text"], &[]), &with(&columns, &[&["a"]]), &[], &[]);
        pg(&with(&["x text", "b text"], &[]), &with(&columns, &[&["a"]]), &["t.x=a"], &[key(&["a"])]);
    }

    #[test]
    fn another_name_or_moment_is_no_new_condition() {
        let checked = |name: &str, text: &str, not_valid| Table {
            checks: vec![Check {
                name: Some(name.into()),
                expression: text.into(),
                no_inherit: false,
                not_valid,
                comment: None,
            }],
            ..table(&["a integer"])
        };
        let lost = [LossKind::AddCheck { expression: "a > 0".into() }];
        let check = |from: &Table, to: &Table, expected: &[LossKind]| {
            check(Dialect::Postgres, from, to, &[], expected);
        };
        check(&table(&["a integer"]), &checked("c", "a > 0", false), &lost);
        check(&table(&["a integer"]), &checked("c", "a > 0", true), &[]);
        check(&checked("c", "a > 0", true), &checked("c", "a > 0", false), &lost);
        check(&checked("c", "a > 0", false), &checked("d", "a > 0", false), &[]);
        let key = |deferrable| Table {
            foreign_keys: vec![ForeignKey { deferrable, ..ForeignKey::new(["a"], "t") }],
            ..table(&["a integer"])
        };
        let (now, later) =
            (crate::schema::Deferrability::NotDeferrable, crate::schema::Deferrability::InitiallyDeferred);
        check(&key(now), &key(later), &[]);
        let lost = LossKind::AddForeignKey {
            columns: vec!["a".into()],
            referenced_table: "t".into(),
            referenced_columns: Vec::new(),
        };
        check(&table(&["a integer"]), &key(now), &[lost]);
    }

    #[test]
    fn a_strict_table_holds_its_columns_to_their_types() {
        let from = table(&["a TEXT"]);
        let to = Table { options: TableOptions { strict: true, ..TableOptions::default() }, ..from.clone() };
        let lost = change_type(&from.columns[0], &from.columns[0], true);
        check(Dialect::Sqlite, &from, &to, &[], &[lost]);
        check(Dialect::Sqlite, &to, &from, &[], &[]);
    }

    #[test]
    fn every_column_of_an_enum_is_asked_about_its_values() {
        let side = |values: &[&str]| Schema {
            tables: vec![table(&["a mood required", "b mood[]", "c text"])],
            enums: vec![EnumType {
                name: "mood".into(),
                values: values.iter().map(|value| (*value).to_owned()).collect(),
                comment: None,
            }],
            ..Schema::default()
        };
        let sides = Pair::new(side(&["x", "y"]), side(&["y", "z"]));
        let changes = diff(Dialect::Postgres, sides.as_ref(), &Renames::default()).changes;
        let found = losses(Dialect::Postgres, sides.as_ref(), &changes);
        let lost = |column: &str, nullable| Loss {
            table: "t".into(),
            kind: LossKind::RemoveEnumValues {
                column: column.into(),
                enum_name: "mood".into(),
                removed: vec!["x".into()],
                available: vec!["y".into(), "z".into()],
                nullable,
            },
        };
        assert_eq!(found, [lost("a", false), lost("b", true)]);
    }

    #[test]
    fn a_value_that_a_check_lists_no_more_is_asked_about() {
        let side = |condition: &str, collation: Option<&str>| {
            let mut table = table(&["state text required"]);
            table.columns[0].collation = collation.map(str::to_owned);
            table.checks.push(Check {
                name: None,
                expression: condition.into(),
                no_inherit: false,
                not_valid: false,
                comment: None,
            });
            table
        };
        let check = |dialect, from: &str, to: &str, collation, expected: LossKind| {
            check(dialect, &side(from, collation), &side(to, collation), &[], &[expected]);
        };
        let unlisted = |removed: &[&str], available: &[&str]| LossKind::RemoveEnumValues {
            column: "state".into(),
            enum_name: ObjectName { namespace: Some("t".into()), name: "state".into() },
            removed: removed.iter().map(|value| (*value).to_owned()).collect(),
            available: available.iter().map(|value| (*value).to_owned()).collect(),
            nullable: false,
        };
        let broken = |condition: &str| LossKind::AddCheck { expression: condition.into() };
        let (old, new) = ("state IN ('a', 'b', 'c')", "state IN ('B', 'd')");
        check(Dialect::Sqlite, old, new, None, unlisted(&["a", "b", "c"], &["B", "d"]));
        check(Dialect::Sqlite, old, new, Some("NOCASE"), unlisted(&["a", "c"], &["B", "d"]));
        // Nothing goes, or not from a list.
        check(Dialect::Sqlite, new, "state IN ('B', 'd', 'e')", None, broken("state IN ('B', 'd', 'e')"));
        check(Dialect::Sqlite, "state <> 'a'", new, None, broken(new));
        check(Dialect::Sqlite, old, "other IN ('a')", None, broken("other IN ('a')"));
        check(Dialect::Postgres, old, new, None, broken(new));
    }

    #[test]
    fn only_virtual_tables_hold_what_nothing_else_does() {
        let dropped = |kind| {
            let object = Object::new(kind, "o", "CREATE ...");
            let change = Change::DropObject { object };
            losses(Dialect::Sqlite, Pair::new(&Schema::default(), &Schema::default()), &[change]).len()
        };
        assert_eq!(dropped(ObjectKind::VirtualTable), 1);
        assert_eq!(dropped(ObjectKind::MaterializedView), 0);
        assert_eq!(dropped(ObjectKind::View), 0);
    }
}
