//! What becomes of the values of enums, domains and composite types that change.

use std::collections::BTreeSet;

use super::{Context, change_type};
use crate::change::{AlterEnum, Change, EnumReplacement};
use crate::dialect::Dialect;
use crate::diff::{is_one_of, listing_enum, made_of, relisted};
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::{Loss, LossKind};
use crate::schema::{Check, Column, Table, TypeDef};

impl<'a> Context<'a> {
    /// One loss for each column that uses the enum before and after.
    pub(super) fn alter_enum(&self, alter: &AlterEnum) -> Vec<Loss> {
        if alter.remove_values.is_empty() {
            return Vec::new();
        }
        let old_enum = self.renames.old_enum(self.dialect, &alter.enum_name);
        let named = Pair::new(old_enum, &alter.enum_name).map(|name| BTreeSet::from([name.clone()]));
        let kind = |column: &Column| LossKind::RemoveEnumValues {
            column: column.name.clone(),
            enum_name: alter.enum_name.clone(),
            removed: alter.remove_values.clone(),
            available: alter.new_values.clone(),
            nullable: column.nullable,
        };
        self.users(&named).map(|(table, _, to)| Loss { table: table.clone(), kind: kind(to) }).collect()
    }

    /// What becomes of values of a column that a check listed, and that the check
    /// which comes in its place does not: SQLite's enums are such checks.
    pub(super) fn unlisted(
        &self,
        table: &ObjectName,
        check: &Check,
        replacements: &[EnumReplacement],
    ) -> Option<LossKind> {
        (self.dialect == Dialect::Sqlite).then_some(())?;
        let both = self.table(table)?;
        let found = self.of_table(table).filter_map(Change::dropped_check).find_map(|old| {
            relisted(self.dialect, both.to, Pair::new(old, check), replacements)
                .filter(|one| !one.removed.is_empty())
        })?;
        Some(LossKind::RemoveEnumValues {
            column: found.column.name.clone(),
            enum_name: listing_enum(&both.to.name, &found.column.name),
            removed: found.removed,
            available: found.available,
            nullable: found.column.nullable,
        })
    }

    /// Values of a type may not meet what the type becomes, or lose a part.
    pub(super) fn alter_type(&self, from: &TypeDef, to: &TypeDef) -> Vec<Loss> {
        if self.takes_all_of(from, to) {
            return Vec::new();
        }
        let kinds = match (from, to) {
            (TypeDef::Composite { attributes, .. }, TypeDef::Composite { attributes: new, .. }) => {
                self.attributes(attributes, new)
            }
            (TypeDef::Domain { .. } | TypeDef::Composite { .. } | TypeDef::Range { .. }, _) => {
                vec![matches!(to, TypeDef::Domain { .. })]
            }
        };
        let users: Vec<_> = self.users(&self.made_of(Pair::new(from.name(), to.name()))).collect();
        let loss = |(table, from, to): (&ObjectName, &Column, &Column), refuses: bool| Loss {
            table: table.clone(),
            kind: change_type(from, to, refuses),
        };
        users.into_iter().flat_map(|user| kinds.iter().map(move |refuses| loss(user, *refuses))).collect()
    }

    /// Whether attributes are altered or go, which can be accepted, and whether
    /// they are refused, which cannot: as [`Loss`]es say it.
    fn attributes(&self, from: &[(String, String)], to: &[(String, String)]) -> Vec<bool> {
        let (mut alters, mut refuses) = (false, false);
        for (name, sql_type) in from {
            let Some((_, now)) = to.iter().find(|(other, _)| other == name) else {
                alters = true;
                continue;
            };
            let columns = Pair::new(Column::new(name, sql_type), Column::new(name, now));
            let conversion = self.dialect.conversion(self.pair, &Table::new(""), columns.as_ref());
            alters |= conversion.alters;
            refuses |= conversion.refuses;
        }
        [(alters, false), (refuses, true)].into_iter().filter_map(|(may, kind)| may.then_some(kind)).collect()
    }

    /// The names of a type and of all that is made of it, before and after.
    fn made_of(&self, named: Pair<&ObjectName>) -> Pair<BTreeSet<ObjectName>> {
        Pair::new(made_of(self.pair.from, named.from), made_of(self.pair.to, named.to))
    }

    /// Says whether every value of the old type is one of the new.
    fn takes_all_of(&self, from: &TypeDef, to: &TypeDef) -> bool {
        match (from, to) {
            (
                TypeDef::Domain { base, not_null, checks, .. },
                TypeDef::Domain { base: new_base, not_null: new_not_null, checks: new_checks, .. },
            ) => {
                let was_met =
                    |new: &str| checks.iter().any(|(_, old)| self.dialect.same_sql(old.as_str(), new));
                self.dialect.same_type(base, new_base)
                    && (*not_null || !new_not_null)
                    && new_checks.iter().all(|(_, check)| was_met(check.as_str()))
            }
            (TypeDef::Composite { attributes, .. }, TypeDef::Composite { attributes: new, .. }) => {
                attributes.iter().all(|(name, sql_type)| {
                    new.iter().any(|(other, other_type)| {
                        name == other && self.dialect.same_type(sql_type, other_type)
                    })
                })
            }
            (TypeDef::Range { .. }, TypeDef::Range { .. })
            | (TypeDef::Domain { .. } | TypeDef::Composite { .. } | TypeDef::Range { .. }, _) => false,
        }
    }

    /// The columns whose type is among those that change: their table, and they
    /// themselves before and after.
    fn users<'b>(
        &'b self,
        types: &'b Pair<BTreeSet<ObjectName>>,
    ) -> impl Iterator<Item = (&'a ObjectName, &'a Column, &'a Column)> + use<'a, 'b> {
        let uses = |column: &Column, names: &BTreeSet<ObjectName>| is_one_of(&column.sql_type, names);
        self.pair
            .to
            .tables
            .iter()
            .filter(move |table| table.columns.iter().any(|column| uses(column, &types.to)))
            .flat_map(move |table| {
                let both = self.table(&table.name);
                table.columns.iter().filter_map(move |to| {
                    let from = self.old_column(both?, &to.name)?;
                    (uses(from, &types.from) && uses(to, &types.to)).then_some((&table.name, from, to))
                })
            })
    }
}
