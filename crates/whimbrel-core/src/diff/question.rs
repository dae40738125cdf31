//! Asks about gained names: is each new, or was something lost renamed to it?

use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::resolve::{Candidate, RenameKind, RenameQuestion};

use super::Renames;

/// Above this many, the unlikeliest candidates are left out of a question.
const MOST_CANDIDATES: usize = 20;

/// How one kind of thing is asked about.
pub(super) trait Ask<T> {
    fn kind(&self) -> RenameKind;
    fn parent(&self) -> Option<&ObjectName>;
    fn name(&self, item: &T) -> ObjectName;
    /// The type, where it helps to tell one from another.
    fn sql_type(&self, item: &T) -> Option<String>;
    /// How alike the two are, from 0 to 100.
    fn likeness(&self, lost: &T, gained: &T) -> u8;
}

/// The questions so far, and what need not be asked.
pub(super) struct Asked<'a> {
    dialect: Dialect,
    renames: &'a Renames,
    questions: Vec<RenameQuestion>,
}

impl<'a> Asked<'a> {
    pub(super) fn nothing(dialect: Dialect, renames: &'a Renames) -> Self {
        Self { dialect, renames, questions: Vec::new() }
    }

    /// Asks about each gained name of which nothing is known, as long as there is
    /// a lost one that it may have been.
    pub(super) fn about<T>(&mut self, ask: &impl Ask<T>, lost: &[T], gained: &[T]) {
        if lost.is_empty() {
            return;
        }
        let mut questions: Vec<_> = gained
            .iter()
            .filter(|gained| !self.is_known(ask.kind(), ask.parent(), &ask.name(gained)))
            .map(|gained| question(ask, lost, gained))
            .collect();
        // The clearest case first: its answer takes a candidate from the others.
        questions.sort_by(|a, b| best(b).cmp(&best(a)).then_with(|| a.gained.cmp(&b.gained)));
        self.questions.extend(questions);
    }

    /// Everything that was asked: about tables before columns, enums before values.
    pub(super) fn questions(mut self) -> Vec<RenameQuestion> {
        self.questions.sort_by_key(|question| match question.kind {
            RenameKind::Table => 0,
            RenameKind::Enum => 1,
            RenameKind::Column => 2,
            RenameKind::EnumValue => 3,
        });
        self.questions
    }

    fn is_known(&self, kind: RenameKind, parent: Option<&ObjectName>, name: &ObjectName) -> bool {
        self.renames.is_new(self.dialect, kind, parent, name)
            || self.renames.is_stated(self.dialect, kind, parent, name)
    }
}

fn question<T>(ask: &impl Ask<T>, lost: &[T], gained: &T) -> RenameQuestion {
    let candidate = |lost| Candidate {
        name: ask.name(lost),
        sql_type: ask.sql_type(lost),
        likeness: ask.likeness(lost, gained),
    };
    let mut candidates: Vec<_> = lost.iter().map(candidate).collect();
    candidates.sort_by(|a, b| b.likeness.cmp(&a.likeness).then_with(|| a.name.cmp(&b.name)));
    candidates.truncate(MOST_CANDIDATES);
    RenameQuestion {
        kind: ask.kind(),
        parent: ask.parent().cloned(),
        gained: ask.name(gained),
        gained_type: ask.sql_type(gained),
        candidates,
    }
}

fn best(question: &RenameQuestion) -> u8 {
    question.candidates.first().map_or(0, |candidate| candidate.likeness)
}
