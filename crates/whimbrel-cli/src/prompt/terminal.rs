//! The prompter for a real terminal.

use inquire::ui::{Color, RenderConfig, StyleSheet, Styled};
use inquire::{Confirm, Select};

use super::{Left, Prompter};
use crate::interrupt::Interrupt;
use crate::term::Term;

/// Prompts on standard error and reads keys from the terminal.
#[derive(Clone)]
pub(crate) struct TerminalPrompter {
    term: Term,
    interrupt: Interrupt,
}

impl TerminalPrompter {
    pub(crate) fn new(term: Term, interrupt: Interrupt) -> Self {
        Self { term, interrupt }
    }

    fn config(&self) -> RenderConfig<'static> {
        if !self.term.colour {
            return RenderConfig::empty();
        }
        let cyan = StyleSheet::new().with_fg(Color::LightCyan);
        RenderConfig::default_colored()
            .with_prompt_prefix(Styled::new("?").with_fg(Color::LightYellow))
            .with_answered_prompt_prefix(Styled::new("?").with_fg(Color::LightGreen))
            .with_selected_option(Some(cyan))
    }
}

impl Prompter for TerminalPrompter {
    fn select(&mut self, question: &str, options: &[String]) -> Result<usize, Left> {
        let _prompting = self.interrupt.prompting();
        Select::new(question, options.to_vec())
            .without_filtering()
            .with_help_message("arrow keys to move, enter to choose, esc to leave and change nothing")
            .with_render_config(self.config())
            .raw_prompt()
            .map(|chosen| chosen.index)
            // Every way of failing leaves the question unanswered, and nothing is done.
            .map_err(|_| Left)
    }

    fn confirm(&mut self, question: &str) -> Result<bool, Left> {
        let _prompting = self.interrupt.prompting();
        Confirm::new(question)
            .with_default(false)
            .with_render_config(self.config())
            .prompt()
            .map_err(|_| Left)
    }

    fn tell(&mut self, line: &str) {
        self.term.say(line);
    }
}
