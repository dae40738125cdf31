//! A squash by a plan in place of what was written.

use std::collections::BTreeMap;

use super::combine::{comments, waits};
use super::{Squash, origins};
use crate::dialect::Dialect;
use crate::history::{Checksum, DownFile, Script, ScriptError, UpFile};
use crate::name::ObjectName;
use crate::plan::Hazard;
use crate::sql::{Class, DdlKind, DdlVerb, classify};

/// The statements of a plan that leads to the schema of a range, and back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Planned {
    /// The statements of the way there.
    pub up: Vec<String>,
    /// The statements of the way back.
    pub down: Vec<String>,
    /// What the way back does not bring back.
    pub warnings: Vec<String>,
}

impl Squash {
    /// The same squash by the statements of a plan.
    ///
    /// Comments on what is still made stay where it is made; those on what was
    /// done to it later go. There is a way back only if there was one.
    ///
    /// # Errors
    ///
    /// If the up file of this one does not read.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use whimbrel_core::dialect::Dialect;
    /// use whimbrel_core::history::{Checksum, Entry, FileTexts, Journal, Planned, SquashRequest, squash};
    ///
    /// let mut journal = Journal::new(Dialect::Sqlite);
    /// let mut files = BTreeMap::new();
    /// for (idx, (name, up)) in (0..).zip([("a", "CREATE TABLE a (b);\n"), ("c", "ALTER TABLE a ADD c;\n")]) {
    ///     journal.entries.push(Entry::new(idx, name, 0, Checksum::of_file(up)));
    ///     files.insert(name.to_owned(), FileTexts { up: up.into(), down: None });
    /// }
    /// let request = SquashRequest { from: 0, to: 1, name: Some("initial".into()), when: 0 };
    /// let written = squash(&journal, &request, &files).unwrap();
    ///
    /// let plan = Planned { up: vec!["CREATE TABLE a (b, c)".into()], ..Planned::default() };
    /// let planned = written.planned(Dialect::Sqlite, plan).unwrap();
    /// let notes = "-- Squashed: 0000_a.sql\n-- Squashed: 0001_c.sql\n";
    /// assert!(planned.up.ends_with(&format!("\n{notes}CREATE TABLE a (b, c);\n")), "{}", planned.up);
    /// assert_eq!(planned.journal.head(), Some(&planned.entry));
    /// ```
    pub fn planned(&self, dialect: Dialect, planned: Planned) -> Result<Self, Box<ScriptError>> {
        let script = Script::read(dialect, &self.entry.path(), &self.up)?;
        let Planned { up, down, warnings } = planned;
        let name = self.entry.name.clone();
        let notes = script.lock_timeout.map(waits).into_iter().chain(origins(&self.replaced));
        let remarks = Remarks::of(dialect, &script);
        let statements = up.iter().map(|sql| remarks.above(sql)).collect();
        let up = UpFile { name: name.clone(), when: self.entry.when, notes: notes.collect(), statements };
        let down = DownFile { name: name.clone(), warnings, statements: down };
        let down = self.down.as_ref().map(|_| down.render());
        let mut squash = Self { up: up.render(), down, ..self.clone() };
        squash.entry.checksum = up.checksum();
        squash.entry.down_checksum = squash.down.as_deref().map(Checksum::of_file);
        let entries = squash.journal.entries.iter_mut().filter(|entry| entry.name == name);
        entries.for_each(|entry| entry.clone_from(&squash.entry));
        Ok(squash)
    }
}

/// What is made: the kind, the name, and the table that it stands on.
type Made = (DdlKind, ObjectName, Option<ObjectName>);

/// The comments above the statements that make something.
struct Remarks {
    dialect: Dialect,
    texts: BTreeMap<Made, String>,
}

impl Remarks {
    fn of(dialect: Dialect, script: &Script) -> Self {
        let mut remarks = Self { dialect, texts: BTreeMap::new() };
        let mut above = vec![String::new(); script.statements.len()];
        for (of, comment) in comments(script, dialect.lexicon()) {
            if let Some(text) = above.get_mut(of).filter(|_| !is_of_the_change(comment)) {
                text.push_str(comment.trim_end());
                text.push('\n');
            }
        }
        for (statement, text) in script.statements.iter().zip(above) {
            // What is dropped and made again is what was made last.
            remarks.texts.extend(made(dialect, &statement.class).map(|made| (made, text)));
        }
        remarks
    }

    fn above(&self, sql: &str) -> String {
        let (class, _) = classify(sql, self.dialect.lexicon());
        let text = made(self.dialect, &class).and_then(|made| self.texts.get(&made));
        format!("{}{sql}", text.map_or("", String::as_str))
    }
}

fn made(dialect: Dialect, class: &Class) -> Option<Made> {
    let Class::Ddl(ddl) = class else { return None };
    let on = ddl.on.as_ref().map(|table| dialect.fold_name(table));
    let name = dialect.fold_name(ddl.name.as_ref()?);
    (ddl.verb == DdlVerb::Create).then_some((ddl.kind, name, on))
}

/// Says whether a comment was written with a change: what was renamed, what was
/// accepted, what rows may stand in the way of a new index. There is no change
/// where all is new.
fn is_of_the_change(comment: &str) -> bool {
    const NOTES: [&str; 5] = ["Squashed:", "Renamed:", "Replaced:", "Accepted:", "Note:"];
    let said = comment.strip_prefix("--").unwrap_or_default().trim();
    let hazards = [
        Hazard::FailsOnDuplicates { subject: String::new() },
        Hazard::BlocksWrites { subject: String::new() },
        Hazard::KeepsComputedValues { subject: String::new() },
        Hazard::KeepsComputedEntries { subject: String::new() },
        Hazard::KeepsCheckedRows { subject: String::new() },
    ];
    NOTES.iter().any(|note| said.starts_with(note))
        || hazards.iter().any(|hazard| said.ends_with(hazard.message()))
}
