//! Which of the renames that are known apply to two schemas.
//!
//! A rename applies if its old name is there and goes, and its new name comes.
//! Names may move up together (`a` to `b` while `b` goes to `c`), but not in a
//! circle.

use super::matching::{NameKey, match_by};
use super::problem::{Fault, RenameProblem};
use super::rename::{Rename, Renames};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::RenameKind;
use crate::schema::Schema;

/// Renames, sorted into those that apply and those that cannot be.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// As the catalogue spells the names; tables before columns, enums before
    /// values. Carried out one after the other, no name is ever taken.
    pub(super) renames: Vec<Rename>,
    /// One for each rename that somebody asked for and that cannot be.
    pub(super) problems: Vec<RenameProblem>,
}

/// Sorts what `renames` holds.
pub(super) fn known(dialect: Dialect, pair: Pair<&Schema>, renames: &Renames) -> Known {
    let mut known = Known::default();
    if renames.renamed.is_empty() && renames.hints.is_empty() {
        return known;
    }
    for kind in [RenameKind::Table, RenameKind::Enum] {
        let scope = Scope { dialect, parent: None, names: pair.map(|schema| top_names(schema, kind)) };
        scope.sort(wanted(renames, kind).collect(), &mut known);
    }
    for kind in [RenameKind::Column, RenameKind::EnumValue] {
        for (scope, wanted) in by_parent(dialect, pair, renames, kind, &mut known) {
            scope.sort(wanted, &mut known);
        }
    }
    known
}

/// A rename, and whether it is only a hint: a hint that does not apply is no
/// problem.
struct Wanted<'a> {
    rename: &'a Rename,
    is_hint: bool,
}

fn wanted(renames: &Renames, kind: RenameKind) -> impl Iterator<Item = Wanted<'_>> {
    let asked = renames.renamed.iter().map(|rename| Wanted { rename, is_hint: false });
    let hints = renames.hints.iter().map(|rename| Wanted { rename, is_hint: true });
    asked.chain(hints).filter(move |wanted| wanted.rename.kind == kind)
}

/// Names that must differ from each other: those of all tables, of the columns
/// of one table, and so on.
struct Scope {
    dialect: Dialect,
    /// The table or enum, by its new name.
    parent: Option<ObjectName>,
    names: Pair<Vec<ObjectName>>,
}

impl Scope {
    /// Sorts the renames of this scope.
    fn sort(&self, wanted: Vec<Wanted<'_>>, known: &mut Known) {
        let mut kept = Vec::new();
        for one in wanted {
            match self.find(one.rename).and_then(|found| claim(&kept, found)) {
                Ok(Some(found)) => kept.push((found, one)),
                Ok(None) => {}
                Err(fault) => self.refuse(&one, fault, known),
            }
        }
        kept.sort_by(|(a, _), (b, _)| {
            NameKey::new(self.dialect, &a.to).cmp(&NameKey::new(self.dialect, &b.to))
        });
        while let Some((at, fault)) = self.first_fault(&kept) {
            let (_, one) = kept.remove(at);
            self.refuse(&one, fault, known);
        }
        self.line_up(kept, known);
    }

    /// The rename in the catalogue's spelling.
    fn find(&self, rename: &Rename) -> Result<Rename, Fault> {
        let from = self.spelled(&self.names.from, &rename.from).ok_or(Fault::NotLost)?;
        let to = self.spelled(&self.names.to, &rename.to).ok_or(Fault::NotGained)?;
        Ok(Rename { kind: rename.kind, parent: self.parent.clone(), from: from.clone(), to: to.clone() })
    }

