//! Blocks: what becomes of one table or object.

use std::fmt;

use super::shape;
use super::words::{literal, name, object_name, or_none};
use crate::change::{AlterEnum, Change, CommentTarget, EnumReplacement};
use crate::name::ObjectName;
use crate::schema::{EnumType, Object, ObjectKind, PartitionBy, Table, TypeDef};

/// Whether something comes, changes or goes.
///
/// ```
/// use whimbrel_core::describe::Sign;
/// assert_eq!([Sign::Add, Sign::Alter, Sign::Drop].map(Sign::symbol), ['+', '~', '-']);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// It comes: `+`.
    Add,
    /// It stays, and is another: `~`.
    Alter,
    /// It goes: `-`.
    Drop,
}

impl Sign {
    /// The character that stands for it.
    pub fn symbol(self) -> char {
        match self {
            Self::Add => '+',
            Self::Alter => '~',
            Self::Drop => '-',
        }
    }
}

/// What becomes of one table or object.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::describe::{Sign, describe};
/// use whimbrel_core::schema::Column;
///
/// let add = Change::AddColumn { table_name: "users".into(), column: Column::new("age", "INTEGER") };
/// let block = &describe(&[add])[0];
/// assert_eq!((block.sign, block.title.as_str()), (Sign::Alter, "alter users"));
/// assert_eq!((block.lines[0].sign, block.lines[0].text.as_str()), (Sign::Add, "age: INTEGER"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Whether it comes, changes or goes.
    pub sign: Sign,
    /// A verb and the name: `alter users`, `create view adults`.
    pub title: String,
    /// The table, by its new name, where it is one.
    pub table: Option<ObjectName>,
    /// The differences inside it.
    pub lines: Vec<Line>,
}

/// One difference inside a table or object.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::describe::{Line, Sign, describe};
///
/// let drop = Change::DropColumn { table_name: "users".into(), column_name: "nick".into() };
/// let expected = Line { sign: Sign::Drop, text: "nick".into() };
/// assert_eq!(describe(&[drop])[0].lines, [expected]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whether it comes, changes or goes.
    pub sign: Sign,
    /// What it is, on one line.
    pub text: String,
}

impl Line {
    fn add(text: impl Into<String>) -> Self {
        Self { sign: Sign::Add, text: text.into() }
    }

    fn alter(text: impl Into<String>) -> Self {
        Self { sign: Sign::Alter, text: text.into() }
    }

    fn drop(text: impl Into<String>) -> Self {
        Self { sign: Sign::Drop, text: text.into() }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sign.symbol(), self.text)
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        self.lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// Where a change is told: changes of equal places share a block.
#[derive(PartialEq)]
pub(super) enum Place<'a> {
    /// In the block of a table that stays or comes.
    Table(&'a ObjectName),
    /// In a block of its own.
    Own,
}

impl Place<'_> {
    pub(super) fn is_table(&self) -> bool {
        matches!(self, Self::Table(_))
    }
}

/// A dropped table has a block of its own: another may take its name.
pub(super) fn place(change: &Change) -> Place<'_> {
    match (change, change.table_name()) {
        (Change::DropTable { .. }, _) | (_, None) => Place::Own,
        (_, Some(table)) => Place::Table(table),
    }
}

impl Block {
    /// The block that `change` opens.
    pub(super) fn begin(change: &Change) -> Self {
        let (sign, title) = title(change);
        Self { sign, title, table: change.table_name().cloned(), lines: lines(change) }
    }

    /// Tells `change` in a block that another change of the table opened.
    pub(super) fn extend(&mut self, change: &Change) {
        if let Change::RenameTable { .. } = change {
            self.title = title(change).1;
        }
        self.lines.extend(lines(change));
    }
}

