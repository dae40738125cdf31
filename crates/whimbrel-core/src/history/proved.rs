//! Proofs that stand in the files themselves, where no journal keeps them.
//!
//! The line of the checksum says what was shown of exactly this text:
//! `-- Checksum: 9403..., proof: exact`. As all of the header it is not part of
//! what the checksum speaks of, so saying it changes nothing; and whoever edits
//! the text takes the proof away, for the checksum is then another.

use super::Checksum;
use super::file::{CHECKSUM, body, header};
use crate::describe::one_line;
use crate::plan::Proof;

const PROOF: &str = ", proof: ";

/// The file with what was shown of it in its header, all else as it was.
///
/// ```
/// use whimbrel_core::history::{Checksum, proof_of, proved};
/// use whimbrel_core::plan::Proof;
/// let text = "DROP TABLE users;\n";
/// let file = proved(text, &Proof::Lossy);
/// assert_eq!(
///     file,
///     "-- Checksum: de1015707e41d6682186c3440c58b222518e75eae7becfba74346468eefdfc5d, proof: lossy\n\nDROP TABLE users;\n"
/// );
/// assert_eq!(Checksum::of_file(&file), Checksum::of_file(text));
/// assert_eq!(proof_of(&file), Some(Proof::Lossy));
/// assert_eq!(proof_of(&file.replace("users", "posts")), None);
/// ```
pub fn proved(text: &str, proof: &Proof) -> String {
    let rest = body(text);
    let head = text[..text.len() - rest.len()].trim_start_matches('\u{feff}');
    let others = head.lines().filter(|line| !line.is_empty() && !line.starts_with(CHECKSUM));
    let others: String = others.map(|line| format!("{line}\n")).collect();
    let proof = one_line(&proof.to_string());
    format!("{others}{CHECKSUM} {}{PROOF}{proof}\n\n{rest}", Checksum::of_file(text))
}

/// What the header of a file says was shown of it, if it still is that text.
///
/// ```
/// use whimbrel_core::history::{proof_of, proved};
/// use whimbrel_core::plan::Proof;
/// let text = "-- Migration: users\n\nCREATE TABLE users (id INTEGER);\n";
/// assert_eq!(proof_of(text), None);
/// assert_eq!(proof_of(&proved(text, &Proof::Exact)), Some(Proof::Exact));
/// ```
pub fn proof_of(text: &str) -> Option<Proof> {
    let said = header(text).checksum?;
    let (checksum, proof) = said.split_once(PROOF)?;
    (checksum == Checksum::of_file(text).as_str()).then(|| Proof::named(proof))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{UpFile, inlined};

    #[track_caller]
    fn check(text: &str, proof: &Proof) {
        let file = proved(text, proof);
        assert_eq!(proof_of(&file).as_ref(), Some(proof), "{file}");
        assert_eq!(Checksum::of_file(&file), Checksum::of_file(text), "{file}");
        assert_eq!(body(&file), body(text));
        assert_eq!(proved(&file, proof), file);
    }

    #[test]
    fn a_proof_stands_in_any_file_and_changes_no_checksum() {
        let statements = vec!["CREATE TABLE a (b int)".to_owned()];
        let whole = UpFile { name: "a".into(), statements, ..UpFile::default() }.render();
        let reason = |reason: &str| Proof::Irreversible { reason: reason.to_owned() };
        for text in [
            &whole,
            &whole.replace('\n', "\r\n"),
            &inlined(&whole, Some("DROP TABLE a;\n")),
            "",
            "\u{feff}SELECT 1;\r\n",
            "\nSELECT 1;",
            "-- Migration: a\nSELECT 1;",
        ] {
            for proof in [Proof::Exact, Proof::Lossy, reason("there is no way back (yet)")] {
                check(text, &proof);
            }
        }
        check(&whole, &Proof::Unproved { reason: "without transactions, proof: none".to_owned() });
    }

    #[test]
    fn an_edit_takes_the_proof_away() {
        let file = proved("SELECT 1;\n", &Proof::Exact);
        assert_eq!(proof_of(&file.replace('1', "2")), None);
        assert_eq!(proof_of(&format!("{file}-- more\n")), None);
        assert_eq!(proof_of("-- Checksum: none\n\nSELECT 1;\n"), None);
        assert_eq!(proof_of(&file.replace("exact", "sure")), None);
    }
}
