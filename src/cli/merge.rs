//! `hatrack show --merge`: the reports of all shards of an estate as the one report of the whole.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::account::{Unreachable, Unreached};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::Format;
use crate::cli::output::Output;
use crate::cli::{pipeline, plan};
use crate::plan::{self as planning, Plan};
use crate::report::{
    self, Basis, Carried, DriftReport, EnvironmentLine, FORMAT_VERSION, Inputs, Member, PlanReport,
    ReportKind, ShardLine, incomplete,
};
use crate::state::Settled;

/// What counts of a report in a file. A version is read before all else.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

#[derive(Deserialize)]
struct Sharded {
    shard: Option<ShardLine>,
    basis: Option<Basis>,
    diagnostics: Option<Vec<Told>>,
}

#[derive(Deserialize)]
struct Told {
    message: String,
}

struct Part<'a> {
    path: &'a Path,
    line: ShardLine,
    basis: Basis,
    carried: Carried,
}

/// Shows the report of the whole. With `partial` what is missing is said, and does not stop it.
///
/// # Errors
/// Files that are no such reports, or do not belong together; shards that are missing or there twice.
pub fn run(files: &[PathBuf], partial: bool, output: &Output) -> Result<ExitCode, Failure> {
    let mut parts: Vec<Part<'_>> = files.iter().map(|path| part(path)).collect::<Result<_, _>>()?;
    parts.sort_by_key(|part| part.line);
    let Some(of) = parts.first().map(|part| part.line.of) else {
        return Err(Failure::error("no report is named"));
    };
    if let Some(other) = parts.iter().find(|part| part.line.of != of) {
        return Err(Failure::error(format!(
            "{} is one of {} shards, and {} one of {of}",
            other.path.display(),
            other.line.of,
            parts.first().map_or_else(String::new, |part| part.path.display().to_string())
        )));
    }
    let lines: Vec<ShardLine> = parts.iter().map(|part| part.line).collect();
    let (missing, twice) = incomplete(&lines, of);
    complete(&parts, &missing, &twice, of, partial, output)?;
    parts.dedup_by_key(|part| part.line.index);
    let mut parts = parts.into_iter();
    let Some(Part { path: _, line: _, mut basis, carried }) = parts.next() else {
        return Err(Failure::error("no report is named"));
    };
    let mut all_carried = vec![carried];
    for Part { path, line: _, basis: other, carried } in parts {
        all_carried.push(carried);
        basis
            .join(other)
            .map_err(|why| Failure::error(format!("cannot put {} with the others: {why}", path.display())))?;
    }
    for Member { name, account, shard } in basis.estate.clone() {
        if missing.contains(&shard) {
            let why =
                Unreachable { message: format!("the report of shard {shard}/{of} is missing"), help: vec![] };
            basis.unreached.push(Unreached { environment: name, account, why });
        }
    }
    basis.in_order();
    show(&basis, &all_carried, output)
}

/// Reads one report.
fn part(path: &Path) -> Result<Part<'_>, Failure> {
    let unusable = |why: String| Failure::error(format!("cannot use the report {}: {why}", path.display()));
    let made = "`hatrack plan --shard I/N --format json` and `hatrack drift --shard I/N --format json` make such reports";
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let damaged = |error: serde_json::Error| {
        unusable(format!("it is no report of hatrack in JSON, or it is damaged: {error}")).help(made)
    };
    let Version { format_version } = serde_json::from_str(&text).map_err(damaged)?;
    if format_version != FORMAT_VERSION {
        return Err(unusable(format!(
            "it has format {format_version}, and this hatrack reads format {FORMAT_VERSION}"
        )));
    }
    let Sharded { shard, basis, diagnostics } = serde_json::from_str(&text).map_err(damaged)?;
    match (shard, basis, diagnostics) {
        (Some(line), Some(basis), _) => {
            let carried = serde_json::from_str(&text).map_err(damaged)?;
            Ok(Part { path, line, basis, carried })
        }
        (_, _, Some(told)) => {
            let first = told.first().map_or_else(String::new, |told| format!(": {}", told.message));
            Err(unusable(format!("it is of a run that failed{first}")))
        }
        _ => Err(unusable("it is of no shard".to_owned()).help(made)),
    }
}

