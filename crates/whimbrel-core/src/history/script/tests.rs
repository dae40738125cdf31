//! What of a file runs, and what is refused where it stands.

use super::*;

const BOTH: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

fn read(dialect: Dialect, text: &str) -> Script {
    Script::read(dialect, "0001_a.sql", text).unwrap_or_else(|error| panic!("{text:?}: {error:?}"))
}

/// The statements that run, and whether they may share a transaction.
#[track_caller]
fn runs(dialect: Dialect, text: &str, expected: &[&str], atomic: bool) -> Script {
    let script = read(dialect, text);
    let seen: Vec<_> = script.statements.iter().map(|one| script.sql(one)).collect();
    assert_eq!(seen, expected, "{text:?}");
    assert_eq!(script.is_atomic(), atomic, "{text:?}");
    script
}

/// The problems as `line:column length message` with their help lines.
#[track_caller]
fn refuses(dialect: Dialect, text: &str, expected: &[(&str, &str)]) {
    let error = Script::read(dialect, "0001_a.sql", text).expect_err(text);
    let seen: Vec<_> = error
        .problems
        .iter()
        .map(|one| {
            (
                format!("{} {} {}", one.position, &text[one.offset..one.offset + one.length], one.kind),
                one.kind.help(),
            )
        })
        .collect();
    let seen: Vec<_> = seen.iter().map(|(message, help)| (message.as_str(), *help)).collect();
    assert_eq!(seen, expected, "{text:?}");
}

const CONTROL: &str = "remove it; only one BEGIN and COMMIT around the whole file is accepted. If the statements must not \
                       share a transaction, put `-- whimbrel: no-transaction` at the top";

#[test]
fn statements_come_apart_with_breakpoints_or_without() {
    for dialect in BOTH {
        runs(dialect, "", &[], true);
        runs(dialect, "\u{feff}-- Migration: a\r\n\r\n", &[], true);
        runs(
            dialect,
            "CREATE TABLE a (b text DEFAULT ';\n--> statement-breakpoint\n');\n--> statement-breakpoint\nDROP TABLE c\n\
             --> statement-breakpoint\nDROP TABLE d; DROP TABLE e;\n",
            &[
                "CREATE TABLE a (b text DEFAULT ';\n--> statement-breakpoint\n')",
                "DROP TABLE c",
                "DROP TABLE d",
                "DROP TABLE e",
            ],
            true,
        );
    }
}

#[test]
fn one_pair_around_all_is_taken_away() {
    for dialect in BOTH {
        runs(dialect, "BEGIN;\nDROP TABLE a;\nCOMMIT;\n", &["DROP TABLE a"], true);
        refuses(
            dialect,
            "DROP TABLE a;\nCOMMIT;\nSAVEPOINT s;\n",
            &[
                ("2:1 COMMIT a migration may not control its transaction", CONTROL),
                ("3:1 SAVEPOINT s a migration may not control its transaction", CONTROL),
            ],
        );
    }
    let function = "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$";
    runs(Dialect::Postgres, &format!("{function};"), &[function], true);
}

#[test]
fn directives_speak_of_the_whole_file() {
    let text = "-- whimbrel: no-transaction\n-- whimbrel: lock-timeout 2s\nDROP TABLE a;";
    for dialect in BOTH {
        let script = runs(dialect, text, &["DROP TABLE a"], false);
        assert!(script.no_transaction);
        assert_eq!(script.lock_timeout, Some(Duration::from_secs(2)));
        refuses(
            dialect,
            "-- whimbrel: fly\nDROP TABLE a;\n-- whimbrel: no-transaction\n",
            &[
                (
                    "1:1 -- whimbrel: fly unknown directive `whimbrel: fly`",
                    "the directives are `renamed-from NAME`, and in migrations `no-transaction`, `lock-timeout 2s` and `down`",
                ),
                (
                    "3:1 -- whimbrel: no-transaction `whimbrel: no-transaction` speaks of the whole file but is not at its top",
                    "put the directive above the first statement of the file",
                ),
            ],
        );
    }
}

#[test]
fn statements_that_cannot_run_in_a_transaction_are_known() {
    runs(Dialect::Sqlite, "VACUUM;", &["VACUUM"], false);
    runs(Dialect::Sqlite, "PRAGMA journal_mode=WAL;", &["PRAGMA journal_mode=WAL"], false);
    runs(Dialect::Sqlite, "PRAGMA defer_foreign_keys=ON;", &["PRAGMA defer_foreign_keys=ON"], true);
    let index = "CREATE INDEX CONCURRENTLY i ON a (b)";
    runs(Dialect::Postgres, &format!("{index};"), &[index], false);
    runs(Dialect::Postgres, "CREATE DATABASE a", &["CREATE DATABASE a"], false);
    runs(
        Dialect::Postgres,
        "GRANT SELECT ON a TO b; CREATE ROLE c",
        &["GRANT SELECT ON a TO b", "CREATE ROLE c"],
        true,
    );
}

