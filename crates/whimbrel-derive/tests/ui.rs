//! Mistakes are compile errors that point at what is wrong.
//!
//! `TRYBUILD=overwrite cargo test -p whimbrel-derive` writes what the compiler
//! says today; read the difference as if it were code.

use std::fs;
use std::path::Path;

/// Where trybuild has the package that it compiles, and paths begin.
const PACKAGE: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/../tests/trybuild/whimbrel-derive");
/// Folders of migrations that are not what their journals say.
const FOLDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/folders");

#[test]
fn mistakes_are_compile_errors() {
    copy(Path::new(FOLDERS), &Path::new(PACKAGE).join("folders"));
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(from, to).unwrap()),
        }
    }
}
