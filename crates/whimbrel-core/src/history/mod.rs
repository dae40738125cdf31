//! A history: numbered migrations, the files they live in, and the journal that
//! puts them in order.
//!
//! A folder of migrations holds `NNNN_name.sql` files, their way back as
//! `meta/_down/NNNN_name.sql`, and `meta/_journal.json`. A migration that is a
//! program has another [`Format`]. The journal says which
//! migrations there are and what their checksums are; a database says in its
//! tracking table which of them it has applied. **A migration is its name**: its
//! number may change, its name may not.
//!
//! Everything here is texts and values. Who reads and writes the files, and
//! who asks the database, is told by neither.

mod applied;
mod conflict;
mod file;
mod file_checksum;
mod folder;
mod foreign;
mod format;
mod journal;
mod legacy;
mod losing;
mod moved;
mod name;
mod problem;
mod proved;
mod rebase;
mod replacement;
mod script;
mod squash;
mod standing;
mod time;

pub use crate::checksum::{Checksum, NotAChecksum};
pub use applied::{AppliedMigration, Progress};
pub(crate) use conflict::first_marker;
pub use conflict::{Conflict, Sides, conflict_in};
pub use file::{
    DownFile, Header, Sections, UpFile, body, headed, headed_down, header, inlined, renamed, sections,
    warnings,
};
pub use folder::{FolderProblem, folder};
pub use foreign::{Foreign, ForeignError, Texts, Tool, is_own_journal};
pub use format::{Format, closure_version, is_template, template};
pub use journal::{
    Entry, EntryPlace, Gap, Journal, JournalError, JournalProblem, JournalProblemKind, Replaced,
};
pub use legacy::legacy_matches;
pub use losing::{Losing, losing};
pub use moved::{Move, Moved};
pub use name::{NameProblem, automatic_name, check_name, kebab, unique_name};
pub use problem::{HistoryProblem, down_problems, problems};
pub use proved::{proof_of, proved};
pub use rebase::{Rebase, RebaseError, rebase};
pub use script::{Script, ScriptError, ScriptProblem, ScriptProblemKind, ScriptStatement};
pub use squash::{
    AsWritten, FileTexts, Planned, Squash, SquashError, SquashForm, SquashRequest, beyond_schema, squash,
};
pub use standing::{Detail, FileState, Standing, State, is_settled, standings};
pub use time::{iso_time, read_iso_time, time_stamp};