#[test]
fn a_new_enum_value_is_used_in_another_transaction() {
    let check =
        |text: &str, atomic: bool| assert_eq!(read(Dialect::Postgres, text).is_atomic(), atomic, "{text}");
    let add = "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'it''s ok' BEFORE 'sad';\n";
    check(add, true);
    check(&format!("{add}CREATE TABLE a (b mood);"), true);
    check(&format!("{add}ALTER TYPE mood ADD VALUE 'bad' AFTER 'it''s ok';"), true);
    check(&format!("UPDATE a SET b = 'it''s ok';\n{add}"), true);
    check(&format!("{add}UPDATE a SET b = 'sad';"), true);
    check(&format!("{add}UPDATE a SET b = 'it''s ok';"), false);
    check(&format!("{add}ALTER TABLE a ALTER b SET DEFAULT 'it''s ok'::mood;"), false);
    let add = "ALTER TYPE mood ADD VALUE 'ok';\n";
    check(&format!("{add}DO $$ BEGIN INSERT INTO a VALUES ('ok'); END $$;"), false);
    check(&format!("{add}COPY a FROM stdin;\nok\n\\.\n"), false);
}

#[test]
fn foreign_keys_go_off_for_the_whole_file() {
    let check = |text: &str, expected: &[&str], off: bool| {
        let script = runs(Dialect::Sqlite, text, expected, true);
        assert_eq!(script.foreign_keys_off, off, "{text}");
    };
    check("DROP TABLE a;", &["DROP TABLE a"], false);
    check("PRAGMA foreign_keys=OFF;\nDROP TABLE a;\nPRAGMA foreign_keys=ON;\n", &["DROP TABLE a"], true);
    check(
        "PRAGMA foreign_keys = off;\n--> statement-breakpoint\nDROP TABLE a;\n--> statement-breakpoint\npragma foreign_keys(1);\n\
         PRAGMA main.foreign_keys = 'no'; DROP TABLE b; PRAGMA foreign_keys=yes",
        &["DROP TABLE a", "DROP TABLE b"],
        true,
    );
    check("PRAGMA foreign_keys; PRAGMA foreign_keys=2;", &[], false);
    check("PRAGMA foreign_keys=0;BEGIN;DROP TABLE a;COMMIT;PRAGMA foreign_keys=1;", &["DROP TABLE a"], true);
    let off = (
        "1:1 PRAGMA foreign_keys=OFF `PRAGMA foreign_keys=OFF` stands without its `PRAGMA foreign_keys=ON`",
        "add `PRAGMA foreign_keys=ON;` after the statements that need them off",
    );
    refuses(Dialect::Sqlite, "PRAGMA foreign_keys=OFF; DROP TABLE a;", &[off]);
    let help = "remove it, or write `PRAGMA foreign_keys=OFF;` before the statements that need it and \
                `PRAGMA foreign_keys=ON;` after them";
    let on = "`PRAGMA foreign_keys` does not go from OFF to ON";
    refuses(
        Dialect::Sqlite,
        "PRAGMA foreign_keys=ON;",
        &[(&format!("1:1 PRAGMA foreign_keys=ON {on}"), help)],
    );
    refuses(
        Dialect::Sqlite,
        "PRAGMA foreign_keys=ON;\nPRAGMA foreign_keys=OFF;",
        &[(&format!("2:1 PRAGMA foreign_keys=OFF {on}"), help)],
    );
}

#[test]
fn rows_follow_a_copy() {
    let text =
        "-- a\nCOPY t (a) FROM stdin;\r\n1\t;\r\n\\N\r\n\\.\r\nCOPY u FROM stdin;\n\\.\nDROP TABLE v;\n";
    let script =
        runs(Dialect::Postgres, text, &["COPY t (a) FROM stdin", "COPY u FROM stdin", "DROP TABLE v"], true);
    let rows: Vec<_> = script.statements.iter().map(|one| script.copy_data(one)).collect();
    assert_eq!(rows, [Some("1\t;\r\n\\N\r\n"), Some(""), None]);
    let help = "end the rows with a line `\\.`; if they had one, the file was cut off";
    for cut in ["COPY t FROM stdin;\n1\n2", "COPY t FROM stdin;\n", "COPY t FROM stdin"] {
        refuses(
            Dialect::Postgres,
            cut,
            &[("1:1 COPY t FROM stdin the rows of `COPY ... FROM stdin` have no end", help)],
        );
    }
    refuses(
        Dialect::Postgres,
        "COPY t TO stdout;",
        &[("1:1 COPY t TO stdout nobody reads what `COPY ... TO stdout` writes", "remove the statement")],
    );
}

