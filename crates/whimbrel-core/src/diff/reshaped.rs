//! Types that rest on other types, and whose values are others once those change.

use std::collections::BTreeSet;

use super::expression::type_name;
use crate::change::Change;
use crate::name::ObjectName;
use crate::schema::{Schema, TypeDef};

/// The types whose values have other attributes after some changes.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::diff::Reshaped;
/// use whimbrel_core::schema::{Schema, TypeDef};
///
/// let pair = |attributes: &[(&str, &str)]| TypeDef::Composite {
///     name: "pair".into(),
///     attributes: attributes.iter().map(|(name, of)| ((*name).into(), (*of).into())).collect(),
///     comment: None,
/// };
/// let (from, to) = (pair(&[("a", "text")]), pair(&[("a", "text"), ("b", "text")]));
/// let schema = Schema { types: vec![to.clone()], ..Schema::default() };
/// let reshaped = Reshaped::of(&schema, &[Change::AlterType { from, to }]);
/// assert!(reshaped.holds("pair[]"));
/// assert!(!reshaped.holds("text"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reshaped(BTreeSet<ObjectName>);

impl Reshaped {
    /// Reads them from `changes`, which give `schema`.
    pub fn of(schema: &Schema, changes: &[Change]) -> Self {
        let altered = changes.iter().filter_map(|change| match change {
            Change::AlterType { to: TypeDef::Composite { name, .. }, .. } => Some(name),
            _ => None,
        });
        Self(altered.flat_map(|name| made_of(schema, name)).collect())
    }

    /// Says whether values of a type are among them.
    pub fn holds(&self, sql_type: &str) -> bool {
        is_one_of(sql_type, &self.0)
    }
}

/// The names of a type and of all domains and composite types made of it.
pub(crate) fn made_of(schema: &Schema, name: &ObjectName) -> BTreeSet<ObjectName> {
    let mut found = BTreeSet::from([name.clone()]);
    loop {
        let rests_on = |def: &&TypeDef| match def {
            TypeDef::Domain { base, .. } => is_one_of(base, &found),
            TypeDef::Composite { attributes, .. } => attributes.iter().any(|(_, of)| is_one_of(of, &found)),
            TypeDef::Range { .. } => false,
        };
        let others = schema.types.iter().filter(|def| !found.contains(def.name()));
        let more: Vec<_> = others.filter(rests_on).map(|def| def.name().clone()).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// Says whether a column's type, or that of its elements, is one of `names`.
pub(crate) fn is_one_of(sql_type: &str, names: &BTreeSet<ObjectName>) -> bool {
    // To read a type's name takes longer than to see that it can be none of them.
    names.iter().any(|name| sql_type.contains(&name.name))
        && type_name(sql_type).is_some_and(|name| names.contains(&name))
}
