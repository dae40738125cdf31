//! What the live rows say about a loss, in words.

use super::{loss, one_line};
use crate::plan::Probe;
use crate::resolve::{Facts, LossKind, LossQuestion};

/// The longest sample that is shown, in characters.
const SAMPLE: usize = 60;

/// Says what is lost, and what the live rows say of it where they were asked.
///
/// ```
/// use whimbrel_core::describe::loss_question;
/// use whimbrel_core::resolve::{Facts, Loss, LossKind, LossQuestion};
///
/// let loss = Loss { table: "logs".into(), kind: LossKind::DropTable };
/// let unasked = LossQuestion { loss, facts: None };
/// assert_eq!(loss_question(&unasked), "logs: all rows are lost");
/// let facts = Some(Facts { affected: 1, total: None, sample: None });
/// assert_eq!(loss_question(&LossQuestion { facts, ..unasked }), "logs: all rows are lost (it holds 1 row)");
/// ```
pub fn loss_question(question: &LossQuestion) -> String {
    let loss = loss(&question.loss);
    match &question.facts {
        Some(facts) => format!("{loss} ({})", told(&question.loss.kind, facts)),
        None => loss,
    }
}

fn told(kind: &LossKind, facts: &Facts) -> String {
    let rows = affected(facts);
    let (one, many, what) = match kind {
        LossKind::DropTable | LossKind::DropObject | LossKind::AddRequiredColumn { .. } => {
            return format!("it holds {rows}");
        }
        LossKind::DropColumn { .. } => ("holds", "hold", "a value"),
        LossKind::ChangeType { from, to, refuses: false } if from.sql_type == to.sql_type => {
            ("holds", "hold", "some of it")
        }
        LossKind::ChangeType { .. } => ("holds", "hold", "a value that does not convert"),
        LossKind::SetNotNull { .. } => ("holds", "hold", "NULL"),
        LossKind::AddUnique { .. } => ("shares", "share", "its key with another"),
        LossKind::AddCheck { .. } => ("breaks", "break", "it"),
        LossKind::AddExclusion { .. } => ("excludes", "exclude", "another"),
        LossKind::AddForeignKey { .. } => ("refers", "refer", "to nothing"),
        LossKind::MeetBound { within: true, .. } => ("is", "are", "beyond it"),
        LossKind::MeetBound { within: false, .. } => ("is", "are", "within it"),
        LossKind::RemoveEnumValues { .. } => ("holds", "hold", "one of them"),
    };
    let verb = if facts.affected == 1 { one } else { many };
    format!("{rows} {verb} {what}{}", sample(facts))
}

fn sample(facts: &Facts) -> String {
    let Some(text) = &facts.sample else { return String::new() };
    let text = one_line(text);
    match text.char_indices().nth(SAMPLE) {
        Some((end, _)) => format!(", such as '{}…'", &text[..end]),
        None => format!(", such as '{text}'"),
    }
}

/// `1 row`, `1,204 of 5,000 rows`, `more than 100,000 rows`.
fn affected(facts: &Facts) -> String {
    let rows = |number: u64| if number == 1 { "row" } else { "rows" };
    match facts.total {
        Some(total) if total != facts.affected => {
            format!("{} of {} {}", bounded(facts.affected), bounded(total), rows(total))
        }
        Some(_) | None => format!("{} {}", bounded(facts.affected), rows(facts.affected)),
    }
}

/// A count that stopped at the limit may be any above it.
fn bounded(number: u64) -> String {
    if number < Probe::LIMIT { grouped(number) } else { format!("more than {}", grouped(Probe::LIMIT)) }
}

/// A number with commas between its thousands.
///
/// ```
/// assert_eq!(whimbrel_core::describe::grouped(1_204_000), "1,204,000");
/// ```
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::Loss;
    use crate::schema::Column;

    #[test]
    fn facts_stand_behind_the_loss() {
        let column = || "age".to_owned();
        let cases = [
            (LossKind::DropTable, 1, None, None, "users: all rows are lost (it holds 1 row)"),
            (
                LossKind::DropColumn { column: column() },
                1204,
                Some(5000),
                Some("a\nb"),
                "users.age: all values are lost (1,204 of 5,000 rows hold a value, such as 'a b')",
            ),
            (
                LossKind::SetNotNull { column: column(), fillable: true },
                1,
                Some(3),
                None,
                "users.age: NULLs become the default (1 of 3 rows holds NULL)",
            ),
            (
                LossKind::DropColumn { column: column() },
                Probe::LIMIT,
                Some(Probe::LIMIT),
                None,
                "users.age: all values are lost (more than 100,000 rows hold a value)",
            ),
            (
                LossKind::ChangeType {
                    from: Box::new(Column::new("home", "address")),
                    to: Box::new(Column::new("home", "address")),
                    refuses: false,
                },
                1,
                Some(2),
                Some("(Bonn,53111)"),
                "users.home: what address no longer has is lost \
                 (1 of 2 rows holds some of it, such as '(Bonn,53111)')",
            ),
            (
                LossKind::DropColumn { column: column() },
                7,
                Some(Probe::LIMIT),
                None,
                "users.age: all values are lost (7 of more than 100,000 rows hold a value)",
            ),
        ];
        for (kind, affected, total, sample, expected) in cases {
            let facts = Facts { affected, total, sample: sample.map(str::to_owned) };
            let question = LossQuestion { loss: Loss { table: "users".into(), kind }, facts: Some(facts) };
            assert_eq!(loss_question(&question), expected);
        }
    }

    #[test]
    fn a_long_sample_is_cut() {
        let facts = Facts { affected: 2, total: None, sample: Some("ä".repeat(100)) };
        let loss = Loss { table: "t".into(), kind: LossKind::DropColumn { column: "a".into() } };
        let told = loss_question(&LossQuestion { loss, facts: Some(facts) });
        assert!(told.ends_with(&format!("such as '{}…')", "ä".repeat(SAMPLE))), "{told}");
    }
}
