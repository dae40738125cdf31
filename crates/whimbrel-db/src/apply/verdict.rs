//! What became of a statement that cannot be in a transaction.
//!
//! Before it runs, the object that it names is looked at, and what was seen is
//! kept: its fingerprint. If the run is killed, the next one looks again. Where
//! nothing has changed, the statement did not run; where the engine left its
//! work half done, that is cleared away or brought to its end.
//!
//! | statement | what is looked at |
//! |---|---|
//! | CREATE INDEX CONCURRENTLY | the indexes of its name (or all) on the table, and whether they are valid |
//! | DROP INDEX CONCURRENTLY | whether the index is there |
//! | ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY | the partitions of the table |
//! | VACUUM, REINDEX, ANALYZE, PRAGMA | nothing: it may run twice |
//! | any other | nothing tells |

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::sql::{Beyond, Class, Ddl, DdlKind, DdlVerb};

use crate::connection::{Connection, Row};
use crate::error::DbError;

/// What is to be done about a statement that had begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has run.
    Ran,
    /// It is to run, after these statements that clear away what it left.
    RunAgain(Vec<String>),
    /// This statement brings it to its end.
    Finish(String),
    /// Nothing tells.
    Unknown,
}

/// Looks at the object that a statement names.
pub(super) async fn fingerprint(connection: &mut dyn Connection, class: &Class) -> Result<String, DbError> {
    let traces = traces(connection, class).await?;
    Ok(traces.iter().map(Trace::mark).collect::<Vec<_>>().join(" "))
}

/// Tells what became of a statement before which `before` was the fingerprint.
pub(super) async fn verdict(
    connection: &mut dyn Connection,
    class: &Class,
    before: &str,
) -> Result<Verdict, DbError> {
    if may_run_twice(class) {
        return Ok(Verdict::RunAgain(Vec::new()));
    }
    let Some(kind) = Kind::of(class) else { return Ok(Verdict::Unknown) };
    let now = traces(connection, class).await?;
    let was_there = |trace: &Trace| before.split(' ').any(|mark| mark == trace.mark());
    let mut new = now.iter().filter(|trace| !was_there(trace)).peekable();
    Ok(match kind {
        Kind::CreateIndex if new.peek().is_none() => Verdict::RunAgain(Vec::new()),
        Kind::CreateIndex if new.clone().all(|trace| trace.is_whole) => Verdict::Ran,
        Kind::CreateIndex => {
            let half_built = new.filter(|trace| !trace.is_whole);
            Verdict::RunAgain(
                half_built.map(|trace| format!("DROP INDEX CONCURRENTLY {}", trace.name)).collect(),
            )
        }
        Kind::DropIndex if now.is_empty() && !before.is_empty() => Verdict::Ran,
        Kind::DropIndex => Verdict::RunAgain(Vec::new()),
        Kind::Detach => match now.iter().find(|trace| !trace.is_whole) {
            Some(pending) => Verdict::Finish(format!(
                "ALTER TABLE {} DETACH PARTITION {} FINALIZE",
                pending.on, pending.name
            )),
            None if now.len() < before.split_whitespace().count() => Verdict::Ran,
            None => Verdict::RunAgain(Vec::new()),
        },
    })
}

/// Says whether it does no harm if the statement runs once more.
fn may_run_twice(class: &Class) -> bool {
    match class {
        Class::Maintenance(_)
        | Class::Pragma(_)
        | Class::Session
        | Class::Explain
        | Class::Beyond(Beyond::System) => true,
        Class::Ddl(_)
        | Class::Data(_)
        | Class::Transaction(_)
        | Class::Attach
        | Class::ExtensionLoading
        | Class::Ownership
        | Class::Privilege
        | Class::Beyond(_)
        | Class::Comment
        | Class::Do
        | Class::MetaCommand { .. }
        | Class::DotCommand { .. }
        | Class::Unknown => false,
    }
}

/// The statements whose objects tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    CreateIndex,
    DropIndex,
    Detach,
}