    fn spelled<'a>(&self, names: &'a [ObjectName], name: &ObjectName) -> Option<&'a ObjectName> {
        names.iter().find(|one| self.dialect.same_name(one, name))
    }

    /// The first rename whose new name is taken or whose old name stays.
    fn first_fault(&self, kept: &[(Rename, Wanted<'_>)]) -> Option<(usize, Fault)> {
        let same = |a, b| self.dialect.same_name(a, b);
        kept.iter().enumerate().find_map(|(at, (rename, _))| {
            let is_left = kept.iter().any(|(other, _)| same(&other.from, &rename.to));
            let is_filled = kept.iter().any(|(other, _)| same(&other.to, &rename.from));
            if !is_left && self.spelled(&self.names.from, &rename.to).is_some() {
                Some((at, Fault::AlreadyThere))
            } else if !is_filled && self.spelled(&self.names.to, &rename.from).is_some() {
                Some((at, Fault::StillThere))
            } else {
                None
            }
        })
    }

    /// Puts a rename behind the one that frees its new name.
    fn line_up(&self, mut kept: Vec<(Rename, Wanted<'_>)>, known: &mut Known) {
        let is_free = |rename: &Rename, kept: &[(Rename, Wanted<'_>)]| {
            !kept.iter().any(|(other, _)| self.dialect.same_name(&other.from, &rename.to))
        };
        while let Some(at) = kept.iter().position(|(rename, _)| is_free(rename, &kept)) {
            known.renames.push(kept.remove(at).0);
        }
        for (_, one) in kept {
            self.refuse(&one, Fault::Circle, known);
        }
    }

    fn refuse(&self, one: &Wanted<'_>, fault: Fault, known: &mut Known) {
        if one.is_hint {
            return;
        }
        let matched =
            match_by(&self.names.from, &self.names.to, |name: &ObjectName| NameKey::new(self.dialect, name));
        known.problems.push(RenameProblem {
            rename: one.rename.clone(),
            fault,
            lost: matched.lost.into_iter().cloned().collect(),
            gained: matched.gained.into_iter().cloned().collect(),
        });
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

/// Gathers the renames of columns by table, those of values by enum.
fn by_parent<'a>(
    dialect: Dialect,
    pair: Pair<&Schema>,
    renames: &'a Renames,
    kind: RenameKind,
    known: &mut Known,
) -> Vec<(Scope, Vec<Wanted<'a>>)> {
    let mut scopes: Vec<(Scope, Vec<Wanted<'a>>)> = Vec::new();
    for one in wanted(renames, kind) {
        match parent(dialect, pair, renames, one.rename, known) {
            Ok(names) => {
                match scopes.iter_mut().find(|(scope, _)| scope.parent.as_ref() == Some(&names.to)) {
                    Some((_, wanted)) => wanted.push(one),
                    None => {
                        let inner = Pair::new(
                            inner_names(pair.from, kind, &names.from),
                            inner_names(pair.to, kind, &names.to),
                        );
                        scopes.push((Scope { dialect, parent: Some(names.to), names: inner }, vec![one]));
                    }
                }
            }
            Err(Some(fault)) => {
                let nothing = Scope { dialect, parent: None, names: Pair::default() };
                nothing.refuse(&one, fault, known);
            }
            Err(None) => {}
        }
    }
    scopes.sort_by(|(a, _), (b, _)| a.parent.cmp(&b.parent));
    scopes
}

/// The table or enum that a rename is in, by its old and its new name; no fault
/// as long as it is not known what its old name was.
fn parent(
    dialect: Dialect,
    pair: Pair<&Schema>,
    renames: &Renames,
    rename: &Rename,
    known: &Known,
) -> Result<Pair<ObjectName>, Option<Fault>> {
    let (Some(kind), Some(parent)) = (rename.kind.parent(), &rename.parent) else {
        return Err(Some(Fault::NoParent));
    };
    let names = pair.map(|schema| top_names(schema, kind));
    let find = |names: &[ObjectName], name: &ObjectName| {
        names.iter().find(|one| dialect.same_name(one, name)).cloned()
    };
    let of_kind = || known.renames.iter().filter(|known| known.kind == kind);
    let renamed = of_kind().find(|known| dialect.same_name(&known.from, parent)).map(|known| &known.to);
    let new = renamed.cloned().or_else(|| find(&names.to, parent)).ok_or(Some(Fault::NoParent))?;
    let old = of_kind().find(|known| known.to == new).map(|known| &known.from);
    match old.cloned().or_else(|| find(&names.from, &new)) {
        Some(old) => Ok(Pair::new(old, new)),
        None => {
            let matched = match_by(&names.from, &names.to, |name: &ObjectName| NameKey::new(dialect, name));
            let is_undecided = !renames.is_new(dialect, kind, None, &new)
                && matched.lost.iter().any(|lost| !of_kind().any(|known| known.from == **lost));
            Err((!is_undecided).then_some(Fault::NewParent))
        }
    }
}

fn top_names(schema: &Schema, kind: RenameKind) -> Vec<ObjectName> {
    match kind {
        RenameKind::Table | RenameKind::Column => {
            schema.tables.iter().map(|table| table.name.clone()).collect()
        }
        RenameKind::Enum | RenameKind::EnumValue => schema.enums.iter().map(|one| one.name.clone()).collect(),
    }
}

fn inner_names(schema: &Schema, kind: RenameKind, parent: &ObjectName) -> Vec<ObjectName> {
    match kind {
        RenameKind::Table | RenameKind::Column => {
            let columns = schema.table(parent).into_iter().flat_map(|table| &table.columns);
            columns.map(|column| ObjectName::new(&column.name)).collect()
        }
        RenameKind::Enum | RenameKind::EnumValue => {
            schema.enum_type(parent).into_iter().flat_map(|one| &one.values).map(ObjectName::new).collect()
        }
    }
}
