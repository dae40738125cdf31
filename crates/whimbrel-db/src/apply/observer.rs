//! Who hears how a run is getting on.

use std::time::Duration;

use super::{Account, Job};

/// Watches a run; what it does not care for, it leaves out.
///
/// ```
/// use std::time::Duration;
///
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Script};
/// use whimbrel_db::apply::{Account, ApplyObserver, Job, Record};
///
/// /// Keeps a log of what is heard.
/// #[derive(Default)]
/// struct Log(Vec<String>);
///
/// impl ApplyObserver for Log {
///     fn began(&mut self, total: usize) {
///         self.0.push(format!("{total} to run"));
///     }
///
///     fn started(&mut self, index: usize, total: usize, job: &Job) {
///         self.0.push(format!("{} of {total}: {}", index + 1, job.label()));
///     }
///
///     fn statements(&mut self, done: usize, total: usize) {
///         self.0.push(format!("{done} of {total} statements"));
///     }
///
///     fn said(&mut self, line: &str) {
///         self.0.push(format!("it says: {line}"));
///     }
///
///     fn accounted(&mut self, name: &str, account: &Account) {
///         self.0.push(format!("{name} changed the schema {} times", account.ddl.len()));
///     }
///
///     fn applied(&mut self, job: &Job, _: Duration) {
///         self.0.push(format!("{} is there", job.name));
///     }
/// }
///
/// // What a run tells of one migration.
/// let script = Script::read(Dialect::Sqlite, "0000_users.sql", "CREATE TABLE users (id INTEGER);").unwrap();
/// let (name, checksum) = ("users".to_owned(), Checksum::of_file(&script.text));
/// let job = Job { name, checksum, work: script.into(), record: Record::Insert };
/// let mut log = Log::default();
/// log.began(1);
/// log.started(0, 1, &job);
/// log.statements(1, 1);
/// log.applied(&job, Duration::from_millis(3));
/// assert_eq!(log.0, ["1 to run", "1 of 1: 0000_users", "1 of 1 statements", "users is there"]);
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
///
/// ```
/// use whimbrel_db::apply::{ApplyObserver, Silent};
/// // Whatever it hears, nobody learns of it.
/// Silent.said("half of it is done");
/// assert_eq!(size_of::<Silent>(), 0);
/// ```
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
