//! One request decided, with everything that had a say, as data.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{FORMAT_VERSION, json};
use crate::access::asked::Names;
use crate::access::decide::{Decision, Leg, Mattered, Outcome, Source, Unseen};
use crate::access::landscape::{DocumentId, Explained, Held, Landscape};
use crate::access::near::{Misses, Near, Reach, near, reach};
use crate::access::principal::Caller;
use crate::access::request::{Context, Known};
use crate::access::rule::{Comparison, Rule};
use crate::access::truth::Truth;
use crate::policy::{Effect, arn};

/// A request, the answer, and why. It is the documented JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The version of this format.
    pub format_version: u32,
    /// Of which state: `spec`, `plan`, `live`, or a file.
    pub on: String,
    /// What was asked.
    pub request: RequestLine,
    /// Whether it is allowed for sure.
    pub allowed: bool,
    /// `allowed`, `explicitDeny` or `implicitDeny`; the stricter one if it depends on what is not known.
    pub decision: &'static str,
    /// Whether what is not known could make it allowed.
    pub depends: bool,
    /// The answer in words.
    pub gist: String,
    /// Every statement about this principal, action and resource, what decides first.
    pub statements: Vec<StatementReason>,
    /// What would have to allow it and does not.
    pub missing: Vec<MissingLeg>,
    /// Statements that miss the request by one thing.
    pub near: Vec<NearMiss>,
    /// Condition keys that would have to be known.
    pub unknown_keys: Vec<String>,
    /// What was not looked at.
    pub not_evaluated: Vec<NotEvaluated>,
}

/// What was asked.
#[derive(Clone, Debug, Serialize)]
pub struct RequestLine {
    /// An ARN, a service, or `*`.
    pub principal: String,
    /// The account of the principal.
    pub principal_account: Option<String>,
    /// The action.
    pub action: String,
    /// An ARN, or `*`.
    pub resource: String,
    /// The account of the resource.
    pub resource_account: Option<String>,
    /// The condition keys known of the request.
    pub context: BTreeMap<String, Vec<String>>,
    /// The condition keys that it certainly lacks.
    pub without: Vec<String>,
}

/// A statement and what it has to say.
#[derive(Clone, Debug, Serialize)]
pub struct StatementReason {
    /// `Allow` or `Deny`.
    pub effect: &'static str,
    /// `yes`, `no` or `unknown`.
    pub applies: &'static str,
    /// Where it stands.
    #[serde(flatten)]
    pub place: StatementPlace,
    /// The tests of its condition that are not met, or not known to be.
    pub unmet: Vec<TestLine>,
}

/// Where a statement stands.
#[derive(Clone, Debug, Serialize)]
pub struct StatementPlace {
    /// Its Sid.
    pub sid: Option<String>,
    /// The document: `role/GlueEtl inline/data`, `policy of bucket/acme-lake`, `AmazonS3ReadOnlyAccess`.
    pub document: String,
    /// The account that the document is in.
    pub account: String,
    /// Its number there, from 1.
    pub number: usize,
    /// Where it was written, if in files.
    pub origin: Option<Origin>,
    /// How the principal came by it, if not itself: `group/DataScientists`.
    pub via: Option<String>,
    /// Whether it limits as a permissions boundary.
    pub boundary: bool,
}

/// A place in the author's files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// The file, as the user would type it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
}

/// One test of a condition.
#[derive(Clone, Debug, Serialize)]
pub struct TestLine {
    /// As it is written.
    pub operator: String,
    /// As it is written.
    pub key: String,
    /// As they are written.
    pub values: Vec<String>,
    /// `no`, or `unknown`.
    pub met: &'static str,
    /// What the request has; none if it lacks the key, or nobody knows.
    pub given: Option<Vec<String>>,
}

/// What would have to allow the request and does not.
#[derive(Clone, Debug, Serialize)]
pub struct MissingLeg {
    /// `identity_policies`, `resource_policy`, `trust_policy`…
    pub leg: &'static str,
    /// In words.
    pub text: String,
}

