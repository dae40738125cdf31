//! Proves a plan in a scratch database before anyone sees it.
//!
//! The scratch database gets the current schema and a generated row a touched
//! table, runs the plan as it will run for real, and must read back as the
//! desired schema with every kept value in place. Then the way back is run and
//! must read back as the current schema.

use std::collections::BTreeMap;

use whimbrel_core::change::Change;
use whimbrel_core::describe::describe;
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, Reshaped, diff};
use whimbrel_core::name::ObjectName;
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::{Hazard, Plan, PlanError, Proof, plan};
use whimbrel_core::resolve::RenameKind;
use whimbrel_core::schema::{Schema, Table};
use whimbrel_db::execute::{ExecuteError, Silent, Unguarded, execute};
use whimbrel_db::{Connection, DbError, Row};

use crate::error::ProofError;
use crate::neighbourhood::neighbourhood;
use crate::portions::divided;
use crate::scratch::Workshop;

/// A plan under proof, with all it came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Claim<'a> {
    pub(crate) pair: Pair<&'a Schema>,
    pub(crate) renames: &'a Renames,
    pub(crate) changes: &'a [Change],
    pub(crate) plan: &'a Plan,
}

/// Replays the claim both ways.
///
/// # Errors
///
/// [`ProofError`] if a faithful replay fails or ends elsewhere: a defect of
/// whimbrel, and the plan must not run.
pub(crate) async fn prove(workshop: &mut Workshop, claim: Claim<'_>) -> Result<Proof, crate::Error> {
    let dialect = workshop.dialect();
    if claim.plan.is_empty() {
        return Ok(Proof::Exact);
    }
    let near = neighbourhood(dialect, claim.pair, claim.changes, claim.renames);
    if let Err(reason) = build(workshop, &near.from).await? {
        return Ok(Proof::Unproved { reason });
    }
    let kept = Kept::between(dialect, near.as_ref(), claim);
    let connection = workshop.connection();
    fill(connection, &near.from, claim.plan, claim.renames).await?;
    let before = kept.read(connection, Side::From).await?;
    match run(connection, claim.plan).await {
        Ok(()) => {}
        Err(error) if error.is_out_of_locks() => {
            return Ok(Proof::Unproved { reason: "the server has no room for so many locks".to_owned() });
        }
        Err(error) if needs_commit(workshop, &error) => {
            return Ok(Proof::Unproved { reason: NEEDS_COMMIT.to_owned() });
        }
        Err(error) => return Err(ProofError::fails(error).into()),
    }
    compare(workshop, &near.to).await?.map_err(|difference| ProofError::Differs { difference })?;
    let after = kept.read(workshop.connection(), Side::To).await?;
    if let Some(table) = before.iter().zip(&after).position(|(a, b)| a != b) {
        return Err(ProofError::LosesRows { table: kept.tables[table].to.name.to_string() }.into());
    }
    way_back(workshop, near.as_ref(), claim).await
}

/// Runs the way back and gives the verdict.
async fn way_back(
    workshop: &mut Workshop,
    near: Pair<&Schema>,
    claim: Claim<'_>,
) -> Result<Proof, crate::Error> {
    let dialect = workshop.dialect();
    let back = match plan_back(dialect, near, claim.renames) {
        Ok(back) => divided(dialect, back),
        Err(error) => return Ok(Proof::Irreversible { reason: error.to_string() }),
    };
    fill(workshop.connection(), near.to, &back, &claim.renames.reversed()).await?;
    if let Err(error) = run(workshop.connection(), &back).await {
        if needs_commit(workshop, &error) {
            return Ok(Proof::Unproved { reason: format!("on the way back {NEEDS_COMMIT}") });
        }
        return Ok(Proof::Irreversible { reason: whole(&error) });
    }
    if let Err(difference) = compare(workshop, near.from).await? {
        return Ok(Proof::Irreversible { reason: format!("the way back leaves a difference: {difference}") });
    }
    let loses = claim.plan.steps().flat_map(|step| &step.hazards).any(Hazard::loses_data);
    Ok(if loses { Proof::Lossy } else { Proof::Exact })
}

/// What a rolled-back namespace cannot show.
const NEEDS_COMMIT: &str = "a new enum value is used, which needs a COMMIT between, and the scratch namespace is one \
     transaction; `--scratch-url` names a server for scratch databases";

/// Says whether a replay failed only because all of it was one transaction.
fn needs_commit(workshop: &Workshop, error: &ExecuteError) -> bool {
    workshop.limits().no_transactions && error.lacks_commit()
}

/// Plans the way back: from `pair.to` to `pair.from`.
///
/// # Errors
///
/// If the engine cannot carry out a change.
pub(crate) fn plan_back(dialect: Dialect, pair: Pair<&Schema>, renames: &Renames) -> Result<Plan, PlanError> {
    let reversed = pair.reversed();
    let changes = diff(dialect, reversed, &renames.reversed()).changes;
    plan(dialect, reversed, &changes)
}

