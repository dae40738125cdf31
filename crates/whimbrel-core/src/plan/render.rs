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
        let lines: Vec<String> = self.batches.iter().flat_map(statements).collect();
        lines.iter().map(|statement| terminated(statement)).collect()
    }
}

fn statements(batch: &Batch) -> Vec<String> {
    let mut all: Vec<String> = batch.steps.iter().map(with_hazards).collect();
    if batch.transaction {
        all.insert(0, "BEGIN".to_owned());
        all.push("COMMIT".to_owned());
    }
    match batch.foreign_keys {
        ForeignKeys::AsIs => {}
        ForeignKeys::Suspended { .. } => {
            all.insert(0, "PRAGMA foreign_keys=OFF".to_owned());
            all.push("PRAGMA foreign_keys=ON".to_owned());
        }
    }
    all
}

fn with_hazards(step: &Step) -> String {
    let hazards =
        step.hazards.iter().map(|hazard| format!("-- {}\n", describe::one_line(&hazard.to_string())));
    hazards.chain([step.sql.clone()]).collect()
}

/// A statement with its semicolon, which no comment at its end may hide.
fn terminated(statement: &str) -> String {
    let hidden = statement.lines().next_back().is_some_and(|line| line.contains("--"));
    format!("{statement}{};\n", if hidden { "\n" } else { "" })
}
