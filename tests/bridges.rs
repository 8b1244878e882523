//! Roles that span accounts: how the two sides stand, where a plan brings one of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

use std::collections::BTreeSet;
use std::sync::Arc;

use hatrack::diagnostic::Source;
use hatrack::plan::{Leg, bridges, plan};
use hatrack::state::State;

const LAKE: &str = "444455556666";

fn state(analytics: &str, lake: &str) -> State {
    let file = |name: &str, account: &str, body: &str| {
        let text = format!("environment: {name}\naccount: \"{account}\"\nregion: eu-west-1\n{body}\n");
        Arc::new(Source { name: format!("environments/{name}.yaml"), text })
    };
    let files = [file("analytics", "111122223333", analytics), file("lake", LAKE, lake)];
    let (lowered, said) = hatrack::spec::load(&files, &[]);
    lowered.unwrap_or_else(|| panic!("{said:#?}")).wanted
}

const NOBODY: &str = "roles: { Etl: { trust: glue } }";
const MAY: &str = "roles: { Etl: { trust: glue, can_assume: [lake/Reader] } }";
const TRUSTS: &str = "roles: { Reader: { trust: [{ account: analytics }] } }";
/// The same role, which trusts nobody of the other account.
const CLOSED: &str = "roles: { Reader: { trust: glue } }";

/// `role <- principal: trust, policy` of each.
fn told(found: &State, wanted: &State) -> Vec<String> {
    let plan = plan(wanted, found, &[], &BTreeSet::new()).unwrap();
    let word = |leg: Leg| match leg {
        Leg::InPlan => "in plan",
        Leg::There => "there",
        Leg::Missing => "missing",
        Leg::NotLookedAt => "not looked at",
    };
    bridges(&plan, found, wanted)
        .iter()
        .map(|b| format!("{} <- {}: {}, {}", b.role.name, b.principal.name, word(b.trust), word(b.policy)))
        .collect()
}

#[test]
fn both_sides_are_told_by_what_brings_them() {
    let both = state(MAY, TRUSTS);
    let empty = {
        let mut state = both.clone();
        state.resources.clear();
        state
    };
    assert_eq!(told(&empty, &both), ["Reader <- Etl: in plan, in plan"]);
    assert_eq!(told(&state(NOBODY, TRUSTS), &both), ["Reader <- Etl: there, in plan"]);
    assert_eq!(told(&state(MAY, CLOSED), &state(MAY, CLOSED)), [""; 0]);
    assert_eq!(told(&state(NOBODY, CLOSED), &state(MAY, CLOSED)), ["Reader <- Etl: missing, in plan"]);
    assert_eq!(told(&both, &both), [""; 0], "what stands is not news");
}

#[test]
fn a_side_in_an_account_that_was_not_read_is_not_missing() {
    let without = |mut state: State| {
        state.accounts.retain(|account, _| account.as_str() != LAKE);
        state.resources.retain(|id, _| id.account.as_str() != LAKE);
        state
    };
    let (found, wanted) = (without(state(NOBODY, TRUSTS)), without(state(MAY, TRUSTS)));
    assert_eq!(told(&found, &wanted), ["Reader <- Etl: not looked at, in plan"]);
}

#[test]
fn trust_in_somebody_by_name_brings_the_other_side() {
    let by_name = "roles: { Reader: { trust: [{ role: analytics/Etl }] } }";
    let wanted = state(NOBODY, by_name);
    assert_eq!(told(&state(NOBODY, CLOSED), &wanted), ["Reader <- Etl: in plan, missing"]);
    // Who is allowed by a managed policy is allowed.
    let managed = "policies: { hop: { statements: { Effect: Allow, Action: 'sts:*', Resource: '*' } } }\n\
                   roles: { Etl: { trust: glue, policies: [hop] } }";
    let wanted = state(managed, by_name);
    assert_eq!(told(&state(managed, CLOSED), &wanted), ["Reader <- Etl: in plan, there"]);
}
