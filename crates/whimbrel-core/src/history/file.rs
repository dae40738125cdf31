//! Migration files: how they are written, and what of them is header, up and
//! down.
//!
//! An up file begins with three comments (name, time, checksum) and an empty
//! line; then come its statements with a line `--> statement-breakpoint` between
//! each two. A down file begins with its migration's name and what its way back
//! does not bring back. Files written by hand may lack all of that.

use super::{Checksum, iso_time, kebab};
use crate::sql::{self, Lexicon, TokenKind};

const MIGRATION: &str = "-- Migration:";
const GENERATED: &str = "-- Generated:";
pub(super) const CHECKSUM: &str = "-- Checksum:";
const DOWN: &str = "-- Down migration for:";
const WARNING: &str = "-- WARNING:";
const INLINE_DOWN: &str = "-- whimbrel: down";
const BREAKPOINT: &str = "\n--> statement-breakpoint\n";

/// An up file as it is to be written.
///
/// ```
/// use whimbrel_core::history::{Checksum, UpFile, header};
/// let statements = vec!["CREATE TABLE users (id int);".into()];
/// let file = UpFile { name: "users".into(), when: 0, notes: vec![], statements };
/// let text = file.render();
/// assert_eq!(header(&text).name.as_deref(), Some("users"));
/// assert_eq!(file.checksum(), Checksum::of_file(&text));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpFile {
    /// The name of the migration, kebab-cased if it is not yet.
    pub name: String,
    /// When it was made, in milliseconds since 1970-01-01 UTC.
    pub when: i64,
    /// What is to be said above the first statement, a comment each.
    pub notes: Vec<String>,
    /// The statements, with or without their final semicolons.
    pub statements: Vec<String>,
}

/// A down file as it is to be written.
///
/// ```
/// use whimbrel_core::history::{Checksum, DownFile};
/// let warnings = vec!["users: all rows are lost".into()];
/// let statements = vec!["DROP TABLE users;".into()];
/// let file = DownFile { name: "users".into(), warnings, statements };
/// assert!(file.render().contains("-- WARNING: users: all rows are lost"));
/// assert_eq!(file.checksum(), Checksum::of_file(&file.render()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DownFile {
    /// The name of the migration, as it was given.
    pub name: String,
    /// What the way back does not bring back, a `-- WARNING:` line each.
    pub warnings: Vec<String>,
    /// The statements, with or without their final semicolons.
    pub statements: Vec<String>,
}

/// What the header of a migration file says.
///
/// ```
/// use whimbrel_core::history::header;
/// let found = header("-- Migration: users\n-- Generated: 1970-01-01T00:00:00.000Z\n\nSELECT 1;\n");
/// assert_eq!((found.name.as_deref(), found.checksum), (Some("users"), None));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Header {
    /// The name, of an up or of a down file.
    pub name: Option<String>,
    /// The time, as written.
    pub generated: Option<String>,
    /// The checksum, as written. It is for people: what counts is the journal's.
    pub checksum: Option<String>,
}

/// An up file, cut where its inline way back begins.
///
/// ```
/// use whimbrel_core::history::{inlined, sections};
/// use whimbrel_core::sql::Lexicon;
/// let text = inlined("CREATE TABLE a (b int);\n", Some("DROP TABLE a;\n"));
/// let found = sections(&text, Lexicon::SQLITE);
/// assert!(found.up.contains("CREATE TABLE a") && found.down.unwrap().contains("DROP TABLE a"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sections<'a> {
    /// What leads up, header included.
    pub up: &'a str,
    /// What leads back, if the file says so itself.
    pub down: Option<&'a str>,
}

impl UpFile {
    /// The bytes of the file.
    ///
    /// ```
    /// use whimbrel_core::history::UpFile;
    /// let file = UpFile {
    ///     name: "add-users".into(),
    ///     when: 1_769_854_830_123,
    ///     notes: vec![],
    ///     statements: vec!["CREATE TABLE users (id INTEGER)".into(), "CREATE INDEX a ON users (id);".into()],
    /// };
    /// assert_eq!(
    ///     file.render(),
    ///     "\
    /// -- Migration: add-users
    /// -- Generated: 2026-01-31T10:20:30.123Z
    /// -- Checksum: 52d60fed8ec6768cf53bc6f19512740c46a69a5701d2c9056db177616709e7c5
    ///
    /// CREATE TABLE users (id INTEGER);
    /// --> statement-breakpoint
    /// CREATE INDEX a ON users (id);
    /// "
    /// );
    /// ```
    pub fn render(&self) -> String {
        let name = kebab(&self.name);
        let (time, checksum, body) = (iso_time(self.when), self.checksum(), self.body());
        format!("{MIGRATION} {name}\n{GENERATED} {time}\n{CHECKSUM} {checksum}\n\n{body}")
    }