/// A statement that misses the request by one thing.
#[derive(Clone, Debug, Serialize)]
pub struct NearMiss {
    /// `resource` or `principal`.
    pub misses: &'static str,
    /// Where it stands.
    #[serde(flatten)]
    pub place: StatementPlace,
    /// What it is of instead.
    pub instead: Vec<String>,
}

/// What was not looked at.
#[derive(Clone, Debug, Serialize)]
pub struct NotEvaluated {
    /// `scps`, `rcps`, `resource_account`, `identity_policies`, `permissions_boundary`, `resource_policy`,
    /// `session_policies` or `endpoint_policies`.
    pub what: &'static str,
    /// In words.
    pub text: String,
}

/// Where a statement of a document was written, by its number in normal form; of a policy of AWS where whoever holds
/// it has it attached.
pub type OriginOf<'a> = &'a dyn Fn(&DocumentId, usize, Option<&Held>) -> Option<Origin>;

/// What explanations are made from.
#[derive(Clone, Copy)]
pub struct Ground<'a> {
    /// What was asked about.
    pub landscape: &'a Landscape<'a>,
    /// How people call what is in it.
    pub names: &'a Names<'a>,
    /// Where statements were written.
    pub origin: OriginOf<'a>,
    /// Of which state: `spec`, `plan`, `live`, or a file.
    pub on: &'a str,
}

impl Explanation {
    /// Explains a decision.
    pub fn new(explained: &Explained<'_>, ground: Ground<'_>) -> Self {
        let Decision { outcome, depends, statements, missing, unknown_keys, unseen } = &explained.decision;
        let telling = Telling { explained, ground };
        let mut order: Vec<&Mattered> = statements.iter().collect();
        order.sort_by_key(|mattered| telling.rank(mattered));
        let missing: Vec<_> = missing.iter().map(|leg| telling.missing(*leg)).collect();
        let near = match outcome {
            Outcome::ImplicitlyDenied => {
                near(explained).into_iter().filter_map(|n| telling.near(n)).collect()
            }
            Outcome::Allowed | Outcome::ExplicitlyDenied => vec![],
        };
        let unknown_keys: Vec<String> =
            if *depends { unknown_keys.iter().cloned().collect() } else { vec![] };
        let allowed = *outcome == Outcome::Allowed;
        let mut explanation = Self {
            format_version: FORMAT_VERSION,
            on: ground.on.to_owned(),
            request: telling.request(),
            allowed,
            decision: outcome.word(),
            depends: *depends,
            gist: String::new(),
            statements: order.into_iter().filter_map(|mattered| telling.statement(mattered)).collect(),
            missing,
            near,
            unknown_keys,
            not_evaluated: telling.not_evaluated(unseen),
        };
        explanation.gist = explanation.in_one_line(*outcome, unseen.iter().copied());
        explanation
    }

    /// As JSON.
    pub fn json(&self) -> String {
        json::written(self)
    }

    fn in_one_line(&self, outcome: Outcome, unseen: impl Iterator<Item = Unseen>) -> String {
        if self.depends {
            let keys: Vec<String> = self.unknown_keys.iter().map(|key| format!("`{key}`")).collect();
            let mut on: Vec<&str> = keys.iter().map(String::as_str).collect();
            for unseen in unseen {
                on.push(match unseen {
                    Unseen::Identity => "policies of the principal that are not known here",
                    Unseen::Boundary => "a permissions boundary that is not known here",
                    Unseen::Resource => "the resource's policy, which is not known here",
                    Unseen::Scps | Unseen::Rcps | Unseen::ResourceAccount => continue,
                });
            }
            return format!("depends on {}", and(&on));
        }
        match outcome {
            Outcome::Allowed => "allowed".to_owned(),
            Outcome::ExplicitlyDenied => "denied by a statement".to_owned(),
            Outcome::ImplicitlyDenied => "denied: nothing allows it".to_owned(),
        }
    }

