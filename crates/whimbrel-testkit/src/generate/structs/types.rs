//! The types of fields.

use whimbrel_core::dialect::Dialect;

use super::super::edit::Seed;
use super::model::Field;
use super::{NAMES, Names, Seeds, once_in, pick};

/// A type that a field may be of.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    /// The Rust type.
    pub(super) rust: String,
    /// What `type` says of it.
    pub(super) told: Option<String>,
    /// Defaults that fit.
    pub(super) defaults: Vec<String>,
    /// What can be done with it.
    pub(super) class: Class,
}

/// What can be done with a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// It has an order, and can be multiplied.
    Number,
    /// It has an order, a length and a collation.
    Text,
    /// It has an order.
    Ordered,
    /// It is a list or document: a method finds what is in it (PostgreSQL).
    Contains,
    /// It has no order.
    Unordered,
    /// The field may be NULL by its type.
    Maybe,
}

impl Class {
    /// Whether an index or a key may be on it.
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Number | Self::Text | Self::Ordered)
    }
}

/// Every type by name: what it is in Rust, what is told of it, a default that
/// fits (if there is one on both engines), what can be done with it.
const KNOWN: [(&str, &str, &str, Class); 38] = [
    ("bool", "", "true", Class::Ordered),
    ("i8", "", "-8", Class::Number),
    ("u8", "", "8", Class::Number),
    ("i16", "", "-32768", Class::Number),
    ("u16", "", "16", Class::Number),
    ("i32", "", "0", Class::Number),
    ("u32", "", "32", Class::Number),
    ("i64", "", "9223372036854775807", Class::Number),
    ("std::num::NonZeroI64", "", "64", Class::Number),
    ("f32", "", "1.5", Class::Number),
    ("f64", "", "-0.25", Class::Number),
    ("rust_decimal::Decimal", "", "12.50", Class::Ordered),
    ("Decimal", "decimal(10, 2)", "\"0.50\"", Class::Ordered),
    ("String", "", "\"it's\"", Class::Text),
    ("Cow<'static, str>", "", "\"\"", Class::Text),
    ("char", "", "\"\\\\\"", Class::Text),
    ("String", "varchar(20)", "\"two\\nlines\"", Class::Text),
    ("ulid::Ulid", "", "ulid()", Class::Text),
    ("Vec<u8>", "", "", Class::Ordered),
    ("[u8; 32]", "", "sql(sqlite = \"x'00'\", postgres = \"'\\\\x00'\")", Class::Ordered),
    ("serde_json::Value", "", "\"{}\"", Class::Contains),
    ("Json<Settings>", "", "\"[1]\"", Class::Contains),
    ("uuid::Uuid", "", "uuid()", Class::Ordered),
    ("chrono::NaiveDate", "", "now()", Class::Ordered),
    ("time::Date", "", "\"2026-01-31\"", Class::Ordered),
    ("chrono::NaiveTime", "", "now()", Class::Ordered),
    ("NaiveTime", "time(3)", "\"10:00:00\"", Class::Ordered),
    ("String", "timetz", "", Class::Ordered),
    ("chrono::NaiveDateTime", "", "now()", Class::Ordered),
    ("NaiveDateTime", "timestamp(3)", "\"2026-01-31 10:00:00\"", Class::Ordered),
    ("chrono::DateTime<Utc>", "", "now()", Class::Ordered),
    ("jiff::Timestamp", "timestamptz(6)", "now()", Class::Ordered),
    ("std::time::Duration", "", "", Class::Ordered),
    ("std::net::IpAddr", "", "\"127.0.0.1\"", Class::Ordered),
    ("geo_types::Point", "", "", Class::Unordered),
    ("Vec<i64>", "", "", Class::Contains),
    ("Vec<String>", "", "sql(sqlite = \"'[]'\", postgres = \"'{}'\")", Class::Contains),
    ("Own", "(postgres = \"macaddr\", sqlite = \"BLOB\")", "", Class::Ordered),
];

const ENUMS: [&str; 5] = ["Mood", "State", "Size", "Role", "HtmlTag"];
const VARIANTS: [&str; 6] = ["Open", "InHand", "Done", "Übung", "X1", "Self_"];
const CASES: [&str; 7] =
    ["snake_case", "SCREAMING_SNAKE_CASE", "kebab-case", "camelCase", "PascalCase", "lowercase", "UPPERCASE"];
const EMBEDDED: [&str; 3] = ["Address", "Period", "Audit"];
const NEWTYPES: [&str; 3] = ["Email", "Money", "Label"];

/// The types that fields choose from, and the items that make some of them.
pub(super) struct Types {
    pub(super) kinds: Vec<Kind>,
    /// Embedded structs: their names and fields.
    pub(super) embedded: Vec<(String, Vec<Field>)>,
    pub(super) text: String,
}

