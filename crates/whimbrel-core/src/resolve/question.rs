//! Questions and answers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Loss, flag};
use crate::describe;
use crate::diff::Rename;
use crate::name::ObjectName;

/// A change that needs a person.
///
/// ```
/// use whimbrel_core::resolve::{Loss, LossKind, LossQuestion, Question};
///
/// let loss = Loss { table: "logs".into(), kind: LossKind::DropTable };
/// let question = Question::Loss(LossQuestion { loss, facts: None });
/// assert_eq!(question.headline(), "logs: all rows are lost");
/// assert_eq!(question.flags(), ["--accept-data-loss"]);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "question", rename_all = "camelCase")]
pub enum Question {
    /// Is a name that was gained new, or was something lost renamed to it?
    Rename(RenameQuestion),
    /// May this be lost?
    Loss(LossQuestion),
    /// May a migration be rolled back that says of itself that this loses data?
    Down(DownQuestion),
}

impl Question {
    /// The question as one sentence, with what the live rows say.
    ///
    /// ```
    /// use whimbrel_core::resolve::{Facts, Loss, LossKind, LossQuestion, Question};
    /// let question = Question::Loss(LossQuestion {
    ///     loss: Loss { table: "users".into(), kind: LossKind::DropColumn { column: "nickname".into() } },
    ///     facts: Some(Facts { affected: 1204, total: Some(5000), sample: None }),
    /// });
    /// assert_eq!(
    ///     question.headline(),
    ///     "users.nickname: all values are lost (1,204 of 5,000 rows hold a value)"
    /// );
    /// assert_eq!(question.flags(), ["--accept-data-loss"]);
    /// ```
    pub fn headline(&self) -> String {
        match self {
            Self::Rename(question) => describe::rename_question(question),
            Self::Loss(question) => describe::loss_question(question),
            Self::Down(question) => describe::down_question(question),
        }
    }

    /// The flags of the command line that answer the question, ready for a
    /// shell: one for each possible answer to a rename question, and all that are
    /// needed together for a loss. Empty where no flag helps, because rows must
    /// be put right first.
    ///
    /// ```
    /// use whimbrel_core::resolve::{Candidate, Question, RenameKind, RenameQuestion};
    ///
    /// let question = Question::Rename(RenameQuestion {
    ///     kind: RenameKind::Table,
    ///     parent: None,
    ///     gained: "people".into(),
    ///     gained_type: None,
    ///     candidates: vec![Candidate { name: "users".into(), sql_type: None, likeness: 90 }],
    /// });
    /// assert_eq!(question.flags(), ["--rename-table users=people", "--no-renames"]);
    /// ```
    pub fn flags(&self) -> Vec<String> {
        match self {
            Self::Rename(question) => {
                let renamed =
                    |candidate: &Candidate| flag::rename_flag(&question.renamed_from(&candidate.name));
                question.candidates.iter().map(renamed).chain(["--no-renames".to_owned()]).collect()
            }
            Self::Loss(question) => question.loss.flags(),
            Self::Down(_) => vec!["--accept-data-loss".to_owned()],
        }
    }
}

impl RenameQuestion {
    /// The rename that says yes to a lost name.
    ///
    /// ```
    /// use whimbrel_core::resolve::{Candidate, RenameKind, RenameQuestion, parse_rename};
    ///
    /// let question = RenameQuestion {
    ///     kind: RenameKind::Column,
    ///     parent: Some("users".into()),
    ///     gained: "nickname".into(),
    ///     gained_type: None,
    ///     candidates: vec![Candidate { name: "nick".into(), sql_type: None, likeness: 80 }],
    /// };
    /// let rename = question.renamed_from(&question.candidates[0].name);
    /// assert_eq!(parse_rename("users.nick=nickname", RenameKind::Column).unwrap(), [rename]);
    /// ```
    pub fn renamed_from(&self, lost: &ObjectName) -> Rename {
        let Self { kind, parent, gained, .. } = self.clone();
        Rename { kind, parent, from: lost.clone(), to: gained }
    }
}

/// What may have been renamed.
///
/// ```
/// use whimbrel_core::resolve::RenameKind;
/// let kind = RenameKind::Column;
/// assert_eq!((kind.noun(), kind.flag()), ("column", "--rename"));
/// assert_eq!(kind.parent(), Some(RenameKind::Table));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RenameKind {
    /// A table.
    Table,
    /// A column.
    Column,
    /// An enum type.
    Enum,
    /// A value of an enum type.
    EnumValue,
}

impl RenameKind {
    /// What people call it.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Enum => "enum",
            Self::EnumValue => "enum value",
        }
    }

    /// The flag of the command line that says what was renamed.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Table => "--rename-table",
            Self::Column => "--rename",
            Self::Enum => "--rename-enum",
            Self::EnumValue => "--rename-value",
        }
    }

    /// The kind of thing that it is part of.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Table | Self::Enum => None,
            Self::Column => Some(Self::Table),
            Self::EnumValue => Some(Self::Enum),
        }
    }
}

