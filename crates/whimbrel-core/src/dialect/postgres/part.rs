//! The constraints of a table, all kinds alike.

use super::ddl;
use super::rules::object_name;
use crate::plan::Hazard;
use crate::schema::{Check, Exclusion, ForeignKey, KeyPart, PrimaryKey, Table, Unique};

/// A constraint of a table.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Primary(&'a PrimaryKey),
    Unique(&'a Unique),
    Check(&'a Check),
    Exclusion(&'a Exclusion),
    ForeignKey(&'a ForeignKey),
}

impl<'a> Part<'a> {
    /// The constraints of a table.
    pub(super) fn all(table: &'a Table) -> impl Iterator<Item = Self> {
        let primary = table.primary_key.iter().map(Self::Primary);
        let uniques = table.unique_constraints.iter().map(Self::Unique);
        let checks = table.checks.iter().map(Self::Check);
        let exclusions = table.exclusions.iter().map(Self::Exclusion);
        let foreign_keys = table.foreign_keys.iter().map(Self::ForeignKey);
        primary.chain(uniques).chain(checks).chain(exclusions).chain(foreign_keys)
    }

    /// The constraint of this name.
    pub(super) fn find(table: &'a Table, name: &str) -> Option<Self> {
        Self::all(table).find(|part| part.name().unwrap_or_default() == name)
    }

    /// The name that the schema gives it.
    pub(super) fn name(self) -> Option<&'a str> {
        match self {
            Self::Primary(key) => key.name.as_deref(),
            Self::Unique(unique) => unique.name.as_deref(),
            Self::Check(check) => check.name.as_deref(),
            Self::Exclusion(exclusion) => Some(&exclusion.name),
            Self::ForeignKey(fk) => fk.name.as_deref(),
        }
    }

    /// The name it has in the database: its own, or the one the server makes up.
    pub(super) fn name_in(self, table: &str) -> String {
        let columns =
            |parts: &[KeyPart]| parts.iter().filter_map(KeyPart::column_name).collect::<Vec<_>>().join("_");
        match (self.name(), self) {
            (Some(name), _) => name.to_owned(),
            (None, Self::Primary(_)) => object_name(table, "", "pkey"),
            (None, Self::Unique(unique)) => object_name(table, &columns(&unique.columns), "key"),
            (None, Self::ForeignKey(fk)) => object_name(table, &fk.columns.join("_"), "fkey"),
            (None, Self::Check(_) | Self::Exclusion(_)) => object_name(table, "", "check"),
        }
    }

    /// All that follows the name.
    pub(super) fn definition(self) -> String {
        match self {
            Self::Primary(key) => ddl::primary_key(key),
            Self::Unique(unique) => ddl::unique(unique),
            Self::Check(check) => ddl::check(check),
            Self::Exclusion(exclusion) => ddl::exclusion(exclusion).to_owned(),
            Self::ForeignKey(fk) => ddl::foreign_key(fk),
        }
    }

    pub(super) fn comment(self) -> Option<&'a str> {
        match self {
            Self::Primary(key) => key.comment.as_deref(),
            Self::Unique(unique) => unique.comment.as_deref(),
            Self::Check(check) => check.comment.as_deref(),
            Self::Exclusion(exclusion) => exclusion.comment.as_deref(),
            Self::ForeignKey(fk) => fk.comment.as_deref(),
        }
    }

    /// Says whether an index of the same name backs it.
    pub(super) fn has_index(self) -> bool {
        match self {
            Self::Primary(_) | Self::Unique(_) | Self::Exclusion(_) => true,
            Self::Check(_) | Self::ForeignKey(_) => false,
        }
    }

    /// What adding it to a table with rows may do.
    pub(super) fn hazards(self, table: &str) -> Vec<Hazard> {
        let subject = || table.to_owned();
        let columns = |names: Vec<&str>| format!("{table}({})", names.join(", "));
        let of = |parts: &'a [KeyPart]| columns(parts.iter().filter_map(KeyPart::column_name).collect());
        let fails = match self {
            Self::Primary(key) => {
                let nulls = Hazard::FailsOnNulls { subject: of(&key.columns) };
                return vec![
                    Hazard::FailsOnDuplicates { subject: of(&key.columns) },
                    nulls,
                    Hazard::BlocksWrites { subject: subject() },
                ];
            }
            Self::Check(Check { not_valid: true, .. })
            | Self::ForeignKey(ForeignKey { not_valid: true, .. }) => return Vec::new(),
            Self::Unique(unique) => Hazard::FailsOnDuplicates { subject: of(&unique.columns) },
            Self::Check(_) | Self::Exclusion(_) => Hazard::FailsOnViolations { subject: subject() },
            Self::ForeignKey(fk) => {
                Hazard::FailsOnOrphans { subject: columns(fk.columns.iter().map(String::as_str).collect()) }
            }
        };
        vec![fails, Hazard::BlocksWrites { subject: subject() }]
    }
}
