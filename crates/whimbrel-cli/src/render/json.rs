//! The one JSON object that `--json` prints.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};
use whimbrel::core::change::Change;
use whimbrel::core::plan::{Plan, Proof};
use whimbrel::core::resolve::Question;

/// The version of the object's form: it counts up when a field goes or changes
/// its meaning, not when one comes.
const VERSION: u32 = 1;

/// What a command has to say; what does not apply to it is left out.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Output {
    pub(crate) version: u32,
    pub(crate) command: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) changes: Option<Vec<Change>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) steps: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) questions: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notes: Option<Vec<String>>,
    /// Objects that whimbrel does not manage, counted by kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) left_alone: Option<BTreeMap<String, u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proof: Option<Proof>,
    /// Whether the plan ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) applied: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sql: Option<String>,
    /// A snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) schema: Option<Value>,
    /// The files that were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) files: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Failure>,
}

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) help: Option<String>,
}

impl Output {
    pub(crate) fn new(command: &'static str) -> Self {
        Self { version: VERSION, command, ..Self::default() }
    }

    /// The object as one line, with its end.
    pub(crate) fn line(&self) -> String {
        serde_json::to_string(self).expect("every key is a string") + "\n"
    }
}

/// The steps of a plan, each with the number of its batch.
pub(crate) fn steps(plan: &Plan) -> Vec<Value> {
    let numbered = plan.batches.iter().enumerate();
    numbered
        .flat_map(|(at, batch)| {
            batch.steps.iter().map(move |step| {
                json!({
                    "batch": at,
                    "transaction": batch.transaction,
                    "sql": step.sql,
                    "hazards": step.hazards,
                })
            })
        })
        .collect()
}

/// Questions, each with the flags that answer it.
pub(crate) fn questions(questions: &[Question]) -> Vec<Value> {
    let with_flags = |question: &Question| {
        let mut value = serde_json::to_value(question).expect("every key is a string");
        value["flags"] = json!(question.flags());
        value
    };
    questions.iter().map(with_flags).collect()
}
