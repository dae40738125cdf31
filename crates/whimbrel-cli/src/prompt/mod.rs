//! Asking a person at a terminal.
//!
//! [`Prompter`] is the one door to the terminal, so that the questions can be
//! tested without one, and the library behind it exchanged.

mod resolver;
mod terminal;

pub(crate) use resolver::PromptResolver;
pub(crate) use terminal::TerminalPrompter;

/// The person left the prompt by Ctrl-C or Esc, or the terminal went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left;

/// Asks a person, and waits for the answer.
pub(crate) trait Prompter: Send {
    /// Has one of `options` chosen with the arrow keys, the first being the
    /// default; returns its index.
    ///
    /// # Errors
    ///
    /// If the person leaves instead.
    fn select(&mut self, question: &str, options: &[String]) -> Result<usize, Left>;

    /// Has a question answered by yes or no, no being the default.
    ///
    /// # Errors
    ///
    /// If the person leaves instead.
    fn confirm(&mut self, question: &str) -> Result<bool, Left>;

    /// Shows a line before a question.
    fn tell(&mut self, line: &str);
}
