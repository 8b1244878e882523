//! `hatrack plan`

use std::path::PathBuf;

use crate::account::{CredentialSource, store};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::pipeline::{Prepared, Selection, Session};
use crate::cli::progress;
use crate::plan::{PLAN_FORMAT_VERSION, SavedEnvironment, SavedPlan};
use crate::report::{self, PlanReport};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Save the plan, bound to what was read, for `hatrack apply FILE`
    #[arg(short, long, visible_alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let interrupted = progress::on_interrupt()?;
    let session = Session::open(global, &args.selection, false, &interrupted, output)?;
    // A saved plan is bound to what was read, so that must be fresh.
    let fresh = if args.output.is_some() { CredentialSource::Live } else { CredentialSource::Report };
    let prepared = session.prepare(session.read(fresh)?)?;
    let report = report_of(&session, &prepared);
    show(&report, output);
    if let Some(path) = &args.output {
        if !prepared.settled.objections.is_empty() {
            return Err(Failure::refused("the plan is not saved, since it cannot be applied"));
        }
        save(&session, &prepared, &report, path)?;
        output.say(&format!("saved to {}; apply it with `hatrack apply {}`", path.display(), path.display()));
    }
    Ok(exit_of(&prepared))
}

/// How a plan is told to scripts.
pub fn exit_of(prepared: &Prepared) -> ExitCode {
    if !prepared.settled.objections.is_empty() {
        ExitCode::Refused
    } else if !prepared.reading.unread.is_empty() {
        ExitCode::Error
    } else if prepared.plan.steps.is_empty() {
        ExitCode::Done
    } else {
        ExitCode::Differences
    }
}

/// The plan as data.
pub fn report_of(session: &Session, prepared: &Prepared) -> PlanReport {
    PlanReport::new(&inputs(session, prepared, &|id, setting| session.origin(id, setting)))
}

/// Everything reports are made of.
pub fn inputs<'a>(session: &'a Session, prepared: &'a Prepared, origin: report::Origin<'a>) -> report::Inputs<'a> {
    report::Inputs {
        environments: &session.environments,
        origin,
        plan: &prepared.plan,
        settled: &prepared.settled,
        hazards: &prepared.hazards,
        unread: &prepared.reading.unread,
        reading_notes: &prepared.reading.notes,
    }
}

/// Prints a plan in the format asked for.
pub fn show(report: &PlanReport, output: &Output) {
    output.result(&match output.format {
        Format::Terminal => report.terminal(&output.terminal),
        Format::Json => report.json(),
        Format::Markdown => report.markdown(),
    });
}

fn save(session: &Session, prepared: &Prepared, report: &PlanReport, path: &std::path::Path) -> Result<(), Failure> {
    let Prepared { reading, settled, plan, hazards } = prepared;
    let (bound_to, found, wanted) = SavedPlan::bind(plan, &settled.wanted, &reading.state, &settled.untouchable);
    let environment = |e: &crate::spec::lower::EnvironmentInfo| SavedEnvironment {
        name: e.name.clone(),
        account: e.account.clone(),
        region: e.region.clone(),
    };
    let saved = SavedPlan {
        plan_format_version: PLAN_FORMAT_VERSION,
        made_with: env!("CARGO_PKG_VERSION").to_owned(),
        environments: session.environments.iter().map(environment).collect(),
        bound_to,
        found,
        wanted,
        steps: plan.steps.clone(),
        needs_acceptance: hazards.iter().filter_map(|h| h.needs_acceptance()).map(str::to_owned).collect(),
        report: serde_json::from_str(&report.json()).map_err(|error| Failure::error(error.to_string()))?,
    };
    let text = serde_json::to_string_pretty(&saved).map_err(|error| Failure::error(error.to_string()))?;
    store::save(path, text.as_bytes()).map_err(|error| Failure::error(format!("cannot save {}: {error}", path.display())))
}
