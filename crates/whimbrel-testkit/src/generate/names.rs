//! Names, most of them nasty.

use super::model::Model;

const NAMES: [&str; 28] = [
    "users",
    "posts",
    "a",
    "b",
    "order",
    "select",
    "two words",
    "quote\"inside",
    "\"all quoted\"",
    "semi;colon",
    "it's",
    "Capital",
    "ümläut",
    "😀",
    "--comment",
    "/* x */",
    "dot.ted",
    "per%cent",
    "back\\slash",
    "$1",
    "1st",
    "a,b",
    "(x)",
    "[y]",
    "`z`",
    "new\nline",
    "a_name_of_a_length_that_comes_near_to_the_limit",
    "rowid",
];

impl Model {
    /// A name that was never given: a plain word in half of the cases.
    pub(super) fn name(&mut self, seed: u8) -> String {
        let base = match seed % 2 {
            0 => format!("n{}", seed / 2),
            _ => NAMES[usize::from(seed / 2) % NAMES.len()].to_owned(),
        };
        let mut name = base.clone();
        let mut number = 2;
        // Engines that ignore case do so for ASCII letters only.
        while !self.used.insert(name.to_ascii_lowercase()) {
            name = format!("{base} {number}");
            number += 1;
        }
        name
    }
}
