//! Asks what only a person can answer, and turns the answers into changes.

use async_trait::async_trait;
use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Rename, Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::resolve::{
    Answer, LossQuestion, Policy, Question, RenameKind, Resolver, lenient, replace_enum_values,
};
use whimbrel_core::schema::Schema;
use whimbrel_core::sql::{Hint, HintTarget};

use crate::error::Error;
use crate::facts::Probed;
use crate::resolver::AsyncResolver;

/// Refuses what the policy of the environment forbids. `by_hand` is the file in
/// which it could be written by hand: what is read in a migration is run as it is.
///
/// # Errors
///
/// [`Error::Policy`] with every change that it forbids.
pub(crate) fn check_policy(policy: Policy, changes: &[Change], by_hand: Option<&str>) -> Result<(), Error> {
    let violations = policy.violations(changes);
    if violations.is_empty() {
        return Ok(());
    }
    let advice = match by_hand {
        Some(file) => format!(
            "where it must be, write it by hand: `whimbrel migrate create NAME` begins `{file}`; \
             or run this with `--policy ask`"
        ),
        None => "where it must be, run it with `--policy ask`".to_owned(),
    };
    Err(Error::Policy { violations: violations.iter().map(ToString::to_string).collect(), advice })
}

/// Accepts every loss where the policy allows that, and asks `resolver` all else.
pub(crate) struct ByPolicy<'a>(pub(crate) Policy, pub(crate) &'a mut dyn AsyncResolver);

#[async_trait]
impl AsyncResolver for ByPolicy<'_> {
    async fn answer(&mut self, question: &Question) -> Option<Answer> {
        match (self.0, question) {
            (Policy::Allow, Question::Loss(_) | Question::Down(_)) => {
                Resolver::answer(&mut lenient(), question)
            }
            (Policy::Allow | Policy::Ask | Policy::Additive, _) => self.1.answer(question).await,
        }
    }
}

/// Puts stated renames and the source's hints together.
///
/// # Errors
///
/// [`Error::Renames`] for a stated rename that names what is not lost or not
/// gained. A hint that does not fit is inert.
pub(crate) fn known_renames(
    dialect: Dialect,
    pair: Pair<&Schema>,
    stated: &Renames,
    hints: &[Rename],
) -> Result<Renames, Error> {
    let renames = Renames { hints: hints.to_vec(), ..stated.clone() };
    let problems = renames.problems(dialect, pair);
    if problems.is_empty() { Ok(renames) } else { Err(Error::Renames { problems }) }
}

/// The rename that a comment in SQL hints at.
pub(crate) fn of_hint(hint: &Hint) -> Rename {
    let from = hint.renamed_from.clone();
    match &hint.target {
        HintTarget::Table(table) => Rename { kind: RenameKind::Table, parent: None, from, to: table.clone() },
        HintTarget::Column { table, column } => {
            Rename { kind: RenameKind::Column, parent: Some(table.clone()), from, to: column.as_str().into() }
        }
    }
}

/// Asks about every name that may be a rename, until none is left.
///
/// Returns the changes and the renames among them: hints that are inert are not.
///
/// # Errors
///
/// [`Error::Unanswered`] with all rename questions that nobody answers,
/// [`Error::Rejected`] at the first rejection, [`Error::Renames`] for a stated
/// rename in a table that turned out to be new, or an answer that cannot be.
pub(crate) async fn resolve_renames(
    dialect: Dialect,
    pair: Pair<&Schema>,
    mut renames: Renames,
    resolver: &mut dyn AsyncResolver,
) -> Result<(Vec<Change>, Renames), Error> {
    let mut unanswered = Vec::new();
    loop {
        let found = diff(dialect, pair, &renames);
        if found.questions.is_empty() {
            let problems = renames.problems(dialect, pair);
            return if !unanswered.is_empty() {
                Err(Error::Unanswered { questions: unanswered })
            } else if !problems.is_empty() {
                Err(Error::Renames { problems })
            } else {
                let renames = Renames::of_changes(&found.changes);
                Ok((found.changes, renames))
            };
        }
        let mut claimed = Vec::new();
        for question in found.questions {
            let place = (question.kind, question.parent.clone());
            if question.candidates.iter().any(|one| claimed.contains(&(place.clone(), one.name.clone()))) {
                // What was just claimed is no candidate any more: asked again in the next round.
                continue;
            }
            let asked = Question::Rename(question.clone());
            match resolver.answer(&asked).await {
                Some(Answer::RenamedFrom(from)) => {
                    claimed.push((place, from.clone()));
                    renames.learn(&question, &Answer::RenamedFrom(from));
                }
                Some(Answer::Reject) => return Err(Error::Rejected { question: Box::new(asked) }),
                Some(Answer::New) => renames.new.push((question.kind, question.parent, question.gained)),
                Some(Answer::Accept | Answer::Replace(_)) | None => {
                    renames.new.push((question.kind, question.parent, question.gained));
                    unanswered.push(asked);
                }
            }
        }
    }
}

/// Asks about every loss that rows are known to suffer.
///
/// Returns what was accepted, with the facts; the replacements of removed enum
/// values are put into `changes`.
///
/// # Errors
///
/// [`Error::Unanswered`] with all that nobody answers or that no answer can
/// make possible, [`Error::Rejected`] at the first rejection,
/// [`Error::Replacements`] for enum values that cannot take the place of others.
pub(crate) async fn resolve_losses(
    changes: &mut [Change],
    probed: &[&Probed],
    resolver: &mut dyn AsyncResolver,
) -> Result<Vec<LossQuestion>, Error> {
    let mut unanswered = Vec::new();
    let mut accepted = Vec::new();
    for one in probed {
        let question = LossQuestion { loss: one.loss.clone(), facts: one.facts.clone() };
        let asked = Question::Loss(question.clone());
        if !one.loss.is_acceptable() {
            unanswered.push(asked);
            continue;
        }
        match resolver.answer(&asked).await {
            Some(Answer::Accept) if !one.loss.needs_replacements() => accepted.push(question),
            Some(Answer::Replace(values)) if one.loss.needs_replacements() => {
                replace_enum_values(changes, &one.loss, &values)
                    .map_err(|problems| Error::Replacements { problems })?;
                accepted.push(question);
            }
            Some(Answer::Reject) => return Err(Error::Rejected { question: Box::new(asked) }),
            Some(Answer::New | Answer::RenamedFrom(_) | Answer::Accept | Answer::Replace(_)) | None => {
                unanswered.push(asked);
            }
        }
    }
    if unanswered.is_empty() { Ok(accepted) } else { Err(Error::Unanswered { questions: unanswered }) }
}
