//! Which of the renames that are known apply to two schemas.
//!
//! A rename applies if its old name is there and goes, and its new name comes.
//! Names may move up together (`a` to `b` while `b` goes to `c`), but not in a
//! circle. A rename that was made before is no problem and does nothing.

use std::collections::BTreeMap;

use super::problem::{Fault, RenameProblem};
use super::rename::{Rename, Renames};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::RenameKind;
use crate::schema::{Column, Schema};

/// Renames, sorted into those that apply and those that cannot be.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// As the catalogue spells the names; what is around others comes before
    /// them. Carried out one after the other, no name is ever taken.
    pub(super) renames: Vec<Rename>,
    /// One for each rename that somebody asked for and that cannot be.
    pub(super) problems: Vec<RenameProblem>,
}

/// Sorts what `renames` holds.
pub(super) fn known(dialect: Dialect, pair: Pair<&Schema>, renames: &Renames) -> Known {
    let mut known = Known::default();
    for (outer, inner) in [(RenameKind::Table, RenameKind::Column), (RenameKind::Enum, RenameKind::EnumValue)]
    {
        let (of_outer, of_inner) = (wanted(renames, outer), wanted(renames, inner));
        if of_outer.is_empty() && of_inner.is_empty() {
            continue;
        }
        let names = pair.map(|schema| Names::of_schema(dialect, schema, outer));
        let scope = Scope { dialect, parent: None, names };
        scope.sort(of_outer, &mut known);
        for (parent, wanted) in scope.by_parent(outer, renames, of_inner, &mut known) {
            scope.inside(parent).sort(wanted, &mut known);
        }
    }
    known.renames.sort_by_key(|rename| rename.kind.parent().is_some());
    known
}

/// A rename, and whether it is only a hint: a hint that does not apply is no
/// problem.
#[derive(Debug, Clone, Copy)]
struct Wanted<'a> {
    rename: &'a Rename,
    is_hint: bool,
}

fn wanted(renames: &Renames, kind: RenameKind) -> Vec<Wanted<'_>> {
    let asked = renames.renamed.iter().map(|rename| Wanted { rename, is_hint: false });
    let hints = renames.hints.iter().map(|rename| Wanted { rename, is_hint: true });
    asked.chain(hints).filter(|wanted| wanted.rename.kind == kind).collect()
}

/// Names that must differ from each other, under the form in which they are
/// compared.
#[derive(Default)]
struct Names<'a>(BTreeMap<ObjectName, Named<'a>>);

/// A name as the catalogue spells it, and the names inside what it names.
struct Named<'a> {
    name: ObjectName,
    inner: Inner<'a>,
}

#[derive(Clone, Copy)]
enum Inner<'a> {
    Columns(&'a [Column]),
    Values(&'a [String]),
    Nothing,
}

impl<'a> Names<'a> {
    fn of_schema(dialect: Dialect, schema: &'a Schema, kind: RenameKind) -> Self {
        let tables = schema.tables.iter().map(|table| (&table.name, Inner::Columns(&table.columns)));
        let enums = schema.enums.iter().map(|one| (&one.name, Inner::Values(&one.values)));
        match kind {
            RenameKind::Table | RenameKind::Column => Self::new(dialect, tables),
            RenameKind::Enum | RenameKind::EnumValue => Self::new(dialect, enums),
        }
    }

    fn inside(dialect: Dialect, inner: Inner<'a>) -> Self {
        let (columns, values): (&[Column], &[String]) = match inner {
            Inner::Columns(columns) => (columns, &[]),
            Inner::Values(values) => (&[], values),
            Inner::Nothing => (&[], &[]),
        };
        let names = columns.iter().map(|column| &column.name).chain(values);
        let names: Vec<_> = names.map(ObjectName::new).collect();
        Self::new(dialect, names.iter().map(|name| (name, Inner::Nothing)))
    }

    fn new<'b>(dialect: Dialect, names: impl Iterator<Item = (&'b ObjectName, Inner<'a>)>) -> Self {
        Self(names.map(|(name, inner)| (key(dialect, name), Named { name: name.clone(), inner })).collect())
    }

    fn get(&self, dialect: Dialect, name: &ObjectName) -> Option<&Named<'a>> {
        self.0.get(&key(dialect, name))
    }

    /// The names that the other side does not have.
    fn without(&self, other: &Self) -> Vec<ObjectName> {
        let own = self.0.iter().filter(|(key, _)| !other.0.contains_key(key));
        own.map(|(_, named)| named.name.clone()).collect()
    }
}

