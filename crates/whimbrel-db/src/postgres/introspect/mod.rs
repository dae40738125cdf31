//! Reading PostgreSQL's catalogue.
//!
//! One text with a constant number of queries, in one REPEATABLE READ READ ONLY
//! transaction, whatever the number of tables; inside an open transaction, one
//! savepoint. What is spelled by the server is spelled under a `search_path` of
//! the default namespace alone, so that its names stand without qualifier and
//! all others with theirs: see `whimbrel_core::dialect::postgres` for what a
//! schema so read looks like.
//!
//! Left out are the server's own objects, what belongs to extensions, temporary
//! objects, and the tracking tables of migration tools. Kinds that are not
//! managed are counted, and what they depend on is told.

mod catalog;
mod columns;
mod constraints;
mod indexes;
mod objects;
mod queries;
mod rows;
mod tables;
mod types;
mod unmanaged;

use std::collections::BTreeMap;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::Schema;

use self::catalog::Catalog;
use self::queries::Queries;
use super::session;
use crate::connection::{Connection, Row, Value};
use crate::error::DbError;
use crate::fingerprint::{Fingerprint, Fingerprinter};
use crate::introspect::{IntrospectOptions, Introspection};

/// The namespace whose names stand alone.
const DEFAULT_NAMESPACE: &str = "public";

/// An entry among the options of a column that is no option: some builds of the
/// server keep their own books there.
const BOOKKEEPING: &str = "pg_attver";

/// Reads the schema.
pub(crate) async fn introspect(
    connection: &mut dyn Connection,
    options: &IntrospectOptions,
) -> Result<Introspection, DbError> {
    let read = read(connection).await?;
    let fingerprint = fingerprint_of(&read.results);
    let mut left_alone = BTreeMap::new();
    let (schema, unmanaged) = assemble(read, options);
    for one in unmanaged::counted(&unmanaged) {
        *left_alone.entry(one).or_default() += 1;
    }
    Ok(Introspection { schema, left_alone, unmanaged: unmanaged::told(unmanaged), fingerprint })
}

/// Reads the fingerprint alone.
pub(crate) async fn fingerprint(
    connection: &mut dyn Connection,
    _: &IntrospectOptions,
) -> Result<Fingerprint, DbError> {
    Ok(fingerprint_of(&read(connection).await?.results))
}

/// The answers to all queries, and the namespace whose names stand alone.
struct Read {
    default_namespace: String,
    results: Vec<Vec<Row>>,
}

async fn read(connection: &mut dyn Connection) -> Result<Read, DbError> {
    let state = connection.query(session::STATE).await?;
    let state = state.first();
    let in_transaction = state.is_some_and(|row| row.is_true(0));
    let only = state.and_then(|row| row.text(1)).filter(|name| !name.is_empty()).map(str::to_owned);
    let queries = Queries::new(connection.server().major, only.as_deref());
    let default_namespace = only.unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
    let pin = session::pin_spelling(&default_namespace);
    let (begin, end): (&str, &[&str]) = match in_transaction {
        // Going back to a savepoint also puts the settings back.
        true => (
            "SAVEPOINT whimbrel_read",
            &["ROLLBACK TO SAVEPOINT whimbrel_read", "RELEASE SAVEPOINT whimbrel_read"],
        ),
        false => ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &["COMMIT"]),
    };
    let mut statements = vec![begin, &pin];
    statements.extend(queries.all());
    statements.extend(end);
    match connection.query_all(&statements).await {
        Ok(mut results) => {
            results.truncate(results.len() - end.len());
            Ok(Read { default_namespace, results: results.split_off(2) })
        }
        Err(error) => {
            if !in_transaction {
                // A session that cannot even do this is lost, which `error` says.
                let _ = connection.execute("ROLLBACK").await;
            }
            Err(error)
        }
    }
}

fn fingerprint_of(results: &[Vec<Row>]) -> Fingerprint {
    let mut fingerprinter = Fingerprinter::default();
    for value in results.iter().flatten().flat_map(|row| &row.0) {
        fingerprinter.add(match value {
            Value::Text(text) => Some(text),
            _ => None,
        });
    }
    fingerprinter.finish()
}

/// Puts the schema together, in the order of [`Queries::all`].
fn assemble(read: Read, options: &IntrospectOptions) -> (Schema, Vec<unmanaged::Seen>) {
    let mut results = read.results.into_iter();
    let mut next = || results.next().unwrap_or_default();
    let mut catalog = Catalog::default();
    catalog.read_namespaces(next(), &read.default_namespace);
    catalog.read_members(next());
    catalog.read_names(next());
    catalog.read_types(next());
    catalog.read_relations(next());
    columns::read(&mut catalog, next());
    let constraints = constraints::read(&catalog, next());
    let indexes = indexes::read(&catalog, next());
    let sequences = next();
    let user_types = next();
    let enum_values = types::read_enum_values(next());
    let views = next();
    let routines = next();
    let triggers = next();
    let dependencies = next();
    let extensions = next();
    catalog.read_comments(next());
    // These look for their comments.
    let sequences = types::read_sequences(&catalog, sequences);
    let seen = unmanaged::read(&mut catalog, next());

    let own_namespaces = catalog.own_namespaces();
    let is_hidden = |name: &str| options.is_tracking_table(Dialect::Postgres, name);
    let mut schema = Schema {
        extensions: types::read_extensions(&mut catalog, extensions, &read.default_namespace),
        ..Schema::default()
    };
    types::assemble(&mut schema, &mut catalog, user_types, enum_values, &constraints);
    tables::assemble(&mut schema, &mut catalog, constraints, &indexes, sequences, is_hidden);
    let sources = objects::Sources { views, routines, triggers, dependencies, indexes };
    objects::assemble(&mut schema, &mut catalog, sources, is_hidden);
    schema.namespaces = own_namespaces;
    sort(&mut schema);
    (schema, seen)
}

/// Brings the schema into an order that does not depend on its history.
fn sort(schema: &mut Schema) {
    schema.namespaces.sort();
    schema.tables.sort_by(|a, b| a.name.cmp(&b.name));
    schema.enums.sort_by(|a, b| a.name.cmp(&b.name));
    schema.types.sort_by(|a, b| a.name().cmp(b.name()));
    schema.sequences.sort_by(|a, b| a.name.cmp(&b.name));
    let key = |object: &whimbrel_core::schema::Object| {
        (object.kind, object.name.clone(), object.signature.clone(), object.table.clone())
    };
    schema.objects.sort_by_cached_key(key);
}