#[test]
fn commands_to_a_client_are_skipped_or_refused() {
    runs(
        Dialect::Postgres,
        "\\restrict abc\n\\set x 1\n\\echo hello\nDROP TABLE a;\n\\unrestrict abc\n",
        &["DROP TABLE a"],
        true,
    );
    refuses(
        Dialect::Postgres,
        "\\i x.sql\nDISCARD ALL;",
        &[
            ("1:1 \\i x.sql `\\i` is a command to psql, which does not read this", "write plain SQL"),
            (
                "2:1 DISCARD ALL DISCARD ALL frees the lock under which migrations run",
                "write `RESET ALL` or whatever else is to be put back",
            ),
        ],
    );
    refuses(
        Dialect::Sqlite,
        ".read x.sql\n",
        &[(
            "1:1 .read x.sql `.read` is a command to the sqlite3 shell, which does not read this",
            "write plain SQL",
        )],
    );
}

#[test]
fn what_reaches_for_files_and_code_is_refused() {
    refuses(
        Dialect::Sqlite,
        "ATTACH 'x' AS y;\nVACUUM INTO 'z';\nSELECT load_extension('w');\nDETACH y",
        &[
            (
                "1:1 ATTACH 'x' AS y a migration may not attach or detach databases",
                "give each database migrations of its own",
            ),
            (
                "2:1 VACUUM INTO 'z' a migration may not write other files",
                "remove the statement, and copy the database by other means",
            ),
            (
                "3:1 SELECT load_extension('w') a migration may not load code into the engine",
                "remove the statement; whimbrel never loads extensions",
            ),
            (
                "4:1 DETACH y a migration may not attach or detach databases",
                "give each database migrations of its own",
            ),
        ],
    );
    runs(Dialect::Postgres, "LOAD 'auto_explain';", &["LOAD 'auto_explain'"], true);
}

#[test]
fn files_that_were_cut_off_or_merged_are_refused() {
    for dialect in BOTH {
        refuses(
            dialect,
            "DROP TABLE a; /* and\nDROP TABLE b;\n",
            &[("1:15 /* the comment has no end", "end it with `*/`; if it had an end, the file was cut off")],
        );
        runs(dialect, "DROP TABLE a; /**/", &["DROP TABLE a"], true);
        let merged = "DROP TABLE a;\n<<<<<<< HEAD\nDROP TABLE b;\n=======\nDROP TABLE c;\n>>>>>>> theirs\n";
        refuses(
            dialect,
            merged,
            &[(
                "2:1 <<<<<<< HEAD the file holds the conflict markers of a merge",
                "edit the file: keep what is right of either side",
            )],
        );
        let quoted = format!("INSERT INTO a VALUES ('\n{merged}')");
        runs(dialect, &quoted, &[&quoted], true);
    }
}

#[test]
fn a_file_with_a_nul_is_refused() {
    let help = "remove it; if there are many, save the file as UTF-8";
    let nul = "the file holds a NUL, which ends a text for the database";
    for dialect in BOTH {
        let text = "DROP TABLE a;\n\0\nDROP TABLE b;\nDROP TABLE \"c\0\";\n";
        refuses(dialect, text, &[(&format!("2:1 \0 {nul}"), help)]);
        let down = format!("DROP TABLE a;\n-- whimbrel: down\n{text}");
        let error = Script::read_down(dialect, "0001_a.sql", &down).unwrap_err();
        assert_eq!(error.problems[0].to_string(), format!("line 4: {nul}"));
        runs(dialect, &down, &["DROP TABLE a"], true);
        let part = Script::read_part(dialect, text).unwrap_err();
        assert_eq!(part.problems[0].kind, ScriptProblemKind::Nul);
    }
}

#[test]
fn the_way_back_never_runs_as_up() {
    for dialect in BOTH {
        for marker in ["-- whimbrel: down", "--whimbrel:down", "-- down", "--DOWN", "  -- Down  "] {
            let text = format!("-- Migration: a\n\nCREATE TABLE a (b int);\n{marker}\r\nDROP TABLE a;\n");
            let script = runs(dialect, &text, &["CREATE TABLE a (b int)"], true);
            assert_eq!(&*script.text, text);
            let down = Script::read_down(dialect, "0001_a.sql", &text).unwrap().unwrap();
            let seen: Vec<_> = down.statements.iter().map(|one| down.sql(one)).collect();
            assert_eq!(seen, ["DROP TABLE a"], "{marker}");
            assert_eq!(&*down.text, text);
        }
        let table = "CREATE TABLE a (\n-- down\nb int)";
        runs(dialect, table, &[table], true);
        let mention = "DROP TABLE a; -- down\n-- down below\nDROP TABLE b;\n/* whimbrel: up */";
        refuses(
            dialect,
            mention,
            &[(
                "4:1 /* whimbrel: up */ unknown directive `whimbrel: up`",
                "the directives are `renamed-from NAME`, and in migrations `no-transaction`, `lock-timeout 2s` and `down`",
            )],
        );
        runs(dialect, "DROP TABLE a; -- down\nDROP TABLE b;", &["DROP TABLE a", "DROP TABLE b"], true);
        assert_eq!(Script::read_down(dialect, "a", "DROP TABLE a;").unwrap(), None);
        // An explicit marker cuts even where a semicolon was forgotten.
        runs(dialect, "DROP TABLE a\n-- whimbrel: down\nDROP TABLE b", &["DROP TABLE a"], true);
    }
}

