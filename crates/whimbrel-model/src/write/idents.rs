//! Names of structs, enums, variants and fields, made of names in a database.

use std::collections::{BTreeMap, BTreeSet};

use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Schema, Table};

use crate::case::pascal;

/// Names that the attributes and the types that are written take for something
/// else.
const TAKEN: [&str; 8] = ["Decimal", "Vec", "Option", "String", "Box", "Json", "Vector", "Point"];

/// The names of the Rust types.
pub(super) struct Idents {
    tables: BTreeMap<ObjectName, String>,
    enums: BTreeMap<ObjectName, String>,
}

impl Idents {
    /// Names all enums, and the tables that are written as models.
    pub(super) fn new(schema: &Schema, besides: &BTreeSet<ObjectName>) -> Self {
        let mut taken = BTreeSet::new();
        let mut tables = BTreeMap::new();
        for table in schema.tables.iter().filter(|table| !besides.contains(&table.name)) {
            tables.insert(table.name.clone(), type_name(&table.name, &mut taken));
        }
        let mut enums = BTreeMap::new();
        for def in &schema.enums {
            enums.insert(def.name.clone(), type_name(&def.name, &mut taken));
        }
        Self { tables, enums }
    }

    /// The struct of a table, if it is written as a model.
    pub(super) fn of_table(&self, name: &ObjectName) -> Option<&str> {
        self.tables.get(name).map(String::as_str)
    }

    /// The enum of a type.
    pub(super) fn of_enum(&self, name: &ObjectName) -> &str {
        self.enums.get(name).map_or("", String::as_str)
    }
}

fn type_name(name: &ObjectName, taken: &mut BTreeSet<String>) -> String {
    let base = valid(&pascal(&name.name), "T");
    let known = crate::parse::is_known_type(&base) || TAKEN.contains(&base.as_str());
    let base = if known { format!("{base}Row") } else { base };
    unique(&base, taken)
}

/// The fields of a table, in the order of its columns.
pub(super) fn fields(table: &Table) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let field = |name: &str| {
        let bare: String =
            name.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '_' }).collect();
        valid(&bare, "_")
    };
    table.columns.iter().map(|column| unique(&field(&column.name), &mut taken)).collect()
}

/// Makes a name one that Rust takes.
pub(super) fn valid(name: &str, prefix: &str) -> String {
    let starts = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let name = if starts { name.to_owned() } else { format!("{prefix}{name}") };
    match name.as_str() {
        // These are no names even in their raw form.
        "_" | "self" | "super" | "crate" | "Self" => format!("{name}_"),
        _ => name,
    }
}

/// The name as Rust writes it: key words in their raw form.
pub(super) fn written(name: &str) -> String {
    // A key word since edition 2024, which the parser does not know of.
    match syn::parse_str::<syn::Ident>(name) {
        Ok(_) if name != "gen" => name.to_owned(),
        Ok(_) | Err(_) => format!("r#{name}"),
    }
}

/// Says whether a name is another, or that with a number added.
pub(super) fn is_numbered(name: &str, base: &str) -> bool {
    name.strip_prefix(base).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()))
}

/// Adds a number where a name is taken.
pub(super) fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}{number}"));
    let found = std::iter::once(name.to_owned()).chain(numbered).find(|one| !taken.contains(one));
    let found = found.expect("there are more numbers than names");
    taken.insert(found.clone());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_words_of_every_edition_are_written_in_their_raw_form() {
        let names = ["name", "fn", "async", "try", "gen", "union"].map(written);
        assert_eq!(names, ["name", "r#fn", "r#async", "r#try", "r#gen", "union"]);
    }
}
