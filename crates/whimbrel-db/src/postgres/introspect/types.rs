//! Types, sequences and extensions.

use std::collections::HashMap;

use whimbrel_core::schema::{EnumType, Extension, Schema, Sequence, SqlExpr, TypeDef};

use super::catalog::{Catalog, class};
use super::constraints::Constraints;
use super::rows::{Fields, Oid};
use crate::connection::Row;

/// A sequence and whose it is.
pub(super) struct SequenceRow {
    pub(super) sequence: Sequence,
    /// Table and number of the column that owns it.
    pub(super) owner: Option<(Oid, i16)>,
    /// Its name as the literal that `nextval` is called with.
    pub(super) literal: String,
}

pub(super) fn read_sequences(catalog: &Catalog, rows: Vec<Row>) -> Vec<SequenceRow> {
    let rows = rows.into_iter().map(Fields::of);
    rows.filter_map(|mut fields| {
        let oid = fields.number();
        let name = catalog.relations.get(&oid)?.name.clone();
        let sequence = Sequence {
            name,
            sql_type: fields.text(),
            start: fields.number(),
            increment: fields.number(),
            min: fields.number(),
            max: fields.number(),
            cache: fields.number(),
            cycle: fields.flag(),
            owned_by: None,
            comment: catalog.comments.get(&(class::CLASS, oid, 0)).cloned(),
        };
        let table: Option<Oid> = fields.maybe();
        let owner = table.zip(fields.maybe());
        let _identity_or_owned = fields.letter();
        let literal = fields.text();
        (!catalog.is_member(class::CLASS, oid)).then_some(SequenceRow { sequence, owner, literal })
    })
    .collect()
}

pub(super) fn read_enum_values(rows: Vec<Row>) -> HashMap<Oid, Vec<String>> {
    let mut values: HashMap<Oid, Vec<String>> = HashMap::new();
    for mut fields in rows.into_iter().map(Fields::of) {
        values.entry(fields.number()).or_default().push(fields.text());
    }
    values
}

pub(super) fn read_extensions(
    catalog: &mut Catalog,
    rows: Vec<Row>,
    default_namespace: &str,
) -> Vec<Extension> {
    let rows = rows.into_iter().map(Fields::of);
    rows.map(|mut fields| {
        let oid = fields.number();
        let (name, version, namespace) = (fields.text(), fields.optional(), fields.text());
        let own_comment = fields.optional();
        let comment =
            catalog.take_comment(class::EXTENSION, oid, 0).filter(|text| Some(text) != own_comment.as_ref());
        let namespace = (namespace != default_namespace).then_some(namespace);
        Extension { name, namespace, version, comment }
    })
    .collect()
}

/// Adds enums, domains, composite and range types.
pub(super) fn assemble(
    schema: &mut Schema,
    catalog: &mut Catalog,
    rows: Vec<Row>,
    mut enum_values: HashMap<Oid, Vec<String>>,
    constraints: &Constraints,
) {
    for mut fields in rows.into_iter().map(Fields::of) {
        let oid = fields.number();
        let name = fields.text();
        let name = catalog.name(fields.number(), name);
        let kind = fields.letter();
        let relation: Oid = fields.number();
        if catalog.is_member(class::TYPE, oid) || catalog.is_member(class::CLASS, relation) {
            continue;
        }
        catalog.user_types.insert(oid, name.clone());
        let comment = catalog.take_comment(class::TYPE, oid, 0);
        match kind {
            Some('e') => {
                let values = enum_values.remove(&oid).unwrap_or_default();
                schema.enums.push(EnumType { name, values, comment });
            }
            Some('c') => {
                let comment = catalog.take_comment(class::CLASS, relation, 0).or(comment);
                schema.types.push(TypeDef::Composite {
                    name,
                    attributes: attributes(catalog, relation),
                    comment,
                });
            }
            Some('d') => schema.types.push(TypeDef::Domain {
                name,
                base: fields.text(),
                not_null: fields.flag(),
                default: fields.optional().map(SqlExpr),
                collation: fields.maybe().and_then(|collation: Oid| catalog.collation(collation, 0)),
                checks: checks(constraints, oid),
                comment,
            }),
            _ => {
                let definition = SqlExpr(range_options(&mut fields));
                schema.types.push(TypeDef::Range { name, definition, comment });
            }
        }
    }
}

fn range_options(fields: &mut Fields) -> String {
    // What a domain has, and a range has not.
    for _ in 0..4 {
        fields.optional();
    }
    fields.text()
}

fn attributes(catalog: &Catalog, relation: Oid) -> Vec<(String, String)> {
    let columns =
        catalog.relations.get(&relation).map(|relation| relation.columns.as_slice()).unwrap_or_default();
    columns
        .iter()
        .map(|column| {
            let collation =
                column.collation.as_ref().map(|name| format!(" COLLATE {name}")).unwrap_or_default();
            (column.name.clone(), format!("{}{collation}", column.sql_type))
        })
        .collect()
}

fn checks(constraints: &Constraints, domain: Oid) -> Vec<(String, SqlExpr)> {
    let mut checks: Vec<_> =
        constraints.of(domain).iter().map(|check| (check.name.clone(), check.expression.clone())).collect();
    checks.sort_by(|a, b| a.0.cmp(&b.0));
    checks
}
