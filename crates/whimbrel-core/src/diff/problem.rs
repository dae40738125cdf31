//! Renames that somebody asked for and that cannot be.

use super::rename::Rename;
use crate::name::ObjectName;
use crate::resolve::RenameKind;

/// A rename that cannot be.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::diff::Renames;
/// use whimbrel_core::pair::Pair;
/// use whimbrel_core::resolve::{RenameKind, parse_rename};
/// use whimbrel_core::schema::{Column, Schema, Table};
///
/// let schema = |column: &str| {
///     let users = Table { columns: vec![Column::new(column, "TEXT")], ..Table::new("users") };
///     Schema { tables: vec![users], ..Schema::default() }
/// };
/// let pair = Pair::new(schema("nick"), schema("nickname"));
/// let asked = parse_rename("users.nic=users.nickname", RenameKind::Column).unwrap();
/// let renames = Renames { renamed: asked, ..Renames::default() };
/// let problem = &renames.problems(Dialect::Sqlite, pair.as_ref())[0];
/// assert_eq!(problem.to_string(), "`users.nic` is not a lost column of `users`; lost is `nick`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("{}", self.message())]
#[diagnostic(code(whimbrel::rename::impossible), help("{}", self.advice()))]
pub struct RenameProblem {
    /// The rename, as it was asked for.
    pub rename: Rename,
    /// What is wrong with it.
    pub fault: Fault,
    /// The names that are lost where the rename looks for its old name.
    pub lost: Vec<ObjectName>,
    /// The names that are gained there.
    pub gained: Vec<ObjectName>,
}

/// What is wrong with a rename.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::diff::{Fault, Renames};
/// use whimbrel_core::pair::Pair;
/// use whimbrel_core::resolve::{RenameKind, parse_rename};
/// use whimbrel_core::schema::{Schema, Table};
///
/// let schema = |table: &str| Schema { tables: vec![Table::new(table)], ..Schema::default() };
/// let pair = Pair::new(schema("users"), schema("people"));
/// let fault = |asked: &str| {
///     let renamed = parse_rename(asked, RenameKind::Table).unwrap();
///     let renames = Renames { renamed, ..Renames::default() };
///     renames.problems(Dialect::Sqlite, pair.as_ref())[0].fault
/// };
/// assert_eq!(fault("user=people"), Fault::NotLost);
/// assert_eq!(fault("users=persons"), Fault::NotGained);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// There is no such table or enum.
    NoParent,
    /// The table or enum is new itself, so nothing in it had another name.
    NewParent,
    /// The old name does not exist.
    NotLost,
    /// The old name exists afterwards too.
    StillThere,
    /// The new name is not wanted.
    NotGained,
    /// The new name exists already.
    AlreadyThere,
    /// Another rename has the same old name, or the same new one.
    Twice,
    /// Names would be exchanged.
    Circle,
}

impl RenameProblem {
    fn message(&self) -> String {
        let Rename { kind, from, to, parent } = &self.rename;
        let (noun, old, new) = (kind.noun(), self.full(from), self.full(to));
        let of = parent.as_ref().map(|parent| format!(" of `{parent}`")).unwrap_or_default();
        match self.fault {
            Fault::NoParent => match (parent, kind.parent()) {
                (Some(parent), Some(kind)) => {
                    format!("`{parent}` is not a {} of the desired schema", kind.noun())
                }
                _ => format!("`{from}` does not say what it is a {noun} of"),
            },
            Fault::NewParent => {
                let parent = parent.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("`{parent}` is new, so no {noun} of it had another name")
            }
            Fault::NotLost => format!("`{old}` is not a lost {noun}{of}; {}", list("lost", &self.lost)),
            Fault::StillThere => {
                format!(
                    "`{old}` is in the desired schema too, so it was not renamed; {}",
                    list("lost", &self.lost)
                )
            }
            Fault::NotGained => {
                format!("`{new}` is not a gained {noun}{of}; {}", list("gained", &self.gained))
            }
            Fault::AlreadyThere => {
                format!(
                    "`{new}` exists already, so nothing was renamed to it; {}",
                    list("gained", &self.gained)
                )
            }
            Fault::Twice => format!("another rename speaks of `{old}` or `{new}` too"),
            Fault::Circle => format!("`{old}` and `{new}` exchange their names"),
        }
    }

