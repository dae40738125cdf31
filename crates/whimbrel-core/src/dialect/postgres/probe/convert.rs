//! Rows whose values do not survive a change of type.

use super::super::ddl::condition;
use super::super::domain::resolved;
use super::super::mention::mentions;
use super::super::rules::{ident, literal};
use super::super::types::{TypeName, cast, lossless, returns};
use super::rows::Rows;
use super::{affected, attributes, nothing};
use crate::schema::{Column, Schema, SqlExpr};
use crate::sql::{Lexicon, tokens};

/// The query for one column; `from` is the column as it was, by its new name.
/// It finds the values that are refused, or those that become others.
pub(super) fn probe(rows: &Rows<'_>, from: &Column, to: &Column, refuses: bool) -> Option<String> {
    let live = rows.live(&to.name)?;
    let value = ident(&live.name);
    if let Some(met) = attributes::condition(rows, &value, (&live.sql_type, &to.sql_type), refuses) {
        return Some(affected(&rows.table(), &met, &value, &rows.table()));
    }
    let (old, new) = (resolved(rows.pair.from, &from.sql_type), resolved(rows.pair.to, &to.sql_type));
    let conversion = Conversion { value: &value, from: &old.0, to: &new.0 };
    if !refuses {
        return Some(affected(&rows.table(), &conversion.alters()?, &value, &rows.table()));
    }
    let known = new.1.iter().filter(|check| rows.knows(&mentions(check.as_str())));
    let breaks_domain: Vec<_> = known.map(|check| breaks(check, &conversion)).collect();
    let fails = if let Some(values) = enum_values(rows.pair.to, &new.0) {
        Some(conversion.is_none_of(&values))
    } else if lossless(&old.0, &new.0) {
        None
    } else {
        Some(conversion.fails().unwrap_or_default())
    };
    match fails {
        // Only the cast itself can tell.
        Some(condition) if condition.is_empty() => {
            let known = rows.knows_type(&to.sql_type);
            let tried = conversion.cast_to(&to.sql_type);
            let table = rows.table();
            known.then(|| format!("SELECT 0 * count({tried}), NULL::bigint, NULL::text FROM {table}"))
        }
        None if breaks_domain.is_empty() => Some(nothing()),
        fails => {
            let conditions: Vec<_> = fails.into_iter().chain(breaks_domain).collect();
            Some(affected(&rows.table(), &conditions.join(" OR "), &value, &rows.table()))
        }
    }
}

fn enum_values(schema: &Schema, of: &TypeName) -> Option<Vec<String>> {
    schema.enum_type(&of.object_name()).map(|one| one.values.clone())
}

/// A condition of a domain, broken by a value.
fn breaks(check: &SqlExpr, conversion: &Conversion<'_>) -> String {
    let text = condition(check.as_str());
    // A value that does not cast is told by the error.
    let value = format!("({})", conversion.cast_to(&conversion.to.spelled()));
    let mut written = String::new();
    for token in tokens(text, Lexicon::POSTGRES) {
        written.push_str(if token.is_word("value") { &value } else { token.text });
    }
    format!("NOT ({written})")
}

/// A value that goes from one type to another; neither is a domain.
pub(super) struct Conversion<'a> {
    pub(super) value: &'a str,
    pub(super) from: &'a TypeName,
    pub(super) to: &'a TypeName,
}

impl Conversion<'_> {
    pub(super) fn cast_to(&self, sql_type: &str) -> String {
        cast(self.value, self.from, self.to, sql_type)
    }

    fn is_none_of(&self, values: &[String]) -> String {
        let values = values.iter().map(|value| literal(value)).collect::<Vec<_>>().join(", ");
        match self.to.array {
            true => format!("NOT ({}::text[] <@ ARRAY[{values}]::text[])", self.value),
            false => format!("{}::text <> ALL (ARRAY[{values}]::text[])", self.value),
        }
    }

    /// The condition under which a value becomes another, where one can be told.
    pub(super) fn alters(&self) -> Option<String> {
        let value = self.value;
        if self.from.array || self.to.array {
            return None;
        }
        if self.to.is_text() {
            return self.to.limit().map(|limit| format!("char_length({value}::text) > {limit}"));
        }
        let rounded = self.rounds(&format!("{value}::numeric"));
        if self.from.is_text() && self.to.is_number() {
            return Some(format!("CASE WHEN {value} !~* '{NUMBER}' THEN false ELSE {rounded} END"));
        }
        if self.from.is_number() && self.to.is_number() {
            return Some(rounded);
        }
        returns(self.from, self.to).then(|| {
            let there = self.cast_to(&self.to.spelled());
            format!("{there}::{} IS DISTINCT FROM {value}", self.from.spelled())
        })
    }

    /// Says when a number, written as `numeric`, is another in the new type.
    fn rounds(&self, number: &str) -> String {
        if self.to.is_integer() {
            return format!("{number} <> round({number})");
        }
        match self.to.limit() {
            Some(_) => format!("{number} <> round({number}, {})", self.to.scale()),
            None => format!("{}::{}::numeric IS DISTINCT FROM {number}", self.value, self.to.name),
        }
    }

    /// The condition under which a value is refused, where one can be told
    /// without casting.
    pub(super) fn fails(&self) -> Option<String> {
        if self.from.array || self.to.array {
            return None;
        }
        if self.to.is_text() || returns(self.from, self.to) {
            return Some("false".to_owned());
        }
        if self.from.is_text() {
            return self.text_fails();
        }
        let numbers = self.from.is_number() && self.to.is_number();
        numbers.then(|| self.number_fails(&format!("{}::numeric", self.value))).flatten()
    }

    /// A text must look right before it can be looked at as what it spells.
    fn text_fails(&self) -> Option<String> {
        let value = self.value;
        if self.to.is_number() {
            let fits = self.number_fails(&format!("{value}::numeric")).unwrap_or_else(|| "false".to_owned());
            let spelled = if self.to.is_integer() { INTEGER } else { NUMBER };
            return Some(format!("CASE WHEN {value} !~* '{spelled}' THEN true ELSE {fits} END"));
        }
        match self.to.name.as_str() {
            "boolean" => Some(format!("{value} !~* '{BOOLEAN}'")),
            "uuid" => Some(format!("{value} !~* '{UUID}'")),
            _ => None,
        }
    }

    /// Says when a number, written as `numeric`, is too large for the new type.
    fn number_fails(&self, number: &str) -> Option<String> {
        if let Some((min, max)) = self.to.bounds() {
            return Some(format!("round({number}) NOT BETWEEN {min} AND {max}"));
        }
        let scale = self.to.scale();
        let limit = self.to.limit();
        limit.map(|digits| format!("abs(round({number}, {scale})) >= 1e{}", digits - scale))
    }
}

const INTEGER: &str = r"^\s*[-+]?[0-9]+\s*$";
const NUMBER: &str = r"^\s*([-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?)\s*$";
const BOOLEAN: &str = r"^\s*(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|off?|1|0)\s*$";
const UUID: &str = r"^\{?([0-9a-f]{4}-?){7}[0-9a-f]{4}\}?$";