impl Kind {
    fn of(class: &Class) -> Option<Self> {
        let Class::Ddl(Ddl { verb, kind, .. }) = class else { return None };
        match (verb, kind) {
            (DdlVerb::Create, DdlKind::Index) => Some(Self::CreateIndex),
            (DdlVerb::Drop, DdlKind::Index) => Some(Self::DropIndex),
            (DdlVerb::Alter, DdlKind::Table) => Some(Self::Detach),
            _ => None,
        }
    }
}

/// An object that a statement makes or takes away.
struct Trace {
    oid: i64,
    /// Whether it is neither half made nor half gone.
    is_whole: bool,
    /// Its name, qualified and quoted.
    name: String,
    /// The name of the table it belongs to, likewise.
    on: String,
}

impl Trace {
    fn of(row: &Row) -> Self {
        let text = |at: usize| row.text(at).unwrap_or_default().to_owned();
        Self { oid: row.integer(0).unwrap_or_default(), is_whole: row.is_true(1), name: text(2), on: text(3) }
    }

    fn mark(&self) -> String {
        format!("{}{}", self.oid, if self.is_whole { "" } else { "!" })
    }
}

/// What there is now of the object that a statement names. Only PostgreSQL has
/// statements that must be asked after.
async fn traces(connection: &mut dyn Connection, class: &Class) -> Result<Vec<Trace>, DbError> {
    let (Dialect::Postgres, Some(kind), Class::Ddl(ddl)) =
        (connection.server().dialect, Kind::of(class), class)
    else {
        return Ok(Vec::new());
    };
    let Some(condition) = condition(kind, ddl) else { return Ok(Vec::new()) };
    let name = |class: &str, namespace: &str| {
        format!("pg_catalog.format('%I.%I', {namespace}.nspname, {class}.relname)")
    };
    let columns = format!("{}, {}", name("o", "n"), name("p", "m"));
    let joins = "JOIN pg_catalog.pg_namespace n ON n.oid = o.relnamespace \
                 JOIN pg_catalog.pg_namespace m ON m.oid = p.relnamespace";
    let query = match kind {
        Kind::CreateIndex | Kind::DropIndex => format!(
            "SELECT o.oid, i.indisvalid, {columns} FROM pg_catalog.pg_index i \
             JOIN pg_catalog.pg_class o ON o.oid = i.indexrelid \
             JOIN pg_catalog.pg_class p ON p.oid = i.indrelid {joins} WHERE {condition} ORDER BY o.oid"
        ),
        Kind::Detach => format!(
            "SELECT o.oid, NOT i.inhdetachpending, {columns} FROM pg_catalog.pg_inherits i \
             JOIN pg_catalog.pg_class o ON o.oid = i.inhrelid \
             JOIN pg_catalog.pg_class p ON p.oid = i.inhparent {joins} WHERE {condition} ORDER BY o.oid"
        ),
    };
    Ok(connection.query(&query).await?.iter().map(Trace::of).collect())
}

/// Which objects a statement means.
fn condition(kind: Kind, ddl: &Ddl) -> Option<String> {
    let literal = |text: &str| Dialect::Postgres.quote_literal(text);
    Some(match kind {
        Kind::CreateIndex => {
            let on = is_one_of("i.indrelid", ddl.on.as_ref()?);
            match &ddl.name {
                Some(name) => format!("{on} AND o.relname = {}", literal(&name.name)),
                None => on,
            }
        }
        Kind::DropIndex => is_one_of("o.oid", ddl.name.as_ref()?),
        Kind::Detach => is_one_of("i.inhparent", ddl.name.as_ref()?),
    })
}

/// Compares an oid with that of a name. One without a namespace may have been
/// written with that of `public`, or be found through the session's path.
fn is_one_of(oid: &str, name: &ObjectName) -> String {
    let dialect = Dialect::Postgres;
    let found = |name: &ObjectName| {
        let literal = dialect.quote_literal(&dialect.quote_name(name));
        format!("pg_catalog.to_regclass({literal})")
    };
    match &name.namespace {
        Some(_) => format!("{oid} = {}", found(name)),
        None => {
            let public = ObjectName::qualified("public", name.name.clone());
            format!("{oid} IN ({}, {})", found(name), found(&public))
        }
    }
}
