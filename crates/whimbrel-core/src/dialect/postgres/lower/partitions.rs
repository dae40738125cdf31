//! Tables that are made partitions, and that no longer are.
//!
//! What is done to a partitioned table is done to its partitions along with it,
//! so partitions come after all that: see [`Families`]. One that leaves for good
//! goes before anything else, and keeps what it has.

use std::collections::BTreeSet;

use super::super::keys;
use super::super::mention::mentions;
use super::super::part::Part;
use super::super::rules::{inherited, name};
use super::super::side::Side;
use super::super::types::same;
use super::super::{ddl, unsupported};
use super::search::all_of_table;
use super::{Lowering, options};
use crate::change::Change;
use crate::name::ObjectName;
use crate::plan::{Action, Hazard, Key, PlanError, Step};
use crate::schema::{Check, Column, ForeignKey, ObjectKind, PartitionBy, PartitionOf, Table};

/// What every plan passes when the tables that leave others have left.
pub(super) const DETACHED: &str = "detached";

impl Lowering<'_> {
    /// The statements that create a partition: as one of its table where that can
    /// say all, else as a table that is then attached.
    pub(super) fn creating_partition(&self, table: &Table, of: &PartitionOf) -> Vec<Step> {
        let above = self.to.lineage(table);
        if let Some(parent) = above.first() {
            let usual: Vec<_> = parent.columns.iter().map(|column| inherited(&parent.name, column)).collect();
            if is_said_in_short(table, &usual) {
                let create = Step::new(ddl::create_partition(table, of, parent, &usual));
                let kept = table
                    .columns
                    .iter()
                    .zip(&usual)
                    .flat_map(|(column, usual)| options::of_partition(&table.name, usual, column));
                return std::iter::once(self.with_hazards_of_rest(create, of, &table.name))
                    .chain(kept)
                    .collect();
            }
        }
        let mut whole = table.clone();
        whole.checks.extend(inherited_checks(&above).cloned());
        let attach = Step::new(ddl::attach(&table.name, of));
        let kept = table.columns.iter().flat_map(|column| options::of_new(&table.name, column));
        std::iter::once(Step::new(ddl::create_table(&whole)))
            .chain(kept)
            .chain([self.with_hazards_of_rest(attach, of, &table.name)])
            .collect()
    }

    /// The default partition is read: no row of it may be one of the new partition.
    fn with_hazards_of_rest(&self, mut step: Step, of: &PartitionOf, table: &ObjectName) -> Step {
        let is_rest = |one: &&Table| {
            one.name != *table
                && one.partition_of.as_ref().is_some_and(|it| it.parent == of.parent && it.is_default())
        };
        let rest = self.to.schema.tables.iter().find(is_rest).filter(|one| self.may_have_rows(&one.name));
        if let Some(rest) = rest {
            step.hazards.extend(read_whole(&rest.name));
        }
        step
    }

    /// The facts of an action that adds a table to the partitions of others.
    pub(super) fn joins(&self, table: &Table, of: &PartitionOf, action: &mut Action) {
        let above = self.to.lineage(table);
        for above in &above {
            action.uses.extend(all_of_table(&Table { foreign_keys: Vec::new(), ..(*above).clone() }));
            action.alters.push(keys::members(&above.name));
        }
        action.uses.push(keys::relation(&of.parent));
        action.alters.push(keys::room(&of.parent));
        action.creates.push(keys::membership(&table.name));
    }

    /// Makes a table that is there a partition, with the conditions that its table
    /// asks for and that it does not have.
    pub(super) fn attach_partition(&mut self, table_name: &ObjectName, of: &PartitionOf) {
        let Some(table) = self.to.table(table_name) else { return };
        let above = self.to.lineage(table);
        let mut action = Action::about(table_name);
        if !self.is_moved(table_name, of) {
            let has = |check: &&Check| {
                let own = self.from.table(table_name).into_iter().flat_map(|own| &own.checks);
                own.into_iter().any(|own| own.name == check.name && own.expression == check.expression)
            };
            let missing = inherited_checks(&above).filter(|check| !has(check)).map(|check| {
                let part = Part::Check(check);
                let sql = format!(
                    "ALTER TABLE {} ADD {}",
                    name(table_name),
                    ddl::constraint(part.name(), &part.definition())
                );
                Step { hazards: part.hazards(&table_name.to_string()), ..Step::new(sql) }
            });
            action.steps.extend(missing);
        }
        let mut step = Step::new(ddl::attach(table_name, of));
        step.hazards.extend(read_whole(table_name));
        action.steps.push(self.with_hazards_of_rest(step, of, table_name));
        self.joins(table, of, &mut action);
        action.alters.push(keys::members(table_name));
        self.actions.push(action);
    }

    /// Makes a partition a table of its own, or lets it go so that it can come
    /// back with another bound.
    pub(super) fn detach_partition(&mut self, table_name: &ObjectName, of: &PartitionOf) {
        let mut step = Step::new(ddl::detach(table_name, of));
        if let Some(table) = self.from.table(table_name) {
            step.hazards.extend(self.referring(table));
        }
        let mut action = Action { steps: vec![step], ..Action::about(table_name) };
        match self.comes_back(table_name, &of.parent) {
            true => {
                let above = self.from.table(table_name).map(|table| self.from.lineage(table));
                action.alters = above.into_iter().flatten().map(|one| keys::members(&one.name)).collect();
                action.alters.push(keys::members(table_name));
                action.frees = vec![keys::room(&of.parent)];
                action.drops = vec![keys::membership(table_name)];
            }
            false => action.creates.push(keys::milestone(DETACHED)),
        }
        self.actions.push(action);
    }

    /// What must run before a partition can be dropped: the server refuses that
    /// where foreign keys refer to the table above.
    pub(super) fn leave_first(&self, table: &Table) -> Option<Step> {
        let of = table.partition_of.as_ref()?;
        self.to.table(&of.parent)?;
        let hazards = self.referring(table);
        (!hazards.is_empty()).then(|| Step { hazards, ..Step::new(ddl::detach(&table.name, of)) })
    }

    /// Rows that refer to those of a partition keep it from leaving.
    fn referring(&self, table: &Table) -> Vec<Hazard> {
        let above = self.from.lineage(table);
        let all = self.from.schema.tables.iter().filter(|one| self.to.table(&one.name).is_some());
        let all = all.flat_map(|one| one.foreign_keys.iter().map(move |fk| (one, fk)));
        let refers = all.filter(|(_, fk)| above.iter().any(|above| above.name == fk.referenced_table));
        let hazard = |(one, fk): (&Table, &ForeignKey)| Hazard::FailsOnOrphans {
            subject: format!("{}({})", one.name, fk.columns.join(", ")),
        };
        refers.map(hazard).collect()
    }

    /// Says whether a partition is let go of only to get another bound.
    fn comes_back(&self, table: &ObjectName, parent: &ObjectName) -> bool {
        comes_back(self.changes, table, parent)
    }

    /// Says whether a table is attached that was a partition of the same table.
    fn is_moved(&self, table: &ObjectName, of: &PartitionOf) -> bool {
        self.from.table(table).and_then(Table::parent) == Some(&of.parent)
    }

    /// Says whether a table was a partition until this plan.
    pub(super) fn is_left(&self, table: &ObjectName) -> bool {
        self.changes
            .iter()
            .any(|change| matches!(change, Change::DetachPartition { table_name, .. } if table_name == table))
    }

    /// What a partition has of the tables above has the name that the server gave
    /// it, unless somebody gave it another.
    pub(super) fn if_exists(&self, table: &ObjectName) -> &'static str {
        if self.is_left(table) { " IF EXISTS" } else { "" }
    }

    /// Refuses what the server cannot do to partitioned tables.
    pub(super) fn refuse_other_keys(&self) -> Result<(), PlanError> {
        for change in self.changes {
            if let Change::AlterPartitionKey { table_name, from, to } = change {
                return Err(other_key(table_name, from.is_some(), to.is_some()));
            } else if let Change::AlterColumn { table_name, column_name, from, to } = change
                && (!same(&from.sql_type, &to.sql_type) || from.collation != to.collation)
            {
                self.refuse_retyped_key(table_name, column_name)?;
            }
        }
        self.remade.retyped().try_for_each(|key| self.refuse_retyped_key(&key.name, &key.part))
    }

    fn refuse_retyped_key(&self, table: &ObjectName, column: &str) -> Result<(), PlanError> {
        let is_key = |one: &&Table| {
            let is_in_it = |by: &PartitionBy| mentions(by.key.as_str()).words.contains(column);
            one.partition_by.as_ref().is_some_and(is_in_it)
                && (one.name == *table || self.from.lineage(one).iter().any(|above| above.name == *table))
        };
        let Some(keyed) = self.from.schema.tables.iter().find(is_key) else { return Ok(()) };
        Err(unsupported(
            format!("give `{table}.{column}` another type: `{}` is partitioned by it", keyed.name),
            "create a partitioned table under another name, move the rows over and drop the old one",
        ))
    }
}

