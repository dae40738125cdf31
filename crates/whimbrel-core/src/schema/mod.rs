//! A [`Schema`]: every object of a database, as plain data.
//!
//! Two strata. *Structural* objects hold data or are what columns are made of
//! (tables, enums, types, sequences, extensions) and are modelled field by
//! field. *Definitional* objects (views, triggers, functions, ...) hold only
//! their definition and are one type, [`Object`].
//!
//! The JSON form is camelCase and leaves out what is absent or at its default;
//! an unknown field is an error.

mod column;
mod constraint;
mod index;
mod left_alone;
mod object;
mod parameters;
mod partition;
mod snapshot;
mod table;
mod types;

pub use column::{Column, ColumnOptions, Generated, Identity, SqlExpr};
pub use constraint::{
    Check, ConflictClause, Deferrability, Exclusion, ForeignKey, PrimaryKey, ReferentialAction, Unique,
};
pub use index::{Index, KeyPart, KeyTarget, NullsOrder, SortOrder};
pub use left_alone::LeftAlone;
pub use object::{Dependency, Object, ObjectColumn, ObjectKind};
pub use parameters::Parameters;
pub(crate) use partition::lineage;
pub use partition::{PartitionBy, PartitionOf, PartitionStrategy};
pub use snapshot::{Engine, Snapshot, SnapshotError, SnapshotHead};
pub use table::{Table, TableOptions};
pub use types::{EnumType, Extension, Sequence, TypeDef};

use serde::{Deserialize, Serialize};

use crate::name::ObjectName;

/// Every object of a database.
///
/// The order inside the lists is the order of the source or catalogue: it is
/// kept for output and ignored by comparison.
///
/// ```
/// use whimbrel_core::schema::{Schema, Table};
/// let schema = Schema { tables: vec![Table::new("users")], ..Schema::default() };
/// assert!(schema.table(&"users".into()).is_some());
/// assert_eq!(schema.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Schema {
    /// The namespaces besides the default one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// The tables.
    pub tables: Vec<Table>,
    /// The enum types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub enums: Vec<EnumType>,
    /// Domains, composite and range types.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<TypeDef>,
    /// The sequences that no identity column owns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sequences: Vec<Sequence>,
    /// The extensions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// Views, triggers, functions and whatever else is only its definition.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Object>,
}

impl Schema {
    /// Returns the table of exactly this name.
    pub fn table(&self, name: &ObjectName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }

    /// Returns the enum type of exactly this name.
    ///
    /// ```
    /// use whimbrel_core::schema::{EnumType, Schema};
    /// let status = EnumType::new("status", ["open"]);
    /// let schema = Schema { enums: vec![status], ..Schema::default() };
    /// assert_eq!(schema.enum_type(&"status".into()).unwrap().values, ["open"]);
    /// ```
    pub fn enum_type(&self, name: &ObjectName) -> Option<&EnumType> {
        self.enums.iter().find(|one| one.name == *name)
    }

    /// The number of top-level objects.
    pub fn len(&self) -> usize {
        self.tables.len()
            + self.enums.len()
            + self.types.len()
            + self.sequences.len()
            + self.extensions.len()
            + self.objects.len()
    }

    /// Says whether the schema holds no object at all.
    ///
    /// ```
    /// use whimbrel_core::schema::{Schema, Table};
    /// assert!(Schema::default().is_empty());
    /// assert!(!Schema { tables: vec![Table::new("users")], ..Schema::default() }.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Says whether a value is its type's default, so that JSON can leave it out.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
