//! The file of one case.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use whimbrel_core::dialect::Dialect;
use whimbrel_core::pair::Pair;

use super::{ENGINES, SPELLED_BY, engine_word};

/// The sections that a person writes.
const WRITTEN: &[&str] = &["since", "from", "to", "rows", "answers"];
/// The sections that bless writes.
const BLESSED: &[&str] = &["changes", "questions", "postgres", "sqlite", "hazards"];

/// One golden case, as its file has it.
#[derive(Debug, Clone)]
pub struct Case {
    /// Where it lies.
    pub path: PathBuf,
    /// The comment at its top.
    pub title: String,
    sections: Vec<Section>,
    /// The half that a person wrote, as it is.
    written: String,
    /// The half that bless wrote, as it is.
    pub blessed: String,
}

#[derive(Debug, Clone)]
struct Section {
    name: String,
    dialect: Option<Dialect>,
    body: String,
}

/// Why a case does not read.
#[derive(Debug)]
pub struct FileError {
    path: PathBuf,
    line: usize,
    what: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path.display(), self.line, self.what)
    }
}

impl std::error::Error for FileError {}

impl Case {
    /// Reads a case from its file.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it is not in the format.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let fail = |line, what| FileError { path: path.to_owned(), line, what };
        let text = fs::read_to_string(path).map_err(|error| fail(0, error.to_string()))?;
        Self::parse(path, &text).map_err(|(line, what)| fail(line, what))
    }

    fn parse(path: &Path, text: &str) -> Result<Self, (usize, String)> {
        let mut sections: Vec<Section> = Vec::new();
        let (mut title, mut written, mut blessed) = (String::new(), String::new(), String::new());
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(header) = header(line) {
                let (name, dialect) = header.map_err(|what| (number, what))?;
                let is_written = WRITTEN.contains(&name);
                if is_written && !blessed.is_empty() {
                    return Err((number, format!("`{name}` must stand before what bless writes")));
                }
                if sections.iter().any(|one| (one.name.as_str(), one.dialect) == (name, dialect)) {
                    return Err((number, format!("a second section `{name}`")));
                }
                sections.push(Section { name: name.to_owned(), dialect, body: String::new() });
            } else if let Some(section) = sections.last_mut() {
                section.body.push_str(line);
                section.body.push('\n');
            } else if let Some(line) = line.strip_prefix("# ") {
                title.push_str(line);
                title.push('\n');
            } else {
                return Err((number, "a case begins with `# ` and a sentence".to_owned()));
            }
            let is_blessed = sections.last().is_some_and(|last| BLESSED.contains(&last.name.as_str()));
            let half = if is_blessed { &mut blessed } else { &mut written };
            half.push_str(line);
            half.push('\n');
        }
        let case = Self { path: path.to_owned(), title, sections, written, blessed };
        case.checked().map_err(|what| (1, what))
    }

    fn checked(self) -> Result<Self, String> {
        if self.title.is_empty() {
            return Err("a case begins with `# ` and a sentence".to_owned());
        }
        if self.engines().is_empty() {
            return Err("no engine has both schemas".to_owned());
        }
        let mut versions = self.sections.iter().filter(|one| one.name == "since");
        match versions.find(|one| one.dialect.is_none() || one.body.trim().parse::<u32>().is_err()) {
            Some(_) => Err("`since` names an engine and holds a version".to_owned()),
            None => Ok(self),
        }
    }

    /// The case's name: its folder and file, such as `column/becomes_not_null`.
    pub fn name(&self) -> String {
        let file = self.path.file_stem().unwrap_or_default().to_string_lossy();
        format!("{}/{file}", self.area())
    }

    /// The folder that it lies in.
    pub fn area(&self) -> String {
        let area = self.path.parent().and_then(Path::file_name).unwrap_or_default();
        area.to_string_lossy().into_owned()
    }

    /// The engines that the case is for.
    pub fn engines(&self) -> Vec<Dialect> {
        ENGINES.into_iter().filter(|dialect| self.sources(*dialect).is_some()).collect()
    }

    /// The two schemas for an engine, `None` if the case is not for it.
    pub fn sources(&self, dialect: Dialect) -> Option<Pair<&str>> {
        Some(Pair::new(self.section("from", dialect)?, self.section("to", dialect)?))
    }

    /// The oldest major version of an engine that knows what the case is about,
    /// 0 for all of them.
    pub fn since(&self, dialect: Dialect) -> u32 {
        let version = self.section("since", dialect).and_then(|body| body.trim().parse().ok());
        version.unwrap_or_default()
    }

    /// The major version of PostgreSQL in whose spelling the case is stored.
    pub fn spelled_by(&self) -> u32 {
        self.since(Dialect::Postgres).max(SPELLED_BY)
    }

    /// The statements that fill the tables before the plan runs.
    pub fn rows(&self, dialect: Dialect) -> Option<&str> {
        self.section("rows", dialect)
    }

    /// The flags that answer the questions.
    pub fn answers(&self, dialect: Dialect) -> &str {
        self.section("answers", dialect).unwrap_or_default()
    }

    /// What an engine has of its own, else what all have.
    fn section(&self, name: &str, dialect: Dialect) -> Option<&str> {
        let find = |dialect| self.sections.iter().find(|one| one.name == name && one.dialect == dialect);
        find(Some(dialect)).or_else(|| find(None)).map(|section| section.body.as_str())
    }

    /// Writes the case with another second half.
    ///
    /// # Panics
    ///
    /// If the file cannot be written.
    pub fn bless(&self, blessed: &str) {
        let text = format!("{}{blessed}", self.written);
        fs::write(&self.path, text).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
    }
}

