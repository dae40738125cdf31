//! Enums on engines that have no such type: a check that lists the values of a
//! column, as [`build`](crate::build) writes it.

use std::collections::{BTreeMap, BTreeSet};

use whimbrel_core::dialect::Dialect;
use whimbrel_core::name::ObjectName;
use whimbrel_core::schema::{Check, EnumType, Schema, Table};
use whimbrel_core::sql::tokens;

use super::idents;
use crate::build::enum_condition;

/// The enum of each column that has one by a check: by table and column.
pub(super) type OfColumns = BTreeMap<(ObjectName, String), ObjectName>;

/// Takes the checks that are enums out of a schema, and adds the enums to it.
/// Columns of one name that list the same values are of one enum.
pub(super) fn take(dialect: Dialect, schema: &mut Schema, besides: &BTreeSet<ObjectName>) -> OfColumns {
    let mut found = OfColumns::new();
    match dialect {
        Dialect::Postgres => return found,
        Dialect::Sqlite => {}
    }
    let mut taken = BTreeSet::new();
    for table in schema.tables.iter_mut().filter(|table| !besides.contains(&table.name)) {
        for (column, values) in take_of_table(dialect, table) {
            let same = |def: &&EnumType| def.values == values && idents::is_numbered(&def.name.name, &column);
            let name = match schema.enums.iter().find(same) {
                Some(def) => def.name.clone(),
                None => {
                    let name = ObjectName::new(idents::unique(&column, &mut taken));
                    schema.enums.push(EnumType { name: name.clone(), values, comment: None });
                    name
                }
            };
            found.insert((table.name.clone(), column), name);
        }
    }
    found
}

fn take_of_table(dialect: Dialect, table: &mut Table) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    let columns = &table.columns;
    table.checks.retain(|check| {
        let list = columns
            .iter()
            .filter(|column| dialect.same_type(&column.sql_type, "TEXT"))
            .filter(|column| found.iter().all(|(other, _)| *other != column.name))
            .find_map(|column| Some((column.name.clone(), values(dialect, check, &column.name)?)));
        let is_other = list.is_none();
        found.extend(list);
        is_other
    });
    found
}

/// The values that a check lists for a column, if that is all it does.
fn values(dialect: Dialect, check: &Check, column: &str) -> Option<Vec<String>> {
    if check.name.is_some() || check.comment.is_some() {
        return None;
    }
    let all = tokens(check.expression.as_str(), dialect.lexicon());
    let values: Vec<String> = all.filter_map(|token| Some(token.string()?.into_owned())).collect();
    let distinct: BTreeSet<&String> = values.iter().collect();
    let usable = !values.is_empty() && distinct.len() == values.len();
    let same = dialect.same_sql(&enum_condition(dialect, column, &values), check.expression.as_str());
    (usable && same).then_some(values)
}
