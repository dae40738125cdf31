//! The shop's own command line: every command of `whimbrel`, with the shop's
//! structs and migrations where nothing else is said.

use std::process::ExitCode;

use whimbrel::FsStore;
use whimbrel::resolver::always_add_drop;
use whimbrel_cli::Program;

fn main() -> ExitCode {
    let program = Program::new("migrate")
        .source(example_shop::schema())
        .store(FsStore::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")))
        // What was renamed says so in the structs, so any other name is new.
        .resolver(always_add_drop());
    whimbrel_cli::run(program).into()
}
