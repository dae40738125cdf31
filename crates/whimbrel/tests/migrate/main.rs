//! The verbs of migrations, on real databases: what they write, run and say.

mod adopt;
mod apply;
mod baseline;
mod check;
mod closures;
mod create;
mod down;
mod dropping;
mod faults;
mod forget;
mod generate;
mod lockfile;
mod project;
mod read_only;
mod rebase;
mod reset;
#[cfg(feature = "scripts")]
mod scripts;
mod squash;
mod squash_anew;
mod status;
mod verify;
mod viborm;