/// Creates `schema` in an empty scratch database; the inner error says why the
/// current schema cannot be replayed.
pub(crate) async fn build(
    workshop: &mut Workshop,
    schema: &Schema,
) -> Result<Result<(), String>, crate::Error> {
    let dialect = workshop.dialect();
    workshop.reset().await?;
    let empty = Schema::default();
    let pair = Pair::new(&empty, schema);
    let changes = diff(dialect, pair, &Renames::default()).changes;
    let plan = match plan(dialect, pair, &changes) {
        Ok(plan) => divided(dialect, plan),
        Err(error) => return Ok(Err(format!("the current schema does not replay: {error}"))),
    };
    if let Err(error) = run(workshop.connection(), &plan).await {
        return Ok(Err(format!("the current schema does not replay: {}", whole(&error))));
    }
    Ok(compare(workshop, schema)
        .await?
        .map_err(|difference| format!("the current schema does not replay as it is: {difference}")))
}

/// Reads the scratch database back; the inner error names what differs.
async fn compare(workshop: &mut Workshop, expected: &Schema) -> Result<Result<(), String>, crate::Error> {
    let dialect = workshop.dialect();
    let found = workshop.read().await?;
    let difference = diff(dialect, Pair::new(&found, expected), &Renames::default());
    Ok(if difference.changes.is_empty() { Ok(()) } else { Err(words(&difference.changes)) })
}

