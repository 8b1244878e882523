//! `hatrack show`

use std::path::PathBuf;

use crate::access::delta::delta;
use crate::access::landscape::Landscape;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{merge, plan};
use crate::plan::{AwsComparison, SavedEnvironment, SavedPlan, bridges};
use crate::report::{EnvironmentLine, Inputs, PlanReport};
use crate::state::Settled;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A plan that `hatrack plan -o FILE` saved; with `--merge` the JSON reports of shards
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Show the JSON reports of all shards of a plan or of drift as the one report of the whole
    #[arg(long)]
    pub merge: bool,
    /// Although reports of some shards are missing
    #[arg(long, requires = "merge")]
    partial: bool,
}

pub fn run(args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let file = match (args.merge, args.files.as_slice()) {
        (true, files) => return merge::run(files, args.partial, output),
        (false, [file]) => file,
        (false, _) => {
            return Err(Failure::error("one plan is shown at a time")
                .help("reports of shards are shown together with `--merge`"));
        }
    };
    let unusable = |why: &dyn std::fmt::Display| {
        Failure::error(format!("cannot use the plan {}: {why}", file.display()))
    };
    let text = std::fs::read_to_string(file).map_err(|error| unusable(&error))?;
    let saved = SavedPlan::parse(&text).map_err(|why| unusable(&why))?;
    let plan = saved.plan();
    let settled = Settled {
        wanted: saved.wanted.clone(),
        notes: saved.notes.clone(),
        coverage: saved.coverage.clone(),
        ..Settled::default()
    };
    let environments: Vec<EnvironmentLine<'_>> = saved.environments.iter().map(line).collect();
    let homes = saved.environments.iter().rev().map(|e| (e.account.clone(), e.name.clone())).collect();
    let report = PlanReport::new(&Inputs {
        environments: &environments,
        estate: &environments,
        origin: &|id, _| saved.origins.get(id).cloned(),
        plan: &plan,
        settled: &settled,
        hazards: &saved.hazards,
        unread: &saved.unread,
        reading_notes: &saved.reading_notes,
        aws: &AwsComparison::default(),
        access: &delta(&Landscape::new(&saved.found), &Landscape::new(&saved.wanted)),
        claims: &[],    // A plan with a broken one is not saved.
        by_hand: &[],   // It is in the files, which a saved plan does not carry.
        unreached: &[], // It says nothing of environments that it was made without.
        shard: None,
        bridges: &bridges(&plan, &saved.found, &saved.wanted),
        homes: &homes,
        findings: &[], // A plan in a file is about what it does; `plan` told what is found besides.
    });
    plan::show(&report, output);
    Ok(if saved.steps.is_empty() { ExitCode::Done } else { ExitCode::Differences })
}

fn line(environment: &SavedEnvironment) -> EnvironmentLine<'_> {
    let SavedEnvironment { name, account, region, source } = environment;
    EnvironmentLine { name, account, region, source }
}
