//! Where something stands in a source file.

use serde::{Deserialize, Serialize};

/// A place in a source file.
///
/// Where a thing stands is no part of what it says: every place equals every
/// other, so that models compare by their meaning.
///
/// ```
/// use whimbrel_model::At;
/// let at = At::from((12, 5));
/// assert_eq!((at.line, at.column), (12, 5));
/// ```
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(from = "(u32, u32)", into = "(u32, u32)")]
pub struct At {
    /// The line, from 1; 0 where nothing is known.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// How many bytes it takes up, where the text is at hand.
    pub length: u32,
    /// Which of the reader's spans it is.
    #[cfg_attr(not(feature = "parse"), expect(dead_code, reason = "only the reader has spans"))]
    pub(crate) mark: u32,
}

impl PartialEq for At {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for At {}

impl From<(u32, u32)> for At {
    fn from((line, column): (u32, u32)) -> Self {
        Self { line, column, ..Self::default() }
    }
}

impl From<At> for (u32, u32) {
    fn from(at: At) -> Self {
        (at.line, at.column)
    }
}
