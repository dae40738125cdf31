//! A range planned anew, from nothing to the schema that it leads to.
//!
//! Only where a database that applies the squashed migration cannot tell the
//! difference: the range begins with the first migration and no statement of it
//! does what a replay does not show; it leaves no row and moves no sequence; and
//! the engine's own books say the same after the one as after the other. Where
//! any of that is in doubt the statements stay as they were written, with the
//! reason.

use whimbrel_core::describe::one_line;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::history::{AsWritten, Planned, Script, Squash as Squashed, beyond_schema};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Proof, plan};
use whimbrel_core::schema::Schema;
use whimbrel_db::inventory::Inventory;

use super::{Range, Squash};
use crate::draft::{Draft, drafts};
use crate::error::Error;
use crate::history::{History, HistoryError, down_statements, is_fault_of_the_file, warnings};
use crate::prove::Claim;

/// A squash by a plan.
pub(super) struct Anew {
    pub(super) squashed: Squashed,
    pub(super) proof: Proof,
    /// How many statements there were, and how many there are.
    pub(super) statements: Pair<usize>,
}

/// Why there is none.
pub(super) enum Obstacle {
    Reason(AsWritten),
    Failed(Error),
}

impl From<AsWritten> for Obstacle {
    fn from(reason: AsWritten) -> Self {
        Self::Reason(reason)
    }
}

impl<E: Into<Error>> From<E> for Obstacle {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Squash<'_> {
    /// Plans `written` anew; it is the same range with its statements as they were
    /// written, and `proof` what a replay of them showed.
    pub(super) async fn anew(
        &mut self,
        history: &History,
        range: Range,
        written: &Squashed,
        proof: &Proof,
    ) -> Result<Anew, Obstacle> {
        self.look(history, range)?;
        if written.down.is_some() && matches!(proof, Proof::Irreversible { .. }) {
            return Err(AsWritten::NoWayBack.into());
        }
        let (schema, expected) = self.stock(history, range).await?;
        let draft = self.draft(&schema).await?;
        let dialect = self.migrator.dialect();
        let script = Script::read(dialect, &written.entry.path(), &written.up)?;
        let pragmas = if script.foreign_keys_off { 2 } else { 0 };
        let up = draft.up.statements();
        let statements = Pair::new(script.statements.len() + pragmas, up.len());
        if statements.to >= statements.from {
            return Err(AsWritten::NotShorter.into());
        }
        let planned = Planned { up, down: down_statements(&draft), warnings: warnings(&draft) };
        let squashed = written.planned(dialect, planned)?;
        let proof = self.compare(history, range, &squashed, &expected).await?;
        Ok(Anew { squashed, proof, statements })
    }

    /// Looks for what no replay would show.
    fn look(&self, history: &History, (first, last): Range) -> Result<(), Obstacle> {
        if self.as_written {
            return Err(AsWritten::Asked.into());
        }
        if let Some(before) = first.checked_sub(1) {
            let entry = &history.journal.entries[before];
            let after = format!("{:04}_{}", entry.idx, entry.name);
            return Err(AsWritten::NotTheFirst { after }.into());
        }
        let dialect = self.migrator.dialect();
        if history.base(dialect)?.is_some() {
            return Err(AsWritten::Base.into());
        }
        let works = self.migrator.works(history, last + 1)?;
        let scripts = works.iter().filter_map(|work| work.script());
        beyond_schema(dialect, scripts).map_or(Ok(()), |reason| Err(reason.into()))
    }

    /// What the range leaves behind: a schema, and nothing that it does not hold.
    async fn stock(&mut self, history: &History, (_, last): Range) -> Result<(Schema, Inventory), Obstacle> {
        self.migrator.rebuild(history, last + 1).await?;
        let (read, inventory) = self.migrator.workshop().await?.stock().await?;
        if let Some(one) = read.left_alone.into_iter().next() {
            return Err(AsWritten::LeftAlone(one).into());
        }
        if let Some(table) = inventory.filled.first() {
            return Err(AsWritten::Rows { table: table.clone() }.into());
        }
        Ok((read.schema, inventory))
    }

    /// The plan from nothing to `schema`, as one proved migration.
    async fn draft(&mut self, schema: &Schema) -> Result<Draft, Obstacle> {
        let dialect = self.migrator.dialect();
        let empty = Schema::default();
        let pair = Pair::new(&empty, schema);
        let renames = Renames::default();
        let changes = diff(dialect, pair, &renames).changes;
        let plan = plan(dialect, pair, &changes).map_err(differs)?;
        let claim = Claim { pair, renames: &renames, changes: &changes, plan: &plan };
        let mut drafts = match drafts(self.migrator.workshop().await?, claim).await {
            Err(Error::Proof(error)) => return Err(differs(error)),
            drafts => drafts?,
        };
        match (drafts.pop(), drafts.len()) {
            (Some(draft), 0) if draft.proof == Proof::Exact => Ok(draft),
            (Some(draft), 0) => Err(differs(draft.proof)),
            (Some(_), others) => Err(AsWritten::Several { migrations: others + 1 }.into()),
            // It leaves nothing behind, and a migration has a statement.
            (None, _) => Err(AsWritten::NotShorter.into()),
        }
    }

    /// Tries the files out in place of those of the range.
    async fn compare(
        &mut self,
        history: &History,
        range: Range,
        squashed: &Squashed,
        expected: &Inventory,
    ) -> Result<Proof, Obstacle> {
        let proof = match self.prove(history, range, squashed).await {
            Err(error) if is_of_the_plan(&error) => return Err(differs(error)),
            proof => proof?,
        };
        if squashed.down.is_some() && proof != Proof::Exact {
            return Err(differs(proof));
        }
        let (_, found) = self.migrator.workshop().await?.stock().await?;
        found.difference(expected).map_or(Ok(proof), |what| Err(differs(format!("`{what}` differs"))))
    }
}

fn is_of_the_plan(error: &Error) -> bool {
    let differs = |error: &HistoryError| matches!(error, HistoryError::SquashDiffers { .. });
    is_fault_of_the_file(error) || matches!(error, Error::History(error) if differs(error))
}

fn differs(reason: impl ToString) -> Obstacle {
    AsWritten::Differs { reason: one_line(&reason.to_string()) }.into()
}
