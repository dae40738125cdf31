//! How alike two things are, from 0 to 100: what orders the candidates of a
//! question. Nothing is decided by it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::column::{self, Placed};
use crate::dialect::Dialect;
use crate::pair::Pair;
use crate::schema::{Column, Table};

/// What the likeness of a thing to others rests on, taken apart once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Traits<'a> {
    name: &'a str,
    letters: Vec<char>,
    words: BTreeSet<String>,
    /// The names of what is in it: columns of a table, values of an enum.
    parts: BTreeSet<Cow<'a, str>>,
}

impl<'a> Traits<'a> {
    pub(super) fn new(name: &'a str, parts: impl IntoIterator<Item = Cow<'a, str>>) -> Self {
        Self { name, letters: letters(name), words: words(name), parts: parts.into_iter().collect() }
    }

    /// Whatever is likely to be found in things that are alike.
    pub(super) fn marks(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str).chain(self.parts.iter().map(AsRef::as_ref))
    }
}

/// How alike two tables or enums are: by their columns or values, then by their
/// names.
pub(super) fn of_wholes(lost: &Traits<'_>, gained: &Traits<'_>) -> u8 {
    weigh(&[(60, overlap(&lost.parts, &gained.parts)), (40, of_names(lost, gained))])
}

/// How alike a lost and a gained column of one table are: by name, type,
/// position, part in the keys, and whatever else is said of them. `names` is how
/// alike their names are.
pub(super) fn of_columns(
    dialect: Dialect,
    pair: Pair<&Table>,
    names: u8,
    lost: &Placed<'_>,
    gained: &Placed<'_>,
) -> u8 {
    let (a, b) = (lost.column, gained.column);
    weigh(&[
        (50, names),
        (25, of_types(dialect, &a.sql_type, &b.sql_type)),
        (10, of_positions(lost.position, gained.position)),
        (5, all_if(is_key(pair.from, a) == is_key(pair.to, b))),
        (10, of_properties(dialect, a, b)),
    ])
}

/// How alike two values of one enum are: by name and position.
pub(super) fn of_enum_values(names: u8, lost: usize, gained: usize) -> u8 {
    weigh(&[(80, names), (20, of_positions(lost, gained))])
}

/// The mean of likenesses, each with its weight.
fn weigh(parts: &[(u32, u8)]) -> u8 {
    let total: u32 = parts.iter().map(|(weight, _)| weight).sum();
    let sum: u32 = parts.iter().map(|(weight, likeness)| weight * u32::from(*likeness)).sum();
    percent(sum, total * 100)
}

fn percent(part: u32, whole: u32) -> u8 {
    let share = (part * 100 + whole / 2).checked_div(whole).unwrap_or(100).min(100);
    u8::try_from(share).expect("it is at most 100")
}

fn all_if(same: bool) -> u8 {
    if same { 100 } else { 0 }
}

fn count(items: usize) -> u32 {
    u32::try_from(items).unwrap_or(u32::MAX / 200).min(u32::MAX / 200)
}

/// The share of two sets that is common to both (the Jaccard index).
fn overlap<T: Ord>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> u8 {
    let common = a.intersection(b).count();
    percent(count(common), count(a.len() + b.len() - common))
}

/// How alike two names are: by their words, and by their letters.
pub(super) fn of_names(a: &Traits<'_>, b: &Traits<'_>) -> u8 {
    if a.name == b.name {
        return 100;
    }
    let by_words = of_words(&a.words, &b.words);
    by_words.max(edits(&a.letters, &b.letters)).max(prefix(&a.letters, &b.letters)).min(95)
}

/// The letters and digits of a name, in lower case.
fn letters(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).take(LONGEST).collect()
}

/// Letters beyond this many are not looked at: PostgreSQL's longest names.
const LONGEST: usize = 63;

/// The words of a name: `user_id`, `userId` and `USER ID` have the same two.
fn words(name: &str) -> BTreeSet<String> {
    let mut words = vec![String::new()];
    let mut before_is_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before_is_lower) {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("it starts with one word").extend(c.to_lowercase());
        }
        before_is_lower = c.is_lowercase();
    }
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

fn of_words(a: &BTreeSet<String>, b: &BTreeSet<String>) -> u8 {
    let common = a.intersection(b).count();
    let all_of_one = common > 0 && common == a.len().min(b.len());
    let part = overlap(a, b);
    if all_of_one { part.max(60) } else { part }
}

/// The share of letters that stay when one text is edited into the other
/// (from the Levenshtein distance).
fn edits(a: &[char], b: &[char]) -> u8 {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    let longest = a.len().max(b.len());
    percent(count(longest - row[b.len()]), count(longest))
}

/// `nick` begins `nickname`: more alike than the letters alone say.
fn prefix(a: &[char], b: &[char]) -> u8 {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() >= 3 && long.starts_with(short) { 75 } else { 0 }
}

