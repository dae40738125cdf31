//! What is under a domain: the type that its values are of.

use super::types::TypeName;
use crate::name::ObjectName;
use crate::schema::{Schema, SqlExpr, TypeDef};

/// A type without its domain, and the conditions of the domain.
pub(super) fn resolved(schema: &Schema, sql_type: &str) -> (TypeName, Vec<SqlExpr>) {
    let named = TypeName::parse(sql_type);
    match domain(schema, &named.object_name()) {
        Some((base, checks)) if !named.array => {
            let (base, inherited) = resolved(schema, base);
            (base, checks.iter().map(|(_, check)| check.clone()).chain(inherited).collect())
        }
        Some(_) | None => (named, Vec::new()),
    }
}

fn domain<'a>(schema: &'a Schema, name: &ObjectName) -> Option<(&'a str, &'a [(String, SqlExpr)])> {
    let def = schema.types.iter().find(|def| def.name() == name)?;
    match def {
        TypeDef::Domain { base, checks, .. } => Some((base, checks)),
        TypeDef::Composite { .. } | TypeDef::Range { .. } => None,
    }
}
