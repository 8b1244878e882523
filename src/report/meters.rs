//! Meters as plain data and as a line: how much of each quota is used once a plan is done.

use serde::Serialize;

use super::page::{Page, piece};
use super::plan::Inputs;
use super::said::Said;
use super::style::Label;
use crate::plan::{Change, SettingChange};
use crate::state::meter::{self, Meter};
use crate::state::quota::Quota;
use crate::state::{Resource, ResourceId};

/// A line of meters is shown once one of them is as full as this, of a hundred; below, it tells nobody anything.
const SHOWN_FROM_PERCENT: usize = 50;
/// What is as full as this stands out.
pub(super) const NEAR_FROM_PERCENT: usize = 80;
/// From here on it matters whether AWS counts blanks within strings.
const UNSURE_FROM_PERCENT: usize = 95;

/// How much of a quota is used once the plan is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MeterLine {
    /// Which quota, with its unit: `trust-characters`.
    pub quota: Quota,
    /// The account.
    pub account: String,
    /// The resource it is about: `role/GlueEtl`; none if it is about all of the account.
    pub of: Option<String>,
    /// In the quota's unit.
    pub used: usize,
    /// In the same unit.
    pub limit: usize,
    /// Whether the limit is AWS's default because the account's own was not read.
    pub assumed: bool,
}

impl MeterLine {
    pub(super) fn new(id: &ResourceId, meter: &Meter) -> Self {
        let Meter { quota, used, limit, assumed } = *meter;
        let of = quota.counts().is_none().then(|| id.address());
        Self { quota, account: id.account.to_string(), of, used, limit, assumed }
    }

    /// The quota itself, without what it is about.
    pub(super) fn meter(&self) -> Meter {
        let Self { quota, account: _, of: _, used, limit, assumed } = self;
        Meter { quota: *quota, used: *used, limit: *limit, assumed: *assumed }
    }
}

/// The meters that a change moves.
pub(super) fn of_change(inputs: &Inputs<'_>, id: &ResourceId, change: &Change) -> Vec<Meter> {
    let wanted = &inputs.settled.wanted;
    let quotas = wanted.accounts.get(&id.account).map(|extent| extent.quotas.clone()).unwrap_or_default();
    match change {
        Change::Delete(_) => vec![],
        Change::Create(resource) => meter::touched(id, None, resource, &quotas),
        Change::Replace { found, wanted, fields: _ } => meter::touched(id, Some(found), wanted, &quotas),
        Change::Update { renamed_from: _, core, settings } => {
            let Some(wanted) = wanted.resources.get(id) else { return vec![] };
            let mut found: Resource = wanted.clone();
            if let Some((core, _)) = core {
                found.core = core.clone();
            }
            for SettingChange { found: before, wanted: after } in settings {
                after.iter().for_each(|setting| {
                    found.settings.remove(&setting.key());
                });
                before.iter().cloned().for_each(|setting| found.set(setting));
            }
            meter::touched(id, Some(&found), wanted, &quotas)
        }
    }
}

/// The accounts' meters that a plan moves, with a resource that tells the account.
pub(super) fn of_accounts(inputs: &Inputs<'_>) -> Vec<(ResourceId, Meter)> {
    let moves = |(id, change): (&ResourceId, &Change)| {
        matches!(change, Change::Create(_) | Change::Delete(_)).then(|| id.clone())
    };
    let moved: Vec<ResourceId> = inputs.plan.changes.iter().filter_map(moves).collect();
    let meters = meter::touched_accounts(&inputs.settled.wanted, &moved);
    let told = |(account, meter): (crate::state::AccountId, Meter)| {
        moved.iter().find(|id| id.account == account).map(|id| (id.clone(), meter))
    };
    meters.into_iter().filter_map(told).collect()
}

