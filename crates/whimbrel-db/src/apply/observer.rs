//! Who hears how a run is getting on.

use std::time::Duration;

use super::{Account, Job};

/// Watches a run; what it does not care for, it leaves out.
///
/// ```
/// use std::time::Duration;
/// use whimbrel_db::apply::{ApplyObserver, Job};
///
/// /// Keeps the names of what was applied.
/// #[derive(Default)]
/// struct Names(Vec<String>);
///
/// impl ApplyObserver for Names {
///     fn applied(&mut self, job: &Job, _elapsed: Duration) {
///         self.0.push(job.name.clone());
///     }
/// }
/// # let mut names = Names::default();
/// # names.began(2);
/// # names.statements(1, 2);
/// # assert!(names.0.is_empty());
/// ```
pub trait ApplyObserver: Send {
    /// There are `total` migrations to run. Heard again if others have changed
    /// what there is to do.
    fn began(&mut self, total: usize) {
        let _ = total;
    }

    /// Migration `index` (from 0) of `total` begins. Heard again if it has to
    /// be tried again.
    fn started(&mut self, index: usize, total: usize, job: &Job) {
        let _ = (index, total, job);
    }

    /// Of the statements of the migration that began last, `done` of `total`
    /// have run; they may not be committed yet.
    fn statements(&mut self, done: usize, total: usize) {
        let _ = (done, total);
    }

    /// The program of the migration that began last has something to say.
    fn said(&mut self, line: &str) {
        let _ = line;
    }

    /// The migration, a program that is committed, did this to the schema.
    fn accounted(&mut self, name: &str, account: &Account) {
        let _ = (name, account);
    }

    /// The migration is committed; it took this long, its COMMIT aside.
    fn applied(&mut self, job: &Job, elapsed: Duration) {
        let _ = (job, elapsed);
    }
}

/// The observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl ApplyObserver for Silent {}

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

    fn said(&mut self, line: &str) {
        (**self).said(line);
    }

    fn accounted(&mut self, name: &str, account: &Account) {
        (**self).accounted(name, account);
    }

    fn applied(&mut self, job: &Job, elapsed: Duration) {
        (**self).applied(job, elapsed);
    }
}
