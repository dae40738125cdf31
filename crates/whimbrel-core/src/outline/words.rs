//! What a definition says, in a few words.

use crate::schema::{
    Check, Column, Deferrability, ForeignKey, Index, KeyPart, KeyTarget, NullsOrder, PrimaryKey,
    ReferentialAction, SortOrder, Unique,
};

/// The type of a column and all that was said of it.
pub(super) fn column(column: &Column) -> String {
    let mut words = Vec::new();
    if !column.sql_type.is_empty() {
        words.push(column.sql_type.clone());
    }
    if let Some(collation) = &column.collation {
        words.push(format!("collate {collation}"));
    }
    if !column.nullable {
        words.push("not null".into());
    }
    if let Some(default) = &column.default {
        words.push(format!("default {default}"));
    }
    if let Some(identity) = &column.identity {
        words.push(format!("identity {}", if identity.always { "always" } else { "by default" }));
    }
    if column.auto_increment {
        words.push("autoincrement".into());
    }
    if let Some(generated) = &column.generated {
        let stored = if generated.stored { " stored" } else { "" };
        words.push(format!("generated as {}{stored}", in_parentheses(generated.expression.as_str())));
    }
    words.join(" ")
}

pub(super) fn primary_key(key: &PrimaryKey) -> String {
    [parts(&key.columns), include(&key.include), deferrable(key.deferrable).into()].join("")
}

pub(super) fn unique(unique: &Unique) -> String {
    let nulls = if unique.nulls_not_distinct { " nulls not distinct" } else { "" };
    [parts(&unique.columns), include(&unique.include), nulls.into(), deferrable(unique.deferrable).into()]
        .join("")
}

pub(super) fn foreign_key(key: &ForeignKey) -> String {
    let mut text = format!("({}) → {}", key.columns.join(", "), key.referenced_table);
    if !key.referenced_columns.is_empty() {
        text += &format!(" ({})", key.referenced_columns.join(", "));
    }
    for (event, action) in [("delete", key.on_delete), ("update", key.on_update)] {
        if action != ReferentialAction::NoAction {
            text += &format!(" on {event} {}", action.sql().to_lowercase());
        }
    }
    text + deferrable(key.deferrable)
}

pub(super) fn check(check: &Check) -> String {
    in_parentheses(check.expression.as_str())
}

pub(super) fn index(index: &Index) -> String {
    let unique = if index.unique { "unique " } else { "" };
    let method = index.method.as_ref().map(|method| format!("using {method} ")).unwrap_or_default();
    let predicate = index.predicate.as_ref().map(|one| format!(" where {one}")).unwrap_or_default();
    [unique.to_owned(), method, parts(&index.columns), include(&index.include), predicate].join("")
}

fn parts(parts: &[KeyPart]) -> String {
    in_parentheses(&parts.iter().map(part).collect::<Vec<_>>().join(", "))
}

fn part(part: &KeyPart) -> String {
    let mut text = match &part.target {
        KeyTarget::Column(name) => name.clone(),
        KeyTarget::Expression(expression) => expression.to_string(),
    };
    if let Some(collation) = &part.collation {
        text += &format!(" collate {collation}");
    }
    if let Some(class) = &part.operator_class {
        text += &format!(" {class}");
    }
    if part.order == SortOrder::Desc {
        text += " desc";
    }
    match part.nulls {
        Some(NullsOrder::First) => text + " nulls first",
        Some(NullsOrder::Last) => text + " nulls last",
        None => text,
    }
}

fn include(columns: &[String]) -> String {
    if columns.is_empty() { String::new() } else { format!(" include ({})", columns.join(", ")) }
}

fn deferrable(deferrable: Deferrability) -> &'static str {
    match deferrable {
        Deferrability::NotDeferrable => "",
        Deferrability::InitiallyImmediate => " deferrable",
        Deferrability::InitiallyDeferred => " deferrable initially deferred",
    }
}

fn in_parentheses(text: &str) -> String {
    format!("({text})")
}
