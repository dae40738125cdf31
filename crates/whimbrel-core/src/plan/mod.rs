//! A [`Plan`]: ordered batches of SQL steps that turn one schema into another.

mod action;
mod hazard;
mod order;
mod proof;
mod render;

pub use action::{Action, Key, Mode};
pub use hazard::Hazard;
pub use proof::Proof;

use serde::Serialize;

use crate::change::Change;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::schema::Schema;

/// Batches of steps, in the order in which they run.
///
/// ```
/// use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
///
/// let steps = vec![Step::new("CREATE TABLE a (id int)"), Step::new("CREATE TABLE b (id int)")];
/// let batch = Batch { transaction: true, foreign_keys: ForeignKeys::AsIs, steps };
/// let plan = Plan { batches: vec![batch], ..Plan::default() };
/// assert_eq!(plan.steps().count(), 2);
/// assert!(!plan.is_empty() && Plan::default().is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The batches; each is committed before the next begins.
    pub batches: Vec<Batch>,
    /// What goes and comes back under its name: whatever the schema does not
    /// tell of it, such as who may use it, is lost unless somebody restores it.
    #[serde(skip)]
    pub recreated: Vec<Key>,
}

/// Steps that share a transaction, or one step that cannot be in any.
///
/// ```
/// use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
///
/// let steps = vec![Step::new("VACUUM")];
/// let vacuum = Batch { transaction: false, foreign_keys: ForeignKeys::AsIs, steps };
/// let plan = Plan { batches: vec![vacuum], ..Plan::default() };
/// assert_eq!(plan.render_sql(), "VACUUM;\n");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    /// Whether the steps run in one transaction.
    pub transaction: bool,
    /// Whether the engine enforces foreign keys while the batch runs.
    pub foreign_keys: ForeignKeys,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Batch {
    fn in_portions(self, most: usize) -> Vec<Self> {
        if !self.transaction || self.foreign_keys != ForeignKeys::AsIs || self.steps.len() <= most {
            return vec![self];
        }
        let mut settings: Vec<Step> = Vec::new();
        let portions = self.steps.chunks(most.max(1)).map(|chunk| {
            let steps = settings.iter().chain(chunk).cloned().collect();
            settings.extend(chunk.iter().filter(|step| step.is_setting()).cloned());
            Self { transaction: true, foreign_keys: ForeignKeys::AsIs, steps }
        });
        portions.collect()
    }
}

/// What becomes of foreign-key enforcement during a batch.
///
/// ```
/// use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
///
/// let foreign_keys = ForeignKeys::Suspended { check: vec!["users".into()] };
/// let batch = Batch { transaction: true, foreign_keys, steps: vec![Step::new("DROP TABLE users")] };
/// let plan = Plan { batches: vec![batch], ..Plan::default() };
/// assert!(plan.render_sql().starts_with("PRAGMA foreign_keys=OFF;\nBEGIN;\n"));
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum ForeignKeys {
    /// The session keeps whatever it has.
    #[default]
    AsIs,
    /// Off from before the transaction until after it. The rows of these
    /// tables are checked before and after, inside the transaction: a violation
    /// that was not there before fails the batch.
    Suspended {
        /// The tables whose rows are checked.
        check: Vec<ObjectName>,
    },
}

/// One SQL statement and what is known of it.
///
/// ```
/// use whimbrel_core::plan::{Hazard, Step};
///
/// let step = Step::new("DROP TABLE users").with(Hazard::LosesTable { subject: "users".into() });
/// assert_eq!((step.sql.as_str(), step.hazards.len()), ("DROP TABLE users", 1));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The statement, without a final semicolon.
    pub sql: String,
    /// What the statement may do to data or availability.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hazards: Vec<Hazard>,
    /// A query whose one number must equal the rows that the statement affects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect_rows: Option<String>,
}

impl Step {
    /// A statement with nothing to beware of.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), hazards: Vec::new(), expect_rows: None }
    }

    /// Says whether the statement only says how others of its transaction run.
    fn is_setting(&self) -> bool {
        self.sql.starts_with("SET LOCAL ")
    }

    /// Adds a hazard.
    pub fn with(mut self, hazard: Hazard) -> Self {
        self.hazards.push(hazard);
        self
    }
}

