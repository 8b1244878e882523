//! Who must not be locked out by a plan.

use crate::access::principal::Caller;
use crate::account;
use crate::plan::Guardian;
use crate::spec::EnvironmentInfo;

/// Whoever asks, and the roles that hatrack works as.
pub fn of(environments: &[EnvironmentInfo], callers: &[account::Caller]) -> Vec<Guardian> {
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
    let mut guardians: Vec<Guardian> = asking.chain(working).collect();
    guardians.sort();
    guardians.dedup();
    guardians
}
