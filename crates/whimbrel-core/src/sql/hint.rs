//! Hints in a source: comments that say what a table or column was called.
//!
//! ```sql
//! -- whimbrel: renamed-from members
//! CREATE TABLE users (
//!   id integer PRIMARY KEY,
//!   -- whimbrel: renamed-from nick
//!   nickname text
//! );
//! ```
//!
//! A hint speaks of the table or column that follows it. Nothing is guessed: one
//! that could speak of two things, or of none, is a problem.

use super::annotation::{Annotation, annotation};
use super::{
    AnnotationProblem, AnnotationProblemKind, Cursor, DdlKind, DdlVerb, Lexicon, Statement, Token, TokenKind,
    directive, split, tokens,
};
use crate::name::ObjectName;

/// The directive of a hint.
pub(super) const RENAMED_FROM: &str = "renamed-from";

/// What a table or column was called before.
///
/// ```
/// use whimbrel_core::name::ObjectName;
/// use whimbrel_core::sql::{Hint, HintTarget, Lexicon, hints};
///
/// let source = "-- whimbrel: renamed-from old.members\nCREATE TABLE users (id int);";
/// let expected = Hint {
///     target: HintTarget::Table(ObjectName::new("users")),
///     renamed_from: ObjectName::qualified("old", "members"),
///     offset: 0,
/// };
/// assert_eq!(hints(source, Lexicon::POSTGRES).hints, [expected]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it is called now.
    pub target: HintTarget,
    /// What it was called; for a column, the name alone.
    pub renamed_from: ObjectName,
    /// Where the comment begins in the whole text, in bytes.
    pub offset: usize,
}

/// What a hint speaks of.
///
/// ```
/// use whimbrel_core::name::ObjectName;
/// use whimbrel_core::sql::{HintTarget, Lexicon, hints};
///
/// let source = "CREATE TABLE app.users (
///   -- whimbrel: renamed-from nick
///   nickname text
/// );";
/// let users = ObjectName::qualified("app", "users");
/// let column = HintTarget::Column { table: users, column: "nickname".into() };
/// assert_eq!(hints(source, Lexicon::POSTGRES).hints[0].target, column);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HintTarget {
    /// A table.
    Table(ObjectName),
    /// A column.
    Column {
        /// Its table.
        table: ObjectName,
        /// Its name.
        column: String,
    },
}

/// The hints of a text.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, hints, position};
///
/// let source = "CREATE TABLE users (id int);\n-- whimbrel: renamed-from members\n";
/// let found = hints(source, Lexicon::SQLITE);
/// assert_eq!(found.hints, []);
/// let problem = &found.problems[0];
/// assert_eq!(position(source, problem.offset).line, 2);
/// assert_eq!(problem.kind.to_string(), "the hint stands before no table or column");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Those that could be bound, in the order of the text.
    pub hints: Vec<Hint>,
    /// Those that could not, and directives that are not known.
    pub problems: Vec<AnnotationProblem>,
}

/// Reads the hints of a text and binds each to the table or column that follows.
///
/// ```
/// use whimbrel_core::sql::{HintTarget, Lexicon, hints};
/// let source = "CREATE TABLE users (\n  -- whimbrel: renamed-from nick\n  nickname text\n);";
/// let found = hints(source, Lexicon::SQLITE);
/// assert_eq!(found.hints[0].renamed_from.name, "nick");
/// let column = HintTarget::Column { table: "users".into(), column: "nickname".into() };
/// assert_eq!(found.hints[0].target, column);
/// ```
pub fn hints(text: &str, lexicon: Lexicon) -> Hints {
    if !text.contains("whimbrel:") {
        return Hints::default();
    }
    let mut binder = Binder {
        text,
        lexicon,
        statements: split(text, lexicon).into_iter().peekable(),
        place: Place::Outside,
        pending: Vec::new(),
        in_line: false,
        found: Hints::default(),
    };
    for token in tokens(text, lexicon) {
        binder.take(&token);
        binder.follow_line(&token);
    }
    binder.drop_pending();
    binder.found.problems.sort_by_key(|problem| problem.offset);
    binder.found
}

