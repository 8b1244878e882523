//! Quotas: each at its border, on an account that said what it grants and on one that did not, and one measurement for
//! all who ask.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod support;

use hatrack::account::Account as _;
use hatrack::account::embedded::{self, EmbeddedAccount};
use hatrack::account::store;
use hatrack::policy::Policy;
use hatrack::state::limits;
use hatrack::state::meter::{Meter, account_meters, meters, one_more, over_quota, refused, touched};
use hatrack::state::quota::{Quota, QuotaFacts, Quotas};
use hatrack::state::*;
use proptest::prelude::*;
use support::{account, state_from};

fn id(kind: Kind) -> ResourceId {
    ResourceId::new(&account(), kind, "conformance")
}

fn text(characters: usize) -> Policy {
    // Blanks do not count, wherever they are.
    Policy::Unreadable("x \t\n".repeat(characters))
}

fn core(kind: Kind, document: Policy) -> Core {
    let (path, description) = ("/".to_owned(), String::new());
    match kind {
        Kind::User => Core::User { path },
        Kind::Group => Core::Group { path },
        Kind::Policy => Core::Policy { path, description, document },
        Kind::Role => Core::Role { path, description, max_session_seconds: 3600, trust: document },
        Kind::InstanceProfile => Core::InstanceProfile { path },
        Kind::Bucket => Core::Bucket { region: "eu-west-1".to_owned() },
        other => panic!("{other} has no quota here"),
    }
}

/// A resource that uses so much of a quota, and nothing of any other.
fn using(quota: Quota, used: usize) -> (ResourceId, Resource) {
    let attached = |n: usize| Setting::Attached(PolicyReference::Aws(format!("P{n}")));
    let (kind, document, settings): (Kind, Policy, Vec<Setting>) = match quota {
        Quota::ManagedPoliciesPerUser => (Kind::User, text(0), (0..used).map(attached).collect()),
        Quota::ManagedPoliciesPerGroup => (Kind::Group, text(0), (0..used).map(attached).collect()),
        Quota::ManagedPoliciesPerRole => (Kind::Role, text(0), (0..used).map(attached).collect()),
        Quota::InlineCharactersPerUser => (Kind::User, text(0), inline(used)),
        Quota::InlineCharactersPerGroup => (Kind::Group, text(0), inline(used)),
        Quota::InlineCharactersPerRole => (Kind::Role, text(0), inline(used)),
        Quota::TrustCharacters => (Kind::Role, text(used), vec![]),
        Quota::PolicyCharacters => (Kind::Policy, text(used), vec![]),
        // Blanks count.
        Quota::BucketPolicyBytes => {
            let policy = Policy::Unreadable(" ".repeat(used));
            assert_eq!(policy.to_text().len(), used);
            (Kind::Bucket, text(0), vec![Setting::BucketPolicy(policy)])
        }
        Quota::GroupsPerUser => {
            let group = |n| ResourceId::new(&account(), Kind::Group, format!("g{n}"));
            (Kind::User, text(0), (0..used).map(|n| Setting::Membership(group(n))).collect())
        }
        Quota::Tags => (Kind::User, text(0), (0..used).map(|n| tag(format!("k{n}"))).collect()),
        Quota::Users | Quota::Groups | Quota::Roles | Quota::Policies | Quota::InstanceProfiles => {
            panic!("{quota:?} is of an account")
        }
    };
    (id(kind), Resource::new(core(kind, document), settings))
}

/// Two policies: what counts is their sum.
fn inline(characters: usize) -> Vec<Setting> {
    let one = |name: &str, n: usize| Setting::Inline { name: name.to_owned(), document: text(n) };
    vec![one("a", characters / 2), one("b", characters - characters / 2)]
}

fn tag(key: String) -> Setting {
    Setting::Tag { key, value: "v".to_owned() }
}

fn granted(quota: Quota, limit: usize) -> Quotas {
    serde_json::from_value(serde_json::json!({ word(quota): limit })).unwrap()
}

fn word(quota: Quota) -> String {
    serde_json::to_value(quota).unwrap().as_str().unwrap().to_owned()
}

fn of_resources() -> impl Iterator<Item = Quota> {
    Quota::ALL.into_iter().filter(|quota| quota.counts().is_none())
}

fn only(quota: Quota, meters: Vec<Meter>) -> Meter {
    *meters.iter().find(|meter| meter.quota == quota).unwrap()
}

#[test]
fn every_quota_ends_at_its_border() {
    for quota in of_resources() {
        let most = quota.facts().most;
        let (id, full) = using(quota, most);
        assert_eq!(only(quota, meters(&id, &full, &Quotas::most())).used, most, "{quota:?}");
        assert_eq!(limits::check(&id, &full), [], "{quota:?}");
        let (id, over) = using(quota, most + 1);
        assert_eq!(limits::check(&id, &over).len(), 1, "{quota:?}");
    }
}

