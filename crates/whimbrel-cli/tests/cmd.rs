//! The transcripts in `tests/cmd`: command, output, exit status.
//!
//! Each file is a story in a sandbox of its own, which starts as a copy of the
//! folder `<story>.in`. `TRYCMD=overwrite cargo test -p whimbrel-cli --test cmd`
//! writes what the commands print today; read the diff as if it were code.
//!
//! In the stories `sqlite3 FILE SQL` is this very program: it runs the SQL and
//! prints rows as the real one does, so that no test needs that installed.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it stands in for a program that prints")]

use std::path::Path;
use std::process::ExitCode;

use rusqlite::Connection;
use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::types::ValueRef;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, file, sql] if file.ends_with(".db") => match sqlite3(file, sql) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("Error: {error}");
                ExitCode::FAILURE
            }
        },
        // What cargo-nextest asks a test binary.
        [_, rest @ ..] if rest.iter().any(|one| one == "--list") => {
            if !rest.iter().any(|one| one == "--ignored") {
                println!("transcripts: test");
            }
            ExitCode::SUCCESS
        }
        _ => {
            transcripts();
            ExitCode::SUCCESS
        }
    }
}

fn transcripts() {
    let cache = tempfile::tempdir().expect("a temporary folder can be made");
    let myself = std::env::current_exe().expect("a running program has a path");
    let cases = trycmd::TestCases::new();
    cases
        .register_bin("sqlite3", myself)
        .env("XDG_CACHE_HOME", cache.path().display().to_string())
        .env("DATABASE_URL", "")
        // Generated files are the same every time.
        .env("SOURCE_DATE_EPOCH", "1769853600")
        .env("COLUMNS", "100")
        .case("tests/cmd/*.trycmd");
    for tool in ["cat", "cp", "ls", "mv"] {
        let found = ["/bin", "/usr/bin"].iter().map(|folder| Path::new(folder).join(tool));
        if let Some(path) = found.into_iter().find(|path| path.exists()) {
            cases.register_bin(tool, path);
        }
    }
    cases.run();
}

/// Runs the statements and prints the rows, values separated by bars.
fn sqlite3(file: &str, sql: &str) -> rusqlite::Result<()> {
    let connection = Connection::open(file)?;
    let mut batch = rusqlite::Batch::new(&connection, sql);
    while let Some(mut statement) = batch.next()? {
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let values = (0..columns).map(|at| row.get_ref(at).map(text)).collect::<Result<Vec<_>, _>>()?;
            println!("{}", values.join("|"));
        }
    }
    Ok(())
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}
