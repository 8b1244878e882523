//! Ways from few rights to more: which actions together let somebody act as somebody more powerful.
//!
//! The facts are those that pathfinding.cloud and Rhino Security Labs published; the worst come first.

use crate::state::sagemaker_kinds;
use std::collections::BTreeSet;

use super::cover::{GROUPS, POLICIES, ROLES, Target, USERS, both, spans};
use super::reach::{Grant, Reach};
use super::roles::{Role, Roles};
use super::subject::Identity;
use crate::access::powers::{self, Method, Need, On};
use crate::policy::glob;
use crate::state::{Kind, PolicyReference, ResourceId, Setting, State};

/// A way that is open to somebody.
#[derive(Clone, Debug)]
pub(super) struct Open {
    /// The way.
    pub(super) method: &'static Method,
    /// What allows it, a grant for each need.
    pub(super) grants: Vec<Grant>,
    /// Roles known to be within reach, by name.
    pub(super) roles: Vec<String>,
}

impl Method {
    /// Its actions in back-ticks.
    pub(super) fn actions(&self) -> String {
        let actions: Vec<String> = self.needs.iter().map(|need| format!("`{}`", need.action)).collect();
        match actions.split_last() {
            Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
            _ => actions.join(""),
        }
    }

    /// Whether it is done with IAM alone, and at once.
    fn is_direct(&self) -> bool {
        self.needs.iter().all(|need| matches!(need.on, On::Own(_) | On::Others | On::All("role/" | "group/")))
    }

    /// Whether it takes some of the actions of another, and no others. Passing a role is another matter: it stays
    /// when the rest is limited.
    fn takes_less_than(&self, other: &Self) -> bool {
        let in_other = |need: &Need| other.needs.iter().any(|theirs| theirs.action == need.action);
        self.needs.len() < other.needs.len()
            && self.passes_role() == other.passes_role()
            && self.needs.iter().all(in_other)
    }

    /// Whether it works through something that has a role already.
    pub(super) fn uses_what_is_there(&self) -> bool {
        !self.is_direct()
            && !self.passes_role()
            && self.needs.iter().any(|need| matches!(need.on, On::All(_)))
    }

    /// Whether a role is passed.
    pub(super) fn passes_role(&self) -> bool {
        self.needs.iter().any(|need| matches!(need.on, On::PassedTo(_)))
    }
}

