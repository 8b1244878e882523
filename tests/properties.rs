//! What every plan promises, on random accounts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod support;

use std::collections::BTreeSet;

use hatrack::plan::{Plan, Stage, Unplannable, plan};
use hatrack::state::State;
use proptest::prelude::*;
use support::{same_data, state_from};

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 700)
}

fn planned(wanted: &State, found: &State) -> Result<Plan, TestCaseError> {
    plan(wanted, found, &[], &BTreeSet::new())
        .map_err(|why: Unplannable| TestCaseError::fail(format!("{why:#?}")))
}

fn pair(a: &[u8], b: &[u8]) -> (State, State) {
    let (found, mut wanted) = (state_from(a), state_from(b));
    same_data(&mut wanted, &found);
    (wanted, found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_arrives(a in bytes(), b in bytes()) {
        let (wanted, mut account) = pair(&a, &b);
        let plan = planned(&wanted, &account)?;
        for (i, step) in plan.steps.iter().enumerate() {
            prop_assert!(step.requires.iter().all(|r| *r < i));
            account.perform(&step.operation).map_err(|no| TestCaseError::fail(format!("{no}")))?;
        }
        prop_assert_eq!(account, wanted);
    }

    #[test]
    fn a_converged_account_needs_nothing(a in bytes()) {
        let state = state_from(&a);
        let plan = planned(&state, &state)?;
        prop_assert!(plan.steps.is_empty());
        prop_assert!(plan.changes.is_empty());
    }

    #[test]
    fn a_crash_after_any_prefix_is_planned_away(a in bytes(), b in bytes(), cut in 0usize..80) {
        let (wanted, mut account) = pair(&a, &b);
        for step in planned(&wanted, &account)?.steps.iter().take(cut) {
            account.perform(&step.operation).map_err(|no| TestCaseError::fail(format!("{no}")))?;
        }
        for step in &planned(&wanted, &account)?.steps {
            account.perform(&step.operation).map_err(|no| TestCaseError::fail(format!("{no}")))?;
        }
        prop_assert_eq!(account, wanted);
    }

    /// Side by side, steps may be done in any order that `requires` and the stages allow.
    #[test]
    fn any_allowed_order_arrives(a in bytes(), b in bytes(), mut seed in any::<u64>()) {
        let (wanted, mut account) = pair(&a, &b);
        let steps = planned(&wanted, &account)?.steps;
        let mut left: BTreeSet<usize> = (0..steps.len()).collect();
        while !left.is_empty() {
            let allowed: Vec<usize> = left.iter().copied().filter(|&i| {
                steps[i].requires.iter().all(|r| !left.contains(r))
                    && !(steps[i].stage == Stage::Give
                        && left.range(..i).any(|&earlier| steps[earlier].stage == Stage::Take))
            }).collect();
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let chosen = allowed[(seed >> 33) as usize % allowed.len()];
            left.remove(&chosen);
            let step = &steps[chosen].operation;
            account.perform(step).map_err(|no| TestCaseError::fail(format!("{no}: {step:#?}")))?;
        }
        prop_assert_eq!(account, wanted);
    }

    #[test]
    fn the_same_input_gives_the_same_plan(a in bytes(), b in bytes()) {
        let (wanted, found) = pair(&a, &b);
        prop_assert_eq!(planned(&wanted, &found)?, planned(&wanted, &found)?);
    }

    /// Reaching a state through another is the same as reaching it at once.
    #[test]
    fn walking_ends_where_going_straight_does(a in bytes(), b in bytes(), c in bytes()) {
        let start = state_from(&a);
        let (mut middle, mut end) = (state_from(&b), state_from(&c));
        same_data(&mut middle, &start);
        same_data(&mut end, &middle);
        let mut account = start.clone();
        for aim in [&middle, &end] {
            for step in &planned(aim, &account)?.steps {
                account.perform(&step.operation).map_err(|no| TestCaseError::fail(format!("{no}")))?;
            }
        }
        let mut straight = State { accounts: start.accounts.clone(), ..State::default() };
        for step in &planned(&end, &straight)?.steps {
            straight.perform(&step.operation).map_err(|no| TestCaseError::fail(format!("{no}")))?;
        }
        prop_assert_eq!(account, straight);
    }
}