/// The form under which a name is compared. People write the default namespace
/// where the catalogue does not.
fn key(dialect: Dialect, name: &ObjectName) -> ObjectName {
    let mut key = dialect.fold_name(name);
    let default = match dialect {
        Dialect::Sqlite => "main",
        Dialect::Postgres => "public",
    };
    key.namespace = key.namespace.filter(|namespace| namespace != default);
    key
}

/// All tables, the columns of one table, and so on.
struct Scope<'a> {
    dialect: Dialect,
    /// The table or enum, by its new name.
    parent: Option<ObjectName>,
    names: Pair<Names<'a>>,
}

impl<'a> Scope<'a> {
    /// Sorts the renames of this scope.
    fn sort(&self, wanted: Vec<Wanted<'_>>, known: &mut Known) {
        let mut kept = Vec::new();
        for one in wanted.into_iter().filter(|one| !self.is_done(one.rename)) {
            match self.find(one.rename).and_then(|found| claim(&kept, found)) {
                Ok(Some(found)) => kept.push((found, one)),
                Ok(None) => {}
                Err(fault) => self.refuse(one, fault, known),
            }
        }
        kept.sort_by_key(|(rename, _)| key(self.dialect, &rename.to));
        while let Some((at, fault)) = self.first_fault(&kept) {
            self.refuse(kept.remove(at).1, fault, known);
        }
        self.line_up(kept, known);
    }

    /// Says whether the current side has the new name already, and no longer the
    /// old one: the same flags can be given again, or for several databases.
    fn is_done(&self, rename: &Rename) -> bool {
        let Pair { from, to } = &self.names;
        from.get(self.dialect, &rename.from).is_none()
            && from.get(self.dialect, &rename.to).is_some()
            && to.get(self.dialect, &rename.to).is_some()
    }

    /// The rename in the catalogue's spelling.
    fn find(&self, rename: &Rename) -> Result<Rename, Fault> {
        let from = self.names.from.get(self.dialect, &rename.from).ok_or(Fault::NotLost)?.name.clone();
        let to = self.names.to.get(self.dialect, &rename.to).ok_or(Fault::NotGained)?.name.clone();
        Ok(Rename { kind: rename.kind, parent: self.parent.clone(), from, to })
    }

