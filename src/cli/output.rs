//! Standard output and standard error: results to the one, everything about the work to the other.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Colour, Format, Global};
use crate::diagnostic::Diagnostic;
use crate::report::{self, Terminal};

/// Where results go and what they look like.
pub struct Output {
    /// The format asked for.
    pub format: Format,
    /// What standard output can show.
    pub terminal: Terminal,
    /// What standard error can show.
    pub errors: Terminal,
    /// Why a result did not get out.
    lost: Mutex<Option<io::Error>>,
    /// Whether there was a result: standard output is one JSON document, not two.
    answered: AtomicBool,
}

impl Output {
    /// As the options and the two streams say.
    pub fn new(global: &Global) -> Self {
        let colour = |is_terminal: bool, choice: anstream::ColorChoice| match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => is_terminal && choice != anstream::ColorChoice::Never,
        };
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).or_else(columns);
        let width = width.unwrap_or(80).clamp(60, 120);
        let out = colour(stdout.is_terminal(), anstream::AutoStream::choice(&stdout));
        let err = colour(stderr.is_terminal(), anstream::AutoStream::choice(&stderr));
        Self {
            format: global.format,
            terminal: Terminal { width, colour: out, detail: global.verbose > 0 },
            errors: Terminal { width, colour: err, detail: global.verbose > 0 },
            lost: Mutex::default(),
            answered: AtomicBool::new(false),
        }
    }

    /// Prints a result.
    pub fn result(&self, text: &str) {
        let _nobody_reads = self.stream(text);
    }

    /// Prints a part of a result. Whether it is of use to go on.
    pub fn stream(&self, text: &str) -> bool {
        self.answered.store(true, Ordering::Relaxed);
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => true,
            // A reader that has seen enough closes the pipe; that is no error of ours.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => false,
            Err(error) => {
                *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                false
            }
        }
    }

    /// The exit code, unless a result did not get out: nobody should take half an answer for a whole one.
    pub fn conclude(&self, code: ExitCode) -> ExitCode {
        let lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner).take();
        match lost {
            Some(error) => self.failure(&Failure::error(format!("cannot write the result: {error}"))),
            None => code,
        }
    }

    /// Says something about the work.
    pub fn say(&self, text: &str) {
        let lines: String = text.lines().map(|line| report::harmless(line) + "\n").collect();
        write(&mut io::stderr().lock(), &lines);
    }

    /// Shows what is wrong in the author's files.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        if diagnostics.is_empty() {
            return;
        }
        write(&mut io::stderr().lock(), &report::diagnostics_terminal(diagnostics, self.errors));
    }

    /// Says why a command ends early, and how.
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        let mut all = failure.diagnostics.clone();
        if !failure.message.is_empty() {
            let mut diagnostic = Diagnostic::error(None, failure.message.clone());
            // Details stand between the message and the way out.
            diagnostic.help = failure.details.iter().chain(&failure.help).cloned().collect();
            all.push(diagnostic);
        }
        if self.format == Format::Json && !self.answered.load(Ordering::Relaxed) {
            self.result(&report::diagnostics_json(&all));
        }
        if failure.details.is_empty() {
            self.diagnostics(&all);
        } else {
            if let Some(last) = all.last_mut() {
                last.help.clear();
            }
            self.diagnostics(&all);
            failure.details.iter().for_each(|line| self.say(&format!("  {line}")));
            failure.help.iter().for_each(|line| self.say(&format!("help: {line}")));
        }
        failure.exit
    }

    /// Logs to standard error. Never the SDK's own trace, which prints request bodies: a password is in one of them.
    pub fn start_logging(&self, verbose: u8) {
        let filter = match verbose {
            0 => "off",
            1 => "hatrack=info",
            _ => "hatrack=debug,aws_config=warn",
        };
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
            .with_writer(io::stderr)
            .with_target(false)
            .with_ansi(self.errors.colour)
            .without_time()
            .finish();
        let _already_set = tracing::subscriber::set_global_default(subscriber);
    }
}

/// How wide a script prints that has no terminal. What is no number says nothing, and is no mistake of the command line.
#[expect(clippy::disallowed_methods, reason = "an option that clap reads would refuse what is no number")]
fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok()
}

/// What is said on the way is worth no failure.
fn write(stream: &mut impl io::Write, text: &str) {
    let _unheard = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}
