//! Questions that nobody answered, each with the flags that answer it.

use std::fmt::Write as _;

use whimbrel::core::describe;
use whimbrel::core::resolve::{Loss, LossKind, Question};

/// One paragraph a question.
pub(crate) fn unanswered(questions: &[Question]) -> String {
    questions.iter().map(paragraph).collect::<Vec<_>>().join("\n")
}

fn paragraph(question: &Question) -> String {
    let mut text = match question {
        Question::Rename(rename) => {
            let mut text = format!("? {}\n", question.headline());
            for one in &rename.candidates {
                let sql_type = one.sql_type.iter().filter(|text| !text.is_empty());
                let sql_type: String =
                    sql_type.map(|text| format!("{}, ", describe::one_line(text))).collect();
                let name = describe::object_name(&one.name);
                // Writing to a string does not fail.
                let _ = writeln!(text, "    {name}: {sql_type}{}% alike", one.likeness);
            }
            text
        }
        Question::Loss(_) | Question::Down(_) => format!("? {}\n", question.headline()),
    };
    let flags = question.flags();
    match (question, flags.as_slice()) {
        (Question::Loss(question), []) => {
            let _ = writeln!(text, "  help: {}", remedy(&question.loss));
        }
        (_, [first, others @ ..]) => {
            let _ = writeln!(text, "  answer with: {first}");
            for other in others {
                let _ = writeln!(text, "           or: {other}");
            }
        }
        (Question::Rename(_) | Question::Down(_), []) => {}
    }
    text
}

/// What to do about rows that stand in the way.
fn remedy(loss: &Loss) -> String {
    let table = describe::object_name(&loss.table);
    match &loss.kind {
        LossKind::SetNotNull { column, .. } => {
            let column = describe::name(column);
            format!("give `{table}.{column}` a default, or put values where NULL is: no flag does that")
        }
        LossKind::AddRequiredColumn { column } => {
            format!("give `{}` a default, or let it be NULL: no flag does that", describe::name(column))
        }
        LossKind::ChangeType { to, refuses: true, .. } => {
            let column = describe::name(&to.name);
            format!("put the values of `{table}.{column}` right first: no flag does that")
        }
        LossKind::AddUnique { .. }
        | LossKind::AddCheck { .. }
        | LossKind::AddExclusion { .. }
        | LossKind::AddForeignKey { .. }
        | LossKind::MeetBound { .. }
        | LossKind::DropTable
        | LossKind::DropObject
        | LossKind::DropColumn { .. }
        | LossKind::ChangeType { .. }
        | LossKind::RemoveEnumValues { .. } => {
            format!("put the rows of `{table}` right first: no flag does that")
        }
    }
}

#[cfg(test)]
mod tests {
    use whimbrel::core::resolve::{Candidate, Facts, LossQuestion, RenameKind, RenameQuestion};

    use super::*;

    #[test]
    fn each_question_says_what_answers_it() {
        let rename = RenameQuestion {
            kind: RenameKind::Column,
            parent: Some("users".into()),
            gained: "nickname".into(),
            gained_type: Some("TEXT".into()),
            candidates: vec![Candidate { name: "nick".into(), sql_type: Some("TEXT".into()), likeness: 80 }],
        };
        let facts = Facts { affected: 2, total: Some(3), sample: None };
        let loss = |kind| {
            let loss = Loss { table: "users".into(), kind };
            Question::Loss(LossQuestion { loss, facts: Some(facts.clone()) })
        };
        let drop = loss(LossKind::DropColumn { column: "bio".into() });
        let unique =
            loss(LossKind::AddUnique { columns: vec!["email".into()], primary: false, key: Box::default() });
        assert_eq!(
            unanswered(&[Question::Rename(rename), drop, unique]),
            "\
? column users.nickname: new, or renamed from nick?
    nick: TEXT, 80% alike
  answer with: --rename users.nick=users.nickname
           or: --no-renames

? users.bio: all values are lost (2 of 3 rows hold a value)
  answer with: --accept-data-loss

? users (email): equal keys are refused (2 of 3 rows share its key with another)
  help: put the rows of `users` right first: no flag does that
"
        );
    }
}
