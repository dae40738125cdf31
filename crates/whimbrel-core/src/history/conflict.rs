//! What git leaves in a file when both sides of a merge changed it.

/// The line, from 1, of the first conflict marker of a text, if there is one.
///
/// JSON has no line that begins so, and SQL none outside of a string.
pub(super) fn first_marker(text: &str) -> Option<usize> {
    text.split('\n')
        .position(|line| marker(line).is_some_and(|marker| marker != Marker::Middle))
        .map(|at| at + 1)
}

/// The lines that git puts around and between the sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Marker {
    /// `<<<<<<< ours`
    Ours,
    /// `||||||| base`: only where git was told to show it.
    Base,
    /// `=======`
    Middle,
    /// `>>>>>>> theirs`
    Theirs,
}

fn marker(line: &str) -> Option<Marker> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let is =
        |mark: &str| line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let known = [
        ("<<<<<<<", Marker::Ours),
        ("|||||||", Marker::Base),
        ("=======", Marker::Middle),
        (">>>>>>>", Marker::Theirs),
    ];
    known.into_iter().find(|(mark, _)| is(mark)).map(|(_, marker)| marker)
}
