//! From two schemas to changes, with every question asked.

use std::collections::BTreeMap;

use whimbrel_core::change::Change;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{RenameProblem, Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::resolve::{
    Answer, EnumMapping, Loss, LossKind, RenameQuestion, losses, replace_enum_values,
};
use whimbrel_core::schema::Schema;

use super::Answers;

/// What is left when every question was asked.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// The changes.
    pub changes: Vec<Change>,
    /// The renames that the changes rest on.
    pub renames: Renames,
    /// Renames among the answers that cannot be.
    pub problems: Vec<RenameProblem>,
    /// The names that were asked about, in the order of asking, had nobody
    /// answered before.
    pub rename_questions: Vec<RenameQuestion>,
    /// What may be lost, or fail.
    pub losses: Vec<Loss>,
}

/// Compares two schemas with `answers`; whatever they do not speak of is new.
pub fn settle(dialect: Dialect, pair: Pair<&Schema>, answers: &Answers) -> Settled {
    let mut renames = Renames { renamed: answers.renamed.clone(), ..Renames::default() };
    let problems = renames.problems(dialect, pair);
    let mut changes = loop {
        let found = diff(dialect, pair, &renames);
        // Each answer may change what is asked next.
        let Some(question) = found.questions.first() else {
            break found.changes;
        };
        renames.learn(question, &Answer::New);
    };
    let losses = losses(dialect, pair, &changes);
    for loss in &losses {
        // A case may leave the question open.
        drop(replace_enum_values(&mut changes, loss, &replaced(loss, &answers.mappings)));
    }
    let rename_questions = diff(dialect, pair, &Renames::default()).questions;
    Settled { changes, renames, problems, rename_questions, losses }
}

/// What takes the place of the values that go.
fn replaced(loss: &Loss, mappings: &[EnumMapping]) -> BTreeMap<String, Option<String>> {
    let LossKind::RemoveEnumValues { column, .. } = &loss.kind else { return BTreeMap::new() };
    let of_column = |one: &&EnumMapping| one.table == loss.table && one.column == *column;
    mappings.iter().filter(of_column).map(|one| (one.from.clone(), one.to.clone())).collect()
}