/// An error with what caused it.
fn whole(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn words(changes: &[Change]) -> String {
    describe(changes).iter().map(ToString::to_string).collect::<String>().trim_end().to_owned()
}

/// Puts one generated row into every table that no step of `plans` may fail on.
///
/// A table that takes none of the generated rows stays empty: its conditions
/// are beyond guessing.
///
/// The schema has the names from before the plan, whose hazards speak the new
/// ones; `renames` lead from the one to the other.
async fn fill(
    connection: &mut dyn Connection,
    schema: &Schema,
    plan: &Plan,
    renames: &Renames,
) -> Result<(), DbError> {
    let dialect = connection.server().dialect;
    let obstacles: Vec<&str> = plan
        .steps()
        .flat_map(|step| &step.hazards)
        .filter(|hazard| !hazard.loses_data() && may_fail(hazard))
        .map(Hazard::subject)
        .collect();
    // The rows of a partitioned table are those of its partitions.
    for table in parents_first(dialect, schema).into_iter().filter(|table| table.partition_by.is_none()) {
        let renamed = renames
            .renamed
            .iter()
            .find(|rename| rename.kind == RenameKind::Table && dialect.same_name(&rename.from, &table.name));
        let name = renamed.map_or(&table.name, |rename| &rename.to).to_string();
        let blocked = obstacles.iter().any(|subject| {
            subject
                .strip_prefix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(', ' ']))
        });
        if !blocked {
            insert_sample(connection, dialect, schema, table).await?;
        }
    }
    Ok(())
}

fn may_fail(hazard: &Hazard) -> bool {
    match hazard {
        Hazard::FailsOnNulls { .. }
        | Hazard::FailsOnRows { .. }
        | Hazard::FailsOnDuplicates { .. }
        | Hazard::FailsOnViolations { .. }
        | Hazard::FailsOnOrphans { .. }
        | Hazard::FailsOnValues { .. } => true,
        Hazard::LosesTable { .. }
        | Hazard::LosesColumn { .. }
        | Hazard::LosesPrecision { .. }
        | Hazard::LosesEnumValues { .. }
        | Hazard::RewritesTable { .. }
        | Hazard::BlocksWrites { .. }
        | Hazard::KeepsComputedValues { .. }
        | Hazard::KeepsComputedEntries { .. }
        | Hazard::KeepsCheckedRows { .. } => false,
    }
}

async fn insert_sample(
    connection: &mut dyn Connection,
    dialect: Dialect,
    schema: &Schema,
    table: &Table,
) -> Result<(), DbError> {
    for attempt in 0.. {
        let Some(sql) = dialect.sample_row(schema, table, attempt) else { return Ok(()) };
        match connection.execute(&sql).await {
            Err(DbError::Statement(_)) => {}
            Ok(_) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The tables so that referenced ones come first, as far as cycles allow.
fn parents_first(dialect: Dialect, schema: &Schema) -> Vec<&Table> {
    let index: BTreeMap<ObjectName, usize> =
        schema.tables.iter().enumerate().map(|(at, table)| (dialect.fold_name(&table.name), at)).collect();
    let mut seen = vec![false; schema.tables.len()];
    let mut order = Vec::with_capacity(schema.tables.len());
    for root in 0..schema.tables.len() {
        // Depth first with an explicit stack: a chain of references may be long.
        let mut stack = vec![(root, false)];
        while let Some((at, done)) = stack.pop() {
            if done {
                order.push(&schema.tables[at]);
                continue;
            }
            if std::mem::replace(&mut seen[at], true) {
                continue;
            }
            stack.push((at, true));
            let parents = &schema.tables[at].foreign_keys;
            stack.extend(
                parents
                    .iter()
                    .filter_map(|key| index.get(&dialect.fold_name(&key.referenced_table)))
                    .filter(|&&parent| !seen[parent])
                    .map(|&parent| (parent, false)),
            );
        }
    }
    order
}

/// Runs a plan where nobody else is and nobody watches.
pub(crate) async fn run(connection: &mut dyn Connection, plan: &Plan) -> Result<(), ExecuteError> {
    execute(connection, plan, &mut Unguarded, &mut Silent).await.map(|_| ())
}

#[derive(Clone, Copy)]
enum Side {
    From,
    To,
}

/// The columns whose values no change touches, table by table.
struct Kept<'a> {
    dialect: Dialect,
    tables: Vec<KeptTable<'a>>,
}

struct KeptTable<'a> {
    from: &'a Table,
    to: &'a Table,
    columns: Vec<Pair<&'a str>>,
}

impl<'a> Kept<'a> {
    fn between(dialect: Dialect, near: Pair<&'a Schema>, claim: Claim<'_>) -> Self {
        // A reset drops a table and creates one of its name: nothing of it is kept.
        let is_dropped = |name: &ObjectName| {
            let drops = |change: &Change| matches!(change, Change::DropTable { table_name } if dialect.same_name(table_name, name));
            claim.changes.iter().any(drops)
        };
        let reshaped = Reshaped::of(near.to, claim.changes);
        // The rows of a partitioned table are those of its partitions.
        let holding = near.to.tables.iter().filter(|to| to.partition_by.is_none());
        let tables = holding.filter_map(|to| {
            let old = claim.renames.old_table(dialect, &to.name);
            if is_dropped(old) {
                return None;
            }
            let from = near
                .from
                .tables
                .iter()
                .find(|table| dialect.fold_name(&table.name) == dialect.fold_name(old))?;
            Some(KeptTable {
                from,
                to,
                columns: kept_columns(dialect, claim, &reshaped, Pair::new(from, to)),
            })
        });
        Self { dialect, tables: tables.filter(|table| !table.columns.is_empty()).collect() }
    }

    /// Reads all kept values, each table's rows in a defined order.
    async fn read(&self, connection: &mut dyn Connection, side: Side) -> Result<Vec<Vec<Row>>, DbError> {
        let mut all = Vec::with_capacity(self.tables.len());
        for table in &self.tables {
            all.push(connection.query(&table.select(self.dialect, side)).await?);
        }
        Ok(all)
    }
}

impl KeptTable<'_> {
    fn select(&self, dialect: Dialect, side: Side) -> String {
        let (table, columns): (_, Vec<String>) = match side {
            Side::From => {
                (self.from, self.columns.iter().map(|pair| dialect.quote_ident(pair.from)).collect())
            }
            Side::To => (self.to, self.columns.iter().map(|pair| dialect.quote_ident(pair.to)).collect()),
        };
        format!("SELECT {} FROM {}", columns.join(", "), dialect.quote_name(&table.name))
    }
}

/// Says whether rows of the column get another enum value, as somebody agreed.
fn replaces_values(dialect: Dialect, changes: &[Change], table: &ObjectName, column: &str) -> bool {
    changes
        .iter()
        .flat_map(Change::replacements)
        .any(|one| dialect.same_name(&one.table_name, table) && dialect.same_ident(&one.column_name, column))
}

/// The stored columns of both sides that are the same but for their names.
fn kept_columns<'a>(
    dialect: Dialect,
    claim: Claim<'_>,
    reshaped: &Reshaped,
    Pair { from, to }: Pair<&'a Table>,
) -> Vec<Pair<&'a str>> {
    to.columns
        .iter()
        .filter(|column| column.generated.is_none())
        .filter_map(|column| {
            let old = claim.renames.old_column(dialect, &to.name, &column.name);
            let before = from.columns.iter().find(|one| dialect.same_ident(&one.name, old))?;
            let untouched = before.generated.is_none()
                && !replaces_values(dialect, claim.changes, &to.name, &column.name)
                && before.nullable == column.nullable
                && !reshaped.holds(&column.sql_type)
                && dialect.same_type(&before.sql_type, &column.sql_type);
            untouched.then(|| Pair::new(before.name.as_str(), column.name.as_str()))
        })
        .collect()
}
