//! The verbs: one file each.

mod diff;
mod inspect;
mod push;

pub use diff::{Diff, DiffReport, Side};
pub use inspect::{Inspect, Inspection};
pub use push::{Accepting, Push, PushObserver, PushPlan, PushReport};
