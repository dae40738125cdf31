//! Renames of tables and columns.

use std::collections::BTreeMap;

use super::ddl;
use super::lower::{names, relation, whole_schema};
use super::text::fold;
use super::work::{TableWork, Work};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::plan::{Action, Step};

/// Renames of tables, and of columns after them.
pub(super) fn rename_actions(work: &Work<'_>) -> Vec<Action> {
    let mut actions: BTreeMap<String, Action> = BTreeMap::new();
    for (from, to) in untangle(&work.renamed, |name| work.free_name(name)) {
        let mut action = Action::about(&ObjectName::new(to.as_str()));
        action.steps.push(Step::new(ddl::rename_table(&from, &to)));
        action.drops.push(relation(&from));
        action.creates.extend([relation(&to), names(&to)]);
        action.alters.push(whole_schema());
        actions.insert(fold(&to).into_owned(), action);
    }
    for (key, table) in work.altered.iter().filter(|(_, table)| !table.renamed.is_empty()) {
        let action = actions.entry(key.clone()).or_insert_with(|| Action {
            alters: vec![relation(table.name()), whole_schema()],
            creates: vec![names(table.name())],
            ..Action::about(&table.from.name)
        });
        let free = |name: &str| free_column(table, name);
        for (from, to) in untangle(&table.renamed, free) {
            action.steps.push(Step::new(ddl::rename_column(table.name(), &from, &to)));
        }
    }
    actions.into_values().collect()
}

fn free_column(table: &TableWork<'_>, name: &str) -> String {
    let taken = |name: &String| {
        let columns = table.from.columns.iter().chain(&table.to.columns);
        columns.into_iter().any(|column| Dialect::Sqlite.same_ident(&column.name, name))
    };
    let names = (1..).map(|number| format!("__old_{name}_{number}"));
    names.into_iter().find(|name| !taken(name)).expect("the numbers do not end before the names do")
}

/// Puts renames into an order in which every new name is free when it is
/// taken; where names are exchanged, one goes by way of a free name.
fn untangle(renames: &[(&str, &str)], free: impl Fn(&str) -> String) -> Vec<(String, String)> {
    let mut left: Vec<(String, String)> =
        renames.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    left.sort();
    let mut out = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let is_free = |to: &str| !left.iter().any(|(from, _)| Dialect::Sqlite.same_ident(from, to));
        match left.iter().position(|(_, to)| is_free(to)) {
            Some(at) => out.push(left.remove(at)),
            None => {
                let between = free(&left[0].0);
                let from = std::mem::replace(&mut left[0].0, between.clone());
                out.push((from, between));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(renames: &[(&str, &str)], expected: &[(&str, &str)]) {
        let found = untangle(renames, |name| format!("tmp_{name}"));
        let found: Vec<_> = found.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn renames_wait_until_their_new_name_is_free() {
        check(&[("a", "x"), ("b", "y")], &[("a", "x"), ("b", "y")]);
        check(&[("a", "b"), ("b", "c")], &[("b", "c"), ("a", "b")]);
    }

    #[test]
    fn exchanged_names_go_by_way_of_a_free_one() {
        check(&[("a", "b"), ("B", "A")], &[("B", "tmp_B"), ("a", "b"), ("tmp_B", "A")]);
    }
}
