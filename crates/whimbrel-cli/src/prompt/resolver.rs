//! Turns questions into prompts and choices into answers.
//!
//! The first option is the default and loses nothing: for a rename question it
//! is the likeliest rename, which keeps every value; for a loss it is to stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use whimbrel::core::describe;
use whimbrel::core::resolve::{Answer, LossKind, LossQuestion, Question, RenameQuestion, Resolver};

use super::{Left, Prompter};

const STOP: &str = "stop here and change nothing";

/// Answers questions by asking a person.
pub(crate) struct PromptResolver<P> {
    prompter: P,
    left: Arc<AtomicBool>,
}

impl<P: Prompter> PromptResolver<P> {
    /// `left` becomes true when the person leaves a prompt.
    pub(crate) fn new(prompter: P, left: Arc<AtomicBool>) -> Self {
        Self { prompter, left }
    }

    fn rename(&mut self, question: &RenameQuestion) -> Result<Answer, Left> {
        let lost = |at: usize| describe::object_name(&question.candidates[at].name);
        let renamed = question.candidates.iter().enumerate().map(|(at, one)| {
            let sql_type = one.sql_type.iter().filter(|text| !text.is_empty());
            let sql_type: String = sql_type.map(|text| format!(" {}", describe::one_line(text))).collect();
            format!("renamed from {}{sql_type} ({}% alike)", lost(at), one.likeness)
        });
        let new = match question.candidates.len() {
            1 => format!("new, and {} goes", lost(0)),
            _ => "new: none of these lives on in it".to_owned(),
        };
        let options: Vec<String> = renamed.chain([new, STOP.to_owned()]).collect();
        let chosen = self.prompter.select(&describe::rename_question(question), &options)?;
        Ok(match question.candidates.get(chosen) {
            Some(candidate) => Answer::RenamedFrom(candidate.name.clone()),
            None if chosen == question.candidates.len() => Answer::New,
            None => Answer::Reject,
        })
    }

    fn loss(&mut self, question: &LossQuestion) -> Result<Answer, Left> {
        if let LossKind::RemoveEnumValues { removed, available, nullable, .. } = &question.loss.kind {
            return self.enum_values(question, removed, available, *nullable);
        }
        self.go_ahead(&describe::loss_question(question))
    }

    fn go_ahead(&mut self, question: &str) -> Result<Answer, Left> {
        let options = [STOP.to_owned(), "go ahead".to_owned()];
        let chosen = self.prompter.select(question, &options)?;
        Ok(if chosen == 1 { Answer::Accept } else { Answer::Reject })
    }

    /// One prompt a removed value: what its rows get instead.
    fn enum_values(
        &mut self,
        question: &LossQuestion,
        removed: &[String],
        available: &[String],
        nullable: bool,
    ) -> Result<Answer, Left> {
        self.prompter.tell(&describe::loss_question(question));
        let mut options = vec![STOP.to_owned()];
        options.extend(available.iter().map(|value| format!("'{}'", describe::one_line(value))));
        options.extend(nullable.then(|| "NULL".to_owned()));
        let mut replacements = BTreeMap::new();
        for value in removed {
            let asked = format!("what becomes of '{}'?", describe::one_line(value));
            let chosen = self.prompter.select(&asked, &options)?;
            if chosen == 0 {
                return Ok(Answer::Reject);
            }
            replacements.insert(value.clone(), available.get(chosen - 1).cloned());
        }
        Ok(Answer::Replace(replacements))
    }
}

