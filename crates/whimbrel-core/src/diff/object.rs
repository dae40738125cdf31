//! Compares views, triggers, functions and whatever else is only its
//! definition.

use std::borrow::Cow;

use super::matching::{NameKey, match_by};
use crate::change::{Change, CommentTarget};
use crate::dialect::Dialect;
use crate::pair::Pair;
use crate::schema::{Object, ObjectKind};

/// Compares the definitional objects; one that became another kind is dropped
/// and made.
pub(super) fn diff(dialect: Dialect, from: &[Cow<'_, Object>], to: &[Object], out: &mut Vec<Change>) {
    let from = from.iter().map(AsRef::as_ref);
    let matched = match_by(from, to, |object: &Object| identity(dialect, object));
    out.extend(matched.lost.into_iter().map(|object| Change::DropObject { object: object.clone() }));
    out.extend(matched.gained.into_iter().map(|object| Change::CreateObject { object: object.clone() }));
    for pair in matched.both {
        diff_object(dialect, pair, out);
    }
}

fn diff_object(dialect: Dialect, pair: Pair<&Object>, out: &mut Vec<Change>) {
    let definitions = pair.map(|object| object.definition.as_str());
    if !dialect.same_sql(definitions.from, definitions.to) {
        out.push(Change::ReplaceObject { from: pair.from.clone(), to: pair.to.clone() });
        return;
    }
    let target = CommentTarget::Object {
        kind: pair.to.kind,
        name: pair.to.name.clone(),
        signature: pair.to.signature.clone(),
        table: pair.to.table.clone(),
    };
    out.extend(super::comment(target, pair.map(|object| object.comment.as_ref())));
    for to in &pair.to.columns {
        let from = pair.from.columns.iter().find(|from| dialect.same_ident(&from.name, &to.name));
        let target = CommentTarget::Column { table_name: pair.to.name.clone(), column_name: to.name.clone() };
        let comments = Pair::new(from.and_then(|from| from.comment.as_ref()), to.comment.as_ref());
        out.extend(super::comment(target, comments));
    }
}

/// What makes an object this one and no other.
fn identity(dialect: Dialect, object: &Object) -> impl Ord + use<'_> {
    let table = match named_within_table(dialect, object.kind) {
        true => object.table.as_ref().map(|table| NameKey::new(dialect, table)),
        false => None,
    };
    (object.kind, NameKey::new(dialect, &object.name), object.signature.as_deref(), table)
}

/// Says whether the names of such objects are names within their table. A
/// trigger is on PostgreSQL; on SQLite all triggers share one name space.
fn named_within_table(dialect: Dialect, kind: ObjectKind) -> bool {
    match dialect {
        Dialect::Postgres => matches!(kind, ObjectKind::Trigger | ObjectKind::Rule | ObjectKind::Policy),
        Dialect::Sqlite => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{ObjectColumn, Schema};

    fn object(kind: ObjectKind, name: &str, table: Option<&str>, definition: &str) -> Object {
        Object {
            table: table.map(Into::into),
            definition: definition.into(),
            ..Object::new(kind, name, definition)
        }
    }

    /// The changes as a sign and a definition each.
    fn check(dialect: Dialect, from: &[Object], to: &[Object], expected: &[&str]) {
        let sides =
            Pair::new(from, to).map(|objects| Schema { objects: objects.to_vec(), ..Schema::default() });
        let told = |change: &Change| match change {
            Change::CreateObject { object } => format!("+ {}", object.definition),
            Change::DropObject { object } => format!("- {}", object.definition),
            Change::ReplaceObject { to, .. } => format!("~ {}", to.definition),
            Change::SetComment { .. } => "comment".to_owned(),
            other => panic!("unexpected {other:?}"),
        };
        let changes = super::super::diff(dialect, sides.as_ref(), &Default::default()).changes;
        assert_eq!(changes.iter().map(told).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_definition_is_another_only_if_its_tokens_are() {
        let view = |text| [object(ObjectKind::View, "v", None, text)];
        let one = view("CREATE VIEW v AS SELECT 1");
        check(Dialect::Sqlite, &one, &view("create view \"v\" as\n  select 1 -- one"), &[]);
        check(Dialect::Sqlite, &one, &view("CREATE VIEW v AS SELECT 2"), &["~ CREATE VIEW v AS SELECT 2"]);
        check(Dialect::Sqlite, &one, &[], &["- CREATE VIEW v AS SELECT 1"]);
        let upper = [object(ObjectKind::View, "V", None, "CREATE VIEW v AS SELECT 1")];
        check(Dialect::Sqlite, &one, &upper, &[]);
        check(
            Dialect::Postgres,
            &one,
            &upper,
            &["- CREATE VIEW v AS SELECT 1", "+ CREATE VIEW v AS SELECT 1"],
        );
    }

    #[test]
    fn another_kind_is_another_object() {
        let plain = [object(ObjectKind::View, "v", None, "a")];
        let materialized = [object(ObjectKind::MaterializedView, "v", None, "b")];
        check(Dialect::Postgres, &plain, &materialized, &["- a", "+ b"]);
        let overloaded = |signature: &str| Object {
            signature: Some(signature.into()),
            ..object(ObjectKind::Function, "f", None, signature)
        };
        check(Dialect::Postgres, &[overloaded("(a)")], &[overloaded("(b)"), overloaded("(a)")], &["+ (b)"]);
    }

    #[test]
    fn a_trigger_belongs_to_its_table_where_it_has_its_name_there() {
        let trigger = |table| [object(ObjectKind::Trigger, "t", Some(table), table)];
        check(Dialect::Postgres, &trigger("a"), &trigger("b"), &["- a", "+ b"]);
        check(Dialect::Sqlite, &trigger("a"), &trigger("b"), &["~ b"]);
    }

    #[test]
    fn a_comment_on_a_column_alone_replaces_nothing() {
        let of = |comment: Option<&str>| {
            let (name, sql_type) = ("a".to_owned(), "integer".to_owned());
            let column = ObjectColumn { name, sql_type, collation: None, comment: comment.map(Into::into) };
            Object { columns: vec![column], ..object(ObjectKind::View, "v", None, "a") }
        };
        check(Dialect::Postgres, &[of(None)], &[of(Some("why"))], &["comment"]);
        check(Dialect::Postgres, &[of(Some("why"))], &[of(None)], &["comment"]);
        check(Dialect::Postgres, &[of(Some("why"))], &[of(Some("why"))], &[]);
    }

    #[test]
    fn a_comment_alone_replaces_nothing() {
        let plain = object(ObjectKind::View, "v", None, "a");
        let told_of = Object { comment: Some("why".into()), ..plain.clone() };
        check(Dialect::Postgres, &[plain], &[told_of], &["comment"]);
    }
}