    fn advice(&self) -> String {
        let flag = self.rename.kind.flag();
        match self.fault {
            Fault::NoParent => format!("write it as `{flag} {}`", form(self.rename.kind)),
            Fault::NewParent => {
                let flag = self.rename.kind.parent().map_or(flag, RenameKind::flag);
                let parent = self.rename.parent.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("if it had another name before, say so with `{flag} OLD={parent}`")
            }
            Fault::NotLost | Fault::StillThere | Fault::NotGained | Fault::AlreadyThere => {
                format!("put right or leave out that `{flag}`")
            }
            Fault::Twice => "leave out one of them".to_owned(),
            Fault::Circle => "rename one of them to a third name and push, then push both renames".to_owned(),
        }
    }

    /// The name with its table or enum.
    fn full(&self, name: &ObjectName) -> String {
        match &self.rename.parent {
            Some(parent) => format!("{parent}.{name}"),
            None => name.to_string(),
        }
    }
}

fn form(kind: RenameKind) -> &'static str {
    match kind {
        RenameKind::Table | RenameKind::Enum => "OLD=NEW",
        RenameKind::Column => "TABLE.OLD=TABLE.NEW",
        RenameKind::EnumValue => "ENUM.OLD=ENUM.NEW",
    }
}

fn list(what: &str, names: &[ObjectName]) -> String {
    const MOST: usize = 8;
    let shown: Vec<_> = names.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(MOST);
    match (names.len(), more) {
        (0, _) => format!("none is {what}"),
        (1, _) => format!("{what} is {}", shown[0]),
        (_, 0) => format!("{what} are {}", shown.join(", ")),
        (_, more) => format!("{what} are {} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use miette::Diagnostic;

    use super::super::testing::{schema, stated, table};
    use crate::dialect::Dialect;
    use crate::diff::{Rename, Renames};
    use crate::pair::Pair;
    use crate::resolve::RenameKind;

    fn check(renames: &Renames, message: &str, advice: &str) {
        let from = schema([table("users", &["id", "a", "b", "kept"])]);
        let to = schema([table("users", &["id", "c", "d", "kept"]), table("new", &["x"])]);
        let problems = renames.problems(Dialect::Postgres, Pair::new(&from, &to));
        let told: Vec<_> =
            problems.iter().map(|one| (one.to_string(), one.help().map(|help| help.to_string()))).collect();
        assert_eq!(told.last(), Some(&(message.to_owned(), Some(advice.to_owned()))), "{renames:?}");
    }

    #[test]
    fn each_fault_says_what_is_wrong_and_what_to_do() {
        let cases: [(&[&str], &str, &str); 8] = [
            (
                &["users.x=c"],
                "`users.x` is not a lost column of `users`; lost are `a`, `b`",
                "put right or leave out that `--rename`",
            ),
            (
                &["users.kept=c"],
                "`users.kept` is in the desired schema too, so it was not renamed; lost are `a`, `b`",
                "put right or leave out that `--rename`",
            ),
            (
                &["users.a=x"],
                "`users.x` is not a gained column of `users`; gained are `c`, `d`",
                "put right or leave out that `--rename`",
            ),
            (
                &["users.a=kept"],
                "`users.kept` exists already, so nothing was renamed to it; gained are `c`, `d`",
                "put right or leave out that `--rename`",
            ),
            (
                &["users.a=c", "users.a=d"],
                "another rename speaks of `users.a` or `users.d` too",
                "leave out one of them",
            ),
            (
                &["nobody.a=c"],
                "`nobody` is not a table of the desired schema",
                "write it as `--rename TABLE.OLD=TABLE.NEW`",
            ),
            (
                &["new.y=x"],
                "`new` is new, so no column of it had another name",
                "if it had another name before, say so with `--rename-table OLD=new`",
            ),
            (
                &["gone=new"],
                "`gone` is not a lost table; none is lost",
                "put right or leave out that `--rename-table`",
            ),
        ];
        for (asked, message, advice) in cases {
            check(&stated(asked), message, advice);
        }
        let bare = Rename { kind: RenameKind::Column, parent: None, from: "a".into(), to: "c".into() };
        let bare = Renames { renamed: vec![bare], ..Renames::default() };
        let advice = "write it as `--rename TABLE.OLD=TABLE.NEW`";
        check(&bare, "`a` does not say what it is a column of", advice);
    }
}
