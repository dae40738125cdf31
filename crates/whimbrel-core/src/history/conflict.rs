//! What git leaves in a file when both sides of a merge changed it.

use super::{Journal, JournalError};
use crate::sql::{Lexicon, tokens};

/// A text with conflict markers, as each side had it.
///
/// Where only one side changed something, all three have that change: git has
/// merged it already.
///
/// ```
/// use whimbrel_core::history::Sides;
///
/// let merged = "one\n<<<<<<< HEAD\nours\n||||||| 1a2b3c4\n=======\ntheirs\n>>>>>>> feature\n";
/// let expected = Sides {
///     ours: "one\nours\n".into(),
///     theirs: "one\ntheirs\n".into(),
///     base: Some("one\n".into()),
///     ours_label: "HEAD".into(),
///     theirs_label: "feature".into(),
/// };
/// assert_eq!(Sides::read(merged), Ok(expected));
/// assert_eq!(Sides::read("<<<<<<< HEAD\nours\n<<<<<<< HEAD\n"), Err(3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// The side that git calls ours: `HEAD`. In a `git rebase` that is the other
    /// branch, onto which one's own commits are put.
    pub ours: String,
    /// The side that is merged in.
    pub theirs: String,
    /// What both began with, if git was told to show it (`diff3`, `zdiff3`).
    pub base: Option<String>,
    /// What git calls ours: what stands after `<<<<<<<`.
    pub ours_label: String,
    /// What git calls theirs: what stands after `>>>>>>>`.
    pub theirs_label: String,
}

/// A journal with conflict markers, as each side had it.
///
/// ```
/// use whimbrel_core::dialect::Dialect;
/// use whimbrel_core::history::{Checksum, Conflict, Entry, Journal, JournalError, rebase};
///
/// let journal = |name: &str| {
///     let entry = Entry::new(0, name, 0, Checksum::of_file(name));
///     Journal { dialect: Dialect::Sqlite, entries: vec![entry] }
/// };
/// let [ours, theirs] = [journal("posts"), journal("users")];
/// let text = format!("<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> main\n", ours.to_json(), theirs.to_json());
/// let conflict = Conflict::read("meta/_journal.json", &text).unwrap();
/// assert_eq!((&conflict.ours, &conflict.theirs), (&ours, &theirs));
/// assert_eq!((conflict.ours_label.as_str(), conflict.theirs_label.as_str()), ("HEAD", "main"));
/// let merged = rebase(&conflict.theirs, &conflict.ours).unwrap().journal;
/// assert_eq!(merged.head().unwrap().path(), "0001_posts.sql");
///
/// let error = Conflict::read("meta/_journal.json", ">>>>>>> main\n").unwrap_err();
/// assert!(matches!(error, JournalError::Markers { line: 1, .. }));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// See [`Sides::ours`].
    pub ours: Journal,
    /// See [`Sides::theirs`].
    pub theirs: Journal,
    /// See [`Sides::base`]. `None` also where that is no journal: `zdiff3` leaves
    /// out of it what both sides begin or end with.
    pub base: Option<Journal>,
    /// See [`Sides::ours_label`].
    pub ours_label: String,
    /// See [`Sides::theirs_label`].
    pub theirs_label: String,
}

impl Conflict {
    /// Reads a journal with conflict markers; `file` is what errors call it.
    ///
    /// # Errors
    ///
    /// If the markers do not match, or a side is no journal.
    pub fn read(file: &str, text: &str) -> Result<Self, JournalError> {
        let sides =
            Sides::read(text).map_err(|line| JournalError::Markers { file: file.to_owned(), line })?;
        let read = |side: &str, text: &str| Journal::from_json(&format!("{file} ({side})"), text);
        Ok(Self {
            ours: read(&sides.ours_label, &sides.ours)?,
            theirs: read(&sides.theirs_label, &sides.theirs)?,
            base: sides.base.as_deref().and_then(|base| read("base", base).ok()),
            ours_label: sides.ours_label,
            theirs_label: sides.theirs_label,
        })
    }
}

impl Sides {
    /// Takes a text with conflict markers apart. A text without any is the same
    /// on both sides.
    ///
    /// # Errors
    ///
    /// The line, from 1, of the first marker that does not match.
    ///
    /// ```
    /// use whimbrel_core::history::Sides;
    ///
    /// let sides = Sides::read("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> main\n").unwrap();
    /// assert_eq!((sides.ours.as_str(), sides.theirs.as_str()), ("a\nb\n", "a\nc\n"));
    /// assert_eq!((sides.ours_label.as_str(), sides.theirs_label.as_str()), ("HEAD", "main"));
    /// ```
    pub fn read(text: &str) -> Result<Self, usize> {
        let mut reader = Reader::default();
        for (number, line) in (1_usize..).zip(text.split_inclusive('\n')) {
            reader.take(line).ok_or(number)?;
        }
        if reader.place != Place::Common {
            return Err(text.lines().count());
        }
        Ok(Self {
            ours: reader.ours,
            theirs: reader.theirs,
            base: reader.has_base.then_some(reader.base),
            ours_label: reader.ours_label,
            theirs_label: reader.theirs_label,
        })
    }
}

