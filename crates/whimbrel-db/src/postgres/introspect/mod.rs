//! Reading PostgreSQL's catalogue.
//!
//! A constant number of queries, whatever the number of tables, in one text and
//! one REPEATABLE READ READ ONLY transaction (inside an open one, a savepoint);
//! before them, one text that asks what the session and the catalogue are like. What is spelled by the server is spelled under a `search_path` of
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
mod digest;
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
use crate::connection::{Connection, Row};
use crate::error::DbError;
use crate::fingerprint::Fingerprint;
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
    let read = read(connection, Extent::Schema).await?;
    let fingerprint = read.fingerprint.clone();
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
    Ok(read(connection, Extent::Fingerprint).await?.fingerprint)
}

/// How much is read.
#[derive(Clone, Copy)]
enum Extent {
    Fingerprint,
    /// The schema and its fingerprint.
    Schema,
}

/// The answers to all queries, and the namespace whose names stand alone.
struct Read {
    default_namespace: String,
    fingerprint: Fingerprint,
    /// Empty where only the fingerprint is read.
    results: Vec<Vec<Row>>,
}

async fn read(connection: &mut dyn Connection, extent: Extent) -> Result<Read, DbError> {
    let about = connection.query_all(&[session::STATE, &digest::columns()]).await?;
    let state = about.first().and_then(|rows| rows.first());
    let columns = about.get(1).map_or(&[] as &[Row], Vec::as_slice);
    let in_transaction = state.is_some_and(|row| row.is_true(0));
    let only = state.and_then(|row| row.text(1)).filter(|name| !name.is_empty());
    let digest = digest::query(columns, only);
    let queries = Queries::new(connection.server().major, only);
    let default_namespace = only.unwrap_or(DEFAULT_NAMESPACE).to_owned();
    let pin = session::pin_spelling(&default_namespace);
    let (begin, end): (&str, &[&str]) = match in_transaction {
        // Going back to a savepoint also puts the settings back.
        true => (
            "SAVEPOINT whimbrel_read",
            &["ROLLBACK TO SAVEPOINT whimbrel_read", "RELEASE SAVEPOINT whimbrel_read"],
        ),
        false => ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &["COMMIT"]),
    };
    let mut statements = vec![begin, &pin, &digest];
    match extent {
        Extent::Fingerprint => {}
        Extent::Schema => statements.extend(queries.all()),
    }
    statements.extend(end);
    match connection.query_all(&statements).await {
        Ok(mut results) => {
            results.truncate(results.len() - end.len());
            // What begins the transaction and what pins it return nothing of use.
            let mut results = results.into_iter().skip(2);
            let fingerprint = digest::fingerprint(&results.next().unwrap_or_default());
            Ok(Read { default_namespace, fingerprint, results: results.collect() })
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