/// Reads the header of a section; `None` if the line is none.
///
/// Whatever looks like a header is one, so that a slip of the pen does not turn
/// a section into a comment of SQL.
fn header(line: &str) -> Option<Result<(&str, Option<Dialect>), String>> {
    let inner = line.strip_prefix("-- ")?.strip_suffix(" --")?;
    let looks_like_one = inner.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
    if !looks_like_one {
        return None;
    }
    let (name, engine) = inner.split_once(' ').map_or((inner, None), |(name, engine)| (name, Some(engine)));
    if !WRITTEN.contains(&name) && !BLESSED.contains(&name) {
        return Some(Err(format!("there is no section `{name}`")));
    }
    let Some(engine) = engine else {
        return Some(Ok((name, None)));
    };
    let dialect = ENGINES.into_iter().find(|dialect| engine_word(*dialect) == engine);
    Some(dialect.map(|dialect| (name, Some(dialect))).ok_or_else(|| format!("there is no engine `{engine}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Case, String> {
        Case::parse(Path::new("golden/area/case.txt"), text).map_err(|(line, what)| format!("{line}: {what}"))
    }

    #[test]
    fn an_engine_takes_its_own_section_before_the_common_one() {
        let case =
            parse("# A title.\n-- from --\na\n-- to --\nb\n-- to sqlite --\nc\n-- changes --\nd\n").unwrap();
        assert_eq!(case.sources(Dialect::Sqlite), Some(Pair::new("a\n", "c\n")));
        assert_eq!(case.sources(Dialect::Postgres), Some(Pair::new("a\n", "b\n")));
        assert_eq!((case.name().as_str(), case.title.as_str()), ("area/case", "A title.\n"));
        assert_eq!(case.blessed, "-- changes --\nd\n");
    }

    #[test]
    fn a_case_is_for_the_engines_that_have_both_schemas() {
        let case = parse("# T\n-- from sqlite --\n-- to --\nb\n").unwrap();
        assert_eq!(case.engines(), [Dialect::Sqlite]);
    }

    #[test]
    fn a_case_says_since_when_it_is_one() {
        let case = parse("# T\n-- since postgres --\n18\n-- from --\n-- to --\n").unwrap();
        assert_eq!((case.since(Dialect::Postgres), case.since(Dialect::Sqlite)), (18, 0));
        assert_eq!(case.spelled_by(), 18);
        let case = parse("# T\n-- since postgres --\n14\n-- from --\n-- to --\n").unwrap();
        assert_eq!(case.spelled_by(), SPELLED_BY);
    }

    #[test]
    fn mistakes_are_told() {
        let check = |text: &str, expected: &str| assert_eq!(parse(text).unwrap_err(), expected);
        check("-- from --\n", "1: a case begins with `# ` and a sentence");
        check("title\n", "1: a case begins with `# ` and a sentence");
        check("# T\n-- form --\n", "2: there is no section `form`");
        check("# T\n-- from mysql --\n", "2: there is no engine `mysql`");
        check("# T\n-- from --\n-- from --\n", "3: a second section `from`");
        check("# T\n-- from --\n-- changes --\n-- to --\n", "4: `to` must stand before what bless writes");
        check("# T\n-- from sqlite --\n-- to postgres --\n", "1: no engine has both schemas");
        let since = "1: `since` names an engine and holds a version";
        check("# T\n-- since --\n18\n-- from --\n-- to --\n", since);
        check("# T\n-- since postgres --\nnew\n-- from --\n-- to --\n", since);
    }
}
