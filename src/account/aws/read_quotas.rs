//! The account's quotas, which move with time and on request: one call has most of them.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>

use super::client::Link;
use super::error::Fault;
use crate::state::quota::Quotas;

/// The quotas; none, and a note of it, where they cannot be read: nothing that hatrack changes depends on them.
pub(super) async fn quotas(link: &Link, notes: &mut Vec<String>) -> Result<Quotas, Fault> {
    const ACTION: &str = "iam:GetAccountSummary";
    let answer = link.ask(async || Ok(link.iam.get_account_summary().send().await?)).await;
    let unknown = |why: &str| {
        format!("the quotas of account {} were not read, AWS's defaults are assumed: {why}", link.account)
    };
    let quotas = match answer {
        Ok(answer) => {
            let summary = answer.summary_map().into_iter().flatten();
            Quotas::from_summary(summary.map(|(key, value)| (key.as_str(), *value)))
        }
        Err(fault) if fault.is_fatal() => return Err(fault),
        Err(fault) => {
            notes.push(unknown(&fault.reason(ACTION)));
            return Ok(Quotas::default());
        }
    };
    if quotas.is_empty() {
        notes.push(unknown(&format!("{ACTION} did not tell any")));
    }
    Ok(quotas)
}
