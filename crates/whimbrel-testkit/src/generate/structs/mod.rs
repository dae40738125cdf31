//! Random models: the text of a Rust file with structs, enums and newtypes.
//!
//! [`Seeds`] are numbers, and any numbers make a file that whimbrel takes, so
//! that proptest can leave out models, fields and relations to find a small one
//! that fails. What makes no sense where it is said is not said. The text is
//! written by code that shares nothing with whimbrel's, and [`Structs::tables`]
//! says what must come of it.

mod keys;
mod model;
mod relations;
mod types;

use std::collections::BTreeSet;
use std::fmt;

use proptest::prelude::*;
use whimbrel_core::dialect::Dialect;

use self::model::Struct;
use self::types::Types;
use super::edit::Seed;

/// Names in a database, most of them nasty: none begins another, and all are so
/// short that four of them fit into one.
const NAMES: [&str; 17] = [
    "two words",
    "quote\"in",
    "\"quoted\"",
    "semi;colon",
    "it's",
    "Capital",
    "ümläut",
    "😀",
    "--comment",
    "/* x */",
    "dot.ted",
    "per%cent",
    "back\\slash",
    "$1",
    "1st",
    "new\nline",
    "[y] `z`",
];

/// What random models are made of.
#[derive(Debug, Clone)]
struct Seeds {
    /// Enums.
    enums: Vec<Seed>,
    /// Newtypes and aliases.
    named: Vec<Seed>,
    /// Embedded structs, with their fields.
    embedded: Vec<Vec<Seed>>,
    /// Models.
    models: Vec<ModelSeeds>,
    /// Many-to-many relations between the models.
    many_to_many: Vec<Seed>,
    /// A view.
    view: Option<Seed>,
}

/// What one model is made of.
#[derive(Debug, Clone)]
struct ModelSeeds {
    own: Seed,
    fields: Vec<Seed>,
    embeds: Vec<Seed>,
    references: Vec<Seed>,
    keys: Vec<Seed>,
}

/// Random models.
#[derive(Clone)]
pub struct Structs {
    /// A Rust file.
    pub text: String,
    /// The tables that must come of it, sorted.
    pub tables: Vec<MadeTable>,
}

/// A table that must come of models.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MadeTable {
    /// Its name, with its namespace.
    pub name: String,
    /// The names of its columns, sorted, `?` behind those that may be NULL; keys
    /// are marked with `!` instead.
    pub columns: Vec<String>,
}

impl fmt::Debug for Structs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.text)
    }
}

/// Random models for an engine.
pub fn structs(dialect: Dialect) -> impl Strategy<Value = Structs> {
    seeds().prop_map(move |seeds| Structs::new(dialect, &seeds))
}

fn seeds() -> impl Strategy<Value = Seeds> {
    let some = |most: usize| prop::collection::vec(any::<Seed>(), 0..=most);
    let model = (any::<Seed>(), some(7), some(1), some(2), some(4)).prop_map(
        |(own, fields, embeds, references, keys)| ModelSeeds { own, fields, embeds, references, keys },
    );
    let embedded = prop::collection::vec(prop::collection::vec(any::<Seed>(), 1..=3), 0..=2);
    let models = prop::collection::vec(model, 1..=5);
    (some(3), some(3), embedded, models, some(4), prop::option::of(any::<Seed>())).prop_map(
        |(enums, named, embedded, models, many_to_many, view)| Seeds {
            enums,
            named,
            embedded,
            models,
            many_to_many,
            view,
        },
    )
}

impl Structs {
    fn new(dialect: Dialect, seeds: &Seeds) -> Self {
        let mut names = Names::default();
        let types = Types::new(dialect, seeds, &mut names);
        let mut models: Vec<Struct> =
            seeds.models.iter().map(|seeds| Struct::new(dialect, seeds, &types, &mut names)).collect();
        for (at, seeds) in seeds.models.iter().enumerate() {
            for seed in &seeds.references {
                relations::refer(dialect, &mut models, at, *seed);
            }
        }
        for (at, seeds) in seeds.models.iter().enumerate() {
            for seed in &seeds.keys {
                keys::add(dialect, &mut models[at], *seed);
            }
        }
        let junctions = relations::many_to_many(&mut models, &seeds.many_to_many, &mut names);
        relations::leave_unlogged(dialect, &mut models);
        let view = seeds.view.map(|seed| view(&models, seed)).unwrap_or_default();
        let texts: Vec<String> = models.iter().map(Struct::text).collect();
        let mut tables: Vec<_> = models.iter().map(Struct::made).chain(junctions).collect();
        tables.sort();
        Self { text: format!("{}{}{view}", types.text, texts.concat()), tables }
    }
}

/// A view, as SQL beside the models.
fn view(models: &[Struct], seed: Seed) -> String {
    let sql = format!("CREATE VIEW a_view AS SELECT * FROM {}", pick(seed[0], models).sql_name());
    format!("#[derive(Model)]\n#[model(sql = {sql:?})]\nstruct AView;\n")
}

/// The names that are given already.
#[derive(Default)]
struct Names {
    rust: BTreeSet<String>,
    sql: BTreeSet<String>,
}

impl Names {
    /// The name of a Rust type, and what a database would call it.
    fn rust(&mut self, words: &[&str], seed: u8) -> String {
        let word = pick(seed, words);
        let mut name = (*word).to_owned();
        let mut number = 2;
        while self.rust.contains(&name) || self.sql.contains(&snake(&name)) {
            name = format!("{word}{number}");
            number += 1;
        }
        self.rust.insert(name.clone());
        self.sql.insert(snake(&name));
        name
    }

    /// A nasty name in a database.
    fn sql(&mut self, seed: u8) -> String {
        let name = pick(seed, &NAMES);
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let mut all = std::iter::once((*name).to_owned()).chain(numbered);
        let free = all.find(|name| !self.sql.contains(&name.to_lowercase()));
        let free = free.expect("there are more numbers than names");
        self.sql.insert(free.to_lowercase());
        free
    }
}

/// The snake case of the names that are given here.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for (index, c) in name.chars().enumerate() {
        if c.is_uppercase() && index > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// Chooses one of some things.
fn pick<T>(seed: u8, from: &[T]) -> &T {
    &from[usize::from(seed) % from.len()]
}

/// Says yes once in so many times.
fn once_in(times: u8, seed: u8) -> bool {
    seed % times == times - 1
}

/// A name as SQL writes it.
fn ident(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