    /// The checksum of the file.
    pub fn checksum(&self) -> Checksum {
        Checksum::of_lines(&self.body())
    }

    fn body(&self) -> String {
        let notes: String = self.notes.iter().map(|note| comments("--", note)).collect();
        format!("{notes}{}\n", joined(&self.statements))
    }
}

impl DownFile {
    /// The bytes of the file.
    ///
    /// ```
    /// use whimbrel_core::history::DownFile;
    /// let file = DownFile {
    ///     name: "drop nick".into(),
    ///     warnings: vec!["the values of `nick` do not come back".into()],
    ///     statements: vec!["ALTER TABLE users ADD COLUMN nick text".into()],
    /// };
    /// assert_eq!(
    ///     file.render(),
    ///     "\
    /// -- Down migration for: drop nick
    /// -- WARNING: the values of `nick` do not come back
    ///
    /// ALTER TABLE users ADD COLUMN nick text;
    /// "
    /// );
    /// ```
    pub fn render(&self) -> String {
        let name = self.name.replace(['\n', '\r'], " ");
        let warnings: String = self.warnings.iter().map(|warning| comments(WARNING, warning)).collect();
        format!("{DOWN} {name}\n{warnings}\n{}\n", joined(&self.statements))
    }

    /// The checksum of the file.
    pub fn checksum(&self) -> Checksum {
        Checksum::of_file(&self.render())
    }
}

/// One file of two: the way there, and below a line `-- whimbrel: down` the way
/// back. The header is that of `up`, with the checksum of the whole.
///
/// ```
/// use whimbrel_core::history::{Checksum, DownFile, UpFile, header, inlined};
/// let statements = |text: &str| vec![text.to_owned()];
/// let up = UpFile { name: "a".into(), statements: statements("CREATE TABLE a (b int)"), ..UpFile::default() };
/// let down = DownFile { name: "a".into(), statements: statements("DROP TABLE a"), ..DownFile::default() };
/// let text = inlined(&up.render(), Some(&down.render()));
/// assert!(text.ends_with("CREATE TABLE a (b int);\n\n-- whimbrel: down\nDROP TABLE a;\n"));
/// assert_eq!(header(&text).checksum, Some(Checksum::of_file(&text).to_string()));
/// ```
pub fn inlined(up: &str, down: Option<&str>) -> String {
    let head = &up[..up.len() - body(up).len()];
    let there = body(up).trim_end_matches(['\n', '\r']);
    let back = down.map(|down| format!("\n\n{INLINE_DOWN}\n{}", body(down))).unwrap_or_default();
    let rest = format!("{there}{}\n", back.trim_end_matches(['\n', '\r']));
    let checksum = Checksum::of_file(&rest);
    let line = |line: &str| match line.starts_with(CHECKSUM) {
        true => format!("{CHECKSUM} {checksum}\n"),
        false => line.to_owned(),
    };
    head.split_inclusive('\n').map(line).chain([rest.clone()]).collect()
}

/// A comment line for each line of a text.
fn comments(start: &str, text: &str) -> String {
    let lines = text.split(['\n', '\r']).filter(|line| !line.trim().is_empty());
    lines.map(|line| format!("{start} {}\n", line.trim_end())).collect()
}

fn joined(statements: &[String]) -> String {
    let statements = statements.iter().map(|one| one.trim()).filter(|one| !one.is_empty() && *one != ";");
    statements.map(terminated).collect::<Vec<_>>().join(BREAKPOINT)
}

/// An up file around what was written elsewhere, which stays as it is.
///
/// ```
/// use whimbrel_core::history::headed;
/// assert_eq!(
///     headed("users", 1_769_854_830_123, "CREATE TABLE users (id integer);\n"),
///     "\
/// -- Migration: users
/// -- Generated: 2026-01-31T10:20:30.123Z
/// -- Checksum: 3ae90ecc4d506cda0dc3961d0aa61703075387b62bc1cb1b1ec237f591eb3b60
///
/// CREATE TABLE users (id integer);
/// "
/// );
/// ```
pub fn headed(name: &str, when: i64, body: &str) -> String {
    let body = body.strip_prefix('\u{feff}').unwrap_or(body);
    let file = |checksum: &str| {
        format!("{MIGRATION} {name}\n{GENERATED} {}\n{CHECKSUM} {checksum}\n\n{body}", iso_time(when))
    };
    file(Checksum::of_file(&file("")).as_str())
}

