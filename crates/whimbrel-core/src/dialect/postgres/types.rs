//! The names of types, and what becomes of values between them.
//!
//! Columns carry the text that `format_type` prints; a person may write any of
//! the aliases. [`TypeName::parse`] brings both to one form.

use super::rules;
use crate::name::ObjectName;
use crate::sql::{Lexicon, Token, tokens};

/// A type's name, taken apart: `public.mood[]`, `timestamp(3) with time zone`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypeName {
    /// The namespace, absent for `public` and `pg_catalog`.
    pub(super) namespace: Option<String>,
    /// The name: the words of one of the server's own types, in their one
    /// spelling, or the raw name of another.
    pub(super) name: String,
    /// What stands in parentheses.
    pub(super) modifiers: Vec<String>,
    /// Whether it is an array; the server knows no dimensions of a type.
    pub(super) array: bool,
}

impl TypeName {
    /// Reads a type's name. What is no type name gives one that equals itself.
    pub(super) fn parse(text: &str) -> Self {
        let mut reader = Reader::default();
        for token in tokens(text, Lexicon::POSTGRES).filter(|token| !token.is_trivia()) {
            reader.take(&token);
        }
        reader.finish()
    }

    /// The name to look a user's own type up by.
    pub(super) fn object_name(&self) -> ObjectName {
        ObjectName { namespace: self.namespace.clone(), name: self.name.clone() }
    }

    fn is(&self, names: &[&str]) -> bool {
        self.namespace.is_none() && names.contains(&self.name.as_str())
    }

    fn modifier(&self, index: usize) -> Option<i64> {
        self.modifiers.get(index)?.parse().ok()
    }

    /// The type as SQL.
    pub(super) fn spelled(&self) -> String {
        let modifiers = match self.modifiers.is_empty() {
            true => String::new(),
            false => format!("({})", self.modifiers.join(",")),
        };
        let array = if self.array { "[]" } else { "" };
        if !self.is(&ALIASED) && !self.is(&NUMBERS) && !self.is(&TEXTS) && !self.is(&TIMED) {
            return format!("{}{modifiers}{array}", rules::name(&self.object_name()));
        }
        match self.name.split_once(' ') {
            // `timestamp(3) with time zone`, but `character varying(3)`.
            Some((first, rest)) if self.is(&TIMED) => format!("{first}{modifiers} {rest}{array}"),
            Some(_) | None => format!("{}{modifiers}{array}", self.name),
        }
    }

    pub(super) fn is_text(&self) -> bool {
        self.is(&TEXTS)
    }

    pub(super) fn is_number(&self) -> bool {
        self.is(&NUMBERS)
    }

    pub(super) fn is_integer(&self) -> bool {
        self.is(&INTEGERS)
    }

    /// The least and greatest value of an integer type.
    pub(super) fn bounds(&self) -> Option<(i64, i64)> {
        rules::number_bounds(&self.name)
    }

    /// How long a text or number may be.
    pub(super) fn limit(&self) -> Option<i64> {
        self.modifier(0)
    }

    /// How many digits of a number come after its point.
    pub(super) fn scale(&self) -> i64 {
        self.modifier(1).unwrap_or(0)
    }

    fn element(&self) -> Self {
        Self { array: false, ..self.clone() }
    }
}

/// Says whether two names mean the same type.
pub(super) fn same(a: &str, b: &str) -> bool {
    a == b || TypeName::parse(a) == TypeName::parse(b)
}

/// What a [`TypeName`] is read into.
#[derive(Default)]
struct Reader {
    /// The words outside brackets; a dot joins two of them.
    words: Vec<String>,
    /// Whether the last word was quoted: then it is no key word.
    quoted: bool,
    qualified: bool,
    modifiers: Vec<String>,
    in_modifiers: bool,
    array: bool,
    dot: bool,
}

impl Reader {
    fn take(&mut self, token: &Token<'_>) {
        if self.in_modifiers {
            self.take_modifier(token);
        } else if token.is_punct("(") {
            self.in_modifiers = true;
        } else if token.is_punct("[") || token.is_word("array") {
            self.array = true;
        } else if token.is_punct(".") {
            self.dot = true;
        } else if let Some(word) = token.name(Lexicon::POSTGRES) {
            self.quoted |= token.text.starts_with('"');
            self.qualified |= std::mem::take(&mut self.dot);
            self.words.push(word.into_owned());
        }
    }

