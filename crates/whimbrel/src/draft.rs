//! Migrations in the making: a plan, cut where it must be committed, with the
//! way back and the proof of each part.
//!
//! A migration file is one transaction. A plan of several batches (PostgreSQL
//! uses a new enum value only after it is committed) becomes several files, and
//! each of them needs a way back to where the one before it left off. What is
//! there in between is not guessed: the batch runs in the scratch database, and
//! the engine reads it back.

use std::borrow::Cow;

use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Plan, Proof, plan};
use whimbrel_core::schema::Schema;

use crate::error::{Error, ProofError};
use crate::prove::{Claim, build, plan_back, prove, run};
use crate::scratch::Workshop;

/// One migration in the making.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    /// The changes that it makes.
    pub(crate) changes: Vec<Change>,
    /// The way there.
    pub(crate) up: Plan,
    /// The way back, where there is one.
    pub(crate) down: Option<Plan>,
    /// What a replay of both showed.
    pub(crate) proof: Proof,
}

/// Cuts a plan into migrations and proves each of them, up and down.
///
/// # Errors
///
/// If the scratch database fails, or a faithful replay does not bear a plan out.
pub(crate) async fn drafts(workshop: &mut Workshop, claim: Claim<'_>) -> Result<Vec<Draft>, Error> {
    let dialect = workshop.dialect();
    let to = claim.pair.to;
    let mut from = Cow::Borrowed(claim.pair.from);
    let mut rest =
        Rest { changes: claim.changes.to_vec(), renames: claim.renames.clone(), plan: claim.plan.clone() };
    let mut drafts = Vec::new();
    // Each round takes one batch away, so there are no more rounds than batches.
    for _ in 1..claim.plan.batches.len() {
        let first =
            Plan { batches: rest.plan.batches.iter().take(1).cloned().collect(), ..rest.plan.clone() };
        let Some(middle) = after(workshop, &from, &first).await? else { break };
        let pair = Pair::new(&*from, &middle);
        let part = Rest::between(dialect, pair, &rest)?;
        drafts.push(draft(workshop, part.claim(pair, &first)).await?);
        rest = Rest::between(dialect, Pair::new(&middle, to), &rest)?;
        from = Cow::Owned(middle);
        if rest.plan.batches.len() < 2 {
            break;
        }
    }
    if !rest.plan.is_empty() {
        let pair = Pair::new(&*from, to);
        drafts.push(draft(workshop, rest.claim(pair, &rest.plan)).await?);
    }
    Ok(drafts)
}

async fn draft(workshop: &mut Workshop, claim: Claim<'_>) -> Result<Draft, Error> {
    let down = plan_back(workshop.dialect(), claim.pair, claim.renames).ok();
    let proof = prove(workshop, claim).await?;
    // A way back that does not lead back is none.
    let down = down.filter(|_| !matches!(proof, Proof::Irreversible { .. }));
    Ok(Draft { changes: claim.changes.to_vec(), up: claim.plan.clone(), down, proof })
}

/// What is left to be done from some schema on.
struct Rest {
    changes: Vec<Change>,
    renames: Renames,
    plan: Plan,
}

impl Rest {
    /// What of `whole` lies between the two schemas.
    fn between(dialect: Dialect, pair: Pair<&Schema>, whole: &Self) -> Result<Self, Error> {
        let renames = fitting(dialect, pair, &whole.renames);
        let mut changes = diff(dialect, pair, &renames).changes;
        carry_replacements(&whole.changes, &mut changes);
        let plan = plan(dialect, pair, &changes)?;
        Ok(Self { changes, renames, plan })
    }

    fn claim<'a>(&'a self, pair: Pair<&'a Schema>, plan: &'a Plan) -> Claim<'a> {
        Claim { pair, renames: &self.renames, changes: &self.changes, plan }
    }
}

/// The renames that are still to be made, or have been made, between the two.
fn fitting(dialect: Dialect, pair: Pair<&Schema>, renames: &Renames) -> Renames {
    // One that does not fit any more is inert as a hint.
    let hints = [renames.renamed.clone(), renames.hints.clone()].concat();
    let hints = Renames { hints, ..Renames::default() };
    Renames::of_changes(&diff(dialect, pair, &hints).changes)
}

/// Puts the answers about removed enum values where they were.
fn carry_replacements(answered: &[Change], changes: &mut [Change]) {
    for change in changes {
        let before = answered.iter().find(|one| removes_the_same(one, change));
        if let (Some(before), Some(replacements)) = (before, change.replacements_mut()) {
            *replacements = before.replacements().to_vec();
        }
    }
}

/// Says whether two changes remove values of the same enum: a type, or a list in
/// a check.
fn removes_the_same(one: &Change, other: &Change) -> bool {
    if let (Change::AlterEnum(one), Change::AlterEnum(other)) = (one, other) {
        return one.enum_name == other.enum_name;
    }
    let list = |change: &Change| {
        if let Change::AddCheck { table_name, check, .. } = change {
            Some((table_name.clone(), check.clone()))
        } else {
            None
        }
    };
    list(one).is_some_and(|one| list(other) == Some(one))
}

/// The schema that `first` leaves behind; `None` where `from` does not replay,
/// so that nothing can be cut.
async fn after(workshop: &mut Workshop, from: &Schema, first: &Plan) -> Result<Option<Schema>, Error> {
    if build(workshop, from).await?.is_err() {
        return Ok(None);
    }
    run(workshop.connection(), first).await.map_err(ProofError::fails)?;
    Ok(Some(workshop.read().await?))
}
