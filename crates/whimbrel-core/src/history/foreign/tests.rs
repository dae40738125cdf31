//! Folders as their tools write them, and checksums as the tools compute them.

use super::*;

fn texts<const N: usize>(files: [(&str, &str); N]) -> Texts {
    files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

/// What a tool makes of a folder: key, name, whether it goes back and whether it
/// is atomic.
#[track_caller]
fn check<const N: usize>(tool: Tool, files: [(&str, &str); N], expected: &[(&str, &str, bool, bool)]) {
    let texts = texts(files);
    assert_eq!(Tool::of_folder(&texts), Some(tool));
    let read = tool.read(&texts).unwrap();
    let shown =
        read.iter().map(|one| (one.key.as_str(), one.name.as_str(), one.down.is_some(), one.is_atomic));
    assert_eq!(shown.collect::<Vec<_>>(), expected);
}

#[test]
fn folders_read_as_their_tools_read_them() {
    check(
        Tool::Sqlx,
        [
            ("10_add_age.up.sql", "-- no-transaction\nVACUUM;"),
            ("10_add_age.down.sql", ""),
            ("9_users.sql", ""),
            ("notes.sql", ""),
        ],
        &[("9", "users", false, true), ("10", "add age", true, false)],
    );
    check(
        Tool::Refinery,
        [("V10__add_age.sql", ""), ("U9__users.sql", ""), ("mod.rs", "")],
        &[("9", "users", false, true), ("10", "add_age", false, true)],
    );
    check(
        Tool::Diesel,
        [
            ("00000000000000_diesel_initial_setup/up.sql", ""),
            ("2026-01-31-102030_users/up.sql", ""),
            ("2026-01-31-102030_users/down.sql", ""),
            ("2026-01-31-102030_users/metadata.toml", "# slow\nrun_in_transaction = false\n"),
        ],
        &[("00000000000000", "diesel_initial_setup", false, true), ("20260131102030", "users", true, false)],
    );
    check(
        Tool::Drizzle,
        [("20260131102030_users/migration.sql", ""), ("20260131102030_users/snapshot.json", "{}")],
        &[("20260131102030_users", "users", false, true)],
    );
    check(
        Tool::Prisma,
        [("20260131102030_init/migration.sql", ""), ("migration_lock.toml", "provider = \"sqlite\"")],
        &[("20260131102030_init", "init", false, true)],
    );
}

#[test]
fn what_a_tool_could_not_have_run_is_refused() {
    let error = |tool: Tool, texts: Texts| tool.read(&texts).unwrap_err().to_string();
    assert_eq!(
        error(Tool::Refinery, texts([("V1__users.rs", "")])),
        "`V1__users.rs` is nothing that refinery could have run: it is a Rust module; write the SQL that it \
         makes into a file of the same name"
    );
    assert_eq!(
        error(Tool::Sqlx, texts([("1_a.sql", ""), ("01_b.sql", "")])),
        "`1_a.sql` is nothing that sqlx could have run: `01_b.sql` has the same version"
    );
    assert_eq!(
        error(Tool::Drizzle, texts([("users/migration.sql", ""), ("users/snapshot.json", "{}")])),
        "`users/migration.sql` is nothing that drizzle could have run: its folder begins with no time of 14 digits"
    );
    let journal = r#"{"entries":[{"when":1,"tag":"0000_users","breakpoints":true}]}"#;
    assert_eq!(
        error(Tool::Drizzle, texts([("meta/_journal.json", journal)])),
        "`0000_users.sql` is nothing that drizzle could have run: the journal names it, and it is not there"
    );
}

// The values are those that the tools themselves compute.
#[test]
fn checksums_are_those_of_the_tools() {
    let checksums =
        |tool: Tool, file: &str, text: &str| tool.read(&texts([(file, text)])).unwrap().remove(0).checksums;
    let text = "CREATE TABLE users (id integer);\n";
    assert_eq!(checksums(Tool::Refinery, "V1__users.sql", text)[0], "8185494990973019645");
    assert_eq!(checksums(Tool::Refinery, "V10__add_age.sql", "")[0], "9968436483259243884");
    let text = "ALTER TABLE users ADD COLUMN age integer;\n";
    assert_eq!(checksums(Tool::Refinery, "U2__a_b.sql", text)[0], "6361431133549879557");
    let text = "-- Add up migration script here\nCREATE TABLE users (\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NULL\n);\n";
    assert_eq!(
        checksums(Tool::Sqlx, "1_users.up.sql", text),
        ["d2fc40bdab6a9a0c5c3cafec56ead5d24b92e47689bd0e9cbb2b95a2ab112cb21edb23d45b20152d3dd3bb69e5a6f72f"]
    );
}

#[test]
fn an_older_table_of_drizzle_knows_a_migration_by_a_millisecond_of_its_second() {
    let folder = [("20260131102030_users/migration.sql", ""), ("20260131102030_users/snapshot.json", "{}")];
    let one = Tool::Drizzle.read(&texts(folder)).unwrap().remove(0);
    assert_eq!(one.when, Some(1_769_854_830_000));
    for (key, expected) in [
        ("20260131102030_users", true),
        ("1769854830000", true),
        ("1769854830123", true),
        ("1769854831000", false),
    ] {
        assert_eq!(one.is_known_as(key), expected, "{key}");
    }
}
