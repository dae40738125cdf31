//! The verbs: one file each.

mod adopt;
mod apply;
mod baseline;
mod check;
mod create;
mod diff;
mod down;
mod forget;
mod generate;
mod inspect;
#[cfg(feature = "model-files")]
mod inspect_models;
mod push;
mod read;
mod rebase;
mod reset;
mod squash;
mod status;
mod verify;

pub use adopt::{Adopt, AdoptReport};
pub use apply::{Apply, ApplyReport};
pub use baseline::Baseline;
pub use check::{Check, CheckReport, Finding};
pub use create::{Create, CreateOptions, create};
pub use diff::{Diff, DiffReport, Side};
pub use down::{Down, DownReport, Rolled};
pub use forget::Forget;
pub use generate::{Generate, GenerateReport};
pub use inspect::{Inspect, Inspection};
#[cfg(feature = "model-files")]
pub use inspect_models::WrittenModels;
pub use push::{Accepting, Push, PushObserver, PushPlan, PushReport};
pub use rebase::{Keep, Rebase, RebaseReport};
pub use reset::{Reset, ResetReport};
pub use squash::{Squash, SquashReport};
pub use status::{LockStanding, Pending, Status, StatusReport};
pub use verify::{Outcome, Verdict, Verify, VerifyReport};
