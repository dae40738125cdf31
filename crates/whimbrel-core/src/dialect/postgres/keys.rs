//! What facts speak of: the keys of PostgreSQL's objects.
//!
//! Tables, views, sequences, indexes and types share one kind of key: relations
//! share a name space, and each relation is a type as well.

use crate::name::ObjectName;
use crate::plan::Key;
use crate::schema::{Dependency, Object, ObjectKind};

/// A namespace.
pub(super) fn namespace(name: &str) -> Key {
    Key::new(ObjectKind::Namespace, &ObjectName::new(name))
}

/// An extension.
pub(super) fn extension(name: &str) -> Key {
    Key::new(ObjectKind::Extension, &ObjectName::new(name))
}

/// A table, view, sequence, index or type.
pub(super) fn relation(name: &ObjectName) -> Key {
    Key::new(ObjectKind::Table, name)
}

/// A column of a table or view.
pub(super) fn column(table: &ObjectName, column: &str) -> Key {
    Key::part(ObjectKind::Table, table, column)
}

/// Marks a key as that of a column's default. No name holds a NUL, so it is no
/// other column's key.
pub(super) const DEFAULT: &str = "\0default";

/// The default of a column: a thing of its own, for it may depend on functions.
pub(super) fn default(table: &ObjectName, column: &str) -> Key {
    Key::part(ObjectKind::Table, table, format!("{column}{DEFAULT}"))
}

/// A constraint of a table or domain.
pub(super) fn constraint(table: &ObjectName, name: &str) -> Key {
    Key::part(ObjectKind::Constraint, table, name)
}

/// That a table is a partition of the one that it should be.
pub(super) fn membership(table: &ObjectName) -> Key {
    Key::part(ObjectKind::Table, table, "\0member")
}

/// The partitions of a table as a whole: who adds to them alters this, and comes
/// after all else that is done to the table, which frees it.
pub(super) fn members(table: &ObjectName) -> Key {
    Key::part(ObjectKind::Table, table, "\0members")
}

/// The bounds that are free among the partitions of a table: who leaves frees
/// this, who comes alters it.
pub(super) fn room(table: &ObjectName) -> Key {
    Key::part(ObjectKind::Table, table, "\0room")
}

/// The foreign keys that refer to a table: who drops one frees this, and partitions
/// that go with the table alter it.
pub(super) fn referrers(table: &ObjectName) -> Key {
    Key::part(ObjectKind::Table, table, "\0referrers")
}

/// A function, procedure or aggregate; they share a name space.
pub(super) fn routine(name: &ObjectName, signature: Option<&str>) -> Key {
    Key::part(ObjectKind::Function, name, signature.unwrap_or_default())
}

/// A point that a plan passes once, such as the end of its renames.
pub(super) fn milestone(name: &str) -> Key {
    Key::part(ObjectKind::Namespace, &ObjectName::new("\0plan"), name)
}

/// A definitional object.
pub(super) fn object(object: &Object) -> Key {
    identity(object.kind, &object.name, object.signature.as_deref(), object.table.as_ref())
}

/// Any top-level object, by what tells it from others.
pub(super) fn identity(
    kind: ObjectKind,
    name: &ObjectName,
    signature: Option<&str>,
    table: Option<&ObjectName>,
) -> Key {
    match kind {
        ObjectKind::Namespace => namespace(&name.name),
        ObjectKind::Extension => extension(&name.name),
        ObjectKind::Type
        | ObjectKind::Sequence
        | ObjectKind::Table
        | ObjectKind::Index
        | ObjectKind::VirtualTable
        | ObjectKind::View
        | ObjectKind::MaterializedView => relation(name),
        ObjectKind::Function | ObjectKind::Procedure | ObjectKind::Aggregate => routine(name, signature),
        ObjectKind::Constraint | ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy => {
            Key::part(kind, table.unwrap_or(name), &name.name)
        }
    }
}

/// What an object depends on: the column, where one is told, and the whole.
pub(super) fn dependency(dependency: &Dependency) -> impl Iterator<Item = Key> {
    let Dependency { kind, name, signature, column: part } = dependency;
    let whole = match kind {
        // Only keys are depended on, and those go by the name of their index.
        ObjectKind::Constraint => relation(name),
        _ => identity(*kind, name, signature.as_deref(), None),
    };
    let is_column = part.is_some() && whole.kind == ObjectKind::Table;
    let column = part.iter().filter(move |_| is_column).map(|part| column(name, part));
    std::iter::once(whole).chain(column)
}