/// What a meter says beyond its numbers, if anything.
pub(super) fn note(id: &ResourceId, meter: &Meter) -> Option<Said> {
    let Meter { quota, used: _, limit, assumed } = *meter;
    let address = quota.counts().is_none().then(|| id.address());
    let sentence = meter.sentence(id);
    if meter.is_over() && assumed {
        let text = format!("{sentence}, AWS takes {limit} unless the account's quota was raised");
        let help = String::from("the account's own quotas were not read: AWS has the last word");
        return Some(Said { code: String::from("quota-assumed"), address, text, help: vec![help] });
    }
    if !meter.is_over() && quota.ignores_blanks() && meter.percent() >= UNSURE_FROM_PERCENT {
        let text = format!(
            "{sentence} of {limit}, without blanks: AWS does not say whether it counts those within strings"
        );
        return Some(Said { code: String::from("quota-near"), address, text, help: vec![] });
    }
    None
}

/// Puts the meters on a line, if one of them is worth it or everything is asked for.
pub(super) fn line(page: &mut Page, indent: usize, lead: &str, meters: &[Meter]) {
    let detail = page.terminal().detail;
    let worth = |meter: &Meter| meter.percent() >= SHOWN_FROM_PERCENT;
    if !detail && !meters.iter().any(worth) {
        return;
    }
    // Every resource has tags, and hardly any has too many.
    let dull = |meter: &Meter| meter.used == 0 || (meter.quota == Quota::Tags && !detail && !worth(meter));
    let shown: Vec<&Meter> = meters.iter().filter(|meter| !dull(meter)).collect();
    if shown.is_empty() {
        return;
    }
    let mut pieces = vec![piece(Label::Dim, lead)];
    for (at, meter) in shown.into_iter().enumerate() {
        pieces.push(piece(Label::Dim, if at > 0 { " · " } else { " " }));
        pieces.push(piece(label(meter), text(meter)));
    }
    page.flow(indent, 4, pieces);
}

fn label(meter: &Meter) -> Label {
    if meter.is_over() && !meter.assumed {
        Label::Error
    } else if meter.percent() >= NEAR_FROM_PERCENT {
        Label::Near
    } else {
        Label::Dim
    }
}

/// `inline 7,912/10,240`, `bucket 14.1/20 KB`.
pub(super) fn text(meter: &Meter) -> String {
    let Meter { quota, used, limit, assumed: _ } = meter;
    let word = quota.facts().word;
    if *quota == Quota::BucketPolicyBytes {
        // Rounded up: what is over must not look as if it just fitted.
        let tenths = used.saturating_mul(10).div_ceil(1024);
        return format!("{word} {}.{}/{} KB", tenths / 10, tenths % 10, limit / 1024);
    }
    format!("{word} {}/{}", grouped(*used), grouped(*limit))
}

/// `10240` → `10,240`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter(quota: Quota, used: usize, limit: usize) -> Meter {
        Meter { quota, used, limit, assumed: false }
    }

    #[test]
    fn numbers_are_grouped_and_bytes_are_rounded_up() {
        assert_eq!(text(&meter(Quota::InlineCharactersPerRole, 7912, 10_240)), "inline 7,912/10,240");
        assert_eq!(text(&meter(Quota::Users, 999, 1_234_567)), "users 999/1,234,567");
        assert_eq!(text(&meter(Quota::BucketPolicyBytes, 14_400, 20_480)), "bucket 14.1/20 KB");
        assert_eq!(text(&meter(Quota::BucketPolicyBytes, 20_480, 20_480)), "bucket 20.0/20 KB");
        assert_eq!(text(&meter(Quota::BucketPolicyBytes, 20_481, 20_480)), "bucket 20.1/20 KB");
    }

    #[test]
    fn colour_begins_at_four_fifths_and_changes_beyond_the_limit() {
        let labels = [79, 80, 100, 101].map(|used| label(&meter(Quota::Tags, used, 100)));
        assert_eq!(labels, [Label::Dim, Label::Near, Label::Near, Label::Error]);
    }
}