struct Binder<'a> {
    text: &'a str,
    lexicon: Lexicon,
    statements: std::iter::Peekable<std::vec::IntoIter<Statement<'a>>>,
    place: Place,
    /// Hints that wait for what follows them.
    pending: Vec<(ObjectName, Annotation<'a>)>,
    /// Whether anything stands before the next token on its line.
    in_line: bool,
    found: Hints,
}

/// Where we are among the statements.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Between two statements.
    Outside,
    /// In a statement that makes no table, up to its end.
    Elsewhere { end: usize },
    /// In a CREATE TABLE, up to its end, so many parentheses deep.
    Table { end: usize, name: ObjectName, depth: usize, expects: Expects },
}

/// What may come next in a CREATE TABLE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expects {
    /// The head: hints speak of the table.
    Head,
    /// A column or a constraint.
    Definition,
    /// More of the same column or constraint.
    Rest,
    /// Only options: the list of columns is closed.
    Options,
}

impl<'a> Binder<'a> {
    fn take(&mut self, token: &Token<'a>) {
        self.leave(token.offset);
        if token.is_trivia() {
            if let Some(annotation) = annotation(token) {
                self.annotation(annotation, token);
            }
            return;
        }
        if self.place == Place::Outside {
            self.enter(token.offset);
        }
        self.step(token);
    }

    fn leave(&mut self, offset: usize) {
        match self.place {
            Place::Elsewhere { end } | Place::Table { end, .. } if end <= offset => {
                self.drop_pending();
                self.place = Place::Outside;
            }
            Place::Outside | Place::Elsewhere { .. } | Place::Table { .. } => {}
        }
    }

    /// Enters the statement that begins here, if one does.
    fn enter(&mut self, offset: usize) {
        let Some(statement) = self.statements.next_if(|statement| statement.offset == offset) else { return };
        let end = statement.end();
        let table = [DdlKind::Table, DdlKind::VirtualTable, DdlKind::ForeignTable]
            .into_iter()
            .find_map(|kind| statement.class.ddl(DdlVerb::Create, kind));
        self.place = match table.and_then(|ddl| Some((ddl.kind, ddl.name.clone()?))) {
            Some((kind, name)) => {
                self.bind(&HintTarget::Table(name.clone()));
                // What a virtual table has between its parentheses is its module's.
                let expects = if kind == DdlKind::VirtualTable { Expects::Options } else { Expects::Head };
                Place::Table { end, name, depth: 0, expects }
            }
            None => {
                self.drop_pending();
                Place::Elsewhere { end }
            }
        };
    }

