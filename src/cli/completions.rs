//! `hatrack completions`

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
}

pub fn run(args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let mut script = vec![];
    clap_complete::generate(args.shell, &mut Cli::command(), "hatrack", &mut script);
    output.result(&String::from_utf8_lossy(&script));
    Ok(ExitCode::Done)
}
