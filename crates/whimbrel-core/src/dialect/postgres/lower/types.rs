//! Enums, domains, composite and range types.

use super::super::ddl;
use super::super::graph::Need;
use super::super::keys;
use super::super::rules::{ident, name};
use super::super::side::Side;
use super::super::types::same;
use super::Lowering;
use crate::name::ObjectName;
use crate::plan::{Action, Hazard, Key, Step};
use crate::schema::{EnumType, SqlExpr, TypeDef};

type Check = (String, SqlExpr);

/// Says whether a type must be made anew to become the other.
pub(super) fn is_remade(side: &Side<'_>, from: &TypeDef, to: &TypeDef) -> bool {
    match (from, to) {
        (
            TypeDef::Domain { base, collation, .. },
            TypeDef::Domain { base: to_base, collation: to_collation, .. },
        ) => !same(base, to_base) || collation != to_collation,
        (TypeDef::Composite { attributes, .. }, TypeDef::Composite { attributes: to_attributes, .. }) => {
            let retyped = attributes.iter().any(|(named, sql_type)| {
                to_attributes.iter().any(|(other, to_type)| named == other && !same(sql_type, to_type))
            });
            let key = keys::relation(from.name());
            let is_used = side.graph.dependents(&key).next().is_some();
            !only_grows(attributes, to_attributes)
                || (retyped && is_used)
                || (gone(from, to).next().is_some() && is_looked_into(side, &key))
        }
        (TypeDef::Domain { .. } | TypeDef::Composite { .. } | TypeDef::Range { .. }, _) => true,
    }
}

/// Says whether attributes only go and come at the end, in which order they stay.
fn only_grows(from: &[(String, String)], to: &[(String, String)]) -> bool {
    let kept: Vec<_> =
        from.iter().map(|(name, _)| name).filter(|name| to.iter().any(|(other, _)| other == *name)).collect();
    to.iter().map(|(name, _)| name).take(kept.len()).eq(kept.iter().copied())
}

/// The attributes that a composite type loses.
pub(super) fn gone<'a>(from: &'a TypeDef, to: &'a TypeDef) -> impl Iterator<Item = &'a str> {
    let of = |def: &'a TypeDef| match def {
        TypeDef::Composite { attributes, .. } => attributes.as_slice(),
        TypeDef::Domain { .. } | TypeDef::Range { .. } => &[],
    };
    let stays = move |name: &&str| of(to).iter().any(|(other, _)| other == name);
    of(from).iter().map(|(name, _)| name.as_str()).filter(move |name| !stays(name))
}

/// Says whether keys, indexes or expressions rest on columns of a type. The
/// server leaves an index as it is when an attribute goes, with entries that are
/// no longer sorted or unique, and forgets what expressions mention.
fn is_looked_into(side: &Side<'_>, key: &Key) -> bool {
    let looks = |need: &Need| match need {
        Need::Part | Need::Reference | Need::Expression | Need::Computed => true,
        Need::Inherited | Need::Type | Need::Definition => false,
    };
    side.made_of(key).iter().any(|user| {
        let is_column = side.column(&user.name, &user.part).is_some();
        is_column && side.graph.dependents(user).any(|(_, need)| looks(need))
    })
}