fn title(change: &Change) -> (Sign, String) {
    let create = |what: String| (Sign::Add, format!("create {what}"));
    let alter = |what: String| (Sign::Alter, format!("alter {what}"));
    let drop = |what: String| (Sign::Drop, format!("drop {what}"));
    let rename = |noun: &str, from: &ObjectName, to: &ObjectName| {
        (Sign::Alter, format!("rename {noun}{} to {}", object_name(from), object_name(to)))
    };
    match change {
        Change::CreateNamespace { namespace } => create(format!("namespace {}", name(namespace))),
        Change::DropNamespace { namespace } => drop(format!("namespace {}", name(namespace))),
        Change::CreateExtension { extension } => create(format!("extension {}", name(&extension.name))),
        Change::DropExtension { extension } => drop(format!("extension {}", name(&extension.name))),
        Change::AlterExtension { to, .. } => alter(format!("extension {}", name(&to.name))),
        Change::CreateEnum { enum_def } => create(format!("enum {}", object_name(&enum_def.name))),
        Change::DropEnum { enum_name } => drop(format!("enum {}", object_name(enum_name))),
        Change::RenameEnum { from, to } => rename("enum ", from, to),
        Change::RenameEnumValue { enum_name, .. } | Change::AlterEnum(AlterEnum { enum_name, .. }) => {
            alter(format!("enum {}", object_name(enum_name)))
        }
        Change::CreateType { type_def } => create(type_title(type_def)),
        Change::DropType { type_def } => drop(type_title(type_def)),
        Change::AlterType { to, .. } => alter(type_title(to)),
        Change::CreateSequence { sequence } => create(format!("sequence {}", object_name(&sequence.name))),
        Change::DropSequence { sequence } => drop(format!("sequence {}", object_name(&sequence.name))),
        Change::AlterSequence { to, .. } => alter(format!("sequence {}", object_name(&to.name))),
        Change::RenameSequence { from, to } => rename("sequence ", from, to),
        Change::CreateTable { table } => create(object_name(&table.name)),
        Change::DropTable { table_name } => drop(object_name(table_name)),
        Change::RenameTable { from, to } => rename("", from, to),
        Change::AlterTableOptions { table_name, .. }
        | Change::AlterPartitionKey { table_name, .. }
        | Change::DetachPartition { table_name, .. }
        | Change::AttachPartition { table_name, .. }
        | Change::AddColumn { table_name, .. }
        | Change::DropColumn { table_name, .. }
        | Change::RenameColumn { table_name, .. }
        | Change::AlterColumn { table_name, .. }
        | Change::CreateIndex { table_name, .. }
        | Change::DropIndex { table_name, .. }
        | Change::RenameIndex { table_name, .. }
        | Change::AddPrimaryKey { table_name, .. }
        | Change::DropPrimaryKey { table_name, .. }
        | Change::AddUniqueConstraint { table_name, .. }
        | Change::DropUniqueConstraint { table_name, .. }
        | Change::AddForeignKey { table_name, .. }
        | Change::DropForeignKey { table_name, .. }
        | Change::AddCheck { table_name, .. }
        | Change::DropCheck { table_name, .. }
        | Change::AddExclusion { table_name, .. }
        | Change::DropExclusion { table_name, .. }
        | Change::RenameConstraint { table_name, .. } => alter(object_name(table_name)),
        Change::CreateObject { object } => create(object_title(object)),
        Change::ReplaceObject { to, .. } => (Sign::Alter, format!("replace {}", object_title(to))),
        Change::DropObject { object } => drop(object_title(object)),
        Change::SetComment { target, .. } => alter(comment_title(target)),
    }
}