    fn take_modifier(&mut self, token: &Token<'_>) {
        if token.is_punct(")") {
            self.in_modifiers = false;
        } else if !token.is_punct(",") {
            self.modifiers.push(token.text.to_owned());
        }
    }

    fn finish(mut self) -> TypeName {
        let catalog = self.qualified && self.words.first().is_some_and(|word| word == "pg_catalog");
        let public = self.qualified && self.words.first().is_some_and(|word| word == "public");
        let namespace = match self.qualified && !self.words.is_empty() {
            true => Some(self.words.remove(0)).filter(|_| !catalog && !public),
            false => None,
        };
        let bare = namespace.is_none() && !public && (catalog || !self.quoted);
        let (name, modifiers) = match bare {
            true => in_one_spelling(self.words.join(" "), self.modifiers),
            false => (self.words.join(" "), self.modifiers),
        };
        TypeName { namespace, name, modifiers, array: self.array }
    }
}

/// Resolves the aliases of the server's own types.
fn in_one_spelling(name: String, modifiers: Vec<String>) -> (String, Vec<String>) {
    let one = || vec!["1".to_owned()];
    let known = match name.as_str() {
        "int" | "int4" | "serial" | "serial4" => "integer",
        "int8" | "bigserial" | "serial8" => "bigint",
        "int2" | "smallserial" | "serial2" => "smallint",
        "bool" => "boolean",
        "float4" => "real",
        "float8" => "double precision",
        "float" => return (float(&modifiers).to_owned(), Vec::new()),
        "decimal" | "dec" => "numeric",
        "varchar" | "char varying" | "nchar varying" | "national character varying" => "character varying",
        "varbit" => "bit varying",
        "timestamptz" => "timestamp with time zone",
        "timestamp" => "timestamp without time zone",
        "timetz" => "time with time zone",
        "time" => "time without time zone",
        "char" | "character" | "nchar" | "national character" | "national char" if modifiers.is_empty() => {
            return ("character".to_owned(), one());
        }
        "char" | "nchar" | "national character" | "national char" | "bpchar" if !modifiers.is_empty() => {
            "character"
        }
        "bit" if modifiers.is_empty() => return ("bit".to_owned(), one()),
        _ => return numeric(name, modifiers),
    };
    numeric(known.to_owned(), modifiers)
}

/// `numeric(10)` is `numeric(10,0)`.
fn numeric(name: String, mut modifiers: Vec<String>) -> (String, Vec<String>) {
    if name == "numeric" && modifiers.len() == 1 {
        modifiers.push("0".to_owned());
    }
    (name, modifiers)
}

fn float(modifiers: &[String]) -> &'static str {
    match modifiers.first().and_then(|digits| digits.parse().ok()) {
        Some(1..=24_i64) => "real",
        _ => "double precision",
    }
}

/// Besides numbers, texts and times, the types whose names in SQL are not those
/// in the catalogue, and so cannot be quoted.
const ALIASED: [&str; 3] = ["boolean", "bit", "bit varying"];
const INTEGERS: [&str; 3] = ["smallint", "integer", "bigint"];
const NUMBERS: [&str; 6] = ["smallint", "integer", "bigint", "numeric", "real", "double precision"];
const TEXTS: [&str; 3] = ["text", "character varying", "character"];
const UNPADDED: [&str; 2] = ["text", "character varying"];
const BITS: [&str; 2] = ["bit", "bit varying"];
const MOMENTS: [&str; 3] = ["date", "timestamp without time zone", "timestamp with time zone"];
const TIMED: [&str; 5] = [
    "timestamp without time zone",
    "timestamp with time zone",
    "time without time zone",
    "time with time zone",
    "interval",
];

/// Says whether values of the two types compare with each other, so that a
/// foreign key or a condition holds while only one of its columns has changed.
pub(super) fn comparable(a: &TypeName, b: &TypeName) -> bool {
    let family = |names: &[&str]| a.is(names) && b.is(names);
    a.array == b.array
        && ((a.namespace == b.namespace && a.name == b.name)
            || (!a.array
                && (family(&INTEGERS)
                    || family(&UNPADDED)
                    || family(&MOMENTS)
                    || family(&["real", "double precision"]))))
}