    /// Why, in one line.
    pub fn because(&self) -> String {
        let deciding = |effect: Effect, applies: Truth| {
            let mut of_effect = self.statements.iter().filter(|s| s.effect == effect.word());
            of_effect.find(|s| s.applies == applies.word()).map(|s| s.place.in_words())
        };
        if self.depends {
            return format!("it {}", self.gist);
        }
        let denying = deciding(Effect::Deny, Truth::Yes).map(|place| format!("{place} denies it"));
        let allowing = deciding(Effect::Allow, Truth::Yes).map(|place| format!("{place} allows it"));
        let missing = self.missing.first().map(|leg| leg.text.clone());
        let because = if self.allowed { allowing } else { denying.or(missing) };
        because.unwrap_or_else(|| match self.allowed {
            true => "AWS asks no policy for it".to_owned(),
            false => self.gist.clone(),
        })
    }
}

impl StatementPlace {
    /// `ReadRaw` of role/GlueEtl inline/data, via group/Readers (environments/analytics.yaml:14:11).
    pub fn in_words(&self) -> String {
        let Self { sid, document: _, account: _, number, origin, via, boundary } = self;
        let name = sid.as_ref().map_or_else(|| format!("statement {number}"), |sid| format!("`{sid}`"));
        let kind = if *boundary { ", the permissions boundary" } else { "" };
        let via = via.as_ref().map(|via| format!(", via {via}")).unwrap_or_default();
        let origin = origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default();
        format!("{name} of {}{kind}{via}{origin}", self.document_in_words())
    }

    /// `the policy of bucket/acme-lake`.
    pub fn document_in_words(&self) -> String {
        let the = if self.document.contains("policy of ") { "the " } else { "" };
        format!("{the}{}", self.document)
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// An explanation being made.
struct Telling<'a> {
    explained: &'a Explained<'a>,
    ground: Ground<'a>,
}

impl Telling<'_> {
    /// What decides stands first: denials that apply, then what allows, then what is open, then what is not met.
    fn rank(&self, mattered: &Mattered) -> u8 {
        match (mattered.applies, mattered.effect) {
            (Truth::Yes, Effect::Deny) => 0,
            (Truth::Yes, Effect::Allow) => 1,
            (Truth::Unknown, Effect::Deny) => 2,
            (Truth::Unknown, Effect::Allow) => 3,
            (Truth::No, Effect::Allow) => 4,
            (Truth::No, Effect::Deny) => 5,
        }
    }

    fn request(&self) -> RequestLine {
        let request = &self.explained.request;
        let account = self.ground.landscape.account_of(&request.resource).map(str::to_owned);
        let Context { values, absent, others: _ } = &request.context;
        RequestLine {
            principal: request.caller.to_string(),
            principal_account: request.caller.account().map(str::to_owned),
            action: request.action.clone(),
            resource: request.resource.clone(),
            resource_account: request.resource_account.clone().or(account),
            context: values.clone(),
            without: absent.iter().cloned().collect(),
        }
    }

    fn statement(&self, mattered: &Mattered) -> Option<StatementReason> {
        let Mattered { source, number, effect, cover: _, applies, unmet } = mattered;
        let rule = self.explained.rule(mattered)?;
        let tests = unmet.iter().filter_map(|number| rule.comparisons.get(*number));
        Some(StatementReason {
            effect: effect.word(),
            applies: applies.word(),
            place: self.place(*source, *number, rule)?,
            unmet: tests.map(|test| self.test(test)).collect(),
        })
    }

    fn test(&self, test: &Comparison) -> TestLine {
        let context = &self.explained.request.context;
        let given = match context.get(&test.key) {
            Known::Values(values) => Some(values.to_vec()),
            Known::Absent | Known::Unknown => None,
        };
        TestLine {
            operator: test.word.clone(),
            key: test.key_written.clone(),
            values: test.values_written.clone(),
            met: test.holds(context).word(),
            given,
        }
    }

