//! AWS's order of evaluation, written once: for the truth about one request, and for sets of requests.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use super::principal::Caller;
use super::prove::Formula;
use super::truth::Truth;
use crate::policy::arn;

/// What can be combined as AWS combines policies: a truth value, or a set of requests.
pub trait Proposition: Clone {
    /// What always holds, or never does.
    fn certain(holds: bool) -> Self;
    /// Both hold.
    #[must_use]
    fn and(self, other: Self) -> Self;
    /// One of the two holds.
    #[must_use]
    fn or(self, other: Self) -> Self;
    /// It does not hold.
    #[must_use]
    fn not(self) -> Self;
}

impl Proposition for Truth {
    fn certain(holds: bool) -> Self {
        holds.into()
    }

    fn and(self, other: Self) -> Self {
        Self::and(self, other)
    }

    fn or(self, other: Self) -> Self {
        Self::or(self, other)
    }

    fn not(self) -> Self {
        !self
    }
}

impl Proposition for Formula {
    fn certain(holds: bool) -> Self {
        Self::Constant(holds)
    }

    fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    fn or(self, other: Self) -> Self {
        Self::any([self, other])
    }

    fn not(self) -> Self {
        !self
    }
}

/// What each kind of policy says: whether it lets the request pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Legs<P> {
    /// Any statement of any policy denies.
    pub denied: P,
    /// The identity's policies allow: a user's and its groups', or a role's.
    pub identity: P,
    /// The permissions boundary allows; holds without one.
    pub boundary: P,
    /// The session policy allows; holds without one.
    pub session: P,
    /// Service control policies allow at every level; holds if none were given.
    pub scps: P,
    /// The resource's policy allows the caller itself.
    pub direct: P,
    /// The resource's policy allows the role or user behind the caller's session.
    pub behind: P,
    /// The resource's policy leaves it to the caller's account.
    pub account: P,
}

/// What is asked, as far as it decides which policies must allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Who asks.
    pub standing: Standing,
    /// Whether the caller's account is the resource's.
    pub same_account: bool,
    /// What the resource's policy is to this request.
    pub resource_policy: ResourcePolicy,
    /// Whether service control policies reach the caller.
    pub scps_apply: bool,
    /// Whether resource control policies reach the resource.
    pub rcps_apply: bool,
    /// Whether AWS asks no policy at all.
    pub free: bool,
}

/// What sort of caller asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A user, a role, or a session.
    Identity,
    /// The root user, who needs no permission.
    Root,
    /// Who has no policies of its own: services, federated and unknown callers.
    Outsider,
}

/// What the policy of a resource is to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourcePolicy {
    /// One more way to be allowed.
    Optional,
    /// A role's trust policy, without which nobody takes it on.
    Trust,
    /// A KMS key's policy, without which nobody uses it.
    Key,
}

impl ResourcePolicy {
    /// Of an action, given in small letters.
    pub fn of_action(action: &str) -> Self {
        match action.split_once(':') {
            Some(("sts", name)) if TRUSTED.contains(&name) => Self::Trust,
            Some(("kms", name)) if !KEYLESS.contains(&name) => Self::Key,
            _ => Self::Optional,
        }
    }
}

/// What a trust policy decides, in small letters.
const TRUSTED: [&str; 5] =
    ["assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession", "setsourceidentity"];

/// What is asked of KMS without a key, in small letters.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html>
const KEYLESS: [&str; 10] = [
    "connectcustomkeystore",
    "createcustomkeystore",
    "createkey",
    "deletecustomkeystore",
    "describecustomkeystores",
    "disconnectcustomkeystore",
    "generaterandom",
    "listaliases",
    "listkeys",
    "updatecustomkeystore",
];

/// What everybody who signs may do, in small letters.
const FREE: [&str; 2] = ["sts:getcalleridentity", "sts:getsessiontoken"];

/// Services whose resources resource control policies reach.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
const UNDER_RCPS: [&str; 11] = [
    "s3",
    "sts",
    "kms",
    "sqs",
    "secretsmanager",
    "ecr",
    "aoss",
    "cognito-idp",
    "cognito-identity",
    "logs",
    "dynamodb",
];

impl Case {
    /// Of a request; the action in small letters, the account that the resource belongs to if it is known. Of an
    /// unknown one the caller's own is assumed.
    pub fn new(caller: &Caller, action: &str, resource_account: Option<&str>) -> Self {
        let standing = match caller {
            Caller::Root { .. } => Standing::Root,
            Caller::User { .. } | Caller::Role { .. } | Caller::Session { .. } => Standing::Identity,
            Caller::FederatedUser { .. } => Standing::Identity,
            Caller::Service(_) | Caller::Federated(_) | Caller::Canonical(_) | Caller::Anonymous => {
                Standing::Outsider
            }
        };
        let service = action.split_once(':').map_or(action, |(service, _)| service);
        let linked = caller.is_service_linked();
        Self {
            standing,
            same_account: resource_account.is_none_or(|account| caller.account() == Some(account)),
            resource_policy: ResourcePolicy::of_action(action),
            scps_apply: standing != Standing::Outsider && !linked,
            // <https://docs.aws.amazon.com/kms/latest/developerguide/resource-control-policies.html>
            rcps_apply: !linked && UNDER_RCPS.contains(&service) && action != "kms:retiregrant",
            // <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
            // <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html>
            free: FREE.contains(&action) && standing != Standing::Outsider,
        }
    }
}

/// The account that a resource's ARN names.
pub fn account_of(resource: &str) -> Option<&str> {
    let [.., account, _] = arn::split(resource)?;
    arn::is_account(account).then_some(account)
}

/// Whether a request is allowed, given what each kind of policy says.
pub fn allowed<P: Proposition>(legs: Legs<P>, case: Case) -> P {
    let Legs { denied, identity, boundary, session, scps, direct, behind, account } = legs;
    if case.free {
        return P::certain(true);
    }
    let identity = match (case.standing, case.resource_policy) {
        (Standing::Identity, _) => identity,
        // <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
        (Standing::Root, ResourcePolicy::Trust) => return P::certain(false),
        (Standing::Root, _) => P::certain(true),
        (Standing::Outsider, _) => P::certain(false),
    };
    // A boundary limits taking on a role even where the trust policy names the user.
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html>
    let direct = match (case.standing, case.resource_policy) {
        (Standing::Identity, ResourcePolicy::Trust) => direct.and(boundary.clone()),
        _ => direct,
    };
    let within = boundary.and(session);
    let own = identity.and(within.clone());
    let granted = match (case.standing, case.same_account, case.resource_policy) {
        (Standing::Outsider, ..) => direct.or(behind),
        (_, true, ResourcePolicy::Optional) => direct.or(behind.and(within)).or(own),
        (_, true, ResourcePolicy::Trust | ResourcePolicy::Key) => {
            direct.or(behind.and(within)).or(account.and(own))
        }
        (_, false, _) => own.and(direct.or(behind).or(account)),
    };
    let granted = if case.scps_apply { granted.and(scps) } else { granted };
    granted.and(denied.not())
}
