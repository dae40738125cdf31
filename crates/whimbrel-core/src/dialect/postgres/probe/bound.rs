//! Which rows are within the bound of a partition.

use super::super::ddl::{condition, is_call};
use super::super::mention::mentions;
use super::super::rules::regclass;
use super::{Rows, affected};
use crate::name::ObjectName;
use crate::plan::Probe;
use crate::schema::{PartitionBy, PartitionStrategy};
use crate::sql::{Lexicon, TokenKind, tokens};

/// The rows of a table that are within a bound, or beyond it; `None` if that
/// cannot be said without the partitioned table.
pub(super) fn probe(rows: &Rows<'_>, parent: &ObjectName, bound: &str, within: bool) -> Option<Probe> {
    let by = rows.pair.to.table(parent)?.partition_by.as_ref()?;
    let live = rows.pair.from.table(rows.live_table(parent));
    let live = live.filter(|live| live.partition_by.is_some()).map(|live| &live.name);
    let found = mentions(by.key.as_str());
    rows.knows(&found).then_some(())?;
    let source = rows.select(&found.words)?;
    let is_within = is_within(by, bound, live)?;
    let wanted = if within { format!("({is_within}) IS NOT TRUE") } else { is_within };
    let value = format!("concat_ws(', ', {})", by.key);
    Some(Probe::new(affected(&source, &wanted, &value, &rows.table())))
}

/// The condition under which a row is within a bound.
fn is_within(by: &PartitionBy, bound: &str, live: Option<&ObjectName>) -> Option<String> {
    let keys = keys(by.key.as_str())?;
    let mut lists = lists(bound)?.into_iter();
    let first = lists.next()?;
    match by.strategy {
        PartitionStrategy::List => {
            let [key] = &keys[..] else { return None };
            let (nulls, values): (Vec<_>, Vec<_>) = first.into_iter().partition(|one| one == "NULL");
            let among = (!values.is_empty()).then(|| format!("{key} IN ({})", values.join(", ")));
            let null = (!nulls.is_empty()).then(|| format!("{key} IS NULL"));
            Some(among.into_iter().chain(null).collect::<Vec<_>>().join(" OR "))
        }
        PartitionStrategy::Range => {
            let known = keys.iter().map(|key| format!("{key} IS NOT NULL"));
            let from = side(&keys, &first, [">", ">="]);
            let to = side(&keys, &lists.next()?, ["<=", "<"]);
            Some(known.chain(from).chain(to).collect::<Vec<_>>().join(" AND "))
        }
        PartitionStrategy::Hash => {
            let numbers: Vec<_> = first.iter().filter_map(|one| one.split_once(' ')).collect();
            let [(_, modulus), (_, remainder)] = numbers[..] else { return None };
            let keys = keys.join(", ");
            Some(format!("satisfies_hash_partition({}, {modulus}, {remainder}, {keys})", regclass(live?)))
        }
    }
}

/// One side of a range: up to where it is open, `operators` being what then holds
/// behind a MAXVALUE, and what holds otherwise.
fn side(keys: &[String], values: &[String], operators: [&str; 2]) -> Option<String> {
    let open = |value: &&String| matches!(value.as_str(), "MINVALUE" | "MAXVALUE");
    let given: Vec<_> = values.iter().take_while(|value| !open(value)).map(String::as_str).collect();
    let is_max = values.get(given.len()).is_some_and(|value| value == "MAXVALUE");
    let operator = if is_max { operators[0] } else { operators[1] };
    let keys = keys.get(..given.len())?.join(", ");
    (!given.is_empty()).then(|| format!("({keys}) {operator} ({})", given.join(", ")))
}

/// The parts of a key; `None` if one says how it is compared, which a condition
/// would have to say too.
fn keys(key: &str) -> Option<Vec<String>> {
    let parts = lists(&format!("({key})"))?.into_iter().next()?;
    let is_plain = |part: &String| {
        let words = tokens(part, Lexicon::POSTGRES).filter(|token| token.kind != TokenKind::Whitespace);
        words.count() == 1 || condition(part) != part || is_call(part)
    };
    parts.iter().all(is_plain).then_some(parts)
}

/// What stands in each pair of outer parentheses, split at its commas.
fn lists(text: &str) -> Option<Vec<Vec<String>>> {
    let mut all: Vec<Vec<String>> = Vec::new();
    let (mut depth, mut begin) = (0_usize, 0);
    for token in tokens(text, Lexicon::POSTGRES) {
        let ends = depth == 1 && (token.is_punct(",") || token.is_punct(")"));
        if ends {
            all.last_mut()?.push(text[begin..token.offset].trim().to_owned());
            begin = token.end();
        }
        if token.is_punct("(") {
            depth += 1;
            if depth == 1 {
                all.push(Vec::new());
                begin = token.end();
            }
        } else if token.is_punct(")") {
            depth = depth.checked_sub(1)?;
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(by: &str, bound: &str, expected: Option<&str>) {
        let by = PartitionBy::parse(by).expect("a key");
        let live = ObjectName::new("t");
        assert_eq!(is_within(&by, bound, Some(&live)).as_deref(), expected, "{by}: {bound}");
    }

    #[test]
    fn bounds_are_conditions() {
        check("LIST (a)", "FOR VALUES IN ('x', 'y, (z')", Some("a IN ('x', 'y, (z')"));
        check("LIST (lower(a))", "FOR VALUES IN ('x', NULL)", Some("lower(a) IN ('x') OR lower(a) IS NULL"));
        check("RANGE (a)", "FOR VALUES FROM (1) TO (5)", Some("a IS NOT NULL AND (a) >= (1) AND (a) < (5)"));
        check(
            "RANGE (a, b)",
            "FOR VALUES FROM (1, MINVALUE) TO (5, MAXVALUE)",
            Some("a IS NOT NULL AND b IS NOT NULL AND (a) >= (1) AND (a) <= (5)"),
        );
        check(
            "RANGE (a, ((b + 1)))",
            "FOR VALUES FROM (MINVALUE, MINVALUE) TO (5, 6)",
            Some("a IS NOT NULL AND ((b + 1)) IS NOT NULL AND (a, ((b + 1))) < (5, 6)"),
        );
        check(
            "HASH (a)",
            "FOR VALUES WITH (modulus 4, remainder 1)",
            Some("satisfies_hash_partition('\"t\"'::regclass, 4, 1, a)"),
        );
        check("LIST (a COLLATE \"C\")", "FOR VALUES IN ('x')", None);
        check("LIST (a)", "DEFAULT", None);
    }
}
