//! The verdict on a plan.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a replay in a scratch database showed.
///
/// ```
/// use whimbrel_core::plan::Proof;
/// assert_eq!(Proof::Lossy.to_string(), "lossy");
/// let proof = Proof::Unproved { reason: "it is to be written by hand".into() };
/// assert_eq!(proof.to_string(), "unproved (it is to be written by hand)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Proof {
    /// The plan gives the desired schema, the way back gives the current one,
    /// and every value that both schemas have a place for survived.
    Exact,
    /// As [`Proof::Exact`], but what the plan drops cannot be brought back.
    Lossy,
    /// The plan gives the desired schema; there is no way back.
    Irreversible {
        /// What stands in the way.
        reason: String,
    },
    /// Nothing was shown.
    Unproved {
        /// What stood in the way.
        reason: String,
    },
}

impl Proof {
    /// The proof that is written so.
    ///
    /// ```
    /// use whimbrel_core::plan::Proof;
    /// assert_eq!(Proof::named("exact"), Some(Proof::Exact));
    /// let proof = Proof::Irreversible { reason: "there is no way back".into() };
    /// assert_eq!(Proof::named(&proof.to_string()), Some(proof));
    /// assert_eq!(Proof::named("perhaps"), None);
    /// ```
    pub fn named(text: &str) -> Option<Self> {
        let (verdict, reason) = match text.strip_suffix(')').and_then(|text| text.split_once(" (")) {
            Some((verdict, reason)) => (verdict, Some(reason.to_owned())),
            None => (text, None),
        };
        match (verdict, reason) {
            ("exact", None) => Some(Self::Exact),
            ("lossy", None) => Some(Self::Lossy),
            ("irreversible", Some(reason)) => Some(Self::Irreversible { reason }),
            ("unproved", Some(reason)) => Some(Self::Unproved { reason }),
            (_, _) => None,
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Lossy => f.write_str("lossy"),
            Self::Irreversible { reason } => write!(f, "irreversible ({reason})"),
            Self::Unproved { reason } => write!(f, "unproved ({reason})"),
        }
    }
}