/// Says whether changing a column's type leaves its rows as they are on disk.
pub(super) fn keeps_rows(from: &TypeName, to: &TypeName) -> bool {
    if from == to {
        return true;
    }
    if from.array || to.array {
        return from.array == to.array && grows(&from.element(), &to.element());
    }
    let unlimited = to.modifiers.is_empty();
    grows(from, to)
        || (from.is(&UNPADDED) && to.is(&UNPADDED) && (unlimited || from == to))
        || (from.is(&["cidr"]) && to.is(&["inet"]) && unlimited)
}

/// Says whether the two are one type, and the second takes all that the first does.
fn grows(from: &TypeName, to: &TypeName) -> bool {
    if from.namespace != to.namespace || from.name != to.name {
        return false;
    }
    match (from.modifier(0), to.modifier(0)) {
        _ if from.modifiers == to.modifiers => true,
        (Some(_), None) => to.is(&["character varying", "bit varying", "numeric"]) || to.is(&TIMED),
        (Some(from_size), Some(to_size)) if to.is(&["numeric"]) => {
            from.modifier(1) == to.modifier(1) && from_size <= to_size
        }
        (Some(from_size), Some(to_size)) => {
            (to.is(&["character varying", "bit varying"]) || to.is(&TIMED)) && from_size <= to_size
        }
        (None, Some(_)) => to.is(&TIMED) && to.modifier(0) == Some(6),
        (None, None) => false,
    }
}

/// Says whether every value survives the change of type as it is.
pub(super) fn lossless(from: &TypeName, to: &TypeName) -> bool {
    if keeps_rows(from, to) {
        return true;
    }
    if to.is(&UNPADDED) && to.modifiers.is_empty() && !to.array {
        return true;
    }
    if from.array != to.array {
        return false;
    }
    if from.array {
        return lossless(&from.element(), &to.element());
    }
    widens(from, to)
        || (from.is(&["character"]) && to.is(&TEXTS) && from.modifier(0) <= to.modifier(0))
        || (from.is(&["date"]) && to.is(&["timestamp without time zone"]))
        || (from.is(&["boolean"]) && to.is(&INTEGERS))
        || (from.is(&["jsonb"]) && to.is(&["json"]))
}

/// Says whether a value may have no counterpart at all, so that the cast fails.
pub(super) fn may_fail(from: &TypeName, to: &TypeName) -> bool {
    let to_text = to.is(&TEXTS) && !to.array;
    let both_moments = is_moment(from) && is_moment(to) && has_cast(from, to);
    !lossless(from, to) && !to_text && !both_moments
}

/// Says whether the cast may give another value instead of failing: a text is
/// cut, a number rounded, a moment loses its time.
pub(super) fn may_alter(from: &TypeName, to: &TypeName) -> bool {
    match (from.array, to.array) {
        _ if lossless(from, to) => false,
        (true, true) => may_alter(&from.element(), &to.element()),
        (false, true) => !from.is(&TEXTS) && may_alter(from, &to.element()),
        (true, false) => to.is(&TEXTS),
        (false, false) => to.is(&TEXTS) || may_round(from, to) || (is_moment(from) && is_moment(to)),
    }
}

/// Says whether a number may lose digits, or a string of bits its end.
fn may_round(from: &TypeName, to: &TypeName) -> bool {
    let to_exact = to.is(&["numeric"]) && to.modifiers.is_empty();
    let both_bits = from.is(&BITS) && to.is(&BITS);
    let to_whole = to.is(&INTEGERS) && from.is(&NUMBERS) && !from.is(&INTEGERS);
    let to_fewer =
        to.is(&NUMBERS) && !to.is(&INTEGERS) && !to_exact && (from.is(&NUMBERS) || from.is(&TEXTS));
    both_bits || to_whole || to_fewer
}

/// Says whether a value that was cast can be cast back, to be compared.
pub(super) fn returns(from: &TypeName, to: &TypeName) -> bool {
    is_moment(from) && is_moment(to) && has_cast(from, to) && has_cast(to, from)
}

fn is_moment(one: &TypeName) -> bool {
    (one.is(&MOMENTS) || one.is(&TIMED)) && !one.array
}

fn widens(from: &TypeName, to: &TypeName) -> bool {
    let digits = match from.name.as_str() {
        _ if !from.is(&NUMBERS) || !to.is(&NUMBERS) => return false,
        "smallint" => 5,
        "integer" => 10,
        "bigint" => 19,
        "numeric" => return wider_numeric(from, to),
        "real" => return to.is(&["double precision"]),
        _ => return false,
    };
    match to.name.as_str() {
        "real" => digits <= 5,
        "double precision" => digits <= 10,
        "numeric" => whole_digits(to).is_none_or(|room| room >= digits),
        name => rank(name) > rank(&from.name),
    }
}

