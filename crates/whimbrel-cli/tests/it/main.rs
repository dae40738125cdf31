//! What the transcripts cannot show: JSON, terminals, signals, two processes.

mod adopt;
mod json;
#[cfg(unix)]
mod migrations;
#[cfg(unix)]
mod places;
#[cfg(unix)]
mod processes;
mod project;
mod readme;
#[cfg(unix)]
mod screen;
#[cfg(all(unix, feature = "scripts"))]
mod scripts;
#[cfg(unix)]
mod terminal;