impl Types {
    pub(super) fn new(dialect: Dialect, seeds: &Seeds, names: &mut Names) -> Self {
        let known = |(rust, told, default, class): (&str, &str, &str, Class)| Kind {
            rust: rust.to_owned(),
            told: (!told.is_empty()).then(|| told.to_owned()),
            defaults: (!default.is_empty()).then(|| default.to_owned()).into_iter().collect(),
            class,
        };
        let mut types =
            Self { kinds: KNOWN.into_iter().map(known).collect(), embedded: Vec::new(), text: String::new() };
        for seed in &seeds.enums {
            types.add_enum(dialect, *seed, names);
        }
        for seed in &seeds.named {
            types.add_named(*seed, names);
        }
        for seeds in &seeds.embedded {
            types.add_embedded(dialect, seeds, names);
        }
        types
    }

    fn add_embedded(&mut self, dialect: Dialect, seeds: &[Seed], names: &mut Names) {
        let name = names.rust(&EMBEDDED, seeds[0][5]);
        let mut fields: Vec<Field> = Vec::new();
        for (seed, ident) in seeds.iter().zip(["street", "zip", "r#loop"]) {
            let field = Field::new(dialect, ident, *seed, self, &fields);
            fields.push(field);
        }
        let lines: Vec<String> = fields.iter().map(Field::text).collect();
        self.text.push_str(&format!("#[derive(Embedded)]\nstruct {name} {{\n{}}}\n", lines.concat()));
        self.embedded.push((name, fields));
    }

    /// A type: in half of the cases one that is made here, if there are any.
    pub(super) fn kind(&self, seed: u8) -> &Kind {
        match self.kinds.get(KNOWN.len()..) {
            Some(own) if !own.is_empty() && seed.is_multiple_of(2) => pick(seed / 2, own),
            Some(_) | None => pick(seed / 2, &self.kinds[..KNOWN.len()]),
        }
    }

    fn add_enum(&mut self, dialect: Dialect, seed: Seed, names: &mut Names) {
        let rust = names.rust(&ENUMS, seed[0]);
        let mut says = Vec::new();
        if once_in(3, seed[1]) {
            says.push(format!("name = {:?}", names.sql(seed[1] / 3)));
        }
        if dialect == Dialect::Postgres && once_in(5, seed[1]) {
            says.push("namespace = \"app\"".to_owned());
        }
        let case = pick(seed[2], &CASES);
        if !once_in(7, seed[3]) {
            says.push(format!("rename_all = {case:?}"));
        }
        let count = 1 + usize::from(seed[4]) % VARIANTS.len();
        let variants: Vec<String> = VARIANTS[..count]
            .iter()
            .enumerate()
            .map(|(index, variant)| match index == usize::from(seed[5]) % 12 {
                true => format!("    #[db_enum(name = {:?})]\n    {variant},\n", pick(seed[5], &NAMES)),
                false => format!("    {variant},\n"),
            })
            .collect();
        let attribute =
            if says.is_empty() { String::new() } else { format!("#[db_enum({})]\n", says.join(", ")) };
        self.text.push_str(&format!(
            "/// The enum's comment.\n#[derive(DbEnum)]\n{attribute}enum {rust} {{\n{}}}\n",
            variants.concat()
        ));
        let last = VARIANTS[count - 1];
        self.kinds.push(Kind {
            defaults: vec![format!("{rust}::{last}")],
            rust: rust.clone(),
            told: None,
            class: Class::Ordered,
        });
        self.kinds.push(Kind {
            rust: format!("Vec<{rust}>"),
            told: None,
            defaults: Vec::new(),
            class: Class::Contains,
        });
    }

    /// A newtype or an alias of any type.
    fn add_named(&mut self, seed: Seed, names: &mut Names) {
        let of = self.kind(seed[0]).clone();
        let rust = names.rust(&NEWTYPES, seed[1]);
        let told = of.told.as_ref().map(|told| format!("#[column({})]\n", type_setting(told)));
        let (text, class) = match seed[2] % 3 {
            0 if told.is_none() => (format!("type {rust} = {};\n", of.rust), of.class),
            1 if told.is_none() => (format!("type {rust} = Option<{}>;\n", of.rust), Class::Maybe),
            _ => {
                let told = told.unwrap_or_default();
                (format!("#[derive(ColumnType)]\n{told}struct {rust}({});\n", of.rust), of.class)
            }
        };
        self.text.push_str(&text);
        // A value of the type behind a name is written in the type's own words.
        let defaults = if class == Class::Maybe { vec!["null".to_owned()] } else { of.defaults };
        self.kinds.push(Kind { rust, told: None, defaults, class });
    }
}

/// What `#[column(...)]` says of a type.
pub(super) fn type_setting(told: &str) -> String {
    if told.starts_with('(') { format!("type{told}") } else { format!("type = {told}") }
}
