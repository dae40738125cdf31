//! What kind of terminal there is, and the one way to write to it.

use std::io::{ErrorKind, IsTerminal as _, Write as _};

use crate::render::json::Output;

/// Standard output and standard error, as this process has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    /// The name of the program, by which it speaks of its own commands.
    pub(crate) program: &'static str,
    /// Whether a person can be asked: standard input and standard error are
    /// both terminals.
    pub(crate) interactive: bool,
    /// Whether standard error is a terminal.
    pub(crate) stderr: bool,
    /// Whether text on standard error may have colour.
    pub(crate) colour: bool,
    /// The columns of the terminal on standard error; without one, lines are
    /// never broken.
    pub(crate) width: Option<usize>,
}

impl Term {
    /// Looks at the streams and the environment (`NO_COLOR` and its like).
    pub(crate) fn detect(program: &'static str, no_color: bool) -> Self {
        if no_color {
            anstream::ColorChoice::Never.write_global();
        }
        let stderr = std::io::stderr();
        let is_terminal = stderr.is_terminal();
        let colour = anstream::AutoStream::choice(&stderr) != anstream::ColorChoice::Never;
        let width = terminal_size::terminal_size_of(&stderr).map(|(width, _)| usize::from(width.0));
        Self {
            program,
            interactive: is_terminal && std::io::stdin().is_terminal(),
            stderr: is_terminal,
            colour,
            width: width.filter(|&width| is_terminal && width >= 20),
        }
    }

    /// Writes a line for people, on standard error.
    pub(crate) fn say(&self, text: impl std::fmt::Display) {
        // In one piece: others may write to the same log.
        let line = format!("{}\n", self.in_own_name(&text.to_string()));
        // Nobody is left to be told that nobody listens.
        let _ = anstream::stderr().lock().write_all(line.as_bytes());
    }

    /// Has a text for people speak of the commands of this program: the library
    /// says "`whimbrel push`", and that may be called otherwise here.
    pub(crate) fn in_own_name(&self, text: &str) -> String {
        // Behind the name is a blank, or the line was broken there.
        let ours = format!("`{}", self.program);
        text.replace("`whimbrel ", &format!("{ours} ")).replace("`whimbrel\n", &format!("{ours}\n"))
    }

    /// Writes data for people, on standard output: with colour where that is a
    /// terminal.
    ///
    /// # Errors
    ///
    /// If it cannot be written, such as to a full disk.
    pub(crate) fn page(&self, text: &str) -> std::io::Result<()> {
        let stdout = std::io::stdout();
        match anstream::AutoStream::choice(&stdout) {
            anstream::ColorChoice::Never => self.data(&anstream::adapter::strip_str(text).to_string()),
            anstream::ColorChoice::Auto
            | anstream::ColorChoice::AlwaysAnsi
            | anstream::ColorChoice::Always => self.data(text),
        }
    }

    /// Writes the object that `--json` asks for; its notes are for people.
    ///
    /// # Errors
    ///
    /// If it cannot be written, such as to a full disk.
    pub(crate) fn json(&self, mut output: Output) -> std::io::Result<()> {
        for note in output.notes.iter_mut().flatten() {
            *note = self.in_own_name(note);
        }
        self.data(&output.line())
    }

    /// Writes data, on standard output. Who reads no further (`| head`) has
    /// enough.
    ///
    /// # Errors
    ///
    /// If it cannot be written, such as to a full disk.
    pub(crate) fn data(&self, text: &str) -> std::io::Result<()> {
        let mut stdout = std::io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}
