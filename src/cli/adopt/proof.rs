//! What must hold of a text before it is written: planning from it does what was promised, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Reading;
use crate::cli::failure::Failure;
use crate::cli::findings;
use crate::diagnostic::{Diagnostic, Severity};
use crate::plan::{Change, Plan, is_mark, plan};
use crate::report;
use crate::spec::Lowered;
use crate::spec::lower::EnvironmentInfo;
use crate::state::{Operation, ResourceId, Scope, Settled, settle};

/// What an environment's file comes to in an account.
pub(super) struct Outcome {
    pub settled: Settled,
    pub plan: Plan,
}

/// Settles and plans one environment.
pub(super) fn outcome(lowered: &Lowered, environment: &str, reading: &Reading) -> Result<Outcome, Failure> {
    let scopes: Vec<Scope> =
        lowered.scopes.iter().filter(|s| s.environment == environment).cloned().collect();
    let settled = settle(&lowered.wanted, &scopes, &reading.state, &reading.unread);
    let plan =
        plan(&settled.wanted, &reading.state, &settled.renames, &settled.untouchable).map_err(|why| {
            let text = report::unplannable(&why);
            Failure { help: text.help, ..Failure::error(format!("nothing was written: {}", text.text)) }
        })?;
    Ok(Outcome { settled, plan })
}

/// Whether all that a file brings is marks: nothing is done that is no mark and would not have been done before.
///
/// # Errors
/// What it would do besides.
pub(super) fn only_marks(before: Option<&Outcome>, after: &Outcome, scope: &Scope) -> Result<usize, Failure> {
    let known: Vec<&Operation> =
        before.iter().flat_map(|b| &b.plan.steps).map(|step| &step.operation).collect();
    let new: Vec<&Operation> = after
        .plan
        .steps
        .iter()
        .map(|step| &step.operation)
        .filter(|operation| !known.contains(operation))
        .collect();
    let more: Vec<String> = new
        .iter()
        .filter(|operation| !is_mark(operation, scope))
        .map(|operation| report::operation_line(operation))
        .collect();
    let objected: BTreeSet<_> = before.iter().flat_map(|b| &b.settled.objections).collect();
    let objections = after.settled.objections.iter().filter(|o| !objected.contains(o));
    let refused: Vec<String> = objections.map(|o| report::objection(o).text).collect();
    if more.is_empty() && refused.is_empty() {
        return Ok(new.len());
    }
    let mut failure = Failure::error(
        "nothing was written: the next apply would do more than set marks. Please report this; meanwhile adopt the rest \
         without what is named here",
    );
    failure.details = more.into_iter().chain(refused).collect();
    Err(failure)
}

/// The parts in which what is wanted differs from what was found, by resource.
pub(super) fn differences(
    changes: &BTreeMap<ResourceId, Change>,
) -> BTreeSet<(ResourceId, crate::spec::edit::Part)> {
    let of = |(id, change): (&ResourceId, &Change)| {
        crate::plan::parts(change).into_iter().map(|part| (id.clone(), part)).collect::<Vec<_>>()
    };
    changes.iter().flat_map(of).collect()
}

/// What rules say of an environment that keeps it from being planned.
pub(super) fn lint_errors(lowered: &Lowered, environment: &EnvironmentInfo) -> Vec<Diagnostic> {
    let here: Vec<&EnvironmentInfo> =
        lowered.environments.iter().filter(|e| e.name == environment.name).collect();
    let report = findings::of_estate(lowered, &here, findings::today());
    report.findings.into_iter().filter(|finding| finding.severity == Severity::Error).collect()
}
