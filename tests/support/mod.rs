//! Random accounts for property tests: valid states out of random bytes.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::collections::{BTreeMap, BTreeSet};

use hatrack::policy::{Document, Effect, Element, Folded, Policy, Statement, Version};
use hatrack::state::*;

pub fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

pub fn id(kind: Kind, n: u8) -> ResourceId {
    let name = if kind == Kind::Bucket { format!("conformance-bucket{n}") } else { format!("n{n}") };
    ResourceId::new(&account(), kind, name)
}

/// Names of each kind; few, so that references meet.
pub const NAMES: u8 = 3;

fn one(
    effect: Effect,
    sid: String,
    principal: Option<BTreeSet<String>>,
    action: &str,
    on: Option<&str>,
) -> Policy {
    let principal = principal.map(|values| Element::Is(BTreeMap::from([("AWS".to_owned(), values)])));
    let statement = Statement {
        sid: Some(sid),
        effect,
        principal,
        action: Element::Is([Folded(action.to_owned())].into()),
        resource: on.map(|on| Element::Is([on.to_owned()].into())),
        conditions: BTreeMap::new(),
    };
    Policy::Normal(Document { version: Version::V2012, id: None, statements: vec![statement] })
}

/// An identity policy of one statement; an odd number denies.
pub fn document(n: u8) -> Policy {
    let effect = if n % 2 == 1 { Effect::Deny } else { Effect::Allow };
    one(effect, format!("S{n}"), None, "s3:GetObject", Some("*"))
}

fn arns(principals: &BTreeSet<ResourceId>) -> BTreeSet<String> {
    let mut values: BTreeSet<String> =
        principals.iter().map(|p| format!("arn:aws:iam::{}:{}/{}", p.account, p.kind, p.name)).collect();
    if values.is_empty() {
        values.insert("arn:aws:iam::444455556666:root".to_owned());
    }
    values
}

fn trust(n: u8, principals: &BTreeSet<ResourceId>) -> Policy {
    one(Effect::Allow, format!("S{n}"), Some(arns(principals)), "sts:AssumeRole", None)
}

fn bucket_policy(n: u8, principals: &BTreeSet<ResourceId>, bucket: &ResourceId) -> Policy {
    let on = format!("arn:aws:s3:::{}/*", bucket.name);
    one(Effect::Allow, format!("S{n}"), Some(arns(principals)), "s3:GetObject", Some(&on))
}