#[test]
fn the_way_back_is_the_down_file_or_inline() {
    let entry = Entry::new(1, "a", 0, crate::checksum::Checksum::of_parts([]));
    let check = |up: &str, down: Option<&str>, expected: Option<(&str, &[&str])>| {
        let script = Script::way_back(Dialect::Sqlite, &entry, up, down).unwrap();
        let seen = script.as_ref().map(|script| {
            let sql: Vec<_> = script.statements.iter().map(|one| script.sql(one)).collect();
            (script.file.as_str(), sql)
        });
        assert_eq!(seen, expected.map(|(file, sql)| (file, sql.to_vec())), "{up:?} {down:?}");
    };
    let inline = "SELECT 1;\n-- down\nSELECT 2;\n";
    let path = "meta/_down/0001_a.sql";
    check("SELECT 1;", None, None);
    check("SELECT 1;", Some(" \r\n"), None);
    check("SELECT 1;", Some("-- Down migration for: a\n\n\n"), Some((path, &[])));
    check(inline, None, Some(("0001_a.sql", &["SELECT 2"])));
    check(inline, Some("\u{feff}\n"), Some(("0001_a.sql", &["SELECT 2"])));
    check(inline, Some("-- Down migration for: a\n\n\n"), Some(("0001_a.sql", &["SELECT 2"])));
    check(inline, Some("SELECT 3;"), Some((path, &["SELECT 3"])));
    // A down file is all down, also where it says so.
    check("SELECT 1;", Some("-- down\nSELECT 3;\n"), Some((path, &["SELECT 3"])));
}

#[test]
fn problems_of_the_way_back_are_told_where_they_stand() {
    let text = "DROP TABLE a;\n-- whimbrel: down\nCREATE TABLE a (b);\nROLLBACK;\n";
    let error = Script::read_down(Dialect::Sqlite, "0001_a.sql", text).unwrap_err();
    assert_eq!(error.to_string(), "`0001_a.sql` cannot run: a migration may not control its transaction");
    assert_eq!(error.problems[0].to_string(), "line 4: a migration may not control its transaction");
    assert_eq!(&text[error.problems[0].offset..][..8], "ROLLBACK");
    let two = Script::read(Dialect::Sqlite, "0001_a.sql", "COMMIT; ROLLBACK;").unwrap_err();
    assert_eq!(two.to_string(), "`0001_a.sql` cannot run: 2 things in it may not stand there");
}

#[test]
fn a_program_stays_in_its_transaction() {
    let refused = |dialect: Dialect, text: &str| -> Vec<String> {
        let error = Script::read_part(dialect, text).expect_err(text);
        error.problems.iter().map(|one| one.kind.to_string()).collect()
    };
    let control = "a program may not control its transaction";
    for dialect in BOTH {
        for text in ["BEGIN", "commit", "/* a */ ROLLBACK", "SAVEPOINT a", "END", "BEGIN; SELECT 1; COMMIT;"]
        {
            assert!(refused(dialect, text).iter().all(|problem| problem == control), "{text}");
        }
        let part = Script::read_part(dialect, "INSERT INTO a VALUES (';'); SELECT 1;").unwrap();
        assert_eq!(part.statements.len(), 2);
    }
    let alone = "a program runs in one transaction, and this statement cannot";
    assert_eq!(refused(Dialect::Sqlite, "VACUUM"), [alone]);
    assert_eq!(refused(Dialect::Postgres, "CREATE INDEX CONCURRENTLY i ON a (b)"), [alone]);
    let keys = "`PRAGMA foreign_keys` does nothing in a transaction";
    assert_eq!(refused(Dialect::Sqlite, "PRAGMA foreign_keys=OFF"), [keys]);
    let attach = "a migration may not attach or detach databases";
    assert_eq!(refused(Dialect::Sqlite, "ATTACH 'b.db' AS b"), [attach]);
    let copy = "a program has no rows for `COPY ... FROM stdin`";
    assert_eq!(refused(Dialect::Postgres, "COPY a FROM stdin"), [copy]);
    let discard = "DISCARD ALL frees the lock under which migrations run";
    assert_eq!(refused(Dialect::Postgres, "DISCARD ALL"), [discard]);
}
