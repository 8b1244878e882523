//! Who must not be locked out by a plan.

use crate::access::principal::Caller;
use crate::account;
use crate::plan::Guardian;
use crate::spec::assertion::{BreakGlass, Subject};
use crate::spec::{EnvironmentInfo, Lowered};

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
    let chosen = |declared: &&BreakGlass| environments.iter().any(|e| e.name == declared.environment);
    let declared = lowered.break_glass.iter().filter(chosen).filter_map(|declared| {
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
