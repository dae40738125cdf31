//! Columns whose values are rows of a type that is made anew: every attribute
//! is converted on its own, under its name.
//!
//! A USING expression takes no subquery, so arrays are left to a cast that is
//! there for the length of the plan: the server applies it to each element,
//! whatever the dimensions.

use std::collections::{BTreeMap, BTreeSet};

use super::super::domain::{RowType, resolved};
use super::super::keys::{self, milestone};
use super::super::rules::{ident, literal, name};
use super::super::side::{Thing, UserType};
use super::super::types::{cast, lossless, may_fail, same};
use super::Lowering;
use super::columns::Altered;
use super::finish::BODIES_UNCHECKED;
use super::generator::aside;
use super::retype::by_way_of_text;
use crate::name::ObjectName;
use crate::plan::{Action, Hazard, Key, Step};
use crate::schema::{Column, TypeDef};

/// What a plan passes when arrays of old rows can be cast to arrays of new ones.
pub(super) const CASTS_MADE: &str = "casts made";

impl Lowering<'_> {
    /// The value of a column in its new type, `None` if its values are no rows of
    /// a type that is made anew.
    pub(super) fn row_of(&self, from: &Column, to: &Column) -> Option<String> {
        self.row(&ident(&to.name), &from.sql_type, &to.sql_type)
    }

    fn row(&self, value: &str, from: &str, to: &str) -> Option<String> {
        let (old, new) = self.row_types(from, to)?;
        if old.array {
            return Some(format!("{value}::{to}"));
        }
        let attribute = |(named, to): &(String, String)| match old.attribute(named) {
            Some(from) => self.attribute(&format!("({value}).{}", ident(named)), from, to),
            None => "NULL".to_owned(),
        };
        let attributes: Vec<_> = new.attributes.iter().map(attribute).collect();
        // `IS NOT NULL` is another question: it asks about every attribute.
        Some(format!("CASE WHEN {value} IS DISTINCT FROM NULL THEN ROW({})::{to} END", attributes.join(", ")))
    }

    fn attribute(&self, value: &str, from: &str, to: &str) -> String {
        let old = resolved(self.from.schema, from).0;
        if let Some(row) = self.row(value, from, to) {
            row
        } else if self.is_aside(from) {
            by_way_of_text(value, (from, to), &BTreeMap::new())
        } else if same(from, to) {
            value.to_owned()
        } else {
            cast(value, &old, &resolved(self.to.schema, to).0, to)
        }
    }

    fn is_aside(&self, sql_type: &str) -> bool {
        let named = super::super::types::TypeName::parse(sql_type).object_name();
        self.stepped_aside(&keys::relation(&named))
    }

    /// The composite type behind two types, before and after it is made anew.
    fn row_types(&self, from: &str, to: &str) -> Option<(RowType<'_>, RowType<'_>)> {
        let (old, new) = (RowType::of(self.from.schema, from)?, RowType::of(self.to.schema, to)?);
        let is_anew = old.name == new.name && old.array == new.array;
        (is_anew && self.stepped_aside(&keys::relation(old.name))).then_some((old, new))
    }

    /// What may become of the attributes of a column's values.
    pub(super) fn hazards_of_row(&self, altered: &Altered<'_>) -> Vec<Hazard> {
        let (loses, fails) = self.fate(&altered.from.sql_type, &altered.to.sql_type);
        let loses = loses.then(|| Hazard::LosesPrecision { subject: altered.subject() });
        let fails = fails.then(|| Hazard::FailsOnValues { subject: altered.subject() });
        loses.into_iter().chain(fails).collect()
    }

    /// Says whether parts of a value may get lost, and whether they may not convert.
    fn fate(&self, from: &str, to: &str) -> (bool, bool) {
        let Some((old, new)) = self.row_types(from, to) else {
            let (old, new) = (resolved(self.from.schema, from).0, resolved(self.to.schema, to).0);
            let fails = if self.is_aside(from) { true } else { may_fail(&old, &new) };
            return (!same(from, to) && !lossless(&old, &new), fails);
        };
        let fate = |(named, from): &(String, String)| match new.attribute(named) {
            Some(to) => self.fate(from, to),
            None => (true, false),
        };
        old.attributes.iter().map(fate).fold((false, false), |a, b| (a.0 | b.0, a.1 | b.1))
    }

    /// Makes the casts that arrays need.
    pub(super) fn create_casts(&mut self) {
        let needed = self.array_elements();
        if needed.is_empty() {
            return;
        }
        let steps = needed.iter().flat_map(|named| {
            let (old, new) = (name(&aside(named)), name(named));
            let body = format!("SELECT {}", self.row("$1", &new, &new).unwrap_or_default());
            let function =
                format!("CREATE FUNCTION {old}({old}) RETURNS {new} LANGUAGE sql AS {}", literal(&body));
            [function, format!("CREATE CAST ({old} AS {new}) WITH FUNCTION {old}({old})")]
        });
        let is_type = |key: &&Key| matches!(self.from.thing(key), Some(Thing::Type(_)));
        let mut uses: Vec<_> = self.remade.keys().filter(is_type).cloned().collect();
        uses.push(milestone(BODIES_UNCHECKED));
        let action = Action {
            steps: steps.map(Step::new).collect(),
            creates: vec![milestone(CASTS_MADE)],
            uses,
            frees: needed.iter().map(|named| keys::relation(&aside(named))).collect(),
            ..Action::default()
        };
        self.actions.push(action);
    }

    /// Drops the cast of a type that goes.
    pub(super) fn drop_cast(&self, named: &ObjectName) -> Vec<Step> {
        if !self.array_elements().contains(named) {
            return Vec::new();
        }
        let (old, new) = (name(&aside(named)), name(named));
        let cast = format!("DROP CAST ({old} AS {new})");
        vec![Step::new(cast), Step::new(format!("DROP FUNCTION {old}({old})"))]
    }

    /// The composite types made anew of which something holds arrays.
    fn array_elements(&self) -> BTreeSet<ObjectName> {
        let schema = self.from.schema;
        let columns = schema.tables.iter().flat_map(|table| &table.columns).map(|column| &column.sql_type);
        let within = schema.types.iter().flat_map(|def| -> Vec<&String> {
            match def {
                TypeDef::Domain { base, .. } => vec![base],
                TypeDef::Composite { attributes, .. } => attributes.iter().map(|(_, of)| of).collect(),
                TypeDef::Range { .. } => Vec::new(),
            }
        });
        let rows = columns.chain(within).filter_map(|of| RowType::of(schema, of)).filter(|row| row.array);
        let is_anew = |named: &&ObjectName| {
            self.stepped_aside(&keys::relation(named))
                && matches!(self.to.user_type(named), Some(UserType::Def(TypeDef::Composite { .. })))
        };
        rows.map(|row| row.name).filter(is_anew).cloned().collect()
    }
}
