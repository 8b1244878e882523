//! Not read is not absent: what a reading is blind to is neither changed, nor taken for somebody else's.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]

use hatrack::plan::{self, Plan};
use hatrack::policy::Policy;
use hatrack::state::{
    AccountId, Blind, Core, Extent, Kind, MARK_TAG, Note, Partition, Resource, ResourceId, Scope, Setting,
    SettingKey, Settled, State, Unread, settle,
};

fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

fn id(kind: Kind, name: &str) -> ResourceId {
    ResourceId::new(&account(), kind, name)
}

fn mark() -> Setting {
    Setting::Tag { key: MARK_TAG.into(), value: "analytics".into() }
}

fn state(resources: impl IntoIterator<Item = (ResourceId, Resource)>) -> State {
    let extent = Extent::full(Partition::new("aws"));
    State { accounts: [(account(), extent)].into(), resources: resources.into_iter().collect() }
}

fn scope(declared: &State) -> Scope {
    let mut scope = Scope::new("analytics", account(), Partition::new("aws"), "eu-west-1");
    scope.declared = declared.resources.keys().cloned().collect();
    scope
}

fn unread(what: Blind) -> Unread {
    Unread { what, reason: "access denied".into() }
}

fn planned(declared: &State, found: &State, scope: Scope, blind: Blind) -> (Settled, Plan) {
    let settled = settle(declared, &[scope], found, &[unread(blind)]);
    let plan = plan::plan(&settled.wanted, found, &settled.renames, &settled.untouchable).unwrap();
    (settled, plan)
}

#[test]
fn a_profile_keeps_its_role_while_roles_are_not_read() {
    let trust = Policy::from_text(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#,
        "aws",
    );
    assert!(trust.document().is_some());
    let role = (
        id(Kind::Role, "Data"),
        Resource::new(
            Core::Role { path: "/".into(), description: String::new(), max_session_seconds: 3600, trust },
            [mark()],
        ),
    );
    let profile = (
        id(Kind::InstanceProfile, "Data"),
        Resource::new(
            Core::InstanceProfile { path: "/hatrack/analytics/".into() },
            [Setting::HeldRole(id(Kind::Role, "Data"))],
        ),
    );
    let declared = state([role, profile.clone()]);
    let mut found = state([profile]);
    found.accounts.get_mut(&account()).unwrap().kinds.remove(&Kind::Role);
    let (settled, plan) = planned(&declared, &found, scope(&declared), Blind::Kind(account(), Kind::Role));
    assert_eq!(plan.steps, []);
    assert_eq!(settled.notes, [Note::NotChecked(id(Kind::Role, "Data"))]);
}

#[test]
fn a_bucket_whose_mark_was_not_read_is_nobodys_to_judge() {
    let core = Core::Bucket { region: "eu-west-1".into() };
    let bucket = id(Kind::Bucket, "acme");
    let tag = Setting::Tag { key: "team".into(), value: "data".into() };
    let declared = state([(bucket.clone(), Resource::new(core.clone(), [mark(), tag]))]);
    let found = state([(bucket.clone(), Resource::new(core, []))]);
    let tags = Blind::Setting(bucket.clone(), SettingKey::Tag(String::new()));
    for blind in [tags, Blind::Resource(bucket.clone())] {
        for adopt in [false, true] {
            let mut scope = scope(&declared);
            if adopt {
                scope.adopt.insert(bucket.clone());
            }
            let (settled, plan) = planned(&declared, &found, scope, blind.clone());
            assert_eq!(plan.steps, []);
            assert_eq!(settled.objections, []);
            assert_eq!(settled.notes, [Note::NotChecked(bucket.clone())]);
        }
    }
}
