//! Names of migrations: how they are made, and which may not be.

use crate::change::Change;
use crate::name::ObjectName;

/// The longest file name that every file system takes, in bytes.
const FILE_NAME: usize = 255;

/// The longest name a migration that whimbrel makes gets, in bytes: the file's
/// name has room for ten digits, `_` and `.sql`.
const LONGEST: usize = FILE_NAME - "4294967295_.sql".len();

/// What is wrong with the name of a migration.
///
/// ```
/// use whimbrel_core::history::check_name;
/// assert!(check_name("add users").is_ok());
/// let problem = check_name("../elsewhere").unwrap_err();
/// assert!(!problem.to_string().is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// It would lead to another folder.
    #[error("leads out of the folder")]
    Leaves,
    /// It holds a character that a file's name may not have.
    #[error("holds {0:?}, which no file's name may have everywhere")]
    Character(char),
    /// It ends in a way that Windows takes away.
    #[error("begins or ends with a space or a dot")]
    Edge,
    /// It means a device to Windows.
    #[error("is the name of a device on Windows")]
    Reserved,
    /// The file's name would be too long.
    #[error("is too long: `NNNN_name.sql` must fit into 255 bytes")]
    TooLong,
}

/// Checks that a name is safe as a part of a file's name, on every system, and
/// as a value in the tracking table.
///
/// The empty name passes: VibORM makes it of a name without letters or digits.
///
/// # Errors
///
/// The first thing that is wrong with it.
///
/// ```
/// use whimbrel_core::history::{NameProblem, check_name};
/// assert_eq!(check_name("add-users"), Ok(()));
/// assert_eq!(check_name("../users"), Err(NameProblem::Leaves));
/// ```
pub fn check_name(name: &str) -> Result<(), NameProblem> {
    let forbidden = |c: char| c.is_control() || matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|');
    if name.contains(['/', '\\']) || name == "." || name == ".." {
        Err(NameProblem::Leaves)
    } else if let Some(c) = name.chars().find(|c| forbidden(*c)) {
        Err(NameProblem::Character(c))
    } else if name.starts_with([' ', '.']) || name.ends_with([' ', '.']) {
        Err(NameProblem::Edge)
    } else if is_device(name) {
        Err(NameProblem::Reserved)
    } else if name.len() > LONGEST {
        Err(NameProblem::TooLong)
    } else {
        Ok(())
    }
}

