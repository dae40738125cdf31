//! Structs with their fields and primary keys.

use std::collections::BTreeSet;

use whimbrel_core::dialect::Dialect;

use super::super::edit::Seed;
use super::types::{Class, Kind, Types, type_setting};
use super::{MadeTable, ModelSeeds, NAMES, Names, ident, once_in, pick, snake};

const STRUCTS: [&str; 8] = ["User", "Post", "Order", "Select", "BlogPost", "Date", "Größe", "Item"];
const FIELDS: [&str; 7] = ["name", "r#type", "order", "from", "größe", "a", "x1"];

/// A struct that is a model.
pub(super) struct Struct {
    pub(super) name: String,
    pub(super) table: String,
    pub(super) namespace: Option<&'static str>,
    /// What `#[model(...)]` says.
    pub(super) says: Vec<String>,
    pub(super) comment: Option<&'static str>,
    /// All fields, those of embedded structs among them.
    pub(super) fields: Vec<Field>,
    /// The lines of the fields that embed a struct.
    embeds: Vec<String>,
    /// Which fields the primary key is of, in its order.
    pub(super) key: Vec<usize>,
    pub(super) unlogged: bool,
    /// What has an automatic name already.
    pub(super) named: BTreeSet<String>,
    /// The names of constraints and indexes are of one set.
    pub(super) number: usize,
}

/// A field.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) ident: String,
    pub(super) column: String,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
    pub(super) unique: bool,
    pub(super) generated: bool,
    /// Whether a relation is on it.
    pub(super) refers: bool,
    /// Whether it stands in another struct.
    pub(super) embedded: bool,
    is_option: bool,
    /// What `#[column(...)]` says.
    pub(super) says: Vec<String>,
    comment: Option<&'static str>,
}

const COMMENTS: [&str; 3] =
    ["It's a comment.", "Two \\ \"lines\".\n\nAnd `code`.", "--> statement-breakpoint"];

impl Field {
    /// A plain field of a type, which says nothing.
    pub(super) fn plain(name: &str, kind: Kind) -> Self {
        Self {
            ident: name.to_owned(),
            column: name.trim_start_matches("r#").to_owned(),
            says: kind.told.iter().map(|told| type_setting(told)).collect(),
            nullable: kind.class == Class::Maybe,
            kind,
            unique: false,
            generated: false,
            refers: false,
            embedded: false,
            is_option: false,
            comment: None,
        }
    }

    /// The same field, which may be NULL: as an `Option`, or because it says so.
    pub(super) fn optional(mut self, says: bool) -> Self {
        self.nullable = true;
        match says {
            true => self.says.push("nullable".to_owned()),
            false => self.is_option = true,
        }
        self
    }

    /// A field that may say anything that concerns it alone, beside those that
    /// are there already.
    pub(super) fn new(dialect: Dialect, name: &str, seed: Seed, types: &Types, before: &[Self]) -> Self {
        let kind = types.kind(seed[0]).clone();
        let mut field = Self::plain(name, kind);
        let column = pick(seed[1] / 4, &NAMES);
        if once_in(4, seed[1]) && before.iter().all(|other| other.column != *column) {
            field.says.push(format!("name = {column:?}"));
            field.column = (*column).to_owned();
        }
        let maybe = field.kind.class == Class::Maybe;
        if once_in(3, seed[2]) && !maybe {
            (field.is_option, field.nullable) = (true, true);
        }
        if once_in(11, seed[2]) && !maybe {
            field.says.push(if field.nullable { "nullable = false" } else { "nullable" }.to_owned());
            field.nullable = !field.nullable;
        }
        if let (0 | 1, Some(default)) = (seed[3] % 4, field.kind.defaults.first()) {
            field.says.push(format!("default = {default}"));
        }
        let collation = match dialect {
            Dialect::Sqlite => "NOCASE",
            Dialect::Postgres => "\"C\"",
        };
        if field.kind.class == Class::Text && once_in(5, seed[4]) {
            field.says.push(format!("collate = {collation:?}"));
        }
        if field.kind.class.is_ordered() {
            match seed[5] % 16 {
                0 => {
                    field.says.push("unique".to_owned());
                    field.unique = true;
                }
                1 => field.says.push("index".to_owned()),
                2 if dialect == Dialect::Postgres => field.says.push("index(using = \"hash\")".to_owned()),
                3 => field.says.push("index(where = \"1 = 1\", unique = true)".to_owned()),
                _ => {}
            }
        }
        field.comment = once_in(5, seed[5]).then(|| *pick(seed[4], &COMMENTS));
        field
    }

