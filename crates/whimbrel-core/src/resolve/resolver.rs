//! Who answers questions.

use super::{Answer, LossKind, Question, RenameKind};
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
///     Question::Rename(_) => None,
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

/// Renames where it can, accepts every loss, maps removed enum values to NULL.
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
    /// Renames: kind, parent by its new name, new name, old name.
    pub renames: Vec<(RenameKind, Option<ObjectName>, ObjectName, ObjectName)>,
    /// Whether every gained name that no rename names is new.
    pub no_other_renames: bool,
    /// Whether every loss is accepted.
    pub accept_data_loss: bool,
    /// Replacements of removed enum values: table, column, value, replacement.
    pub enum_values: Vec<(ObjectName, String, String, Option<String>)>,
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
            Question::Loss(_) => None,
        }
    }
}

impl Resolver for AlwaysAddDrop {
    fn answer(&mut self, question: &Question) -> Option<Answer> {
        match question {
            Question::Rename(_) => Some(Answer::New),
            Question::Loss(_) => None,
        }
    }
}

impl Resolver for Lenient {
    fn answer(&mut self, question: &Question) -> Option<Answer> {
        match question {
            Question::Rename(_) => AlwaysRename.answer(question),
            Question::Loss(loss) => match &loss.loss.kind {
                LossKind::RemoveEnumValues { removed, .. } => {
                    Some(Answer::Replace(removed.iter().map(|value| (value.clone(), None)).collect()))
                }
                _ => Some(Answer::Accept),
            },
        }
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
            Question::Rename(rename) => self
                .renames
                .iter()
                .find(|(kind, parent, to, _)| {
                    (*kind, parent, to) == (rename.kind, &rename.parent, &rename.gained)
                })
                .map(|(_, _, _, from)| Answer::RenamedFrom(from.clone()))
                .or(self.no_other_renames.then_some(Answer::New)),
            Question::Loss(question) => match &question.loss.kind {
                LossKind::RemoveEnumValues { removed, column, .. } => {
                    let of = |value: &String| {
                        self.enum_values
                            .iter()
                            .find(|(table, at, from, _)| {
                                *table == question.loss.table && at == column && from == value
                            })
                            .map(|(_, _, _, to)| (value.clone(), to.clone()))
                    };
                    removed.iter().map(of).collect::<Option<_>>().map(Answer::Replace)
                }
                _ => self.accept_data_loss.then_some(Answer::Accept),
            },
        }
    }
}
