//! Models as a source: SQL that makes their tables, with the SQL they carry
//! before and after.

use std::collections::BTreeMap;

use miette::{NamedSource, SourceSpan};
use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::plan;
use whimbrel_core::schema::Schema;
use whimbrel_model::build::{Built, Sql, build};
use whimbrel_model::item::Model;
use whimbrel_model::{At, Problem};

use super::{Loaded, ModelProblem, SourceError, SourceText};

/// Loads models that were compiled into the program.
///
/// No models at all are a mistake: the schema would be an empty one.
pub(super) fn load(dialect: Dialect, models: &[Model], sql: &[SourceText]) -> Result<Loaded, SourceError> {
    if models.is_empty() && sql.is_empty() {
        return Err(SourceError::EmptySchema);
    }
    let built = build(dialect, models).map_err(|problems| refused(problems, &BTreeMap::new()))?;
    let mut loaded = loaded(dialect, built)?;
    if let Loaded::Sql { texts, .. } = &mut loaded {
        texts.extend_from_slice(sql);
    }
    Ok(loaded)
}

/// Writes what models say as SQL.
pub(super) fn loaded(dialect: Dialect, built: Built) -> Result<Loaded, SourceError> {
    let Built { mut schema, renames, before, after } = built;
    // The SQL that models carry may have made them already.
    let namespaces = std::mem::take(&mut schema.namespaces);
    let made = namespaces
        .iter()
        .map(|name| format!("CREATE SCHEMA IF NOT EXISTS {};\n", dialect.quote_ident(name)))
        .collect();
    let namespaces = SourceText { name: "namespaces".to_owned(), text: made };
    let empty = Schema::default();
    let pair = Pair::new(&empty, &schema);
    let changes = diff(dialect, pair, &Renames::default()).changes;
    let plan = plan(dialect, pair, &changes).map_err(SourceError::Unplanned)?;
    let text = plan.steps().map(|step| format!("{};\n", step.sql)).collect();
    let made = SourceText { name: "models".to_owned(), text };
    let before = [namespaces].into_iter().chain(before.iter().map(of_sql));
    let texts = before.chain([made]).chain(after.iter().map(of_sql)).collect();
    Ok(Loaded::Sql { texts, renames, notes: Vec::new() })
}

/// SQL that stands in an attribute.
fn of_sql(sql: &Sql) -> SourceText {
    let name = match (sql.file.is_empty(), sql.at.line) {
        (true, _) => "sql of a model".to_owned(),
        (false, line) => format!("sql in {} (line {line})", sql.file),
    };
    SourceText { name, text: sql.text.clone() }
}

/// Shows problems where they stand; `texts` are the files by name.
pub(super) fn refused(problems: Vec<Problem>, texts: &BTreeMap<String, String>) -> SourceError {
    let mut problems: Vec<_> = problems.into_iter().map(|problem| shown(problem, texts)).collect();
    match problems.len() {
        1 => SourceError::Model(Box::new(problems.remove(0))),
        _ => SourceError::Models { problems },
    }
}

fn shown(problem: Problem, texts: &BTreeMap<String, String>) -> ModelProblem {
    let Problem { file, at, message, help } = problem;
    let place = match (file.is_empty(), at.line) {
        (true, _) => String::new(),
        (false, 0) => format!("{file}: "),
        (false, line) => format!("{file}:{line}:{}: ", at.column),
    };
    let found = texts.get(&file).and_then(|text| Some((text, span(text, at)?)));
    ModelProblem {
        place,
        message,
        help,
        text: found.as_ref().map(|(text, _)| NamedSource::new(&file, (*text).clone())),
        span: found.map(|(_, span)| span),
    }
}

/// A place in a text as a range of bytes.
fn span(text: &str, at: At) -> Option<SourceSpan> {
    let line = text.split_inclusive('\n').nth((at.line as usize).checked_sub(1)?)?;
    let start = line.as_ptr() as usize - text.as_ptr() as usize;
    let column = line.char_indices().nth(at.column.saturating_sub(1) as usize).map_or(0, |(at, _)| at);
    let start = start + column;
    Some((start, (at.length as usize).clamp(1, (text.len() - start).max(1))).into())
}
