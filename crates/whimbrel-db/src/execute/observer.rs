//! Who hears how a plan is getting on.

use std::time::Duration;

use whimbrel_core::plan::Step;

/// Watches a plan run.
pub trait ExecuteObserver: Send {
    /// Step `index` (from 0) of `total` begins.
    fn step_started(&mut self, index: usize, total: usize, step: &Step);

    /// The step that began last is done; its batch is not yet committed.
    fn step_finished(&mut self, elapsed: Duration);
}

/// The observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl ExecuteObserver for Silent {
    fn step_started(&mut self, _: usize, _: usize, _: &Step) {}
    fn step_finished(&mut self, _: Duration) {}
}