/// A down file around what was written elsewhere, which stays as it is.
///
/// ```
/// use whimbrel_core::history::headed_down;
/// assert_eq!(headed_down("users", "DROP TABLE users;\n"), "-- Down migration for: users\n\nDROP TABLE users;\n");
/// ```
pub fn headed_down(name: &str, body: &str) -> String {
    format!("{DOWN} {name}\n\n{}", body.strip_prefix('\u{feff}').unwrap_or(body))
}

/// A statement with its semicolon, which no comment at its end may hide; rows
/// that belong to it have an end of their own.
fn terminated(statement: &str) -> String {
    if ends_in_comment(statement) {
        format!("{statement}\n;")
    } else if statement.ends_with(';') || statement.ends_with("\n\\.") {
        statement.to_owned()
    } else {
        format!("{statement};")
    }
}

/// Says whether one of the engines reads the end of the text as a comment.
fn ends_in_comment(statement: &str) -> bool {
    let last_line = statement.rsplit('\n').next().unwrap_or_default();
    let comment = |lexicon| {
        let last = sql::tokens(statement, lexicon).last();
        last.is_some_and(|token| token.kind == TokenKind::LineComment)
    };
    last_line.contains("--") && (comment(Lexicon::SQLITE) || comment(Lexicon::POSTGRES))
}

/// Reads the header of a migration file, up or down.
///
/// ```
/// use whimbrel_core::history::header;
/// let header = header("-- Migration: add-users\n-- Generated: 2026-01-31T10:20:30.123Z\n\nSELECT 1;\n");
/// assert_eq!(header.name.as_deref(), Some("add-users"));
/// assert_eq!(header.checksum, None);
/// ```
pub fn header(text: &str) -> Header {
    let text = without_mark(text);
    let lines = &text[..text.len() - after_header(text).len()];
    let value = |start: &str| {
        let line = lines.lines().find_map(|line| line.strip_prefix(start))?;
        Some(line.strip_prefix(' ').unwrap_or(line).to_owned())
    };
    Header {
        name: value(MIGRATION).or_else(|| value(DOWN)),
        generated: value(GENERATED),
        checksum: value(CHECKSUM),
    }
}

/// What a down file says that its way back loses.
///
/// ```
/// use whimbrel_core::history::warnings;
/// let down = "-- Down migration for: a\n-- WARNING: users: all rows are lost\n\nDROP TABLE users;\n";
/// assert_eq!(warnings(down).collect::<Vec<_>>(), ["users: all rows are lost"]);
/// ```
pub fn warnings(text: &str) -> impl Iterator<Item = &str> {
    let lines = body(text).lines().map_while(|line| line.strip_prefix(WARNING));
    lines.map(|warning| warning.strip_prefix(' ').unwrap_or(warning))
}

/// All of a migration file that its checksum speaks of: what follows the header,
/// the empty line after it, and a byte order mark.
///
/// ```
/// use whimbrel_core::history::body;
/// assert_eq!(body("-- Migration: users\n-- Checksum: 0\n\nSELECT 1;\n"), "SELECT 1;\n");
/// ```
pub fn body(text: &str) -> &str {
    let text = without_mark(text);
    let rest = after_header(text);
    if rest.len() == text.len() {
        return text;
    }
    rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest)
}