    /// A field that is computed of another.
    fn generated(dialect: Dialect, name: &str, of: &Self, virtually: bool) -> Self {
        let sql = match of.kind.class {
            Class::Text => format!("lower({})", ident(&of.column)),
            Class::Number | Class::Ordered | Class::Contains | Class::Unordered | Class::Maybe => {
                format!("{} * 2", ident(&of.column))
            }
        };
        let mut field = Self::plain(name, of.kind.clone());
        // PostgreSQL 15 computes nothing when it reads.
        field.says.push(match virtually && dialect == Dialect::Sqlite {
            true => format!("generated = virtual({sql:?})"),
            false => format!("generated = {sql:?}"),
        });
        (field.generated, field.is_option, field.nullable) = (true, true, true);
        field
    }

    /// The same field where another struct embeds its own.
    fn within(&self, prefix: &str, optional: bool) -> Self {
        Self {
            ident: format!("{prefix}{}", self.ident.trim_start_matches("r#")),
            column: format!("{prefix}{}", self.column),
            // What is told beside the field stays; an option around the struct is one around each.
            nullable: match self.says.iter().find(|one| one.starts_with("nullable")) {
                Some(_) => self.nullable,
                None => self.nullable || optional,
            },
            embedded: true,
            ..self.clone()
        }
    }

    /// Its lines in the struct.
    pub(super) fn text(&self) -> String {
        let says = match self.says.as_slice() {
            [] => String::new(),
            says => format!("    #[column({})]\n", says.join(", ")),
        };
        let ty = if self.is_option { format!("Option<{}>", self.kind.rust) } else { self.kind.rust.clone() };
        format!("{}{says}    {}: {ty},\n", comment(self.comment, "    "), self.ident)
    }
}

fn comment(text: Option<&str>, indent: &str) -> String {
    text.unwrap_or_default().lines().map(|line| format!("{indent}/// {line}\n")).collect()
}

impl Struct {
    pub(super) fn new(dialect: Dialect, seeds: &ModelSeeds, types: &Types, names: &mut Names) -> Self {
        let own = seeds.own;
        let name = names.rust(&STRUCTS, own[0]);
        let mut model = Self {
            table: snake(&name),
            name,
            namespace: (dialect == Dialect::Postgres && once_in(4, own[1])).then_some("app"),
            says: Vec::new(),
            comment: once_in(3, own[1]).then(|| *pick(own[2], &COMMENTS)),
            fields: Vec::new(),
            embeds: Vec::new(),
            key: Vec::new(),
            unlogged: once_in(6, own[2]),
            named: BTreeSet::new(),
            number: names.rust.len(),
        };
        if once_in(3, own[2]) {
            model.table = names.sql(own[2] / 3);
            model.says.push(format!("table = {:?}", model.table));
        }
        model.says.extend(model.namespace.map(|name| format!("namespace = {name:?}")));
        model.add_key(dialect, own[3], types);
        model.add_options(own[4]);
        for (seed, name) in seeds.fields.iter().zip(FIELDS) {
            let field = model.field(dialect, name, *seed, types);
            model.fields.push(field);
        }
        for seed in &seeds.embeds {
            model.embed(*seed, types);
        }
        model
    }

    fn field(&self, dialect: Dialect, name: &str, seed: Seed, types: &Types) -> Field {
        let bases: Vec<&Field> = self
            .fields
            .iter()
            .filter(|field| !field.generated && matches!(field.kind.class, Class::Number | Class::Text))
            .filter(|field| !self.is_key(field))
            .collect();
        match once_in(9, seed[3]) && !bases.is_empty() {
            true => Field::generated(dialect, name, pick::<&Field>(seed[4], &bases), once_in(2, seed[5])),
            false => Field::new(dialect, name, seed, types, &self.fields),
        }
    }

    /// Whether a field is in the primary key.
    pub(super) fn is_key(&self, field: &Field) -> bool {
        self.key.iter().any(|at| self.fields[*at].ident == field.ident)
    }

