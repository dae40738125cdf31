//! Relations between structs.

use whimbrel_core::dialect::Dialect;

use super::super::edit::Seed;
use super::model::{Field, Struct};
use super::{MadeTable, Names, once_in, pick, snake};

const ACTIONS: [&str; 5] = ["cascade", "restrict", "no_action", "set_default", "set_null"];

/// Adds a many-to-one or one-to-one relation from the model at a place.
pub(super) fn refer(dialect: Dialect, models: &mut [Struct], at: usize, seed: Seed) {
    let target = usize::from(seed[0]) % models.len();
    let number = models[at].fields.iter().filter(|field| field.refers).count();
    let optional = once_in(3, seed[1]);
    let key = models[target].key.clone();
    let unique = models[target].fields.iter().position(|field| field.unique && !field.embedded);
    let (referenced, columns) = match (key.as_slice(), unique) {
        ([], None) => return,
        (_, Some(unique)) if key.is_empty() || once_in(3, seed[5]) => (Some(unique), vec![unique]),
        (key, _) => (None, key.to_vec()),
    };
    let mut name = models[target].name.clone();
    if let Some(unique) = referenced {
        name = format!("{name}({})", models[target].fields[unique].ident);
    }
    let settings = settings(dialect, seed, optional, number);
    let fields: Vec<Field> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let kind = models[target].fields[*column].kind.clone();
            let mut field = Field::plain(&format!("ref{number}{}", ["", "_b"][index]), kind);
            field.refers = true;
            if optional { field.optional(once_in(4, seed[1])) } else { field }
        })
        .collect();
    add(&mut models[at], fields, &name, settings);
    // A table that is logged cannot refer to one that is not.
    models[target].unlogged = false;
}

fn settings(dialect: Dialect, seed: Seed, optional: bool, number: usize) -> Vec<String> {
    let mut settings = Vec::new();
    for (key, seed) in [("on_delete", seed[2]), ("on_update", seed[3])] {
        let actions = if optional { &ACTIONS[..] } else { &ACTIONS[..4] };
        settings.extend(once_in(2, seed).then(|| format!("{key} = {}", pick(seed / 2, actions))));
    }
    match seed[4] % 6 {
        0 => settings.push("one_to_one = true".to_owned()),
        1 => settings.push("index = false".to_owned()),
        _ => {}
    }
    match seed[5] % 8 {
        0 => settings.push("deferrable".to_owned()),
        1 => settings.push("deferrable = initially_deferred".to_owned()),
        2 => settings.push(format!("name = \"it's reference {number}\"")),
        3 if dialect == Dialect::Sqlite => settings.push("name = none".to_owned()),
        _ => {}
    }
    settings
}

fn add(model: &mut Struct, mut fields: Vec<Field>, target: &str, settings: Vec<String>) {
    match fields.as_mut_slice() {
        [field] => {
            let arguments = [vec![target.to_owned()], settings].concat().join(", ");
            field.says.push(format!("references({arguments})"));
        }
        fields => {
            let own: Vec<String> = fields.iter().map(|field| field.ident.clone()).collect();
            let arguments = [own, vec![format!("references = {target}")], settings].concat().join(", ");
            model.says.push(format!("foreign_key({arguments})"));
        }
    }
    model.fields.extend(fields);
}

/// Adds many-to-many relations, and returns the junction tables that must come
/// of them.
pub(super) fn many_to_many(models: &mut [Struct], seeds: &[Seed], names: &mut Names) -> Vec<MadeTable> {
    let able: Vec<usize> = (0..models.len()).filter(|at| models[*at].key.len() == 1).collect();
    if able.is_empty() {
        return Vec::new();
    }
    let pairs: Vec<(usize, usize)> =
        seeds.iter().map(|seed| (*pick(seed[0], &able), *pick(seed[1], &able))).collect();
    let same = |(a, b): (usize, usize), (c, d): (usize, usize)| (a, b) == (c, d) || (a, b) == (d, c);
    let mut made = Vec::new();
    for (number, (pair, seed)) in pairs.iter().zip(seeds).enumerate() {
        let is_alone = pairs.iter().filter(|other| same(**other, *pair)).count() == 1;
        let name = (!is_alone).then(|| format!("r{number}"));
        made.push(relate(models, *pair, name, *seed, names));
    }
    made
}

/// Adds one of them.
fn relate(
    models: &mut [Struct],
    (at, target): (usize, usize),
    name: Option<String>,
    seed: Seed,
    names: &mut Names,
) -> MadeTable {
    let through = once_in(3, seed[2]).then(|| names.sql(seed[2] / 3));
    let (own, other) = (snake(&models[at].name), snake(&models[target].name));
    let usual = match at == target {
        true => (format!("{own}_a_id"), format!("{own}_b_id")),
        false => (format!("{own}_id"), format!("{other}_id")),
    };
    let given = once_in(3, seed[3]).then(|| ("one".to_owned(), "another".to_owned()));
    let action = once_in(3, seed[4]).then(|| format!("on_delete = {}", pick(seed[4], &ACTIONS[..3])));
    let says = |to: &str, turned: bool| {
        let mut says = vec![to.to_owned()];
        says.extend(name.as_ref().map(|name| format!("name = {name:?}")));
        says.extend(through.as_ref().map(|name| format!("through = {name:?}")));
        says.extend(given.as_ref().map(|(one, other)| match turned {
            true => format!("columns({other}, {one})"),
            false => format!("columns({one}, {other})"),
        }));
        says.extend(action.clone());
        format!("many_to_many({})", says.join(", "))
    };
    let (there, back) = (says(&models[target].name, false), says(&models[at].name, true));
    models[at].says.push(there);
    if at != target && once_in(2, seed[5]) {
        models[target].says.push(back);
    }
    let (first, second) = given.unwrap_or(usual);
    let mut columns = vec![format!("{first}!"), format!("{second}!")];
    columns.sort();
    let mut ends = [own, other];
    ends.sort();
    let suffix = name.map(|name| format!("_{name}")).unwrap_or_default();
    let table = through.unwrap_or_else(|| format!("{}_{}{suffix}", ends[0], ends[1]));
    // The table is in the namespace of the model that tells of it first.
    let first = &models[if once_in(2, seed[5]) { at.min(target) } else { at }];
    let namespace = first.namespace.map(|name| format!("{name}.")).unwrap_or_default();
    MadeTable { name: format!("{namespace}{table}"), columns }
}

/// SQLite has no such tables.
pub(super) fn leave_unlogged(dialect: Dialect, models: &mut [Struct]) {
    for model in models {
        model.unlogged &= dialect == Dialect::Postgres;
    }
}
