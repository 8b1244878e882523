//! How a run ends.

use std::process;

/// The exit code of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitCode {
    /// 0: nothing to do, or all done.
    Done = 0,
    /// 1: an error: in the command line, in a specification, on the way to an account, a read that failed, a step
    /// that was not done.
    Error = 1,
    /// 2: there are differences.
    Differences = 2,
    /// 3: a safety rule refused, an assertion does not hold, or the "no" of `can`.
    Refused = 3,
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}
