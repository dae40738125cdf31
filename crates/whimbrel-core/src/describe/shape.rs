//! Columns, keys, constraints, indexes and types in words.

use super::words::{literal, name, names, object_name, one_line, or_none};
use crate::schema::{
    Check, Column, Deferrability, Exclusion, ForeignKey, Identity, Index, KeyPart, KeyTarget, NullsOrder,
    PartitionBy, PartitionOf, PrimaryKey, ReferentialAction, Sequence, SortOrder, SqlExpr, TableOptions,
    TypeDef, Unique,
};

/// A column that comes: its name, type, and whatever else is said of it.
pub(super) fn column(column: &Column) -> String {
    let mut parts = vec![type_name(&column.sql_type)];
    parts.extend((!column.nullable).then(|| not_null(column)));
    parts.extend(column.default.as_ref().map(|default| format!("default {}", expression(default))));
    parts.extend(column.auto_increment.then(|| "auto-increment".to_owned()));
    parts.extend(column.identity.as_ref().map(|one| format!("identity {}", identity(one))));
    parts.extend(generated(column).map(|text| format!("generated {text}")));
    parts.extend(column.collation.as_deref().map(|text| format!("collation {}", one_line(text))));
    parts.extend(kept(column));
    parts.extend(column.comment.as_deref().map(|text| format!("comment {}", literal(text))));
    format!("{}: {}", name(&column.name), parts.join(", "))
}

