//! Who answers questions.

use std::collections::BTreeMap;

use super::{Answer, EnumMapping, LossKind, LossQuestion, Question, RenameQuestion};
use crate::diff::Rename;
use crate::name::ObjectName;

/// Answers questions, one at a time.
///
/// `None` means "no answer": the caller gathers such questions and reports all
/// of them together. A resolver is asked in a deterministic order, rename
/// questions before loss questions.
///
/// ```
/// use whimbrel_core::resolve::{Answer, Question, Resolver, from_fn};
/// let mut accept_all_losses = from_fn(|question| match question {
///     Question::Loss(_) => Some(Answer::Accept),
///     Question::Rename(_) | Question::Down(_) => None,
/// });
/// # let _: &mut dyn Resolver = &mut accept_all_losses;
/// ```
pub trait Resolver: Send {
    /// Answers `question`, or declines to.
    fn answer(&mut self, question: &Question) -> Option<Answer>;
}

impl<R: Resolver + ?Sized> Resolver for Box<R> {
    fn answer(&mut self, question: &Question) -> Option<Answer> {
        (**self).answer(question)
    }
}

impl<R: Resolver + ?Sized> Resolver for &mut R {
    fn answer(&mut self, question: &Question) -> Option<Answer> {
        (**self).answer(question)
    }
}

/// Answers nothing, so that every question is reported: the default.
pub fn strict() -> Strict {
    Strict
}

/// Takes the likeliest lost name as renamed; answers no loss question.
pub fn always_rename() -> AlwaysRename {
    AlwaysRename
}

/// Takes every gained name as new; answers no loss question.
pub fn always_add_drop() -> AlwaysAddDrop {
    AlwaysAddDrop
}

/// Renames where it can, accepts every loss, maps removed enum values to NULL
/// where the column may be NULL; where it may not, only a person knows.
pub fn lenient() -> Lenient {
    Lenient
}

/// Rejects whatever is asked.
pub fn reject_all() -> RejectAll {
    RejectAll
}

/// Answers with a closure.
pub fn from_fn<F: FnMut(&Question) -> Option<Answer> + Send>(f: F) -> FromFn<F> {
    FromFn(f)
}

/// Starts a resolver from answers known beforehand.
///
/// ```
/// use whimbrel_core::resolve::{Loss, LossKind, LossQuestion, Question, Resolver};
/// use whimbrel_core::resolve::{Answer, parse_enum_mapping, predefined};
///
/// let mapping = parse_enum_mapping("users.status.pending=inactive").unwrap();
/// let mut resolver = predefined().with_enum_values([mapping]);
/// let kind = LossKind::RemoveEnumValues {
///     column: "status".into(),
///     enum_name: "status".into(),
///     removed: vec!["pending".into()],
///     available: vec!["active".into(), "inactive".into()],
///     nullable: false,
/// };
/// let loss = Loss { table: "users".into(), kind };
/// let answer = resolver.answer(&Question::Loss(LossQuestion { loss, facts: None }));
/// let inactive = Some("inactive".to_owned());
/// assert_eq!(answer, Some(Answer::Replace([("pending".to_owned(), inactive)].into())));
/// ```
pub fn predefined() -> Predefined {
    Predefined::default()
}

/// See [`strict`].
#[derive(Debug, Clone, Copy)]
pub struct Strict;

/// See [`always_rename`].
#[derive(Debug, Clone, Copy)]
pub struct AlwaysRename;

/// See [`always_add_drop`].
#[derive(Debug, Clone, Copy)]
pub struct AlwaysAddDrop;

/// See [`lenient`].
#[derive(Debug, Clone, Copy)]
pub struct Lenient;

/// See [`reject_all`].
#[derive(Debug, Clone, Copy)]
pub struct RejectAll;

/// See [`from_fn`].
#[derive(Debug, Clone, Copy)]
pub struct FromFn<F>(F);

/// Answers known beforehand: what the flags of the command line say.
///
/// Names are compared as written. See [`predefined`].
#[derive(Debug, Clone, Default)]
pub struct Predefined {
    /// The renames, each with its table or enum by the new name.
    pub renames: Vec<Rename>,
    /// Whether every gained name that no rename names is new.
    pub no_other_renames: bool,
    /// Whether every loss is accepted.
    pub accept_data_loss: bool,
    /// Replacements of enum values that go.
    pub enum_values: Vec<EnumMapping>,
}

