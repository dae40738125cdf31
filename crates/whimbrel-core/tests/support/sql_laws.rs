//! What must hold for every text, whatever is in it. Shared by the property
//! tests, the bounded fuzz run and the fuzz target.

use std::borrow::Cow;

use whimbrel_core::sql::{
    Lexicon, Statement, TokenKind, canonical, directives, hints, identifiers, mentions, position,
    rename_identifiers, same, split, tokens, unwrap_transaction,
};

/// Panics if a law is broken for `text`.
pub(crate) fn check(text: &str) {
    for lexicon in [Lexicon::SQLITE, Lexicon::POSTGRES] {
        tokens_are_the_text(text, lexicon);
        statements_are_the_text(text, lexicon);
        canonical_form_is_stable(text, lexicon);
        identifiers_are_where_they_say(text, lexicon);
        comments_are_read(text, lexicon);
    }
}

fn tokens_are_the_text(text: &str, lexicon: Lexicon) {
    let mut at = 0;
    for token in tokens(text, lexicon) {
        assert_eq!(token.offset, at, "tokens touch each other");
        assert!(!token.text.is_empty(), "tokens are not empty");
        at = token.end();
        assert_eq!(&text[token.offset..at], token.text, "a token is a slice of the text");
        assert!(token.ident().is_none() || token.name(lexicon).is_some(), "an identifier has a name");
        assert!(token.kind != TokenKind::String || token.string().is_some(), "a string has a text");
    }
    assert_eq!(at, text.len(), "nothing is left out");
}

fn statements_are_the_text(text: &str, lexicon: Lexicon) {
    let statements = split(text, lexicon);
    let mut at = 0;
    for statement in &statements {
        assert!(statement.offset >= at, "statements do not overlap");
        only_ends_of_statements(&text[at..statement.offset], lexicon);
        at = statement.end();
        assert_eq!(&text[statement.offset..at], statement.text, "a statement is a slice of the text");
        let mut inside = tokens(statement.text, lexicon);
        assert!(inside.next().is_some_and(|token| !token.is_trivia()), "a statement begins with a token");
        assert!(inside.last().is_none_or(|token| !token.is_trivia()), "and ends with one");
        stands_alone(statement, lexicon);
    }
    let place = position(text, at);
    assert!(place.line > 0 && place.column > 0);
    let kept = unwrap_transaction(statements.clone()).map_or(statements.len(), |kept| kept.len() + 2);
    assert!(kept >= statements.len(), "at most one pair is taken away");
}

/// Between two statements there is nothing that the engine would run.
fn only_ends_of_statements(between: &str, lexicon: Lexicon) {
    // Rows are rows only after their COPY; there, any text may stand.
    if between.contains('\n') && lexicon == Lexicon::POSTGRES {
        return;
    }
    for token in tokens(between, lexicon) {
        assert!(token.is_trivia() || token.kind == TokenKind::Semicolon, "{between:?} is left out");
    }
}

/// A statement alone is the same statement.
fn stands_alone(statement: &Statement<'_>, lexicon: Lexicon) {
    let alone = split(statement.text, lexicon);
    assert_eq!(alone.len(), 1, "{:?} is one statement", statement.text);
    assert_eq!(alone[0].text, statement.text);
    assert_eq!(alone[0].class, statement.class);
    assert_eq!(alone[0].run, statement.run);
}

fn canonical_form_is_stable(text: &str, lexicon: Lexicon) {
    let form = canonical(text, lexicon);
    assert_eq!(canonical(&form, lexicon), form, "the form of a form is itself");
    assert!(same(text, &form, lexicon), "a text is the same as its form");
    assert!(same(&form, text, lexicon), "and the form as the text");
}

fn identifiers_are_where_they_say(text: &str, lexicon: Lexicon) {
    for found in identifiers(text, lexicon) {
        assert!(text[found.offset..].starts_with(found.text));
    }
    assert!(matches!(rename_identifiers(text, lexicon, |_| None), Cow::Borrowed(same) if same == text));
    let listed = mentions(text, lexicon).count();
    assert!(identifiers(text, lexicon).count() <= listed, "mentions leave no identifier out");
}

fn comments_are_read(text: &str, lexicon: Lexicon) {
    for hint in hints(text, lexicon).hints {
        assert!(text.is_char_boundary(hint.offset));
    }
    for problem in hints(text, lexicon).problems.into_iter().chain(directives(text, lexicon).problems) {
        assert!(text.is_char_boundary(problem.offset));
        assert!(!problem.kind.to_string().is_empty() && !problem.kind.help().is_empty());
    }
}
