//! On random accounts: whatever is written down is what was found, and the next plan is marks alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hatrack::diagnostic::{Source, has_errors};
use hatrack::plan::{is_mark, plan};
use hatrack::spec::raise::{Around, Body, Taking, new_file, raise};
use hatrack::state::{Kind, Scope, State, settle};
use proptest::prelude::*;

use super::support::{IAM_AND_S3, account, state_of};

/// Raises what `keep` chooses, reads it again, and plans from it.
fn proven(found: &State, keep: impl Fn(usize) -> bool) -> Result<usize, TestCaseError> {
    let partition = hatrack::state::Partition::new("aws");
    let mut scope = Scope::new("x", account(), partition, "eu-west-1");
    let chosen: BTreeSet<_> =
        found.resources.keys().enumerate().filter(|(n, _)| keep(*n)).map(|(_, id)| id.clone()).collect();
    scope.declared.clone_from(&chosen);
    let around = Around {
        scope: &scope,
        found,
        unread: &[],
        homes: BTreeMap::from([(account(), "x".to_owned())]),
        elsewhere: BTreeMap::new(),
        tags: BTreeMap::new(),
        takeover: false,
        own_profiles: false,
    };
    let mut raised = raise(&around, &BTreeSet::new(), &chosen, &BTreeMap::new());
    // An account's settings bear no mark.
    let adopted = |body: &Body| body.taking == Taking::Adopt || body.id.kind == Kind::Account;
    prop_assert!(raised.bodies.iter().all(adopted));
    let said: BTreeSet<_> =
        raised.bodies.iter().map(|b| &b.id).chain(raised.left_out.iter().map(|l| &l.id)).collect();
    for id in chosen.iter().filter(|id| id.kind != Kind::InstanceProfile) {
        let nothing = id.kind == Kind::Account && found.resources[id].settings.is_empty();
        prop_assert!(said.contains(id) || nothing, "{} is neither said nor left out", id);
    }
    let text = new_file(&scope, &mut raised);
    let source = Arc::new(Source { name: "environments/x.yaml".into(), text: text.clone() });
    let (lowered, said) = hatrack::spec::load(&[source], &[]);
    prop_assert!(!has_errors(&said), "{said:#?}\n{text}");
    let lowered = lowered.unwrap();
    let settled = settle(&lowered.wanted, &lowered.scopes, found, &[]);
    prop_assert!(settled.objections.is_empty(), "{:#?}\n{text}", settled.objections);
    let plan = plan(&settled.wanted, found, &settled.renames, &settled.untouchable)
        .map_err(|why| TestCaseError::fail(format!("{why:#?}")))?;
    let mut after = found.clone();
    for step in &plan.steps {
        prop_assert!(is_mark(&step.operation, &lowered.scopes[0]), "{:#?}\n{text}", step.operation);
        after.perform(&step.operation).unwrap();
    }
    let again = settle(&lowered.wanted, &lowered.scopes, &after, &[]);
    prop_assert_eq!(&again.wanted, &after);
    Ok(raised.bodies.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, max_shrink_iters: 500, ..ProptestConfig::default() })]

    #[test]
    fn all_of_an_account(bytes in prop::collection::vec(any::<u8>(), 700)) {
        let found = state_of(&bytes, &IAM_AND_S3);
        let raised = proven(&found, |_| true)?;
        let profiles = |id: &&hatrack::state::ResourceId| id.kind != Kind::InstanceProfile;
        prop_assert_eq!(raised, found.resources.keys().filter(profiles).count(), "something was left out");
    }

    #[test]
    fn all_of_an_account_with_sagemaker(bytes in prop::collection::vec(any::<u8>(), 700), some in any::<u32>()) {
        let found = state_of(&bytes, &Kind::ALL);
        proven(&found, |_| true)?;
        proven(&found, |n| some & (1 << (n % 32)) != 0)?;
    }

    #[test]
    fn a_part_of_an_account(bytes in prop::collection::vec(any::<u8>(), 700), some in any::<u32>()) {
        proven(&state_of(&bytes, &IAM_AND_S3), |n| some & (1 << (n % 32)) != 0)?;
    }
}
