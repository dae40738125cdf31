//! PostgreSQL 14 and newer.
//!
//! # What a schema read from PostgreSQL looks like
//!
//! The reader and this folder agree on the following; nothing here can tell
//! when it is not so.
//!
//! - Both the reader and the steps run under `search_path = public`. Whatever
//!   is text (types, defaults, conditions, definitions) is in the server's own
//!   spelling under that path: names in `public` are bare, others qualified.
//! - Names (of tables, columns, indexes, access methods, table spaces) are raw.
//!   Collations and operator classes are SQL text: quoted where they need it,
//!   qualified where the path does not find them.
//! - Types are `format_type`'s, expressions `pg_get_expr`'s, the parts of an
//!   index `pg_get_indexdef`'s. An exclusion is all that follows its name,
//!   deferrability included.
//! - A column is `auto_increment` if it is NOT NULL and defaults to the next
//!   value of a sequence that it owns and that is as `serial` makes it (see
//!   [`serial_sequence`]); default and sequence are then not told again. The
//!   sequence of an identity column is only in its
//!   [`Identity`](crate::schema::Identity).
//! - A definition is one or more statements separated by semicolons: what
//!   creates the object, then what cannot be said in it
//!   (`ALTER TABLE ... DISABLE TRIGGER`). Indexes of materialised views are
//!   objects too. A signature is a parenthesised list of argument types.
//! - What an object depends on is what `pg_depend` says, columns included.

mod ddl;
mod domain;
mod graph;
mod keys;
mod lower;
mod mention;
mod objects;
mod part;
mod probe;
mod rules;
mod sample;
mod side;
mod types;

use std::borrow::Cow;

pub use rules::{MAX_IDENT, clip_ident, serial_sequence};
pub(crate) use rules::{inherited, name_of_copy};

use super::{Backend, Conversion, Dialect};
use crate::change::Change;
use crate::diff::Renames;
use crate::pair::Pair;
use crate::plan::{Action, PlanError, Probe};
use crate::resolve::Loss;
use crate::schema::{Column, Schema, Table};
use crate::sql::Lexicon;

pub(crate) struct Postgres;

impl Backend for Postgres {
    fn lexicon(&self) -> Lexicon {
        Lexicon::POSTGRES
    }

    fn quote_ident(&self, name: &str) -> String {
        rules::ident(name)
    }

    fn quote_literal(&self, text: &str) -> String {
        rules::literal(text)
    }

    fn fold_ident<'a>(&self, name: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(name)
    }

    fn same_type(&self, a: &str, b: &str) -> bool {
        types::same(a, b)
    }

    fn conversion(&self, pair: Pair<&Schema>, _: &Table, columns: Pair<&Column>) -> Conversion {
        domain::conversion(pair, columns)
    }

    fn lower(&self, pair: Pair<&Schema>, changes: &[Change]) -> Result<Vec<Action>, PlanError> {
        lower::lower(pair, changes)
    }

    fn probe(&self, pair: Pair<&Schema>, renames: &Renames, loss: &Loss) -> Option<Probe> {
        probe::probe(pair, renames, loss)
    }

    fn sample_row(&self, schema: &Schema, table: &Table, attempt: u32) -> Option<String> {
        sample::sample_row(schema, table, attempt)
    }
}

/// What PostgreSQL cannot do, and what to do instead.
fn unsupported(what: impl Into<String>, help: impl Into<String>) -> PlanError {
    PlanError::Unsupported { dialect: Dialect::Postgres, what: what.into(), help: help.into() }
}

#[cfg(test)]
mod tests;
