//! One request held against the policies that have a say in it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::condition::text_of;
use super::law::{Case, Legs, ResourcePolicy, Standing, account_of, allowed};
use super::pattern::{Missing, Variable};
use super::principal::{Caller, Cover};
use super::request::Request;
use super::rule::{Rule, Rules};
use super::truth::Truth;
use crate::policy::{Effect, catalogue};

/// The policies that have a say in a request. None stands for what was not given, which is not the same as empty.
#[derive(Clone, Debug, Default)]
pub struct Policies<'p> {
    /// Of the identity: a user's own and its groups', or a role's.
    pub identity: Vec<&'p Rules>,
    /// The permissions boundary; none if there is none.
    pub boundary: Option<Vec<&'p Rules>>,
    /// The session policy; none if there is none.
    pub session: Option<&'p Rules>,
    /// The policy of the resource: a bucket's, a key's, a role's trust policy; none if there is none.
    pub resource: Option<&'p Rules>,
    /// Whether Block Public Access keeps the caller from all that the policy of the resource allows.
    pub closed: bool,
    /// Service control policies of the caller's account, by level; none if they were not given.
    pub scps: Option<Vec<Vec<&'p Rules>>>,
    /// Resource control policies of the resource's account, by level; none if they were not given.
    pub rcps: Option<Vec<Vec<&'p Rules>>>,
    /// Policies that have a say and of which nothing is known: they could allow as well as deny.
    pub blind: BTreeSet<Unseen>,
    /// Policies that there may be and that nobody looked for. What they could take away is not counted, as with other
    /// policies that are not looked at; that they could allow is.
    pub overlooked: BTreeSet<Unseen>,
}

/// Which policy a statement stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// One of the identity's, by number.
    Identity(usize),
    /// One of the boundary's, by number.
    Boundary(usize),
    /// The session policy.
    Session,
    /// The policy of the resource.
    Resource,
    /// A service control policy, by level and number.
    Scp(usize, usize),
    /// A resource control policy, by level and number.
    Rcp(usize, usize),
}

/// AWS's answer to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The request is carried out.
    Allowed,
    /// A statement denies it.
    ExplicitlyDenied,
    /// Nothing that would have to allow it does.
    ImplicitlyDenied,
}

impl Outcome {
    /// As the policy simulator of AWS spells it.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html>
    pub fn word(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitlyDenied => "explicitDeny",
            Self::ImplicitlyDenied => "implicitDeny",
        }
    }
}

/// The answer to a request, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The answer; where it depends on what is not known, the stricter one.
    pub outcome: Outcome,
    /// Whether what is not known could change the answer to allowed.
    pub depends: bool,
    /// Every statement about this caller, action and resource, whether its condition is met or not.
    pub statements: Vec<Mattered>,
    /// What would have to allow it and does not; empty unless nothing denies it.
    pub missing: Vec<Leg>,
    /// Condition keys that a statement asks for and nobody said anything about, as they are written.
    pub unknown_keys: BTreeSet<String>,
    /// What was not looked at.
    pub unseen: BTreeSet<Unseen>,
}

/// A statement about the caller, the action and the resource of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mattered {
    /// Where it stands.
    pub source: Source,
    /// Its number there, from 0.
    pub number: usize,
    /// What it does.
    pub effect: Effect,
    /// How it covers the caller.
    pub cover: Cover,
    /// Whether it applies.
    pub applies: Truth,
    /// The numbers of the comparisons that are not met, or not known to be.
    pub unmet: Vec<usize>,
}

impl Mattered {
    /// What it decides together with others: any of the same that applies is enough.
    fn leg(&self) -> (bool, u8, usize, Cover) {
        let (kind, level) = match (self.effect, self.source) {
            (Effect::Deny, _) => return (true, 0, 0, Cover::Direct),
            (Effect::Allow, Source::Identity(_)) => (0, 0),
            (Effect::Allow, Source::Boundary(_)) => (1, 0),
            (Effect::Allow, Source::Session) => (2, 0),
            (Effect::Allow, Source::Resource) => (3, 0),
            (Effect::Allow, Source::Scp(level, _)) => (4, level),
            (Effect::Allow, Source::Rcp(level, _)) => (5, level),
        };
        (false, kind, level, self.cover)
    }
}

/// A kind of policy that would have to allow a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leg {
    /// A policy of the identity.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The session policy.
    Session,
    /// The service control policies, at some level.
    Scp,
    /// The policy of the resource.
    Resource,
    /// The role's trust policy.
    Trust,
    /// The key's policy.
    Key,
    /// Block Public Access of the bucket, which keeps others out while its policy lets everybody in.
    Block,
}

