//! Types that are made anew under the same name.
//!
//! The old type steps aside under another name, the new one is made, every
//! column moves over by way of text or, where it holds rows, attribute by
//! attribute (see [`rows`](super::rows)), and the old one goes. What mentions the
//! type (defaults, conditions, indexes, functions, views) was taken down before
//! and is put up after, by [`remade`](super::remade).

use std::collections::BTreeMap;

use super::super::ddl;
use super::super::graph::Need;
use super::super::keys::{self, milestone};
use super::super::rules::{ident, literal, name};
use super::super::side::{Thing, UserType};
use super::super::types::TypeName;
use super::Lowering;
use super::columns::Altered;
use super::generator::aside;
use super::rows::CASTS_MADE;
use crate::change::{AlterEnum, Change, EnumReplacement};
use crate::name::ObjectName;
use crate::plan::{Action, Hazard, Key, PlanError, Step};
use crate::schema::TypeDef;

impl Lowering<'_> {
    /// Makes all types anew that must be.
    pub(super) fn retype(&mut self) -> Result<(), PlanError> {
        let remade: Vec<_> = self.remade.keys().cloned().collect();
        for key in remade {
            if let (Some(Thing::Type(from)), Some(Thing::Type(to))) =
                (self.from.thing(&key), self.to.thing(&key))
            {
                match self.is_in_use(&key) {
                    true => self.replace_type(from, to),
                    false => self.drop_and_create(from, to),
                }
            }
        }
        self.create_casts();
        let columns: Vec<_> = self.remade.retyped().cloned().collect();
        for column in columns {
            self.move_over(&column);
        }
        Ok(())
    }

    /// Says whether columns or other types are made of a type.
    fn is_in_use(&self, key: &Key) -> bool {
        self.from.graph.dependents(key).any(|(user, need)| {
            *need == Need::Type && (self.remade.is_retyped(user) || self.remade.contains(user))
        })
    }

    fn drop_and_create(&mut self, from: UserType<'_>, to: UserType<'_>) {
        self.drop_type(from.keyword(), from.name());
        match to {
            UserType::Enum(def) => self.create_enum(def),
            UserType::Def(def) => self.create_type(def),
        }
    }

    fn replace_type(&mut self, from: UserType<'_>, to: UserType<'_>) {
        let (named, old) = (to.name(), aside(from.name()));
        let rename = format!("ALTER {} {} RENAME TO {}", from.keyword(), name(named), ident(&old.name));
        let mut steps = vec![Step::new(rename), Step::new(self.create_statement(to))];
        let on = format!("TYPE {}", name(named));
        steps.extend(to.comment().map(|text| Step::new(ddl::comment(&on, Some(text)))));
        self.actions.push(Action {
            steps,
            alters: vec![keys::relation(named)],
            replaces: vec![keys::relation(named)],
            uses: self.type_uses(named),
            ..Action::about(named)
        });
        if let UserType::Def(TypeDef::Domain { checks, .. }) = to {
            for (check, expression) in self.sort_checks(named, checks).1 {
                self.add_domain_check(named, &check, &expression);
            }
        }
        let mut steps = self.drop_cast(named);
        steps.push(Step::new(format!("DROP {} {}", from.keyword(), name(&old))));
        self.actions.push(Action {
            steps,
            drops: vec![keys::relation(&old)],
            uses: vec![keys::relation(named)],
            frees: self.old_needs(named),
            ..Action::about(named)
        });
    }

    fn create_statement(&self, def: UserType<'_>) -> String {
        match def {
            UserType::Enum(def) => ddl::create_enum(&def.name, &def.values),
            UserType::Def(def @ TypeDef::Domain { name, checks, .. }) => {
                ddl::create_domain(def, &self.sort_checks(name, checks).0)
            }
            UserType::Def(def) => ddl::create_type(def),
        }
    }

    /// What the old type needs until it goes: of types that stepped aside as
    /// well, those.
    fn old_needs(&self, named: &ObjectName) -> Vec<Key> {
        let now = |needed: &Key| match self.stepped_aside(needed) {
            true => keys::relation(&aside(&needed.name)),
            false => needed.clone(),
        };
        self.from.graph.needs(&keys::relation(named)).map(now).collect()
    }

    pub(super) fn stepped_aside(&self, key: &Key) -> bool {
        self.remade.contains(key)
            && matches!(self.from.thing(key), Some(Thing::Type(_)))
            && self.is_in_use(key)
    }

    /// Moves a column over to the new type of the same name.
    fn move_over(&mut self, key: &Key) {
        let (table, named) = (&key.name, key.part.as_str());
        let (Some(from), Some(to)) = (self.from.column(table, named), self.to.column(table, named)) else {
            return;
        };
        if self.remade.contains(key) {
            return;
        }
        let altered = Altered { table, from, to };
        let replacements = self.replacements(table, named);
        let row = self.row_of(from, to);
        let value = match &row {
            Some(value) => value.clone(),
            None => by_way_of_text(&ident(&to.name), (&from.sql_type, &to.sql_type), &replacements),
        };
        let mut step = altered.step(&format!("TYPE {} USING {value}", altered.collated_type()));
        match row {
            Some(_) => step.hazards.extend(self.hazards_of_row(&altered)),
            None => step.hazards.push(match replacements.is_empty() {
                true => Hazard::FailsOnValues { subject: altered.subject() },
                false => Hazard::LosesEnumValues { subject: altered.subject() },
            }),
        }
        step.hazards.push(Hazard::RewritesTable { subject: table.to_string() });
        let old = self.from.graph.needs(key).filter(|needed| self.stepped_aside(needed));
        let frees = old.map(|needed| keys::relation(&aside(&needed.name))).collect();
        let mut uses = self.uses(table, [key]);
        uses.push(milestone(CASTS_MADE));
        self.actions.push(Action {
            steps: vec![step],
            alters: vec![key.clone()],
            uses,
            frees,
            ..Action::about(table)
        });
    }

    /// What the rows of a column get in place of values that go.
    fn replacements(&self, table: &ObjectName, column: &str) -> BTreeMap<String, Option<String>> {
        let is_here = |one: &&EnumReplacement| one.table_name == *table && one.column_name == column;
        let altered = self.changes.iter().filter_map(|change| {
            if let Change::AlterEnum(AlterEnum { replacements, .. }) = change {
                Some(replacements)
            } else {
                None
            }
        });
        altered.flatten().filter(is_here).map(|one| (one.from.clone(), one.to.clone())).collect()
    }
}

/// A value in its new type: read from its text, with values replaced.
pub(super) fn by_way_of_text(
    value: &str,
    (from, to): (&str, &str),
    replacements: &BTreeMap<String, Option<String>>,
) -> String {
    let written = |value: &Option<String>| value.as_deref().map_or_else(|| "NULL".to_owned(), literal);
    if TypeName::parse(from).array {
        let replaced = replacements.iter().fold(format!("{value}::text[]"), |value, (old, new)| {
            format!("array_replace({value}, {}, {})", literal(old), written(new))
        });
        return format!("{replaced}::{to}");
    }
    if replacements.is_empty() {
        return format!("{value}::text::{to}");
    }
    let cases = replacements.iter().map(|(old, new)| format!("WHEN {} THEN {}", literal(old), written(new)));
    let cases: Vec<_> = cases.collect();
    format!("(CASE {value}::text {} ELSE {value}::text END)::{to}", cases.join(" "))
}
