//! Statements, as text.
//!
//! A table is laid out with one column or constraint a line. Identifiers are
//! always quoted; types and expressions stand as they were written. Whatever
//! was given no name gets none.

use std::fmt::Write as _;

use super::text::{closed, is_bare_default, is_parenthesised, is_plain_type, requalify};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::schema::{
    Check, Column, ConflictClause, Deferrability, ForeignKey, Index, KeyPart, KeyTarget, Object, ObjectKind,
    PrimaryKey, ReferentialAction, SortOrder, SqlExpr, Table, Unique,
};

/// Quotes an identifier.
pub(super) fn quote(name: &str) -> String {
    Dialect::Sqlite.quote_ident(name)
}

/// `CREATE TABLE`, without the indexes.
pub(super) fn create_table(table: &Table) -> String {
    let mut lines: Vec<String> =
        table.columns.iter().map(|column| column_definition(column, inline_key(table, column))).collect();
    let key = table
        .primary_key
        .as_ref()
        .filter(|_| !table.columns.iter().any(|one| inline_key(table, one).is_some()));
    lines.extend(key.map(primary_key));
    lines.extend(table.unique_constraints.iter().map(unique));
    lines.extend(table.checks.iter().map(check));
    lines.extend(table.foreign_keys.iter().map(foreign_key));
    let mut options = Vec::new();
    options.extend(table.options.strict.then_some("STRICT"));
    options.extend(table.options.without_rowid.then_some("WITHOUT ROWID"));
    let options = if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
    format!("CREATE TABLE {} (\n  {}\n){options}", quote(&table.name.name), lines.join(",\n  "))
}

/// `CREATE TABLE` of the same table under another name. Foreign keys go on to
/// name it as it is: the name that it will have.
pub(super) fn create_table_as(table: &Table, name: &str) -> String {
    let own = |text: &mut SqlExpr| {
        let requalified = requalify(&text.0, &table.name.name, name).into_owned();
        text.0 = requalified;
    };
    let mut renamed = Table { name: ObjectName::new(name), ..table.clone() };
    renamed.checks.iter_mut().for_each(|check| own(&mut check.expression));
    create_table(&renamed)
}

/// The primary key, if it must stand in the definition of this column: there
/// alone AUTOINCREMENT can be said, and that INTEGER is no rowid (DESC).
fn inline_key<'a>(table: &'a Table, column: &Column) -> Option<&'a PrimaryKey> {
    let key = table.primary_key.as_ref()?;
    let [part] = key.columns.as_slice() else { return None };
    let is_it = part.column_name().is_some_and(|name| name.eq_ignore_ascii_case(&column.name));
    let integer = column.sql_type.eq_ignore_ascii_case("INTEGER");
    (is_it && integer && part.collation.is_none()).then_some(key)
}

/// A column as it stands in CREATE TABLE and ADD COLUMN.
fn column_definition(column: &Column, key: Option<&PrimaryKey>) -> String {
    let mut out = quote(&column.name);
    if !column.sql_type.is_empty() {
        write(&mut out, format_args!(" {}", type_text(&column.sql_type)));
    }
    if let Some(key) = key {
        let order = key.columns.first().map_or("", |part| direction(part.order));
        let autoincrement = if column.auto_increment { " AUTOINCREMENT" } else { "" };
        let conflict = on_conflict(key.on_conflict);
        write(
            &mut out,
            format_args!(" {}PRIMARY KEY{order}{conflict}{autoincrement}", named(key.name.as_deref())),
        );
    }
    if !column.nullable {
        write(&mut out, format_args!(" NOT NULL{}", on_conflict(column.not_null_conflict)));
    }
    if let Some(default) = &column.default {
        write(&mut out, format_args!(" DEFAULT {}", default_text(default)));
    }
    if let Some(collation) = &column.collation {
        write(&mut out, format_args!(" COLLATE {}", quote(collation)));
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
        write(
            &mut out,
            format_args!(" GENERATED ALWAYS AS ({}) {kind}", closed(generated.expression.as_str())),
        );
    }
    out
}

fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes any text");
}

/// A type as written. One that no type name could be, such as `"my type)"`, had
/// quotes around it, which the catalogue does not keep.
fn type_text(sql_type: &str) -> String {
    if is_plain_type(sql_type) { sql_type.to_owned() } else { quote(sql_type) }
}

fn default_text(default: &SqlExpr) -> String {
    let text = closed(default.as_str());
    if is_bare_default(&text) { text.into_owned() } else { format!("({text})") }
}

fn named(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!("CONSTRAINT {} ", quote(name)))
}

fn on_conflict(clause: Option<ConflictClause>) -> String {
    clause.map_or_else(String::new, |clause| format!(" ON CONFLICT {}", clause.sql()))
}

fn direction(order: SortOrder) -> &'static str {
    match order {
        SortOrder::Asc => "",
        SortOrder::Desc => " DESC",
    }
}

fn primary_key(key: &PrimaryKey) -> String {
    format!(
        "{}PRIMARY KEY ({}){}",
        named(key.name.as_deref()),
        parts(&key.columns),
        on_conflict(key.on_conflict)
    )
}

