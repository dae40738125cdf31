//! The golden cases: what was blessed still holds, without an engine and on
//! every engine.
//!
//! With `WHIMBREL_BLESS` set, what was blessed is written anew; with
//! `WHIMBREL_GOLDEN` set, only the cases whose name contains its value are
//! looked at. `cargo xtask bless` sets both.

use std::collections::BTreeMap;
use std::fmt::Write;

use whimbrel_core::dialect::Dialect;
use whimbrel_testkit::cluster::programs;
use whimbrel_testkit::database::block_on;
use whimbrel_testkit::golden::{
    Case, Stored, cases, chosen, engine_word, expected, read, run, runnable, server_version,
};

fn is_blessing() -> bool {
    std::env::var_os("WHIMBREL_BLESS").is_some()
}

/// Runs `check` on every case and tells everything that failed.
#[track_caller]
fn check_each(cases: &[Case], check: impl Fn(&Case) -> Result<(), String>) {
    let mut failures = String::new();
    let mut failed = 0;
    for case in cases {
        if let Err(what) = check(case) {
            failed += 1;
            let _ = writeln!(failures, "\n=== {}\n{}", case.name(), what.trim_end());
        }
    }
    assert!(failed == 0, "{failed} of {} cases fail:\n{failures}", cases.len());
}

fn stored(case: &Case) -> BTreeMap<&'static str, Stored> {
    let load = |dialect| Stored::load(case, dialect).map(|stored| (engine_word(dialect), stored));
    case.engines().into_iter().filter_map(load).collect()
}

/// Stores what the engines read and writes what follows from it.
fn bless(case: &Case) -> Result<(), String> {
    for dialect in case.engines() {
        match at_hand(dialect) {
            Engine::Missing => {}
            Engine::There(version) if version.is_none_or(|version| version == case.spelled_by()) => {
                block_on(read(case, dialect))?.store(case, dialect);
            }
            // What another version has stored is kept.
            Engine::There(_) if Stored::load(case, dialect).is_some() => {}
            Engine::There(_) => return Err(format!("only {dialect} {} can bless it", case.spelled_by())),
        }
    }
    case.bless(&expected(case, &stored(case)));
    Ok(())
}

/// Whether there is an engine, and of which major version its server is.
enum Engine {
    Missing,
    There(Option<u32>),
}

fn at_hand(dialect: Dialect) -> Engine {
    match dialect {
        Dialect::Postgres if programs::find().is_err() => Engine::Missing,
        Dialect::Sqlite | Dialect::Postgres => Engine::There(server_version(dialect)),
    }
}

#[test]
fn every_area_begins_with_no_change() {
    let cases = cases();
    let mut areas: BTreeMap<String, bool> = BTreeMap::new();
    for case in &cases {
        *areas.entry(case.area()).or_default() |= case.name().ends_with("/no_change");
    }
    let without: Vec<_> = areas.iter().filter(|(_, has)| !**has).map(|(area, _)| area).collect();
    assert!(without.is_empty(), "no `no_change.txt` in {without:?}");
}

#[test]
fn there_are_enough_cases() {
    let of = |dialect| cases().iter().filter(|case| case.engines().contains(&dialect)).count();
    assert!(of(Dialect::Sqlite) >= 80);
    assert!(of(Dialect::Postgres) >= 120);
}

#[test]
fn no_change_means_none() {
    let cases: Vec<_> = chosen().into_iter().filter(|case| case.name().ends_with("no_change")).collect();
    check_each(&cases, |case| {
        let blessed = &case.blessed;
        let empty: String = blessed.lines().filter(|line| !line.starts_with("-- ")).collect();
        if empty.is_empty() { Ok(()) } else { Err(format!("there is a change:\n{blessed}")) }
    });
}

#[test]
fn the_expected_halves_hold() {
    check_each(&chosen(), |case| {
        if is_blessing() {
            return bless(case);
        }
        let expected = expected(case, &stored(case));
        if expected == case.blessed { Ok(()) } else { Err(difference(&case.blessed, &expected)) }
    });
}

#[test]
fn the_cases_run_on_sqlite() {
    check_each(&runnable(Dialect::Sqlite), |case| block_on(run(case, Dialect::Sqlite)));
}

#[test]
fn the_cases_run_on_postgres() {
    check_each(&runnable(Dialect::Postgres), |case| block_on(run(case, Dialect::Postgres)));
}

/// The lines that differ, between those that do not.
fn difference(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same_head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tails = old[same_head..].iter().rev().zip(new[same_head..].iter().rev());
    let same_tail = tails.take_while(|(a, b)| a == b).count();
    let mut out = String::new();
    for line in &old[same_head..old.len() - same_tail] {
        let _ = writeln!(out, "- {line}");
    }
    for line in &new[same_head..new.len() - same_tail] {
        let _ = writeln!(out, "+ {line}");
    }
    out
}