/// What was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unseen {
    /// Service control policies.
    Scps,
    /// Resource control policies.
    Rcps,
    /// Whose resource it is: the caller's account was assumed.
    ResourceAccount,
    /// A policy of the identity.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The policy of the resource.
    Resource,
}

/// Decides a request.
pub fn decide(request: &Request, policies: &Policies<'_>) -> Decision {
    let question = Question::new(request);
    let mut statements = vec![];
    let legs = legs(&question, policies, &mut statements);
    let answer = allowed(legs.clone(), question.case);
    let outcome = match (answer, legs.denied) {
        (Truth::Yes, _) => Outcome::Allowed,
        (_, Truth::Yes) => Outcome::ExplicitlyDenied,
        (Truth::Unknown, Truth::Unknown) if !matters(&legs, question.case) => Outcome::ExplicitlyDenied,
        _ => Outcome::ImplicitlyDenied,
    };
    let missing = match outcome {
        Outcome::ImplicitlyDenied => missing(&legs, question.case, policies.closed),
        Outcome::Allowed | Outcome::ExplicitlyDenied => vec![],
    };
    Decision {
        outcome,
        depends: answer == Truth::Unknown,
        unknown_keys: unknown_keys(request, policies, &statements),
        unseen: unseen(&question, policies),
        statements,
        missing,
    }
}

/// What each kind of policy says to a request, and what is asked.
pub(super) fn holding(request: &Request, policies: &Policies<'_>) -> (Legs<Truth>, Case) {
    let question = Question::new(request);
    (legs(&question, policies, &mut vec![]), question.case)
}

/// Whether, were nothing denied, it would still not be certain that the request is allowed.
fn matters(legs: &Legs<Truth>, case: Case) -> bool {
    allowed(Legs { denied: Truth::No, ..legs.clone() }, case) != Truth::Yes
}

/// A request, made ready.
struct Question<'r> {
    request: &'r Request,
    action: String,
    resource: &'r str,
    account: Option<&'r str>,
    case: Case,
}

impl<'r> Question<'r> {
    fn new(request: &'r Request) -> Self {
        let action = request.action.to_ascii_lowercase();
        let account = request.resource_account.as_deref().or_else(|| account_of(&request.resource));
        let mut case = Case::new(&request.caller, &action, account);
        // An alias has no policy: its key has.
        // <https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html>
        if case.resource_policy == ResourcePolicy::Key && request.resource.contains(":alias/") {
            case.resource_policy = ResourcePolicy::Optional;
        }
        let resource = if is_on_nothing(&action) { "*" } else { request.resource.as_str() };
        Self { request, action, resource, account, case }
    }

    /// Whether the root user of the bucket's account asks for the bucket's policy, which no policy of the bucket keeps
    /// from it.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>
    fn is_last_resort(&self) -> bool {
        self.case.standing == Standing::Root
            && self.case.same_account
            && matches!(
                self.action.as_str(),
                "s3:getbucketpolicy" | "s3:putbucketpolicy" | "s3:deletebucketpolicy"
            )
    }
}

/// Whether an action is on nothing in particular, so that only `*` covers what it is asked for.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
pub fn is_on_nothing(action: &str) -> bool {
    let Some((service, name)) = action.split_once(':') else { return false };
    let known = catalogue::service(service).and_then(|service| service.action(name));
    known.is_some_and(|action| action.listed && action.resources.is_empty())
}