#[test]
fn what_takes_a_raised_quota_is_between_default_and_most() {
    for quota in of_resources() {
        let facts = quota.facts();
        let warned = |used: usize| {
            let (id, resource) = using(quota, used);
            limits::needs_raised_quota(&id, &resource).len()
        };
        let raisable = usize::from(facts.default < facts.most);
        assert_eq!(warned(facts.default), 0, "{quota:?}");
        assert_eq!(warned(facts.default + 1), raisable, "{quota:?}");
        assert_eq!(warned(facts.most), raisable, "{quota:?}");
        assert_eq!(warned(facts.most + 1), 0, "{quota:?} is an error, not a warning");
    }
}

#[test]
fn an_account_refuses_what_it_was_not_granted() {
    for quota in of_resources() {
        let quotas = granted(quota, 7);
        let (id, full) = using(quota, 7);
        let (_, over) = using(quota, 8);
        assert_eq!(refused(&id, None, &full, &quotas), [], "{quota:?}");
        assert_eq!(refused(&id, Some(&full), &over, &quotas).len(), 1, "{quota:?}");
        assert_eq!(refused(&id, None, &over, &quotas).len(), 1, "{quota:?}");
        // What is over already may stay, and what goes may go.
        assert_eq!(refused(&id, Some(&over), &over, &quotas), [], "{quota:?}");
    }
}

#[test]
fn going_is_never_refused_while_coming_is() {
    let quotas = granted(Quota::ManagedPoliciesPerRole, 5);
    let (id, nine) = using(Quota::ManagedPoliciesPerRole, 9);
    let (_, eight) = using(Quota::ManagedPoliciesPerRole, 8);
    assert_eq!(refused(&id, Some(&nine), &eight, &quotas), []);
    assert_eq!(touched(&id, Some(&nine), &eight, &quotas).len(), 1);
    let mut swapped = eight.clone();
    swapped.set(Setting::Attached(PolicyReference::Aws("Another".to_owned())));
    assert_eq!(refused(&id, Some(&nine), &swapped, &quotas).len(), 1);
}

#[test]
fn an_assumed_quota_refuses_nothing() {
    let (id, eleven) = using(Quota::ManagedPoliciesPerRole, 11);
    let meter = only(Quota::ManagedPoliciesPerRole, meters(&id, &eleven, &Quotas::default()));
    assert!(meter.is_over() && meter.assumed);
    assert_eq!(refused(&id, None, &eleven, &Quotas::default()), []);
    // What cannot be raised needs no asking.
    let (id, eleven) = using(Quota::ManagedPoliciesPerGroup, 11);
    assert_eq!(refused(&id, None, &eleven, &Quotas::default()).len(), 1);
}

#[test]
fn a_meter_moves_with_what_it_counts() {
    let (id, mut found) = using(Quota::Tags, 3);
    found.set(tag("aws:made-by".to_owned()));
    let mut wanted = found.clone();
    wanted.set(Setting::Tag { key: "k1".to_owned(), value: "other".to_owned() });
    assert_eq!(touched(&id, Some(&found), &wanted, &Quotas::default()), []);
    wanted.set(tag("k3".to_owned()));
    let moved = touched(&id, Some(&found), &wanted, &Quotas::default());
    assert_eq!(moved.iter().map(|m| (m.quota, m.used)).collect::<Vec<_>>(), [(Quota::Tags, 4)]);
}

#[test]
fn an_account_is_full_at_its_quota() {
    for quota in Quota::ALL {
        let Some(kind) = quota.counts() else { continue };
        let resource = |n: usize| {
            (ResourceId::new(&account(), kind, format!("n{n}")), Resource::new(core(kind, text(1)), []))
        };
        let state = |n: usize| {
            let mut extent = Extent::full(Partition::new("aws"));
            extent.quotas = granted(quota, 3);
            State { accounts: [(account(), extent)].into(), resources: (0..n).map(resource).collect() }
        };
        assert_eq!(only(quota, account_meters(&state(3), &account())).used, 3);
        assert_eq!(over_quota(&state(3), &state(2), &[]), []);
        assert_eq!(over_quota(&state(4), &state(2), &[]).len(), 1, "{quota:?}");
        assert_eq!(over_quota(&state(5), &state(5), &[]), [], "nothing comes");
        assert_eq!(over_quota(&state(4), &state(5), &[]), [], "something goes");
        assert_eq!(one_more(&state(2), &resource(9).0), None);
        assert!(one_more(&state(3), &resource(9).0).is_some());
        // Of a kind that was not read in full nobody knows how many there are.
        let mut part = state(4);
        part.accounts.get_mut(&account()).unwrap().kinds.remove(&kind);
        assert_eq!(over_quota(&part, &state(0), &[]), []);
    }
}

