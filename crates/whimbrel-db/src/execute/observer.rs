//! Who hears how a plan is getting on.

use std::time::Duration;

use whimbrel_core::plan::Step;

/// Watches a plan run.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// use std::time::Duration;
/// use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
/// use whimbrel_db::SqliteConnection;
/// use whimbrel_db::execute::{ExecuteObserver, Unguarded, execute};
///
/// #[derive(Default)]
/// struct Log(Vec<String>);
///
/// impl ExecuteObserver for Log {
///     fn step_started(&mut self, index: usize, total: usize, step: &Step) {
///         self.0.push(format!("{}/{total} {}", index + 1, step.sql));
///     }
///
///     fn step_finished(&mut self, _: Duration) {
///         self.0.push("done".into());
///     }
/// }
///
/// let steps = vec![Step::new("CREATE TABLE a (b)"), Step::new("CREATE INDEX i ON a (b)")];
/// let plan = Plan {
///     batches: vec![Batch { transaction: true, foreign_keys: ForeignKeys::AsIs, steps }],
///     ..Plan::default()
/// };
/// let (mut connection, mut log) = (SqliteConnection::open_in_memory().await.unwrap(), Log::default());
/// execute(&mut connection, &plan, &mut Unguarded, &mut log).await.unwrap();
/// assert_eq!(log.0, ["1/2 CREATE TABLE a (b)", "done", "2/2 CREATE INDEX i ON a (b)", "done"]);
/// # });
/// ```
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