/// How a column differs, property by property.
pub(super) fn column_change(from: &Column, to: &Column) -> String {
    let arrow = |what: &str, from: String, to: String| (from != to).then(|| format!("{what}{from} → {to}"));
    let expr = |default: &Option<SqlExpr>| or_none(default.as_ref().map(expression));
    let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
    let parts = [
        arrow("type ", type_name(&from.sql_type), type_name(&to.sql_type)),
        arrow("", nullability(from), nullability(to)),
        arrow("default ", expr(&from.default), expr(&to.default)),
        arrow("auto-increment ", on_off(from.auto_increment), on_off(to.auto_increment)),
        arrow("identity ", identity_change(from), identity_change(to)),
        arrow("generated ", or_none(generated(from)), or_none(generated(to))),
        arrow("collation ", or_none(from.collation.clone()), or_none(to.collation.clone())),
        arrow("", or_none(kept(from)), or_none(kept(to))),
        arrow("comment ", comment(from.comment.as_deref()), comment(to.comment.as_deref())),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    // Whatever else may differ is no property of its own, such as the case of
    // letters where the engine ignores it.
    if parts.is_empty() { "spelled anew".to_owned() } else { parts.join(", ") }
}

fn type_name(sql_type: &str) -> String {
    if sql_type.is_empty() { "no type".to_owned() } else { one_line(sql_type) }
}

fn nullability(column: &Column) -> String {
    if column.nullable { "nullable".to_owned() } else { not_null(column) }
}

fn not_null(column: &Column) -> String {
    match column.not_null_conflict {
        Some(clause) => format!("not null on conflict {}", clause.sql().to_lowercase()),
        None => "not null".to_owned(),
    }
}

fn generated(column: &Column) -> Option<String> {
    let generated = column.generated.as_ref()?;
    let kind = if generated.stored { "stored" } else { "virtual" };
    Some(format!("{} {kind}", parenthesised(&generated.expression)))
}

/// How values are kept, where that is not as usual.
fn kept(column: &Column) -> Option<String> {
    let options = column.options.as_ref()?;
    let storage = options.storage.as_ref().map(|mode| format!("storage {mode}"));
    let compression = options.compression.as_ref().map(|method| format!("compression {method}"));
    let statistics = options.statistics.map(|target| format!("statistics {target}"));
    Some([storage, compression, statistics].into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn identity(identity: &Identity) -> String {
    let when = if identity.always { "always" } else { "by default" };
    match &sequence_options(&identity.sequence)[..] {
        [] => when.to_owned(),
        options => format!("{when} ({})", options.join(", ")),
    }
}

fn identity_change(column: &Column) -> String {
    or_none(column.identity.as_deref().map(identity))
}

/// A comment as it is shown.
pub(super) fn comment(text: Option<&str>) -> String {
    or_none(text.map(literal))
}

/// A primary key.
pub(super) fn primary_key(key: &PrimaryKey) -> String {
    let mut text = format!("primary key{} {}", named(key.name.as_deref()), parts(&key.columns));
    text.push_str(&include(&key.include));
    text.push_str(deferrable(key.deferrable));
    text.push_str(&on_conflict(key.on_conflict));
    text
}

/// A unique constraint.
pub(super) fn unique(unique: &Unique) -> String {
    let mut text = format!("unique{} {}", named(unique.name.as_deref()), parts(&unique.columns));
    text.push_str(&include(&unique.include));
    text.push_str(if unique.nulls_not_distinct { ", nulls not distinct" } else { "" });
    text.push_str(deferrable(unique.deferrable));
    text.push_str(&on_conflict(unique.on_conflict));
    text
}

/// A foreign key.
pub(super) fn foreign_key(key: &ForeignKey) -> String {
    let mut text = format!(
        "foreign key{} {} → {}",
        named(key.name.as_deref()),
        names(&key.columns),
        object_name(&key.referenced_table)
    );
    if !key.referenced_columns.is_empty() {
        text.push_str(&format!(" {}", names(&key.referenced_columns)));
    }
    text.push_str(&action("delete", key.on_delete));
    if !key.on_delete_columns.is_empty() {
        text.push_str(&format!(" {}", names(&key.on_delete_columns)));
    }
    text.push_str(&action("update", key.on_update));
    text.push_str(if key.match_full { ", match full" } else { "" });
    text.push_str(deferrable(key.deferrable));
    text.push_str(if key.not_valid { ", not valid" } else { "" });
    text
}

fn action(event: &str, action: ReferentialAction) -> String {
    match action {
        ReferentialAction::NoAction => String::new(),
        ReferentialAction::Restrict
        | ReferentialAction::Cascade
        | ReferentialAction::SetNull
        | ReferentialAction::SetDefault => format!(", on {event} {}", action.sql().to_lowercase()),
    }
}

/// A check constraint.
pub(super) fn check(check: &Check) -> String {
    let mut text = format!("check{} {}", named(check.name.as_deref()), parenthesised(&check.expression));
    text.push_str(if check.no_inherit { ", no inherit" } else { "" });
    text.push_str(if check.not_valid { ", not valid" } else { "" });
    text
}

/// An exclusion constraint.
pub(super) fn exclusion(exclusion: &Exclusion) -> String {
    format!("exclusion {}: {}", name(&exclusion.name), expression(&exclusion.definition))
}

/// An index.
pub(super) fn index(index: &Index) -> String {
    let mut text = format!(
        "{}index {} {}",
        if index.unique { "unique " } else { "" },
        name(&index.name),
        parts(&index.columns)
    );
    text.push_str(&index.method.as_ref().map(|method| format!(", using {method}")).unwrap_or_default());
    text.push_str(&include(&index.include));
    text.push_str(if index.nulls_not_distinct { ", nulls not distinct" } else { "" });
    text.push_str(if index.invalid { ", invalid" } else { "" });
    for (parameter, value) in index.storage.iter() {
        text.push_str(&format!(", {parameter} {value}"));
    }
    if let Some(tablespace) = &index.tablespace {
        text.push_str(&format!(", tablespace {}", name(tablespace)));
    }
    if let Some(predicate) = &index.predicate {
        text.push_str(&format!(", where {}", expression(predicate)));
    }
    text
}

/// By what a table tells its rows apart.
pub(super) fn partition_key(by: &PartitionBy) -> String {
    format!("{} ({})", by.strategy.sql().to_lowercase(), expression(&by.key))
}

/// What a table is a partition of, and with which bound.
pub(super) fn partition_of(of: &PartitionOf) -> String {
    format!("partition of {} {}", object_name(&of.parent), expression(&of.bound))
}

/// The options of a table.
pub(super) fn options(options: &TableOptions) -> String {
    let mut words: Vec<String> = Vec::new();
    words.extend(options.strict.then(|| "strict".to_owned()));
    words.extend(options.without_rowid.then(|| "without rowid".to_owned()));
    words.extend(options.unlogged.then(|| "unlogged".to_owned()));
    words.extend(options.storage.iter().map(|(parameter, value)| format!("{parameter} {value}")));
    words.extend(options.tablespace.as_deref().map(|space| format!("tablespace {}", name(space))));
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

/// What a sequence is made of, as pairs of a word and a value.
pub(super) fn sequence(sequence: &Sequence) -> Vec<(&'static str, String)> {
    let owner = sequence.owned_by.as_ref();
    vec![
        ("as", sequence.sql_type.clone()),
        ("start", sequence.start.to_string()),
        ("increment", sequence.increment.to_string()),
        ("min", sequence.min.to_string()),
        ("max", sequence.max.to_string()),
        ("cache", sequence.cache.to_string()),
        ("cycle", if sequence.cycle { "on" } else { "off" }.to_owned()),
        ("owner", or_none(owner.map(|(table, column)| format!("{}.{}", object_name(table), name(column))))),
    ]
}

/// What of a sequence is not as it would be by itself.
pub(super) fn sequence_options(of: &Sequence) -> Vec<String> {
    let limits = [i16::MIN.into(), i32::MIN.into(), i64::MIN, i16::MAX.into(), i32::MAX.into(), i64::MAX]
        .map(|limit: i64| limit.to_string());
    let first = if of.increment < 0 { "-1" } else { "1" };
    let is_usual = |what: &str, value: &String| match what {
        "as" => value == "bigint",
        "increment" | "cache" => value == "1",
        "cycle" => value == "off",
        "owner" => value == "none",
        _ => value == first || limits.contains(value),
    };
    let options = sequence(of).into_iter().filter(|(what, value)| !is_usual(what, value));
    options.map(|(what, value)| format!("{what} {value}")).collect()
}

/// What a type is called by its kind.
pub(super) fn type_noun(type_def: &TypeDef) -> &'static str {
    match type_def {
        TypeDef::Domain { .. } => "domain",
        TypeDef::Composite { .. } => "composite type",
        TypeDef::Range { .. } => "range type",
    }
}

/// What a type is made of, a line each.
pub(super) fn type_lines(type_def: &TypeDef) -> Vec<String> {
    match type_def {
        TypeDef::Domain { base, not_null, default, collation, checks, .. } => {
            let mut lines = vec![format!("as {base}")];
            lines.extend(not_null.then(|| "not null".to_owned()));
            lines.extend(default.as_ref().map(|default| format!("default {}", expression(default))));
            lines.extend(collation.as_deref().map(|text| format!("collation {}", name(text))));
            lines.extend(
                checks.iter().map(|(at, text)| format!("check {} {}", name(at), parenthesised(text))),
            );
            lines
        }
        TypeDef::Composite { attributes, .. } => {
            attributes.iter().map(|(at, sql_type)| format!("{}: {}", name(at), one_line(sql_type))).collect()
        }
        TypeDef::Range { definition, .. } => vec![expression(definition)],
    }
}

fn expression(expression: &SqlExpr) -> String {
    one_line(expression.as_str())
}

/// An expression in one pair of parentheses, which it may have brought along.
fn parenthesised(expression: &SqlExpr) -> String {
    let text = one_line(expression.as_str());
    if is_enclosed(&text) { text } else { format!("({text})") }
}

/// Says whether the first parenthesis is closed by the last character. Quotes
/// are not looked at: at worst a pair of parentheses too many is shown.
fn is_enclosed(text: &str) -> bool {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth <= 0 {
            return depth == 0 && c == ')' && at + 1 == text.len();
        }
    }
    false
}

fn named(name: Option<&str>) -> String {
    name.map(|text| format!(" {}", super::words::name(text))).unwrap_or_default()
}

fn parts(list: &[KeyPart]) -> String {
    let list: Vec<_> = list.iter().map(part).collect();
    format!("({})", list.join(", "))
}

fn part(part: &KeyPart) -> String {
    let mut text = match &part.target {
        KeyTarget::Column(column) => name(column),
        KeyTarget::Expression(text) => expression(text),
    };
    if let Some(collation) = &part.collation {
        text.push_str(&format!(" collate {}", one_line(collation)));
    }
    if let Some(class) = &part.operator_class {
        text.push_str(&format!(" {class}"));
    }
    text.push_str(match part.order {
        SortOrder::Asc => "",
        SortOrder::Desc => " desc",
    });
    text.push_str(match part.nulls {
        None => "",
        Some(NullsOrder::First) => " nulls first",
        Some(NullsOrder::Last) => " nulls last",
    });
    text
}

fn include(columns: &[String]) -> String {
    if columns.is_empty() { String::new() } else { format!(", include {}", names(columns)) }
}

fn deferrable(when: Deferrability) -> &'static str {
    match when {
        Deferrability::NotDeferrable => "",
        Deferrability::InitiallyImmediate => ", deferrable",
        Deferrability::InitiallyDeferred => ", deferrable initially deferred",
    }
}

fn on_conflict(clause: Option<crate::schema::ConflictClause>) -> String {
    clause.map(|clause| format!(", on conflict {}", clause.sql().to_lowercase())).unwrap_or_default()
}
