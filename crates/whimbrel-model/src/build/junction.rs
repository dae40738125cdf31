//! Junction tables of many-to-many relations.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Column, ForeignKey, Index, KeyPart, PrimaryKey, ReferentialAction, Table};

use super::cx::{Cx, table_name};
use super::names::{self, Of, joined};
use super::table::single_key;
use crate::case::snake;
use crate::item::{ManyToMany, Model, TableFlags};
use crate::types;

/// A relation with the model that declares it.
type Declared<'m> = (&'m Model, &'m ManyToMany);

/// Makes the junction table of each relation, in the order of the models.
pub(super) fn build(cx: &mut Cx<'_>) {
    let models = cx.models;
    let all: Vec<Declared<'_>> = models
        .iter()
        .flat_map(|model| model.many_to_many.iter().map(move |relation| (model, relation)))
        .collect();
    let mut done: Vec<usize> = Vec::new();
    for (index, declared) in all.iter().enumerate() {
        if done.contains(&index) {
            continue;
        }
        done.push(index);
        let Some(other) = other_end(cx, *declared) else {
            continue;
        };
        let partner = match partner(&all, index, &done) {
            Ok(partner) => partner,
            Err(()) => {
                let (model, relation) = declared;
                let target = &relation.target;
                cx.wrong(
                    model,
                    relation.at,
                    format!("several relations between `{}` and `{target}` cannot be told apart", model.name),
                    format!(
                        "give each a name, the same on both sides: `many_to_many({target}, name = \"...\")`"
                    ),
                );
                continue;
            }
        };
        done.extend(partner);
        let partner = partner.map(|index| all[index].1);
        if let Some(table) = junction(cx, *declared, other, partner) {
            add(cx, *declared, table);
        }
    }
}

fn other_end<'m>(cx: &mut Cx<'m>, (model, relation): Declared<'_>) -> Option<&'m Model> {
    let target = &relation.target;
    let found = cx.model(target);
    if found.is_none() {
        let help = format!("add `{target}` to the models");
        cx.missing(model, relation.at, target, help);
    }
    found
}

/// The same relation, as the other side declares it.
fn partner(all: &[Declared<'_>], index: usize, done: &[usize]) -> Result<Option<usize>, ()> {
    let (model, relation) = all[index];
    let from_to = |from: &str, to: &str| -> Vec<usize> {
        let leads = |(_, (one, other)): &(usize, &Declared<'_>)| one.name == from && other.target == to;
        all.iter().enumerate().filter(leads).map(|(index, _)| index).collect()
    };
    let same_name = |index: &&usize| all[**index].1.name == relation.name;
    let own = from_to(&model.name, &relation.target);
    if own.iter().filter(same_name).count() > 1 {
        return Err(());
    }
    if model.name == relation.target {
        return Ok(None);
    }
    let back = from_to(&relation.target, &model.name);
    // Two names are two relations.
    let may_be_one = |index: usize| {
        let theirs = &all[index].1.name;
        relation.name.is_none() || theirs.is_none() || relation.name == *theirs
    };
    if let ([_], [one]) = (own.as_slice(), back.as_slice()) {
        return Ok(Some(*one).filter(|index| may_be_one(*index) && !done.contains(index)));
    }
    let mut named = back.iter().filter(same_name);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(Some(*one)),
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(()),
    }
}

/// One side of a junction table.
struct Side<'m> {
    key: String,
    column: String,
    model: &'m Model,
}

fn junction(
    cx: &mut Cx<'_>,
    declared: Declared<'_>,
    other: &Model,
    partner: Option<&ManyToMany>,
) -> Option<Table> {
    let (model, relation) = declared;
    let agreed = Agreed::of(cx, declared, partner)?;
    let (own_key, other_key) = (snake(&model.name), snake(&other.name));
    let is_self = model.name == other.name;
    let (own, theirs) = agreed.columns.unwrap_or_else(|| match is_self {
        true => (format!("{own_key}_a_id"), format!("{own_key}_b_id")),
        false => (format!("{own_key}_id"), format!("{other_key}_id")),
    });
    let mut sides =
        [Side { key: own_key, column: own, model }, Side { key: other_key, column: theirs, model: other }];
    sides.sort_by(|a, b| (&a.key, &a.column).cmp(&(&b.key, &b.column)));
    let [first, second] = &sides;
    if first.column == second.column {
        let message = format!("both columns of the junction table are `{}`", first.column);
        cx.wrong(model, relation.at, message, "name them: `columns(this_side, other_side)`");
        return None;
    }
    let name = agreed.through.unwrap_or_else(|| {
        let suffix = relation.name.as_ref().map(|name| format!("_{name}")).unwrap_or_default();
        format!("{}_{}{suffix}", first.key, second.key)
    });
    let name = table_name(model).with_name(name);
    let mut table = Table { name, ..Table::new("") };
    for side in &sides {
        let (column, fk) = half(cx, declared, side, &table.name, (agreed.on_delete, agreed.on_update))?;
        table.columns.push(column);
        table.foreign_keys.push(fk);
    }
    // A table that is logged cannot refer to one that is not.
    table.options.unlogged =
        cx.dialect == Dialect::Postgres && sides.iter().any(|side| side.model.flags.unlogged);
    let columns = table.columns.iter().map(|column| KeyPart::column(&column.name)).collect();
    table.primary_key = Some(PrimaryKey { columns, ..PrimaryKey::default() });
    table.indexes.push(Index {
        name: joined(&table.name.name, &[&second.column], "idx"),
        columns: vec![KeyPart::column(&second.column)],
        ..Index::default()
    });
    Some(table)
}

