//! Comments that speak to whimbrel: `-- whimbrel: directive argument`.

use std::fmt;

use super::{Token, TokenKind};

/// Such a comment, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Annotation<'a> {
    /// The first word after `whimbrel:`.
    pub(super) directive: &'a str,
    /// What follows it.
    pub(super) argument: &'a str,
    /// Where the comment begins in the whole text, in bytes.
    pub(super) offset: usize,
}

/// What is wrong with a comment that speaks to whimbrel.
///
/// ```
/// use whimbrel_core::sql::{AnnotationProblem, AnnotationProblemKind, Lexicon, directives};
///
/// let found = directives("-- whimbrel: no-transactions\nVACUUM;", Lexicon::SQLITE);
/// let kind = AnnotationProblemKind::Unknown { directive: "no-transactions".into() };
/// assert_eq!(found.problems, [AnnotationProblem { kind, offset: 0 }]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationProblem {
    /// What it is.
    pub kind: AnnotationProblemKind,
    /// Where the comment begins in the whole text, in bytes.
    pub offset: usize,
}

/// The kinds of [`AnnotationProblem`].
///
/// ```
/// use whimbrel_core::sql::{Lexicon, directives, hints};
///
/// let of_hints = |text| hints(text, Lexicon::SQLITE).problems[0].kind.to_string();
/// assert_eq!(of_hints("-- whimbrel: renamed_from a"), "unknown directive `whimbrel: renamed_from`");
/// assert_eq!(of_hints("-- whimbrel: renamed-from a b"), "`whimbrel: renamed-from` takes the old name");
/// let of_directives = |text| directives(text, Lexicon::SQLITE).problems[0].kind.to_string();
/// assert_eq!(
///     of_directives("-- whimbrel: lock-timeout soon"),
///     "`whimbrel: lock-timeout` takes a time such as `2s` or `500ms`"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnnotationProblemKind {
    /// whimbrel knows no such directive.
    Unknown {
        /// The directive, as written.
        directive: String,
    },
    /// The argument is missing or is not what the directive takes.
    Argument {
        /// The directive.
        directive: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// Neither a table nor a column follows the hint.
    Unbound,
    /// The hint stands at the end of a line that begins with something else, so
    /// it could be meant for that or for what follows.
    Ambiguous,
    /// A directive for the whole file stands below its first statement.
    NotAtTop {
        /// The directive.
        directive: &'static str,
    },
}

impl AnnotationProblemKind {
    /// What to do about it.
    ///
    /// ```
    /// use whimbrel_core::sql::{AnnotationProblemKind, Lexicon, hints};
    ///
    /// let found = hints("CREATE TABLE a (b int -- whimbrel: renamed-from c\n);", Lexicon::SQLITE);
    /// assert_eq!(found.problems[0].kind, AnnotationProblemKind::Ambiguous);
    /// assert_eq!(
    ///     found.problems[0].kind.help(),
    ///     "put the hint on a line of its own, above the table or column that was renamed"
    /// );
    /// ```
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => {
                "the directives are `renamed-from NAME`, and in migrations `no-transaction`, `lock-timeout 2s` and `down`"
            }
            Self::Argument { .. } => "write the name as in SQL, in quotes where SQL needs them",
            Self::Unbound => "put the hint before the CREATE TABLE, or before the column in its parentheses",
            Self::Ambiguous => {
                "put the hint on a line of its own, above the table or column that was renamed"
            }
            Self::NotAtTop { .. } => "put the directive above the first statement of the file",
        }
    }
}

impl fmt::Display for AnnotationProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { directive } => write!(f, "unknown directive `whimbrel: {directive}`"),
            Self::Argument { directive, expected } => {
                write!(f, "`whimbrel: {directive}` takes {expected}")
            }
            Self::Unbound => f.write_str("the hint stands before no table or column"),
            Self::Ambiguous => f.write_str("the hint may speak of what is before it or of what follows"),
            Self::NotAtTop { directive } => {
                write!(f, "`whimbrel: {directive}` speaks of the whole file but is not at its top")
            }
        }
    }
}

/// Reads a comment that holds `whimbrel:` and nothing before it.
pub(super) fn annotation<'a>(token: &Token<'a>) -> Option<Annotation<'a>> {
    let content = match token.kind {
        TokenKind::LineComment => token.text.strip_prefix("--")?,
        TokenKind::BlockComment => {
            let content = token.text.strip_prefix("/*")?;
            content.strip_suffix("*/").unwrap_or(content)
        }
        _ => return None,
    };
    let content = content.trim().strip_prefix("whimbrel:")?.trim();
    let (directive, argument) = content.split_once(char::is_whitespace).unwrap_or((content, ""));
    Some(Annotation { directive, argument: argument.trim(), offset: token.offset })
}

impl Annotation<'_> {
    pub(super) fn problem(&self, kind: AnnotationProblemKind) -> AnnotationProblem {
        AnnotationProblem { kind, offset: self.offset }
    }

    pub(super) fn unknown(&self) -> AnnotationProblem {
        self.problem(AnnotationProblemKind::Unknown { directive: self.directive.to_owned() })
    }
}
