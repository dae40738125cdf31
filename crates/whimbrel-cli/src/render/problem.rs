//! Failures as people read them: code, cause, the offending text underlined,
//! and what to do next.

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

/// Says whether the causes add anything to the message, or stand in it already.
fn causes_say_more(problem: &dyn Diagnostic) -> bool {
    let message = problem.to_string();
    let mut cause = problem.source();
    while let Some(error) = cause {
        if !message.contains(&error.to_string()) {
            return true;
        }
        cause = error.source();
    }
    false
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
    let handler = if causes_say_more(problem) { handler } else { handler.without_cause_chain() };
    let excerpt = Excerpt::of(problem);
    let shown = excerpt.as_ref().map_or(problem, |excerpt| excerpt);
    let mut text = String::new();
    match handler.render_report(&mut text, shown) {
        Ok(()) => text.trim_end().to_owned(),
        // What cannot be drawn can still be said.
        Err(_) => problem.to_string(),
    }
}
