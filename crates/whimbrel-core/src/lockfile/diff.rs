//! How two versions of a table's fields differ, and whether the change is safe.

use std::fmt;

use super::{Field, Fields, LockChange};

/// What changes from one version of a table's fields to another.
///
/// ```
/// use whimbrel_core::lockfile::{Field, diff_schemas};
/// let fields = [("id", Field::new("string"))].into_iter().collect();
/// let same = diff_schemas(&fields, &fields);
/// assert!(same.safe && same.changes.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaDiff {
    /// Whether nothing of it can hurt: fields are added, permissions change.
    pub safe: bool,
    /// All that changes: in the order of the new fields, then those that go.
    /// Never empty if it is not safe.
    pub changes: Vec<FieldChange>,
}

/// One field that changes.
///
/// ```
/// use whimbrel_core::lockfile::{Field, FieldChange, FieldDifference, diff_schemas};
/// let new = [("age", Field::new("number"))].into_iter().collect();
/// let difference = FieldDifference::Added { field_type: "number".into() };
/// let expected = FieldChange { field: "age".into(), difference };
/// assert!(expected.is_safe());
/// assert_eq!(diff_schemas(&Default::default(), &new).changes, [expected]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// What changes.
    pub difference: FieldDifference,
}

/// What changes about a field.
///
/// ```
/// use whimbrel_core::lockfile::{Field, FieldDifference, diff_schemas};
/// let old = [("nick", Field::new("string"))].into_iter().collect();
/// let new = [("name", Field::new("string"))].into_iter().collect();
/// let found = diff_schemas(&old, &new);
/// let FieldDifference::Removed { perhaps, .. } = &found.changes[1].difference else { panic!("{found:?}") };
/// assert_eq!(perhaps, &["name"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldDifference {
    /// It is new.
    Added {
        /// Its type.
        field_type: String,
    },
    /// It goes.
    Removed {
        /// Its type.
        field_type: String,
        /// The new fields of the same type: perhaps it was renamed.
        perhaps: Vec<String>,
    },
    /// It gets another type.
    Retyped {
        /// The type that it has.
        from: String,
        /// The type that it gets.
        to: String,
    },
    /// It becomes the primary key, or is it no longer.
    PrimaryKey {
        /// Whether it is to be.
        to: bool,
    },
    /// Other things may be done with it.
    Permission {
        /// What may be done now.
        from: Option<i64>,
        /// What may be done then.
        to: Option<i64>,
    },
}

/// Compares two versions of a table's fields.
///
/// ```
/// use whimbrel_core::lockfile::{Field, diff_schemas};
/// let old = [("id", Field::new("string")), ("nick", Field::new("string"))].into_iter().collect();
/// let new = [("id", Field::new("number"))].into_iter().collect();
/// let found = diff_schemas(&old, &new);
/// assert!(!found.safe);
/// let told: Vec<_> = found.changes.iter().map(ToString::to_string).collect();
/// assert_eq!(
///     told,
///     [
///         "`id` becomes number from string: values may not convert",
///         "`nick` goes: its values would be lost",
///     ]
/// );
/// ```
pub fn diff_schemas(old: &Fields, new: &Fields) -> SchemaDiff {
    let mut changes = Vec::new();
    for (name, field) in new.iter() {
        let differences = match old.get(name) {
            None => vec![FieldDifference::Added { field_type: field.field_type.clone() }],
            Some(before) => differences(before, field),
        };
        let change = |difference| FieldChange { field: name.to_owned(), difference };
        changes.extend(differences.into_iter().map(change));
    }
    for (name, field) in old.iter().filter(|(name, _)| !new.contains(name)) {
        let is_like =
            |(name, one): &(&str, &Field)| !old.contains(name) && one.field_type == field.field_type;
        let perhaps = new.iter().filter(is_like).map(|(name, _)| name.to_owned()).collect();
        let difference = FieldDifference::Removed { field_type: field.field_type.clone(), perhaps };
        changes.push(FieldChange { field: name.to_owned(), difference });
    }
    SchemaDiff { safe: changes.iter().all(FieldChange::is_safe), changes }
}

fn differences(from: &Field, to: &Field) -> Vec<FieldDifference> {
    let mut found = Vec::new();
    if from.field_type != to.field_type {
        let (from, to) = (from.field_type.clone(), to.field_type.clone());
        found.push(FieldDifference::Retyped { from, to });
    }
    let is_key = |field: &Field| field.primkey.unwrap_or(false);
    if is_key(from) != is_key(to) {
        found.push(FieldDifference::PrimaryKey { to: is_key(to) });
    }
    if from.perm != to.perm {
        found.push(FieldDifference::Permission { from: from.perm, to: to.perm });
    }
    found
}

impl FieldChange {
    /// Says whether the change cannot hurt.
    ///
    /// ```
    /// use whimbrel_core::lockfile::{FieldChange, FieldDifference};
    /// let difference = FieldDifference::Retyped { from: "string".into(), to: "number".into() };
    /// assert!(!FieldChange { field: "age".into(), difference }.is_safe());
    /// ```
    pub fn is_safe(&self) -> bool {
        match self.difference {
            FieldDifference::Added { .. } | FieldDifference::Permission { .. } => true,
            FieldDifference::Removed { .. }
            | FieldDifference::Retyped { .. }
            | FieldDifference::PrimaryKey { .. } => false,
        }
    }

    /// The change as a record of the lock file has it, if it has such.
    ///
    /// ```
    /// use whimbrel_core::lockfile::{Field, LockChange, diff_schemas};
    /// let new = [("age", Field::new("number"))].into_iter().collect();
    /// let found = diff_schemas(&Default::default(), &new);
    /// let expected = LockChange::add_field("users", "age", "number");
    /// assert_eq!(found.changes[0].record("users"), Some(expected));
    /// ```
    pub fn record(&self, table: &str) -> Option<LockChange> {
        match &self.difference {
            FieldDifference::Added { field_type } => {
                Some(LockChange::add_field(table, &self.field, field_type))
            }
            FieldDifference::Removed { .. }
            | FieldDifference::Retyped { .. }
            | FieldDifference::PrimaryKey { .. }
            | FieldDifference::Permission { .. } => None,
        }
    }
}

/// What changes, and why that is not safe if it is not.
impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let perm = |perm: &Option<i64>| perm.map_or_else(|| "none".to_owned(), |perm| perm.to_string());
        write!(f, "`{}` ", self.field)?;
        match &self.difference {
            FieldDifference::Added { field_type } => write!(f, "is added as {field_type}"),
            FieldDifference::Removed { perhaps, .. } if perhaps.is_empty() => {
                f.write_str("goes: its values would be lost")
            }
            FieldDifference::Removed { perhaps, .. } => {
                let perhaps: Vec<_> = perhaps.iter().map(|name| format!("`{name}`")).collect();
                write!(f, "goes: its values would be lost, unless it was renamed to {}", perhaps.join(" or "))
            }
            FieldDifference::Retyped { from, to } => {
                write!(f, "becomes {to} from {from}: values may not convert")
            }
            FieldDifference::PrimaryKey { to: true } => {
                f.write_str("becomes the primary key: rows may share a value or have none")
            }
            FieldDifference::PrimaryKey { to: false } => {
                f.write_str("is no longer the primary key: what refers to it would lose its hold")
            }
            FieldDifference::Permission { from, to } => {
                write!(f, "has the permissions {} instead of {}", perm(to), perm(from))
            }
        }
    }
}
