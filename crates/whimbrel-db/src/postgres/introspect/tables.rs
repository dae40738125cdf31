//! Tables, put together from what was read.

use std::collections::HashMap;

use whimbrel_core::dialect::postgres::serial_sequence;
use whimbrel_core::schema::{
    Check, Column, Exclusion, ForeignKey, Parameters, PartitionBy, PartitionOf, PrimaryKey, Schema, Sequence,
    SqlExpr, Table, TableOptions, Unique,
};

use super::catalog::{Catalog, Relation, class};
use super::constraints::{Constraint, Constraints};
use super::indexes::Indexes;
use super::rows::{Oid, options};
use super::types::SequenceRow;

/// The table access method of a table about which nothing is said.
const DEFAULT_METHOD: &str = "heap";

/// Adds the tables and the sequences that belong to no serial or identity column.
pub(super) fn assemble(
    schema: &mut Schema,
    catalog: &mut Catalog,
    mut constraints: Constraints,
    indexes: &Indexes,
    sequences: Vec<SequenceRow>,
    is_hidden: impl Fn(&str) -> bool,
) {
    catalog.constraints = constraints.names().collect();
    let relations: Vec<Oid> = catalog.relations.keys().copied().collect();
    let shown: Vec<Oid> = relations.into_iter().filter(|oid| is_managed(catalog, *oid, &is_hidden)).collect();
    let (owned, free) = split(catalog, sequences, &is_hidden);
    let mut by_table: HashMap<Oid, Vec<usize>> = HashMap::new();
    for (at, row) in indexes.rows.iter().enumerate() {
        if !constraints.enforcing.contains_key(&row.oid) {
            by_table.entry(row.table).or_default().push(at);
        }
    }
    let mut owned = owned;
    for oid in shown {
        let mut table = table(catalog, oid, owned.remove(&oid).unwrap_or_default(), &mut schema.sequences);
        for constraint in constraints.take(oid) {
            add(&mut table, catalog, indexes, constraint);
        }
        for at in by_table.remove(&oid).unwrap_or_default() {
            let row = &indexes.rows[at];
            let comment = catalog.take_comment(class::CLASS, row.oid, 0);
            table.indexes.push(whimbrel_core::schema::Index { comment, ..row.index.clone() });
        }
        sort(&mut table);
        schema.tables.push(table);
    }
    schema.sequences.extend(free);
}

/// Says whether a relation is a table that the schema tells of.
fn is_managed(catalog: &Catalog, oid: Oid, is_hidden: &impl Fn(&str) -> bool) -> bool {
    catalog.is_read_table(oid) && catalog.relations.get(&oid).is_some_and(|one| !is_hidden(&one.name.name))
}

type Owned = HashMap<Oid, Vec<SequenceRow>>;

/// Splits sequences into those that a column owns, by table, and the others.
fn split(
    catalog: &Catalog,
    rows: Vec<SequenceRow>,
    is_hidden: &impl Fn(&str) -> bool,
) -> (Owned, Vec<Sequence>) {
    let mut owned = Owned::new();
    let mut free = Vec::new();
    for row in rows {
        match row.owner {
            Some((table, _)) if is_managed(catalog, table, is_hidden) => {
                owned.entry(table).or_default().push(row);
            }
            // The sequence of a table that is not told of goes with it.
            Some(_) => {}
            None => free.push(row.sequence),
        }
    }
    (owned, free)
}

fn table(catalog: &mut Catalog, oid: Oid, owned: Vec<SequenceRow>, sequences: &mut Vec<Sequence>) -> Table {
    let partition_of = partition_of(catalog, oid);
    let relation = catalog.relations.get_mut(&oid).expect("only relations are made into tables");
    let mut table = Table::new("");
    table.partition_by = relation.partition_key.as_deref().and_then(PartitionBy::parse);
    table.partition_of = partition_of;
    table.name = relation.name.clone();
    table.options = table_options(relation);
    let numbers: Vec<i16> = relation.numbers.iter().map(|column| column.number).collect();
    table.columns = std::mem::take(&mut relation.columns);
    for row in owned {
        let number = row.owner.map(|(_, number)| number).unwrap_or_default();
        let Some(at) = numbers.iter().position(|one| *one == number) else {
            continue;
        };
        if let Some(sequence) = attach(&table.name, &mut table.columns[at], row) {
            sequences.push(sequence);
        }
    }
    if table.partition_of.is_some() {
        leave_identities_to_parent(&mut table.columns);
    }
    table.comment = catalog.take_comment(class::CLASS, oid, 0);
    for (number, column) in numbers.into_iter().zip(&mut table.columns) {
        column.comment = catalog.take_comment(class::CLASS, oid, number.into());
    }
    table
}

