//! Random accounts for property tests: valid states out of random bytes.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::collections::{BTreeMap, BTreeSet};

use hatrack::policy::{Document, Effect, Element, Folded, Policy, Statement, Version};
use hatrack::state::*;

pub fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

pub fn id(kind: Kind, n: u8) -> ResourceId {
    let name = match kind {
        Kind::Bucket => format!("conformance-bucket{n}"),
        Kind::UserProfile | Kind::Space => format!("n{n}/p"),
        Kind::Account => ACCOUNT_SETTINGS.to_owned(),
        _ => format!("n{n}"),
    };
    ResourceId::in_region(&account(), kind, name, "eu-west-1")
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

/// The kinds that every emulator has.
pub const IAM_AND_S3: [Kind; 6] =
    [Kind::Group, Kind::User, Kind::Policy, Kind::Role, Kind::InstanceProfile, Kind::Bucket];

/// A role of another account, which is there whatever is in this one.
const ROLE_ELSEWHERE: &str = "arn:aws:iam::444455556666:role/elsewhere";

/// Builds a valid state out of bytes: anything that names a missing resource is left out.
pub fn state_from(bytes: &[u8]) -> State {
    state_of(bytes, &Kind::ALL)
}

/// As [`state_from`], of some kinds only.
pub fn state_of(bytes: &[u8], kinds: &[Kind]) -> State {
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
    for kind in kinds.iter().copied() {
        // People make spaces, and an account has its settings once.
        let names = match kind {
            Kind::Space => 0,
            Kind::Account => 1,
            _ => NAMES,
        };
        for n in 0..names {
            let present = next(3) != 0 || kind == Kind::Account;
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
                Kind::Domain => Core::Domain(Domain {
                    auth_mode: AuthMode::IAM,
                    vpc: "vpc-1".to_owned(),
                    kms_key: None,
                    subnets: [format!("subnet-{p}")].into(),
                    network: NetworkAccess::VpcOnly,
                    execution_role: format!("arn:aws:iam::111122223333:role/n{q}"),
                    security_groups: BTreeSet::new(),
                    idle_minutes: (r == 0).then_some(60),
                    home_files: if t % 2 == 0 { HomeFiles::Retain } else { HomeFiles::Delete },
                }),
                Kind::UserProfile => Core::UserProfile(UserProfile {
                    domain: id(Kind::Domain, n),
                    sso_user: None,
                    execution_role: (p == 0).then(|| format!("arn:aws:iam::111122223333:role/n{q}")),
                    security_groups: [format!("sg-{r}")].into(),
                }),
                Kind::Space => Core::Space(Space { domain: id(Kind::Domain, n), owner: None }),
                Kind::Notebook => Core::Notebook(Notebook {
                    subnet: None,
                    security_groups: BTreeSet::new(),
                    direct_internet: true,
                    kms_key: None,
                    instance_type: format!("ml.t{p}.medium"),
                    execution_role: format!("arn:aws:iam::111122223333:role/n{q}"),
                    volume_gb: 5,
                    root_access: t % 2 == 0,
                    metadata_version: 2,
                    lifecycle: (r != 0).then(|| id(Kind::NotebookLifecycle, r)),
                    running: Some(t % 3 != 0),
                }),
                Kind::NotebookLifecycle => Core::NotebookLifecycle(NotebookLifecycle {
                    on_create: None,
                    on_start: Some(format!("echo {p}")),
                }),
                Kind::StudioLifecycle => Core::StudioLifecycle(StudioLifecycle {
                    app: AppType::JupyterLab,
                    script: format!("echo {p}"),
                }),
                Kind::Account => Core::Account,
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
                Kind::Domain | Kind::UserProfile => vec![
                    Setting::StudioLifecycle {
                        config: id(Kind::StudioLifecycle, p),
                        app: AppType::JupyterLab,
                    },
                    Setting::StudioLifecycle {
                        config: id(Kind::StudioLifecycle, q),
                        app: AppType::JupyterLab,
                    },
                    tag,
                ],
                Kind::Notebook | Kind::NotebookLifecycle | Kind::StudioLifecycle => vec![tag],
                Kind::Space => vec![],
                Kind::Account => vec![
                    Setting::AccountAlias(format!("alias-{p}")),
                    Setting::PasswordPolicy(PasswordPolicy {
                        minimum_length: 8 + u32::from(q),
                        ..Default::default()
                    }),
                    Setting::PublicAccessBlock(PublicAccessBlock::default()),
                ],
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
        let before = state.clone();
        let there: BTreeSet<ResourceId> = state.resources.keys().cloned().collect();
        state.resources.retain(|_, r| match &r.core {
            Core::UserProfile(profile) => there.contains(&profile.domain),
            _ => true,
        });
        let have: BTreeSet<_> = state.resources.keys().cloned().collect();
        for resource in state.resources.values_mut() {
            close_sagemaker(&mut resource.core, &have);
        }
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

fn close_sagemaker(core: &mut Core, have: &BTreeSet<ResourceId>) {
    let there = |arn: &str| id_of_arn(arn).is_none_or(|id| have.contains(&id) || id.account != account());
    match core {
        Core::Domain(domain) if !there(&domain.execution_role) => {
            domain.execution_role = ROLE_ELSEWHERE.to_owned();
        }
        Core::UserProfile(profile) => {
            profile.execution_role = profile.execution_role.take().filter(|arn| there(arn))
        }
        Core::Notebook(notebook) => {
            if !there(&notebook.execution_role) {
                notebook.execution_role = ROLE_ELSEWHERE.to_owned();
            }
            notebook.lifecycle = notebook.lifecycle.take().filter(|id| have.contains(id));
        }
        _ => {}
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
        let role = match &mut resource.core {
            Core::Domain(domain) => Some(&mut domain.execution_role),
            Core::UserProfile(profile) => profile.execution_role.as_mut(),
            Core::Notebook(notebook) => Some(&mut notebook.execution_role),
            _ => None,
        };
        if let Some(role) = role
            && let Some(arn) = right(role)
        {
            *role = arn;
        }
        for setting in resource.settings.values_mut() {
            if let Setting::BucketPolicy(Policy::Normal(document)) = setting {
                *document = document.with_principals_renamed(&right);
            }
        }
    }
}

/// What holds data is never deleted or made anew by a plan of these tests: wanted has what found has.
pub fn same_data(wanted: &mut State, found: &State) {
    for (id, resource) in &found.resources {
        if id.kind.holds_data() && !wanted.resources.contains_key(id) {
            let mut resource = resource.clone();
            resource.settings.remove(&SettingKey::BucketPolicy);
            wanted.resources.insert(id.clone(), resource);
        }
    }
    close(wanted);
}
