//! Rows of a composite type whose attributes do not all survive a change of it.

use super::super::domain::{RowType, resolved};
use super::super::rules::ident;
use super::super::types::same;
use super::convert::Conversion;
use super::rows::Rows;

/// The condition under which a value loses a part, or has a part that is refused.
///
/// `None` if the values are no rows, or none of their parts is refused. Where no query can tell whether an attribute is
/// altered, it is taken to be where it holds something.
pub(super) fn condition(rows: &Rows<'_>, value: &str, types: (&str, &str), refuses: bool) -> Option<String> {
    let row_types = (RowType::of(rows.pair.from, types.0), RowType::of(rows.pair.to, types.1));
    let (Some(_), Some(_)) = row_types else { return None };
    let mut found = Vec::new();
    Search { rows, refuses }.collect(value, types, 0, &mut found);
    match found.is_empty() {
        // It may still break the condition of a domain.
        true => (!refuses).then(|| "false".to_owned()),
        false => Some(found.join(" OR ")),
    }
}

struct Search<'a> {
    rows: &'a Rows<'a>,
    refuses: bool,
}

impl Search<'_> {
    fn collect(&self, value: &str, (from, to): (&str, &str), depth: usize, found: &mut Vec<String>) {
        let pair = self.rows.pair;
        match (RowType::of(pair.from, from), RowType::of(pair.to, to)) {
            (Some(old), Some(new)) if old.array == new.array => {
                let element = format!("element_{depth}");
                let mut within = Vec::new();
                let row = if old.array { &element } else { value };
                for (attribute, from) in old.attributes {
                    let value = format!("({row}).{}", ident(attribute));
                    match new.attribute(attribute) {
                        Some(to) => self.collect(&value, (from, to), depth + 1, &mut within),
                        None if !self.refuses => within.push(format!("{value} IS DISTINCT FROM NULL")),
                        None => {}
                    }
                }
                if !old.array {
                    found.append(&mut within);
                } else if !within.is_empty() {
                    let any = within.join(" OR ");
                    found.push(format!("EXISTS (SELECT FROM unnest({value}) AS {element} WHERE {any})"));
                }
            }
            _ if same(from, to) => {}
            _ => self.converted(value, (from, to), found),
        }
    }

    fn converted(&self, value: &str, (from, to): (&str, &str), found: &mut Vec<String>) {
        let (from, to) = (resolved(self.rows.pair.from, from).0, resolved(self.rows.pair.to, to).0);
        let conversion = Conversion { value, from: &from, to: &to };
        let holds = || format!("{value} IS DISTINCT FROM NULL");
        found.push(match self.refuses {
            false => conversion.alters().unwrap_or_else(holds),
            // Only the cast itself can tell: it fails, or is not NULL.
            true => conversion
                .fails()
                .unwrap_or_else(|| format!("{} AND {} IS NULL", holds(), conversion.cast_to(&to.spelled()))),
        });
    }
}
