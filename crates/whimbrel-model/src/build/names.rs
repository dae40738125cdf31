//! Names: those that are made up, and those that an engine does not take.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::dialect::postgres::MAX_IDENT;

use super::cx::{Cx, table_name};
use crate::At;
use crate::item::{Model, Name};

/// The names of whimbrel's own tables.
const OWN: [&str; 3] = ["_whimbrel_files", "_whimbrel_migrations", "_whimbrel_migrations_progress"];

/// PostgreSQL's columns that every table has.
const SYSTEM_COLUMNS: [&str; 6] = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// The name as written, or the automatic one.
pub(super) fn chosen(name: &Name, automatic: impl FnOnce() -> String) -> Option<String> {
    match name {
        Name::Automatic => Some(automatic()),
        Name::Given(name) => Some(name.clone()),
        Name::Absent => None,
    }
}

/// Joins the parts of an automatic name.
pub(super) fn joined<S: AsRef<str>>(table: &str, parts: &[S], label: &str) -> String {
    let parts: Vec<_> = parts.iter().map(AsRef::as_ref).collect();
    format!("{table}_{}_{label}", parts.join("_"))
}

/// Refuses models that share a name, or a table.
pub(super) fn differ(cx: &mut Cx<'_>) {
    let models: Vec<&Model> = cx.models.iter().chain(cx.unread).collect();
    for (index, model) in models.iter().enumerate() {
        let before = &models[..index];
        if let Some(other) = before.iter().find(|other| other.name == model.name) {
            let place = place(other);
            cx.wrong(
                model,
                model.at,
                format!("two models are called `{}`, the other {place}", model.name),
                "give one struct another name; `#[model(table = \"...\")]` keeps its table",
            );
        }
        let tables = before.iter().filter(|other| other.table.is_some() && model.table.is_some());
        let same = |other: &&&Model| cx.dialect.same_name(&table_name(other), &table_name(model));
        if let Some(other) = tables.into_iter().find(same) {
            let (name, other, place) = (table_name(model), &other.name, place(other));
            cx.wrong(
                model,
                model.at,
                format!("`{}` and `{other}` are both the table `{name}`, the other {place}", model.name),
                "give one of them another: `#[model(table = \"...\")]`",
            );
        }
    }
    for model in cx.unread.iter().filter(|model| model.table.is_some()) {
        check(cx, model, model.at, Of::Table, &table_name(model).name);
    }
}

fn place(model: &Model) -> String {
    match (model.file.is_empty(), model.at.line) {
        (true, _) => "in the same program".to_owned(),
        (false, 0) => format!("in `{}`", model.file),
        (false, line) => format!("at `{}:{line}`", model.file),
    }
}

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Namespace,
    Table,
    Column,
    /// An index, a constraint, a type.
    Other,
}

/// Refuses a name that the engine does not take.
pub(super) fn check(cx: &mut Cx<'_>, model: &Model, at: At, of: Of, name: &str) {
    let help = match of {
        Of::Namespace => "choose another: `#[model(namespace = \"...\")]`",
        Of::Table => "choose another: `#[model(table = \"...\")]`",
        Of::Column => "choose another: `#[column(name = \"...\")]`",
        Of::Other => "give it one that fits: `name = \"...\"`",
    };
    match cx.dialect {
        Dialect::Sqlite => {
            let internal = name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("sqlite_"));
            if internal && of != Of::Column {
                cx.wrong(model, at, format!("SQLite keeps names like `{name}` for itself"), help);
            }
            if of == Of::Namespace {
                cx.wrong(model, at, "SQLite has no namespaces", "take the namespace out");
            }
        }
        Dialect::Postgres => {
            if name.len() > MAX_IDENT {
                let length = name.len();
                let message =
                    format!("the name `{name}` has {length} bytes, and PostgreSQL has room for {MAX_IDENT}");
                cx.wrong(model, at, message, help);
            }
            let system = of == Of::Column && SYSTEM_COLUMNS.contains(&name);
            if system || (of == Of::Namespace && name.starts_with("pg_")) {
                cx.wrong(model, at, format!("PostgreSQL keeps the name `{name}` for itself"), help);
            }
        }
    }
    if of == Of::Table && OWN.contains(&name) {
        cx.wrong(model, at, format!("whimbrel keeps the name `{name}` for a table of its own"), help);
    }
}
