//! One migration tried out in the scratch database: up, down, and up again.

use whimbrel_core::describe::{describe, one_line};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::history::losing;
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::Proof;
use whimbrel_core::schema::Schema;
use whimbrel_db::apply::Work;

use super::{HistoryError, replay, replay_error};
use crate::error::Error;
use crate::scratch::Workshop;

/// A migration to be tried out.
pub(crate) struct Trial<'a> {
    /// The schema that the scratch database has.
    pub(crate) before: &'a Schema,
    pub(crate) up: &'a Work,
    /// The way back, or why there is none.
    pub(crate) down: Result<&'a Work, String>,
    /// Whether something is lost for good, where that is known from elsewhere.
    pub(crate) is_lossy: Option<bool>,
}

/// What a trial showed.
pub(crate) struct Tried {
    pub(crate) proof: Proof,
    /// The schema after the migration.
    pub(crate) after: Schema,
    /// Whether the scratch database is as the migration leaves it.
    pub(crate) is_clean: bool,
    /// What is worth knowing of it, and of its way back.
    pub(crate) notes: Vec<String>,
}

/// Tries a migration out.
///
/// # Errors
///
/// If it does not replay, or the scratch database fails.
pub(crate) async fn try_out(workshop: &mut Workshop, trial: Trial<'_>) -> Result<Tried, Error> {
    let dialect = workshop.dialect();
    let Trial { before, up, down, is_lossy } = trial;
    let mut notes = run(workshop, up).await?;
    let after = workshop.read().await?;
    let irreversible = |reason: &str, is_clean, notes| {
        let proof = Proof::Irreversible { reason: one_line(reason) };
        Tried { proof, after: after.clone(), is_clean, notes }
    };
    let down = match down {
        Ok(down) => down,
        Err(reason) => return Ok(irreversible(&reason, true, notes)),
    };
    match run(workshop, down).await {
        Ok(of_down) => notes.extend(of_down),
        Err(error) if is_fault_of_the_file(&error) => {
            return Ok(irreversible(&error.to_string(), false, notes));
        }
        Err(error) => return Err(error),
    }
    if let Some(words) = difference(dialect, &workshop.read().await?, before) {
        return Ok(irreversible(&format!("its way back leaves a difference: {words}"), false, notes));
    }
    match run(workshop, up).await {
        Ok(_) => {}
        // It left rows behind, say: a new database does not meet that.
        Err(error) if is_fault_of_the_file(&error) => {
            return Ok(irreversible(&format!("up again, it fails: {error}"), false, notes));
        }
        Err(error) => return Err(error),
    }
    if let Some(words) = difference(dialect, &workshop.read().await?, &after) {
        return Ok(irreversible(&format!("up again, it leaves a difference: {words}"), false, notes));
    }
    // What a program takes away nobody can tell.
    let may_lose = || up.script().is_none_or(|script| losing(dialect, script).is_lossy());
    let is_lossy = is_lossy.unwrap_or_else(may_lose);
    let proof = if is_lossy { Proof::Lossy } else { Proof::Exact };
    Ok(Tried { proof, after, is_clean: true, notes })
}

async fn run(workshop: &mut Workshop, work: &Work) -> Result<Vec<String>, Error> {
    let dialect = workshop.dialect();
    let replayed = replay(workshop, work).await;
    replayed.map(|done| done.notes).map_err(|failure| replay_error(dialect, work, failure))
}

/// Says whether it is the file that is to blame, and not the session or store.
pub(crate) fn is_fault_of_the_file(error: &Error) -> bool {
    let in_history = |error: &HistoryError| {
        matches!(
            error,
            HistoryError::Replay(_)
                | HistoryError::Program(_)
                | HistoryError::Missing { .. }
                | HistoryError::Empty { .. }
        )
    };
    #[cfg(feature = "scripts")]
    if matches!(error, Error::Module(_)) {
        return true;
    }
    matches!(error, Error::Script(_)) || matches!(error, Error::History(error) if in_history(error))
}

/// What would have to change in `found` to be as expected, in words.
pub(crate) fn difference(dialect: Dialect, found: &Schema, expected: &Schema) -> Option<String> {
    let changes = diff(dialect, Pair::new(found, expected), &Renames::default()).changes;
    let words = describe(&changes).iter().map(ToString::to_string).collect::<String>();
    (!changes.is_empty()).then(|| words.trim_end().to_owned())
}