/// The file with another name in its header, all else as it was.
///
/// ```
/// use whimbrel_core::history::renamed;
/// let text = "-- Migration: initial\r\n\r\nSELECT 1;\r\n";
/// assert_eq!(renamed(text, "initial-2"), "-- Migration: initial-2\r\n\r\nSELECT 1;\r\n");
/// ```
pub fn renamed(text: &str, name: &str) -> String {
    let header_end = text.len() - after_header(without_mark(text)).len();
    let (head, rest) = text.split_at(header_end);
    let line = |line: &str| {
        let bare = line.trim_start_matches('\u{feff}');
        let Some(start) = [MIGRATION, DOWN].into_iter().find(|start| bare.starts_with(start)) else {
            return line.to_owned();
        };
        let mark = &line[..line.len() - bare.len()];
        let end = &bare[bare.trim_end_matches(['\r', '\n']).len()..];
        format!("{mark}{start} {name}{end}")
    };
    head.split_inclusive('\n').map(line).chain([rest.to_owned()]).collect()
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// What follows the lines of the header; all, if there is none.
fn after_header(text: &str) -> &str {
    let mut rest = text;
    while let Some(line) = rest.split_inclusive('\n').next() {
        if !is_header(line) {
            break;
        }
        rest = &rest[line.len()..];
    }
    rest
}

/// PostgreSQL ends a comment at a lone carriage return, so that a statement may
/// follow on the same line: that is no header.
fn is_header(line: &str) -> bool {
    let content = line.strip_suffix('\n').unwrap_or(line);
    let content = content.strip_suffix('\r').unwrap_or(content);
    [MIGRATION, GENERATED, CHECKSUM, DOWN].iter().any(|start| content.starts_with(start))
        && !content.contains('\r')
}

/// Cuts an up file where its inline way back begins: at a line
/// `-- whimbrel: down`, or at a line `-- down` (in any case) between two
/// statements, as VibORM has it.
///
/// What is down is never run as up, whether or not there is a down file too.
///
/// ```
/// use whimbrel_core::history::sections;
/// use whimbrel_core::sql::Lexicon;
/// let found = sections("CREATE TABLE a (b);\n-- whimbrel: down\nDROP TABLE a;\n", Lexicon::SQLITE);
/// assert_eq!(found.up, "CREATE TABLE a (b);\n");
/// assert_eq!(found.down, Some("DROP TABLE a;\n"));
/// ```
pub fn sections(text: &str, lexicon: Lexicon) -> Sections<'_> {
    if !mentions_down(text) {
        return Sections { up: text, down: None };
    }
    let Some((start, end)) = down_marker(text, lexicon) else { return Sections { up: text, down: None } };
    let rest = &text[end..];
    let down = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
    Sections { up: &text[..start], down: Some(down) }
}

/// Says whether a line could be a marker: most files need no closer look.
fn mentions_down(text: &str) -> bool {
    text.split(['\n', '\r']).any(|line| marker(without_mark(line).trim()).is_some())
}

/// What a line marks, if it marks the way back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marker {
    /// `-- whimbrel: down`.
    Whimbrel,
    /// `-- down`.
    Plain,
}

fn marker(comment: &str) -> Option<Marker> {
    let content = comment.strip_prefix("--")?.trim();
    if content.eq_ignore_ascii_case("down") {
        return Some(Marker::Plain);
    }
    let directive = content.strip_prefix("whimbrel:")?.trim();
    (directive == "down").then_some(Marker::Whimbrel)
}

