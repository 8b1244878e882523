//! `hatrack policy`: single policy documents, useful to people who use nothing else of hatrack.

mod lint;

use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Find mistakes and openings; exit code 2 if there are any
    Lint(lint::Args),
}

pub fn run(args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    match &args.command {
        Command::Lint(args) => lint::run(args, output),
    }
}
