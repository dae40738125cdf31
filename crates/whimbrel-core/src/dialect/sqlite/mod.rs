//! SQLite: how its statements are spelled, and what its ALTER TABLE cannot do.

mod ddl;
mod guess;
mod hazards;
mod lower;
mod objects;
mod probe;
mod rebuild;
mod rename;
mod rows;
mod rules;
mod sample;
mod text;
mod types;
mod work;

pub mod parse;

use std::borrow::Cow;

use super::{Backend, Conversion};
use crate::change::Change;
use crate::diff::Renames;
use crate::pair::Pair;
use crate::plan::{Action, PlanError, Probe};
use crate::resolve::Loss;
use crate::schema::{Column, Schema, Table};
use crate::sql::Lexicon;

pub(crate) struct Sqlite;

impl Backend for Sqlite {
    fn lexicon(&self) -> Lexicon {
        Lexicon::SQLITE
    }

    fn quote_ident(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn quote_literal(&self, text: &str) -> String {
        format!("'{}'", text.replace('\'', "''"))
    }

    fn fold_ident<'a>(&self, name: &'a str) -> Cow<'a, str> {
        match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            true => Cow::Owned(name.to_ascii_lowercase()),
            false => Cow::Borrowed(name),
        }
    }

    fn same_type(&self, a: &str, b: &str) -> bool {
        types::same_type(a, b)
    }

    fn conversion(&self, _: Pair<&Schema>, table: &Table, columns: Pair<&Column>) -> Conversion {
        let strict = table.options.strict;
        let alters = types::converts(strict, &columns.from.sql_type, &columns.to.sql_type);
        Conversion { alters, refuses: alters && strict }
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
