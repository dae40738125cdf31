//! What rows may stand in the way of a partition that comes.

use super::Context;
use crate::name::ObjectName;
use crate::resolve::{Loss, LossKind};
use crate::schema::{PartitionOf, Table};

impl Context<'_> {
    /// The rows of a table that becomes a partition must be within its bound, and
    /// those of the default partition beyond it.
    pub(super) fn new_partition(&self, table: &ObjectName, of: Option<&PartitionOf>) -> Vec<Loss> {
        let Some(of) = of else { return Vec::new() };
        let loss = |table: &ObjectName, within| Loss {
            table: table.clone(),
            kind: LossKind::MeetBound { parent: of.parent.clone(), bound: of.bound.0.clone(), within },
        };
        let is_default = |one: &Table| {
            one.partition_of.as_ref().is_some_and(|it| it.parent == of.parent && it.is_default())
        };
        let own = (!of.is_default() && self.table(table).is_some()).then(|| loss(table, true));
        let rest = self
            .pair
            .to
            .tables
            .iter()
            .filter(|one| one.name != *table && is_default(one) && self.table(&one.name).is_some());
        own.into_iter().chain(rest.map(|one| loss(&one.name, false))).collect()
    }
}
