//! Standard output and standard error: results to the one, everything about the work to the other.

use std::io::{self, IsTerminal as _};
use std::sync::atomic::{AtomicBool, Ordering};

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
        let width =
            terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)).clamp(60, 120);
        let out = colour(stdout.is_terminal(), anstream::AutoStream::choice(&stdout));
        let err = colour(stderr.is_terminal(), anstream::AutoStream::choice(&stderr));
        Self {
            format: global.format,
            terminal: Terminal { width, colour: out },
            errors: Terminal { width, colour: err },
            answered: AtomicBool::new(false),
        }
    }

    /// Prints a result.
    pub fn result(&self, text: &str) {
        self.answered.store(true, Ordering::Relaxed);
        write(&mut io::stdout().lock(), text);
    }

    /// Says something about the work.
    pub fn say(&self, text: &str) {
        let lines: String = text.lines().map(|line| report::harmless(line) + "\n").collect();
        write(&mut io::stderr().lock(), &lines);
    }

    /// Shows what is wrong in the author's files.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        write(&mut io::stderr().lock(), &report::diagnostics_terminal(diagnostics, self.errors));
    }

    /// Says why a command ends early, and how.
    pub fn failure(&self, failure: &Failure) -> ExitCode {
        let mut all = failure.diagnostics.clone();
        if !failure.message.is_empty() {
            let mut diagnostic = Diagnostic::error(None, failure.message.as_str());
            diagnostic.help.clone_from(&failure.help);
            all.push(diagnostic);
        }
        if self.format == Format::Json && !self.answered.load(Ordering::Relaxed) {
            self.result(&report::diagnostics_json(&all));
        }
        // Where there is more to say than a line, the way out stands behind it.
        if let (Some((first, rest)), Some(last)) = (failure.message.split_once('\n'), all.last_mut()) {
            first.clone_into(&mut last.message);
            last.help.clear();
            self.diagnostics(&all);
            self.say(rest);
            for help in &failure.help {
                self.say(&format!("help: {help}"));
            }
        } else {
            self.diagnostics(&all);
        }
        failure.exit
    }
}

/// A reader that has seen enough closes the pipe; that is no error of ours.
fn write(stream: &mut impl io::Write, text: &str) {
    let _closed_pipe = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}

/// Logs to standard error. Never the SDK's own trace, which prints request bodies: a password is in one of them.
pub fn start_logging(verbose: u8) {
    let filter = match verbose {
        0 => "off",
        1 => "hatrack=info",
        _ => "hatrack=debug,aws_config=warn",
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_target(false)
        .without_time()
        .finish();
    let _already_set = tracing::subscriber::set_global_default(subscriber);
}
