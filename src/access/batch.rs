//! Cases in lines of JSON: a request and its policies in, the answer out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::decide::{Decision, Leg, Mattered, Policies, Source, Unseen, decide};
use super::principal::Caller;
use super::request::{Context, Others, Request};
use super::rule::Rules;
use super::truth::Truth;
use crate::policy::{Usage, Written, partition_of, unambiguous_json};

/// Text of policies that is kept to be recognized, in bytes; audits ask thousands of times about the same ones.
const KEPT_BYTES_MAX: usize = 16 << 20;

/// Answers cases, and remembers the policies it met.
#[derive(Debug, Default)]
pub struct Batch {
    policies: HashMap<Box<str>, Rc<Given>>,
    kept_bytes: usize,
}

/// One case. Policies stay text until it is known that they are new.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case<'l> {
    #[serde(default, borrow)]
    id: Option<&'l RawValue>,
    #[serde(borrow)]
    request: Asked<'l>,
    #[serde(default, borrow)]
    identity_policies: Option<Vec<&'l RawValue>>,
    #[serde(default, borrow)]
    permissions_boundary: Option<&'l RawValue>,
    #[serde(default, borrow)]
    session_policy: Option<&'l RawValue>,
    #[serde(default, borrow)]
    resource_policy: Option<&'l RawValue>,
    #[serde(default, borrow)]
    scps: Option<Vec<Vec<&'l RawValue>>>,
    #[serde(default, borrow)]
    rcps: Option<Vec<Vec<&'l RawValue>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked<'l> {
    #[serde(borrow)]
    principal: Cow<'l, str>,
    action: String,
    resource: String,
    #[serde(default)]
    resource_account: Option<String>,
    #[serde(default)]
    context: Option<Map<String, Value>>,
}

/// A policy of a case.
#[derive(Debug)]
struct Given {
    rules: Rules,
    /// Where each statement stands in it.
    pointers: Vec<String>,
}

/// The policies of a case.
struct Read {
    identity: Vec<Rc<Given>>,
    boundary: Option<Vec<Rc<Given>>>,
    boundary_is_list: bool,
    session: Option<Rc<Given>>,
    resource: Option<Rc<Given>>,
    scps: Option<Vec<Vec<Rc<Given>>>>,
    rcps: Option<Vec<Vec<Rc<Given>>>>,
}

/// The answer to one case, both as JSON in one line. What is wrong with a case is its answer.
pub fn answer(line: &str) -> String {
    let mut out = String::new();
    Batch::default().answer(line, &mut out);
    out
}

/// The answer that a line is no case.
pub fn no_case(why: &str, out: &mut String) {
    error(None, &format!("this is no case: {why}"), out);
}

