//! The tool cannot go on: what happened, what to do, and how the run ends.

use crate::account::Unreachable;
use crate::cli::exit::ExitCode;
use crate::diagnostic::Diagnostic;

/// Why a command ends early.
#[derive(Debug)]
pub struct Failure {
    /// What happened; empty if the diagnostics say it all.
    pub message: String,
    /// What it is about, line by line.
    pub details: Vec<String>,
    /// What to do about it.
    pub help: Vec<String>,
    /// What is wrong in the author's files.
    pub diagnostics: Vec<Diagnostic>,
    /// How the run ends.
    pub exit: ExitCode,
}

impl Failure {
    /// An error.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            details: vec![],
            help: vec![],
            diagnostics: vec![],
            exit: ExitCode::Error,
        }
    }

    /// A safety rule refused.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { exit: ExitCode::Refused, ..Self::error(message) }
    }

    /// Errors in the author's files.
    pub fn in_text(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, ..Self::error("") }
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

impl From<Unreachable> for Failure {
    fn from(Unreachable { message, help }: Unreachable) -> Self {
        Self { help, ..Self::error(message) }
    }
}
