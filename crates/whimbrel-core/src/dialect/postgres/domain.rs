//! What is under a domain: the type that its values are of, and the attributes
//! that those have.

use super::types::{TypeName, may_alter, may_fail, same};
use crate::dialect::Conversion;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::{Column, Schema, SqlExpr, TypeDef};

/// Says what may become of values between two types, either of which may be a
/// domain. What a new domain asks of its values some may not meet.
pub(super) fn conversion(pair: Pair<&Schema>, columns: Pair<&Column>) -> Conversion {
    let (old, new) = (&columns.from.sql_type, &columns.to.sql_type);
    if same(old, new) {
        return Conversion::default();
    }
    let (from, to) = (resolved(pair.from, old).0, resolved(pair.to, new).0);
    let is_domain = domain(pair.to, &TypeName::parse(new).object_name()).is_some();
    Conversion { alters: may_alter(&from, &to), refuses: is_domain || may_fail(&from, &to) }
}

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

/// A composite type that a type comes down to.
pub(super) struct RowType<'a> {
    pub(super) name: &'a ObjectName,
    pub(super) attributes: &'a [(String, String)],
    /// Whether the values are arrays of it.
    pub(super) array: bool,
}

impl<'a> RowType<'a> {
    /// Follows domains and arrays down to a composite type.
    pub(super) fn of(schema: &'a Schema, sql_type: &str) -> Option<Self> {
        let mut named = TypeName::parse(sql_type);
        let mut array = named.array;
        loop {
            let of = named.object_name();
            match schema.types.iter().find(|def| *def.name() == of)? {
                TypeDef::Domain { base, .. } => named = TypeName::parse(base),
                TypeDef::Composite { name, attributes, .. } => return Some(Self { name, attributes, array }),
                TypeDef::Range { .. } => return None,
            }
            array |= named.array;
        }
    }

    /// The type of an attribute.
    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut all = self.attributes.iter();
        all.find(|(attribute, _)| attribute == name).map(|(_, sql_type)| sql_type.as_str())
    }
}

fn domain<'a>(schema: &'a Schema, name: &ObjectName) -> Option<(&'a str, &'a [(String, SqlExpr)])> {
    let def = schema.types.iter().find(|def| def.name() == name)?;
    match def {
        TypeDef::Domain { base, checks, .. } => Some((base, checks)),
        TypeDef::Composite { .. } | TypeDef::Range { .. } => None,
    }
}