    fn place(&self, source: Source, number: usize, rule: &Rule) -> Option<StatementPlace> {
        let document = self.explained.gathered.document(source)?;
        let held = self.explained.gathered.held(source);
        let asking = self.ground.landscape.identity_of(&self.explained.request.caller);
        let via = held.filter(|held| Some(&held.holder) != asking);
        Some(StatementPlace {
            sid: rule.sid.clone(),
            document: document.to_string(),
            account: account_of(document).to_owned(),
            number: number + 1,
            origin: (self.ground.origin)(document, number, held),
            via: via.map(|Held { holder, .. }| holder.address()),
            boundary: matches!(source, Source::Boundary(_)),
        })
    }

    fn near(&self, near: Near) -> Option<NearMiss> {
        let Near { source, number, misses } = near;
        let document = self.ground.landscape.document(self.explained.gathered.document(source)?)?;
        let statement = document.statements.get(number)?;
        let rule = self.explained.gathered.policies.rules(source)?.rules.get(number)?;
        let instead = match misses {
            Misses::Resource => {
                let element = statement.resource.as_ref()?;
                let but = if element.is_not() { "all but " } else { "" };
                element.value().iter().map(|resource| format!("{but}{resource}")).collect()
            }
            Misses::Principal => {
                let element = statement.principal.as_ref()?;
                let but = if element.is_not() { "all but " } else { "" };
                element.value().values().flatten().map(|named| format!("{but}{named}")).collect()
            }
        };
        let misses = match misses {
            Misses::Resource => "resource",
            Misses::Principal => "principal",
        };
        Some(NearMiss { misses, place: self.place(source, number, rule)?, instead })
    }

    fn who(&self) -> String {
        let caller = &self.explained.request.caller;
        match self.ground.landscape.identity_of(caller) {
            Some(id) => id.address(),
            None => match caller {
                Caller::Anonymous => "a request without signature".to_owned(),
                Caller::Root { home } => {
                    format!("the root user of {}", self.ground.names.account(&home.account))
                }
                _ => caller.to_string(),
            },
        }
    }

    /// Who asks, with the account if it is another than the resource's.
    fn who_from(&self) -> String {
        let request = &self.explained.request;
        let (caller, resource) = (request.caller.account(), request.resource_account.as_deref());
        let known = self.ground.landscape.identity_of(&request.caller).is_some();
        match caller {
            Some(account) if known && resource.is_some_and(|other| other != account) => {
                format!("{} of {}", self.who(), self.ground.names.account(account))
            }
            _ => self.who(),
        }
    }

    /// The resource as people call it, with its account.
    fn what(&self) -> String {
        let request = &self.explained.request;
        let name = match (self.ground.landscape.resource_of(&request.resource), bucket_of(&request.resource))
        {
            (Some(id), _) => id.address(),
            (None, Some(bucket)) => format!("bucket/{bucket}"),
            (None, None) => request.resource.clone(),
        };
        match request.resource_account.as_deref().filter(|_| request.caller.account().is_some()) {
            Some(account) if request.caller.account() != Some(account) => {
                format!("{name} in {}", self.ground.names.account(account))
            }
            _ => name,
        }
    }

    fn missing(&self, leg: Leg) -> MissingLeg {
        let request = &self.explained.request;
        let (who, action, resource) = (self.who(), &request.action, &request.resource);
        let blind = |unseen: Unseen| self.explained.gathered.policies.blind.contains(&unseen);
        let text = match leg {
            Leg::Identity if blind(Unseen::Identity) => {
                format!(
                    "a policy of {who} would have to allow it, and not all of its policies are known here"
                )
            }
            Leg::Identity if self.explained.gathered.policies.identity.is_empty() => {
                format!("{who} has no policy at all")
            }
            Leg::Identity => match self.conditional(|source| matches!(source, Source::Identity(_))) {
                Some(text) => format!("no policy of {who} allows it: {text}"),
                None => format!("no policy of {who} allows {action} on {resource}"),
            },
            Leg::Boundary => {
                let boundary = self.explained.gathered.boundary.as_ref();
                let name = boundary.map_or_else(String::new, |held| format!(" {}", held.document));
                format!("the permissions boundary{name} of {who} does not allow {action} on {resource}")
            }
            Leg::Session => format!("the session has no policy that allows {action}"),
            Leg::Scp => format!("a service control policy does not allow {action}"),
            Leg::Resource => self.missing_resource("policy"),
            Leg::Key => self.missing_resource("key policy"),
            Leg::Trust => self.missing_resource("trust policy"),
        };
        MissingLeg { leg: leg.word(), text }
    }

