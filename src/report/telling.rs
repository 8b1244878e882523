//! An explanation in the making: each part of a decision as data and in words.

use std::collections::BTreeSet;

use super::why::{
    Ground, MissingLeg, NearMiss, NotEvaluated, PlacedStatement, RequestLine, StatementReason, TestLine, and,
};
use crate::access::decide::{Leg, Mattered, Source, Unseen};
use crate::access::landscape::{DocumentId, Explained, Held};
use crate::access::near::{Misses, Near, Reach, reach};
use crate::access::principal::Caller;
use crate::access::request::{Context, Known};
use crate::access::rule::{Comparison, Rule};
use crate::access::truth::Truth;
use crate::policy::{Effect, arn};

/// An explanation being made.
pub(super) struct Telling<'a> {
    pub explained: &'a Explained<'a>,
    pub ground: Ground<'a>,
}

impl Telling<'_> {
    /// What decides stands first: denials that apply, then what allows, then what is open, then what is not met.
    pub fn rank(&self, mattered: &Mattered) -> u8 {
        match (mattered.applies, mattered.effect) {
            (Truth::Yes, Effect::Deny) => 0,
            (Truth::Yes, Effect::Allow) => 1,
            (Truth::Unknown, Effect::Deny) => 2,
            (Truth::Unknown, Effect::Allow) => 3,
            (Truth::No, Effect::Allow) => 4,
            (Truth::No, Effect::Deny) => 5,
        }
    }

    /// What was asked, with what follows from it.
    pub fn request(&self) -> RequestLine {
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

    /// A statement that had a say.
    pub fn statement(&self, mattered: &Mattered) -> Option<StatementReason> {
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

    fn place(&self, source: Source, number: usize, rule: &Rule) -> Option<PlacedStatement> {
        let document = self.explained.gathered.document(source)?;
        let held = self.explained.gathered.held(source);
        let asking = self.ground.landscape.identity_of(&self.explained.request.caller);
        let via = held.filter(|held| Some(&held.holder) != asking);
        Some(PlacedStatement {
            sid: rule.sid.clone(),
            document: document.to_string(),
            account: account_of(document).to_owned(),
            number: number + 1,
            origin: (self.ground.origin)(document, number, held),
            via: via.map(|Held { holder, .. }| holder.address()),
            boundary: matches!(source, Source::Boundary(_)),
        })
    }

    /// A statement that misses the request by one thing.
    pub fn near(&self, near: Near) -> Option<NearMiss> {
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

    /// What would have to allow it and does not.
    pub fn missing(&self, leg: Leg) -> MissingLeg {
        let request = &self.explained.request;
        let (who, action, resource) = (self.who(), &request.action, &request.resource);
        let blind = |unseen: Unseen| self.explained.gathered.policies.blind.contains(&unseen);
        let text = match leg {
            Leg::Identity if self.is_left_to_it() => {
                let kind = if self.explained.decision.missing.contains(&Leg::Key) { "key" } else { "trust" };
                format!(
                    "no policy of {who} allows {action} on {resource} either: one is needed if the {kind} policy \
                     names the account, and none if it names {who} itself"
                )
            }
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
            Leg::Block => format!(
                "the policy of {} is public, and its Block Public Access keeps out whoever is of another account",
                self.what()
            ),
        };
        MissingLeg { leg: leg.word(), text }
    }

    /// Whether a policy that names nobody yet would leave it to the policies of who asks, were it to name the account.
    fn is_left_to_it(&self) -> bool {
        let Explained { request, decision, gathered: _ } = self.explained;
        let nobody_named = decision.missing.iter().any(|leg| matches!(leg, Leg::Trust | Leg::Key));
        nobody_named && request.caller.account() == request.resource_account.as_deref()
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

    /// What was not looked at.
    pub fn not_evaluated(&self, unseen: &BTreeSet<Unseen>) -> Vec<NotEvaluated> {
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
        if bucket_of(&self.explained.request.resource).is_some() {
            let text = "the account's Block Public Access, access control lists and access points, and the key it is \
                        encrypted with";
            all.push(NotEvaluated { what: "bucket_settings", text: text.to_owned() });
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
