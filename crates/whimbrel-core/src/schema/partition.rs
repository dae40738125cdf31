//! Partitioned tables and their partitions.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{SqlExpr, Table};
use crate::name::ObjectName;

/// How a partitioned table tells its rows apart.
///
/// ```
/// use whimbrel_core::schema::{PartitionBy, PartitionStrategy};
/// let by = PartitionBy { strategy: PartitionStrategy::Range, key: "paid_at".into() };
/// assert_eq!(by.to_string(), "RANGE (paid_at)");
/// assert_eq!(PartitionBy::parse("RANGE (paid_at)"), Some(by));
/// assert_eq!(PartitionBy::parse("SQUARE (paid_at)"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartitionBy {
    /// What of the key counts.
    pub strategy: PartitionStrategy,
    /// The columns and expressions of the key, with commas between.
    pub key: SqlExpr,
}

/// What of a partition's key counts.
///
/// ```
/// use whimbrel_core::schema::{PartitionBy, PartitionStrategy};
///
/// let by = PartitionBy::parse("HASH (id)").unwrap();
/// assert_eq!(by.strategy, PartitionStrategy::Hash);
/// assert_eq!(by.strategy.sql(), "HASH");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PartitionStrategy {
    /// Between which bounds it is.
    Range,
    /// Which value it is.
    List,
    /// The remainder of its hash.
    Hash,
}

/// A partition's place in its table.
///
/// ```
/// use whimbrel_core::schema::{PartitionOf, Table};
///
/// let of = |bound: &str| Some(PartitionOf { parent: "payments".into(), bound: bound.into() });
/// let rest = Table { partition_of: of("DEFAULT"), ..Table::new("payments_rest") };
/// assert_eq!(rest.parent(), Some(&"payments".into()));
/// assert!(rest.partition_of.unwrap().is_default());
/// assert!(!of("FOR VALUES FROM (1) TO (9)").unwrap().is_default());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartitionOf {
    /// The partitioned table.
    pub parent: ObjectName,
    /// Which rows are in it: `FOR VALUES ...` or `DEFAULT`.
    pub bound: SqlExpr,
}

impl PartitionStrategy {
    const ALL: [Self; 3] = [Self::Range, Self::List, Self::Hash];

    /// The SQL key word.
    pub fn sql(self) -> &'static str {
        match self {
            Self::Range => "RANGE",
            Self::List => "LIST",
            Self::Hash => "HASH",
        }
    }
}

impl PartitionBy {
    /// Reads what follows PARTITION BY, as an engine writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let (word, key) = text.split_once(" (")?;
        let strategy = PartitionStrategy::ALL.into_iter().find(|one| one.sql() == word)?;
        Some(Self { strategy, key: key.strip_suffix(')')?.into() })
    }
}

impl fmt::Display for PartitionBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.strategy.sql(), self.key)
    }
}

impl PartitionOf {
    /// Says whether it takes the rows that no other partition takes.
    pub fn is_default(&self) -> bool {
        self.bound.as_str() == "DEFAULT"
    }
}

/// The tables above a partition, the nearest first, as far as `find` knows them.
pub(crate) fn lineage<'a>(table: &Table, find: impl Fn(&ObjectName) -> Option<&'a Table>) -> Vec<&'a Table> {
    let mut above: Vec<&Table> = Vec::new();
    let mut next = table.parent().and_then(&find);
    // A schema that somebody wrote by hand may go round in a circle.
    while let Some(parent) = next.filter(|next| above.iter().all(|seen| seen.name != next.name)) {
        above.push(parent);
        next = parent.parent().and_then(&find);
    }
    above
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_of_partitions_has_an_end() {
        let partition = |name: &str, parent: &str| {
            let of = PartitionOf { parent: parent.into(), bound: "DEFAULT".into() };
            Table { partition_of: Some(of), ..Table::new(name) }
        };
        let tables = [partition("a", "b"), partition("b", "a")];
        let find = |name: &ObjectName| tables.iter().find(|table| table.name == *name);
        let names: Vec<_> = lineage(&tables[0], find).iter().map(|table| table.name.to_string()).collect();
        assert_eq!(names, ["b", "a"]);
    }
}
