//! Where a migration stands, in words.

use std::fmt;

use crate::history::{Detail, Standing, State};

impl Standing {
    /// The rows whose place the record of this migration takes at the next
    /// apply, if it replaces migrations that are all applied.
    ///
    /// ```
    /// use whimbrel_core::history::{Detail, Standing, State};
    ///
    /// let rows = vec!["users".to_owned(), "posts".to_owned()];
    /// let standing = Standing {
    ///     name: "initial".into(),
    ///     idx: Some(0),
    ///     state: State::Applied,
    ///     applied_at: None,
    ///     details: vec![Detail::Swap { rows: rows.clone() }],
    /// };
    /// assert_eq!(standing.swap(), Some(&rows[..]));
    /// assert_eq!(standing.to_string(), "0000_initial: applied; as `users`, `posts`");
    /// ```
    pub fn swap(&self) -> Option<&[String]> {
        self.details.iter().find_map(|detail| match detail {
            Detail::Swap { rows } => Some(rows.as_slice()),
            Detail::FileEdited { .. }
            | Detail::FileMissing
            | Detail::DownEdited { .. }
            | Detail::DownMissing
            | Detail::AppliedOther { .. }
            | Detail::Before { .. }
            | Detail::HalfApplied { .. }
            | Detail::Begun { .. }
            | Detail::TakenBackInPart { .. } => None,
        })
    }

    /// Its number and name, as its file has them.
    ///
    /// ```
    /// use whimbrel_core::history::{Standing, State};
    ///
    /// let known = Standing {
    ///     name: "add-users".into(),
    ///     idx: Some(3),
    ///     state: State::Pending,
    ///     applied_at: None,
    ///     details: vec![],
    /// };
    /// assert_eq!(known.label(), "0003_add-users");
    /// let unknown = Standing { idx: None, state: State::Unknown, ..known };
    /// assert_eq!(unknown.label(), "add-users");
    /// ```
    pub fn label(&self) -> String {
        match self.idx {
            Some(idx) => format!("{idx:04}_{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// `0003_add-users: pending`, with what else there is to say after it.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.label(), self.state)?;
        if let Some(applied_at) = self.applied_at.as_deref().filter(|_| self.state == State::Applied) {
            write!(f, " at {applied_at}")?;
        }
        self.details.iter().try_for_each(|detail| write!(f, "; {detail}"))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FileEdited { .. } => f.write_str("its file is not what the journal says"),
            Self::FileMissing => f.write_str("its file is missing"),
            Self::DownEdited { .. } => f.write_str("its down file is not what the journal says"),
            Self::DownMissing => f.write_str("its down file is missing"),
            Self::AppliedOther { .. } => f.write_str("the database applied another one of this name"),
            Self::Before { applied } => write!(f, "`{applied}`, which comes after it, is applied"),
            Self::Swap { rows } => write!(f, "as {}", list(rows)),
            Self::HalfApplied { applied, missing } => {
                let are = |names: &[String]| if names.len() == 1 { "is" } else { "are" };
                write!(f, "of what it replaces {} {} applied ", list(applied), are(applied))?;
                write!(f, "and {} {} not", list(missing), are(missing))
            }
            Self::Begun { done, same_file: true } => {
                write!(f, "statements done: {done}; `apply` goes on")
            }
            Self::Begun { done, same_file: false } => {
                write!(f, "statements done: {done}; its file was edited since")
            }
            Self::TakenBackInPart { done } => {
                write!(f, "statements of its way back done: {done}; `down` goes on")
            }
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_is_one_line() {
        let standing = |state, applied_at: Option<&str>, details| Standing {
            name: "add-users".into(),
            idx: Some(3),
            state,
            applied_at: applied_at.map(str::to_owned),
            details,
        };
        let when = Some("2026-05-01 10:00:00");
        let cases = [
            (standing(State::Pending, None, vec![]), "0003_add-users: pending"),
            (standing(State::Applied, when, vec![]), "0003_add-users: applied at 2026-05-01 10:00:00"),
            (
                standing(State::Applied, when, vec![Detail::Swap { rows: vec!["a".into(), "b".into()] }]),
                "0003_add-users: applied at 2026-05-01 10:00:00; as `a`, `b`",
            ),
            (
                standing(State::OutOfOrder, None, vec![Detail::Before { applied: "b".into() }]),
                "0003_add-users: out of order; `b`, which comes after it, is applied",
            ),
            (
                standing(
                    State::Failed,
                    None,
                    vec![Detail::HalfApplied {
                        applied: vec!["a".into()],
                        missing: vec!["b".into(), "c".into()],
                    }],
                ),
                "0003_add-users: failed; of what it replaces `a` is applied and `b`, `c` are not",
            ),
            (
                standing(
                    State::Failed,
                    None,
                    vec![Detail::HalfApplied {
                        applied: vec!["a".into(), "b".into()],
                        missing: vec!["c".into()],
                    }],
                ),
                "0003_add-users: failed; of what it replaces `a`, `b` are applied and `c` is not",
            ),
            (
                standing(State::Failed, None, vec![Detail::Begun { done: 2, same_file: true }]),
                "0003_add-users: failed; statements done: 2; `apply` goes on",
            ),
        ];
        for (standing, expected) in cases {
            assert_eq!(standing.to_string(), expected);
        }
    }
}
