//! Transaction control in a file: whimbrel opens and ends transactions itself.

use super::{Class, Statement, TransactionVerb};

/// A statement that begins or ends a transaction where none may.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, TransactionControl, TransactionVerb, position, split, unwrap_transaction};
///
/// let text = "CREATE TABLE a (b);\nSAVEPOINT s;";
/// let found = unwrap_transaction(split(text, Lexicon::SQLITE)).unwrap_err();
/// assert_eq!(found, [TransactionControl { verb: TransactionVerb::Savepoint, offset: 20 }]);
/// assert_eq!(position(text, found[0].offset).to_string(), "2:1");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionControl {
    /// What it does.
    pub verb: TransactionVerb,
    /// Where it begins in the whole text, in bytes.
    pub offset: usize,
}

/// Takes away the one BEGIN ... COMMIT pair around a whole file.
///
/// Before the BEGIN and after the COMMIT only settings (PRAGMA, SET and the like)
/// and commands to the client may stand, as `sqlite3 .dump` writes them.
///
/// # Errors
///
/// Any other transaction control, all of it.
///
/// ```
/// use whimbrel_core::sql::{Lexicon, split, unwrap_transaction};
/// let dump = split("PRAGMA foreign_keys=OFF; BEGIN; CREATE TABLE a (b); COMMIT;", Lexicon::SQLITE);
/// assert_eq!(unwrap_transaction(dump).unwrap().len(), 2);
/// let script = split("CREATE TABLE a (b); ROLLBACK;", Lexicon::SQLITE);
/// assert_eq!(unwrap_transaction(script).unwrap_err()[0].offset, 20);
/// ```
pub fn unwrap_transaction(
    mut statements: Vec<Statement<'_>>,
) -> Result<Vec<Statement<'_>>, Vec<TransactionControl>> {
    if let Some((begin, commit)) = wrapping_pair(&statements) {
        statements.remove(commit);
        statements.remove(begin);
    }
    let problems: Vec<_> = statements
        .iter()
        .filter_map(|statement| Some(TransactionControl { verb: verb(statement)?, offset: statement.offset }))
        .collect();
    if problems.is_empty() { Ok(statements) } else { Err(problems) }
}

fn verb(statement: &Statement<'_>) -> Option<TransactionVerb> {
    match statement.class {
        Class::Transaction(verb) => Some(verb),
        _ => None,
    }
}

/// The indexes of the first BEGIN and the last COMMIT, if they wrap all else.
fn wrapping_pair(statements: &[Statement<'_>]) -> Option<(usize, usize)> {
    let begin = statements.iter().position(|statement| verb(statement).is_some())?;
    let commit = statements.iter().rposition(|statement| verb(statement).is_some())?;
    let pair = verb(&statements[begin]) == Some(TransactionVerb::Begin)
        && verb(&statements[commit]) == Some(TransactionVerb::Commit);
    let outside = statements[..begin].iter().chain(&statements[commit + 1..]);
    let harmless = |statement: &Statement<'_>| {
        matches!(statement.class, Class::Pragma(_) | Class::Session) || statement.class.is_client_command()
    };
    (pair && outside.into_iter().all(harmless)).then_some((begin, commit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sql::{Lexicon, split};

    /// The statements that stay, or the offsets of what may not be there.
    fn check(text: &str, expected: Result<&[&str], &[usize]>) {
        let seen = unwrap_transaction(split(text, Lexicon::POSTGRES));
        let texts = seen.as_ref().map(|all| all.iter().map(|statement| statement.text).collect::<Vec<_>>());
        let offsets = texts.map_err(|all| all.iter().map(|problem| problem.offset).collect::<Vec<_>>());
        assert_eq!(offsets, expected.map(<[_]>::to_vec).map_err(<[_]>::to_vec), "{text}");
    }

    #[test]
    fn only_one_pair_around_all_is_taken_away() {
        check("a; b", Ok(&["a", "b"]));
        check("BEGIN; a; COMMIT;", Ok(&["a"]));
        check(
            "\\set x\nSET a = 1; START TRANSACTION; a; END; RESET a",
            Ok(&["\\set x", "SET a = 1", "a", "RESET a"]),
        );
        check("BEGIN; a", Err(&[0]));
        check("a; COMMIT", Err(&[3]));
        check("a; BEGIN; b; COMMIT", Err(&[3, 13]));
        check("BEGIN; a; COMMIT; b", Err(&[0, 10]));
        check("BEGIN; SAVEPOINT s; a; COMMIT", Err(&[7]));
        check("BEGIN; a; ROLLBACK", Err(&[0, 10]));
        check("BEGIN; a; COMMIT; BEGIN; b; COMMIT", Err(&[10, 18]));
        check("BEGIN", Err(&[0]));
    }
}