fn other_key(table: &ObjectName, was: bool, is: bool) -> PlanError {
    let what = match (was, is) {
        (false, _) => format!("make a partitioned table of `{table}`, which is a plain one"),
        (true, false) => format!("make a plain table of `{table}`, which is partitioned"),
        (true, true) => format!("give `{table}` another partition key"),
    };
    let help = match is {
        true => {
            "rename the table and push; then create the partitioned one under the old name, with the renamed one \
             as a partition of it, or move the rows over and drop the old one"
        }
        false => "create the plain table under another name, move the rows over and drop the old one",
    };
    unsupported(what, help)
}

/// Says whether a change lets a partition go only so that it gets another bound.
pub(super) fn comes_back(changes: &[Change], table: &ObjectName, parent: &ObjectName) -> bool {
    changes.iter().any(|change| {
        matches!(change, Change::AttachPartition { table_name, partition_of }
            if table_name == table && partition_of.parent == *parent)
    })
}

/// Says whether all columns of a partition are where its table has them, and
/// differ in what can be said of a partition's.
fn is_said_in_short(table: &Table, usual: &[Column]) -> bool {
    let is_so = |(own, usual): (&Column, &Column)| {
        let like = Column {
            default: usual.default.clone(),
            nullable: usual.nullable,
            options: usual.options.clone(),
            comment: None,
            ..own.clone()
        };
        like == *usual && (usual.nullable || !own.nullable)
    };
    table.columns.len() == usual.len() && table.columns.iter().zip(usual).all(is_so)
}

