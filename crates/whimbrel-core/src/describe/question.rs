//! Questions in words, without the facts that a live database adds.

use super::words::{name, names, object_name, one_line};
use crate::name::ObjectName;
use crate::resolve::{DownQuestion, Loss, LossKind, RenameKind, RenameQuestion};

/// Asks whether a gained name is new.
///
/// ```
/// use whimbrel_core::describe::rename_question;
/// use whimbrel_core::resolve::{Candidate, RenameKind, RenameQuestion};
/// let candidate = Candidate { name: "nick".into(), sql_type: None, likeness: 80 };
/// let question = RenameQuestion {
///     kind: RenameKind::Column,
///     parent: Some("users".into()),
///     gained: "nickname".into(),
///     gained_type: None,
///     candidates: vec![candidate],
/// };
/// assert_eq!(rename_question(&question), "column users.nickname: new, or renamed from nick?");
/// ```
pub fn rename_question(question: &RenameQuestion) -> String {
    let noun = match question.kind {
        RenameKind::Table => "table",
        RenameKind::Column => "column",
        RenameKind::Enum => "enum",
        RenameKind::EnumValue => "enum value",
    };
    let gained = match &question.parent {
        Some(parent) => format!("{}.{}", object_name(parent), object_name(&question.gained)),
        None => object_name(&question.gained),
    };
    let lost: Vec<_> = question.candidates.iter().map(|one| object_name(&one.name)).collect();
    format!("{noun} {gained}: new, or renamed from {}?", lost.join(" or "))
}

/// Says what a migration says its way back loses.
///
/// ```
/// use whimbrel_core::describe::down_question;
/// use whimbrel_core::resolve::DownQuestion;
/// let warnings = vec!["users.bio: all values are lost".to_owned()];
/// let question = DownQuestion { migration: "add-bio".into(), warnings };
/// assert_eq!(down_question(&question), "down of `add-bio`: users.bio: all values are lost");
/// ```
pub fn down_question(question: &DownQuestion) -> String {
    let warnings: Vec<_> = question.warnings.iter().map(|warning| one_line(warning)).collect();
    format!("down of `{}`: {}", question.migration, warnings.join("; "))
}

/// Says what is lost, or what rows may stand in the way of.
///
/// ```
/// use whimbrel_core::describe::loss;
/// use whimbrel_core::resolve::{Loss, LossKind};
/// let gone = Loss { table: "users".into(), kind: LossKind::DropColumn { column: "nick".into() } };
/// assert_eq!(loss(&gone), "users.nick: all values are lost");
/// ```
pub fn loss(loss: &Loss) -> String {
    let table = &loss.table;
    match &loss.kind {
        LossKind::DropTable => format!("{}: all rows are lost", object_name(table)),
        LossKind::DropObject => format!("{}: what it holds is lost", object_name(table)),
        LossKind::DropColumn { column } => format!("{}: all values are lost", of(table, column)),
        LossKind::ChangeType { to, refuses: true, .. } => {
            format!("{}: values that are no {} are refused", of(table, &to.name), type_name(&to.sql_type))
        }
        LossKind::ChangeType { from, to, .. } if from.sql_type == to.sql_type => {
            format!("{}: what {} no longer has is lost", of(table, &to.name), type_name(&to.sql_type))
        }
        LossKind::ChangeType { from, to, refuses: false } => format!(
            "{}: values are converted from {} to {}",
            of(table, &to.name),
            type_name(&from.sql_type),
            type_name(&to.sql_type)
        ),
        LossKind::SetNotNull { column, fillable: true } => {
            format!("{}: NULLs become the default", of(table, column))
        }
        LossKind::SetNotNull { column, fillable: false } => {
            format!("{}: NULLs are refused", of(table, column))
        }
        LossKind::AddRequiredColumn { column } => {
            format!("{}: rows have no value for it", of(table, column))
        }
        LossKind::AddUnique { columns, primary, .. } => {
            let nulls = if *primary { " and NULLs" } else { "" };
            format!("{} {}: equal keys{nulls} are refused", object_name(table), key(columns))
        }
        LossKind::AddCheck { expression } => {
            format!("{}: rows that break `{}` are refused", object_name(table), one_line(expression))
        }
        LossKind::AddExclusion { name: constraint, .. } => {
            format!("{} {}: rows that exclude each other are refused", object_name(table), name(constraint))
        }
        LossKind::AddForeignKey { columns, referenced_table, .. } => format!(
            "{} {}: rows that refer to nothing in {} are refused",
            object_name(table),
            names(columns),
            object_name(referenced_table)
        ),
        LossKind::MeetBound { parent, bound, within: true } => {
            let (parent, bound) = (object_name(parent), one_line(bound));
            format!("{}: rows beyond `{bound}` of {parent} are refused", object_name(table))
        }
        LossKind::MeetBound { parent, bound, within: false } => {
            let (parent, bound) = (object_name(parent), one_line(bound));
            format!("{}: rows within `{bound}` of {parent} must be in another partition", object_name(table))
        }
        LossKind::RemoveEnumValues { column, removed, .. } => {
            format!("{}: rows that hold {} need another value", of(table, column), values(removed))
        }
    }
}

fn of(table: &ObjectName, column: &str) -> String {
    format!("{}.{}", object_name(table), name(column))
}

fn type_name(sql_type: &str) -> &str {
    if sql_type.is_empty() { "no type" } else { sql_type }
}

/// Columns and expressions of a key, in parentheses.
fn key(parts: &[String]) -> String {
    let part = |part: &String| if part.contains('(') { one_line(part) } else { name(part) };
    format!("({})", parts.iter().map(part).collect::<Vec<_>>().join(", "))
}

fn values(list: &[String]) -> String {
    let list: Vec<_> = list.iter().map(|value| super::words::literal(value)).collect();
    list.join(" or ")
}