/// Whether all are there, and once.
fn complete(
    parts: &[Part<'_>],
    missing: &[u32],
    twice: &[u32],
    of: u32,
    partial: bool,
    output: &Output,
) -> Result<(), Failure> {
    let named = |indices: &[u32]| {
        let names: Vec<String> = indices.iter().map(|index| format!("{index}/{of}")).collect();
        names.join(", ")
    };
    let mut wrong = vec![];
    if !missing.is_empty() {
        wrong.push(format!("of shard {} there is no report", named(missing)));
    }
    for index in twice {
        let of_it = parts.iter().filter(|part| part.line.index == *index);
        let paths: Vec<String> = of_it.map(|part| part.path.display().to_string()).collect();
        wrong.push(format!("shard {index}/{of} is there more than once: {}", paths.join(", ")));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    if partial {
        wrong.iter().for_each(|line| output.say(line));
        return Ok(());
    }
    Err(Failure::error(wrong.join("; "))
        .help("name the report of each shard once, or add `--partial` to see what there is"))
}

/// The report of the whole, made as one run makes it.
fn show(basis: &Basis, carried: &[Carried], output: &Output) -> Result<ExitCode, Failure> {
    let settled = Settled {
        wanted: basis.wanted(),
        renames: basis.renames.clone(),
        untouchable: basis.untouchable.clone(),
        notes: basis.notes.clone(),
        objections: basis.objections.clone(),
        coverage: basis.coverage.clone(),
    };
    let plan = match planning::plan(&settled.wanted, &basis.found, &settled.renames, &settled.untouchable) {
        Ok(plan) => plan,
        Err(_) if !settled.objections.is_empty() => Plan::default(),
        Err(why) => return Err(Failure::error(report::unplannable(&why).text)),
    };
    let findings = basis.findings().map_err(Failure::error)?;
    let hazards = planning::of_the_whole(&basis.hazards, &plan, &basis.found, &settled.untouchable);
    let access = pipeline::access(&plan, &basis.found, &settled, &basis.homes.keys().cloned().collect());
    let bridges = planning::bridges(&plan, &basis.found, &settled.wanted);
    let environments: Vec<EnvironmentLine<'_>> = basis
        .environments
        .iter()
        .map(|environment| {
            let planning::SavedEnvironment { name, account, region, source } = environment;
            EnvironmentLine { name, account, region, source }
        })
        .collect();
    let inputs = Inputs {
        environments: &environments,
        estate: &environments,
        origin: &|id, setting| basis.origin(id, setting),
        plan: &plan,
        settled: &settled,
        hazards: &hazards,
        unread: &basis.unread,
        reading_notes: &basis.reading_notes,
        aws: &basis.aws,
        findings: &findings,
        access: &access,
        claims: &[],
        by_hand: &basis.by_hand,
        unreached: &basis.unreached,
        shard: None,
        bridges: &bridges,
        homes: &basis.homes,
    };
    let all_read = basis.unread.is_empty() && basis.unreached.is_empty();
    match basis.kind {
        ReportKind::Plan if output.format == Format::Brief => Err(super::not_in_brief()),
        ReportKind::Plan => {
            let report = PlanReport { assertions: basis.claims.clone(), ..PlanReport::new(&inputs) };
            plan::show(&report, output);
            if output.format == Format::Terminal {
                basis.claims.iter().for_each(|claim| output.say(&format!("{}: {}", claim.code, claim.text)));
            }
            Ok(plan::exit_for(
                !settled.objections.is_empty() || basis.broken,
                all_read,
                plan.steps.is_empty(),
            ))
        }
        ReportKind::Drift => {
            let mut report = DriftReport::new(&inputs);
            report.carry(carried);
            super::drift::show(&report, output);
            Ok(super::drift::exit_for(&report, all_read && basis.aws.not_checked.is_empty()))
        }
    }
}

/// The members of an estate, with the shard of each.
pub fn members(
    environments: &[crate::spec::EnvironmentInfo],
    shard: crate::cli::shard::Shard,
) -> Vec<Member> {
    let mut shards: BTreeMap<&crate::state::AccountId, u32> = BTreeMap::new();
    environments
        .iter()
        .map(|environment| Member {
            name: environment.name.clone(),
            account: environment.account.clone(),
            shard: *shards.entry(&environment.account).or_insert_with(|| shard.home(&environment.account)),
        })
        .collect()
}
