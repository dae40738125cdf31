//! A panic, which is a bug: here, or in what a program supplies.
//!
//! It ends the process at once. Nothing runs on a state that should not be, and what
//! is left behind is what a kill leaves: a transaction that the database rolls back,
//! and an answer that the next run looks up.

use std::panic;

/// The status with which every Rust program ends at a panic.
const STATUS: i32 = 101;

/// Has a panic of any thread tell what to do, and end the process.
pub(crate) fn end_at_panics() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        restore_terminal();
        report(panicked);
        anstream::eprintln!("the above is a bug: it is not what you did, and worth a report");
        anstream::eprintln!(
            "what ran in a transaction is rolled back; run the command again to see where it is"
        );
        std::process::exit(STATUS);
    }));
}

/// Puts the terminal back to how a prompt found it.
pub(crate) fn restore_terminal() {
    let _ = crossterm::terminal::disable_raw_mode();
    let _ = crossterm::execute!(std::io::stderr(), crossterm::cursor::Show);
}
