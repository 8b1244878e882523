//! `hatrack plan`

use std::path::{Path, PathBuf};

use crate::account::{CredentialSource, Reading, store};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::pipeline::{Prepared, Selection, Session};
use crate::cli::{merge, progress, shard};
use crate::diagnostic::has_errors;
use crate::plan::{PLAN_FORMAT_VERSION, SavedEnvironment, SavedPlan, SavedSelection};
use crate::report::{Basis, ByHand, EnvironmentLine, Inputs, PlanReport, ReportKind};
use crate::spec::EnvironmentInfo;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Save the plan, bound to what was read, for `hatrack apply FILE`
    #[arg(short, long, visible_alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only the accounts of the I-th of N parts of the estate, from 1; `auto/N` takes I from the job's index
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let selection = Selection { shard: shard::of(args.shard.as_deref())?, ..args.selection.clone() };
    let interrupted = progress::on_interrupt()?;
    let session = Session::open(global, &selection, false, &interrupted, output)?;
    session.lint(output)?;
    // A saved plan is bound to what was read, so that must be fresh.
    let fresh = if args.output.is_some() { CredentialSource::Live } else { CredentialSource::Report };
    let prepared = session.prepare(session.read_reached(fresh)?)?;
    let report = report_of(&session, &prepared);
    show(&report, output);
    output.diagnostics(&prepared.claims);
    if let Some(path) = &args.output {
        if has_errors(&prepared.claims) {
            return Err(Failure::refused("the plan is not saved, since assertions would not hold"));
        }
        if !prepared.settled.objections.is_empty() {
            return Err(Failure::refused("the plan is not saved, since it cannot be applied"));
        }
        save(&session, &prepared, &args.selection, path)?;
        let place = global
            .account_file
            .as_ref()
            .map_or_else(String::new, |f| format!("--account-file {} ", f.display()));
        output.say(&format!("saved to {0}; apply it with `hatrack {place}apply {0}`", path.display()));
    }
    Ok(exit_of(&prepared))
}

/// How a plan is told to scripts.
pub fn exit_of(prepared: &Prepared) -> ExitCode {
    let Reading { unread, unreached, .. } = &prepared.reading;
    let refused = !prepared.settled.objections.is_empty() || has_errors(&prepared.claims);
    exit_for(refused, unread.is_empty() && unreached.is_empty(), prepared.plan.steps.is_empty())
}

/// The same, for a plan that is not at hand as a whole.
pub fn exit_for(refused: bool, all_read: bool, nothing_to_do: bool) -> ExitCode {
    if refused {
        ExitCode::Refused
    } else if !all_read {
        ExitCode::Error
    } else if nothing_to_do {
        ExitCode::Done
    } else {
        ExitCode::Differences
    }
}

/// The plan as data.
pub fn report_of(session: &Session, prepared: &Prepared) -> PlanReport {
    let report = with_inputs(session, prepared, PlanReport::new);
    PlanReport { basis: basis(session, prepared, ReportKind::Plan).map(Box::new), ..report }
}

/// What the report of a shard carries along.
pub fn basis(session: &Session, prepared: &Prepared, kind: ReportKind) -> Option<Basis> {
    let members = merge::members(&session.estate, session.shard?);
    let found = &prepared.reading.state;
    Some(with_inputs(session, prepared, |inputs| Basis::new(kind, inputs, found, members)))
}

/// An environment as reports tell of it.
pub fn line(environment: &EnvironmentInfo) -> EnvironmentLine<'_> {
    let EnvironmentInfo {
        name,
        account,
        region,
        source,
        partition: _,
        profile: _,
        assume_role: _,
        checklist: _,
    } = environment;
    EnvironmentLine { name, account, region, source }
}

/// Everything reports are made of.
pub fn with_inputs<'b, T>(
    session: &'b Session,
    prepared: &'b Prepared,
    make: impl FnOnce(&Inputs<'_>) -> T,
) -> T {
    let environments: Vec<EnvironmentLine<'_>> = prepared.environments.iter().map(line).collect();
    let estate = match session.shard {
        Some(_) => session.estate.iter().map(line).collect(),
        None => environments.clone(),
    };
    let today = crate::cli::findings::today();
    let by_hand: Vec<ByHand> = prepared
        .environments
        .iter()
        .flat_map(|e| e.checklist.iter().map(|item| ByHand::new(&e.name, item, today)))
        .collect();
    make(&Inputs {
        environments: &environments,
        estate: &estate,
        origin: &|id, setting| session.origin(id, setting),
        plan: &prepared.plan,
        settled: &prepared.settled,
        hazards: &prepared.hazards,
        unread: &prepared.reading.unread,
        reading_notes: &prepared.reading.notes,
        aws: &prepared.aws,
        findings: &prepared.findings,
        access: &prepared.access,
        claims: &prepared.claims,
        by_hand: &by_hand,
        unreached: &prepared.reading.unreached,
        shard: session.shard.map(|shard| shard.line()),
        bridges: &prepared.bridges,
        homes: &session.homes(),
    })
}

/// Prints a plan in the format asked for.
pub fn show(report: &PlanReport, output: &Output) {
    output.result(&match output.format {
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => report.json(),
        Format::Markdown | Format::Brief => report.markdown(),
    });
}

fn save(session: &Session, prepared: &Prepared, selection: &Selection, path: &Path) -> Result<(), Failure> {
    let Prepared {
        environments,
        reading,
        settled,
        plan,
        hazards,
        aws: _,
        access: _,
        findings: _,
        claims: _,
        bridges: _,
    } = prepared;
    let (bound_to, found, wanted) =
        SavedPlan::bind(plan, &settled.wanted, &reading.state, &settled.untouchable);
    let environment = |e: &EnvironmentInfo| SavedEnvironment {
        name: e.name.clone(),
        account: e.account.clone(),
        region: e.region.clone(),
        source: e.source.clone(),
    };
    let origins = plan.changes.keys().filter_map(|id| Some((id.clone(), session.origin(id, None)?)));
    let saved = SavedPlan {
        plan_format_version: PLAN_FORMAT_VERSION,
        made_with: env!("CARGO_PKG_VERSION").to_owned(),
        made_for: SavedSelection {
            target: selection.target.clone(),
            adopt: selection.adopt.clone(),
            takeover: selection.takeover.clone(),
        },
        environments: environments.iter().map(environment).collect(),
        left_out: reading.unreached.iter().map(|unreached| unreached.environment.clone()).collect(),
        bound_to,
        found,
        wanted,
        steps: plan.steps.clone(),
        hazards: hazards.clone(),
        notes: settled.notes.clone(),
        coverage: settled.coverage.clone(),
        unread: reading.unread.clone(),
        reading_notes: reading.notes.clone(),
        origins: origins.collect(),
    };
    let cannot =
        |why: &dyn std::fmt::Display| Failure::error(format!("cannot save {}: {why}", path.display()));
    let text = serde_json::to_string_pretty(&saved).map_err(|error| cannot(&error))?;
    store::save(path, text.as_bytes()).map_err(|error| cannot(&error))
}
