//! Cases in lines of JSON: a request and its policies in, the answer out.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::decide::{Decision, Leg, Mattered, Policies, Source, Unseen, decide};
use super::principal::Caller;
use super::request::{Context, Others, Request};
use super::rule::Rules;
use super::truth::Truth;
use crate::policy::{Usage, Written, partition_of};

/// One case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    id: Value,
    request: Asked,
    #[serde(default)]
    identity_policies: Option<Vec<Value>>,
    #[serde(default)]
    permissions_boundary: Option<OneOrMore>,
    #[serde(default)]
    session_policy: Option<Value>,
    #[serde(default)]
    resource_policy: Option<Value>,
    #[serde(default)]
    scps: Option<Vec<Vec<Value>>>,
    #[serde(default)]
    rcps: Option<Vec<Vec<Value>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    principal: String,
    action: String,
    resource: String,
    #[serde(default)]
    resource_account: Option<String>,
    #[serde(default)]
    context: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    More(Vec<Value>),
    One(Value),
}

/// The answer to one case, both as JSON in one line. What is wrong with a case is its answer.
pub fn answer(line: &str) -> String {
    let (id, answered) = match serde_json::from_str::<Case>(line) {
        Ok(case) => (case.id.clone(), answer_case(case)),
        Err(wrong) => {
            let id = serde_json::from_str::<Value>(line).ok().and_then(|case| case.get("id").cloned());
            (id.unwrap_or(Value::Null), Err(format!("this is no case: {wrong}")))
        }
    };
    match answered {
        Ok((decision, reasons)) => json!({"id": id, "decision": decision, "reasons": reasons}).to_string(),
        Err(error) => json!({"id": id, "error": error}).to_string(),
    }
}

/// Whether an answer says what is wrong with its case.
pub fn is_error(answer: &str) -> bool {
    serde_json::from_str::<Value>(answer).is_ok_and(|answer| answer.get("error").is_some())
}

fn answer_case(case: Case) -> Result<(&'static str, Vec<Value>), String> {
    let Case {
        id: _,
        request,
        identity_policies,
        permissions_boundary,
        session_policy,
        resource_policy,
        scps,
        rcps,
    } = case;
    let partition = || "aws".to_owned();
    let read = |at: String, json: &Value| {
        let partition = partition_of([json]).unwrap_or_else(partition);
        Given::read(at, json, &partition)
    };
    let all = |at: &str, list: &[Value]| -> Result<Vec<Given>, String> {
        list.iter().enumerate().map(|(number, json)| read(format!("/{at}/{number}"), json)).collect()
    };
    let levels = |at: &str, levels: Option<&Vec<Vec<Value>>>| -> Result<Option<Vec<Vec<Given>>>, String> {
        let each = |(level, list): (usize, &Vec<Value>)| all(&format!("{at}/{level}"), list);
        levels.map(|levels| levels.iter().enumerate().map(each).collect()).transpose()
    };
    let identity = all("identity_policies", identity_policies.as_deref().unwrap_or_default())?;
    let boundary = match &permissions_boundary {
        Some(OneOrMore::More(list)) => Some(all("permissions_boundary", list)?),
        Some(OneOrMore::One(json)) => Some(vec![read("/permissions_boundary".to_owned(), json)?]),
        None => None,
    };
    let one = |at: &str, json: Option<&Value>| json.map(|json| read(format!("/{at}"), json)).transpose();
    let session = one("session_policy", session_policy.as_ref())?;
    let resource = one("resource_policy", resource_policy.as_ref())?;
    let (scps, rcps) = (levels("scps", scps.as_ref())?, levels("rcps", rcps.as_ref())?);

    let request = asked(request)?.completed();
    let policies = Policies {
        identity: identity.iter().map(|given| &given.rules).collect(),
        boundary: boundary.as_ref().map(|all| all.iter().map(|given| &given.rules).collect()),
        session: session.as_ref().map(|given| &given.rules),
        resource: resource.as_ref().map(|given| &given.rules),
        scps: scps.as_ref().map(|levels| levels.iter().map(|all| rules(all)).collect()),
        rcps: rcps.as_ref().map(|levels| levels.iter().map(|all| rules(all)).collect()),
        ..Policies::default()
    };
    let find = |source: Source| -> Option<&Given> {
        match source {
            Source::Identity(number) => identity.get(number),
            Source::Boundary(number) => boundary.as_ref()?.get(number),
            Source::Session => session.as_ref(),
            Source::Resource => resource.as_ref(),
            Source::Scp(level, number) => scps.as_ref()?.get(level)?.get(number),
            Source::Rcp(level, number) => rcps.as_ref()?.get(level)?.get(number),
        }
    };
    let decision = decide(&request, &policies);
    Ok((decision.outcome.word(), reasons(&decision, find)))
}

