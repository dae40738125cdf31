//! Blanking out parts of a text, so that every line and column stays.

use oxc_span::Span;

/// What of a text is to become spaces.
pub(super) struct Eraser<'t> {
    text: &'t str,
    blanks: Vec<Span>,
    /// Single bytes that are written over the spaces.
    marks: Vec<(u32, u8)>,
    /// Where statements and fields end.
    ends: Vec<u32>,
}

impl<'t> Eraser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, blanks: Vec::new(), marks: Vec::new(), ends: Vec::new() }
    }

    /// What is left of the text.
    pub(super) fn erased(&self) -> String {
        let mut bytes = self.text.as_bytes().to_vec();
        for blank in &self.blanks {
            blank_out(&mut bytes[blank.start as usize..blank.end as usize]);
        }
        for (at, mark) in self.marks.iter().copied().chain(self.lost_ends()) {
            bytes[at as usize] = mark;
        }
        String::from_utf8(bytes).expect("whole characters were replaced by spaces")
    }

    /// Where a statement ended with a type, its end may have been known by the
    /// type alone: without a semicolon the next line would be read on.
    fn lost_ends(&self) -> impl Iterator<Item = (u32, u8)> {
        let is_lost = |end: &&u32| {
            let is_there = self.text.as_bytes()[..**end as usize].ends_with(b";");
            !is_there && self.blanks.iter().any(|blank| blank.end == **end)
        };
        self.ends.iter().filter(is_lost).map(|end| (end - 1, b';'))
    }

    /// Says where a statement or a field ends.
    pub(super) fn ends_at(&mut self, end: u32) {
        self.ends.push(end);
    }

    /// Makes it spaces.
    pub(super) fn blank(&mut self, span: Span) {
        self.blanks.push(span);
    }

    /// Writes one character over a space.
    pub(super) fn mark(&mut self, at: u32, mark: u8) {
        self.marks.push((at, mark));
    }

    /// Blanks out a statement. The semicolon keeps apart what stands before and
    /// after it.
    pub(super) fn blank_statement(&mut self, span: Span) {
        self.blank(span);
        self.mark(span.start, b';');
    }

    /// Blanks out a word between two places, and says where it stood.
    pub(super) fn blank_word(&mut self, from: u32, until: u32, word: &str) -> Option<u32> {
        let at = self.word(from, until, word)?;
        self.blank(Span::sized(at, u32::try_from(word.len()).ok()?));
        Some(at)
    }

    /// Blanks out the next `?` or `!`.
    pub(super) fn blank_mark(&mut self, from: u32) {
        let found = self.text[from as usize..].find(['?', '!']);
        if let Some(at) = found.and_then(|at| u32::try_from(at).ok()) {
            self.blank(Span::sized(from + at, 1));
        }
    }

    /// Blanks out what is there, and the comma that follows it.
    pub(super) fn blank_with_comma(&mut self, span: Span) {
        let rest = &self.text[span.end as usize..];
        let spaces = rest.len() - rest.trim_start().len();
        let comma = if rest[spaces..].starts_with(',') { u32::try_from(spaces + 1).unwrap_or(0) } else { 0 };
        self.blank(Span::new(span.start, span.end + comma));
    }

    /// Where a word stands between two places, in no comment.
    pub(super) fn word(&self, from: u32, until: u32, word: &str) -> Option<u32> {
        let (mut at, until) = (from as usize, until as usize);
        while at < until {
            let rest = &self.text[at..until];
            at += match word_length(rest) {
                Some(length) if &rest[..length] == word => return u32::try_from(at).ok(),
                Some(length) => length,
                None if rest.starts_with("//") => rest.find(['\n', '\r']).unwrap_or(rest.len()),
                None if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
                None => rest.chars().next().map_or(1, char::len_utf8),
            };
        }
        None
    }

    /// Says whether a line ends in it.
    pub(super) fn has_line_end(&self, span: Span) -> bool {
        self.text[span.start as usize..span.end as usize].contains(['\n', '\r', '\u{2028}', '\u{2029}'])
    }
}

/// How long the word at the beginning is, if one stands there.
pub(super) fn word_length(text: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let length = text.find(|c| !is_part(c)).unwrap_or(text.len());
    (length > 0).then_some(length)
}

/// Writes spaces over everything but line ends.
fn blank_out(bytes: &mut [u8]) {
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at..] {
            [b'\n' | b'\r', ..] => at += 1,
            // The separators of lines and of paragraphs end a line, too.
            [0xE2, 0x80, 0xA8 | 0xA9, ..] => at += 3,
            _ => {
                bytes[at] = b' ';
                at += 1;
            }
        }
    }
}