fn legs(question: &Question<'_>, policies: &Policies<'_>, found: &mut Vec<Mattered>) -> Legs<Truth> {
    let Policies { identity, boundary, session, resource, closed, scps, rcps, blind, overlooked } = policies;
    let is_blind = |unseen: Unseen| if blind.contains(&unseen) { Truth::Unknown } else { Truth::No };
    let bounded = boundary.is_some() || blind.contains(&Unseen::Boundary);
    let mut reader = Reader { question, found, bounded, denied: Truth::No };
    if !blind.is_empty() {
        reader.denied = Truth::Unknown;
    }
    let own = reader.any(identity.iter().enumerate().map(|(n, rules)| (Source::Identity(n), *rules)));
    let boundary = boundary
        .as_ref()
        .map(|all| reader.any(all.iter().enumerate().map(|(n, rules)| (Source::Boundary(n), *rules))));
    let session_allows = session.map(|rules| reader.any([(Source::Session, rules)]));
    // Without a session policy a federated user gets nothing of what the user may do.
    // <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html>
    let bare = matches!(question.request.caller, Caller::FederatedUser { .. });
    let scps = scps.as_ref().filter(|_| question.case.scps_apply).map_or(Truth::Yes, |levels| {
        Truth::all(levels.iter().enumerate().map(|(level, all)| {
            reader.any(all.iter().enumerate().map(|(n, rules)| (Source::Scp(level, n), *rules)))
        }))
    });
    // These only deny: RCPFullAWSAccess stands at every level, and nobody can take it away.
    // <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html>
    for (level, all) in rcps.iter().flatten().enumerate().filter(|_| question.case.rcps_apply) {
        reader.any(all.iter().enumerate().map(|(n, rules)| (Source::Rcp(level, n), *rules)));
    }
    let [direct, behind, account] = match resource {
        Some(rules) if *closed => {
            // What it denies is denied all the same.
            reader.by_cover(rules);
            [Truth::No; 3]
        }
        Some(rules) => reader.by_cover(rules),
        None => [Truth::No; 3],
    };
    let on_resource = match is_blind(Unseen::Resource) {
        Truth::No if overlooked.contains(&Unseen::Resource) => Truth::Unknown,
        known => known,
    };
    let bounded = if blind.contains(&Unseen::Boundary) { Truth::Unknown } else { Truth::Yes };
    Legs {
        denied: reader.denied,
        identity: if question.request.caller.is_somebody() {
            Truth::Yes
        } else {
            own.or(is_blind(Unseen::Identity))
        },
        boundary: boundary.unwrap_or(bounded),
        session: session_allows.unwrap_or(Truth::from(!bare)),
        scps,
        direct: direct.or(on_resource),
        behind: behind.or(on_resource),
        account: account.or(on_resource),
    }
}

/// Goes through policies, and remembers what denies and what had a say.
struct Reader<'q, 'f> {
    question: &'q Question<'q>,
    found: &'f mut Vec<Mattered>,
    /// Whether the caller has a permissions boundary.
    bounded: bool,
    denied: Truth,
}

impl Reader<'_, '_> {
    /// Whether one of these policies allows.
    fn any<'p>(&mut self, policies: impl IntoIterator<Item = (Source, &'p Rules)>) -> Truth {
        let mut allowed = Truth::No;
        for (source, rules) in policies {
            for (number, rule) in rules.rules.iter().enumerate() {
                if let Some((Effect::Allow, _, applies)) = self.statement(source, number, rule) {
                    allowed = allowed.or(applies);
                }
            }
        }
        allowed
    }

    /// Whether the policy of the resource allows, by how it covers the caller.
    fn by_cover(&mut self, rules: &Rules) -> [Truth; 3] {
        let [mut direct, mut behind, mut account] = [Truth::No; 3];
        for (number, rule) in rules.rules.iter().enumerate() {
            let Some((Effect::Allow, cover, applies)) = self.statement(Source::Resource, number, rule) else {
                continue;
            };
            let leg = match cover {
                Cover::Direct => &mut direct,
                Cover::Behind => &mut behind,
                Cover::Account => &mut account,
            };
            *leg = leg.or(applies);
        }
        [direct, behind, account]
    }

    fn statement(&mut self, source: Source, number: usize, rule: &Rule) -> Option<(Effect, Cover, Truth)> {
        let Question { request, action, resource, account: _, case: _ } = self.question;
        let of_resource = matches!(source, Source::Resource);
        // AWS takes no such policy of an identity.
        if !of_resource && rule.resources.is_none() && rule.effect == Effect::Allow {
            return None;
        }
        let covers = if of_resource {
            rule.covers_caller_of_resource(&request.caller)
        } else {
            rule.covers_caller(&request.caller)
        };
        let cover = match covers {
            None if self.bounded && rule.spares() => Cover::Direct,
            cover => cover?,
        };
        if rule.effect == Effect::Deny && source == Source::Resource && self.question.is_last_resort() {
            return None;
        }
        if !rule.covers_action(action) {
            return None;
        }
        let on_resource = rule.covers_resource(resource, &request.context);
        if on_resource == Truth::No {
            return None;
        }
        let met: Vec<Truth> = rule.comparisons.iter().map(|test| test.holds(&request.context)).collect();
        let unmet = met.iter().enumerate().filter(|(_, met)| **met != Truth::Yes).map(|(n, _)| n).collect();
        let applies = on_resource.and(Truth::all(met));
        if rule.effect == Effect::Deny {
            self.denied = self.denied.or(applies);
        }
        self.found.push(Mattered { source, number, effect: rule.effect, cover, applies, unmet });
        Some((rule.effect, cover, applies))
    }
}