/// The ways with IAM alone, for somebody of whom nothing is known but what he can do.
pub(super) fn direct(reach: &Reach<'_>) -> Vec<&'static Method> {
    of_anybody(reach, Method::is_direct)
}

/// The ways by passing a role, for somebody of whom nothing is known but what he can do.
pub(super) fn by_passing(reach: &Reach<'_>) -> Vec<&'static Method> {
    of_anybody(reach, Method::passes_role)
}

fn of_anybody(reach: &Reach<'_>, which: impl Fn(&Method) -> bool) -> Vec<&'static Method> {
    let nobody =
        Who { id: None, groups: BTreeSet::new(), policies: BTreeSet::new(), state: None, roles: None };
    let methods = powers::METHODS.iter().filter(|method| which(method));
    methods.filter(|method| open(method, reach, &nobody).is_some()).collect()
}

/// Every way open to an identity with a part of its documents; none that takes more than another does.
pub(super) fn of(identity: &Identity<'_>, reach: &Reach<'_>) -> Vec<Open> {
    let who = Who::of(identity);
    let all: Vec<Open> = powers::METHODS.iter().filter_map(|method| open(method, reach, &who)).collect();
    let shorter = |way: &Open| all.iter().any(|other| other.method.takes_less_than(way.method));
    all.iter().filter(|way| !shorter(way)).cloned().collect()
}

/// Who it is that has the rights, by ARN, as far as that is known.
struct Who<'a> {
    id: Option<&'a ResourceId>,
    groups: BTreeSet<&'a ResourceId>,
    policies: BTreeSet<&'a ResourceId>,
    state: Option<&'a State>,
    roles: Option<&'a Roles<'a>>,
}

impl<'a> Who<'a> {
    fn of(identity: &Identity<'a>) -> Self {
        let Identity { id, held, boundary: _, boundary_unknown: _, home: _, state, roles } = identity;
        let resource = id.and_then(|id| state.and_then(|state| state.resources.get(id)));
        let settings = resource.into_iter().flat_map(|resource| resource.settings.values());
        let groups = settings.filter_map(|setting| match setting {
            Setting::Membership(group) => Some(group),
            _ => None,
        });
        let itself = id.filter(|id| id.kind == Kind::Group);
        let policies = held.iter().filter_map(|held| match held.managed {
            Some(PolicyReference::Customer(policy)) => Some(policy),
            Some(PolicyReference::Aws(_)) | None => None,
        });
        Self {
            id: *id,
            groups: groups.chain(itself).collect(),
            policies: policies.collect(),
            state: *state,
            roles: *roles,
        }
    }

    /// The ARNs of what is one's own of a kind.
    fn own(&self, kind: Kind) -> Vec<String> {
        let ids: Vec<&ResourceId> = match kind {
            Kind::User | Kind::Role => self.id.into_iter().filter(|id| id.kind == kind).collect(),
            Kind::Group => self.groups.iter().copied().collect(),
            Kind::Policy => self.policies.iter().copied().collect(),
            Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => vec![],
        };
        ids.into_iter().filter_map(|id| self.state.and_then(|state| state.principal_arn(id))).collect()
    }
}

fn open(method: &'static Method, reach: &Reach<'_>, who: &Who<'_>) -> Option<Open> {
    // To know the roles that can be passed takes long; most who may pass some run nothing.
    let mut runs = method.needs.iter().filter(|need| !matches!(need.on, On::PassedTo(_)));
    if method.passes_role() && runs.any(|need| reach.grants(need.action, need.target()).is_empty()) {
        return None;
    }
    let mut grants = vec![];
    let mut roles = vec![];
    let mut same: Option<Vec<String>> = None;
    for need in method.needs {
        let target = need.target();
        let account =
            (target.service == "iam" && need.action != "sts:AssumeRole").then(|| reach.account()).flatten();
        let allowed = reach.grants(need.action, target);
        let all = |grant: &Grant| grant.spans(target, account);
        let found = match need.on {
            On::Something | On::Any(_) => allowed.into_iter().next(),
            On::All(_) | On::Others => allowed.into_iter().find(all),
            On::Own(kind) => {
                let own = who.own(kind);
                allowed.into_iter().find(|grant| all(grant) || is_own(&grant.pattern, kind, &own))
            }
            On::Same(_) => {
                let patterns: Vec<String> = match &same {
                    None => allowed.iter().map(|grant| grant.pattern.clone()).collect(),
                    Some(so_far) => shared(so_far, &allowed),
                };
                let found = allowed.into_iter().next().filter(|_| !patterns.is_empty());
                same = Some(patterns);
                found
            }
            On::PassedTo(services) => {
                let (grant, names) = passed(services, allowed, account, who)?;
                roles = names;
                Some(grant)
            }
        };
        grants.push(found?);
    }
    Some(Open { method, grants, roles })
}

impl Need {
    fn target(&self) -> Target {
        let service = self.action.split(':').next().unwrap_or_default();
        match self.on {
            On::Something => Target { service, prefix: "" },
            On::All("role/") | On::PassedTo(_) => ROLES,
            On::All("group/") => GROUPS,
            On::Any(prefix) | On::All(prefix) => Target { service: arn_service(service), prefix },
            On::Others => USERS,
            On::Own(kind) | On::Same(kind) => match kind {
                Kind::Role => ROLES,
                Kind::Group => GROUPS,
                Kind::Policy => POLICIES,
                Kind::User | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => {
                    USERS
                }
            },
        }
    }
}

/// The service in the ARNs of what an action works on, where it is another.
fn arn_service(prefix: &'static str) -> &'static str {
    match prefix {
        "ssm" | "ec2-instance-connect" => "ec2",
        other => other,
    }
}

/// Whether a pattern covers one of these, or whoever asks.
fn is_own(pattern: &str, kind: Kind, own: &[String]) -> bool {
    let asks = kind == Kind::User && pattern.to_ascii_lowercase().ends_with("/${aws:username}");
    asks || own.iter().any(|arn| glob(pattern, arn))
}

fn shared(so_far: &[String], allowed: &[Grant]) -> Vec<String> {
    // What is one's own already is no gain.
    let gains = |pattern: &&str| !pattern.contains("${");
    let pairs = so_far.iter().flat_map(|one| allowed.iter().filter_map(|grant| both(one, &grant.pattern)));
    pairs.filter(gains).map(str::to_owned).collect()
}

/// What lets a role be passed to one of these services: any role, or one that is known to have more rights. And the
/// names of those known.
fn passed(
    services: &[&str],
    allowed: Vec<Grant>,
    account: Option<&str>,
    who: &Who<'_>,
) -> Option<(Grant, Vec<String>)> {
    let fits = |grant: &Grant| services.iter().any(|service| grant.passes_to(service));
    let fitting: Vec<Grant> = allowed.into_iter().filter(fits).collect();
    let roles = who.roles.map(|roles| (roles, roles.trusting(services).collect::<Vec<_>>()));
    let trusting = |grant: &Grant| -> Vec<(&Role<'_>, bool)> {
        let Some((roles, trusting)) = &roles else { return vec![] };
        let within = trusting.iter().filter(|role| is_within(role, grant, who));
        within.map(|role| (*role, roles.is_mighty(role))).collect()
    };
    if let Some(grant) = fitting.iter().find(|grant| spans(&grant.pattern, ROLES, account)) {
        let mut names: Vec<(bool, String)> =
            trusting(grant).into_iter().map(|(role, mighty)| (!mighty, role.id.name.clone())).collect();
        names.sort();
        return Some((grant.clone(), names.into_iter().map(|(_, name)| name).collect()));
    }
    fitting.into_iter().find_map(|grant| {
        let mighty = trusting(&grant).into_iter().filter(|(_, mighty)| *mighty);
        let names: Vec<String> = mighty.map(|(role, _)| role.id.name.clone()).collect();
        (!names.is_empty()).then_some((grant, names))
    })
}

/// Whether a grant covers a role that is not whoever asks.
fn is_within(role: &Role<'_>, grant: &Grant, who: &Who<'_>) -> bool {
    Some(role.id) != who.id
        && who.id.is_none_or(|id| id.account == role.id.account)
        && glob(&grant.pattern, &role.arn)
}
