//! How the process ends.

use std::process::ExitCode;

/// What the exit status says.
///
/// ```
/// use std::process::ExitCode;
///
/// use whimbrel_cli::{Exit, Program};
///
/// let exit = Program::new("shop").run(["shop", "push", "--no-such-flag"].map(Into::into));
/// assert_eq!(exit, Exit::Usage);
/// assert_eq!(ExitCode::from(exit), ExitCode::from(2));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// 0: what was asked for is done, or was declined at the prompt.
    Done = 0,
    /// 1: it failed, and why was printed.
    Failed = 1,
    /// 2: the arguments or the configuration make no sense.
    Usage = 2,
    /// 3: questions are open, and the flags that answer them were printed.
    AnswerNeeded = 3,
    /// 4: `check` found something.
    Found = 4,
    /// 130: interrupted; what was begun was rolled back.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