/// Says whether Windows takes the name, whatever its extension, for a device.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let is = |device: &str| stem.eq_ignore_ascii_case(device);
    let numbered = |device: &str| {
        let rest =
            stem.get(..3).filter(|start| start.eq_ignore_ascii_case(device)).and_then(|_| stem.get(3..));
        rest.is_some_and(|rest| matches!(rest, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"))
    };
    ["con", "prn", "aux", "nul"].into_iter().any(is) || numbered("com") || numbered("lpt")
}

/// Makes a name fit for a file: lower case, digits and `-` between words.
///
/// May give an empty text, for a name without any ASCII letter or digit.
///
/// ```
/// use whimbrel_core::history::kebab;
/// assert_eq!(kebab("addUsers_and  Posts!"), "add-users-and-posts");
/// assert_eq!(kebab("größe"), "gre");
/// assert_eq!(kebab("日本"), "");
/// ```
pub fn kebab(name: &str) -> String {
    let mut spaced = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        if after_lower && c.is_ascii_uppercase() {
            spaced.push('-');
        }
        after_lower = c.is_ascii_lowercase();
        spaced.push(if is_gap(c) { '-' } else { c });
    }
    let lower = spaced.to_lowercase();
    let kept = lower.chars().filter(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'));
    let kept: String = kept.collect();
    kept.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-")
}

/// Says whether the character stands between words: what JavaScript counts as
/// white space, where the rule comes from, and `_`.
fn is_gap(c: char) -> bool {
    c == '_' || c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}

/// Makes a name that nothing has yet, by a number at its end if need be: `name`,
/// `name-2`, `name-3`. It is short enough for a file's name, never empty, and no
/// device of Windows.
///
/// ```
/// use whimbrel_core::history::unique_name;
/// assert_eq!(unique_name("initial", |name| name == "initial"), "initial-2");
/// assert_eq!(unique_name("", |_| false), "migration");
/// assert_eq!(unique_name("con", |_| false), "migration-con");
/// ```
pub fn unique_name(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let wanted = match wanted {
        "" => "migration".to_owned(),
        device if is_device(device) => format!("migration-{device}"),
        wanted => wanted.to_owned(),
    };
    let numbered = (2_u64..).map(|number| with_ending(&wanted, &format!("-{number}")));
    let mut names = std::iter::once(with_ending(&wanted, "")).chain(numbered);
    names.find(|name| !is_taken(name)).expect("there are more numbers than names")
}

/// The name with an ending, cut so that both are short enough.
fn with_ending(name: &str, ending: &str) -> String {
    let end = name.floor_char_boundary(LONGEST - ending.len());
    format!("{}{ending}", name[..end].trim_end_matches(['-', ' ', '.']))
}

/// The name of a migration that was given none: it tells of its first change.
///
/// Not yet fit for a file and perhaps taken: see [`kebab`] and [`unique_name`].
/// `is_first` says whether the history has no migration yet.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::history::automatic_name;
/// let drop = Change::DropColumn { table_name: "users".into(), column_name: "nick".into() };
/// assert_eq!(automatic_name(&[drop], false), "drop-nick-from-users");
/// ```
pub fn automatic_name(changes: &[Change], is_first: bool) -> String {
    let Some(first) = changes.first() else { return "empty".to_owned() };
    match first {
        Change::CreateTable { .. } if is_first && changes.len() > 1 => "initial".to_owned(),
        Change::CreateTable { table } => format!("create-{}", flat(&table.name)),
        Change::DropTable { table_name } => format!("drop-{}", flat(table_name)),
        Change::AddColumn { table_name, column } => format!("add-{}-to-{}", column.name, flat(table_name)),
        Change::DropColumn { table_name, column_name } => {
            format!("drop-{column_name}-from-{}", flat(table_name))
        }
        Change::RenameTable { from, to } => format!("rename-{}-to-{}", flat(from), flat(to)),
        Change::RenameColumn { from, to, .. } => format!("rename-{from}-to-{to}"),
        Change::CreateIndex { index, .. } => format!("add-index-{}", index.name),
        Change::DropIndex { index_name, .. } => format!("drop-index-{index_name}"),
        Change::AddForeignKey { table_name, fk } => format!("add-fk-{}", named(&fk.name, table_name)),
        Change::DropForeignKey { table_name, fk } => format!("drop-fk-{}", named(&fk.name, table_name)),
        Change::CreateEnum { enum_def } => format!("create-enum-{}", flat(&enum_def.name)),
        Change::DropEnum { enum_name } => format!("drop-enum-{}", flat(enum_name)),
        Change::AlterEnum(alter) => format!("alter-enum-{}", flat(&alter.enum_name)),
        Change::CreateObject { object } => format!("create-{}", flat(&object.name)),
        Change::ReplaceObject { to, .. } => format!("replace-{}", flat(&to.name)),
        Change::DropObject { object } => format!("drop-{}", flat(&object.name)),
        Change::AlterColumn { table_name, column_name, .. } => {
            format!("alter-{column_name}-in-{}", flat(table_name))
        }
        Change::AttachPartition { table_name, partition_of } => {
            format!("attach-{}-to-{}", flat(table_name), flat(&partition_of.parent))
        }
        Change::DetachPartition { table_name, partition_of } => {
            format!("detach-{}-from-{}", flat(table_name), flat(&partition_of.parent))
        }
        Change::AlterTableOptions { table_name, .. }
        | Change::AlterPartitionKey { table_name, .. }
        | Change::RenameIndex { table_name, .. }
        | Change::AddPrimaryKey { table_name, .. }
        | Change::DropPrimaryKey { table_name, .. }
        | Change::AddUniqueConstraint { table_name, .. }
        | Change::DropUniqueConstraint { table_name, .. }
        | Change::AddCheck { table_name, .. }
        | Change::DropCheck { table_name, .. }
        | Change::AddExclusion { table_name, .. }
        | Change::DropExclusion { table_name, .. }
        | Change::RenameConstraint { table_name, .. } => format!("alter-{}", flat(table_name)),
        Change::CreateNamespace { .. }
        | Change::DropNamespace { .. }
        | Change::CreateExtension { .. }
        | Change::DropExtension { .. }
        | Change::AlterExtension { .. }
        | Change::RenameEnum { .. }
        | Change::RenameEnumValue { .. }
        | Change::CreateType { .. }
        | Change::DropType { .. }
        | Change::AlterType { .. }
        | Change::CreateSequence { .. }
        | Change::DropSequence { .. }
        | Change::AlterSequence { .. }
        | Change::RenameSequence { .. }
        | Change::SetComment { .. } => "migration".to_owned(),
    }
}

/// The constraint's name, or its table's where it has none.
fn named(constraint: &Option<String>, table: &ObjectName) -> String {
    constraint.clone().unwrap_or_else(|| flat(table))
}

/// The name, after its namespace if it has one.
fn flat(name: &ObjectName) -> String {
    match &name.namespace {
        Some(namespace) => format!("{namespace}-{}", name.name),
        None => name.name.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, EnumType, ForeignKey, Index, Table};

    #[test]
    fn kebab_follows_the_rule_step_by_step() {
        let check = |name: &str, expected: &str| assert_eq!(kebab(name), expected, "{name:?}");
        check("addUsers", "add-users");
        check("ADDUsers", "addusers");
        check("add__users \t\u{a0}now", "add-users-now");
        check("a\u{feff}b\u{85}c", "a-bc");
        check("--a--b--", "a-b");
        check("_a_", "a");
        check("v1Beta2xY", "v1beta2x-y");
        check("../../etc/passwd", "etcpasswd");
        check("a.b", "ab");
        check("\u{212a}elvin İ", "kelvin-i");
        check("éA", "a");
        check("", "");
        check("!?", "");
        check("a\0b", "ab");
    }

    #[test]
    fn names_that_leave_the_folder_or_mean_something_else_are_told() {
        let check = |name: &str, expected: Result<(), &str>| {
            let seen = check_name(name).map_err(|problem| problem.to_string());
            assert_eq!(seen, expected.map_err(str::to_owned), "{name:?}");
        };
        check("", Ok(()));
        check("add-users", Ok(()));
        check("add users.v2", Ok(()));
        check("größe", Ok(()));
        check("console", Ok(()));
        check("com10", Ok(()));
        check("com", Ok(()));
        for name in ["..", ".", "../x", "a/b", "/etc/passwd", "a\\b", "..\\x", "C:\\x"] {
            check(name, Err("leads out of the folder"));
        }
        check("a\0b", Err("holds '\\0', which no file's name may have everywhere"));
        check("a\nb", Err("holds '\\n', which no file's name may have everywhere"));
        check("c:x", Err("holds ':', which no file's name may have everywhere"));
        check("x|y", Err("holds '|', which no file's name may have everywhere"));
        for name in ["a ", "a.", ".a", " a"] {
            check(name, Err("begins or ends with a space or a dot"));
        }
        for name in ["con", "NUL", "aux.x", "Com1", "lpt9"] {
            check(name, Err("is the name of a device on Windows"));
        }
        check(&"a".repeat(240), Ok(()));
        check(&"a".repeat(241), Err("is too long: `NNNN_name.sql` must fit into 255 bytes"));
        check(&"ü".repeat(121), Err("is too long: `NNNN_name.sql` must fit into 255 bytes"));
    }

    #[test]
    fn a_number_makes_a_name_unique() {
        let check = |wanted: &str, taken: &[&str], expected: &str| {
            assert_eq!(unique_name(wanted, |name| taken.contains(&name)), expected);
        };
        check("a", &[], "a");
        check("a", &["a"], "a-2");
        check("a", &["a", "a-2", "a-3"], "a-4");
        check("", &["migration"], "migration-2");
        let long = "a".repeat(300);
        check(&long, &[], &"a".repeat(240));
        check(&long, &[&"a".repeat(240)], &format!("{}-2", "a".repeat(238)));
        let hyphen = format!("{}-bc", "a".repeat(238));
        check(&hyphen, &[], &format!("{}-b", "a".repeat(238)));
        check(&hyphen, &[&format!("{}-b", "a".repeat(238))], &format!("{}-2", "a".repeat(238)));
        check(&"ü".repeat(200), &[], &"ü".repeat(120));
    }

    #[test]
    fn the_first_change_names_a_migration() {
        let check = |changes: &[Change], expected: &str| assert_eq!(automatic_name(changes, false), expected);
        let users = || Change::CreateTable { table: Table::new("users") };
        check(&[], "empty");
        check(&[users()], "create-users");
        check(&[users(), users()], "create-users");
        let table = Table { name: ObjectName::qualified("app", "users"), ..Table::new("") };
        check(&[Change::CreateTable { table }], "create-app-users");
        assert_eq!(automatic_name(&[users(), users()], true), "initial");
        assert_eq!(automatic_name(&[users()], true), "create-users");
        let table_name = || "users".into();
        check(&[Change::DropTable { table_name: table_name() }, users()], "drop-users");
        let column = Column::new("age", "INTEGER");
        check(&[Change::AddColumn { table_name: table_name(), column }], "add-age-to-users");
        let (from, to) = ("nick".to_owned(), "nickname".to_owned());
        check(&[Change::RenameColumn { table_name: table_name(), from, to }], "rename-nick-to-nickname");
        check(&[Change::RenameTable { from: table_name(), to: "people".into() }], "rename-users-to-people");
        let index = Index { name: "users_age".into(), ..Index::default() };
        check(&[Change::CreateIndex { table_name: table_name(), index }], "add-index-users_age");
        let index_name = "users_age".to_owned();
        check(&[Change::DropIndex { table_name: table_name(), index_name }], "drop-index-users_age");
        let fk = ForeignKey::new(["a"], "b");
        check(&[Change::DropForeignKey { table_name: table_name(), fk: fk.clone() }], "drop-fk-users");
        let fk = ForeignKey { name: Some("users_b".into()), ..fk };
        check(&[Change::AddForeignKey { table_name: table_name(), fk }], "add-fk-users_b");
        let enum_def = EnumType { name: "role".into(), values: vec![], comment: None };
        check(&[Change::CreateEnum { enum_def }], "create-enum-role");
        check(&[Change::DropEnum { enum_name: "role".into() }], "drop-enum-role");
        check(&[Change::CreateNamespace { namespace: "app".into() }], "migration");
    }
}