/// The column of one side, and the foreign key on it.
fn half(
    cx: &mut Cx<'_>,
    (model, relation): Declared<'_>,
    side: &Side<'_>,
    table: &ObjectName,
    (on_delete, on_update): (ReferentialAction, ReferentialAction),
) -> Option<(Column, ForeignKey)> {
    let Some((field, ty)) = single_key(side.model) else {
        let name = &side.model.name;
        cx.wrong(
            model,
            relation.at,
            format!("the primary key of `{name}` is not one field, and a junction table needs one"),
            format!("give `{name}` an `id`, and make the present key unique"),
        );
        return None;
    };
    let sql_type = types::sql_type(cx.dialect, ty, TableFlags::default()).ok()?;
    let column = Column { nullable: false, ..Column::new(&side.column, sql_type) };
    let name = joined(&table.name, &[&side.column], "fkey");
    for (of, name) in [(Of::Column, &side.column), (Of::Other, &name)] {
        names::check(cx, model, relation.at, of, name);
    }
    let fk = ForeignKey {
        name: Some(name),
        referenced_columns: vec![field.column.clone()],
        on_delete,
        on_update,
        ..ForeignKey::new([&side.column], table_name(side.model))
    };
    Some((column, fk))
}

/// What both sides say of the junction table.
struct Agreed {
    through: Option<String>,
    columns: Option<(String, String)>,
    on_delete: ReferentialAction,
    on_update: ReferentialAction,
}

impl Agreed {
    /// `None` if they disagree, which is told.
    fn of(cx: &mut Cx<'_>, (model, relation): Declared<'_>, partner: Option<&ManyToMany>) -> Option<Self> {
        let theirs = partner.and_then(|one| one.columns.clone()).map(|(own, other)| (other, own));
        let through = agree(&relation.through, &partner.and_then(|one| one.through.clone()));
        let columns = agree(&relation.columns, &theirs);
        let on_delete = agree(&relation.on_delete, &partner.and_then(|one| one.on_delete));
        let on_update = agree(&relation.on_update, &partner.and_then(|one| one.on_update));
        let said = [
            (through.is_err(), "through"),
            (columns.is_err(), "columns"),
            (on_delete.is_err(), "on_delete"),
            (on_update.is_err(), "on_update"),
        ];
        for (_, what) in said.into_iter().filter(|(differs, _)| *differs) {
            let target = &relation.target;
            cx.wrong(
                model,
                relation.at,
                format!("`{}` and `{target}` disagree about `{what}` of their junction table", model.name),
                "say it on one side, or the same on both",
            );
        }
        Some(Self {
            through: through.ok()?,
            columns: columns.ok()?,
            on_delete: on_delete.ok()?.unwrap_or(ReferentialAction::Cascade),
            on_update: on_update.ok()?.unwrap_or(ReferentialAction::Cascade),
        })
    }
}

fn agree<T: Clone + PartialEq>(own: &Option<T>, theirs: &Option<T>) -> Result<Option<T>, ()> {
    match (own, theirs) {
        (Some(own), Some(theirs)) if own != theirs => Err(()),
        (own, theirs) => Ok(own.clone().or_else(|| theirs.clone())),
    }
}

fn add(cx: &mut Cx<'_>, (model, relation): Declared<'_>, table: Table) {
    names::check(cx, model, relation.at, Of::Table, &table.name.name);
    let taken = cx.built.schema.tables.iter().any(|other| cx.dialect.same_name(&other.name, &table.name));
    if taken {
        let name = &table.name;
        cx.wrong(
            model,
            relation.at,
            format!("the junction table would be `{name}`, and there is such a table already"),
            "name another: `through = \"...\"`",
        );
        return;
    }
    cx.built.schema.tables.push(table);
}
