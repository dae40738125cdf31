//! Compares the tables, and all that belongs to each.

use std::borrow::Cow;

use super::likeness::{self, Traits};
use super::matching::{NameKey, match_by};
use super::question::{Ask, Asked, Subject};
use super::{column, part};
use crate::change::{Change, CommentTarget};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::pair::Pair;
use crate::resolve::RenameKind;
use crate::schema::Table;

/// Compares the tables; `from` is the current side under the new names.
pub(super) fn diff(
    dialect: Dialect,
    from: &[Cow<'_, Table>],
    to: &[Table],
    out: &mut Vec<Change>,
    asked: &mut Asked<'_>,
) {
    let from = from.iter().map(AsRef::as_ref);
    let matched = match_by(from, to, |table: &Table| NameKey::new(dialect, &table.name));
    let dropped = |table: &&Table| Change::DropTable { table_name: table.name.clone() };
    out.extend(matched.lost.iter().map(dropped));
    out.extend(matched.gained.iter().map(|&table| Change::CreateTable { table: table.clone() }));
    asked.about(&Tables(dialect), &matched.lost, &matched.gained);
    for pair in matched.both {
        diff_table(dialect, pair, out, asked);
    }
}

fn diff_table(dialect: Dialect, pair: Pair<&Table>, out: &mut Vec<Change>, asked: &mut Asked<'_>) {
    if pair.from == pair.to {
        return;
    }
    let name = &pair.to.name;
    diff_options(pair, out);
    let unmatched = column::diff(dialect, pair, out);
    part::diff(dialect, name, pair.map(|table| table.primary_key.as_slice()), out);
    part::diff(dialect, name, pair.map(|table| &table.unique_constraints[..]), out);
    part::diff(dialect, name, pair.map(|table| &table.checks[..]), out);
    part::diff(dialect, name, pair.map(|table| &table.foreign_keys[..]), out);
    part::diff(dialect, name, pair.map(|table| &table.exclusions[..]), out);
    part::diff(dialect, name, pair.map(|table| &table.indexes[..]), out);
    let target = CommentTarget::Table { table_name: name.clone() };
    out.extend(super::comment(target, pair.map(|table| table.comment.as_ref())));
    asked.about(&Columns { dialect, pair }, &unmatched.lost, &unmatched.gained);
}

fn diff_options(pair: Pair<&Table>, out: &mut Vec<Change>) {
    let options = pair.map(|table| &table.options);
    if options.from != options.to {
        out.push(Change::AlterTableOptions {
            table_name: pair.to.name.clone(),
            from: options.from.clone(),
            to: options.to.clone(),
        });
    }
}

struct Tables(Dialect);

impl<'a> Ask<&'a Table> for Tables {
    fn kind(&self) -> RenameKind {
        RenameKind::Table
    }

    fn parent(&self) -> Option<&ObjectName> {
        None
    }

    fn name(&self, table: &&'a Table) -> ObjectName {
        table.name.clone()
    }

    fn sql_type(&self, _: &&'a Table) -> Option<String> {
        None
    }

    fn traits<'b>(&self, table: &'b &'a Table) -> Traits<'b> {
        let columns = table.columns.iter().map(|column| self.0.fold_ident(&column.name));
        Traits::new(&table.name.name, columns)
    }

    fn likeness(&self, lost: &Subject<'_, &'a Table>, gained: &Subject<'_, &'a Table>) -> u8 {
        likeness::of_wholes(&lost.traits, &gained.traits)
    }
}

struct Columns<'a> {
    dialect: Dialect,
    pair: Pair<&'a Table>,
}

impl<'a> Ask<column::Placed<'a>> for Columns<'a> {
    fn kind(&self) -> RenameKind {
        RenameKind::Column
    }

    fn parent(&self) -> Option<&ObjectName> {
        Some(&self.pair.to.name)
    }

    fn name(&self, placed: &column::Placed<'a>) -> ObjectName {
        ObjectName::new(&placed.column.name)
    }

    fn sql_type(&self, placed: &column::Placed<'a>) -> Option<String> {
        Some(placed.column.sql_type.clone())
    }

    fn traits<'b>(&self, placed: &'b column::Placed<'a>) -> Traits<'b> {
        Traits::new(&placed.column.name, [])
    }

    fn likeness(
        &self,
        lost: &Subject<'_, column::Placed<'a>>,
        gained: &Subject<'_, column::Placed<'a>>,
    ) -> u8 {
        let names = likeness::of_names(&lost.traits, &gained.traits);
        likeness::of_columns(self.dialect, self.pair, names, lost.item, gained.item)
    }
}