/// Is `gained` new, or renamed from one of the lost names?
///
/// ```
/// use whimbrel_core::resolve::{Candidate, Question, RenameKind, RenameQuestion};
///
/// let question = RenameQuestion {
///     kind: RenameKind::Column,
///     parent: Some("users".into()),
///     gained: "nickname".into(),
///     gained_type: Some("TEXT".into()),
///     candidates: vec![Candidate { name: "nick".into(), sql_type: Some("TEXT".into()), likeness: 80 }],
/// };
/// let headline = Question::Rename(question).headline();
/// assert_eq!(headline, "column users.nickname: new, or renamed from nick?");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RenameQuestion {
    /// What it is.
    pub kind: RenameKind,
    /// The table of a column, or the enum of a value, by its *new* name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<ObjectName>,
    /// The name that was gained (for a column or value its bare name).
    pub gained: ObjectName,
    /// The type of a gained column, for display.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gained_type: Option<String>,
    /// The names that were lost, the likeliest first; never empty.
    pub candidates: Vec<Candidate>,
}

/// Something lost that may live on under the gained name.
///
/// ```
/// use whimbrel_core::resolve::{Answer, Candidate};
/// let likeliest = Candidate { name: "nick".into(), sql_type: Some("TEXT".into()), likeness: 80 };
/// assert_eq!(Answer::RenamedFrom(likeliest.name), Answer::RenamedFrom("nick".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The lost name.
    pub name: ObjectName,
    /// The type of a lost column, for display.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql_type: Option<String>,
    /// How alike the two are, from 0 (nothing in common) to 100.
    pub likeness: u8,
}

/// May this be lost?
///
/// ```
/// use whimbrel_core::resolve::{Facts, Loss, LossKind, LossQuestion, Question};
///
/// let loss = Loss { table: "logs".into(), kind: LossKind::DropTable };
/// let facts = Facts { affected: 12, total: None, sample: None };
/// let question = Question::Loss(LossQuestion { loss, facts: Some(facts) });
/// assert_eq!(question.headline(), "logs: all rows are lost (it holds 12 rows)");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LossQuestion {
    /// What would be lost, or fail.
    #[serde(flatten)]
    pub loss: Loss,
    /// What the live rows say; absent where no database was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<Facts>,
}

/// May a migration be rolled back that says of itself that this loses data?
///
/// ```
/// use whimbrel_core::resolve::{DownQuestion, Question};
///
/// let warnings = vec!["users.bio: all values are lost".to_owned()];
/// let question = Question::Down(DownQuestion { migration: "add-bio".into(), warnings });
/// assert_eq!(question.headline(), "down of `add-bio`: users.bio: all values are lost");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DownQuestion {
    /// The migration.
    pub migration: String,
    /// What its down file says, a `-- WARNING:` line each, and what would become of rows
    /// of other tables.
    pub warnings: Vec<String>,
}

/// What a bounded query found.
///
/// ```
/// use whimbrel_core::describe::loss_question;
/// use whimbrel_core::resolve::{Facts, Loss, LossKind, LossQuestion};
///
/// let kind = LossKind::DropColumn { column: "nick".into() };
/// let facts = Facts { affected: 3, total: Some(5), sample: Some("Bo".into()) };
/// let question = LossQuestion { loss: Loss { table: "users".into(), kind }, facts: Some(facts) };
/// assert_eq!(
///     loss_question(&question),
///     "users.nick: all values are lost (3 of 5 rows hold a value, such as 'Bo')"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// The rows that are affected; at [`crate::plan::Probe::LIMIT`] there may be more.
    pub affected: u64,
    /// All rows, where that says something; bounded likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// One affected value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
}

/// What a person said.
///
/// ```
/// use whimbrel_core::resolve::{Answer, DownQuestion, Question, Resolver, from_fn};
///
/// let mut by_rule = from_fn(|question| match question {
///     Question::Rename(_) => Some(Answer::New),
///     Question::Loss(_) => Some(Answer::Reject),
///     Question::Down(_) => Some(Answer::Accept),
/// });
/// let question = Question::Down(DownQuestion { migration: "add-bio".into(), warnings: vec![] });
/// assert_eq!(by_rule.answer(&question), Some(Answer::Accept));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The gained name is new.
    New,
    /// The gained name was this one before.
    RenamedFrom(ObjectName),
    /// The loss is accepted.
    Accept,
    /// Each removed enum value is replaced: by another, or by NULL.
    Replace(BTreeMap<String, Option<String>>),
    /// Nothing is to be done at all.
    Reject,
}
