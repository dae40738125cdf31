//! Failures as people read them: code, cause, the offending text underlined,
//! and what to do next.

use std::iter::successors;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use super::excerpt::Excerpt;
use crate::term::Term;

/// The widest text of a failure.
const WIDTH: usize = 120;

/// Renders a failure: with colour and lines on a terminal, plainly elsewhere.
pub(crate) fn text(term: &Term, problem: &dyn Diagnostic) -> String {
    render(term, innermost(problem))
}

/// What `problem` comes to: itself, or the one problem that it consists of.
pub(crate) fn innermost(problem: &dyn Diagnostic) -> &dyn Diagnostic {
    only_related(problem).unwrap_or(problem)
}

/// The one problem that `problem` consists of, if it says nothing but that.
fn only_related(problem: &dyn Diagnostic) -> Option<&dyn Diagnostic> {
    let mut related = problem.related()?;
    let first = related.next()?;
    (related.next().is_none() && first.to_string() == problem.to_string()).then_some(first)
}

/// What the causes of `problem` add to its message, the nearest first.
pub(crate) fn causes(problem: &dyn Diagnostic) -> Vec<String> {
    let message = problem.to_string();
    let chain = successors(problem.source(), |cause| cause.source());
    chain.map(ToString::to_string).filter(|cause| !message.contains(cause)).collect()
}

fn render(term: &Term, problem: &dyn Diagnostic) -> String {
    let theme = match (term.stderr, term.colour) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, _) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(term.width.map_or(WIDTH, |width| width.min(WIDTH)))
        .with_wrap_lines(term.width.is_some())
        .with_links(false)
        .with_context_lines(1);
    let handler = if causes(problem).is_empty() { handler.without_cause_chain() } else { handler };
    let excerpt = Excerpt::of(problem);
    let shown = excerpt.as_ref().map_or(problem, |excerpt| excerpt);
    let mut text = String::new();
    match handler.render_report(&mut text, shown) {
        Ok(()) => text.trim_end().to_owned(),
        // What cannot be drawn can still be said.
        Err(_) => problem.to_string(),
    }
}
