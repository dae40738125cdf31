//! Properties of the SQL text layer over generated texts.

#[path = "support/sql_laws.rs"]
mod sql_laws;

use proptest::prelude::*;
use whimbrel_core::sql::{Lexicon, canonical, same, split};

fn lexicon() -> impl Strategy<Value = Lexicon> {
    prop_oneof![Just(Lexicon::SQLITE), Just(Lexicon::POSTGRES)]
}

/// Characters that matter to a lexer, more often than others.
fn nasty_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[-'\"`$;()\\[\\]/*\\\\.,:?@+ \n\r]{1,3}",
        3 => "[a-zA-Z_0-9$]{1,6}",
        1 => any::<char>().prop_map(String::from),
        1 => prop_oneof![
            Just("BEGIN "), Just("END"), Just("CASE "), Just("CREATE TRIGGER "), Just("COPY a FROM stdin;\n"),
            Just("\n--> statement-breakpoint\n"), Just("BEGIN ATOMIC "), Just("CREATE FUNCTION "), Just("\u{feff}"),
        ]
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// A statement that ends only at its semicolon, as both engines read it.
fn statement() -> impl Strategy<Value = String> {
    let name = prop_oneof!["[a-z][a-z0-9_]{0,8}", "\"[^\"\\x00]{0,8}\"", "\"a\"\"[;' ]\""];
    let literal = prop_oneof!["'[^'\\\\]{0,12}'", "'it''s;'", "[0-9]{1,6}"];
    let comment = prop_oneof![Just(" "), Just("\n-- ; '\n"), Just("/* ; \" */"), Just("\t")];
    prop_oneof![
        (name.clone(), comment.clone(), name.clone(), literal.clone()).prop_map(
            |(table, gap, column, value)| format!("CREATE TABLE {table}{gap}({column} text DEFAULT {value})")
        ),
        (name.clone(), comment, literal)
            .prop_map(|(table, gap, value)| format!("INSERT INTO {table}{gap}VALUES ({value})")),
        name.prop_map(|table| format!("DROP TABLE {table}")),
    ]
}

/// A piece of an expression, and the same in another dress.
fn dressed_token() -> impl Strategy<Value = (String, String)> {
    let word = "[a-z][a-z0-9_]{2,8}x9".prop_map(|name| (name.clone(), format!("\"{name}\"")));
    let key = prop_oneof![Just("select"), Just("not"), Just("case"), Just("and"), Just("null")]
        .prop_map(|key| (key.to_owned(), key.to_ascii_uppercase()));
    let exact = prop_oneof![
        "'[^'\\\\]{0,6}'",
        Just("<=".into()),
        Just("(".into()),
        Just(",".into()),
        Just("x'0A'".into())
    ]
    .prop_map(|text: String| (text.clone(), text));
    let number = "[0-9]{1,3}e[0-9]".prop_map(|number| (number.clone(), number.to_ascii_uppercase()));
    prop_oneof![3 => word, 2 => key, 3 => exact, 1 => number]
}

fn gap() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(" ".to_owned()),
        Just("\n\t ".to_owned()),
        Just("\r\n".to_owned()),
        "[a-z;' ]{0,6}".prop_map(|text| format!(" --{text}\n")),
        "[a-z;' ]{0,6}".prop_map(|text| format!("/*{text}*/")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn laws_hold_for_any_text(text in any::<String>()) {
        sql_laws::check(&text);
    }

    #[test]
    fn laws_hold_for_nasty_texts(text in nasty_text()) {
        sql_laws::check(&text);
    }

    #[test]
    fn statements_put_together_come_apart_again(
        lexicon in lexicon(),
        statements in prop::collection::vec(statement(), 0..8),
        gaps in prop::collection::vec(prop_oneof![Just(";"), Just(" ;\n"), Just(";;-- ;\n"), Just("\n--> statement-breakpoint\n")], 8),
    ) {
        let text: String = statements.iter().zip(&gaps).map(|(statement, gap)| format!("{statement}{gap}")).collect();
        let seen: Vec<_> = split(&text, lexicon).into_iter().map(|statement| statement.text).collect();
        prop_assert_eq!(seen, statements);
    }

    #[test]
    fn dress_makes_no_difference(
        lexicon in lexicon(),
        tokens in prop::collection::vec((dressed_token(), any::<bool>(), gap(), gap()), 1..12),
    ) {
        let plain: Vec<_> = tokens.iter().map(|((plain, _), ..)| plain.as_str()).collect();
        let dressed: String = tokens
            .iter()
            .map(|((plain, other), dress, before, after)| {
                format!("{before}{}{after}", if *dress { other } else { plain })
            })
            .collect();
        let plain = plain.join(" ");
        prop_assert!(same(&plain, &dressed, lexicon));
        prop_assert_eq!(canonical(&plain, lexicon), canonical(&dressed, lexicon));
    }

    #[test]
    fn same_is_equality_of_forms(lexicon in lexicon(), a in nasty_text(), b in nasty_text()) {
        prop_assert_eq!(same(&a, &b, lexicon), canonical(&a, lexicon) == canonical(&b, lexicon));
    }
}
