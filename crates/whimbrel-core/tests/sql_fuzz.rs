//! A bounded fuzz run over the corpus, the same in every run. `cargo fuzz run
//! lexer` in `fuzz/` runs the same laws without a bound.

#[path = "support/sql_laws.rs"]
mod sql_laws;

use std::fs;
use std::path::Path;

use whimbrel_core::sql::{Lexicon, tokens};

/// How many mutated texts each seed gives.
const MUTANTS: usize = 60;

/// Pieces that change how what follows is read.
const PIECES: &[&str] = &[
    "'",
    "\"",
    "`",
    "[",
    "]",
    "--",
    "/*",
    "*/",
    "$$",
    "$a$",
    ";",
    "\\",
    "\n",
    "\r",
    "\0",
    "(",
    ")",
    ".",
    ",",
    "E'",
    "U&\"",
    "x'",
    "\u{feff}",
    "🦀",
    "é",
    "BEGIN",
    " END ",
    "CASE ",
    " ATOMIC ",
    "CREATE TRIGGER t ",
    "CREATE FUNCTION f ",
    "CREATE RULE r ",
    "COPY t FROM stdin;\n",
    "\\.\n",
    "\n--> statement-breakpoint\n",
    "-- whimbrel: renamed-from a\n",
    "CREATE TABLE t (",
    "1e",
    "0x",
    "::",
    ":a",
    "?1",
    "@",
    "+",
    "-",
    "/",
    "*",
    "COMMIT;",
    ".tables\n",
    "\"copy\" ",
];

#[test]
fn laws_hold_for_the_corpus_and_its_mutants() {
    let seeds = seeds();
    assert!(seeds.len() > 20, "the corpus is there");
    let mut random = Random(0x5eed);
    for (name, seed) in &seeds {
        law(name, seed);
        for _ in 0..MUTANTS {
            law(name, &mutate(seed, &seeds, &mut random));
        }
    }
}

/// Texts that are long and monotonous: whatever looks back or ahead without a
/// bound would not come to an end here.
#[test]
fn long_texts_take_linear_time() {
    const SIZE: usize = 1 << 15;
    const HUGE: usize = 1 << 20;
    for piece in [
        "'",
        "\"",
        "[",
        "(",
        ")",
        "/*",
        "*/",
        "/",
        "+",
        "+-",
        "@-",
        "-",
        "--\n",
        "$",
        "$a",
        "$a$",
        "$a$b$ ",
        "E'\\'",
        "E'a'\n",
        ";",
        "\\",
        "\n",
        "a",
        "a ",
        "a.",
        "a;",
        "\u{feff}",
        "é",
        "CREATE ",
        "CASE ",
        "BEGIN ATOMIC ",
        "COPY t FROM stdin;\n\\.\n",
        "--> statement-breakpoint\n",
        "/* whimbrel: renamed-from a */",
        "-- whimbrel: renamed-from a\n",
        "\\x\n",
        "BEGIN;",
        "CREATE TABLE a (b);",
        "load_extension(",
        "ALTER TABLE a OWNER TO b",
    ] {
        sql_laws::check(&piece.repeat(SIZE / piece.len()));
        let huge = piece.repeat(HUGE / piece.len());
        for lexicon in [Lexicon::SQLITE, Lexicon::POSTGRES] {
            assert!(tokens(&huge, lexicon).count() > 0);
        }
    }
}

fn law(name: &str, text: &str) {
    if std::panic::catch_unwind(|| sql_laws::check(text)).is_err() {
        panic!("a law is broken by a mutant of {name}:\n{text:?}");
    }
}

fn seeds() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/lexer");
    let mut seeds: Vec<_> = fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("it can be listed").path())
        .map(|path| {
            let bytes = fs::read(&path).expect("a seed can be read");
            (path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned())
        })
        .collect();
    seeds.sort();
    seeds
}

fn mutate(seed: &str, seeds: &[(String, String)], random: &mut Random) -> String {
    let mut text: Vec<char> = seed.chars().collect();
    for _ in 0..=random.below(4) {
        let at = random.below(text.len() + 1);
        let until = (at + random.below(12)).min(text.len());
        match random.below(5) {
            0 => drop(text.splice(at..at, PIECES[random.below(PIECES.len())].chars())),
            1 => drop(text.drain(at..until)),
            2 => text.truncate(at),
            3 => {
                let copy: Vec<_> = text[at..until].to_vec();
                let place = random.below(text.len() + 1);
                drop(text.splice(place..place, copy));
            }
            _ => {
                let other: Vec<_> = seeds[random.below(seeds.len())].1.chars().collect();
                let from = random.below(other.len() + 1);
                text.truncate(at);
                text.extend(&other[from..]);
            }
        }
    }
    text.into_iter().collect()
}

/// A small generator (splitmix64): the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).expect("it is below a usize")
    }
}