impl Rule {
    /// Whether it speaks of a resource, in a request with these keys. A statement without resources, as in a trust
    /// policy, speaks of what it is the policy of.
    pub fn covers_resource(&self, resource: &str, context: &super::request::Context) -> Truth {
        let Some(element) = &self.resources else { return Truth::Yes };
        let text_of = |variable: &Variable| text_of(variable, context);
        let mut covered = Truth::No;
        for pattern in element.value() {
            covered = covered.or(match pattern.resolve(&text_of) {
                Ok(pattern) => Truth::from(pattern.matches(resource)),
                // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
                Err(Missing::Absent) if element.is_not() => return Truth::No,
                Err(Missing::Absent) => Truth::No,
                Err(Missing::Unknown) => Truth::from(pattern.widened().matches(resource)).and(Truth::Unknown),
            });
        }
        if element.is_not() { !covered } else { covered }
    }
}

fn missing(legs: &Legs<Truth>, case: Case, closed: bool) -> Vec<Leg> {
    let Legs { denied: _, identity, boundary, session, scps, direct, behind, account } = legs;
    let no = |leg: &Truth| *leg != Truth::Yes;
    let resource = match case.resource_policy {
        ResourcePolicy::Optional if closed => Leg::Block,
        ResourcePolicy::Optional => Leg::Resource,
        ResourcePolicy::Trust => Leg::Trust,
        ResourcePolicy::Key => Leg::Key,
    };
    let named = direct.or(*behind).or(*account);
    let mut missing = vec![];
    let identity_counts = case.standing == Standing::Identity;
    match (case.standing, case.same_account, case.resource_policy) {
        (Standing::Outsider, ..) => missing.extend(no(&direct.or(*behind)).then_some(resource)),
        (_, true, ResourcePolicy::Optional) => {
            missing.extend((identity_counts && no(&identity.or(*behind))).then_some(Leg::Identity));
        }
        (_, true, ResourcePolicy::Trust | ResourcePolicy::Key) => {
            missing.extend(no(&named).then_some(resource));
            // A policy that names the account, or nobody yet, leaves it to the caller's own.
            let delegated = no(&direct.or(*behind));
            missing.extend((identity_counts && delegated && no(identity)).then_some(Leg::Identity));
        }
        (_, false, _) => {
            missing.extend((identity_counts && no(identity)).then_some(Leg::Identity));
            missing.extend(no(&named).then_some(resource));
        }
    }
    if identity_counts {
        missing.extend(no(boundary).then_some(Leg::Boundary));
        missing.extend(no(session).then_some(Leg::Session));
    }
    missing.extend((case.scps_apply && no(scps)).then_some(Leg::Scp));
    missing
}

fn unknown_keys(request: &Request, policies: &Policies<'_>, found: &[Mattered]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    // What is allowed, or denied, in any case hangs on nothing.
    let sure: BTreeSet<_> =
        found.iter().filter(|mattered| mattered.applies == Truth::Yes).map(Mattered::leg).collect();
    for mattered in found.iter().filter(|mattered| !sure.contains(&mattered.leg())) {
        let Mattered { source, number, effect: _, cover: _, applies, unmet: _ } = mattered;
        let rule = policies.rules(*source).and_then(|rules| rules.rules.get(*number));
        let Some(rule) = rule.filter(|_| *applies == Truth::Unknown) else { continue };
        keys.extend(rule.unknown_keys(&request.context).map(Cow::into_owned));
    }
    keys
}

fn unseen(question: &Question<'_>, policies: &Policies<'_>) -> BTreeSet<Unseen> {
    let mut unseen: BTreeSet<Unseen> = policies.blind.union(&policies.overlooked).copied().collect();
    if question.case.scps_apply && policies.scps.is_none() {
        unseen.insert(Unseen::Scps);
    }
    if question.case.rcps_apply && policies.rcps.is_none() {
        unseen.insert(Unseen::Rcps);
    }
    if question.account.is_none() && question.resource != "*" {
        unseen.insert(Unseen::ResourceAccount);
    }
    unseen
}

impl<'p> Policies<'p> {
    /// The policy at a place.
    pub fn rules(&self, source: Source) -> Option<&'p Rules> {
        let level = |levels: &Option<Vec<Vec<&'p Rules>>>, level: usize, number: usize| {
            levels.as_ref()?.get(level)?.get(number).copied()
        };
        match source {
            Source::Identity(number) => self.identity.get(number).copied(),
            Source::Boundary(number) => self.boundary.as_ref()?.get(number).copied(),
            Source::Session => self.session,
            Source::Resource => self.resource,
            Source::Scp(at, number) => level(&self.scps, at, number),
            Source::Rcp(at, number) => level(&self.rcps, at, number),
        }
    }
}
