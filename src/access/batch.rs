//! Cases in lines of JSON: a request and its policies in, the answer out.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fmt::{self, Write as _};
use std::rc::Rc;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::decide::{Decision, Leg, Mattered, Policies, Source, Unseen, decide};
use super::principal::Caller;
use super::request::{Context, Others, Request};
use super::rule::Rules;
use super::truth::Truth;
use crate::policy::{Usage, Version, Written, arn, bare_default, partition_of, unambiguous_json};

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
    #[serde(borrow, deserialize_with = "by_name")]
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
    #[serde(default, deserialize_with = "entries")]
    context: Option<Vec<(String, Value)>>,
}

/// An object, and no list of its values, which serde would take as well.
fn by_name<'de, D: Deserializer<'de>>(from: D) -> Result<Asked<'de>, D::Error> {
    struct ByName;
    impl<'de> Visitor<'de> for ByName {
        type Value = Asked<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a request as an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Asked::deserialize(MapAccessDeserializer::new(map))
        }
    }
    from.deserialize_map(ByName)
}

/// Every entry of an object, those of one name as well.
fn entries<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<(String, Value)>>, D::Error> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Option<Vec<(String, Value)>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("condition keys as an object")
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut all = vec![];
            while let Some(entry) = map.next_entry()? {
                all.push(entry);
            }
            Ok(Some(all))
        }
    }
    from.deserialize_any(Entries)
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
        let session = match session_policy {
            Some(list) if list.get().starts_with('[') => {
                let list: Vec<&RawValue> =
                    serde_json::from_str(list.get()).map_err(|wrong| format!("this is no case: {wrong}"))?;
                let all = self.all(&list, &|number| format!("/session_policy/{number}"))?;
                Some(Rc::new(Given::together(&all)))
            }
            Some(one) => Some(self.one(one, &|| "/session_policy".to_owned())?),
            None => None,
        };
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
    /// Several session policies are one: what any of them allows, if none denies it.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session>
    fn together(all: &[Rc<Self>]) -> Self {
        let mut rules = Rules::default();
        let mut pointers = vec![];
        for (number, given) in all.iter().enumerate() {
            rules.rules.extend(given.rules.rules.iter().cloned());
            pointers.extend(given.pointers.iter().map(|pointer| format!("/{number}{pointer}")));
        }
        Self { rules, pointers }
    }

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
        if let Some((wrong, pointer)) = refused(&written) {
            return Err(format!("{wrong} (at `{}{pointer}`)", at()));
        }
        let rules = Rules::of_written(&written);
        let pointers = written.statements.into_iter().map(|statement| statement.pointer).collect();
        Ok(Self { rules, pointers })
    }
}

/// What of a policy AWS refuses, so that nobody knows what it would decide; at its place.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html>
fn refused(written: &Written) -> Option<(String, &str)> {
    let tests = || written.statements.iter().flat_map(|statement| &statement.tests);
    if let Some(test) = tests().find(|test| test.operator.is_none()) {
        return Some((format!("`{}` is no operator of conditions", test.word.text), &test.word.pointer));
    }
    if written.document.version != Version::V2012 {
        return None;
    }
    let resources = written.statements.iter().flat_map(|statement| &statement.resources);
    let mut texts = resources.chain(tests().flat_map(|test| &test.values));
    texts.find_map(|spot| {
        let bare = bare_default(&spot.text)?;
        let text =
            format!("the default in `${{{bare}}}` stands in no quotes, as in `${{aws:username, 'nobody'}}`");
        Some((text, spot.pointer.as_str()))
    })
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
    if resource.trim().is_empty() {
        return Err(
            "`resource` is empty: it is an ARN, or `*` for what is on nothing in particular".to_owned()
        );
    }
    if let Some(account) = resource_account.as_deref().filter(|account| !arn::is_account(account)) {
        return Err(format!("`{account}` is no `resource_account`: an account has twelve digits"));
    }
    let mut known = Context::new(Others::Absent);
    let mut given = BTreeSet::new();
    for (key, value) in context.unwrap_or_default() {
        let values = match value {
            Value::Array(list) => Some(list.into_iter().map(plain).collect::<Result<_, _>>()?),
            Value::Null => None,
            value => Some(vec![plain(value)?]),
        };
        let lower = key.to_ascii_lowercase();
        if !given.insert(lower.clone()) {
            return Err(format!("`context` has `{key}` twice; the case of condition keys does not matter"));
        }
        known.values.extend(values.map(|values| (lower, values)));
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