fn partition_of(catalog: &Catalog, oid: Oid) -> Option<PartitionOf> {
    let (parent, bound) = catalog.relations.get(&oid)?.partition_of.as_ref()?;
    let parent = catalog.relations.get(parent)?.name.clone();
    Some(PartitionOf { parent, bound: SqlExpr(bound.clone()) })
}

/// Since version 17 the identity of a partition's column is that of its table,
/// and so is the sequence.
fn leave_identities_to_parent(columns: &mut [Column]) {
    let has_no_sequence =
        |column: &&mut Column| column.identity.as_ref().is_some_and(|one| one.sequence.name.name.is_empty());
    columns.iter_mut().filter(has_no_sequence).for_each(|column| column.identity = None);
}

/// Gives a column the sequence that it owns; what is no identity's and no
/// serial's comes back, to stand for itself.
fn attach(
    table: &whimbrel_core::name::ObjectName,
    column: &mut Column,
    row: SequenceRow,
) -> Option<Sequence> {
    let mut sequence = row.sequence;
    if let Some(identity) = &mut column.identity {
        // The column says who owns it.
        sequence.owned_by = None;
        identity.sequence = sequence;
        return None;
    }
    sequence.owned_by = Some((table.clone(), column.name.clone()));
    let comment = sequence.comment.take();
    let next_value = format!("nextval({}::regclass)", row.literal);
    let is_serial = !column.nullable
        && column.default.as_ref().is_some_and(|default| default.as_str() == next_value)
        && serial_sequence(table, &column.name, &column.sql_type).as_ref() == Some(&sequence);
    if is_serial {
        column.auto_increment = true;
        column.default = None;
        column.sequence_comment = comment;
        return None;
    }
    sequence.comment = comment;
    Some(sequence)
}

fn table_options(relation: &Relation) -> TableOptions {
    let mut storage: Parameters = options(relation.options.clone()).collect();
    storage.extend(
        options(relation.toast_options.clone()).map(|(name, value)| (format!("toast.{name}"), value)),
    );
    let method = relation.method.clone().filter(|method| method != DEFAULT_METHOD);
    TableOptions {
        unlogged: relation.unlogged,
        storage,
        tablespace: relation.tablespace.clone(),
        access_method: method,
        ..TableOptions::default()
    }
}

fn add(table: &mut Table, catalog: &mut Catalog, indexes: &Indexes, constraint: Constraint) {
    let comment = catalog.take_comment(class::CONSTRAINT, constraint.oid, 0);
    let names = |relation: Oid, numbers: &[i16]| -> Vec<String> {
        let relation = catalog.relations.get(&relation);
        numbers
            .iter()
            .map(|number| relation.map(|one| one.column_name(*number)).unwrap_or_default())
            .collect()
    };
    let index = indexes.get(constraint.index).map(|row| row.index.clone()).unwrap_or_default();
    let name = Some(constraint.name.clone());
    let deferrable = constraint.deferrable;
    match constraint.kind {
        'p' => {
            let (columns, include) = (index.columns, index.include);
            table.primary_key =
                Some(PrimaryKey { columns, name, include, deferrable, on_conflict: None, comment });
        }
        'u' => table.unique_constraints.push(Unique {
            name,
            columns: index.columns,
            include: index.include,
            nulls_not_distinct: index.nulls_not_distinct,
            deferrable,
            on_conflict: None,
            comment,
        }),
        'f' => table.foreign_keys.push(ForeignKey {
            name,
            columns: names(constraint.table, &constraint.columns),
            referenced_table: catalog
                .relations
                .get(&constraint.referenced)
                .map_or_else(|| "".into(), |relation| relation.name.clone()),
            referenced_columns: names(constraint.referenced, &constraint.referenced_columns),
            on_delete: constraint.on_delete,
            on_update: constraint.on_update,
            on_delete_columns: names(constraint.table, &constraint.set_columns),
            match_full: constraint.match_full,
            deferrable,
            not_valid: constraint.not_valid,
            comment,
        }),
        'x' => table.exclusions.push(Exclusion {
            columns: names(constraint.table, &constraint.columns),
            name: constraint.name,
            definition: constraint.expression,
            comment,
        }),
        _ => table.checks.push(Check {
            name,
            expression: constraint.expression,
            no_inherit: constraint.no_inherit,
            not_valid: constraint.not_valid,
            comment,
        }),
    }
}

/// Brings what has a name into its order.
fn sort(table: &mut Table) {
    table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
    table.unique_constraints.sort_by(|a, b| a.name.cmp(&b.name));
    table.checks.sort_by(|a, b| a.name.cmp(&b.name));
    table.exclusions.sort_by(|a, b| a.name.cmp(&b.name));
}