fn lines(change: &Change) -> Vec<Line> {
    match change {
        Change::CreateNamespace { .. }
        | Change::DropNamespace { .. }
        | Change::DropExtension { .. }
        | Change::DropEnum { .. }
        | Change::RenameEnum { .. }
        | Change::DropType { .. }
        | Change::DropSequence { .. }
        | Change::RenameSequence { .. }
        | Change::DropTable { .. }
        | Change::RenameTable { .. }
        | Change::CreateObject { .. }
        | Change::ReplaceObject { .. }
        | Change::DropObject { .. } => Vec::new(),

        Change::CreateExtension { extension } => {
            extension.version.iter().map(|version| Line::add(format!("version {version}"))).collect()
        }
        Change::AlterExtension { from, to } => pairs(
            [("version", or_none(from.version.clone())), ("namespace", or_none(from.namespace.clone()))],
            [("version", or_none(to.version.clone())), ("namespace", or_none(to.namespace.clone()))],
        ),
        Change::CreateEnum { enum_def } => enum_lines(enum_def),
        Change::RenameEnumValue { from, to, .. } => {
            vec![Line::alter(format!("value {}: renamed from {}", literal(to), literal(from)))]
        }
        Change::AlterEnum(alter) => alter_enum_lines(alter),
        Change::CreateType { type_def } => shape::type_lines(type_def).into_iter().map(Line::add).collect(),
        Change::AlterType { from, to } => type_change(from, to),
        Change::CreateSequence { sequence } => {
            shape::sequence_options(sequence).into_iter().map(Line::add).collect()
        }
        Change::AlterSequence { from, to } => pairs(shape::sequence(from), shape::sequence(to)),

        Change::CreateTable { table } => table_lines(table),
        Change::AlterTableOptions { from, to, .. } => {
            vec![Line::alter(format!("options: {} → {}", shape::options(from), shape::options(to)))]
        }
        Change::AlterPartitionKey { from, to, .. } => {
            let key = |by: &Option<PartitionBy>| or_none(by.as_ref().map(shape::partition_key));
            vec![Line::alter(format!("partition by: {} → {}", key(from), key(to)))]
        }
        Change::DetachPartition { partition_of, .. } => vec![Line::drop(shape::partition_of(partition_of))],
        Change::AttachPartition { partition_of, .. } => vec![Line::add(shape::partition_of(partition_of))],
        Change::AddColumn { column, .. } => vec![Line::add(shape::column(column))],
        Change::DropColumn { column_name, .. } => vec![Line::drop(name(column_name))],
        Change::RenameColumn { from, to, .. } => {
            vec![Line::alter(format!("{}: renamed from {}", name(to), name(from)))]
        }
        Change::AlterColumn { column_name, from, to, .. } => {
            vec![Line::alter(format!("{}: {}", name(column_name), shape::column_change(from, to)))]
        }
        Change::CreateIndex { index, .. } => vec![Line::add(shape::index(index))],
        Change::DropIndex { index_name, .. } => vec![Line::drop(format!("index {}", name(index_name)))],
        Change::RenameIndex { from, to, .. } => {
            vec![Line::alter(format!("index {}: renamed from {}", name(to), name(from)))]
        }
        Change::AddPrimaryKey { primary_key, .. } => vec![Line::add(shape::primary_key(primary_key))],
        Change::DropPrimaryKey { primary_key, .. } => vec![Line::drop(shape::primary_key(primary_key))],
        Change::AddUniqueConstraint { constraint, .. } => vec![Line::add(shape::unique(constraint))],
        Change::DropUniqueConstraint { constraint, .. } => vec![Line::drop(shape::unique(constraint))],
        Change::AddForeignKey { fk, .. } => vec![Line::add(shape::foreign_key(fk))],
        Change::DropForeignKey { fk, .. } => vec![Line::drop(shape::foreign_key(fk))],
        Change::AddCheck { check, replacements, .. } => {
            [vec![Line::add(shape::check(check))], replacement_lines(replacements)].concat()
        }
        Change::DropCheck { check, .. } => vec![Line::drop(shape::check(check))],
        Change::AddExclusion { exclusion, .. } => vec![Line::add(shape::exclusion(exclusion))],
        Change::DropExclusion { exclusion, .. } => vec![Line::drop(shape::exclusion(exclusion))],
        Change::RenameConstraint { from, to, .. } => {
            vec![Line::alter(constraint_rename(from.as_deref(), to.as_deref()))]
        }

        Change::SetComment { target, from, to } => {
            let what = comment_place(target);
            let (from, to) = (shape::comment(from.as_deref()), shape::comment(to.as_deref()));
            vec![Line::alter(format!("{what}comment {from} → {to}"))]
        }
    }
}

/// Everything that belongs to a new table.
fn table_lines(table: &Table) -> Vec<Line> {
    let of = table.partition_of.iter().map(shape::partition_of);
    let by = table.partition_by.iter().map(|by| format!("partition by {}", shape::partition_key(by)));
    let mut lines: Vec<_> = of.chain(by).chain(table.columns.iter().map(shape::column)).collect();
    lines.extend(table.primary_key.as_ref().map(shape::primary_key));
    lines.extend(table.unique_constraints.iter().map(shape::unique));
    lines.extend(table.foreign_keys.iter().map(shape::foreign_key));
    lines.extend(table.checks.iter().map(shape::check));
    lines.extend(table.exclusions.iter().map(shape::exclusion));
    lines.extend(table.indexes.iter().map(shape::index));
    if table.options != Default::default() {
        lines.push(format!("options: {}", shape::options(&table.options)));
    }
    lines.extend(table.comment.as_deref().map(|text| format!("comment {}", literal(text))));
    lines.into_iter().map(Line::add).collect()
}

