//! Who hears how a run is getting on.

use std::time::Duration;

use super::Job;

/// Watches a run.
pub trait ApplyObserver: Send {
    /// There are `total` migrations to run. Heard again if others have changed
    /// what there is to do.
    fn began(&mut self, total: usize);

    /// Migration `index` (from 0) of `total` begins. Heard again if it has to
    /// be tried again.
    fn started(&mut self, index: usize, total: usize, job: &Job);

    /// Of the statements of the migration that began last, `done` of `total`
    /// have run; they may not be committed yet.
    fn statements(&mut self, done: usize, total: usize);

    /// The migration is committed; it took this long, its COMMIT aside.
    fn applied(&mut self, job: &Job, elapsed: Duration);
}

/// The observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl ApplyObserver for Silent {
    fn began(&mut self, _: usize) {}
    fn started(&mut self, _: usize, _: usize, _: &Job) {}
    fn statements(&mut self, _: usize, _: usize) {}
    fn applied(&mut self, _: &Job, _: Duration) {}
}

impl<O: ApplyObserver + ?Sized> ApplyObserver for &mut O {
    fn began(&mut self, total: usize) {
        (**self).began(total);
    }

    fn started(&mut self, index: usize, total: usize, job: &Job) {
        (**self).started(index, total, job);
    }

    fn statements(&mut self, done: usize, total: usize) {
        (**self).statements(done, total);
    }

    fn applied(&mut self, job: &Job, elapsed: Duration) {
        (**self).applied(job, elapsed);
    }
}
