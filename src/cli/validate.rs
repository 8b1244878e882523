//! `hatrack validate`

use std::collections::BTreeSet;

use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::project;
use crate::report;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environments, by name or file [default: all]
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<String>,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let project = project::load(global)?;
    let environments = project::choose(&project.lowered, &args.environments)?;
    // Nobody asks an account here, so its quotas are not known.
    let warnings = [project.warnings.as_slice(), &project.lowered.beyond_defaults].concat();
    if output.format == Format::Json {
        output.result(&report::diagnostics_json(&warnings));
        return Ok(ExitCode::Done);
    }
    output.diagnostics(&warnings);
    for environment in environments {
        let declared: BTreeSet<_> = project
            .lowered
            .scopes
            .iter()
            .filter(|s| s.environment == environment.name)
            .flat_map(|s| s.declared.iter())
            .collect();
        output.result(&format!(
            "{}: {} declared for account {}, no errors\n",
            environment.name,
            report::count(declared.len(), "resource"),
            environment.account
        ));
    }
    Ok(ExitCode::Done)
}