#[test]
fn a_renamed_resource_is_none_more() {
    let (new, eleven) = using(Quota::ManagedPoliciesPerUser, 11);
    let old = ResourceId::new(&account(), Kind::User, "former");
    let mut found = State::default();
    let mut extent = Extent::full(Partition::new("aws"));
    extent.quotas = serde_json::from_str(r#"{"users": 1, "managed-policies-per-user": 10}"#).unwrap();
    found.accounts.insert(account(), extent);
    found.resources.insert(old, eleven.clone());
    let mut wanted = State { accounts: found.accounts.clone(), ..State::default() };
    wanted.resources.insert(new.clone(), eleven);
    let rename = Operation { target: new, verb: Verb::Rename { from: "former".to_owned() } };
    assert_eq!(over_quota(&wanted, &found, &[rename]), []);
    assert_eq!(over_quota(&wanted, &found, &[]).len(), 1, "a new user with eleven policies is too much");
}

#[test]
fn quotas_are_read_by_awss_names() {
    let answer =
        [("RolesQuota", 1234), ("Roles", 5), ("AttachedPoliciesPerRoleQuota", 20), ("PolicySizeQuota", -1)];
    let quotas = Quotas::from_summary(answer);
    let read: Vec<_> = Quota::ALL.into_iter().filter_map(|q| Some((q, quotas.read(q)?))).collect();
    assert_eq!(read, [(Quota::ManagedPoliciesPerRole, 20), (Quota::Roles, 1234)]);
}

#[test]
fn accounts_without_quotas_are_written_as_ever() {
    let mut extent = Extent::full(Partition::new("aws"));
    let text = serde_json::to_string(&extent).unwrap();
    assert!(!text.contains("quotas"), "{text}");
    assert_eq!(serde_json::from_str::<Extent>(&text).unwrap(), extent);
    extent.quotas = granted(Quota::Roles, 7);
    let text = serde_json::to_string(&extent).unwrap();
    assert_eq!(serde_json::from_str::<Extent>(&text).unwrap(), extent);
}

#[test]
fn the_embedded_account_refuses_what_it_was_not_granted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("account.json");
    let mut state = State::default();
    let mut extent = Extent::full(Partition::new("aws"));
    extent.quotas = serde_json::from_str(r#"{"users": 1, "tags": 2}"#).unwrap();
    state.accounts.insert(account(), extent);
    store::save(&file, embedded::to_text(&state).unwrap().as_bytes()).unwrap();
    let kept = EmbeddedAccount::open(&file, true).unwrap();
    let create = |name: &str| Operation {
        target: ResourceId::new(&account(), Kind::User, name),
        verb: Verb::Create { core: core(Kind::User, text(0)), settings: Settings::new() },
    };
    let put = |key: &str| Operation {
        target: create("one").target,
        verb: Verb::Put { found: None, wanted: tag(key.to_owned()) },
    };
    let refused = |message: &str| {
        Err(Refusal::Invalid { code: "LimitExceeded".to_owned(), message: message.to_owned() })
    };
    assert_eq!(kept.perform(&create("one")), Ok(()));
    let said = "account 111122223333 would have 2 users, the account takes 1";
    assert_eq!(kept.perform(&create("two")), refused(said));
    assert_eq!(kept.perform(&put("a")), Ok(()));
    assert_eq!(kept.perform(&put("b")), Ok(()));
    assert_eq!(kept.perform(&put("c")), refused("user/one has 3 tags, the account takes 2"));
}

#[test]
fn the_papers_have_the_same_table() {
    let paper = std::fs::read_to_string("docs/plan-and-apply.md").unwrap();
    for quota in Quota::ALL {
        let QuotaFacts { word: short, default, most, key } = quota.facts();
        let key = key.map(|key| format!("`{key}` ")).unwrap_or_default();
        let row = format!("| `{}` | `{short}` | {default} | {most} | {key}|\n", word(quota));
        assert!(paper.contains(&row), "docs/plan-and-apply.md lacks {row}");
    }
}

proptest! {
    /// The meter and the error can never disagree.
    #[test]
    fn a_limit_is_broken_where_a_meter_is_over(
        bytes in prop::collection::vec(any::<u8>(), 700),
        more in prop::collection::vec((0..6usize, 0..60usize, 0..6000usize), 1..4),
    ) {
        let mut state = state_from(&bytes);
        for resource in state.resources.values_mut() {
            for (sort, count, characters) in &more {
                match sort {
                    0 => (0..*count).for_each(|n| {
                        resource.set(Setting::Attached(PolicyReference::Aws(format!("P{n}"))));
                    }),
                    1 => inline(*characters).into_iter().for_each(|setting| resource.set(setting)),
                    2 => (0..*count).for_each(|n| resource.set(tag(format!("k{n}")))),
                    3 => (0..*count / 4).for_each(|n| {
                        let group = ResourceId::new(&account(), Kind::Group, format!("g{n}"));
                        resource.set(Setting::Membership(group));
                    }),
                    4 => resource.set(Setting::BucketPolicy(text(*characters))),
                    _ => match &mut resource.core {
                        Core::Role { trust, .. } => *trust = text(*characters),
                        Core::Policy { document, .. } => *document = text(*characters * 2),
                        _ => {}
                    },
                }
            }
        }
        for (id, resource) in &state.resources {
            let over = meters(id, resource, &Quotas::most()).into_iter().filter(Meter::is_over);
            let expected: Vec<_> = over.map(|meter| limits::of_meter(id, &meter, "AWS")).collect();
            prop_assert_eq!(limits::check(id, resource), expected);
        }
    }
}
