//! `hatrack show`

use std::path::PathBuf;

use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::plan;
use crate::plan::SavedPlan;
use crate::report::PlanReport;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A plan that `hatrack plan -o FILE` saved
    file: PathBuf,
}

pub fn run(args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let unusable =
        |why: &dyn std::fmt::Display| Failure::error(format!("cannot use the plan {}: {why}", args.file.display()));
    let text = std::fs::read_to_string(&args.file).map_err(|error| unusable(&error))?;
    let saved = SavedPlan::parse(&text).map_err(|why| unusable(&why))?;
    let report: PlanReport = serde_json::from_value(saved.report).map_err(|error| unusable(&error))?;
    plan::show(&report, output);
    Ok(if saved.steps.is_empty() { ExitCode::Done } else { ExitCode::Differences })
}
