//! Asks about gained names: is each new, or was something lost renamed to it?

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Renames;
use super::likeness::Traits;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::resolve::{Candidate, RenameKind, RenameQuestion};

/// Above this many, the unlikeliest candidates are left out of a question.
const MOST_CANDIDATES: usize = 20;

/// How one kind of thing is asked about.
pub(super) trait Ask<T> {
    fn kind(&self) -> RenameKind;
    fn parent(&self) -> Option<&ObjectName>;
    fn name(&self, item: &T) -> ObjectName;
    /// The type, where it helps to tell one from another.
    fn sql_type(&self, item: &T) -> Option<String>;
    /// What the likeness to others rests on.
    fn traits<'a>(&self, item: &'a T) -> Traits<'a>;
    /// How alike the two are, from 0 to 100.
    fn likeness(&self, lost: &Subject<'_, T>, gained: &Subject<'_, T>) -> u8;
}

/// Something to ask about, with what its likeness to others rests on.
pub(super) struct Subject<'a, T> {
    pub(super) item: &'a T,
    pub(super) traits: Traits<'a>,
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
        let lost: Vec<_> = lost.iter().map(|item| Subject { item, traits: ask.traits(item) }).collect();
        let index = Index::new(&lost);
        let mut questions: Vec<_> = gained
            .iter()
            .filter(|gained| !self.is_known(ask.kind(), ask.parent(), &ask.name(gained)))
            .map(|gained| question(ask, &index, gained))
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

fn question<T>(ask: &impl Ask<T>, lost: &Index<'_, T>, gained: &T) -> RenameQuestion {
    let subject = Subject { item: gained, traits: ask.traits(gained) };
    let candidate = |lost: &Subject<'_, T>| Candidate {
        name: ask.name(lost.item),
        sql_type: ask.sql_type(lost.item),
        likeness: ask.likeness(lost, &subject),
    };
    let mut candidates: Vec<_> = lost.likely(&subject.traits).map(candidate).collect();
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

/// What was lost, found by its marks where it is too much to compare each with
/// each.
struct Index<'a, T> {
    lost: &'a [Subject<'a, T>],
    by_mark: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a, T> Index<'a, T> {
    /// So many are compared one by one.
    const FEW: usize = 50;

    fn new(lost: &'a [Subject<'a, T>]) -> Self {
        let mut by_mark: BTreeMap<_, Vec<_>> = BTreeMap::new();
        if lost.len() > Self::FEW {
            let marks_of =
                |(at, lost): (usize, &'a Subject<'a, T>)| lost.traits.marks().map(move |mark| (mark, at));
            let marks = lost.iter().enumerate().flat_map(marks_of);
            for (mark, at) in marks {
                by_mark.entry(mark).or_default().push(at);
            }
        }
        Self { lost, by_mark }
    }

    /// Those that share the most marks, and then any others. A mark that many
    /// have (an `id`) tells nothing.
    fn likely(&self, traits: &Traits<'_>) -> impl Iterator<Item = &'a Subject<'a, T>> {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for found in
            traits.marks().filter_map(|mark| self.by_mark.get(mark)).filter(|found| found.len() <= Self::FEW)
        {
            for at in found {
                *shared.entry(*at).or_default() += 1;
            }
        }
        let mut likely: Vec<_> = shared.into_iter().collect();
        likely.sort_by_key(|(at, marks)| (Reverse(*marks), *at));
        let mut places: Vec<_> = likely.into_iter().map(|(at, _)| at).take(Self::FEW).collect();
        let others = (0..self.lost.len()).filter(|at| !places.contains(at)).take(Self::FEW - places.len());
        let others: Vec<_> = others.collect();
        places.extend(others);
        places.into_iter().map(|at| &self.lost[at])
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{schema, stated, table};
    use crate::dialect::Dialect;
    use crate::diff::{Renames, diff};
    use crate::pair::Pair;
    use crate::resolve::Answer;

    #[test]
    fn the_likeliest_candidates_are_found_among_many() {
        let tables = |prefix: &'static str| {
            (0..200)
                .map(move |at| table(&format!("{prefix}_{at}"), &["id integer", &format!("own_{at} text")]))
        };
        let (from, to) = (schema(tables("old")), schema(tables("new")));
        let found = diff(Dialect::Sqlite, Pair::new(&from, &to), &Renames::default());
        assert_eq!(found.questions.len(), 200);
        for question in &found.questions {
            let number = |name: &str| name.rsplit('_').next().map(str::to_owned);
            assert_eq!(number(&question.candidates[0].name.name), number(&question.gained.name));
            assert_eq!(question.candidates.len(), super::MOST_CANDIDATES);
        }
    }

    #[test]
    fn nothing_is_asked_twice() {
        let from = schema([table("t", &["a", "b"])]);
        let to = schema([table("t", &["x", "y"])]);
        let pair = Pair::new(&from, &to);
        let mut renames = Renames::default();
        let first = diff(Dialect::Sqlite, pair, &renames).questions;
        assert_eq!(first.len(), 2);
        renames.learn(&first[0], &Answer::New);
        renames.learn(&first[1], &Answer::RenamedFrom("no such column".into()));
        assert_eq!(diff(Dialect::Sqlite, pair, &renames).questions, []);
        assert_eq!(renames.problems(Dialect::Sqlite, pair).len(), 1);
        let wrong = stated(&["t.b=t.z"]);
        assert_eq!(diff(Dialect::Sqlite, pair, &wrong).questions.len(), 2, "`z` is not asked about");
    }
}