impl Lowering<'_> {
    pub(super) fn create_enum(&mut self, def: &EnumType) {
        let steps = vec![Step::new(ddl::create_enum(&def.name, &def.values))];
        self.create_named(&def.name, steps, def.comment.as_deref());
    }

    pub(super) fn create_type(&mut self, def: &TypeDef) {
        let mut later = Vec::new();
        if let TypeDef::Domain { name: named, checks, .. } = def {
            let (now, after) = self.sort_checks(named, checks);
            later = after;
            self.create_named(named, vec![Step::new(ddl::create_domain(def, &now))], comment(def));
        } else {
            self.create_named(def.name(), vec![Step::new(ddl::create_type(def))], comment(def));
        }
        for (check, expression) in &later {
            self.add_domain_check(def.name(), check, expression);
        }
    }

    /// The conditions that a domain can be created with, and those that rest on
    /// functions that rest on the domain.
    pub(super) fn sort_checks(&self, domain: &ObjectName, checks: &[Check]) -> (Vec<Check>, Vec<Check>) {
        let own = keys::relation(domain);
        checks.iter().cloned().partition(|(check, _)| {
            let key = keys::constraint(domain, check);
            let mut needs = self.to.graph.needs(&key).filter(|needed| **needed != own);
            !needs.any(|needed| self.to.graph.reaches(needed, &own))
        })
    }

    fn create_named(&mut self, named: &ObjectName, mut steps: Vec<Step>, comment: Option<&str>) {
        let key = keys::relation(named);
        let on = format!("TYPE {}", name(named));
        steps.extend(comment.map(|text| Step::new(ddl::comment(&on, Some(text)))));
        let uses = self.type_uses(named);
        self.actions.push(Action { steps, uses, creates: vec![key], ..Action::about(named) });
    }

    /// What a type uses, the conditions included that it is created with.
    pub(super) fn type_uses(&self, named: &ObjectName) -> Vec<Key> {
        let mut found = vec![keys::relation(named)];
        if let Some(super::super::side::UserType::Def(TypeDef::Domain { checks, .. })) =
            self.to.user_type(named)
        {
            let (now, _) = self.sort_checks(named, checks);
            found.extend(now.iter().map(|(check, _)| keys::constraint(named, check)));
        }
        let own = found[0].clone();
        self.needs(&found).into_iter().filter(|needed| *needed != own).collect()
    }

    pub(super) fn add_domain_check(&mut self, domain: &ObjectName, check: &str, expression: &SqlExpr) {
        let key = keys::constraint(domain, check);
        let condition = format!("CHECK {}", ddl::parenthesised(expression.as_str()));
        let what = ddl::constraint(Some(check), &condition);
        let mut step = Step::new(format!("ALTER DOMAIN {} ADD {what}", name(domain)));
        if self.from.user_type(domain).is_some() {
            step.hazards.push(Hazard::FailsOnViolations { subject: domain.to_string() });
        }
        self.actions.push(Action {
            steps: vec![step],
            uses: self.needs([&key]),
            creates: vec![key],
            ..Action::about(domain)
        });
    }

    pub(super) fn drop_domain_check(&mut self, domain: &ObjectName, check: &str) {
        let key = keys::constraint(domain, check);
        let sql = format!("ALTER DOMAIN {} DROP CONSTRAINT {}", name(domain), ident(check));
        self.actions.push(Action {
            steps: vec![Step::new(sql)],
            frees: self.needed([&key]),
            drops: vec![key],
            ..Action::about(domain)
        });
    }

    pub(super) fn drop_type_def(&mut self, def: &TypeDef) {
        match def {
            TypeDef::Domain { name, .. } => self.drop_type("DOMAIN", name),
            TypeDef::Composite { name, .. } | TypeDef::Range { name, .. } => self.drop_type("TYPE", name),
        }
    }

    pub(super) fn drop_type(&mut self, keyword: &str, named: &ObjectName) {
        let key = keys::relation(named);
        let mut parts = vec![key.clone()];
        let checks = self.from.graph.dependents(&key).filter(|(_, need)| *need == Need::Part);
        parts.extend(checks.map(|(check, _)| check.clone()));
        self.actions.push(Action {
            steps: vec![Step::new(format!("DROP {keyword} {}", name(named)))],
            frees: self.needed(&parts),
            drops: parts,
            ..Action::about(named)
        });
    }

    pub(super) fn alter_type(&mut self, from: &TypeDef, to: &TypeDef) {
        if self.remade.contains(&keys::relation(to.name())) {
            return;
        }
        if let (TypeDef::Composite { attributes, .. }, TypeDef::Composite { attributes: now, .. }) =
            (from, to)
        {
            self.alter_attributes(to.name(), attributes, now);
        } else {
            self.alter_domain(from, to);
        }
    }

    fn alter_attributes(&mut self, named: &ObjectName, from: &[(String, String)], to: &[(String, String)]) {
        let find = |list: &[(String, String)], name: &str| {
            list.iter().find(|(other, _)| other == name).map(|(_, sql_type)| sql_type.clone())
        };
        let alter = |clause: String| Step::new(format!("ALTER TYPE {} {clause}", name(named)));
        let is_held = self.from.made_of(&keys::relation(named)).iter().any(|key| !key.part.is_empty());
        let mut steps = Vec::new();
        for (attribute, _) in from.iter().filter(|(attribute, _)| find(to, attribute).is_none()) {
            let mut step = alter(format!("DROP ATTRIBUTE {}", ident(attribute)));
            let loses = || Hazard::LosesColumn { subject: format!("{named}.{attribute}") };
            step.hazards.extend(is_held.then(loses));
            steps.push(step);
        }
        for (attribute, sql_type) in to {
            match find(from, attribute) {
                None => steps.push(alter(format!("ADD ATTRIBUTE {} {sql_type}", ident(attribute)))),
                Some(old) if !same(&old, sql_type) => {
                    steps.push(alter(format!("ALTER ATTRIBUTE {} TYPE {sql_type}", ident(attribute))));
                }
                Some(_) => {}
            }
        }
        self.alter_named(named, steps);
    }

    fn alter_domain(&mut self, from: &TypeDef, to: &TypeDef) {
        let (
            TypeDef::Domain { default, not_null, checks, .. },
            TypeDef::Domain { name: named, default: now, not_null: now_not_null, checks: now_checks, .. },
        ) = (from, to)
        else {
            return;
        };
        let alter = |what: String| Step::new(format!("ALTER DOMAIN {} {what}", name(named)));
        let mut steps = Vec::new();
        match now {
            Some(now) if default.as_ref() != Some(now) => steps.push(alter(format!("SET DEFAULT {now}"))),
            None if default.is_some() => steps.push(alter("DROP DEFAULT".to_owned())),
            Some(_) | None => {}
        }
        match (not_null, now_not_null) {
            (true, false) => steps.push(alter("DROP NOT NULL".to_owned())),
            (false, true) => {
                let fails = Hazard::FailsOnNulls { subject: named.to_string() };
                steps.push(alter("SET NOT NULL".to_owned()).with(fails));
            }
            (true, true) | (false, false) => {}
        }
        self.alter_named(named, steps);
        self.alter_checks(named, checks, now_checks);
    }

    fn alter_checks(&mut self, domain: &ObjectName, from: &[Check], to: &[Check]) {
        let is_remade = |check: &str| self.remade.contains(&keys::constraint(domain, check));
        let gone: Vec<_> =
            from.iter().filter(|one| !to.contains(one)).filter(|(check, _)| !is_remade(check)).collect();
        let new: Vec<_> =
            to.iter().filter(|one| !from.contains(one)).filter(|(check, _)| !is_remade(check)).collect();
        for (check, _) in gone {
            self.drop_domain_check(domain, check);
        }
        for (check, expression) in new {
            self.add_domain_check(domain, check, expression);
        }
    }

    fn alter_named(&mut self, named: &ObjectName, steps: Vec<Step>) {
        if steps.is_empty() {
            return;
        }
        let key = keys::relation(named);
        let uses = self.needs([&key]);
        let frees = self.needed([&key]).into_iter().filter(|needed| !uses.contains(needed)).collect();
        // Whoever speaks of the attributes of a column waits for them as well.
        let alters = self.from.made_of(&key).into_iter().collect();
        self.actions.push(Action { steps, uses, frees, alters, ..Action::about(named) });
    }
}

fn comment(def: &TypeDef) -> Option<&str> {
    super::super::side::UserType::Def(def).comment()
}

#[cfg(test)]
mod tests {
    use super::only_grows;

    #[test]
    fn attributes_are_added_at_the_end_only() {
        let list = |names: &str| -> Vec<(String, String)> {
            names.chars().map(|name| (name.to_string(), "integer".to_owned())).collect()
        };
        for (from, to, expected) in [
            ("ab", "abc", true),
            ("ab", "b", true),
            ("ab", "bc", true),
            ("ab", "ba", false),
            ("ab", "cab", false),
        ] {
            assert_eq!(only_grows(&list(from), &list(to)), expected, "{from} {to}");
        }
    }
}
