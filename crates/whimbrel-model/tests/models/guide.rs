//! The guide `docs/models.md` tells what becomes of each type and attribute: its
//! tables are what is made of them today.
//!
//! A row that is out of date is shown as it would have to be.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::diff::{Renames, diff};
use whimbrel_core::pair::Pair;
use whimbrel_core::plan::plan;
use whimbrel_core::schema::Schema;

use crate::support::built;

const GUIDE: &str = include_str!("../../../../docs/models.md");

/// What the rows speak of besides their own model.
const OTHERS: &str = "
#[derive(DbEnum)] enum Role { Admin, Member }
#[derive(Embedded)] struct Address { street: String, zip: String }
#[derive(Embedded)] struct Price { #[column(check(\"net > 0\", name = \"has_net\"))] net: i64, \
                                   #[column(check = \"tax < net\")] tax: i64 }
#[derive(Model)] struct User { #[column(primary_key)] id: i64, #[column(unique)] email: String }
#[derive(Model)] struct Tag { #[column(primary_key)] id: i64 }
";

/// The rows of the table that stands behind a heading, as cells.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let (_, behind) = GUIDE.split_once(&format!("\n{heading}\n")).expect("the guide has the heading");
    let lines =
        behind.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
    lines.skip(2).map(cells).collect()
}

/// What stands between backticks in a cell.
fn codes(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The lines of SQL that make the models of a text, or the first thing that is
/// wrong with them.
fn lines(dialect: Dialect, text: &str) -> Result<Vec<String>, String> {
    let schema =
        built(dialect, &format!("{OTHERS}{text}")).map_err(|problems| problems[0].message.clone())?.schema;
    let empty = Schema::default();
    let pair = Pair::new(&empty, &schema);
    let changes = diff(dialect, pair, &Renames::default()).changes;
    let plan = plan(dialect, pair, &changes).map_err(|error| error.to_string())?;
    let lines = plan.steps().flat_map(|step| step.sql.lines().map(str::to_owned).collect::<Vec<_>>());
    Ok(lines.map(|line| line.trim().trim_end_matches([',', ';']).to_owned()).collect())
}

/// The cell that says what is new in the SQL of `text` against that of `base`.
fn cell(dialect: Dialect, base: &str, text: &str) -> String {
    let mut known = lines(dialect, base).expect("the plain model is right");
    let lines = match lines(dialect, text) {
        Ok(lines) => lines,
        Err(message) => return format!("refused: {message}"),
    };
    let is_new = |line: &String| match known.iter().position(|other| other == line) {
        Some(at) => {
            known.remove(at);
            false
        }
        None => line != ")",
    };
    let new: Vec<String> = lines.into_iter().filter(is_new).map(|line| format!("`{line}`")).collect();
    if new.is_empty() { "nothing".to_owned() } else { new.join("<br>") }
}

/// The plain model and the one with what a row says.
fn models(row: &str) -> (String, String) {
    let id = "#[column(primary_key)] id: i64";
    let fields = format!("{{ {id}, name: String, price: i64, born: Option<NaiveDate> }}");
    let item = |attribute: &str, fields: &str| format!("#[derive(Model)] {attribute} struct Item {fields}");
    if row.starts_with("#[model(primary_key") {
        let fields = fields.replace("#[column(primary_key)] ", "");
        return (item("#[model(no_primary_key)]", &fields), item(row, &fields));
    }
    if row.starts_with("#[model(no_primary_key") {
        let without = fields.replace("#[column(primary_key)] ", "");
        return (item("", &fields), item(row, &without));
    }
    if row.starts_with("#[") && !row.starts_with("#[column") {
        let row = row.strip_suffix(" struct ...").unwrap_or(row);
        return (item("", &fields), item(row, &fields));
    }
    let is_id = row.ends_with(" id: i64");
    let base = item("", &format!("{{ {id} }}"));
    let with = if is_id { format!("{{ {row} }}") } else { format!("{{ {id}, {row} }}") };
    (base, item("", &with))
}

#[test]
fn every_attribute_becomes_what_the_guide_says() {
    for row in rows("## What becomes of it") {
        let code = codes(row[0])[0];
        let (base, text) = models(code);
        let made = [Dialect::Postgres, Dialect::Sqlite].map(|dialect| cell(dialect, &base, &text));
        let made = format!("| `{code}` | {} | {} |", made[0], made[1]);
        assert_eq!(format!("| {} |", row.join(" | ")), made);
    }
}

#[test]
fn every_type_becomes_what_the_guide_says() {
    for row in rows("### Types") {
        let written = [codes(row[0]), codes(row[1])].concat();
        for (index, one) in written.iter().enumerate() {
            let is_told = index >= codes(row[0]).len();
            let field = match is_told {
                true => format!("#[column(type = {one})] field: Own"),
                false => format!("field: {one}"),
            };
            let field = field.replace("Vec<T>", "Vec<i64>");
            let text = format!("#[derive(Model)] #[model(no_primary_key)] struct T {{ {field} }}");
            for (dialect, expected) in [(Dialect::Postgres, row[2]), (Dialect::Sqlite, row[3])] {
                let table = built(dialect, &format!("{OTHERS}{text}")).expect("the row is right").schema;
                let table = table.tables.into_iter().find(|table| table.name.name == "t");
                let expected = expected.replace("T[]", "bigint[]");
                let found = table.expect("it is a model").columns[0].sql_type.clone();
                let sizes = |text: &str| text.split('(').next().unwrap_or_default().to_owned();
                // A word without its numbers stands for all that have some.
                let same = found == expected || sizes(&found) == expected;
                assert!(same, "`{one}` is {found} on {dialect}, and not {expected}");
            }
        }
    }
}