impl<P: Prompter> Resolver for PromptResolver<P> {
    fn answer(&mut self, question: &Question) -> Option<Answer> {
        let answer = match question {
            Question::Rename(question) => self.rename(question),
            Question::Loss(question) => self.loss(question),
            Question::Down(question) => self.go_ahead(&describe::down_question(question)),
        };
        Some(answer.unwrap_or_else(|Left| {
            self.left.store(true, Ordering::Relaxed);
            Answer::Reject
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use whimbrel::core::resolve::{Candidate, Facts, Loss, RenameKind};

    use super::*;

    /// A question as shown, with its options.
    type Asked = (String, Vec<String>);

    /// Chooses what it was told, and keeps what it was asked.
    struct Script {
        choices: VecDeque<usize>,
        asked: Vec<Asked>,
    }

    impl Prompter for &mut Script {
        fn select(&mut self, question: &str, options: &[String]) -> Result<usize, Left> {
            self.asked.push((question.to_owned(), options.to_vec()));
            self.choices.pop_front().ok_or(Left)
        }

        fn confirm(&mut self, _: &str) -> Result<bool, Left> {
            Err(Left)
        }

        fn tell(&mut self, line: &str) {
            self.asked.push((line.to_owned(), Vec::new()));
        }
    }

    /// Asks `question`, chooses `choices`; returns the answer, whether the
    /// person left, and what the prompts were.
    fn ask(question: &Question, choices: &[usize]) -> (Option<Answer>, bool, Vec<Asked>) {
        let mut script = Script { choices: choices.iter().copied().collect(), asked: Vec::new() };
        let left = Arc::new(AtomicBool::new(false));
        let answer = PromptResolver::new(&mut script, Arc::clone(&left)).answer(question);
        (answer, left.load(Ordering::Relaxed), script.asked)
    }

    fn rename() -> Question {
        let candidate =
            |name: &str, likeness| Candidate { name: name.into(), sql_type: Some("TEXT".into()), likeness };
        Question::Rename(RenameQuestion {
            kind: RenameKind::Column,
            parent: Some("users".into()),
            gained: "nickname".into(),
            gained_type: Some("TEXT".into()),
            candidates: vec![candidate("nick", 80), candidate("bio", 10)],
        })
    }

    fn loss(kind: LossKind) -> Question {
        let facts = Facts { affected: 1204, total: Some(5000), sample: Some("jo".into()) };
        Question::Loss(LossQuestion { loss: Loss { table: "users".into(), kind }, facts: Some(facts) })
    }

    #[test]
    fn the_default_of_a_rename_question_is_the_likeliest_rename() {
        let (answer, left, asked) = ask(&rename(), &[0]);
        assert_eq!((answer, left), (Some(Answer::RenamedFrom("nick".into())), false));
        let (question, options) = &asked[0];
        assert_eq!(question, "column users.nickname: new, or renamed from nick or bio?");
        assert_eq!(
            *options,
            [
                "renamed from nick TEXT (80% alike)",
                "renamed from bio TEXT (10% alike)",
                "new: none of these lives on in it",
                "stop here and change nothing"
            ]
        );
        assert_eq!(ask(&rename(), &[2]).0, Some(Answer::New));
        assert_eq!(ask(&rename(), &[3]).0, Some(Answer::Reject));
    }

    #[test]
    fn the_default_of_a_loss_question_is_to_stop() {
        let question = loss(LossKind::DropColumn { column: "nick".into() });
        let (answer, _, asked) = ask(&question, &[0]);
        assert_eq!(answer, Some(Answer::Reject));
        assert_eq!(
            asked[0].0,
            "users.nick: all values are lost (1,204 of 5,000 rows hold a value, such as 'jo')"
        );
        assert_eq!(ask(&question, &[1]).0, Some(Answer::Accept));
    }

    #[test]
    fn leaving_a_prompt_rejects_and_is_remembered() {
        let (answer, left, _) = ask(&rename(), &[]);
        assert_eq!((answer, left), (Some(Answer::Reject), true));
    }

    #[test]
    fn each_removed_enum_value_is_asked_about() {
        let question = loss(LossKind::RemoveEnumValues {
            column: "status".into(),
            enum_name: "status".into(),
            removed: vec!["a".into(), "b".into()],
            available: vec!["c".into(), "d".into()],
            nullable: true,
        });
        let expected = BTreeMap::from([("a".into(), Some("d".into())), ("b".into(), None)]);
        let (answer, _, asked) = ask(&question, &[2, 3]);
        assert_eq!(answer, Some(Answer::Replace(expected)));
        assert_eq!(asked.len(), 3);
        assert_eq!(ask(&question, &[1, 0]).0, Some(Answer::Reject));
    }
}