/// The line, from 1, of the first conflict marker of a text, if there is one.
///
/// JSON has no line that begins so, and SQL none outside of a string.
pub(crate) fn first_marker(text: &str) -> Option<usize> {
    text.split('\n')
        .position(|line| Marker::of(line).is_some_and(|marker| marker != Marker::Middle))
        .map(|at| at + 1)
}

/// Where, in bytes, the conflict markers of a merge begin in a text of SQL; in the
/// middle of a token (a string, a comment, rows) a line is no marker.
///
/// ```
/// use whimbrel_core::history::conflict_in;
/// use whimbrel_core::sql::Lexicon;
///
/// let merged = "DROP TABLE a;\n<<<<<<< HEAD\nDROP TABLE b;\n=======\n>>>>>>> theirs\n";
/// assert_eq!(conflict_in(merged, Lexicon::SQLITE), Some(14));
/// assert_eq!(conflict_in(&format!("INSERT INTO a VALUES ('{merged}');"), Lexicon::SQLITE), None);
/// ```
pub fn conflict_in(text: &str, lexicon: Lexicon) -> Option<usize> {
    let line = first_marker(text)?;
    let offset: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    tokens(text, lexicon).any(|token| token.offset == offset).then_some(offset)
}

#[derive(Default)]
struct Reader {
    place: Place,
    ours: String,
    theirs: String,
    base: String,
    has_base: bool,
    ours_label: String,
    theirs_label: String,
}

/// Where in a conflict a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Common,
    Ours,
    Base,
    Theirs,
}

impl Reader {
    /// Takes a line; `None` if it is a marker that may not stand here.
    fn take(&mut self, line: &str) -> Option<()> {
        self.place = match (Marker::of(line), self.place) {
            (Some(Marker::Ours), Place::Common) => {
                self.ours_label = label(line);
                Place::Ours
            }
            (Some(Marker::Base), Place::Ours) => {
                self.has_base = true;
                Place::Base
            }
            (Some(Marker::Middle), Place::Ours | Place::Base) => Place::Theirs,
            (Some(Marker::Theirs), Place::Theirs) => {
                self.theirs_label = label(line);
                Place::Common
            }
            // A line of equal signs is common in texts, and a marker only in a conflict.
            (None, place) | (Some(Marker::Middle), place @ Place::Common) => {
                self.keep(line, place);
                place
            }
            (Some(_), _) => return None,
        };
        Some(())
    }

    fn keep(&mut self, line: &str, place: Place) {
        match place {
            Place::Common => {
                self.ours.push_str(line);
                self.theirs.push_str(line);
                self.base.push_str(line);
            }
            Place::Ours => self.ours.push_str(line),
            Place::Base => self.base.push_str(line),
            Place::Theirs => self.theirs.push_str(line),
        }
    }
}

fn label(line: &str) -> String {
    line.trim_start_matches(['<', '>']).trim().to_owned()
}

/// The lines that git puts around and between the sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    /// `<<<<<<< ours`
    Ours,
    /// `||||||| base`: only where git was told to show it.
    Base,
    /// `=======`
    Middle,
    /// `>>>>>>> theirs`
    Theirs,
}

