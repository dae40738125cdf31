//! Schemas in few words.

use crate::name::ObjectName;
use crate::schema::{
    Check, Column, Dependency, EnumType, ForeignKey, Generated, Identity, Index, KeyPart, Object, ObjectKind,
    PrimaryKey, Schema, Table, Unique,
};

/// A schema that is being put together.
#[derive(Default, Clone)]
pub(super) struct Build(pub(super) Schema);

impl From<Build> for Schema {
    fn from(build: Build) -> Self {
        build.0
    }
}

impl Build {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn table(mut self, name: &str, parts: &[&dyn Fn(&mut Table)]) -> Self {
        let mut table = Table { name: named(name), ..Table::new("") };
        parts.iter().for_each(|part| part(&mut table));
        self.0.tables.push(table);
        self
    }

    pub(super) fn enum_type(mut self, name: &str, values: &[&str]) -> Self {
        let values = values.iter().map(ToString::to_string).collect();
        self.0.enums.push(EnumType { name: named(name), values, comment: None });
        self
    }

    /// An object; what it depends on as `table`, `table.column`, `f()` or `type mood`.
    pub(super) fn object(mut self, kind: ObjectKind, name: &str, definition: &str, needs: &[&str]) -> Self {
        let is_routine = matches!(kind, ObjectKind::Function | ObjectKind::Procedure);
        let (name, signature) = match name.split_once('(') {
            Some((name, arguments)) if is_routine => (name, Some(format!("({arguments}"))),
            _ => (name, None),
        };
        let (name, table) = match name.split_once(" on ") {
            Some((name, table)) => (name, Some(named(table))),
            None => (name, None),
        };
        self.0.objects.push(Object {
            kind,
            name: named(name),
            signature,
            table,
            definition: definition.into(),
            depends_on: needs.iter().map(|need| dependency(need)).collect(),
            columns: Vec::new(),
            comment: None,
        });
        self
    }

    pub(super) fn view(self, name: &str, query: &str, needs: &[&str]) -> Self {
        let definition = format!("CREATE VIEW {name} AS {query}");
        self.object(ObjectKind::View, name, &definition, needs)
    }
}

/// `a.b` is a name in a namespace.
pub(super) fn named(text: &str) -> ObjectName {
    ObjectName::parse(text).expect("a name")
}

fn dependency(text: &str) -> Dependency {
    let plain = |kind, name| Dependency { kind, name, signature: None, column: None };
    if let Some(name) = text.strip_prefix("type ") {
        return plain(ObjectKind::Type, named(name));
    }
    if let Some((name, arguments)) = text.split_once('(') {
        let signature = Some(format!("({arguments}"));
        return Dependency { signature, ..plain(ObjectKind::Function, named(name)) };
    }
    match text.split_once('.') {
        Some((table, column)) => {
            Dependency { column: Some(column.into()), ..plain(ObjectKind::Table, table.into()) }
        }
        None => plain(ObjectKind::Table, text.into()),
    }
}

/// `name type`, `name type!` for NOT NULL, then `= default`.
pub(super) fn column(text: &'static str) -> impl Fn(&mut Table) {
    with(text, |_| {})
}

pub(super) fn with(text: &'static str, change: impl Fn(&mut Column)) -> impl Fn(&mut Table) {
    move |table| {
        let (declared, default) = match text.split_once(" = ") {
            Some((declared, default)) => (declared, Some(default.into())),
            None => (text, None),
        };
        let (name, sql_type) = declared.split_once(' ').expect("a name and a type");
        let mut column = Column {
            nullable: !sql_type.ends_with('!'),
            default,
            ..Column::new(name, sql_type.trim_end_matches('!'))
        };
        change(&mut column);
        table.columns.push(column);
    }
}

pub(super) fn serial(text: &'static str) -> impl Fn(&mut Table) {
    with(text, |column| {
        column.auto_increment = true;
        column.nullable = false;
    })
}

pub(super) fn identity(text: &'static str) -> impl Fn(&mut Table) {
    move |table| {
        with(text, |_| {})(table);
        let name = table.name.clone();
        let column = table.columns.last_mut().expect("just added");
        let mut sequence =
            super::super::serial_sequence(&name, &column.name, &column.sql_type).expect("a type that counts");
        sequence.owned_by = None;
        column.nullable = false;
        column.identity = Some(Box::new(Identity { always: false, sequence }));
    }
}

pub(super) fn generated(text: &'static str, expression: &'static str) -> impl Fn(&mut Table) {
    with(text, move |column| {
        column.generated = Some(Generated { expression: expression.into(), stored: true });
    })
}

pub(super) fn primary_key(columns: &'static [&'static str]) -> impl Fn(&mut Table) {
    move |table| {
        let name = Some(format!("{}_pkey", table.name.name));
        table.primary_key = Some(PrimaryKey { columns: parts(columns), name, ..PrimaryKey::default() });
    }
}

pub(super) fn unique(name: &'static str, columns: &'static [&'static str]) -> impl Fn(&mut Table) {
    move |table| {
        let unique = Unique { name: Some(name.into()), columns: parts(columns), ..Unique::default() };
        table.unique_constraints.push(unique);
    }
}

pub(super) fn check_that(name: &'static str, expression: &'static str) -> impl Fn(&mut Table) {
    move |table| {
        let check = Check {
            name: Some(name.into()),
            expression: expression.into(),
            no_inherit: false,
            not_valid: false,
            comment: None,
        };
        table.checks.push(check);
    }
}

/// A column in parentheses is an expression.
pub(super) fn index(name: &'static str, columns: &'static [&'static str]) -> impl Fn(&mut Table) {
    partial_index(name, columns, None)
}

pub(super) fn partial_index(
    name: &'static str,
    columns: &'static [&'static str],
    predicate: Option<&'static str>,
) -> impl Fn(&mut Table) {
    move |table| {
        let predicate = predicate.map(Into::into);
        table.indexes.push(Index {
            name: name.into(),
            columns: parts(columns),
            predicate,
            ..Index::default()
        });
    }
}

/// `columns -> table(columns)`
pub(super) fn foreign_key(name: &'static str, text: &'static str) -> impl Fn(&mut Table) {
    move |table| {
        let (columns, referenced) = text.split_once(" -> ").expect("an arrow");
        let (referenced, theirs) =
            referenced.trim_end_matches(')').split_once('(').expect("a table and its columns");
        let list = |text: &str| text.split(", ").map(str::to_owned).collect();
        table.foreign_keys.push(ForeignKey {
            name: Some(name.into()),
            columns: list(columns),
            referenced_table: named(referenced),
            referenced_columns: list(theirs),
            on_delete: Default::default(),
            on_update: Default::default(),
            on_delete_columns: Vec::new(),
            match_full: false,
            deferrable: Default::default(),
            not_valid: false,
            comment: None,
        });
    }
}

fn parts(columns: &[&str]) -> Vec<KeyPart> {
    let part = |column: &&str| match column.starts_with('(') {
        true => KeyPart::expression(*column),
        false => KeyPart::column(*column),
    };
    columns.iter().map(part).collect()
}
