//! The part of a file that a failure shows, where a line or a statement is too
//! long to be read: a migration may hold a thousand rows in one of them.

use std::error::Error;
use std::fmt;

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode, SourceSpan, SpanContents,
};

/// The longest line that is shown whole, in bytes.
const LONGEST: usize = 240;
/// The most lines that are shown.
const MOST: usize = 40;
const ELLIPSIS: &str = "…";

/// A problem that shows less of its file than it could.
pub(super) struct Excerpt<'p> {
    problem: &'p dyn Diagnostic,
    code: Shortened,
    label: LabeledSpan,
}

impl<'p> Excerpt<'p> {
    /// Shortens what `problem` shows, if that is too long.
    pub(super) fn of(problem: &'p dyn Diagnostic) -> Option<Self> {
        let mut labels = problem.labels()?;
        let label = labels.next().filter(|_| labels.next().is_none())?;
        let contents = problem.source_code()?.read_span(label.inner(), 1, 1).ok()?;
        let text = std::str::from_utf8(contents.data()).ok()?;
        if text.lines().count() <= MOST && text.lines().all(|line| line.len() <= LONGEST) {
            return None;
        }
        let start = label.offset().checked_sub(contents.span().offset())?;
        let (code, span) = Shortened::of(text, (start, start + label.len()), contents.as_ref());
        let label = LabeledSpan::new_with_span(label.label().map(str::to_owned), span);
        Some(Self { problem, code, label })
    }
}

/// A text with its long lines cut, and where it stood.
struct Shortened {
    text: String,
    name: Option<String>,
    /// The number of its first line, from 0.
    line: usize,
    /// How much was cut from the front of the line where the label begins.
    column: usize,
}

impl Shortened {
    /// Cuts `text` around what is labelled from `start` to `end`, which is returned
    /// as it is then.
    fn of(text: &str, (start, end): (usize, usize), contents: &dyn SpanContents<'_>) -> (Self, SourceSpan) {
        let name = contents.name().map(str::to_owned);
        let mut short = Self { text: String::new(), name, line: contents.line(), column: 0 };
        let (mut at, mut from, mut to) = (0, 0, 0);
        for whole in text.split_inclusive('\n').take(MOST) {
            let line = whole.trim_end_matches(['\n', '\r']);
            let (first, last) = window(line, start.saturating_sub(at));
            let cut_before = if first > 0 { ELLIPSIS } else { "" };
            let begin = short.text.len() + cut_before.len();
            let place = |offset: usize| begin + offset.saturating_sub(at).clamp(first, last) - first;
            if (at..=at + line.len()).contains(&start) {
                from = place(start);
                short.column = first.saturating_sub(cut_before.len());
            }
            if end >= at {
                to = place(end);
            }
            short.text += cut_before;
            short.text += &line[first..last];
            short.text += if last < line.len() { ELLIPSIS } else { "" };
            short.text.push('\n');
            at += whole.len();
        }
        let span = (from, to.saturating_sub(from)).into();
        (short, span)
    }
}

/// The part of a line that is shown if `place` is to be in it.
fn window(line: &str, place: usize) -> (usize, usize) {
    let is_from_the_start = line.len() <= LONGEST || place > line.len();
    let first = if is_from_the_start { 0 } else { place.saturating_sub(LONGEST / 2) };
    (line.floor_char_boundary(first), line.floor_char_boundary(first + LONGEST))
}

impl SourceCode for Shortened {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let part = self.text.read_span(span, before, after)?;
        let (line, column) = (self.line + part.line(), self.column + part.column());
        let (data, span, lines) = (part.data(), *part.span(), part.line_count());
        Ok(Box::new(match &self.name {
            Some(name) => MietteSpanContents::new_named(name.clone(), data, span, line, column, lines),
            None => MietteSpanContents::new(data, span, line, column, lines),
        }))
    }
}

impl Diagnostic for Excerpt<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.code()
    }

    fn severity(&self) -> Option<Severity> {
        self.problem.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help()
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.url()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(std::iter::once(self.label.clone())))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        self.problem.related()
    }

    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        self.problem.diagnostic_source()
    }
}

impl Error for Excerpt<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.problem.source()
    }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.problem, f)
    }
}

impl fmt::Debug for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.problem, f)
    }
}

#[cfg(test)]
mod tests {
    use miette::{MietteDiagnostic, NamedSource, Report};

    use super::*;

    /// What is shown of a file in which `wrong` is, with its place; nothing where all is.
    fn shown(text: String, wrong: &str) -> Option<String> {
        let at = text.find(wrong).unwrap();
        let labelled =
            MietteDiagnostic::new("wrong").with_label(LabeledSpan::underline(at..at + wrong.len()));
        let report = Report::new(labelled).with_source_code(NamedSource::new("a.sql", text));
        let problem: &dyn Diagnostic = report.as_ref();
        let Excerpt { code, label, .. } = Excerpt::of(problem)?;
        let part = code.read_span(label.inner(), 0, 0).unwrap();
        let (name, line, column) = (part.name().unwrap(), part.line() + 1, part.column() + 1);
        let labelled = &code.text[label.offset()..label.offset() + label.len()];
        Some(format!("{name}:{line}:{column}: {labelled}\n{}", code.text))
    }

    #[test]
    fn what_can_be_read_is_shown_whole() {
        assert_eq!(shown(format!("one;\n{}wrong;\n", " ".repeat(200)), "wrong"), None);
    }

    #[test]
    fn a_long_line_is_cut_around_what_is_wrong() {
        let text = format!("one;\ntwo;\n{}wrong{};\n", "ü".repeat(200), "y".repeat(1000));
        let (before, after) = ("ü".repeat(60), "y".repeat(115));
        let expected = format!("a.sql:3:401: wrong\ntwo;\n…{before}wrong{after}…\n");
        assert_eq!(shown(text, "wrong").unwrap(), expected);
        let text = format!("wrong {}\n", "y".repeat(1000));
        let expected = format!("a.sql:1:1: wrong\nwrong {}…\n", "y".repeat(234));
        assert_eq!(shown(text, "wrong").unwrap(), expected);
    }

    #[test]
    fn a_long_statement_is_cut_at_its_end() {
        let statement = format!("VALUES\n{}(0);", "(1),\n".repeat(1000));
        let head = format!("VALUES\n{}(1),", "(1),\n".repeat(MOST - 3));
        let expected = format!("a.sql:2:1: {head}\none;\n{head}\n");
        assert_eq!(shown(format!("one;\n{statement}\n"), &statement).unwrap(), expected);
    }
}
