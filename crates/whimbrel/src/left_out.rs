//! Says what of a desired schema is left out, since its kind is not managed.
//!
//! What the other side has as well is no loss, and not spoken of: somebody has
//! seen to it.

use std::collections::BTreeMap;

use whimbrel_core::describe::counted;
use whimbrel_core::schema::LeftAlone;

use crate::desired::{Desired, Found};
use crate::error::Error;
use crate::history::History;
use crate::migrator::Migrator;

/// How many of a kind are named.
const NAMED: usize = 6;

/// The note on what `desired` has besides its schema and `there` has not; nothing
/// if there is no such thing. Who owns what is made is said only where
/// something is.
pub(crate) fn left_out(desired: &Desired, there: &[LeftAlone], is_made: bool) -> Option<String> {
    let is_told =
        |found: &&Found| !found.what.is_among(there) && (is_made || found.what.kind != LeftAlone::OWNER);
    let mut kinds: BTreeMap<&str, Vec<&Found>> = BTreeMap::new();
    for found in desired.left_alone.iter().filter(is_told) {
        kinds.entry(&found.what.kind).or_default().push(found);
    }
    let told: Vec<_> = kinds.into_iter().map(|(kind, found)| tell(kind, &found)).collect();
    (!told.is_empty()).then(|| format!("not managed yet, so left out: {}", told.join(", ")))
}

impl Migrator {
    /// The note on what `desired` has besides its schema and the migrations have
    /// not.
    pub(crate) async fn left_out_of(
        &mut self,
        history: &History,
        desired: &Desired,
        is_made: bool,
    ) -> Result<Option<String>, Error> {
        // To look into the migrations costs a replay.
        if desired.left_alone.is_empty() {
            return Ok(None);
        }
        let there = self.left_alone_by(history).await?;
        Ok(left_out(desired, &there, is_made))
    }
}

/// `2 policies (own on orders at schema.sql:7, others on orders at schema.sql:8)`.
fn tell(kind: &str, found: &[&Found]) -> String {
    let mut names: Vec<String> = found.iter().take(NAMED).map(ToString::to_string).collect();
    if found.len() > NAMED {
        names.push(format!("and {} more", found.len() - NAMED));
    }
    format!("{} ({})", counted(found.len() as u64, kind), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: &str, name: &str, at: Option<&str>) -> Found {
        Found { what: LeftAlone::new(kind, name), at: at.map(str::to_owned) }
    }

    #[track_caller]
    fn check(left_alone: Vec<Found>, there: &[LeftAlone], is_made: bool, expected: Option<&str>) {
        let desired = Desired { left_alone, ..Desired::default() };
        assert_eq!(left_out(&desired, there, is_made).as_deref(), expected);
    }

    #[test]
    fn what_is_on_one_side_alone_is_told() {
        let wanted = || {
            vec![
                found("policy", "own", Some("schema.sql:7")),
                found("policy", "others", Some("schema.sql:8")),
                found("inheriting table", "payment", None),
            ]
        };
        check(
            wanted(),
            &[],
            true,
            Some(
                "not managed yet, so left out: 1 inheriting table (payment), \
                 2 policies (own at schema.sql:7, others at schema.sql:8)",
            ),
        );
        let policies = ["own", "others"].map(|name| LeftAlone::new("policy", name));
        check(wanted(), &policies, true, Some("not managed yet, so left out: 1 inheriting table (payment)"));
        let all = [&policies[..], &[LeftAlone::new("inheriting table", "payment")]].concat();
        check(wanted(), &all, true, None);
    }

    #[test]
    fn owners_are_told_where_something_is_made() {
        let wanted = || vec![found("owner", "app", None)];
        check(wanted(), &[], false, None);
        check(wanted(), &[], true, Some("not managed yet, so left out: 1 owner (app)"));
    }

    #[test]
    fn a_long_list_is_cut_short() {
        let wanted = (1..=8).map(|number| found("grant", &format!("t{number}"), None)).collect();
        let expected = "not managed yet, so left out: 8 grants (t1, t2, t3, t4, t5, t6, and 2 more)";
        check(wanted, &[], true, Some(expected));
    }
}