fn of_types(dialect: Dialect, a: &str, b: &str) -> u8 {
    if column::same_type(dialect, a, b) {
        100
    } else if base(a) == base(b) {
        80
    } else if family(a) == family(b) {
        50
    } else {
        0
    }
}

/// A type without its parameters.
fn base(sql_type: &str) -> String {
    sql_type.split('(').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// What a type is about, in the manner of SQLite's affinities.
fn family(sql_type: &str) -> Option<usize> {
    const FAMILIES: [&[&str]; 6] = [
        &["int", "serial"],
        &["char", "text", "clob", "string"],
        &["real", "floa", "doub", "numeric", "decimal", "money"],
        &["time", "date"],
        &["bool"],
        &["json"],
    ];
    let name = sql_type.to_ascii_lowercase();
    FAMILIES.iter().position(|marks| marks.iter().any(|mark| name.contains(mark)))
}

fn of_positions(a: usize, b: usize) -> u8 {
    const LIKENESS: [u8; 4] = [100, 60, 40, 20];
    LIKENESS.get(a.abs_diff(b)).copied().unwrap_or(0)
}

fn is_key(table: &Table, column: &Column) -> bool {
    let of_primary_key = table.primary_key.iter().flat_map(|key| &key.columns);
    let of_foreign_keys = table.foreign_keys.iter().flat_map(|key| &key.columns);
    of_primary_key.filter_map(|part| part.column_name()).any(|name| name == column.name)
        || of_foreign_keys.into_iter().any(|name| *name == column.name)
}

fn of_properties(dialect: Dialect, a: &Column, b: &Column) -> u8 {
    let defaults = Pair::new(a, b).map(column::real_default);
    let same = [
        a.nullable == b.nullable,
        column::same_expression(dialect, defaults.from, defaults.to),
        a.generated.is_some() == b.generated.is_some(),
        a.identity.is_some() == b.identity.is_some() && a.auto_increment == b.auto_increment,
    ];
    percent(count(same.iter().filter(|same| **same).count()), count(same.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_by_words_and_letters() {
        let cases = [
            ("nick", "nick", 100..=100),
            ("user_id", "userId", 95..=95),
            ("created_at", "createdAt", 95..=95),
            ("nick", "nickname", 70..=80),
            ("email", "email_address", 75..=80),
            ("address", "email_address", 60..=65),
            ("colour", "color", 80..=90),
            ("id", "created_at", 0..=20),
            ("a", "b", 0..=0),
            ("", "b", 0..=0),
            ("straße", "STRASSE", 60..=80),
        ];
        for (a, b, expected) in cases {
            let (one, other) = (Traits::new(a, []), Traits::new(b, []));
            let likeness = of_names(&one, &other);
            assert!(expected.contains(&likeness), "{a} and {b}: {likeness}");
            assert_eq!(likeness, of_names(&other, &one), "{a} and {b}");
        }
    }

    #[test]
    fn types_are_alike_by_base_and_family() {
        let cases = [
            ("INTEGER", "integer", 100),
            ("varchar(20)", "VARCHAR(40)", 80),
            ("integer", "bigint", 50),
            ("text", "varchar(20)", 50),
            ("text", "integer", 0),
        ];
        for (a, b, expected) in cases {
            assert_eq!(of_types(Dialect::Sqlite, a, b), expected, "{a} and {b}");
        }
    }

    #[test]
    fn the_same_columns_make_tables_alike() {
        let table = |name, columns: &[&'static str]| {
            Traits::new(name, columns.iter().map(|name| Cow::Borrowed(*name)).collect::<Vec<_>>())
        };
        let users = table("users", &["id", "name", "email"]);
        let people = of_wholes(&users, &table("people", &["id", "name", "email"]));
        let user = of_wholes(&users, &table("user", &["id", "name", "email", "age"]));
        let orders = of_wholes(&users, &table("orders", &["id", "total", "user_id"]));
        assert!(user > people && people > orders, "{user} {people} {orders}");
    }

    #[test]
    fn a_column_is_likelier_with_more_in_common() {
        let tables = Pair::new(Table::new("t"), Table::new("t"));
        let column = |name: &str, sql_type: &str| Column::new(name, sql_type);
        let gained = column("nickname", "text");
        let alike = |lost: Column, position| {
            let names = of_names(&Traits::new(&lost.name, []), &Traits::new(&gained.name, []));
            let (lost, gained) =
                (Placed { position, column: &lost }, Placed { position: 1, column: &gained });
            of_columns(Dialect::Sqlite, tables.as_ref(), names, &lost, &gained)
        };
        assert_eq!(alike(column("nickname", "text"), 1), 100);
        let near = alike(column("nick", "text"), 1);
        let far = alike(column("nick", "text"), 4);
        let other_type = alike(column("nick", "integer"), 1);
        let other_name = alike(column("age", "text"), 1);
        assert!(
            near > far && far > other_type && near > other_name,
            "{near} {far} {other_type} {other_name}"
        );
    }
}
