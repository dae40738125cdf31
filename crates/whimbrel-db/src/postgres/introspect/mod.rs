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
//! managed are told by name, and what they depend on.

mod catalog;
mod columns;
mod constraints;
mod digest;
mod indexes;
mod inventory;
mod objects;
mod queries;
mod reader;
mod rows;
mod tables;
mod types;
mod unmanaged;

pub(crate) use inventory::inventory;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Schema, TypeDef};

use self::catalog::{Catalog, Relation};
use self::queries::Queries;
use self::reader::Reader;
use super::session;
use crate::connection::{Connection, Row};
use crate::error::DbError;
use crate::fingerprint::Fingerprint;
use crate::introspect::{IntrospectOptions, Introspection};
use crate::store_table::STORE_COLUMNS;

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
    let (fingerprint, reader) = read(connection, Extent::Schema).await?;
    let (schema, seen) = assemble(reader, options);
    let left_alone = unmanaged::by_name(&seen);
    Ok(Introspection { schema, left_alone, unmanaged: unmanaged::told(seen), fingerprint })
}

/// Reads the fingerprint alone.
pub(crate) async fn fingerprint(
    connection: &mut dyn Connection,
    _: &IntrospectOptions,
) -> Result<Fingerprint, DbError> {
    Ok(read(connection, Extent::Fingerprint).await?.0)
}

/// How much is read.
#[derive(Clone, Copy)]
enum Extent {
    Fingerprint,
    /// The schema and its fingerprint.
    Schema,
}

/// The reader has seen nothing where only the fingerprint is read.
async fn read(connection: &mut dyn Connection, extent: Extent) -> Result<(Fingerprint, Reader), DbError> {
    let about = connection.query_all(&[session::STATE, &digest::columns()]).await?;
    let state = about.first().and_then(|rows| rows.first());
    let columns = about.get(1).map_or(&[] as &[Row], Vec::as_slice);
    let in_transaction = state.is_some_and(|row| row.is_true(0));
    let only = state.and_then(|row| row.text(1)).filter(|name| !name.is_empty());
    let digest = digest::query(columns, only);
    let queries = Queries::new(connection.server().major, only);
    let default_namespace = only.unwrap_or(DEFAULT_NAMESPACE);
    let pin = session::pin_spelling(default_namespace);
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
    let mut reader = Reader::new(default_namespace);
    let mut digests = Vec::new();
    // What begins the transaction and what pins it return nothing of use.
    let mut take = |at: usize, row| match at {
        0 | 1 => {}
        2 => digests.push(row),
        _ => reader.take(at - 3, row),
    };
    match connection.query_each(&statements, &mut take).await {
        Ok(()) => Ok((digest::fingerprint(&digests), reader)),
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
fn assemble(mut reader: Reader, options: &IntrospectOptions) -> (Schema, Vec<unmanaged::Seen>) {
    let mut rows = reader.finish();
    let mut next = || rows.next().unwrap_or_default();
    let Reader { mut catalog, indexes, default_namespace, .. } = reader;
    let constraints = constraints::read(&catalog, next());
    // The indexes are read already.
    next();
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
    let options = options.with_store_if(has_store(&catalog, options));
    let is_hidden = |name: &str| options.is_tracking_table(Dialect::Postgres, name);
    let mut schema = Schema {
        extensions: types::read_extensions(&mut catalog, extensions, &default_namespace),
        ..Schema::default()
    };
    types::assemble(&mut schema, &mut catalog, user_types, enum_values, &constraints);
    tables::assemble(&mut schema, &mut catalog, constraints, &indexes, sequences, is_hidden);
    let sources = objects::Sources { views, routines, triggers, dependencies, indexes };
    objects::assemble(&mut schema, &mut catalog, sources, is_hidden);
    schema.namespaces = own_namespaces;
    leave_out_drizzles_namespace(&mut schema, &catalog);
    sort(&mut schema);
    (schema, seen)
}

/// Says whether the table that migrations are said to be kept in is one.
fn has_store(catalog: &Catalog, options: &IntrospectOptions) -> bool {
    let is_store = |relation: &Relation| {
        options.store_table.as_ref().is_some_and(|table| table.name == relation.name.name)
            && relation.columns.iter().map(|column| &*column.name).eq(STORE_COLUMNS.map(|(name, _)| name))
    };
    catalog.relations.values().any(is_store)
}

/// Leaves out the namespace of Drizzle's tracking table, where nothing else is in
/// it: unlike other tools Drizzle makes one for it.
fn leave_out_drizzles_namespace(schema: &mut Schema, catalog: &Catalog) {
    let table = ObjectName::qualified("drizzle", "__drizzle_migrations");
    let is_there = catalog.relations.values().any(|relation| relation.name == table);
    let names = schema.tables.iter().map(|one| &one.name);
    let names = names.chain(schema.enums.iter().map(|one| &one.name));
    let names = names.chain(schema.types.iter().map(TypeDef::name));
    let names = names.chain(schema.sequences.iter().map(|one| &one.name));
    let mut names = names.chain(schema.objects.iter().map(|one| &one.name));
    if is_there && !names.any(|name| name.namespace == table.namespace) {
        schema.namespaces.retain(|one| table.namespace.as_ref() != Some(one));
    }
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
