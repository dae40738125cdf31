//! Where in a source something stands that the catalogue told by name.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::LeftAlone;
use whimbrel_core::sql::{self, Class, Ddl, DdlKind, DdlVerb};

use super::SourceText;
use crate::desired::Found;

/// Finds what the catalogue told by name where a source makes it; what is not
/// made by a statement of its own is found nowhere.
pub(crate) fn locate(dialect: Dialect, texts: &[SourceText], left_alone: Vec<LeftAlone>) -> Vec<Found> {
    let mut found: Vec<Found> = left_alone.into_iter().map(|what| Found { what, at: None }).collect();
    if found.is_empty() {
        return found;
    }
    for text in texts {
        for statement in sql::split(&text.text, dialect.lexicon()) {
            let Class::Ddl(Ddl { verb: DdlVerb::Create, kind, name: Some(name), on, .. }) = &statement.class
            else {
                continue;
            };
            let is_it = |one: &&mut Found| {
                let names = [name.to_string(), name.name.clone()];
                let is_on_it = on.is_none() || one.what.on == *on;
                one.at.is_none()
                    && is_made_by(*kind, &one.what.kind)
                    && is_on_it
                    && names.contains(&one.what.name)
            };
            if let Some(one) = found.iter_mut().find(is_it) {
                one.at = Some(place(text, statement.offset));
            }
        }
    }
    found
}

/// Says whether a CREATE of this kind can make what people call `made`: what is
/// a property of something else has no statement of its own.
fn is_made_by(kind: DdlKind, made: &str) -> bool {
    match kind {
        DdlKind::Table => made.ends_with("table"),
        DdlKind::ForeignTable => made == "foreign table",
        DdlKind::Type => made == "base type",
        DdlKind::Policy => made == "policy",
        DdlKind::Rule => made == "rule",
        DdlKind::EventTrigger => made == "event trigger",
        DdlKind::Operator => made == "operator",
        DdlKind::OperatorClass => made == "operator class",
        DdlKind::OperatorFamily => made == "operator family",
        DdlKind::Collation => made == "collation",
        DdlKind::Conversion => made == "conversion",
        DdlKind::Statistics => made == "statistics object",
        DdlKind::TextSearch => made.starts_with("text search"),
        DdlKind::Publication => made == "publication",
        DdlKind::Language => made == "language",
        DdlKind::AccessMethod => made == "access method",
        DdlKind::ForeignDataWrapper => made == "foreign-data wrapper",
        DdlKind::Server => made == "foreign server",
        DdlKind::VirtualTable
        | DdlKind::Index
        | DdlKind::View
        | DdlKind::MaterializedView
        | DdlKind::Trigger
        | DdlKind::Sequence
        | DdlKind::Domain
        | DdlKind::Namespace
        | DdlKind::Extension
        | DdlKind::Function
        | DdlKind::Procedure
        | DdlKind::Routine
        | DdlKind::Aggregate
        | DdlKind::Cast
        | DdlKind::Transform
        | DdlKind::UserMapping
        | DdlKind::LargeObject => false,
    }
}

/// `schema.sql:7`.
pub(super) fn place(text: &SourceText, offset: usize) -> String {
    format!("{}:{}", text.name, sql::position(&text.text, offset).line)
}
