//! `hatrack validate`

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::findings::FailOn;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::{claims, findings, project};
use crate::diagnostic::{Severity, has_errors};
use crate::report::{self, FindingsReport};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environments, by name or file [default: all]
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<String>,
    /// End with exit code 1 on findings of this severity or a worse one
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,
    /// Judge dates as if today were this day [default: today, in UTC]
    #[arg(long, value_name = "DATE", value_parser = findings::day)]
    at: Option<Date>,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let (lowered, said) = project::read(global)?;
    let lowered = lowered.filter(|_| !has_errors(&said));
    let mut report = FindingsReport { findings: said, ..FindingsReport::default() };
    let chosen = match &lowered {
        Some(lowered) => project::choose(lowered, &args.environments)?,
        None => vec![],
    };
    if let Some(lowered) = &lowered {
        let today = args.at.unwrap_or_else(findings::today);
        // Nobody asks an account here, so its quotas are not known.
        report.findings.extend(lowered.beyond_defaults.iter().cloned());
        let linted = findings::of_estate(lowered, &chosen, today);
        report.findings.extend(linted.findings);
        report.suppressed = linted.suppressed;
    }
    let failed = lowered.is_none() || report.has(args.fail_on.into());
    // Of policies that cannot work it says little that something can be proven of them.
    let claims = match &lowered {
        Some(lowered) if !report.has(Severity::Error) => claims::of_files(lowered, &chosen),
        _ => vec![],
    };
    let refuted = has_errors(&claims);
    report.findings.extend(claims);
    if output.format == Format::Json {
        output.result(&report.diagnostics_json());
    } else {
        findings::print(&report, output);
    }
    // Of files with errors nothing is said but what is wrong.
    let sound = lowered.as_ref().filter(|_| !report.has(Severity::Error));
    if let (Some(lowered), Format::Terminal) = (sound, output.format) {
        for environment in chosen {
            let scopes = lowered.scopes.iter().filter(|s| s.environment == environment.name);
            let declared: BTreeSet<_> = scopes.flat_map(|s| s.declared.iter()).collect();
            output.result(&format!(
                "{}: {} declared for account {}, no errors\n",
                environment.name,
                report::count(declared.len(), "resource"),
                environment.account,
            ));
        }
        if !report.suppressed.is_empty() {
            let suppressed = report::count(report.suppressed.len(), "finding");
            output.say(&format!("{suppressed} suppressed, each with a reason"));
        }
    }
    Ok(match (failed, refuted) {
        (true, _) => ExitCode::Error,
        (false, true) => ExitCode::Refused,
        (false, false) => ExitCode::Done,
    })
}