fn unique(unique: &Unique) -> String {
    format!(
        "{}UNIQUE ({}){}",
        named(unique.name.as_deref()),
        parts(&unique.columns),
        on_conflict(unique.on_conflict)
    )
}

fn check(check: &Check) -> String {
    format!("{}CHECK ({})", named(check.name.as_deref()), closed(check.expression.as_str()))
}

fn foreign_key(fk: &ForeignKey) -> String {
    format!("{}FOREIGN KEY ({}) {}", named(fk.name.as_deref()), list(&fk.columns), references(fk))
}

fn references(fk: &ForeignKey) -> String {
    let mut out = format!("REFERENCES {}", quote(&fk.referenced_table.name));
    if !fk.referenced_columns.is_empty() {
        write(&mut out, format_args!(" ({})", list(&fk.referenced_columns)));
    }
    for (event, action) in [("DELETE", fk.on_delete), ("UPDATE", fk.on_update)] {
        if action != ReferentialAction::NoAction {
            write(&mut out, format_args!(" ON {event} {}", action.sql()));
        }
    }
    if fk.match_full {
        out.push_str(" MATCH FULL");
    }
    out.push_str(match fk.deferrable {
        Deferrability::NotDeferrable => "",
        Deferrability::InitiallyImmediate => " DEFERRABLE INITIALLY IMMEDIATE",
        Deferrability::InitiallyDeferred => " DEFERRABLE INITIALLY DEFERRED",
    });
    out
}

/// Identifiers, quoted, with commas between.
pub(super) fn list<S: AsRef<str>>(names: &[S]) -> String {
    names.iter().map(|name| quote(name.as_ref())).collect::<Vec<_>>().join(", ")
}

fn parts(parts: &[KeyPart]) -> String {
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn part(part: &KeyPart) -> String {
    let collation =
        part.collation.as_ref().map_or_else(String::new, |name| format!(" COLLATE {}", quote(name)));
    let target = match &part.target {
        KeyTarget::Column(name) => quote(name),
        // COLLATE binds tighter than any operator.
        KeyTarget::Expression(text) if part.collation.is_some() && !is_parenthesised(text.as_str()) => {
            format!("({})", closed(text.as_str()))
        }
        KeyTarget::Expression(text) => closed(text.as_str()).into_owned(),
    };
    format!("{target}{collation}{}", direction(part.order))
}

/// `CREATE INDEX`.
pub(super) fn create_index(table: &str, index: &Index) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let predicate = index
        .predicate
        .as_ref()
        .map_or_else(String::new, |predicate| format!(" WHERE {}", predicate.as_str()));
    format!(
        "CREATE {unique}INDEX {} ON {} ({}){predicate}",
        quote(&index.name),
        quote(table),
        parts(&index.columns)
    )
}

/// `DROP INDEX`.
pub(super) fn drop_index(name: &str) -> String {
    format!("DROP INDEX {}", quote(name))
}

/// `DROP TABLE`.
pub(super) fn drop_table(name: &str) -> String {
    format!("DROP TABLE {}", quote(name))
}

/// `ALTER TABLE ... RENAME TO`.
pub(super) fn rename_table(from: &str, to: &str) -> String {
    format!("ALTER TABLE {} RENAME TO {}", quote(from), quote(to))
}

/// `ALTER TABLE ... RENAME COLUMN`.
pub(super) fn rename_column(table: &str, from: &str, to: &str) -> String {
    format!("ALTER TABLE {} RENAME COLUMN {} TO {}", quote(table), quote(from), quote(to))
}

/// `ALTER TABLE ... ADD COLUMN`, with the constraints that concern the column
/// alone.
pub(super) fn add_column(table: &str, column: &Column, checks: &[&Check], keys: &[&ForeignKey]) -> String {
    let mut out = format!("ALTER TABLE {} ADD COLUMN {}", quote(table), column_definition(column, None));
    for one in checks {
        write(&mut out, format_args!(" {}", check(one)));
    }
    for key in keys {
        write(&mut out, format_args!(" {}{}", named(key.name.as_deref()), references(key)));
    }
    out
}

/// `ALTER TABLE ... DROP COLUMN`.
pub(super) fn drop_column(table: &str, column: &str) -> String {
    format!("ALTER TABLE {} DROP COLUMN {}", quote(table), quote(column))
}

/// The statement that creates a view, trigger or virtual table: as written.
pub(super) fn create_object(object: &Object) -> String {
    object.definition.as_str().trim_end().trim_end_matches(';').to_owned()
}

/// The statement that drops a view, trigger or virtual table.
pub(super) fn drop_object(object: &Object) -> String {
    let what = match object.kind {
        ObjectKind::View => "VIEW",
        ObjectKind::Trigger => "TRIGGER",
        ObjectKind::VirtualTable
        | ObjectKind::Namespace
        | ObjectKind::Extension
        | ObjectKind::Type
        | ObjectKind::Sequence
        | ObjectKind::Table
        | ObjectKind::Index
        | ObjectKind::Constraint
        | ObjectKind::MaterializedView
        | ObjectKind::Function
        | ObjectKind::Procedure
        | ObjectKind::Aggregate
        | ObjectKind::Rule
        | ObjectKind::Policy => "TABLE",
    };
    format!("DROP {what} {}", quote(&object.name.name))
}
