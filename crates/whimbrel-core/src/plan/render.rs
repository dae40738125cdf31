//! A plan as text.

use super::{Batch, ForeignKeys, Plan, Step};
use crate::describe;

impl Plan {
    /// Writes the plan as a script for the engine's own shell: transactions and
    /// pragmas stand as literal statements, hazards as comments before the
    /// statement that they belong to.
    ///
    /// The script does less than running the plan does: it counts no copied
    /// rows and looks for no rows that refer to nothing.
    ///
    /// ```
    /// use whimbrel_core::plan::{Batch, ForeignKeys, Hazard, Plan, Step};
    /// let batch = Batch {
    ///     transaction: true,
    ///     foreign_keys: ForeignKeys::Suspended { check: vec![] },
    ///     steps: vec![Step::new("DROP TABLE \"users\"").with(Hazard::LosesTable { subject: "users".into() })],
    /// };
    /// let plan = Plan { batches: vec![batch], ..Plan::default() };
    /// assert_eq!(
    ///     plan.render_sql(),
    ///     "\
    /// PRAGMA foreign_keys=OFF;
    /// BEGIN;
    /// -- users: all rows are lost
    /// DROP TABLE \"users\";
    /// COMMIT;
    /// PRAGMA foreign_keys=ON;
    /// "
    /// );
    /// ```
    pub fn render_sql(&self) -> String {
        let lines: Vec<String> = self.batches.iter().flat_map(script).collect();
        lines.iter().map(|statement| format!("{}\n", terminated(statement))).collect()
    }

    /// The statements of the plan as a migration file has them: each with its
    /// semicolon and with its hazards as comments before it, pragmas literally,
    /// and no BEGIN and COMMIT, for whoever applies the file opens the
    /// transaction.
    ///
    /// ```
    /// use whimbrel_core::plan::{Batch, ForeignKeys, Plan, Step};
    /// let steps = vec![Step::new("DROP TABLE \"users\"")];
    /// let batch = Batch { transaction: true, foreign_keys: ForeignKeys::AsIs, steps };
    /// let plan = Plan { batches: vec![batch], ..Plan::default() };
    /// assert_eq!(plan.statements(), ["DROP TABLE \"users\";"]);
    /// ```
    pub fn statements(&self) -> Vec<String> {
        self.batches.iter().flat_map(statements).map(|statement| terminated(&statement)).collect()
    }
}

/// The statements of a batch with its transaction.
fn script(batch: &Batch) -> Vec<String> {
    let mut all = statements(batch);
    if batch.transaction {
        let pragmas = usize::from(batch.foreign_keys != ForeignKeys::AsIs);
        all.insert(pragmas, "BEGIN".to_owned());
        all.insert(all.len() - pragmas, "COMMIT".to_owned());
    }
    all
}

/// The statements of a batch between the pragmas that it needs.
fn statements(batch: &Batch) -> Vec<String> {
    let steps = batch.steps.iter().map(with_hazards);
    match batch.foreign_keys {
        ForeignKeys::AsIs => steps.collect(),
        ForeignKeys::Suspended { .. } => {
            let (off, on) = ("PRAGMA foreign_keys=OFF".to_owned(), "PRAGMA foreign_keys=ON".to_owned());
            std::iter::once(off).chain(steps).chain([on]).collect()
        }
    }
}

fn with_hazards(step: &Step) -> String {
    let hazards =
        step.hazards.iter().map(|hazard| format!("-- {}\n", describe::one_line(&hazard.to_string())));
    hazards.chain([step.sql.clone()]).collect()
}

/// A statement with its semicolon, which no comment at its end may hide.
fn terminated(statement: &str) -> String {
    let hidden = statement.lines().next_back().is_some_and(|line| line.contains("--"));
    format!("{statement}{};", if hidden { "\n" } else { "" })
}