impl Marker {
    fn of(line: &str) -> Option<Self> {
        if !line.starts_with(['<', '|', '=', '>']) {
            return None;
        }
        let line = line.trim_end_matches(['\n', '\r']);
        let is =
            |mark: &str| line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        let known = [
            ("<<<<<<<", Self::Ours),
            ("|||||||", Self::Base),
            ("=======", Self::Middle),
            (">>>>>>>", Self::Theirs),
        ];
        known.into_iter().find(|(mark, _)| is(mark)).map(|(_, marker)| marker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;
    use crate::history::{Checksum, Entry};

    const DIFF2: &str = "a\n<<<<<<< HEAD\nb\n=======\nc\nd\n>>>>>>> main\ne\n";
    const DIFF3: &str = "a\n<<<<<<< HEAD\nb\n||||||| 1234567\nz\n=======\nc\n>>>>>>> main\ne\n";

    #[track_caller]
    fn check(text: &str, ours: &str, theirs: &str, base: Option<&str>) {
        let sides = Sides::read(text).unwrap();
        assert_eq!((sides.ours.as_str(), sides.theirs.as_str(), sides.base.as_deref()), (ours, theirs, base));
    }

    #[test]
    fn sides_come_apart() {
        check("", "", "", None);
        check("a\n=======\n", "a\n=======\n", "a\n=======\n", None);
        check(DIFF2, "a\nb\ne\n", "a\nc\nd\ne\n", None);
        check(DIFF3, "a\nb\ne\n", "a\nc\ne\n", Some("a\nz\ne\n"));
        check(&format!("{DIFF2}{DIFF2}"), "a\nb\ne\na\nb\ne\n", "a\nc\nd\ne\na\nc\nd\ne\n", None);
        check("<<<<<<<\r\n=======\r\nc\r\n>>>>>>>\r\n", "", "c\r\n", None);
        check("<<<<<<< a\n=======\n>>>>>>> b", "", "", None);
        let sides = Sides::read(DIFF2).unwrap();
        assert_eq!((sides.ours_label.as_str(), sides.theirs_label.as_str()), ("HEAD", "main"));
    }

    #[test]
    fn markers_that_do_not_match_are_told() {
        let check = |text: &str, line: usize| assert_eq!(Sides::read(text), Err(line), "{text}");
        check("a\n>>>>>>> b\n", 2);
        check("<<<<<<< a\n<<<<<<< b\n", 2);
        check("<<<<<<< a\nb\n>>>>>>> c\n", 3);
        check("<<<<<<< a\n=======\n=======\n", 3);
        check("<<<<<<< a\nb\n=======\nc\n", 4);
        check("||||||| a\n", 1);
    }

    #[test]
    fn the_first_marker_is_found() {
        let check = |text: &str, line: Option<usize>| assert_eq!(first_marker(text), line, "{text}");
        check(DIFF2, Some(2));
        check("a\r\n>>>>>>> b\r\n", Some(2));
        check("=======\n<<<<<<<a\n <<<<<<< b\n<<<<<< c\n", None);
    }

    fn journal(names: &[&str]) -> Journal {
        let mut journal = Journal::new(Dialect::Sqlite);
        journal.entries =
            (0..).zip(names).map(|(idx, name)| Entry::new(idx, *name, 0, Checksum::of_file(name))).collect();
        journal
    }

    /// The parts of a merged journal: the lines of an entry, from its start to its
    /// number and version, its name to its checksum, and its end.
    const OPEN: &str = "    {\n";

    fn first(idx: u32) -> String {
        format!("      \"idx\": {idx},\n      \"version\": \"19700101000000\",\n")
    }

    fn rest(name: &str) -> String {
        let checksum = Checksum::of_file(name);
        format!("      \"name\": \"{name}\",\n      \"when\": 0,\n      \"checksum\": \"{checksum}\"\n")
    }

    /// A journal that begins with one migration, up to its checksum.
    fn before() -> String {
        let head = "{\n  \"version\": \"1\",\n  \"dialect\": \"sqlite\",\n  \"entries\": [\n";
        format!("{head}{OPEN}{}{}", first(0), rest("a"))
    }

    const AFTER: &str = "    }\n  ]\n}";

    #[track_caller]
    fn reads(text: &str, base: Option<&Journal>) {
        for text in [text.to_owned(), text.replace('\n', "\r\n")] {
            let conflict = Conflict::read("meta/_journal.json", &text).unwrap();
            assert_eq!(conflict.ours, journal(&["a", "ours"]));
            assert_eq!(conflict.theirs, journal(&["a", "theirs", "more"]));
            assert_eq!(conflict.base.as_ref(), base);
            assert_eq!((conflict.ours_label.as_str(), conflict.theirs_label.as_str()), ("HEAD", "main"));
        }
    }

    #[test]
    fn a_journal_reads_as_git_merges_it() {
        let next = "    },\n";
        let (ours, theirs) = (rest("ours"), rest("theirs"));
        let more = format!("{next}{OPEN}{}{}", first(2), rest("more"));
        let start = format!("{next}{OPEN}{}", first(1));
        // `merge` finds that both added entries begin alike.
        reads(
            &format!("{}{start}<<<<<<< HEAD\n{ours}=======\n{theirs}{more}>>>>>>> main\n{AFTER}", before()),
            None,
        );
        // `diff3` leaves the conflict whole.
        reads(
            &format!(
                "{}<<<<<<< HEAD\n{start}{ours}||||||| 1234567\n=======\n{start}{theirs}{more}>>>>>>> main\n{AFTER}",
                before()
            ),
            Some(&journal(&["a"])),
        );
        // `zdiff3` does not, and its base is no journal.
        reads(
            &format!(
                "{}{start}<<<<<<< HEAD\n{ours}||||||| 1234567\n=======\n{theirs}{more}>>>>>>> main\n{AFTER}",
                before()
            ),
            None,
        );
    }

    #[test]
    fn a_side_that_is_no_journal_is_named() {
        let error = Conflict::read("j.json", "<<<<<<< HEAD\n{}\n=======\n[\n>>>>>>> main\n").unwrap_err();
        assert_eq!(error.to_string(), "3 things are wrong with `j.json (HEAD)`");
        let error = Conflict::read("j.json", "<<<<<<< HEAD\n").unwrap_err();
        assert_eq!(error.to_string(), "the conflict markers in `j.json` do not match (line 1)");
    }
}
