//! Compares the tables, and all that belongs to each.

use std::borrow::Cow;

use super::likeness::{self, Traits};
use super::matching::{NameKey, match_by};
use super::question::{Ask, Asked, Subject};
use super::{column, part, partition};
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
    let from = partition::expected(dialect, from, to);
    let matched =
        match_by(from.iter().map(AsRef::as_ref), to, |table: &Table| NameKey::new(dialect, &table.name));
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
    partition::diff(dialect, pair, out);
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

#[cfg(test)]
mod tests {
    use super::super::testing::{check, schema, stated, table};
    use super::*;
    use crate::diff::Renames;
    use crate::schema::{Check, ForeignKey, Index, KeyPart, PrimaryKey, TableOptions};

    #[test]
    fn tables_come_and_go_in_the_order_of_their_names() {
        let from = schema([table("b", &["id"]), table("a", &["id"])]);
        let to = schema([table("A", &["id"]), table("d", &[]), table("c", &[])]);
        let new = ["c", "d"].map(|name| (RenameKind::Table, None, name.into())).to_vec();
        let renames = Renames { new, ..Renames::default() };
        check(Dialect::Sqlite, Pair::new(&from, &to), &renames, "drop b\ncreate c\ncreate d", &[]);
    }

    #[test]
    fn tables_are_asked_about_before_columns_and_columns_once_it_is_clear() {
        let from = schema([table("users", &["nick text"]), table("orders", &["id integer", "total real"])]);
        let to = schema([table("users", &["alias text"]), table("sales", &["id integer", "sum real"])]);
        let pair = Pair::new(&from, &to);
        let undecided = "\
drop orders
create sales
  + id: integer
  + sum: real
alter users
  - nick
  + alias: text";
        let questions = ["sales <- orders", "users.alias <- nick"];
        check(Dialect::Sqlite, pair, &Renames::default(), undecided, &questions);
        let renamed = "\
rename orders to sales
  - total
  + sum: real
alter users
  - nick
  + alias: text";
        let questions = ["sales.sum <- total", "users.alias <- nick"];
        check(Dialect::Sqlite, pair, &stated(&["orders=sales"]), renamed, &questions);
    }

    #[test]
    fn each_gained_column_is_asked_about_with_all_that_are_left() {
        let from = schema([table("t", &["nick text", "mail text", "age integer"])]);
        let to = schema([table("t", &["nickname text", "email text", "years integer", "extra blob"])]);
        let pair = Pair::new(&from, &to);
        let changes = "\
alter t
  - age
  - mail
  - nick
  + nickname: text
  + email: text
  + years: integer
  + extra: blob";
        let questions = [
            "t.email <- mail, nick, age",
            "t.nickname <- nick, mail, age",
            "t.years <- age, mail, nick",
            "t.extra <- age, mail, nick",
        ];
        check(Dialect::Sqlite, pair, &Renames::default(), changes, &questions);
        let new = vec![(RenameKind::Column, Some("T".into()), "EXTRA".into())];
        let renames = Renames { new, ..stated(&["t.nick=nickname", "t.age=years"]) };
        let changes = "\
alter t
  ~ nickname: renamed from nick
  ~ years: renamed from age
  - mail
  + email: text
  + extra: blob";
        check(Dialect::Sqlite, pair, &renames, changes, &["t.email <- mail"]);
    }

    #[test]
    fn what_belongs_to_a_renamed_table_is_compared_under_the_new_names() {
        let users = |name: &str, column: &str| Table {
            primary_key: Some(PrimaryKey {
                columns: vec![KeyPart::column(column)],
                name: Some(format!("{name}_pkey")),
                ..PrimaryKey::default()
            }),
            indexes: vec![Index {
                name: format!("{name}_idx"),
                columns: vec![KeyPart::expression(format!("lower({column})"))],
                predicate: Some(format!("{name}.{column} > 0").as_str().into()),
                ..Index::default()
            }],
            checks: vec![Check {
                name: Some(format!("{name}_check")),
                expression: format!("({column} > 0)").as_str().into(),
                no_inherit: false,
                not_valid: false,
                comment: None,
            }],
            ..table(name, &[&format!("{column} text")])
        };
        let posts = |name: &str, column: &str| Table {
            foreign_keys: vec![ForeignKey {
                name: Some("posts_fk".into()),
                referenced_columns: vec![column.into()],
                ..ForeignKey::new(["author"], name)
            }],
            ..table("posts", &["author text"])
        };
        let from = schema([users("users", "nick"), posts("users", "nick")]);
        let to = schema([users("people", "alias"), posts("people", "alias")]);
        let changes = "\
rename users to people
  ~ alias: renamed from nick
  ~ constraint people_pkey: renamed from users_pkey
  ~ constraint people_check: renamed from users_check
  ~ index people_idx: renamed from users_idx";
        let renames = stated(&["users.nick=people.alias"]);
        check(Dialect::Postgres, Pair::new(&from, &to), &renames, changes, &[]);
    }

    #[test]
    fn options_and_comments_are_compared() {
        let from = schema([Table { comment: Some("old".into()), ..table("t", &["id"]) }]);
        let options = TableOptions { strict: true, ..TableOptions::default() };
        let to = schema([Table { options, comment: Some("new".into()), ..table("t", &["id"]) }]);
        let changes = "alter t\n  ~ options: none → strict\n  ~ comment 'old' → 'new'";
        check(Dialect::Sqlite, Pair::new(&from, &to), &Renames::default(), changes, &[]);
    }
}
