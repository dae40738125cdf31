//! A plan as people read it: what changes, table by table, what to beware of,
//! and a line that sums it up.

use anstyle::{AnsiColor, Style};
use whimbrel::core::change::Change;
use whimbrel::core::describe::{self, Block, Line, Sign};
use whimbrel::core::name::ObjectName;
use whimbrel::core::plan::{Hazard, Plan, Proof};

use super::count;
use crate::term::Term;

/// Everything a plan has to say, a block a table.
pub(crate) fn text(term: &Term, changes: &[Change], plan: &Plan, proof: &Proof) -> String {
    let mut hazards: Vec<&Hazard> = plan.steps().flat_map(|step| &step.hazards).collect();
    hazards.dedup();
    let mut page = Page { term, text: String::new() };
    for block in describe::describe(changes) {
        page.block(&block);
        hazards.retain(|hazard| {
            let belongs = block.table.as_ref().is_some_and(|table| is_about(hazard, table));
            if belongs {
                page.hazard(hazard);
            }
            !belongs
        });
    }
    for hazard in hazards {
        page.hazard(hazard);
    }
    page.text + "\n" + &summary(changes, plan, proof) + "\n"
}

/// What changes, a block a table, and nothing else.
pub(crate) fn blocks(term: &Term, changes: &[Change]) -> String {
    let mut page = Page { term, text: String::new() };
    describe::describe(changes).iter().for_each(|block| page.block(block));
    page.text
}

/// `3 changes in 5 statements, proof: exact`.
fn summary(changes: &[Change], plan: &Plan, proof: &Proof) -> String {
    let statements = count(plan.steps().count() as u64, "statement");
    format!("{} in {statements}, proof: {proof}", count(changes.len() as u64, "change"))
}

fn is_about(hazard: &Hazard, table: &ObjectName) -> bool {
    let subject = hazard.subject();
    let rest = [table.to_string(), describe::object_name(table)]
        .into_iter()
        .find_map(|name| subject.strip_prefix(name.as_str()));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ' ', '(']))
}

/// Text in the making.
struct Page<'a> {
    term: &'a Term,
    text: String,
}

impl Page<'_> {
    fn block(&mut self, block: &Block) {
        self.line("", block.sign.symbol(), style_of(block.sign).bold(), &block.title);
        // New columns come first; what follows them has no type to align.
        let columns = block.lines.iter().map_while(new_column);
        let width = columns.clone().map(|name| name.chars().count()).max().unwrap_or(0);
        let columns = columns.count();
        for (at, line) in block.lines.iter().enumerate() {
            let text = if at < columns { aligned(line, width) } else { line.text.clone() };
            self.line("    ", line.sign.symbol(), style_of(line.sign), &text);
        }
    }

    fn hazard(&mut self, hazard: &Hazard) {
        let colour = if hazard.loses_data() { AnsiColor::Red } else { AnsiColor::Yellow };
        self.line("    ", '!', colour.on_default(), &describe::one_line(&hazard.to_string()));
    }

    /// One line, broken where the terminal ends.
    fn line(&mut self, indent: &str, sign: char, style: Style, text: &str) {
        let first = format!("{indent}{sign} ");
        let hanging = format!("{indent}      ");
        let text = match self.term.width {
            None => first + text,
            Some(width) => {
                let options =
                    textwrap::Options::new(width).initial_indent(&first).subsequent_indent(&hanging);
                textwrap::fill(text, options)
            }
        };
        self.text.push_str(&format!("{style}{text}{style:#}\n"));
    }
}

/// The name of a new column, which is told with its type after a colon.
fn new_column(line: &Line) -> Option<&str> {
    let (name, _) = line.text.split_once(": ")?;
    (line.sign == Sign::Add && !name.contains(' ')).then_some(name)
}

/// The types of new columns stand below each other.
fn aligned(line: &Line, width: usize) -> String {
    match new_column(line) {
        Some(name) => {
            let rest = &line.text[name.len() + 1..];
            let padding = width - name.chars().count();
            format!("{name}:{:padding$}{rest}", "")
        }
        None => line.text.clone(),
    }
}

fn style_of(sign: Sign) -> Style {
    match sign {
        Sign::Add => AnsiColor::Green.on_default(),
        Sign::Alter => AnsiColor::Yellow.on_default(),
        Sign::Drop => AnsiColor::Red.on_default(),
    }
}

#[cfg(test)]
mod tests {
    use whimbrel::core::plan::{Batch, ForeignKeys, Step};
    use whimbrel::core::schema::{Column, Table};

    use super::*;

    fn example() -> (Vec<Change>, Plan) {
        let tags = Table {
            columns: vec![Column::new("id", "INTEGER"), Column::new("label", "TEXT")],
            ..Table::new("tags")
        };
        let changes = vec![
            Change::CreateTable { table: tags },
            Change::DropColumn { table_name: "posts".into(), column_name: "draft".into() },
        ];
        let loss = Hazard::LosesColumn { subject: "posts.draft".into() };
        let steps = vec![
            Step::new("CREATE TABLE \"tags\" (...)"),
            Step::new("ALTER TABLE \"posts\" DROP COLUMN \"draft\"").with(loss),
        ];
        let batch = Batch { transaction: true, foreign_keys: ForeignKeys::AsIs, steps };
        (changes, Plan { batches: vec![batch], ..Plan::default() })
    }

    fn rendered(width: Option<usize>) -> String {
        let (changes, plan) = example();
        let term = Term { program: "whimbrel", interactive: false, stderr: false, colour: false, width };
        anstream::adapter::strip_str(&text(&term, &changes, &plan, &Proof::Lossy)).to_string()
    }

    #[test]
    fn hazards_stand_in_the_block_of_their_table() {
        assert_eq!(
            rendered(None),
            "\
+ create tags
    + id:    INTEGER
    + label: TEXT
~ alter posts
    - draft
    ! posts.draft: all values are lost

2 changes in 2 statements, proof: lossy
"
        );
    }

    #[test]
    fn a_narrow_terminal_breaks_lines() {
        let text = rendered(Some(28));
        assert!(text.contains("    ! posts.draft: all\n          values are lost\n"), "{text}");
    }
}
