//! Changes in words, as people read them: one block a table or object, one
//! line a difference.
//!
//! The one renderer behind the plan that the command line prints and the
//! `changes` section of the golden cases. It only chooses words: colour and
//! layout belong to whoever prints. Names come out bare where they are plain
//! words and in double quotes otherwise, and no text breaks out of its line.

mod block;
mod facts;
mod question;
mod shape;
mod standing;
mod words;

pub use block::{Block, Line, Sign};
pub use facts::{grouped, loss_question};
pub use question::{down_question, loss, rename_question};
pub use words::{counted, name, object_name, one_line};

use crate::change::Change;

/// Describes `changes`, in their order; all changes of one table stand in the
/// block of the first of them.
///
/// ```
/// use whimbrel_core::change::Change;
/// use whimbrel_core::describe::describe;
/// use whimbrel_core::schema::Column;
///
/// let from = Column::new("age", "int");
/// let to = Column { nullable: false, default: Some("0".into()), ..from.clone() };
/// let alter = Change::AlterColumn { table_name: "users".into(), column_name: "age".into(), from, to };
/// let blocks = describe(&[alter]);
/// assert_eq!(blocks[0].to_string(), "alter users\n  ~ age: nullable → not null, default none → 0\n");
/// ```
pub fn describe(changes: &[Change]) -> Vec<Block> {
    let mut blocks: Vec<(block::Place<'_>, Block)> = Vec::new();
    for change in changes {
        let place = block::place(change);
        match blocks.iter_mut().find(|(other, _)| place.is_table() && *other == place) {
            Some((_, block)) => block.extend(change),
            None => blocks.push((place, Block::begin(change))),
        }
    }
    blocks.into_iter().map(|(_, block)| block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::CommentTarget;
    use crate::name::ObjectName;
    use crate::schema::{Check, Column, ForeignKey, Generated, Index, KeyPart, PrimaryKey, SqlExpr, Table};

    #[track_caller]
    fn check(changes: &[Change], expected: &[&str]) {
        let text: String = describe(changes).iter().map(ToString::to_string).collect();
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    }

    fn users() -> ObjectName {
        ObjectName::new("users")
    }

    #[test]
    fn a_new_table_shows_all_that_belongs_to_it() {
        let mut table = Table::new("order items");
        table.columns = vec![
            Column { nullable: false, auto_increment: true, ..Column::new("id", "INTEGER") },
            Column {
                generated: Some(Generated { expression: "id * 2".into(), stored: true }),
                ..Column::new("twice", "")
            },
        ];
        table.primary_key =
            Some(PrimaryKey { columns: vec![KeyPart::column("id")], ..PrimaryKey::default() });
        table.foreign_keys = vec![ForeignKey {
            name: None,
            columns: vec!["id".into()],
            referenced_table: users(),
            referenced_columns: Vec::new(),
            on_delete: crate::schema::ReferentialAction::SetNull,
            on_update: crate::schema::ReferentialAction::NoAction,
            on_delete_columns: Vec::new(),
            match_full: false,
            deferrable: crate::schema::Deferrability::InitiallyDeferred,
            not_valid: false,
            comment: None,
        }];
        table.checks = vec![Check {
            name: Some("positive".into()),
            expression: "(id > 0) OR\n  (id < -1)".into(),
            no_inherit: false,
            not_valid: false,
            comment: None,
        }];
        table.indexes = vec![Index {
            name: "by_id".into(),
            columns: vec![KeyPart {
                order: crate::schema::SortOrder::Desc,
                ..KeyPart::expression("lower(id)")
            }],
            unique: true,
            predicate: Some(SqlExpr::from("id > 5")),
            ..Index::default()
        }];
        table.options.strict = true;
        check(
            &[Change::CreateTable { table }],
            &[
                "create \"order items\"",
                "  + id: INTEGER, not null, auto-increment",
                "  + twice: no type, generated (id * 2) stored",
                "  + primary key (id)",
                "  + foreign key (id) → users, on delete set null, deferrable initially deferred",
                "  + check positive ((id > 0) OR (id < -1))",
                "  + unique index by_id (lower(id) desc), where id > 5",
                "  + options: strict",
            ],
        );
    }

    #[test]
    fn changes_of_one_table_share_a_block_and_a_dropped_namesake_does_not() {
        check(
            &[
                Change::RenameTable { from: "people".into(), to: users() },
                Change::RenameColumn { table_name: users(), from: "nick".into(), to: "nickname".into() },
                Change::DropTable { table_name: users() },
                Change::DropColumn { table_name: users(), column_name: "age".into() },
            ],
            &["rename people to users", "  ~ nickname: renamed from nick", "  - age", "drop users"],
        );
    }

    #[test]
    fn text_never_breaks_out_of_its_line() {
        let target = CommentTarget::Column { table_name: users(), column_name: "a\nb".into() };
        check(
            &[Change::SetComment { target, from: None, to: Some("it's\ttwo\nlines".into()) }],
            &["alter users", r#"  ~ "a\nb": comment none → 'it''s\ttwo\nlines'"#],
        );
    }
}