impl Plan {
    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.batches.iter().flat_map(|batch| &batch.steps)
    }

    /// The same steps in the same order, at most so many in one transaction.
    ///
    /// A setting that counts until the end of a transaction is made in each.
    /// Batches whose foreign keys are suspended stay whole.
    ///
    /// ```
    /// use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
    /// let steps = ["SET LOCAL a = 1", "CREATE TABLE b ()", "CREATE TABLE c ()"].map(Step::new).to_vec();
    /// let batch = Batch { transaction: true, foreign_keys: ForeignKeys::AsIs, steps };
    /// let portions = Plan { batches: vec![batch], ..Plan::default() }.in_portions(2);
    /// let last: Vec<_> = portions.batches[1].steps.iter().map(|step| step.sql.as_str()).collect();
    /// assert_eq!(last, ["SET LOCAL a = 1", "CREATE TABLE c ()"]);
    /// ```
    #[must_use]
    pub fn in_portions(self, steps: usize) -> Self {
        let Self { batches, recreated } = self;
        Self { batches: batches.into_iter().flat_map(|batch| batch.in_portions(steps)).collect(), recreated }
    }

    /// Says whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.steps().next().is_none()
    }
}

/// A bounded read-only query about rows.
///
/// It returns one row: how many rows are affected (at most [`Probe::LIMIT`]),
/// how many rows the table has (at most the same, NULL where that says
/// nothing), and one affected value as text (NULL if there is none).
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::diff::Renames;
/// use whimbrel_core::pair::Pair;
/// use whimbrel_core::plan::Probe;
/// use whimbrel_core::resolve::{Loss, LossKind};
/// use whimbrel_core::schema::{Schema, Table};
///
/// let schema = Schema { tables: vec![Table::new("users")], ..Schema::default() };
/// let pair = Pair::new(schema, Schema::default());
/// let loss = Loss { table: "users".into(), kind: LossKind::DropTable };
/// let probe = Dialect::Sqlite.probe(pair.as_ref(), &Renames::default(), &loss).unwrap();
/// assert!(probe.sql.contains(&Probe::LIMIT.to_string()) && !probe.is_slow);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The query.
    pub sql: String,
    /// Whether it may compare each row with each other, and so take a time that
    /// no count bounds: after a while nobody can tell.
    pub is_slow: bool,
}

impl Probe {
    /// A query that reads each row a few times at most.
    pub(crate) fn new(sql: String) -> Self {
        Self { sql, is_slow: false }
    }

    /// Counts stop here: a count of this many means "at least".
    pub const LIMIT: u64 = 100_000;
}

/// Why no plan could be made.
///
/// ```
/// use miette::Diagnostic;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::plan::PlanError;
///
/// let error = PlanError::Unsupported {
///     dialect: Dialect::Sqlite,
///     what: "create the extension `citext`".into(),
///     help: "leave it out".into(),
/// };
/// assert_eq!(error.to_string(), "SQLite cannot create the extension `citext`");
/// assert_eq!(error.help().unwrap().to_string(), "leave it out");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum PlanError {
    /// The engine has no way to do it.
    #[error("{dialect} cannot {what}")]
    #[diagnostic(code(whimbrel::plan::unsupported), help("{help}"))]
    Unsupported {
        /// The engine.
        dialect: Dialect,
        /// What was to be done.
        what: String,
        /// What to do instead.
        help: String,
    },
    /// The facts contradict each other: a defect of whimbrel.
    #[error("no order satisfies the steps of the plan: {between}")]
    #[diagnostic(
        code(whimbrel::plan::cycle),
        help("this is a defect of whimbrel: please report it with both schemas")
    )]
    Cycle {
        /// The steps that wait for each other.
        between: String,
    },
}

/// Plans `changes`, which turn `pair.from` into `pair.to`, for one dialect.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::diff::{Renames, diff};
/// use whimbrel_core::pair::Pair;
/// use whimbrel_core::plan::plan;
/// use whimbrel_core::schema::{Column, Schema, Table};
///
/// let users = Table { columns: vec![Column::new("name", "text")], ..Table::new("users") };
/// let pair = Pair::new(Schema::default(), Schema { tables: vec![users], ..Schema::default() });
/// let changes = diff(Dialect::Postgres, pair.as_ref(), &Renames::default()).changes;
/// let plan = plan(Dialect::Postgres, pair.as_ref(), &changes).unwrap();
/// assert_eq!(plan.statements(), ["CREATE TABLE \"users\" (\n  \"name\" text\n);"]);
/// ```
///
/// # Errors
///
/// If the engine cannot carry out a change.
pub fn plan(dialect: Dialect, pair: Pair<&Schema>, changes: &[Change]) -> Result<Plan, PlanError> {
    // To lower changes a dialect looks at all of both schemas, which takes room.
    if changes.is_empty() {
        return Ok(Plan::default());
    }
    let actions = dialect.lower(pair, changes)?;
    let ordered = order::order(dialect, actions)?;
    let recreated = action::recreated(&ordered);
    Ok(Plan { batches: action::batches(ordered), recreated })
}