    /// The first rename whose new name is taken or whose old name stays.
    fn first_fault(&self, kept: &[(Rename, Wanted<'_>)]) -> Option<(usize, Fault)> {
        kept.iter().enumerate().find_map(|(at, (rename, _))| {
            let is_left = kept.iter().any(|(other, _)| self.same(&other.from, &rename.to));
            let is_filled = kept.iter().any(|(other, _)| self.same(&other.to, &rename.from));
            if !is_left && self.names.from.get(self.dialect, &rename.to).is_some() {
                Some((at, Fault::AlreadyThere))
            } else if !is_filled && self.names.to.get(self.dialect, &rename.from).is_some() {
                Some((at, Fault::StillThere))
            } else {
                None
            }
        })
    }

    /// Puts a rename behind the one that frees its new name.
    fn line_up(&self, mut kept: Vec<(Rename, Wanted<'_>)>, known: &mut Known) {
        let is_free = |rename: &Rename, kept: &[(Rename, Wanted<'_>)]| {
            !kept.iter().any(|(other, _)| self.same(&other.from, &rename.to))
        };
        while let Some(at) = kept.iter().position(|(rename, _)| is_free(rename, &kept)) {
            known.renames.push(kept.remove(at).0);
        }
        for (_, one) in kept {
            self.refuse(one, Fault::Circle, known);
        }
    }

    fn same(&self, a: &ObjectName, b: &ObjectName) -> bool {
        self.dialect.same_name(a, b)
    }

    fn refuse(&self, one: Wanted<'_>, fault: Fault, known: &mut Known) {
        if !one.is_hint {
            let Pair { from, to } = self.names.as_ref();
            let (lost, gained) = (from.without(to), to.without(from));
            known.problems.push(RenameProblem { rename: one.rename.clone(), fault, lost, gained });
        }
    }

    /// What is inside of a table or enum.
    fn inside(&self, parent: Pair<ObjectName>) -> Self {
        let Pair { from, to } = self.names.as_ref();
        let inner = |names: &Names<'a>, name| {
            let inner = names.get(self.dialect, name).map_or(Inner::Nothing, |named| named.inner);
            Names::inside(self.dialect, inner)
        };
        let names = Pair::new(inner(from, &parent.from), inner(to, &parent.to));
        Scope { dialect: self.dialect, parent: Some(parent.to), names }
    }

    /// Gathers the renames inside of what this scope names, by old and new name
    /// of that.
    fn by_parent<'b>(
        &self,
        kind: RenameKind,
        renames: &Renames,
        wanted: Vec<Wanted<'b>>,
        known: &mut Known,
    ) -> Vec<(Pair<ObjectName>, Vec<Wanted<'b>>)> {
        let mut groups: BTreeMap<ObjectName, (Pair<ObjectName>, Vec<Wanted<'b>>)> = BTreeMap::new();
        for one in wanted {
            match self.find_parent(kind, renames, one.rename, known) {
                Ok(parent) => {
                    let group = groups.entry(parent.to.clone()).or_insert_with(|| (parent, Vec::new()));
                    group.1.push(one);
                }
                Err(Some(fault)) => self.refuse(one, fault, known),
                Err(None) => {}
            }
        }
        groups.into_values().collect()
    }

    /// The table or enum that a rename is in; no fault as long as it is not
    /// known what its old name was.
    fn find_parent(
        &self,
        kind: RenameKind,
        renames: &Renames,
        rename: &Rename,
        known: &Known,
    ) -> Result<Pair<ObjectName>, Option<Fault>> {
        let parent = rename.parent.as_ref().ok_or(Some(Fault::NoParent))?;
        let renamed = || known.renames.iter().filter(|known| known.kind == kind);
        let by_old_name = || renamed().find(|known| self.same(&known.from, parent)).map(|known| &known.to);
        let by_new_name = self.names.to.get(self.dialect, parent).map(|named| &named.name);
        let new = by_new_name.or_else(by_old_name).ok_or(Some(Fault::NoParent))?;
        let old = match renamed().find(|known| known.to == *new) {
            Some(rename) => Some(&rename.from),
            None => self.names.from.get(self.dialect, new).map(|named| &named.name),
        };
        match old {
            Some(old) => Ok(Pair::new(old.clone(), new.clone())),
            None => {
                let lost = self.names.from.without(&self.names.to);
                let is_decided = renames.is_new(self.dialect, kind, None, new)
                    || lost.iter().all(|lost| renamed().any(|known| known.from == *lost));
                Err(is_decided.then_some(Fault::NewParent))
            }
        }
    }
}

/// Keeps two renames from taking or giving the same name; the same rename twice
/// is one.
fn claim(kept: &[(Rename, Wanted<'_>)], found: Rename) -> Result<Option<Rename>, Fault> {
    if kept.iter().any(|(other, _)| *other == found) {
        Ok(None)
    } else if kept.iter().any(|(other, _)| other.from == found.from || other.to == found.to) {
        Err(Fault::Twice)
    } else {
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{renamed, schema, stated, table};
    use super::*;

    fn sides() -> Pair<Schema> {
        Pair::new(
            schema([table("users", &["id", "nick", "b", "kept"]), table("Old", &["x"]), table("gone", &[])]),
            schema([
                table("users", &["id", "nickname", "c", "kept", "b"]),
                table("new", &["y"]),
                table("fresh", &[]),
            ]),
        )
    }

    /// The renames that apply, and the faults of the others.
    fn check(dialect: Dialect, asked: &[&str], applied: &[&str], faults: &[Fault]) {
        let sides = sides();
        let known = known(dialect, sides.as_ref(), &stated(asked));
        let told = |rename: &Rename| match &rename.parent {
            Some(parent) => format!("{parent}.{}={}", rename.from, rename.to),
            None => format!("{}={}", rename.from, rename.to),
        };
        assert_eq!(known.renames.iter().map(told).collect::<Vec<_>>(), applied, "{asked:?}");
        assert_eq!(
            known.problems.iter().map(|problem| problem.fault).collect::<Vec<_>>(),
            faults,
            "{asked:?}"
        );
    }

    #[test]
    fn a_rename_needs_a_lost_name_and_a_gained_one() {
        let pg = |asked: &str, applied: &[&str], faults: &[Fault]| {
            check(Dialect::Postgres, &[asked], applied, faults);
        };
        pg("users.nick=nickname", &["users.nick=nickname"], &[]);
        pg("public.users.nick=nickname", &["users.nick=nickname"], &[]);
        pg("users.nic=nickname", &[], &[Fault::NotLost]);
        pg("users.nick=name", &[], &[Fault::NotGained]);
        pg("users.kept=nickname", &[], &[Fault::StillThere]);
        pg("users.nick=kept", &[], &[Fault::AlreadyThere]);
        pg("nobody.nick=nickname", &[], &[Fault::NoParent]);
        pg("Old=new", &["Old=new"], &[]);
        pg("old=new", &[], &[Fault::NotLost]);
        pg("Users.nick=nickname", &[], &[Fault::NoParent]);
        check(Dialect::Sqlite, &["USERS.Nick=NickName", "old=NEW"], &["Old=new", "users.nick=nickname"], &[]);
        check(Dialect::Sqlite, &["main.users.nick=nickname"], &["users.nick=nickname"], &[]);
    }

    #[test]
    fn a_table_is_found_by_its_new_name_and_by_its_old_one() {
        for column in ["Old.x=y", "new.x=y", "Old.x=new.y"] {
            check(Dialect::Postgres, &["Old=new", column], &["Old=new", "new.x=y"], &[]);
        }
        check(Dialect::Postgres, &["Old.x=new.y"], &["Old=new", "new.x=y"], &[]);
    }

    #[test]
    fn a_rename_that_was_made_before_is_no_problem() {
        for asked in ["users.gone=kept", "people.gone=users.kept", "people=users"] {
            check(Dialect::Sqlite, &[asked], &[], &[]);
        }
    }

    #[test]
    fn a_column_of_a_table_that_is_asked_about_waits() {
        check(Dialect::Postgres, &["new.x=y"], &[], &[]);
        let sides = sides();
        let new = vec![(RenameKind::Table, None, "new".into())];
        let renames = Renames { new, ..stated(&["new.x=y"]) };
        let problems = known(Dialect::Postgres, sides.as_ref(), &renames).problems;
        assert_eq!(problems.iter().map(|problem| problem.fault).collect::<Vec<_>>(), [Fault::NewParent]);
    }

    #[test]
    fn names_move_up_but_not_in_a_circle() {
        let chain = ["users.nick=b", "users.b=c"];
        check(Dialect::Sqlite, &chain, &["users.b=c", "users.nick=b"], &[]);
        check(Dialect::Sqlite, &["users.nick=b"], &[], &[Fault::AlreadyThere]);
        check(Dialect::Sqlite, &["users.b=c"], &[], &[Fault::StillThere]);
        let circle = [Fault::Circle, Fault::Circle];
        check(Dialect::Sqlite, &["users.kept=b", "users.b=kept"], &[], &circle);
    }

    #[test]
    fn a_name_is_taken_and_given_once() {
        let pg = |asked: &[&str], faults: &[Fault]| {
            check(Dialect::Postgres, asked, &["users.nick=nickname"], faults);
        };
        pg(&["users.nick=nickname", "users.nick=c"], &[Fault::Twice]);
        pg(&["users.nick=nickname", "users.b=nickname"], &[Fault::Twice]);
        pg(&["users.nick=nickname", "users.nick=nickname"], &[]);
    }

    #[test]
    fn a_hint_is_inert_where_it_does_not_fit() {
        let sides = sides();
        let hints = |hints: &[&str], asked: &[&str]| {
            let renames = Renames { hints: renamed(hints), ..stated(asked) };
            let known = known(Dialect::Sqlite, sides.as_ref(), &renames);
            assert_eq!(known.problems, []);
            known.renames
        };
        assert_eq!(hints(&["users.nick=nickname"], &[]), renamed(&["users.nick=nickname"]));
        assert_eq!(hints(&["users.gone=nickname", "nobody.a=b", "users.nick=kept"], &[]), []);
        assert_eq!(hints(&["users.nick=c"], &["users.nick=nickname"]), renamed(&["users.nick=nickname"]));
    }
}
