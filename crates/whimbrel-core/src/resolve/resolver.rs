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
/// use whimbrel_core::resolve::{Answer, Loss, LossKind, LossQuestion, Question, Resolver};
///
/// /// Lets old logs go, and nothing else.
/// struct Logs;
///
/// impl Resolver for Logs {
///     fn answer(&mut self, question: &Question) -> Option<Answer> {
///         match question {
///             Question::Loss(asked) if asked.loss.table.name.starts_with("log_") => Some(Answer::Accept),
///             Question::Loss(_) | Question::Rename(_) | Question::Down(_) => None,
///         }
///     }
/// }
///
/// let drop = |table: &str| {
///     let loss = Loss { table: table.into(), kind: LossKind::DropTable };
///     Question::Loss(LossQuestion { loss, facts: None })
/// };
/// assert_eq!(Logs.answer(&drop("log_2025")), Some(Answer::Accept));
/// assert_eq!(Logs.answer(&drop("users")), None);
/// ```
pub trait Resolver: Send {
    /// Answers `question`, or declines to.
    ///
    /// ```
    /// use whimbrel_core::resolve::{DownQuestion, Question, Resolver, strict};
    /// let question = Question::Down(DownQuestion { migration: "add-bio".into(), warnings: vec![] });
    /// assert_eq!(strict().answer(&question), None);
    /// ```
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
///
/// ```
/// use whimbrel_core::resolve::{Loss, LossKind, LossQuestion, Question, Resolver, strict};
/// let loss = Loss { table: "users".into(), kind: LossKind::DropTable };
/// assert_eq!(strict().answer(&Question::Loss(LossQuestion { loss, facts: None })), None);
/// ```
pub fn strict() -> impl Resolver + Copy {
    Strict
}

/// Takes the likeliest lost name as renamed; answers no loss question.
///
/// ```
/// use whimbrel_core::resolve::{Answer, Candidate, Question, RenameKind, RenameQuestion};
/// use whimbrel_core::resolve::{Resolver, always_rename};
///
/// let question = Question::Rename(RenameQuestion {
///     kind: RenameKind::Table,
///     parent: None,
///     gained: "people".into(),
///     gained_type: None,
///     candidates: vec![Candidate { name: "users".into(), sql_type: None, likeness: 90 }],
/// });
/// assert_eq!(always_rename().answer(&question), Some(Answer::RenamedFrom("users".into())));
/// ```
pub fn always_rename() -> impl Resolver + Copy {
    AlwaysRename
}

/// Takes every gained name as new; answers no loss question.
///
/// ```
/// use whimbrel_core::resolve::{Answer, Candidate, Question, RenameKind, RenameQuestion};
/// use whimbrel_core::resolve::{Resolver, always_add_drop};
///
/// let question = Question::Rename(RenameQuestion {
///     kind: RenameKind::Table,
///     parent: None,
///     gained: "people".into(),
///     gained_type: None,
///     candidates: vec![Candidate { name: "users".into(), sql_type: None, likeness: 90 }],
/// });
/// assert_eq!(always_add_drop().answer(&question), Some(Answer::New));
/// ```
pub fn always_add_drop() -> impl Resolver + Copy {
    AlwaysAddDrop
}

/// Renames where it can, accepts every loss, maps removed enum values to NULL
/// where the column may be NULL; where it may not, only a person knows.
///
/// ```
/// use whimbrel_core::resolve::{Answer, Loss, LossKind, LossQuestion, Question, Resolver, lenient};
/// let loss = Loss { table: "users".into(), kind: LossKind::DropTable };
/// let question = Question::Loss(LossQuestion { loss, facts: None });
/// assert_eq!(lenient().answer(&question), Some(Answer::Accept));
/// ```
pub fn lenient() -> impl Resolver + Copy {
    Lenient
}

/// Rejects whatever is asked.
///
/// ```
/// use whimbrel_core::resolve::{Answer, Loss, LossKind, LossQuestion, Question, Resolver, reject_all};
/// let loss = Loss { table: "users".into(), kind: LossKind::DropTable };
/// let question = Question::Loss(LossQuestion { loss, facts: None });
/// assert_eq!(reject_all().answer(&question), Some(Answer::Reject));
/// ```
pub fn reject_all() -> impl Resolver + Copy {
    RejectAll
}

/// Answers with a closure.
///
/// ```
/// use whimbrel_core::resolve::{Answer, DownQuestion, Question, Resolver, from_fn};
///
/// let mut asked = Vec::new();
/// let mut noting = from_fn(|question| {
///     asked.push(question.headline());
///     Some(Answer::Accept)
/// });
/// noting.answer(&Question::Down(DownQuestion { migration: "add-bio".into(), warnings: vec![] }));
/// drop(noting);
/// assert_eq!(asked.len(), 1);
/// ```
pub fn from_fn<F: FnMut(&Question) -> Option<Answer> + Send>(f: F) -> impl Resolver {
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
#[derive(Clone, Copy)]
struct Strict;

/// See [`always_rename`].
#[derive(Clone, Copy)]
struct AlwaysRename;

/// See [`always_add_drop`].
#[derive(Clone, Copy)]
struct AlwaysAddDrop;

/// See [`lenient`].
#[derive(Clone, Copy)]
struct Lenient;

/// See [`reject_all`].
#[derive(Clone, Copy)]
struct RejectAll;

/// See [`from_fn`].
struct FromFn<F>(F);

/// Answers known beforehand: what the flags of the command line say.
///
/// Names are compared as written. See [`predefined`].
///
/// ```
/// use whimbrel_core::resolve::{Answer, Candidate, Question, RenameKind, RenameQuestion, Resolver};
/// use whimbrel_core::resolve::{DownQuestion, parse_rename, predefined};
///
/// let mut answers = predefined()
///     .with_renames(parse_rename("users.nick=nickname", RenameKind::Column).unwrap())
///     .with_no_other_renames()
///     .with_data_loss();
/// let gained = |name: &str| {
///     Question::Rename(RenameQuestion {
///         kind: RenameKind::Column,
///         parent: Some("users".into()),
///         gained: name.into(),
///         gained_type: None,
///         candidates: vec![Candidate { name: "nick".into(), sql_type: None, likeness: 80 }],
///     })
/// };
/// assert_eq!(answers.answer(&gained("nickname")), Some(Answer::RenamedFrom("nick".into())));
/// assert_eq!(answers.answer(&gained("age")), Some(Answer::New));
/// let down = Question::Down(DownQuestion { migration: "add-bio".into(), warnings: vec![] });
/// assert_eq!(answers.answer(&down), Some(Answer::Accept));
/// ```
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
                | LossKind::AddForeignKey { .. }
                | LossKind::MeetBound { .. } => self.accept_data_loss.then_some(Answer::Accept),
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