impl Batch {
    /// Writes the answer to one case behind `out`, as JSON without a line end. Whether the case could be decided.
    pub fn answer(&mut self, line: &str, out: &mut String) -> bool {
        if !line.starts_with('{') {
            no_case("a case is a JSON object", out);
            return false;
        }
        let case: Case<'_> = match serde_json::from_str(line) {
            Ok(case) => case,
            Err(wrong) => {
                let whole: Option<HashMap<Cow<'_, str>, &RawValue>> = serde_json::from_str(line).ok();
                let id = whole.and_then(|whole| whole.get("id").copied());
                error(id, &format!("this is no case: {wrong}"), out);
                return false;
            }
        };
        let id = case.id;
        match self.decided(case, id, out) {
            Ok(()) => true,
            Err(wrong) => {
                error(id, &wrong, out);
                false
            }
        }
    }

    fn decided(&mut self, case: Case<'_>, id: Option<&RawValue>, out: &mut String) -> Result<(), String> {
        let (read, asked) = self.read(case)?;
        let request = request(asked)?.completed();
        let policies = read.policies();
        let decision = decide(&request, &policies);
        begin(id, out);
        out.push_str(",\"decision\":\"");
        out.push_str(decision.outcome.word());
        out.push_str("\",\"reasons\":[");
        reasons(&decision, &read, out);
        out.push_str("]}");
        Ok(())
    }

    fn read<'l>(&mut self, case: Case<'l>) -> Result<(Read, Asked<'l>), String> {
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
        let identity = identity_policies.unwrap_or_default();
        let identity = self.all(&identity, &|number| format!("/identity_policies/{number}"))?;
        let boundary_is_list = permissions_boundary.is_some_and(|raw| raw.get().starts_with('['));
        let boundary = match permissions_boundary {
            Some(list) if boundary_is_list => {
                let list: Vec<&RawValue> =
                    serde_json::from_str(list.get()).map_err(|wrong| format!("this is no case: {wrong}"))?;
                Some(self.all(&list, &|number| format!("/permissions_boundary/{number}"))?)
            }
            Some(one) => Some(vec![self.one(one, &|| "/permissions_boundary".to_owned())?]),
            None => None,
        };
        let session =
            session_policy.map(|raw| self.one(raw, &|| "/session_policy".to_owned())).transpose()?;
        let resource =
            resource_policy.map(|raw| self.one(raw, &|| "/resource_policy".to_owned())).transpose()?;
        let scps = self.levels("scps", scps)?;
        let rcps = self.levels("rcps", rcps)?;
        Ok((Read { identity, boundary, boundary_is_list, session, resource, scps, rcps }, request))
    }

    fn all(&mut self, list: &[&RawValue], at: &dyn Fn(usize) -> String) -> Result<Vec<Rc<Given>>, String> {
        list.iter().enumerate().map(|(number, raw)| self.one(raw, &|| at(number))).collect()
    }

    fn levels(
        &mut self,
        what: &str,
        levels: Option<Vec<Vec<&RawValue>>>,
    ) -> Result<Option<Vec<Vec<Rc<Given>>>>, String> {
        let Some(levels) = levels else { return Ok(None) };
        let mut all = vec![];
        for (level, list) in levels.iter().enumerate() {
            all.push(self.all(list, &|number| format!("/{what}/{level}/{number}"))?);
        }
        Ok(Some(all))
    }

    /// The policy of this text, which stands at a place.
    fn one(&mut self, raw: &RawValue, at: &dyn Fn() -> String) -> Result<Rc<Given>, String> {
        if let Some(known) = self.policies.get(raw.get()) {
            return Ok(Rc::clone(known));
        }
        let given = Rc::new(Given::read(raw.get(), at)?);
        if self.kept_bytes + raw.get().len() > KEPT_BYTES_MAX {
            self.policies.clear();
            self.kept_bytes = 0;
        }
        if raw.get().len() <= KEPT_BYTES_MAX {
            self.kept_bytes += raw.get().len();
            self.policies.insert(raw.get().into(), Rc::clone(&given));
        }
        Ok(given)
    }
}

impl Given {
    fn read(text: &str, at: &dyn Fn() -> String) -> Result<Self, String> {
        let json = unambiguous_json(text).map_err(|wrong| format!("`{}`: {wrong}", at()))?;
        let partition = partition_of([&json]).unwrap_or_else(|| "aws".to_owned());
        // Some write a policy with its name around it.
        let document = json.get("policy").filter(|_| json.get("Statement").is_none()).unwrap_or(&json);
        let written = Written::found(document, Usage::Identity, &partition).map_err(|problems| {
            let at = at();
            let first = problems.first().map(|p| format!("{} (at `{at}{}`)", p.message, p.pointer));
            first.unwrap_or_else(|| format!("`{at}` is no policy document"))
        })?;
        let rules = Rules::of_written(&written);
        let pointers = written.statements.into_iter().map(|statement| statement.pointer).collect();
        Ok(Self { rules, pointers })
    }
}