    /// Follows the tokens of a CREATE TABLE.
    fn step(&mut self, token: &Token<'a>) {
        let Place::Table { name, depth, expects, .. } = &mut self.place else { return };
        let mark = if token.kind == TokenKind::Punct { token.text } else { "" };
        let target = match (mark, *depth) {
            ("(", 0) if *expects == Expects::Head => {
                (*depth, *expects) = (1, Expects::Definition);
                return;
            }
            ("(", _) => {
                *depth += 1;
                None
            }
            (")", _) => {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    *expects = Expects::Options;
                }
                None
            }
            (",", 1) if *expects == Expects::Rest => {
                // A hint above a line that begins with the comma waits on.
                *expects = Expects::Definition;
                return;
            }
            (_, 1) if *expects == Expects::Definition => {
                *expects = Expects::Rest;
                column(token, self.lexicon).map(|column| HintTarget::Column { table: name.clone(), column })
            }
            (_, 0) if *expects == Expects::Head && token.is_word("as") => {
                *expects = Expects::Options;
                None
            }
            (_, 0) if *expects == Expects::Head => return,
            _ => None,
        };
        match target {
            Some(target) => self.bind(&target),
            None => self.drop_pending(),
        }
    }

    fn annotation(&mut self, annotation: Annotation<'a>, comment: &Token<'a>) {
        match annotation.directive {
            RENAMED_FROM if self.ends_a_line(comment) => {
                self.found.problems.push(annotation.problem(AnnotationProblemKind::Ambiguous));
            }
            RENAMED_FROM => self.hint(annotation),
            directive::NO_TRANSACTION | directive::LOCK_TIMEOUT => {}
            _ => self.found.problems.push(annotation.unknown()),
        }
    }

    fn hint(&mut self, hint: Annotation<'a>) {
        let Some(renamed_from) = old_name(hint.argument, self.lexicon) else {
            let kind = AnnotationProblemKind::Argument { directive: RENAMED_FROM, expected: "the old name" };
            return self.found.problems.push(hint.problem(kind));
        };
        match &self.place {
            Place::Table { name, expects: Expects::Head, .. } => {
                let target = HintTarget::Table(name.clone());
                self.found.hints.push(Hint { target, renamed_from, offset: hint.offset });
            }
            Place::Outside | Place::Table { expects: Expects::Definition | Expects::Rest, .. } => {
                self.pending.push((renamed_from, hint));
            }
            Place::Elsewhere { .. } | Place::Table { expects: Expects::Options, .. } => {
                self.found.problems.push(hint.problem(AnnotationProblemKind::Unbound));
            }
        }
    }

    /// Says whether the comment has something before it on its line and nothing
    /// after.
    fn ends_a_line(&self, comment: &Token<'_>) -> bool {
        let after = self.text[comment.end()..].trim_start_matches([' ', '\t', '\r']);
        self.in_line && (after.is_empty() || after.starts_with('\n'))
    }

    /// Notes whether anything but blanks stands on the line so far.
    fn follow_line(&mut self, token: &Token<'_>) {
        match token.text.rsplit_once('\n') {
            Some((_, line)) => self.in_line = !line.trim().is_empty(),
            None => self.in_line |= token.kind != TokenKind::Whitespace,
        }
    }

    fn bind(&mut self, target: &HintTarget) {
        for (renamed_from, annotation) in self.pending.drain(..) {
            if matches!(target, HintTarget::Column { .. }) && renamed_from.namespace.is_some() {
                let expected = "the old name of the column alone";
                let kind = AnnotationProblemKind::Argument { directive: RENAMED_FROM, expected };
                self.found.problems.push(annotation.problem(kind));
            } else {
                self.found.hints.push(Hint {
                    target: target.clone(),
                    renamed_from,
                    offset: annotation.offset,
                });
            }
        }
    }

    fn drop_pending(&mut self) {
        let unbound = |(_, hint): (_, Annotation<'_>)| hint.problem(AnnotationProblemKind::Unbound);
        self.found.problems.extend(self.pending.drain(..).map(unbound));
    }
}

/// The name of the column whose definition begins with the token; `None` where
/// a constraint or a LIKE clause does.
fn column(token: &Token<'_>, lexicon: Lexicon) -> Option<String> {
    const OTHERS: &[&str] = &["constraint", "primary", "unique", "check", "foreign", "exclude", "like"];
    // EXCLUDE and LIKE are names to SQLite.
    let others = if lexicon.loose_identifiers { &OTHERS[..5] } else { OTHERS };
    if others.iter().any(|word| token.is_word(word)) {
        return None;
    }
    token.name(lexicon).map(std::borrow::Cow::into_owned)
}