    /// What the policy of the resource fails to say.
    fn missing_resource(&self, kind: &str) -> String {
        let (who, what) = (self.who_from(), self.what());
        let action = &self.explained.request.action;
        if self.explained.gathered.policies.blind.contains(&Unseen::Resource) {
            return format!("the {kind} of {what} would have to allow {who}, and it is not known here");
        }
        match reach(self.explained) {
            None => format!("{what} has no {kind} that lets {who} in"),
            Some(Reach::NotNamed) => format!("the {kind} of {what} does not name {who}"),
            Some(Reach::OtherActions) => format!("the {kind} of {what} names {who}, but not for {action}"),
            Some(Reach::OtherResources) => {
                let resource = &self.explained.request.resource;
                format!("the {kind} of {what} lets {who} do {action}, but not on {resource}")
            }
            Some(Reach::Condition) => {
                let text = self.conditional(|source| source == Source::Resource);
                let text = text.unwrap_or_else(|| "only under conditions".to_owned());
                format!("the {kind} of {what} does not let {who} in: {text}")
            }
        }
    }

    /// That a statement would allow it but for its condition.
    fn conditional(&self, of: impl Fn(Source) -> bool) -> Option<String> {
        let all = &self.explained.decision.statements;
        let mut allowing = all.iter().filter(|m| m.effect == Effect::Allow && of(m.source));
        let mattered = allowing.find(|m| m.applies != Truth::Yes)?;
        let rule = self.explained.rule(mattered)?;
        let name = self.place(mattered.source, mattered.number, rule)?;
        let name =
            name.sid.as_ref().map_or_else(|| format!("statement {}", name.number), |sid| format!("`{sid}`"));
        let keys: Vec<String> = mattered
            .unmet
            .iter()
            .filter_map(|number| rule.comparisons.get(*number))
            .map(|test| format!("`{}`", test.key_written))
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let how = if mattered.applies == Truth::No { "is not met" } else { "is not known to be met" };
        Some(match keys.as_slice() {
            [] => format!("what {name} is of depends on a variable"),
            keys => format!("the condition of {name} on {} {how}", and(keys)),
        })
    }

    fn not_evaluated(&self, unseen: &std::collections::BTreeSet<Unseen>) -> Vec<NotEvaluated> {
        let (who, what) = (self.who(), self.what());
        let mut all: Vec<NotEvaluated> = unseen
            .iter()
            .map(|unseen| {
                let text = match unseen {
                    Unseen::Scps => "service control policies".to_owned(),
                    Unseen::Rcps => "resource control policies".to_owned(),
                    Unseen::ResourceAccount => {
                        format!("whose {what} is: the account of {who} was assumed")
                    }
                    Unseen::Identity => format!("policies of {who}, which are not all known here"),
                    Unseen::Boundary => format!("the permissions boundary of {who}, which is not known here"),
                    Unseen::Resource => format!("the policy of {what}, which is not known here"),
                };
                NotEvaluated { what: unseen.word(), text }
            })
            .collect();
        for (what, text) in
            [("session_policies", "session policies"), ("endpoint_policies", "policies of VPC endpoints")]
        {
            all.push(NotEvaluated { what, text: text.to_owned() });
        }
        all
    }
}

fn bucket_of(resource: &str) -> Option<&str> {
    let [_, _, service, _, _, place] = arn::split(resource)?;
    (service == "s3").then(|| place.split('/').next().unwrap_or(place))
}

fn account_of(document: &DocumentId) -> &str {
    match document {
        DocumentId::Inline(id, _)
        | DocumentId::Customer(id)
        | DocumentId::Trust(id)
        | DocumentId::Bucket(id) => id.account.as_str(),
        DocumentId::Aws(account, _) => account.as_str(),
    }
}

/// `a, b and c`.
fn and(words: &[&str]) -> String {
    match words {
        [] => "what is not known".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
