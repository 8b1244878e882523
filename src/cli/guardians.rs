//! Who must not be locked out by a plan.

use crate::access::principal::Caller;
use crate::account;
use crate::diagnostic::{Diagnostic, Severity, did_you_mean};
use crate::plan::Guardian;
use crate::policy::arn;
use crate::spec::assertion::{BreakGlass, Subject};
use crate::spec::{EnvironmentInfo, Lowered};
use crate::state::{AccountId, Kind, State};

/// Whoever asks, the roles that hatrack works as, and whom the environments declare as break glass.
pub fn of(environments: &[EnvironmentInfo], lowered: &Lowered, callers: &[account::Caller]) -> Vec<Guardian> {
    let asking = callers.iter().filter_map(|caller| {
        let account::Caller { account: _, arn, identity: _ } = caller;
        Some(Guardian { role: "who is planning", caller: Caller::parse(arn).ok()? })
    });
    let working = environments.iter().filter_map(|environment| {
        let name = environment.assume_role.as_ref()?.role.as_str();
        let EnvironmentInfo { partition, account, .. } = environment;
        let arn = if name.starts_with("arn:") {
            name.to_owned()
        } else {
            format!("arn:{partition}:iam::{account}:role/{}", name.trim_start_matches('/'))
        };
        Some(Guardian { role: "who hatrack works as", caller: Caller::parse(&arn).ok()? })
    });
    let declared = lowered.break_glass.iter().filter(|one| is_of(one, environments)).filter_map(|declared| {
        let arn = match &declared.principal {
            Subject::Declared(id) => lowered.wanted.principal_arn(id)?,
            Subject::Arn(arn) => arn.clone(),
            Subject::Matching { .. } | Subject::Account(_) | Subject::Outside | Subject::Everyone => {
                return None;
            }
        };
        Some(Guardian { role: "break glass", caller: Caller::parse(&arn).ok()? })
    });
    let mut guardians: Vec<Guardian> = asking.chain(working).chain(declared).collect();
    guardians.sort();
    guardians.dedup();
    guardians
}

/// Whoever answers for an account, all who must not be locked out of it are named for that account.
fn is_of(declared: &BreakGlass, environments: &[EnvironmentInfo]) -> bool {
    environments.iter().any(|environment| environment.account == declared.account)
}

/// What is wrong with break-glass principals given by ARN: those that are not there keep nothing open.
pub fn missing(
    environments: &[EnvironmentInfo],
    lowered: &Lowered,
    found: &State,
    wanted: &State,
) -> Vec<Diagnostic> {
    let chosen = lowered.break_glass.iter().filter(|one| is_of(one, environments));
    chosen.filter_map(|declared| absent(declared, found, wanted)).collect()
}

fn absent(declared: &BreakGlass, found: &State, wanted: &State) -> Option<Diagnostic> {
    let Subject::Arn(text) = &declared.principal else { return None };
    let [_, _, _, _, account, resource] = arn::split(text)?;
    let (kind, name) = resource.split_once('/')?;
    let (account, kind) = (account.parse::<AccountId>().ok()?, kind.parse::<Kind>().ok()?);
    let span = Some(declared.span.clone());
    let unchecked = |why: &str| {
        let message = format!("nobody checked whether there is a {kind} {name} in account {account}: {why}");
        Diagnostic { severity: Severity::Suggestion, ..Diagnostic::error(span.clone(), message) }
            .rule("unchecked-break-glass")
    };
    let Some(extent) = found.accounts.get(&account) else {
        return Some(unchecked("it is not part of this plan"));
    };
    if !extent.kinds.contains(&kind) {
        return Some(unchecked("it could not be read in full"));
    }
    let there: Vec<String> = [found, wanted]
        .into_iter()
        .flat_map(|state| {
            let of_kind = state.resources.keys().filter(|id| id.kind == kind && id.account == account);
            of_kind.filter_map(|id| state.principal_arn(id))
        })
        .collect();
    if there.iter().any(|arn| arn == text) {
        return None;
    }
    let said = Diagnostic::error(span, format!("there is no {kind} {name} in account {account}"))
        .rule("missing-break-glass");
    let named = |arn: &String| arn.split_once('/').map(|(_, name)| name.to_owned());
    let names: Vec<String> = there.iter().filter_map(named).collect();
    Some(match did_you_mean(name, names.iter().map(String::as_str)) {
        Some(near) => said.help(format!("did you mean `{}{near}`?", text.trim_end_matches(name))),
        None => said.help("who is not there cannot mend anything: name somebody who is"),
    })
}