/// Reads a name that stands alone.
fn old_name(argument: &str, lexicon: Lexicon) -> Option<ObjectName> {
    let mut cursor = Cursor::new(argument, lexicon);
    let name = cursor.object_name()?;
    cursor.peek().is_none().then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `table <- old` and `table.column <- old` lines, then problems.
    fn check(lexicon: Lexicon, text: &str, expected: &[&str]) {
        let found = hints(text, lexicon);
        let hints = found.hints.iter().map(|hint| match &hint.target {
            HintTarget::Table(table) => format!("{table} <- {}", hint.renamed_from),
            HintTarget::Column { table, column } => format!("{table}/{column} <- {}", hint.renamed_from),
        });
        let problems = found.problems.iter().map(|problem| format!("{}: {}", problem.offset, problem.kind));
        assert_eq!(hints.chain(problems).collect::<Vec<_>>(), expected, "{text}");
    }

    const UNBOUND: &str = "the hint stands before no table or column";
    const AMBIGUOUS: &str = "the hint may speak of what is before it or of what follows";

    #[test]
    fn hints_bind_to_what_follows() {
        for lexicon in [Lexicon::SQLITE, Lexicon::POSTGRES] {
            let check = |text, expected: &[_]| check(lexicon, text, expected);
            check("", &[]);
            check("-- whimbrel: renamed-from b\nCREATE TABLE a (x int);", &["a <- b"]);
            check(
                "x;\n/* whimbrel: renamed-from s.b */ CREATE TABLE IF NOT EXISTS s.a (x int)",
                &["s.a <- s.b"],
            );
            check("CREATE TABLE a\n-- whimbrel: renamed-from b\n(x int)", &["a <- b"]);
            check("CREATE TABLE a (/* whimbrel: renamed-from b */ x int, y int)", &["a/x <- b"]);
            check(
                "CREATE TABLE a (x int,\n-- whimbrel: renamed-from b\n-- a column\n\"y z\" int)",
                &["a/y z <- b"],
            );
            check("CREATE TABLE a (x int\n-- whimbrel: renamed-from b\n, y int)", &["a/y <- b"]);
            check(
                "CREATE TABLE a (x int CHECK (x IN (1, 2)),\n-- whimbrel: renamed-from \"B c\"\ny int)",
                &["a/y <- B c"],
            );
            check(
                "-- whimbrel: renamed-from b\n-- whimbrel: renamed-from c\nCREATE TABLE a (x int)",
                &["a <- b", "a <- c"],
            );
            check("-- whimbrel: no-transaction\nCREATE TABLE a (x int)", &[]);
            check("SELECT '-- whimbrel: renamed-from b'", &[]);
        }
    }

    #[test]
    fn names_are_read_as_the_engine_reads_them() {
        let text = "CREATE TABLE Users (\n--whimbrel:renamed-from Nick\nNickName text)";
        check(Lexicon::SQLITE, text, &["Users/NickName <- Nick"]);
        check(Lexicon::POSTGRES, text, &["users/nickname <- nick"]);
        check(Lexicon::SQLITE, "-- whimbrel: renamed-from main.b\nCREATE TABLE main.a (x)", &["a <- b"]);
    }

    #[test]
    fn hints_that_bind_to_nothing_are_problems() {
        for lexicon in [Lexicon::SQLITE, Lexicon::POSTGRES] {
            let check = |text, expected: &[&str]| check(lexicon, text, expected);
            check("-- whimbrel: renamed-from b", &[&format!("0: {UNBOUND}")]);
            check("-- whimbrel: renamed-from b\nCREATE VIEW a AS SELECT 1;", &[&format!("0: {UNBOUND}")]);
            check("CREATE TABLE a (x int\n-- whimbrel: renamed-from b\n)", &[&format!("22: {UNBOUND}")]);
            check(
                "CREATE TABLE a (x int\n-- whimbrel: renamed-from b\nNOT NULL, y int)",
                &[&format!("22: {UNBOUND}")],
            );
            check(
                "CREATE TABLE a (x int,\n-- whimbrel: renamed-from b\nUNIQUE (x))",
                &[&format!("23: {UNBOUND}")],
            );
            check("CREATE TABLE a (x int)\n-- whimbrel: renamed-from b\n;", &[&format!("23: {UNBOUND}")]);
            check(
                "CREATE TABLE a (x int, -- whimbrel: renamed-from b\ny int)",
                &[&format!("23: {AMBIGUOUS}")],
            );
            check("CREATE TABLE a AS\n-- whimbrel: renamed-from b\nSELECT 1", &[&format!("18: {UNBOUND}")]);
        }
    }

    #[test]
    fn wrong_words_are_problems() {
        let check = |text, expected: &[&str]| check(Lexicon::SQLITE, text, expected);
        check("-- whimbrel: renamed_from b", &["0: unknown directive `whimbrel: renamed_from`"]);
        check("-- whimbrel:", &["0: unknown directive `whimbrel: `"]);
        check("-- whimbrel: renamed-from", &["0: `whimbrel: renamed-from` takes the old name"]);
        check("-- whimbrel: renamed-from b c", &["0: `whimbrel: renamed-from` takes the old name"]);
        check(
            "CREATE TABLE a (\n-- whimbrel: renamed-from b.c\nx int)",
            &["17: `whimbrel: renamed-from` takes the old name of the column alone"],
        );
    }
}