impl Read {
    fn policies(&self) -> Policies<'_> {
        let Self { identity, boundary, boundary_is_list: _, session, resource, scps, rcps } = self;
        Policies {
            identity: of(identity),
            boundary: boundary.as_ref().map(|all| of(all)),
            session: session.as_ref().map(|given| &given.rules),
            resource: resource.as_ref().map(|given| &given.rules),
            scps: scps.as_ref().map(|levels| levels.iter().map(|all| of(all)).collect()),
            rcps: rcps.as_ref().map(|levels| levels.iter().map(|all| of(all)).collect()),
            ..Policies::default()
        }
    }

    /// The policy of a statement; its place is written behind `out`.
    fn find(&self, source: Source, out: &mut String) -> Option<&Given> {
        let Self { identity, boundary, boundary_is_list, session, resource, scps, rcps } = self;
        // A `String` takes whatever is written to it.
        let (given, _written) = match source {
            Source::Identity(number) => (identity.get(number), write!(out, "/identity_policies/{number}")),
            Source::Boundary(number) if *boundary_is_list => {
                (boundary.as_ref()?.get(number), write!(out, "/permissions_boundary/{number}"))
            }
            Source::Boundary(number) => {
                (boundary.as_ref()?.get(number), out.write_str("/permissions_boundary"))
            }
            Source::Session => (session.as_ref(), out.write_str("/session_policy")),
            Source::Resource => (resource.as_ref(), out.write_str("/resource_policy")),
            Source::Scp(level, number) => {
                (scps.as_ref()?.get(level)?.get(number), write!(out, "/scps/{level}/{number}"))
            }
            Source::Rcp(level, number) => {
                (rcps.as_ref()?.get(level)?.get(number), write!(out, "/rcps/{level}/{number}"))
            }
        };
        given.map(|given| &**given)
    }
}

fn of(all: &[Rc<Given>]) -> Vec<&Rules> {
    all.iter().map(|given| &given.rules).collect()
}

fn request(asked: Asked<'_>) -> Result<Request, String> {
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

fn begin(id: Option<&RawValue>, out: &mut String) {
    out.push_str("{\"id\":");
    out.push_str(id.map_or("null", RawValue::get));
}

fn error(id: Option<&RawValue>, wrong: &str, out: &mut String) {
    begin(id, out);
    out.push_str(",\"error\":");
    quoted(wrong, out);
    out.push('}');
}

/// A text as JSON.
fn quoted(text: &str, out: &mut String) {
    if text.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&Value::from(text).to_string());
    }
}

/// What decided, one reason after the other, the deciding ones first.
fn reasons(decision: &Decision, read: &Read, out: &mut String) {
    let Decision { outcome: _, depends: _, statements, missing, unknown_keys: _, unseen } = decision;
    let start = out.len();
    let separate = |out: &mut String| {
        if out.len() > start {
            out.push(',');
        }
    };
    for rank in [Truth::Yes, Truth::Unknown, Truth::No] {
        if rank == Truth::No {
            for leg in missing {
                separate(out);
                one("missing", leg.word(), out);
            }
        }
        for mattered in statements.iter().filter(|mattered| mattered.applies == rank) {
            separate(out);
            statement(mattered, read, out);
        }
    }
    for unseen in unseen {
        separate(out);
        one("not_evaluated", unseen.word(), out);
    }
}

fn one(key: &str, word: &str, out: &mut String) {
    for part in ["{\"", key, "\":\"", word, "\"}"] {
        out.push_str(part);
    }
}

fn statement(mattered: &Mattered, read: &Read, out: &mut String) {
    let Mattered { source, number, effect, cover: _, applies, unmet } = mattered;
    out.push_str("{\"statement\":\"");
    let given = read.find(*source, out);
    out.push_str(given.and_then(|given| given.pointers.get(*number)).map_or("", String::as_str));
    for part in ["\",\"effect\":\"", effect.word(), "\",\"applies\":\"", applies.word(), "\""] {
        out.push_str(part);
    }
    if let Some(rule) = given.and_then(|given| given.rules.rules.get(*number)) {
        if let Some(sid) = &rule.sid {
            out.push_str(",\"sid\":");
            quoted(sid, out);
        }
        for (order, test) in unmet.iter().filter_map(|number| rule.comparisons.get(*number)).enumerate() {
            out.push_str(if order == 0 { ",\"unmet\":[" } else { "," });
            quoted(&format!("{} {}", test.word, test.key_written), out);
        }
        if !unmet.is_empty() {
            out.push(']');
        }
    }
    out.push('}');
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
            Self::Block => "public_access_block",
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
