//! The order of a plan, where only people would notice another.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]

use std::collections::BTreeSet;

use hatrack::plan::plan;
use hatrack::policy::Policy;
use hatrack::state::{
    AccountId, Core, CredentialKind, Extent, Kind, Partition, PolicyReference, Resource, ResourceId, Setting,
    State, Verb,
};

fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

fn role(name: &str, trusted: &str) -> (ResourceId, Resource) {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{trusted},"Action":"sts:AssumeRole"}}}}"#
    );
    let trust = Policy::from_text(&text, "aws");
    let core = Core::Role { path: "/".into(), description: String::new(), max_session_seconds: 3600, trust };
    (ResourceId::new(&account(), Kind::Role, name), Resource::new(core, []))
}

fn state(resources: impl IntoIterator<Item = (ResourceId, Resource)>) -> State {
    let extent = Extent::full(Partition::new("aws"));
    State { accounts: [(account(), extent)].into(), resources: resources.into_iter().collect() }
}

#[test]
fn a_trust_policy_lets_go_of_a_role_before_that_is_deleted() {
    let ec2 = r#"{"Service":"ec2.amazonaws.com"}"#;
    let leaving = role("Leaving", ec2);
    let found =
        state([leaving.clone(), role("Reviewer", r#"{"AWS":"arn:aws:iam::111122223333:role/Leaving"}"#)]);
    let wanted = state([role("Reviewer", ec2)]);
    let steps = plan(&wanted, &found, &[], &BTreeSet::new()).unwrap().steps;
    let verbs: Vec<&Verb> = steps.iter().map(|step| &step.operation.verb).collect();
    assert!(matches!(verbs[..], [Verb::Update { .. }, Verb::Delete { .. }]));
    assert_eq!(steps[1].requires, [0]);
    // It is found as a reader sees it, not with a dead principal.
    let Verb::Update { found: expected, .. } = verbs[0] else { unreachable!() };
    assert_eq!(*expected, found.resources[&steps[0].operation.target].core);
}

#[test]
fn two_that_trust_each_other_may_both_go() {
    let named = |name: &str| format!(r#"{{"AWS":"arn:aws:iam::111122223333:role/{name}"}}"#);
    let found = state([role("One", &named("Other")), role("Other", &named("One"))]);
    let steps = plan(&state([]), &found, &[], &BTreeSet::new()).unwrap().steps;
    assert_eq!(steps.len(), 2);
}

fn with(
    mut resource: (ResourceId, Resource),
    settings: impl IntoIterator<Item = Setting>,
) -> (ResourceId, Resource) {
    settings.into_iter().for_each(|setting| resource.1.set(setting));
    resource
}

fn attached(name: &str) -> Setting {
    Setting::Attached(PolicyReference::Aws(name.into()))
}

fn steps(wanted: &State, found: &State) -> Vec<hatrack::plan::Step> {
    plan(wanted, found, &[], &BTreeSet::new()).unwrap().steps
}

#[test]
fn a_trust_opens_only_when_the_rights_that_shall_go_are_gone() {
    let found =
        state([with(role("R", r#"{"Service":"ec2.amazonaws.com"}"#), [attached("AdministratorAccess")])]);
    let wanted = state([role("R", r#"{"AWS":"arn:aws:iam::999988887777:root"}"#)]);
    let steps = steps(&wanted, &found);
    assert!(matches!(steps[0].operation.verb, Verb::Remove { .. }));
    assert!(matches!(steps[1].operation.verb, Verb::Update { .. }));
    assert_eq!(steps[1].requires, [0]);
}

#[test]
fn a_deny_of_aws_is_lifted_after_what_it_holds_back_is_gone() {
    let user = |settings: Vec<Setting>| {
        let id = ResourceId::new(&account(), Kind::User, "al");
        state([(id, Resource::new(Core::User { path: "/".into() }, settings))])
    };
    let key = Setting::Credential { kind: CredentialKind::AccessKey, id: "AKIA1".into() };
    let found = user(vec![attached("AWSDenyAll"), attached("AdministratorAccess"), key]);
    let steps = steps(&user(vec![]), &found);
    let Verb::Remove { found: last } = &steps[2].operation.verb else { unreachable!() };
    assert_eq!(*last, attached("AWSDenyAll"));
    assert_eq!(steps[2].requires, [0, 1]);
}

#[test]
fn a_wider_boundary_comes_after_the_rights_that_shall_go() {
    let boundary = |name: &str| Setting::Boundary(PolicyReference::Aws(name.into()));
    let ec2 = r#"{"Service":"ec2.amazonaws.com"}"#;
    let found = state([with(role("R", ec2), [attached("AdministratorAccess"), boundary("ReadOnlyAccess")])]);
    let wanted = state([with(role("R", ec2), [boundary("PowerUserAccess")])]);
    let steps = steps(&wanted, &found);
    assert!(matches!(steps[0].operation.verb, Verb::Remove { .. }));
    assert_eq!(steps[1].requires, [0]);
}

#[test]
fn a_boundary_stands_before_a_guarded_group_gives() {
    let group = ResourceId::new(&account(), Kind::Group, "Guarded");
    let deny = Policy::from_text(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:*","Resource":"*"}}"#,
        "aws",
    );
    let guarded = Resource::new(
        Core::Group { path: "/".into() },
        [Setting::Inline { name: "no".into(), document: deny }, attached("AdministratorAccess")],
    );
    let world = |settings: Vec<Setting>| {
        let user = ResourceId::new(&account(), Kind::User, "al");
        state([
            (user, Resource::new(Core::User { path: "/".into() }, settings)),
            (group.clone(), guarded.clone()),
        ])
    };
    let boundary = Setting::Boundary(PolicyReference::Aws("ReadOnlyAccess".into()));
    let steps = steps(&world(vec![Setting::Membership(group.clone()), boundary.clone()]), &world(vec![]));
    assert!(matches!(&steps[0].operation.verb, Verb::Put { wanted, .. } if *wanted == boundary));
    assert_eq!(steps[1].requires, [0]);
}

#[test]
fn a_group_is_complete_before_anybody_joins() {
    let (group, user) =
        (ResourceId::new(&account(), Kind::Group, "New"), ResourceId::new(&account(), Kind::User, "al"));
    let wanted = state([
        (
            group.clone(),
            Resource::new(Core::Group { path: "/".into() }, [attached("AWSDenyAll"), attached("X")]),
        ),
        (user, Resource::new(Core::User { path: "/".into() }, [Setting::Membership(group)])),
    ]);
    let steps = steps(&wanted, &state([]));
    let joins = |verb: &Verb| matches!(verb, Verb::Put { wanted: Setting::Membership(_), .. });
    let last = steps.last().unwrap();
    assert!(joins(&last.operation.verb));
    assert_eq!(last.requires.len(), 4); // user, group and both policies
}