fn enum_lines(enum_def: &EnumType) -> Vec<Line> {
    enum_def.values.iter().map(|value| Line::add(format!("value {}", literal(value)))).collect()
}

fn alter_enum_lines(alter: &AlterEnum) -> Vec<Line> {
    let mut lines: Vec<_> =
        alter.add_values.iter().map(|value| Line::add(format!("value {}", literal(value)))).collect();
    lines.extend(alter.remove_values.iter().map(|value| Line::drop(format!("value {}", literal(value)))));
    lines.extend(replacement_lines(&alter.replacements));
    if lines.is_empty() {
        let values: Vec<_> = alter.new_values.iter().map(|value| literal(value)).collect();
        lines.push(Line::alter(format!("order: {}", values.join(", "))));
    }
    lines
}

fn replacement_lines(replacements: &[EnumReplacement]) -> Vec<Line> {
    let line = |one: &EnumReplacement| {
        Line::alter(format!(
            "rows of {}.{}: {} → {}",
            object_name(&one.table_name),
            name(&one.column_name),
            literal(&one.from),
            one.to.as_deref().map_or("NULL".to_owned(), literal)
        ))
    };
    replacements.iter().map(line).collect()
}

/// The new name of a constraint; SQLite's may have none.
fn constraint_rename(from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("constraint {}: renamed from {}", name(to), name(from)),
        (None, Some(to)) => format!("constraint {}: had no name", name(to)),
        (Some(from), None) => format!("constraint {}: loses its name", name(from)),
        (None, None) => "a constraint: spelled anew".to_owned(),
    }
}

fn type_change(from: &TypeDef, to: &TypeDef) -> Vec<Line> {
    let (from, to) = (shape::type_lines(from), shape::type_lines(to));
    let gone = from.iter().filter(|line| !to.contains(line)).map(Line::drop);
    let new = to.iter().filter(|line| !from.contains(line)).map(Line::add);
    gone.chain(new).collect()
}

/// One line for each pair whose value differs.
fn pairs(
    from: impl IntoIterator<Item = (&'static str, String)>,
    to: impl IntoIterator<Item = (&'static str, String)>,
) -> Vec<Line> {
    from.into_iter()
        .zip(to)
        .filter(|(from, to)| from != to)
        .map(|((what, from), (_, to))| Line::alter(format!("{what} {from} → {to}")))
        .collect()
}

fn type_title(type_def: &TypeDef) -> String {
    format!("{} {}", shape::type_noun(type_def), object_name(type_def.name()))
}

fn object_title(object: &Object) -> String {
    title_of(object.kind, &object.name, object.signature.as_deref(), object.table.as_ref())
}

fn title_of(
    kind: ObjectKind,
    of: &ObjectName,
    signature: Option<&str>,
    table: Option<&ObjectName>,
) -> String {
    let on = table.map(|table| format!(" on {}", object_name(table))).unwrap_or_default();
    format!("{kind} {}{}{on}", object_name(of), signature.unwrap_or_default())
}

fn comment_title(target: &CommentTarget) -> String {
    match target {
        CommentTarget::Table { table_name }
        | CommentTarget::Column { table_name, .. }
        | CommentTarget::Index { table_name, .. }
        | CommentTarget::Constraint { table_name, .. } => object_name(table_name),
        CommentTarget::Object { kind, name, signature, table } => {
            title_of(*kind, name, signature.as_deref(), table.as_ref())
        }
    }
}

/// What stands before the word `comment`: a part of the block's table, or nothing.
fn comment_place(target: &CommentTarget) -> String {
    match target {
        CommentTarget::Table { .. } | CommentTarget::Object { .. } => String::new(),
        CommentTarget::Column { column_name, .. } => format!("{}: ", name(column_name)),
        CommentTarget::Index { index_name, .. } => format!("index {}: ", name(index_name)),
        CommentTarget::Constraint { constraint_name, .. } => {
            format!("constraint {}: ", name(constraint_name))
        }
    }
}
