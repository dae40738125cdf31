//! Changes as people read them: grouped by table, one line a difference.
//!
//! This is the form of plans on a terminal and of golden cases. It is text
//! without colour, width or quoting; whoever shows it adds those.

mod difference;
mod words;

use std::fmt;

use crate::change::{AlterEnum, Change, CommentTarget};
use crate::name::ObjectName;
use crate::schema::{Check, Exclusion, ForeignKey, Object, PrimaryKey, Table, TableOptions, Unique};

/// Whether something comes, changes or goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// It comes.
    Add,
    /// It is there before and after, but not the same.
    Alter,
    /// It goes.
    Drop,
}

/// All that happens to one table, or to one object that is no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What happens to the thing itself.
    pub sign: Sign,
    /// What it is called, such as `table posts`.
    pub title: String,
    /// What happens inside it, in the order of the changes.
    pub lines: Vec<Line>,
}

/// One line of a [`Group`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What happens; absent where the line only tells what a new thing is.
    pub sign: Option<Sign>,
    /// What the line is about, such as `column age` or `primary key`.
    pub label: String,
    /// What is to be said of it; may be empty.
    pub detail: String,
}

/// Puts changes into words, grouped by table in the order in which the tables
/// first appear.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::outline::outline;
/// let changes = [Change::RenameColumn { table_name: "users".into(), from: "nick".into(), to: "nickname".into() }];
/// let text: String = outline(&changes).iter().map(ToString::to_string).collect();
/// assert_eq!(text, "~ table users\n    ~ column nickname: renamed from nick\n");
/// ```
pub fn outline(changes: &[Change]) -> Vec<Group> {
    let mut groups: Vec<(Option<&ObjectName>, Group)> = Vec::new();
    for change in changes {
        let table = change.table_name();
        let drops = matches!(change, Change::DropTable { .. });
        let found = groups
            .iter_mut()
            .find(|(key, group)| table.is_some() && *key == table && (group.sign == Sign::Drop) == drops);
        match (tell(change), found) {
            (Told::Line(_, line), Some((_, group))) => group.lines.push(line),
            (Told::Line(title, line), None) => {
                groups.push((table, Group { sign: Sign::Alter, title, lines: vec![line] }));
            }
            (Told::Group(more), Some((_, group))) => {
                // A table that is renamed and changed is one group, whichever comes first.
                group.sign = more.sign;
                group.title = more.title;
                group.lines.extend(more.lines);
            }
            (Told::Group(group), None) => groups.push((table, group)),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// A change in words.
enum Told {
    /// It is about a whole object.
    Group(Group),
    /// It is about a part of what the title names.
    Line(String, Line),
}

fn tell(change: &Change) -> Told {
    use Sign::{Add, Alter, Drop};
    let whole = |sign, title: String| Told::Group(Group { sign, title, lines: Vec::new() });
    let of_lines = |sign, title: String, lines| Told::Group(Group { sign, title, lines });
    let part = |table: &ObjectName, line| Told::Line(format!("table {table}"), line);
    match change {
        Change::CreateNamespace { namespace } => whole(Add, format!("namespace {namespace}")),
        Change::DropNamespace { namespace } => whole(Drop, format!("namespace {namespace}")),
        Change::CreateExtension { extension } => whole(Add, format!("extension {}", extension.name)),
        Change::DropExtension { extension } => whole(Drop, format!("extension {}", extension.name)),
        Change::AlterExtension { from, to } => {
            of_lines(Alter, format!("extension {}", to.name), Line::all(difference::extension(from, to)))
        }

        Change::CreateEnum { enum_def } => {
            let values = Line::plain("values", enum_def.values.join(", "));
            of_lines(Add, format!("enum {}", enum_def.name), vec![values])
        }
        Change::DropEnum { enum_name } => whole(Drop, format!("enum {enum_name}")),
        Change::RenameEnum { from, to } => whole(Alter, renamed("enum", to, from)),
        Change::RenameEnumValue { enum_name, from, to } => {
            let line = Line::new(Alter, format!("value {to}"), format!("renamed from {from}"));
            of_lines(Alter, format!("enum {enum_name}"), vec![line])
        }
        Change::AlterEnum(alter) => of_lines(Alter, format!("enum {}", alter.enum_name), enum_values(alter)),
        Change::CreateType { type_def } => whole(Add, format!("type {}", type_def.name())),
        Change::DropType { type_def } => whole(Drop, format!("type {}", type_def.name())),
        Change::AlterType { to, .. } => whole(Alter, format!("type {}", to.name())),
        Change::CreateSequence { sequence } => whole(Add, format!("sequence {}", sequence.name)),
        Change::DropSequence { sequence } => whole(Drop, format!("sequence {}", sequence.name)),
        Change::AlterSequence { from, to } => {
            of_lines(Alter, format!("sequence {}", to.name), Line::all(difference::sequence(from, to)))
        }
        Change::RenameSequence { from, to } => whole(Alter, renamed("sequence", to, from)),

        Change::CreateTable { table } => of_lines(Add, format!("table {}", table.name), contents(table)),
        Change::DropTable { table_name } => whole(Drop, format!("table {table_name}")),
        Change::RenameTable { from, to } => whole(Alter, renamed("table", to, from)),
        Change::AlterTableOptions { table_name, from, to } => {
            part(table_name, Line::new(Alter, "options", difference::options(from, to).join(", ")))
        }

        Change::AddColumn { table_name, column } => {
            part(table_name, Line::new(Add, format!("column {}", column.name), words::column(column)))
        }
        Change::DropColumn { table_name, column_name } => {
            part(table_name, Line::new(Drop, format!("column {column_name}"), ""))
        }
        Change::RenameColumn { table_name, from, to } => {
            part(table_name, Line::new(Alter, format!("column {to}"), format!("renamed from {from}")))
        }
        Change::AlterColumn { table_name, column_name, from, to } => {
            let differences = difference::column(from, to).join(", ");
            part(table_name, Line::new(Alter, format!("column {column_name}"), differences))
        }

        Change::CreateIndex { table_name, index } => {
            part(table_name, Line::new(Add, format!("index {}", index.name), words::index(index)))
        }
        Change::DropIndex { table_name, index_name } => {
            part(table_name, Line::new(Drop, format!("index {index_name}"), ""))
        }
        Change::RenameIndex { table_name, from, to } => {
            part(table_name, Line::new(Alter, format!("index {to}"), format!("renamed from {from}")))
        }

        Change::AddPrimaryKey { table_name, primary_key } => {
            part(table_name, Line::primary_key(Some(Add), primary_key))
        }
        Change::DropPrimaryKey { table_name, primary_key } => {
            part(table_name, Line::primary_key(Some(Drop), primary_key))
        }
        Change::AddUniqueConstraint { table_name, constraint } => {
            part(table_name, Line::unique(Some(Add), constraint))
        }
        Change::DropUniqueConstraint { table_name, constraint } => {
            part(table_name, Line::unique(Some(Drop), constraint))
        }
        Change::AddForeignKey { table_name, fk } => part(table_name, Line::foreign_key(Some(Add), fk)),
        Change::DropForeignKey { table_name, fk } => part(table_name, Line::foreign_key(Some(Drop), fk)),
        Change::AddCheck { table_name, check } => part(table_name, Line::check(Some(Add), check)),
        Change::DropCheck { table_name, check } => part(table_name, Line::check(Some(Drop), check)),
        Change::AddExclusion { table_name, exclusion } => {
            part(table_name, Line::exclusion(Some(Add), exclusion))
        }
        Change::DropExclusion { table_name, exclusion } => {
            part(table_name, Line::exclusion(Some(Drop), exclusion))
        }
        Change::RenameConstraint { table_name, from, to } => {
            let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "(unnamed)".into());
            let detail = format!("renamed from {}", name(from));
            part(table_name, Line::new(Alter, format!("constraint {}", name(to)), detail))
        }

        Change::CreateObject { object } => whole(Add, object_title(object)),
        Change::ReplaceObject { to, .. } => whole(Alter, object_title(to)),
        Change::DropObject { object } => whole(Drop, object_title(object)),

        Change::SetComment { target, from, to } => {
            let (title, label) = comment_place(target);
            Told::Line(title, Line::new(Alter, label, difference::comment(from.as_deref(), to.as_deref())))
        }
    }
}

/// What a new table holds: its columns, then its keys and constraints.
fn contents(table: &Table) -> Vec<Line> {
    let columns = table.columns.iter().map(|column| Line::plain(&column.name, words::column(column)));
    let options = difference::options(&TableOptions::default(), &table.options);
    let options = (!options.is_empty()).then(|| Line::plain("options", options.join(", ")));
    columns
        .chain(table.primary_key.iter().map(|one| Line::primary_key(None, one)))
        .chain(table.unique_constraints.iter().map(|one| Line::unique(None, one)))
        .chain(table.foreign_keys.iter().map(|one| Line::foreign_key(None, one)))
        .chain(table.checks.iter().map(|one| Line::check(None, one)))
        .chain(table.exclusions.iter().map(|one| Line::exclusion(None, one)))
        .chain(table.indexes.iter().map(|one| Line::plain(format!("index {}", one.name), words::index(one))))
        .chain(options)
        .collect()
}

fn enum_values(alter: &AlterEnum) -> Vec<Line> {
    let removed = alter.remove_values.iter().map(|value| {
        let replaced = alter.replacements.iter().filter(|one| one.from == *value).map(|one| {
            let to = one.to.as_deref().unwrap_or("NULL");
            format!("{}.{} becomes {to}", one.table_name, one.column_name)
        });
        Line::new(Sign::Drop, format!("value {value}"), replaced.collect::<Vec<_>>().join(", "))
    });
    let added = alter.add_values.iter().map(|value| Line::new(Sign::Add, format!("value {value}"), ""));
    removed.chain(added).collect()
}

/// The title and the label of a comment.
fn comment_place(target: &CommentTarget) -> (String, String) {
    let of_table = |table: &ObjectName| format!("table {table}");
    match target {
        CommentTarget::Table { table_name } => (of_table(table_name), "comment".into()),
        CommentTarget::Column { table_name, column_name } => {
            (of_table(table_name), format!("comment on column {column_name}"))
        }
        CommentTarget::Index { table_name, index_name } => {
            (of_table(table_name), format!("comment on index {index_name}"))
        }
        CommentTarget::Constraint { table_name, constraint_name } => {
            (of_table(table_name), format!("comment on constraint {constraint_name}"))
        }
        CommentTarget::Object { kind, name, .. } => (format!("{kind} {name}"), "comment".into()),
    }
}

fn object_title(object: &Object) -> String {
    let signature = object.signature.as_deref().unwrap_or_default();
    let table = object.table.as_ref().map(|table| format!(" on {table}")).unwrap_or_default();
    format!("{} {}{signature}{table}", object.kind, object.name)
}

/// A noun with the name of what it stands for, if that has one.
fn named(noun: &str, name: Option<&str>) -> String {
    name.map_or_else(|| noun.to_owned(), |name| format!("{noun} {name}"))
}

fn renamed(noun: &str, to: &ObjectName, from: &ObjectName) -> String {
    format!("{noun} {to} (renamed from {from})")
}

impl Sign {
    /// The character that stands for it.
    pub fn as_char(self) -> char {
        match self {
            Self::Add => '+',
            Self::Alter => '~',
            Self::Drop => '-',
        }
    }
}

impl Line {
    fn new(sign: Sign, label: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { sign: Some(sign), label: label.into(), detail: detail.into() }
    }

    fn plain(label: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { sign: None, label: label.into(), detail: detail.into() }
    }

    fn primary_key(sign: Option<Sign>, key: &PrimaryKey) -> Self {
        Self { sign, label: "primary key".into(), detail: words::primary_key(key) }
    }

    fn unique(sign: Option<Sign>, one: &Unique) -> Self {
        Self { sign, label: named("unique", one.name.as_deref()), detail: words::unique(one) }
    }

    fn foreign_key(sign: Option<Sign>, one: &ForeignKey) -> Self {
        Self { sign, label: named("foreign key", one.name.as_deref()), detail: words::foreign_key(one) }
    }

    fn check(sign: Option<Sign>, one: &Check) -> Self {
        Self { sign, label: named("check", one.name.as_deref()), detail: words::check(one) }
    }

    fn exclusion(sign: Option<Sign>, one: &Exclusion) -> Self {
        Self { sign, label: format!("exclusion {}", one.name), detail: one.definition.to_string() }
    }

    /// One line a difference that names itself.
    fn all(differences: Vec<String>) -> Vec<Self> {
        differences.into_iter().map(|one| Self::new(Sign::Alter, one, "")).collect()
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.sign, self.title)?;
        self.lines.iter().try_for_each(|line| writeln!(f, "    {line}"))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(sign) = self.sign {
            write!(f, "{sign} ")?;
        }
        f.write_str(&self.label)?;
        match (self.detail.is_empty(), self.sign) {
            (true, _) => Ok(()),
            (false, Some(_)) => write!(f, ": {}", self.detail),
            (false, None) => write!(f, " {}", self.detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Index, KeyPart, ReferentialAction};

    fn check(changes: &[Change], expected: &str) {
        let text: String = outline(changes).iter().map(ToString::to_string).collect();
        assert_eq!(text, expected);
    }

    #[test]
    fn no_change_is_no_text() {
        check(&[], "");
    }

    #[test]
    fn a_new_table_tells_what_it_holds() {
        let id = Column { auto_increment: true, ..Column::new("id", "INTEGER") };
        let mut title = Column { nullable: false, ..Column::new("title", "TEXT") };
        title.default = Some("'untitled'".into());
        let table = Table {
            columns: vec![id, title, Column::new("author", "INTEGER")],
            primary_key: Some(PrimaryKey { columns: vec![KeyPart::column("id")], ..PrimaryKey::default() }),
            foreign_keys: vec![ForeignKey {
                name: None,
                columns: vec!["author".into()],
                referenced_table: "authors".into(),
                referenced_columns: vec!["id".into()],
                on_delete: ReferentialAction::Cascade,
                on_update: ReferentialAction::NoAction,
                on_delete_columns: Vec::new(),
                match_full: false,
                deferrable: Default::default(),
                not_valid: false,
                comment: None,
            }],
            indexes: vec![Index {
                name: "posts_by_title".into(),
                columns: vec![KeyPart::column("title"), KeyPart::expression("lower(title)")],
                unique: true,
                predicate: Some("author IS NOT NULL".into()),
                ..Index::default()
            }],
            ..Table::new("posts")
        };
        check(
            &[Change::CreateTable { table }],
            "\
+ table posts
    id INTEGER autoincrement
    title TEXT not null default 'untitled'
    author INTEGER
    primary key (id)
    foreign key (author) → authors (id) on delete cascade
    index posts_by_title unique (title, lower(title)) where author IS NOT NULL
",
        );
    }

    #[test]
    fn changes_of_one_table_stand_together_in_their_order() {
        let users = || ObjectName::new("users");
        let from = Column::new("age", "INTEGER");
        let to = Column { nullable: false, default: Some("0".into()), ..from.clone() };
        let check_age = Check {
            name: Some("adult".into()),
            expression: "age > 17".into(),
            no_inherit: false,
            not_valid: false,
            comment: None,
        };
        check(
            &[
                Change::RenameTable { from: "people".into(), to: users() },
                Change::DropTable { table_name: "old".into() },
                Change::AlterColumn { table_name: users(), column_name: "age".into(), from, to },
                Change::DropColumn { table_name: users(), column_name: "nick".into() },
                Change::AddCheck { table_name: users(), check: check_age },
            ],
            "\
~ table users (renamed from people)
    ~ column age: nullable → not null, default none → 0
    - column nick
    + check adult: (age > 17)
- table old
",
        );
    }

    #[test]
    fn a_table_that_goes_and_one_that_comes_under_its_name_stay_apart() {
        check(
            &[
                Change::DropTable { table_name: "users".into() },
                Change::CreateTable { table: Table::new("users") },
            ],
            "- table users\n+ table users\n",
        );
    }
}