fn wider_numeric(from: &TypeName, to: &TypeName) -> bool {
    let whole = whole_digits(from).zip(whole_digits(to));
    to.is(&["numeric"]) && whole.is_some_and(|(a, b)| a <= b) && from.modifier(1) <= to.modifier(1)
}

/// The digits before the point of a limited `numeric`.
fn whole_digits(of: &TypeName) -> Option<i64> {
    Some(of.modifier(0)? - of.modifier(1).unwrap_or(0))
}

fn rank(name: &str) -> Option<usize> {
    INTEGERS.iter().position(|one| *one == name)
}

/// How a value is brought from one type to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cast {
    /// `x::to`
    Direct,
    /// `x::via::to`
    Via(&'static str),
    /// `x::text[]::to`, element by element.
    Elements,
    /// A value becomes an array of one.
    Wrapped,
}

/// Writes the expression that brings `value` from one type to another, which
/// the schema spells `spelled`. Neither type is a domain, but `spelled` may be
/// the name of one over the other type.
///
/// It is one that the server takes whatever the types are: where there is no
/// cast, the value goes through text, and only rows can fail.
pub(super) fn cast(value: &str, from: &TypeName, to: &TypeName, spelled: &str) -> String {
    match way(from, to) {
        Cast::Direct => format!("{value}::{spelled}"),
        Cast::Via(between) => format!("{value}::{between}::{spelled}"),
        Cast::Elements => format!("{value}::text[]::{spelled}"),
        Cast::Wrapped => {
            let element = spelled.trim_end().strip_suffix("[]").unwrap_or(spelled);
            let one = cast(value, from, &to.element(), element);
            format!("CASE WHEN {value} IS NOT NULL THEN ARRAY[{one}] END")
        }
    }
}

fn way(from: &TypeName, to: &TypeName) -> Cast {
    if from.array && to.array {
        return match way(&from.element(), &to.element()) {
            Cast::Direct => Cast::Direct,
            Cast::Via(_) | Cast::Elements | Cast::Wrapped => Cast::Elements,
        };
    }
    let textual = |one: &TypeName| one.is(&TEXTS) && !one.array;
    if to.array && !from.array && !textual(from) {
        return Cast::Wrapped;
    }
    if textual(from) || textual(to) || has_cast(from, to) {
        return Cast::Direct;
    }
    // Of the whole numbers, only integer casts to boolean and back.
    match (from.is(&["boolean"]), to.is(&["boolean"])) {
        (true, false) if to.is(&NUMBERS) => Cast::Via("integer"),
        (false, true) if from.is(&NUMBERS) => Cast::Via("integer"),
        _ => Cast::Via("text"),
    }
}

