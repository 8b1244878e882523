//! `hatrack audit`

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::account::{Hygiene, HygieneRequest, Unreached};
use crate::audit::{ALL, Limits, Measure, audit};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::findings::{FailOn, day};
use crate::cli::ignored::Ignoring;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::pipeline::{Selection, Session};
use crate::cli::{plan, progress};
use crate::diagnostic::Span;
use crate::report::{AuditInputs, AuditReport};
use crate::spec::ignore_file::Ignores;
use crate::state::{AccountId, ResourceId};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environments, by name or file [default: all]
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<String>,
    /// An access key is old after so many days
    #[arg(long, value_name = "DAYS", default_value_t = Limits::default().key_days)]
    key_days: u16,
    /// A user, a password or an access key is unused after so many days
    #[arg(long, value_name = "DAYS", default_value_t = Limits::default().unused_days)]
    unused_days: u16,
    /// A role is unused after so many days; AWS knows of the last 400
    #[arg(long, value_name = "DAYS", default_value_t = Limits::default().role_days, value_parser = clap::value_parser!(u16).range(..=400))]
    role_days: u16,
    /// End with exit code 2 on findings of this severity or a worse one
    #[arg(long, value_name = "SEVERITY", default_value = "suggestion")]
    fail_on: FailOn,
    /// Findings that somebody knows of [default: `audit-ignore.yaml` beside `environments/`, if it is there]
    #[arg(long, value_name = "FILE")]
    ignore_file: Option<PathBuf>,
    /// Judge the days in the ignore file as if today were this day [default: today, in UTC]
    #[arg(long, value_name = "DAY", value_parser = day)]
    at: Option<Date>,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let interrupted = progress::on_interrupt()?;
    let session =
        Session::open_without_lock(global, &Selection::of(&args.environments), &interrupted, output)?;
    let Args { environments: _, key_days, unused_days, role_days, fail_on, ignore_file, at } = args;
    let limits = Limits { key_days: *key_days, unused_days: *unused_days, role_days: *role_days };
    let measure = Measure { now: Timestamp::now(), limits };
    let mut regions: BTreeMap<AccountId, BTreeSet<String>> = BTreeMap::new();
    // An account is looked at as a whole, whichever of its environments was named.
    let chosen = |account: &AccountId| session.environments.iter().any(|e| e.account == *account);
    for environment in session.project.lowered.environments.iter().filter(|e| chosen(&e.account)) {
        regions.entry(environment.account.clone()).or_default().insert(environment.region.clone());
    }
    let Hygiene { accounts, unreached } = session.account.hygiene(&HygieneRequest { regions, measure })?;
    let away: Vec<Unreached> = session
        .environments
        .iter()
        .filter_map(|environment| {
            let why = unreached.get(&environment.account)?.clone();
            let (name, account) = (environment.name.clone(), environment.account.clone());
            Some(Unreached { environment: name, account, why })
        })
        .collect();
    if let ([only], true) = (away.as_slice(), accounts.is_empty()) {
        let message = format!("environment `{}`: {}", only.environment, only.why.message);
        return Err(only.why.help.iter().fold(Failure::error(message), |failure, help| failure.help(help)));
    }
    let lines: Vec<_> = session.environments.iter().map(plan::line).collect();
    let mut report = AuditReport::new(&AuditInputs {
        environments: &lines,
        project: &session.project.lowered.environments.iter().map(plan::line).collect::<Vec<_>>(),
        audit: &audit(&accounts, &measure),
        unreached: &away,
        declared: &|id| declared(&session, id),
        notes: &accounts.iter().flat_map(|facts| facts.notes.iter().cloned()).collect(),
    });
    let today = at.unwrap_or_else(|| measure.now.to_zoned(TimeZone::UTC).date());
    let checks: Vec<&str> = ALL.iter().map(|check| check.id).collect();
    let ignoring = Ignoring::read(Ignores::Audit(&checks), &session.project, ignore_file.as_deref(), today);
    report.ignore(&ignoring.entries, today);
    output.result(&match output.format {
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Github => report.json(),
        Format::Sarif => report.sarif(),
        Format::Markdown | Format::Brief => report.markdown(),
    });
    let sound = ignoring.tell(output);
    Ok(if report.is_partial() || !sound {
        ExitCode::Error
    } else if report.has((*fail_on).into()) {
        ExitCode::Differences
    } else {
        ExitCode::Done
    })
}

/// Which environment declares a resource, and where.
fn declared<'a>(session: &'a Session, id: &ResourceId) -> Option<(&'a str, Span)> {
    // Of all environments: what a finding is about does not depend on which of an account's was named.
    let lowered = &session.project.lowered;
    let scope = lowered.scopes.iter().find(|scope| scope.declared.contains(id))?;
    Some((scope.environment.as_str(), lowered.origins.of(id, None)?.clone()))
}
