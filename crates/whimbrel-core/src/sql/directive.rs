//! Directives for a whole file, at its top.

use std::time::Duration;

use super::annotation::{Annotation, annotation};
use super::{AnnotationProblem, AnnotationProblemKind, Lexicon, tokens};

/// Run the file's statements one by one, each on its own.
pub(super) const NO_TRANSACTION: &str = "no-transaction";
/// Wait for a lock no longer than this.
pub(super) const LOCK_TIMEOUT: &str = "lock-timeout";

/// What a file says of itself.
///
/// ```
/// use whimbrel_core::sql::{Directives, Lexicon, directives};
///
/// assert_eq!(directives("CREATE TABLE a (b)", Lexicon::SQLITE), Directives::default());
/// let late = directives("VACUUM;\n-- whimbrel: no-transaction", Lexicon::SQLITE);
/// assert!(!late.no_transaction);
/// assert_eq!(
///     late.problems[0].kind.to_string(),
///     "`whimbrel: no-transaction` speaks of the whole file but is not at its top"
/// );
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    /// `-- whimbrel: no-transaction`.
    pub no_transaction: bool,
    /// `-- whimbrel: lock-timeout 2s`.
    pub lock_timeout: Option<Duration>,
    /// What could not be read, or stands in the wrong place.
    pub problems: Vec<AnnotationProblem>,
}

/// Reads the directives of a file: comments above its first statement.
///
/// ```
/// use std::time::Duration;
/// use whimbrel_core::sql::{Lexicon, directives};
/// let found = directives("-- whimbrel: no-transaction\n-- whimbrel: lock-timeout 500ms\nVACUUM;", Lexicon::POSTGRES);
/// assert!(found.no_transaction && found.problems.is_empty());
/// assert_eq!(found.lock_timeout, Some(Duration::from_millis(500)));
/// ```
pub fn directives(text: &str, lexicon: Lexicon) -> Directives {
    let mut found = Directives::default();
    let mut at_top = true;
    for token in tokens(text, lexicon) {
        at_top &= token.is_trivia();
        if let Some(annotation) = annotation(&token) {
            found.read(&annotation, at_top);
        }
    }
    found
}

impl Directives {
    fn read(&mut self, annotation: &Annotation<'_>, at_top: bool) {
        let directive = match annotation.directive {
            NO_TRANSACTION => NO_TRANSACTION,
            LOCK_TIMEOUT => LOCK_TIMEOUT,
            super::hint::RENAMED_FROM => return,
            _ => return self.problems.push(annotation.unknown()),
        };
        let problem = if !at_top {
            Some(AnnotationProblemKind::NotAtTop { directive })
        } else if directive == NO_TRANSACTION {
            self.no_transaction = true;
            let wrong = !annotation.argument.is_empty();
            wrong.then_some(AnnotationProblemKind::Argument { directive, expected: "no argument" })
        } else {
            self.lock_timeout = duration(annotation.argument);
            let wrong = self.lock_timeout.is_none();
            wrong.then_some(AnnotationProblemKind::Argument {
                directive,
                expected: "a time such as `2s` or `500ms`",
            })
        };
        self.problems.extend(problem.map(|kind| annotation.problem(kind)));
    }
}

/// Reads `500ms`, `2s` or `1min`.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit.trim_start() {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "min" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_at_the_top() {
        let check = |text, no_transaction, seconds: Option<u64>, problems: &[&str]| {
            let found = directives(text, Lexicon::POSTGRES);
            let messages: Vec<_> =
                found.problems.iter().map(|problem| format!("{} {}", problem.offset, problem.kind)).collect();
            assert_eq!(found.no_transaction, no_transaction, "{text}");
            assert_eq!(found.lock_timeout, seconds.map(Duration::from_secs), "{text}");
            assert_eq!(messages, problems, "{text}");
        };
        check("", false, None, &[]);
        check("-- hello\n/* whimbrel: no-transaction */ a", true, None, &[]);
        check("--whimbrel:lock-timeout 2 min", false, Some(120), &[]);
        check("-- not whimbrel: no-transaction", false, None, &[]);
        check("'-- whimbrel: no-transaction'", false, None, &[]);
        check(
            "-- whimbrel: lock-timeout",
            false,
            None,
            &["0 `whimbrel: lock-timeout` takes a time such as `2s` or `500ms`"],
        );
        check(
            "-- whimbrel: lock-timeout soon",
            false,
            None,
            &["0 `whimbrel: lock-timeout` takes a time such as `2s` or `500ms`"],
        );
        check(
            "-- whimbrel: no-transaction please",
            true,
            None,
            &["0 `whimbrel: no-transaction` takes no argument"],
        );
        check("-- whimbrel: fly", false, None, &["0 unknown directive `whimbrel: fly`"]);
        check(
            "a; -- whimbrel: no-transaction",
            false,
            None,
            &["3 `whimbrel: no-transaction` speaks of the whole file but is not at its top"],
        );
    }
}