impl Resolver for Strict {
    fn answer(&mut self, _: &Question) -> Option<Answer> {
        None
    }
}

impl Resolver for AlwaysRename {
    fn answer(&mut self, question: &Question) -> Option<Answer> {
        match question {
            Question::Rename(rename) => {
                rename.candidates.first().map(|best| Answer::RenamedFrom(best.name.clone()))
            }
            Question::Loss(_) | Question::Down(_) => None,
        }
    }
}

impl Resolver for AlwaysAddDrop {
    fn answer(&mut self, question: &Question) -> Option<Answer> {
        match question {
            Question::Rename(_) => Some(Answer::New),
            Question::Loss(_) | Question::Down(_) => None,
        }
    }
}

impl Resolver for Lenient {
    fn answer(&mut self, question: &Question) -> Option<Answer> {
        let loss = match question {
            Question::Rename(_) => return AlwaysRename.answer(question),
            Question::Down(_) => return Some(Answer::Accept),
            Question::Loss(LossQuestion { loss, .. }) => loss,
        };
        if let LossKind::RemoveEnumValues { removed, nullable, .. } = &loss.kind {
            let to_null = || removed.iter().map(|value| (value.clone(), None)).collect();
            return nullable.then(|| Answer::Replace(to_null()));
        }
        Some(Answer::Accept)
    }
}

impl Resolver for RejectAll {
    fn answer(&mut self, _: &Question) -> Option<Answer> {
        Some(Answer::Reject)
    }
}

impl<F: FnMut(&Question) -> Option<Answer> + Send> Resolver for FromFn<F> {
    fn answer(&mut self, question: &Question) -> Option<Answer> {
        (self.0)(question)
    }
}

impl Resolver for Predefined {
    fn answer(&mut self, question: &Question) -> Option<Answer> {
        match question {
            Question::Rename(question) => {
                self.rename(question).or(self.no_other_renames.then_some(Answer::New))
            }
            Question::Loss(LossQuestion { loss, .. }) => match &loss.kind {
                LossKind::RemoveEnumValues { removed, column, .. } => {
                    self.replacements(&loss.table, column, removed).map(Answer::Replace)
                }
                LossKind::DropTable
                | LossKind::DropObject
                | LossKind::DropColumn { .. }
                | LossKind::ChangeType { .. }
                | LossKind::SetNotNull { .. }
                | LossKind::AddRequiredColumn { .. }
                | LossKind::AddUnique { .. }
                | LossKind::AddCheck { .. }
                | LossKind::AddExclusion { .. }
                | LossKind::AddForeignKey { .. } => self.accept_data_loss.then_some(Answer::Accept),
            },
            Question::Down(_) => self.accept_data_loss.then_some(Answer::Accept),
        }
    }
}

impl Predefined {
    /// Takes these renames as the answers to the questions about their names.
    pub fn with_renames(mut self, renames: impl IntoIterator<Item = Rename>) -> Self {
        self.renames.extend(renames);
        self
    }

    /// Takes every other gained name as new.
    pub fn with_no_other_renames(mut self) -> Self {
        self.no_other_renames = true;
        self
    }

    /// Accepts every loss. A rename is never answered by that.
    pub fn with_data_loss(mut self) -> Self {
        self.accept_data_loss = true;
        self
    }

    /// Puts these in place of enum values that go.
    pub fn with_enum_values(mut self, mappings: impl IntoIterator<Item = EnumMapping>) -> Self {
        self.enum_values.extend(mappings);
        self
    }

    fn rename(&self, question: &RenameQuestion) -> Option<Answer> {
        let speaks_of = |rename: &&Rename| {
            (rename.kind, &rename.parent, &rename.to) == (question.kind, &question.parent, &question.gained)
        };
        self.renames.iter().find(speaks_of).map(|rename| Answer::RenamedFrom(rename.from.clone()))
    }

    /// A replacement for each of the values, if there is one for all.
    fn replacements(
        &self,
        table: &ObjectName,
        column: &str,
        values: &[String],
    ) -> Option<BTreeMap<String, Option<String>>> {
        let replacement = |value: &String| {
            let speaks_of =
                |one: &&EnumMapping| one.table == *table && one.column == column && one.from == *value;
            let mapping = self.enum_values.iter().find(speaks_of)?;
            Some((value.clone(), mapping.to.clone()))
        };
        values.iter().map(replacement).collect()
    }
}
