//! `hatrack policy`: single documents, without a project and without an account.

mod compare;
mod diff;
mod fmt;
mod lint;
mod pair;

use clap::{Subcommand, ValueEnum};
use serde_json::Value;

use crate::cli::document::Loaded;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::diagnostic::Diagnostic;
use crate::policy::{Document, DocumentKind, Problem};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

// One file each; the file's name is the command's.
#[derive(Debug, Subcommand)]
enum Command {
    /// Tell which of two documents allows more, over all requests; exit code 2 if the second allows something new
    Compare(compare::Args),
    /// Tell whether two documents mean the same, and what differs; exit code 2 if anything
    Diff(diff::Args),
    /// Print documents in one spelling, as they are or packed
    Fmt(fmt::Args),
    /// Find mistakes and openings; exit code 2 if there are any
    Lint(lint::Args),
}

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A managed or inline policy
    Identity,
    /// A role's trust policy
    Trust,
    /// A policy of a bucket or another resource
    Resource,
    /// A permissions boundary
    Boundary,
}

impl From<Kind> for DocumentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Identity => Self::Identity,
            Kind::Trust => Self::Trust,
            Kind::Resource => Self::Resource,
            Kind::Boundary => Self::Boundary,
        }
    }
}

impl Args {
    /// Whether it tells of places in files, as SARIF and annotations do.
    pub fn is_lint(&self) -> bool {
        matches!(self.command, Command::Lint(_))
    }
}

pub fn run(args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Compare(args) => compare::run(args, output),
        Command::Diff(args) => diff::run(args, output),
        Command::Fmt(args) => fmt::run(args, output),
        Command::Lint(args) => lint::run(args, output),
    }
}

/// The kind asked for, or the one that the document looks to be of.
fn kind_of(asked: Option<Kind>, json: &Value) -> DocumentKind {
    asked.map_or_else(|| DocumentKind::of(json), DocumentKind::from)
}

/// Reads a document as AWS does; each thing that makes it no policy is said at its place.
fn document(
    loaded: &Loaded,
    json: &Value,
    partition: &str,
    asked: Option<Kind>,
) -> Result<Document, Vec<Diagnostic>> {
    Document::read_as_aws(json, partition, asked.map(DocumentKind::from)).map_err(|problems| {
        let said = problems.into_iter().map(|problem| {
            let Problem { rule, severity, pointer, at_key, message, help } = problem;
            let span = if at_key { loaded.node.key_span_at(&pointer) } else { loaded.node.span_at(&pointer) };
            let mut diagnostic = Diagnostic::error(Some(span), message).rule(rule);
            diagnostic.severity = severity;
            diagnostic.help.extend(help);
            diagnostic
        });
        said.collect()
    })
}
