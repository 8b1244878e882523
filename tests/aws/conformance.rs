//! The same operations on the embedded account and over HTTP give the same state: the one definition of what an
//! operation does is the right one.

use std::collections::BTreeSet;
use std::sync::Arc;

use hatrack::account::aws::AwsAccount;
use hatrack::account::embedded::EmbeddedAccount;
use hatrack::account::{Account, CredentialSource, ReadRequest};
use hatrack::plan::plan;
use hatrack::state::*;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, TestRunner};

use crate::adapter::{Kept, REGION, fresh, options};
use crate::support;

/// Walks of three random states each: what is created, changed, renewed and deleted over HTTP.
const WALKS: u32 = 12;

/// The state in another account, as only an account that AWS keeps can be: keys are made by AWS alone.
fn in_account(state: &State, account: &AccountId) -> State {
    let mut state = state.clone();
    for (id, resource) in &mut state.resources {
        resource.settings.retain(|_, setting| !matches!(setting, Setting::Credential { .. }));
        if id.kind == Kind::Bucket {
            // Every bucket of AWS has these two, so an account without them cannot be compared.
            resource.set(Setting::Encryption(Encryption::Aes256));
            resource.set(Setting::Ownership(Ownership::BucketOwnerEnforced));
        }
    }
    let text = serde_json::to_string(&state).unwrap();
    let text = text.replace(support::account().as_str(), account.as_str());
    serde_json::from_str(&text.replace("conformance-bucket", &format!("b-{account}"))).unwrap()
}

fn scope(account: &AccountId, states: &[State]) -> Scope {
    let mut scope = Scope::new("t", account.clone(), Partition::new("aws"), REGION);
    scope.declared = states.iter().flat_map(|s| s.resources.keys().cloned()).collect();
    scope
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn the_embedded_account_and_the_wire_agree() {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let mut operations = 0;
    for _ in 0..WALKS {
        let account = fresh();
        let mut states: Vec<State> = (0..3)
            .map(|_| {
                let bytes = proptest::collection::vec(proptest::num::u8::ANY, 700);
                let bytes = bytes.new_tree(&mut runner).unwrap().current();
                in_account(&support::state_of(&bytes, &support::IAM_AND_S3), &account)
            })
            .collect();
        for i in 1..states.len() {
            let before = states[i - 1].clone();
            support::same_data(&mut states[i], &before);
        }
        let folder = tempfile::tempdir().unwrap();
        let embedded = EmbeddedAccount::open(&folder.path().join("account.json"), true).unwrap();
        let wire = AwsAccount::connect(options(&account, &Arc::new(Kept::default()))).unwrap();
        let request =
            ReadRequest { scopes: vec![scope(&account, &states)], credentials: CredentialSource::Live };
        // An account in a file has its settings, which nobody asks the wire about.
        let kept = || {
            let mut state = embedded.read(&request).unwrap().state;
            state.resources.retain(|id, _| id.kind != Kind::Account);
            state
        };
        let mut at = kept();
        for wanted in &states {
            for step in &plan(wanted, &at, &[], &BTreeSet::new()).unwrap().steps {
                assert_eq!(embedded.perform(&step.operation), Ok(()), "{:?}", step.operation);
                assert_eq!(wire.perform(&step.operation), Ok(()), "{:?}", step.operation);
                operations += 1;
            }
            at = kept();
            let read = wire.read(&request).unwrap();
            assert_eq!(read.unread, []);
            similar(&read.state, &at);
        }
    }
    println!("{operations} operations, the same on both");
    assert!(operations > 500);
}

/// One resource at a time, so that a difference can be read.
fn similar(wire: &State, embedded: &State) {
    let ids: BTreeSet<&ResourceId> = wire.resources.keys().chain(embedded.resources.keys()).collect();
    for id in ids {
        assert_eq!(wire.resources.get(id), embedded.resources.get(id), "{id}");
    }
}
