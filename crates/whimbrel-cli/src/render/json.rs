//! The one JSON object that `--json` prints.

use std::collections::BTreeMap;

use serde::Serialize;
use whimbrel::Written;
use whimbrel::core::change::Change;
use whimbrel::core::history::{Entry, SquashForm};
use whimbrel::core::plan::{Batch, Plan, Proof, Step};
use whimbrel::core::resolve::Question;
use whimbrel::core::schema::Snapshot;

/// The version of the object's form: it counts up when a field goes or changes
/// its meaning, not when one comes.
const VERSION: u32 = 1;

/// What a command has to say; what does not apply to it is left out.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    pub(crate) version: u32,
    /// Absent where the arguments name no command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changes: Option<Vec<Change>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) steps: Option<Vec<PlannedStep>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) questions: Option<Vec<OpenQuestion>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notes: Option<Vec<String>>,
    /// Objects that whimbrel does not manage, counted by kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) left_alone: Option<BTreeMap<String, u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) migrations: Option<Vec<Migration>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) squash: Option<Squash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<Proof>,
    /// Whether the plan ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) applied: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sql: Option<String>,
    /// A snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<Snapshot>,
    /// The files that were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<Vec<String>>,
    /// The files that a dry run leaves unwritten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) would_write: Option<Vec<String>>,
    /// What `check` found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) findings: Option<Vec<Finding>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Failure>,
}

/// Something that `check` found.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding {
    pub(crate) finding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) migrations: Vec<Migration>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) changes: Vec<Change>,
    pub(crate) help: String,
}

/// A migration, and what a command has to say of it.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Migration {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) idx: Option<u32>,
    pub(crate) name: String,
    /// The path in the folder of migrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// What is worth knowing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notes: Option<Vec<String>>,
    /// As the database keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) applied_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<Proof>,
    /// How long it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) milliseconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sql: Option<String>,
}

impl Migration {
    /// A migration of the journal.
    pub(crate) fn entry(entry: &Entry) -> Self {
        Self {
            idx: Some(entry.idx),
            name: entry.name.clone(),
            file: Some(entry.path()),
            proof: entry.proof.clone(),
            ..Self::default()
        }
    }

    /// A migration that was written, or would be.
    pub(crate) fn written(one: &Written) -> Self {
        Self { sql: Some(one.up.text.clone()), ..Self::entry(&one.entry) }
    }
}

/// Where the statements of a squashed migration are from.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "form", rename_all = "camelCase")]
pub(crate) enum Squash {
    /// A plan from nothing has `after` statements in place of `before`.
    Anew { before: usize, after: usize },
    /// They are as they were written.
    AsWritten { reason: String },
}

impl Squash {
    pub(crate) fn of(form: &SquashForm) -> Self {
        match form {
            SquashForm::Anew { statements } => Self::Anew { before: statements.from, after: statements.to },
            SquashForm::AsWritten(reason) => Self::AsWritten { reason: reason.to_string() },
        }
    }
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
    /// What the message rests on, such as the words of the engine, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) causes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
    /// Each of several things that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) problems: Vec<Failure>,
}

impl Output {
    /// What has failed before a command was known.
    pub(crate) fn failed(failure: Failure) -> Self {
        Self { version: VERSION, error: Some(failure), ..Self::default() }
    }

    pub(crate) fn new(command: &'static str) -> Self {
        Self { version: VERSION, command: Some(command), ..Self::default() }
    }

    /// Sorts files into those that were written and those that only would be.
    pub(crate) fn files(files: Vec<String>, written: bool) -> (Option<Vec<String>>, Option<Vec<String>>) {
        if written || files.is_empty() { (Some(files), None) } else { (Some(Vec::new()), Some(files)) }
    }

    /// The object as one line, with its end.
    pub(crate) fn line(&self) -> String {
        serde_json::to_string(self).expect("every key is a string") + "\n"
    }
}

/// A step of a plan, with the number of its batch.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct PlannedStep {
    batch: usize,
    transaction: bool,
    #[serde(flatten)]
    step: Step,
}

/// A question, with the flags that answer it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OpenQuestion {
    #[serde(flatten)]
    question: Question,
    flags: Vec<String>,
}

/// The steps of a plan, in order.
pub(crate) fn steps(plan: &Plan) -> Vec<PlannedStep> {
    let batches = plan.batches.iter().enumerate();
    batches
        .flat_map(|(batch, Batch { transaction, steps, .. })| {
            steps.iter().map(move |step| PlannedStep { batch, transaction: *transaction, step: step.clone() })
        })
        .collect()
}

/// Questions, in the order in which they were asked.
pub(crate) fn questions(questions: &[Question]) -> Vec<OpenQuestion> {
    questions.iter().map(|one| OpenQuestion { question: one.clone(), flags: one.flags() }).collect()
}
