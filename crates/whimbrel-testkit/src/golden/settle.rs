//! From two schemas to changes, with every question asked.

use whimbrel_core::change::{AlterEnum, Change, EnumReplacement};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{RenameProblem, Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::resolve::{Answer, EnumMapping, Loss, LossKind, RenameQuestion, losses};
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
        replace_enum_values(&mut changes, loss, &answers.mappings);
    }
    let rename_questions = diff(dialect, pair, &Renames::default()).questions;
    Settled { changes, renames, problems, rename_questions, losses }
}

fn replace_enum_values(changes: &mut [Change], loss: &Loss, mappings: &[EnumMapping]) {
    let LossKind::RemoveEnumValues { column, enum_name, .. } = &loss.kind else {
        return;
    };
    let of_column = |one: &&EnumMapping| one.table == loss.table && one.column == *column;
    for change in changes {
        if let Change::AlterEnum(AlterEnum { enum_name: altered, replacements, .. }) = change
            && altered == enum_name
        {
            replacements.extend(mappings.iter().filter(of_column).map(|one| EnumReplacement {
                table_name: one.table.clone(),
                column_name: one.column.clone(),
                from: one.from.clone(),
                to: one.to.clone(),
            }));
        }
    }
}