/// Builds a valid state out of bytes: anything that names a missing resource is left out.
pub fn state_from(bytes: &[u8]) -> State {
    let mut at = 0;
    let mut next = |below: u8| {
        let byte = bytes[at % bytes.len()];
        at += 1;
        byte % below
    };
    let roles = |bits: u8| (0..NAMES).filter(move |b| bits & (1 << b) != 0).map(|b| id(Kind::Role, b));
    let users = |bits: u8| (0..NAMES).filter(move |b| bits & (8 << b) != 0).map(|b| id(Kind::User, b));
    let mut state = State::default();
    state.accounts.insert(account(), Extent::full(Partition::new("aws")));
    for kind in Kind::ALL {
        for n in 0..NAMES {
            let present = next(3) != 0;
            let path = if next(4) == 0 { "/other/" } else { "/" }.to_owned();
            let (p, q, r, t) = (next(NAMES), next(NAMES), next(NAMES), next(64));
            let principals: BTreeSet<ResourceId> = roles(t).chain(users(t)).collect();
            let reference = |n: u8| match n {
                0 => PolicyReference::Aws("ReadOnlyAccess".to_owned()),
                n => PolicyReference::Customer(id(Kind::Policy, n)),
            };
            let core = match kind {
                Kind::User => Core::User { path },
                Kind::Group => Core::Group { path },
                Kind::Policy => Core::Policy { path, description: String::new(), document: document(t % 4) },
                Kind::Role => Core::Role {
                    path,
                    description: format!("{}", next(2)),
                    max_session_seconds: 3600,
                    trust: trust(next(2), &principals),
                },
                Kind::InstanceProfile => Core::InstanceProfile { path },
                Kind::Bucket => Core::Bucket { region: "eu-west-1".to_owned() },
            };
            let tag = Setting::Tag { key: "Project".to_owned(), value: next(3).to_string() };
            let inline = |n: u8| Setting::Inline { name: "work".to_owned(), document: document(n) };
            let mut settings = match kind {
                Kind::Group => {
                    vec![Setting::Attached(reference(p)), Setting::Attached(reference(q)), inline(t % 5)]
                }
                Kind::User => vec![
                    Setting::Boundary(reference(p)),
                    Setting::Membership(id(Kind::Group, q)),
                    Setting::Membership(id(Kind::Group, r)),
                    Setting::SignIn,
                    Setting::Credential { kind: CredentialKind::AccessKey, id: format!("AKIA{t}") },
                    inline(t % 5),
                    tag,
                ],
                Kind::Role => vec![
                    Setting::Attached(reference(p)),
                    Setting::Attached(reference(q)),
                    inline(t % 5),
                    Setting::Boundary(reference(r)),
                    tag,
                ],
                Kind::Policy => vec![tag],
                Kind::InstanceProfile => vec![Setting::HeldRole(id(Kind::Role, p))],
                Kind::Bucket => vec![
                    Setting::BucketPolicy(bucket_policy(q, &principals, &id(kind, n))),
                    Setting::PublicAccessBlock(PublicAccessBlock {
                        block_public_policy: r == 0,
                        ..PublicAccessBlock::default()
                    }),
                    Setting::Versioning(if p == 0 { Versioning::Enabled } else { Versioning::Suspended }),
                    tag,
                ],
            };
            let keep = next(255);
            let mut nth = 0;
            settings.retain(|setting| {
                nth += 1;
                let always = matches!(setting, Setting::PublicAccessBlock(_) | Setting::Versioning(_));
                always || keep & (1 << (nth % 8)) != 0
            });
            if present {
                state.resources.insert(id(kind, n), Resource::new(core, settings));
            }
        }
    }
    close(&mut state);
    state
}

/// Leaves out what refers to nothing.
fn close(state: &mut State) {
    loop {
        let have: BTreeSet<_> = state.resources.keys().cloned().collect();
        let before = state.clone();
        for resource in state.resources.values_mut() {
            if let Core::Role { trust: Policy::Normal(trust), .. } = &mut resource.core {
                let gone: BTreeSet<String> = trust
                    .aws_principals()
                    .into_iter()
                    .filter(|arn| {
                        id_of_arn(arn).is_some_and(|id| !have.contains(&id) && id.account == account())
                    })
                    .map(str::to_owned)
                    .collect();
                if let Some(smaller) = trust.without_principals(&gone) {
                    *trust = smaller;
                }
                if trust.statements.is_empty() {
                    let Policy::Normal(other) = self::trust(0, &BTreeSet::new()) else { unreachable!() };
                    *trust = other;
                }
            }
            resource.settings.retain(|_, s| s.references().iter().all(|(id, _)| have.contains(id)));
        }
        correct_paths(state);
        if *state == before {
            return;
        }
    }
}

/// Principals are named with the path they have.
fn correct_paths(state: &mut State) {
    let arns: BTreeMap<ResourceId, String> =
        state.resources.keys().filter_map(|id| Some((id.clone(), state.principal_arn(id)?))).collect();
    let right = |arn: &str| id_of_arn(arn).and_then(|id| arns.get(&id).cloned());
    for resource in state.resources.values_mut() {
        if let Core::Role { trust: Policy::Normal(trust), .. } = &mut resource.core {
            *trust = trust.with_principals_renamed(&right);
        }
        for setting in resource.settings.values_mut() {
            if let Setting::BucketPolicy(Policy::Normal(document)) = setting {
                *document = document.with_principals_renamed(&right);
            }
        }
    }
}

/// Buckets are never deleted or made anew by a plan of these tests: wanted has those that found has.
pub fn same_buckets(wanted: &mut State, found: &State) {
    for (id, resource) in &found.resources {
        if id.kind == Kind::Bucket && !wanted.resources.contains_key(id) {
            let mut resource = resource.clone();
            resource.settings.remove(&SettingKey::BucketPolicy);
            wanted.resources.insert(id.clone(), resource);
        }
    }
}