fn rules(all: &[Given]) -> Vec<&Rules> {
    all.iter().map(|given| &given.rules).collect()
}

/// A policy of a case.
struct Given {
    at: String,
    written: Written,
    rules: Rules,
}

impl Given {
    fn read(at: String, json: &Value, partition: &str) -> Result<Self, String> {
        // Some write a policy with its name around it.
        let document = json.get("policy").filter(|_| json.get("Statement").is_none()).unwrap_or(json);
        let written = Written::found(document, Usage::Identity, partition).map_err(|problems| {
            let first = problems.first().map(|p| format!("{} (at `{at}{}`)", p.message, p.pointer));
            first.unwrap_or_else(|| format!("`{at}` is no policy document"))
        })?;
        let rules = Rules::of_written(&written);
        Ok(Self { at, written, rules })
    }
}

fn asked(asked: Asked) -> Result<Request, String> {
    let Asked { principal, action, resource, resource_account, context } = asked;
    if !action.contains(':') || action.contains(['*', '?']) {
        return Err(format!("`{action}` is no action: it is like `s3:GetObject`"));
    }
    let mut known = Context::new(Others::Absent);
    for (key, value) in context.unwrap_or_default() {
        let values = match value {
            Value::Array(list) => list.into_iter().map(plain).collect::<Result<_, _>>()?,
            Value::Null => continue,
            value => vec![plain(value)?],
        };
        known.values.insert(key.to_ascii_lowercase(), values);
    }
    Ok(Request { caller: Caller::parse(&principal)?, action, resource, resource_account, context: known })
}

fn plain(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => Err(format!("`{other}` is no value of a condition key")),
    }
}

/// What decided, one reason after the other, the deciding ones first.
fn reasons<'g>(decision: &Decision, find: impl Fn(Source) -> Option<&'g Given>) -> Vec<Value> {
    let Decision { outcome: _, depends: _, statements, missing, unknown_keys: _, unseen } = decision;
    let mut reasons: BTreeMap<(u8, usize), Value> = BTreeMap::new();
    for (order, mattered) in statements.iter().enumerate() {
        let Mattered { source, number, effect, cover: _, applies, unmet } = mattered;
        let Some(given) = find(*source) else { continue };
        let pointer = given.written.statements.get(*number).map_or("", |s| s.pointer.as_str());
        let rule = given.rules.rules.get(*number);
        let sid = rule.and_then(|rule| rule.sid.clone());
        let unmet: Vec<String> = rule.map_or(vec![], |rule| {
            let tests = unmet.iter().filter_map(|number| rule.comparisons.get(*number));
            tests.map(|test| format!("{} {}", test.word, test.key_written)).collect()
        });
        let rank = match applies {
            Truth::Yes => 0,
            Truth::Unknown => 1,
            Truth::No => 3,
        };
        let applies = match applies {
            Truth::Yes => "yes",
            Truth::Unknown => "unknown",
            Truth::No => "no",
        };
        let at = format!("{}{pointer}", given.at);
        let mut reason = json!({"statement": at, "effect": effect.word(), "applies": applies});
        if let (Some(sid), Value::Object(object)) = (sid, &mut reason) {
            object.insert("sid".to_owned(), sid.into());
        }
        if let (false, Value::Object(object)) = (unmet.is_empty(), &mut reason) {
            object.insert("unmet".to_owned(), unmet.into());
        }
        reasons.insert((rank, order), reason);
    }
    for (order, leg) in missing.iter().enumerate() {
        reasons.insert((2, order), json!({"missing": leg.word()}));
    }
    for (order, unseen) in unseen.iter().enumerate() {
        reasons.insert((4, order), json!({"not_evaluated": unseen.word()}));
    }
    reasons.into_values().collect()
}

impl Leg {
    /// As the batch interface spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity_policies",
            Self::Boundary => "permissions_boundary",
            Self::Session => "session_policy",
            Self::Scp => "scps",
            Self::Resource => "resource_policy",
            Self::Trust => "trust_policy",
            Self::Key => "key_policy",
        }
    }
}

impl Unseen {
    /// As the batch interface spells it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scps => "scps",
            Self::Rcps => "rcps",
            Self::ResourceAccount => "resource_account",
            Self::Identity => "identity_policies",
            Self::Boundary => "permissions_boundary",
            Self::Resource => "resource_policy",
        }
    }
}