fn inherited_checks<'a>(above: &[&'a Table]) -> impl Iterator<Item = &'a Check> + use<'a> {
    let all: Vec<_> = above.iter().flat_map(|table| &table.checks).collect();
    all.into_iter()
}

/// Every row is read, and must be where it may be.
fn read_whole(table: &ObjectName) -> [Hazard; 2] {
    let subject = || table.to_string();
    [Hazard::FailsOnViolations { subject: subject() }, Hazard::BlocksWrites { subject: subject() }]
}

/// The tables that get partitions, and those that become some: all else that is
/// done to them comes before.
#[derive(Default)]
pub(super) struct Families(BTreeSet<Key>);

impl Families {
    pub(super) fn of(actions: &[Action]) -> Self {
        let altered = actions.iter().flat_map(|action| &action.alters);
        Self(altered.filter(|key| **key == keys::members(&key.name)).cloned().collect())
    }

    pub(super) fn enter(&self, action: &mut Action) {
        let Some(subject) = &action.subject else { return };
        let key = keys::members(subject);
        // A trigger may call what needs the partitions.
        let is_object = |key: &Key| key.kind == ObjectKind::Trigger;
        if self.0.contains(&key)
            && !action.alters.contains(&key)
            && !action.creates.iter().chain(&action.drops).chain(&action.alters).any(is_object)
        {
            action.frees.push(key);
        }
    }
}

/// Says whether a column of a partition follows that of the table above.
pub(super) fn is_inherited(from: &Side<'_>, changes: &[Change], key: &Key) -> bool {
    let Some(parent) = from.table(&key.name).and_then(Table::parent) else { return false };
    let leaves = changes.iter().any(
        |change| matches!(change, Change::DetachPartition { table_name, .. } if *table_name == key.name),
    );
    from.column(parent, &key.part).is_some() && (!leaves || comes_back(changes, &key.name, parent))
}
