//! Types, sequences and comments.

use super::{constraint, parenthesised};
use crate::dialect::postgres::rules::{ident, literal, name, number_bounds};
use crate::name::ObjectName;
use crate::schema::{Sequence, SqlExpr, TypeDef};

/// Writes the CREATE TYPE of an enum.
pub(in super::super) fn create_enum(named: &ObjectName, values: &[String]) -> String {
    let values: Vec<_> = values.iter().map(|value| literal(value)).collect();
    format!("CREATE TYPE {} AS ENUM ({})", name(named), values.join(", "))
}

/// Writes the statement that creates a domain, composite or range type.
pub(in super::super) fn create_type(def: &TypeDef) -> String {
    match def {
        TypeDef::Domain { checks, .. } => create_domain(def, checks),
        TypeDef::Composite { name: named, attributes, .. } => {
            let write = |(attribute, sql_type): &(String, String)| format!("{} {sql_type}", ident(attribute));
            let lines: Vec<_> = attributes.iter().map(write).collect();
            let body = match lines.is_empty() {
                true => "()".to_owned(),
                false => format!("(\n  {}\n)", lines.join(",\n  ")),
            };
            format!("CREATE TYPE {} AS {body}", name(named))
        }
        TypeDef::Range { name: named, definition, .. } => {
            format!("CREATE TYPE {} AS RANGE {}", name(named), parenthesised(definition.as_str()))
        }
    }
}

/// Writes the CREATE DOMAIN of a domain with these of its checks. The name of
/// another type gives that type's statement.
pub(in super::super) fn create_domain(def: &TypeDef, checks: &[(String, SqlExpr)]) -> String {
    let TypeDef::Domain { name: named, base, not_null, default, collation, .. } = def else {
        return create_type(def);
    };
    let mut sql = format!("CREATE DOMAIN {} AS {base}", name(named));
    if let Some(collation) = collation {
        sql += &format!(" COLLATE {collation}");
    }
    if let Some(default) = default {
        sql += &format!(" DEFAULT {default}");
    }
    if *not_null {
        sql += " NOT NULL";
    }
    for (check, expression) in checks {
        let check = constraint(Some(check), &format!("CHECK {}", parenthesised(expression.as_str())));
        sql += &format!("\n  {check}");
    }
    sql
}

/// Writes the CREATE SEQUENCE of a sequence. Who owns it is said afterwards,
/// when that exists.
pub(in super::super) fn create_sequence(sequence: &Sequence) -> String {
    let mut sql = format!("CREATE SEQUENCE {}", name(&sequence.name));
    if sequence.sql_type != "bigint" {
        sql += &format!(" AS {}", sequence.sql_type);
    }
    for option in sequence_options(sequence) {
        sql += &format!(" {option}");
    }
    sql
}

/// Writes the options in which a sequence differs from what the server chooses.
pub(in super::super) fn sequence_options(sequence: &Sequence) -> Vec<String> {
    let (type_min, type_max) = number_bounds(&sequence.sql_type).unwrap_or((i64::MIN, i64::MAX));
    let down = sequence.increment < 0;
    let (min, max) = if down { (type_min, -1) } else { (1, type_max) };
    let start = if down { sequence.max } else { sequence.min };
    let mut options = Vec::new();
    let mut say = |differs: bool, option: String| options.extend(differs.then_some(option));
    say(sequence.increment != 1, format!("INCREMENT BY {}", sequence.increment));
    say(sequence.min != min, format!("MINVALUE {}", sequence.min));
    say(sequence.max != max, format!("MAXVALUE {}", sequence.max));
    say(sequence.start != start, format!("START WITH {}", sequence.start));
    say(sequence.cache != 1, format!("CACHE {}", sequence.cache));
    say(sequence.cycle, "CYCLE".to_owned());
    options
}

/// Writes the options that turn one sequence into another, type included;
/// empty if there are none.
pub(in super::super) fn alter_sequence(from: &Sequence, to: &Sequence) -> Vec<String> {
    let mut options = Vec::new();
    let mut say = |differs: bool, option: String| options.extend(differs.then_some(option));
    say(from.sql_type != to.sql_type, format!("AS {}", to.sql_type));
    say(from.increment != to.increment, format!("INCREMENT BY {}", to.increment));
    // A bound that stood at its type's own moves along with the type: say it in any case then.
    let retyped = from.sql_type != to.sql_type;
    say(retyped || from.min != to.min, format!("MINVALUE {}", to.min));
    say(retyped || from.max != to.max, format!("MAXVALUE {}", to.max));
    say(from.start != to.start, format!("START WITH {}", to.start));
    say(from.cache != to.cache, format!("CACHE {}", to.cache));
    say(from.cycle != to.cycle, if to.cycle { "CYCLE" } else { "NO CYCLE" }.to_owned());
    options
}

/// Writes a comment on what `target` names, such as `TABLE "users"`.
pub(in super::super) fn comment(target: &str, text: Option<&str>) -> String {
    let text = text.map_or_else(|| "NULL".to_owned(), literal);
    format!("COMMENT ON {target} IS {text}")
}
