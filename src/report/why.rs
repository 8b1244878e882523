//! One request decided, with everything that had a say, as data.

use std::collections::BTreeMap;

use serde::Serialize;

use super::telling::Telling;
use super::{FORMAT_VERSION, json};
use crate::access::asked::Names;
use crate::access::carried::carried;
use crate::access::decide::{Decision, Mattered, Outcome, Unseen};
use crate::access::landscape::{DocumentId, Explained, Held, Landscape};
use crate::access::near::near;
use crate::access::truth::Truth;
use crate::policy::Effect;

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
    /// The statements that a yes rests on, one of each kind that has to allow it.
    #[serde(skip)]
    pub carried: Vec<PlacedStatement>,
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
    pub place: PlacedStatement,
    /// The tests of its condition that are not met, or not known to be.
    pub unmet: Vec<TestLine>,
}

/// Where a statement stands.
#[derive(Clone, Debug, Serialize)]
pub struct PlacedStatement {
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
    pub place: PlacedStatement,
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
            carried: carried(explained)
                .into_iter()
                .filter_map(|mattered| Some(telling.statement(mattered)?.place))
                .collect(),
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
        if self.depends {
            return format!("it {}", self.gist);
        }
        let (no, yes) = (Effect::Deny.word(), Truth::Yes.word());
        let denying = self.statements.iter().find(|s| s.effect == no && s.applies == yes);
        let denying = denying.map(|s| format!("{} denies it", s.place.in_words()));
        let all: Vec<String> = self.carried.iter().map(PlacedStatement::in_words).collect();
        let allowing = match all.as_slice() {
            [] => None,
            [one] => Some(format!("{one} allows it")),
            several => Some(format!("{} allow it", several.join(" and "))),
        };
        let missing: Vec<&str> = self.missing.iter().map(|leg| leg.text.as_str()).collect();
        let missing = (!missing.is_empty()).then(|| missing.join("; "));
        let because = if self.allowed { allowing } else { denying.or(missing) };
        because.unwrap_or_else(|| match self.allowed {
            true => "AWS asks no policy for it".to_owned(),
            false => self.gist.clone(),
        })
    }
}

impl PlacedStatement {
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

/// `a, b and c`.
pub(super) fn and(words: &[&str]) -> String {
    match words {
        [] => "what is not known".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