/// Says whether the server has a cast of its own, among the types people use.
fn has_cast(from: &TypeName, to: &TypeName) -> bool {
    let both = |names: &[&str]| from.is(names) && to.is(names);
    (from.namespace == to.namespace && from.name == to.name && from.array == to.array)
        || both(&NUMBERS)
        || both(&MOMENTS)
        || both(&["integer", "boolean"])
        || both(&["json", "jsonb"])
        || both(&["inet", "cidr"])
        || both(&["bit", "bit varying"])
        || both(&["time without time zone", "time with time zone"])
        || both(&["time without time zone", "interval"])
        || both(&["money", "numeric"])
        || both(&["macaddr", "macaddr8"])
        || (from.is(&MOMENTS[1..]) && to.is(&["time without time zone"]))
        || (from.is(&["jsonb"]) && (to.is(&NUMBERS) || to.is(&["boolean"])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> TypeName {
        TypeName::parse(text)
    }

    #[test]
    fn aliases_mean_the_same() {
        let same_ones = [
            ("int4", "integer"),
            ("INT", "integer"),
            ("pg_catalog.int8", "bigint"),
            ("int[]", "integer[]"),
            ("int4[3][3]", "integer[]"),
            ("integer ARRAY", "integer[]"),
            ("varchar(20)", "character varying(20)"),
            ("char", "character(1)"),
            ("bpchar(3)", "character(3)"),
            ("decimal(10, 2)", "numeric(10,2)"),
            ("numeric(10)", "numeric(10,0)"),
            ("float(24)", "real"),
            ("float", "double precision"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("timestamp", "timestamp without time zone"),
            ("public.mood", "mood"),
            ("\"mood\"", "mood"),
            ("public.\"Mood\"[]", "\"Mood\"[]"),
            ("bit", "bit(1)"),
        ];
        for (a, b) in same_ones {
            assert!(same(a, b), "{a} and {b}: {:?} {:?}", parse(a), parse(b));
        }
        let others = [
            ("integer", "bigint"),
            ("integer", "integer[]"),
            ("varchar", "varchar(1)"),
            ("\"Mood\"", "mood"),
            ("audit.mood", "mood"),
            ("\"char\"", "char"),
            ("public.\"int4\"", "int4"),
            ("timestamp", "timestamptz"),
        ];
        for (a, b) in others {
            assert!(!same(a, b), "{a} and {b}");
        }
    }

    #[test]
    fn values_survive_or_not() {
        // from, to, whether every value survives, whether rows stay as they are
        let cases = [
            ("integer", "bigint", true, false),
            ("bigint", "integer", false, false),
            ("varchar(10)", "varchar(20)", true, true),
            ("varchar(20)", "varchar(10)", false, false),
            ("varchar(20)", "text", true, true),
            ("text", "varchar", true, true),
            ("text", "varchar(20)", false, false),
            ("char(3)", "text", true, false),
            ("char(3)", "char(5)", true, false),
            ("numeric(10,2)", "numeric(12,2)", true, true),
            ("numeric(10,2)", "numeric(12,4)", true, false),
            ("numeric(10,2)", "numeric(10,4)", false, false),
            ("numeric(10,2)", "numeric", true, true),
            ("numeric", "numeric(10,2)", false, false),
            ("integer", "numeric(10,0)", true, false),
            ("integer", "numeric(10,2)", false, false),
            ("integer", "double precision", true, false),
            ("bigint", "double precision", false, false),
            ("real", "double precision", true, false),
            ("timestamp(3)", "timestamp", true, true),
            ("timestamp", "timestamp(3)", false, false),
            ("timestamp", "timestamptz", false, false),
            ("date", "timestamp", true, false),
            ("timestamp", "date", false, false),
            ("uuid", "text", true, false),
            ("text", "uuid", false, false),
            ("integer[]", "bigint[]", true, false),
            ("varchar(5)[]", "varchar(9)[]", true, true),
            ("integer", "integer[]", false, false),
            ("cidr", "inet", true, true),
            ("mood", "text", true, false),
            ("text", "mood", false, false),
        ];
        for (from, to, survives, stays) in cases {
            assert_eq!(lossless(&parse(from), &parse(to)), survives, "{from} to {to}");
            assert_eq!(keeps_rows(&parse(from), &parse(to)), stays, "{from} to {to}");
        }
    }

    #[test]
    fn a_cast_is_always_one_the_server_takes() {
        let cases = [
            ("text", "integer", "x::integer"),
            ("integer", "text", "x::text"),
            ("bigint", "boolean", "x::integer::boolean"),
            ("boolean", "numeric(5,2)", "x::integer::numeric(5,2)"),
            ("integer", "uuid", "x::text::uuid"),
            ("mood", "\"Mood\"", "x::text::\"Mood\""),
            ("mood[]", "feeling[]", "x::text[]::feeling[]"),
            ("integer[]", "bigint[]", "x::bigint[]"),
            ("integer", "bigint[]", "CASE WHEN x IS NOT NULL THEN ARRAY[x::bigint] END"),
            ("text", "text[]", "x::text[]"),
            ("timestamp", "time", "x::time"),
            ("json", "jsonb", "x::jsonb"),
        ];
        for (from, to, expected) in cases {
            assert_eq!(cast("x", &parse(from), &parse(to), to), expected, "{from} to {to}");
        }
        assert_eq!(cast("x", &parse("numeric"), &parse("bigint"), "amount"), "x::amount");
    }

    #[test]
    fn comparable_types_may_meet_in_a_foreign_key() {
        for (a, b, expected) in [
            ("integer", "bigint", true),
            ("varchar(3)", "text", true),
            ("integer", "text", false),
            ("uuid", "text", false),
            ("date", "timestamptz", true),
            ("mood", "mood", true),
        ] {
            assert_eq!(comparable(&parse(a), &parse(b)), expected, "{a} and {b}");
        }
    }
}
