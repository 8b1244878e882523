//! `hatrack schema`

use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::spec::schema::json_schema;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub fn run(_args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let text =
        serde_json::to_string_pretty(&json_schema()).map_err(|error| Failure::error(error.to_string()))?;
    output.result(&(text + "\n"));
    Ok(ExitCode::Done)
}