/// Where the comment that marks the way back begins and ends.
fn down_marker(text: &str, lexicon: Lexicon) -> Option<(usize, usize)> {
    let statements = sql::split(text, lexicon);
    let inside = |offset: usize| {
        let next = statements.partition_point(|statement| statement.end() <= offset);
        statements.get(next).is_some_and(|statement| statement.offset < offset)
    };
    let comments = sql::tokens(text, lexicon).filter(|token| token.kind == TokenKind::LineComment);
    let mut alone = comments.filter(|token| {
        let line = text[..token.offset].rfind('\n').map_or(0, |at| at + 1);
        without_mark(&text[line..token.offset]).trim().is_empty()
    });
    let found = alone.find(|token| match marker(token.text.trim_end()) {
        Some(Marker::Whimbrel) => true,
        // In the middle of a statement it is a remark on what follows.
        Some(Marker::Plain) => !inside(token.offset),
        None => false,
    })?;
    Some((found.offset, found.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn up(statements: &[&str]) -> UpFile {
        UpFile {
            name: "addUsers Now".into(),
            when: 1_769_854_830_123,
            notes: vec![],
            statements: statements.iter().map(|one| (*one).to_owned()).collect(),
        }
    }

    #[track_caller]
    fn writes(file: &UpFile, body: &str) {
        let expected = format!(
            "-- Migration: add-users-now\n-- Generated: 2026-01-31T10:20:30.123Z\n-- Checksum: {}\n\n{body}",
            Checksum::of_file(body)
        );
        let text = file.render();
        assert_eq!(text, expected);
        assert_eq!(file.checksum(), Checksum::of_file(&text));
        assert_eq!(header(&text).checksum, Some(file.checksum().to_string()));
        assert_eq!(super::body(&text), body);
    }

    #[test]
    fn an_up_file_has_the_bytes_of_the_format() {
        writes(&up(&["CREATE TABLE a (b int)"]), "CREATE TABLE a (b int);\n");
        writes(
            &up(&["  CREATE TABLE a (b int);\n", "", " ; ", "\tDROP TABLE c"]),
            "CREATE TABLE a (b int);\n--> statement-breakpoint\nDROP TABLE c;\n",
        );
        writes(&up(&["SELECT '\r\n'"]), "SELECT '\r\n';\n");
        writes(&up(&[]), "\n");
        let mut file = up(&["DROP TABLE a"]);
        file.notes = vec!["Answered: drop `a`".into(), "two\r\n  lines".into(), String::new()];
        writes(&file, "-- Answered: drop `a`\n-- two\n--   lines\nDROP TABLE a;\n");
    }

    #[test]
    fn a_semicolon_is_never_hidden() {
        writes(&up(&["DROP TABLE a -- b"]), "DROP TABLE a -- b\n;\n");
        writes(&up(&["DROP TABLE a; -- b;"]), "DROP TABLE a; -- b;\n;\n");
        writes(&up(&["SELECT '--'"]), "SELECT '--';\n");
        writes(&up(&["SELECT 1 --\n+ 1"]), "SELECT 1 --\n+ 1;\n");
        writes(&up(&["COPY a FROM stdin;\n1\n\\."]), "COPY a FROM stdin;\n1\n\\.\n");
    }

    #[test]
    fn a_down_file_has_the_bytes_of_the_format() {
        let check = |file: &DownFile, expected: &str| {
            assert_eq!(file.render(), expected);
            assert_eq!(file.checksum(), Checksum::of_file(expected));
            assert_eq!(header(expected).name, Some(file.name.replace('\n', " ")));
        };
        let mut file = DownFile { name: "Add Users".into(), ..DownFile::default() };
        check(&file, "-- Down migration for: Add Users\n\n\n");
        file.statements = vec!["DROP TABLE a".into(), "DROP TABLE b;".into()];
        check(
            &file,
            "-- Down migration for: Add Users\n\nDROP TABLE a;\n--> statement-breakpoint\nDROP TABLE b;\n",
        );
        file.warnings = vec!["rows of `a`\nare lost".into(), "so are `b`'s".into()];
        file.name = "Add\nUsers".into();
        check(
            &file,
            "-- Down migration for: Add Users\n-- WARNING: rows of `a`\n-- WARNING: are lost\n-- WARNING: so are `b`'s\n\n\
             DROP TABLE a;\n--> statement-breakpoint\nDROP TABLE b;\n",
        );
    }

    #[test]
    fn a_header_is_read_as_far_as_it_goes() {
        let check = |text: &str, expected: [Option<&str>; 3]| {
            let Header { name, generated, checksum } = header(text);
            assert_eq!([name, generated, checksum], expected.map(|one| one.map(str::to_owned)), "{text:?}");
        };
        check("", [None; 3]);
        check("SELECT 1;\n-- Migration: a\n", [None; 3]);
        check("-- Migration: a", [Some("a"), None, None]);
        check(
            "\u{feff}-- Migration: a b\r\n-- Generated: c\r\n-- Checksum: \r\n",
            [Some("a b"), Some("c"), Some("")],
        );
        check("-- Checksum: x\n-- Migration: a\n\n-- Generated: y\n", [Some("a"), None, Some("x")]);
        check("-- Down migration for: A \n-- WARNING: x\n", [Some("A "), None, None]);
    }

    #[test]
    fn a_new_name_changes_the_header_alone() {
        let check = |text: &str, expected: &str| {
            assert_eq!(renamed(text, "b"), expected, "{text:?}");
            assert_eq!(Checksum::of_file(text), Checksum::of_file(expected), "{text:?}");
        };
        check("", "");
        check("SELECT 1;\n-- Migration: a\n", "SELECT 1;\n-- Migration: a\n");
        check(
            "\u{feff}-- Migration: a\r\n-- Checksum: c\r\n\r\n-- Migration: a\r\n",
            "\u{feff}-- Migration: b\r\n-- Checksum: c\r\n\r\n-- Migration: a\r\n",
        );
        check("-- Down migration for: A\n\nx;", "-- Down migration for: b\n\nx;");
        check("-- Migration: a", "-- Migration: b");
    }
}
