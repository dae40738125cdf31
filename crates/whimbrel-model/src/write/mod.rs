//! A schema as models, the way back from [`build`](crate::build).
//!
//! What is written reads back as the same tables and enums wherever models can
//! say it; names and actions are written where they are not those that are made
//! up anyway. What models cannot say is for the caller to find, by reading them
//! back, and to add as SQL.

mod attributes;
mod default;
mod idents;
mod junctions;
mod keys;
mod lists;
mod relations;
mod table;
mod types;

use std::collections::BTreeSet;

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{EnumType, Schema};

use crate::case::{Case, pascal, snake};
use attributes::{comment, text};
use idents::Idents;

/// SQL that a unit struct carries.
///
/// ```
/// use std::collections::BTreeSet;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::schema::Schema;
/// use whimbrel_model::write::{Attached, Writing, write};
///
/// let after = Some("CREATE VIEW two AS SELECT 2;".to_owned());
/// let attached = [Attached { name: "Views".into(), before: None, after }];
/// let (dialect, schema, besides) = (Dialect::Sqlite, &Schema::default(), &BTreeSet::new());
/// let written = write(Writing { dialect, schema, besides, attached: &attached });
/// let expected = "\
/// #[derive(whimbrel::Model)]
/// #[model(sql = \"CREATE VIEW two AS SELECT 2;\")]
/// pub struct Views;
/// ";
/// assert_eq!(written, expected);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The name of the struct.
    pub name: String,
    /// The statements that come before the tables.
    pub before: Option<String>,
    /// The statements that come after them.
    pub after: Option<String>,
}

/// What is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Writing<'s> {
    /// The engine that spelled the schema.
    pub dialect: Dialect,
    /// The schema.
    pub schema: &'s Schema,
    /// The tables that are not written as models.
    pub besides: &'s BTreeSet<ObjectName>,
    /// The SQL that is attached.
    pub attached: &'s [Attached],
}

/// Writes the tables and enums of a schema as models.
///
/// ```
/// use std::collections::BTreeSet;
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::schema::{Column, KeyPart, PrimaryKey, Schema, Table};
/// use whimbrel_model::write::{Writing, write};
///
/// let id = Column::new("id", "INTEGER");
/// let key = PrimaryKey { columns: vec![KeyPart::column("id")], ..PrimaryKey::default() };
/// let users = Table { columns: vec![id], primary_key: Some(key), ..Table::new("users") };
/// let schema = Schema { tables: vec![users], ..Schema::default() };
/// let writing =
///     Writing { dialect: Dialect::Sqlite, schema: &schema, besides: &BTreeSet::new(), attached: &[] };
/// assert_eq!(
///     write(writing),
///     "\
/// #[derive(whimbrel::Model)]
/// pub struct Users {
///     #[column(primary_key)]
///     pub id: i64,
/// }
/// "
/// );
/// ```
///
/// # Panics
///
/// If what it writes is no Rust, which is a defect.
pub fn write(writing: Writing<'_>) -> String {
    let Writing { dialect, schema, besides, attached } = writing;
    let mut schema = in_order(schema);
    let lists = lists::take(dialect, &mut schema, besides);
    let schema = &schema;
    let junctions = junctions::find(dialect, schema, besides);
    let besides: BTreeSet<_> =
        besides.iter().chain(junctions.iter().map(|one| &one.table)).cloned().collect();
    let idents = Idents::new(schema, &besides);
    let cx = table::Cx { dialect, schema, idents: &idents, lists: &lists, junctions: &junctions };
    let mut items = Vec::new();
    items.extend(attached.iter().filter(|sql| sql.before.is_some()).map(attached_sql));
    for def in &schema.enums {
        items.push(enum_item(&idents, def));
    }
    for table in schema.tables.iter().filter(|table| !besides.contains(&table.name)) {
        items.push(table::item(cx, table));
    }
    items.extend(attached.iter().filter(|sql| sql.before.is_none()).map(attached_sql));
    let file = syn::parse_file(&items.join("\n")).expect("what is written is Rust");
    spaced(&prettyplease::unparse(&file))
}

/// The schema with tables, enums and indexes sorted: a catalogue lists them as
/// they were made.
fn in_order(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    schema.tables.sort_by(|a, b| a.name.cmp(&b.name));
    schema.enums.sort_by(|a, b| a.name.cmp(&b.name));
    for table in &mut schema.tables {
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    }
    schema
}

/// An empty line between items.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut ended = false;
    for line in text.lines() {
        if ended {
            out.push('\n');
        }
        ended = line == "}" || (line.starts_with("pub struct") && line.ends_with(';'));
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn attached_sql(sql: &Attached) -> String {
    let key = |key: &str, value: &Option<String>| {
        value.as_ref().map_or(String::new(), |value| format!("#[model({key} = {})]", text(value)))
    };
    let (before, after) = (key("before", &sql.before), key("sql", &sql.after));
    format!("#[derive(whimbrel::Model)] {before} {after} pub struct {};", sql.name)
}

fn enum_item(idents: &Idents, def: &EnumType) -> String {
    let rust = idents.of_enum(&def.name);
    let mut settings = Vec::new();
    if snake(rust) != def.name.name {
        settings.push(format!("name = {}", text(&def.name.name)));
    }
    if let Some(namespace) = &def.name.namespace {
        settings.push(format!("namespace = {}", text(namespace)));
    }
    let attribute = match settings.is_empty() {
        true => String::new(),
        false => format!("#[db_enum({})]", settings.join(", ")),
    };
    let mut taken = BTreeSet::new();
    let variants: Vec<_> = def.values.iter().map(|value| variant(value, &mut taken)).collect();
    format!(
        "{} #[derive(whimbrel::DbEnum)] {attribute} pub enum {rust} {{ {} }}",
        comment(def.comment.as_deref()),
        variants.join(", ")
    )
}

fn variant(value: &str, taken: &mut BTreeSet<String>) -> String {
    let name = idents::unique(&idents::valid(&pascal(value), "V"), taken);
    match Case::Snake.apply(&name) == value {
        true => name,
        false => format!("#[db_enum(name = {})] {name}", text(value)),
    }
}