    fn add_key(&mut self, dialect: Dialect, seed: u8, types: &Types) {
        let kind =
            |rust: &str, class| Kind { rust: rust.to_owned(), told: None, defaults: Vec::new(), class };
        let mut id = Field::plain("id", kind("i64", Class::Number));
        self.key = vec![0];
        match seed % 10 {
            0..=2 => id.says = vec!["primary_key".to_owned(), "auto_increment".to_owned()],
            3 => {
                id.kind = kind("i32", Class::Number);
                id.says.push("primary_key".to_owned());
            }
            4 => {
                id.kind = kind("String", Class::Text);
                id.says = vec!["primary_key".to_owned(), "default = cuid()".to_owned()];
            }
            5 => {
                id.kind = kind("Uuid", Class::Ordered);
                id.says = vec!["default = uuid()".to_owned(), "primary_key".to_owned()];
            }
            6 => {
                let ordered: Vec<&Kind> = types.kinds.iter().filter(|kind| kind.class.is_ordered()).collect();
                id = Field::plain("id", (*pick(seed / 10 + 200, &ordered)).clone());
                id.says.push("primary_key".to_owned());
            }
            7 if dialect == Dialect::Postgres => {
                id.says = vec!["primary_key".to_owned(), "identity = always".to_owned()];
            }
            8 => self.key = Vec::new(),
            _ => {
                let mut tenant = Field::plain("tenant", kind("String", Class::Text));
                if once_in(2, seed / 10) {
                    self.says.push("primary_key(id, tenant)".to_owned());
                    self.key = vec![1, 0];
                } else {
                    id.says.push("primary_key".to_owned());
                    tenant.says.push("primary_key".to_owned());
                    self.key = vec![0, 1];
                }
                self.fields.push(tenant);
            }
        }
        if self.key.is_empty() {
            self.says.push("no_primary_key".to_owned());
        }
        self.fields.push(id);
    }

    /// The options of both engines: one says nothing on the other.
    fn add_options(&mut self, seed: u8) {
        if once_in(4, seed) {
            self.says.push("strict".to_owned());
        }
        let counts = self.fields.iter().any(|field| field.says.iter().any(|one| one == "auto_increment"));
        if once_in(5, seed) && !self.key.is_empty() && !counts {
            self.says.push("without_rowid".to_owned());
        }
    }

    fn embed(&mut self, seed: Seed, types: &Types) {
        if types.embedded.is_empty() {
            return;
        }
        let (name, fields) = pick(seed[0], &types.embedded);
        let optional = once_in(3, seed[1]);
        let (says, prefix) = match once_in(4, seed[2]) {
            true => ("flatten", ""),
            false => ("flatten = \"home_\"", "home_"),
        };
        let within: Vec<Field> = fields.iter().map(|field| field.within(prefix, optional)).collect();
        if within.iter().any(|field| self.fields.iter().any(|own| own.column == field.column)) {
            return;
        }
        let ty = if optional { format!("Option<{name}>") } else { name.clone() };
        self.embeds.push(format!("    #[column({says})]\n    home: {ty},\n"));
        self.fields.extend(within);
    }

    /// Its table as SQL writes it.
    pub(super) fn sql_name(&self) -> String {
        let namespace = self.namespace.map(|name| format!("{}.", ident(name))).unwrap_or_default();
        format!("{namespace}{}", ident(&self.table))
    }

    /// The struct.
    pub(super) fn text(&self) -> String {
        let mut says = self.says.clone();
        says.extend(self.unlogged.then(|| "unlogged".to_owned()));
        let says = match says.as_slice() {
            [] => String::new(),
            says => format!("#[model({})]\n", says.join(", ")),
        };
        let own = self.fields.iter().filter(|field| !field.embedded).map(Field::text);
        let fields: String = own.chain(self.embeds.iter().cloned()).collect();
        let comment = comment(self.comment, "");
        format!("{comment}#[derive(Model)]\n{says}struct {} {{\n{fields}}}\n", self.name)
    }

    /// The table that must come of it.
    pub(super) fn made(&self) -> MadeTable {
        let column = |field: &Field| match (self.is_key(field), field.nullable) {
            (true, _) => format!("{}!", field.column),
            (false, true) => format!("{}?", field.column),
            (false, false) => field.column.clone(),
        };
        let mut columns: Vec<String> = self.fields.iter().map(column).collect();
        columns.sort();
        let namespace = self.namespace.map(|name| format!("{name}.")).unwrap_or_default();
        MadeTable { name: format!("{namespace}{}", self.table), columns }
    }
}
