//! Reading: from JSON to normal form.
//!
//! One reader serves both sides. What an author wrote is held to the whole grammar, every problem at once; what an
//! account returned only has to fit the types without loss.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::condition::Operator;
use super::principal::{self, Fault};
use super::{Document, Effect, Element, Folded, Principals, Problem, Statement, Usage, Version, arn, normal};
use crate::diagnostic::did_you_mean;

const DOCUMENT_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];
/// What a trust policy can allow.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html>
const TRUST_ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];

impl Document {
    /// Reads an authored document strictly: every problem at once. It may be a whole document, one statement, or a list
    /// of statements; without a document around them, statements are in version 2012-10-17.
    pub fn read(json: &Value, usage: Usage, partition: &str) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader { usage: Some(usage), partition, problems: vec![] };
        reader.characters("", json);
        let document = match json {
            Value::Object(object) if !is_document(object) => {
                reader.statement("", json).map(|s| Self::new(Version::V2012, None, vec![s]))
            }
            Value::Object(_) => reader.document(json),
            Value::Array(list) => reader.statements("", list).map(|s| Self::new(Version::V2012, None, s)),
            _ => {
                reader.problem("", "a policy is a document, a statement, or a list of statements", None);
                None
            }
        };
        reader.end(document)
    }
}

/// A document that an account returned, if it fits the types without loss.
pub(super) fn found(json: &Value, partition: &str) -> Option<Document> {
    let mut reader = Reader { usage: None, partition, problems: vec![] };
    let document = reader.document(json);
    reader.end(document).ok()
}

/// The same, with the first reason why not.
pub(super) fn found_or_why(json: &Value, partition: &str) -> Result<Document, String> {
    let mut reader = Reader { usage: None, partition, problems: vec![] };
    let document = reader.document(json);
    reader.end(document).map_err(|problems| match problems.first() {
        Some(Problem { pointer, message, .. }) => {
            format!("not a policy document: {message} (at `{pointer}`)")
        }
        None => "not a policy document".to_owned(),
    })
}

/// Whether an object is meant as a whole document rather than as one statement, misspelt or not.
fn is_document(object: &Map<String, Value>) -> bool {
    let known = || STATEMENT_ELEMENTS.into_iter().chain(DOCUMENT_ELEMENTS);
    let meant: Vec<_> = object.keys().filter_map(|key| did_you_mean(key, known())).collect();
    meant.is_empty() || meant.iter().any(|word| DOCUMENT_ELEMENTS.contains(word))
}

struct Reader<'a> {
    /// What the author writes the document for; none for what an account returned.
    usage: Option<Usage>,
    partition: &'a str,
    problems: Vec<Problem>,
}

/// The elements of a document or statement: name → key as written, and value.
struct Elements<'j> {
    at: String,
    values: BTreeMap<&'static str, (&'j str, &'j Value)>,
}

impl<'j> Elements<'j> {
    fn get(&self, name: &str) -> Option<(String, &'j Value)> {
        self.values.get(name).map(|(key, value)| (child(&self.at, key), *value))
    }
}

impl Reader<'_> {
    fn end(self, document: Option<Document>) -> Result<Document, Vec<Problem>> {
        match document {
            Some(document) if self.problems.is_empty() => Ok(document),
            _ => Err(self.problems),
        }
    }

    fn authored(&self) -> bool {
        self.usage.is_some()
    }

    fn problem(&mut self, at: &str, message: impl Into<String>, help: Option<String>) {
        self.problems.push(Problem { pointer: at.to_owned(), at_key: false, message: message.into(), help });
    }

    fn problem_at_key(&mut self, at: &str, message: impl Into<String>, help: Option<String>) {
        self.problems.push(Problem { pointer: at.to_owned(), at_key: true, message: message.into(), help });
    }

    fn fault(&mut self, at: &str, (message, help): Fault) {
        self.problem(at, message, help);
    }

    /// IAM takes Latin-1 only, here and in condition values.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
    fn characters(&mut self, at: &str, json: &Value) {
        let foreign = |text: &str| {
            text.chars().find(|c| !matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FF}')).map(|c| {
                format!(
                    "`{}` (U+{:04X}) is a character that AWS does not take in a policy",
                    c.escape_debug(),
                    c as u32
                )
            })
        };
        let help = Some("policies are limited to Latin-1: U+0020 to U+00FF, tab and line ends".to_owned());
        match json {
            Value::String(text) => {
                if let Some(message) = foreign(text) {
                    self.problem(at, message, help);
                }
            }
            Value::Array(list) => {
                for (index, item) in list.iter().enumerate() {
                    self.characters(&format!("{at}/{index}"), item);
                }
            }
            Value::Object(object) => {
                for (key, value) in object {
                    let at = child(at, key);
                    if let Some(message) = foreign(key) {
                        self.problem_at_key(&at, message, help.clone());
                    }
                    self.characters(&at, value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn document(&mut self, json: &Value) -> Option<Document> {
        let elements = self.elements("", json, "a policy document", &DOCUMENT_ELEMENTS)?;
        let version = match elements.get("Version") {
            Some((at, value)) => self.version(&at, value),
            None => {
                if self.authored() {
                    self.problem(
                        "",
                        "a document without `Version` is in the language of 2008-10-17, which has no variables",
                        Some("add `Version: \"2012-10-17\"`".to_owned()),
                    );
                }
                Some(Version::V2008)
            }
        };
        let id = match elements.get("Id") {
            Some((at, value)) => self.text(&at, value).map(|text| Some(text.to_owned())),
            None => Some(None),
        };
        let statements = match elements.get("Statement") {
            Some((at, Value::Array(list))) => self.statements(&at, list),
            Some((at, statement)) => self.statement(&at, statement).map(|s| vec![s]),
            None => {
                self.problem("", "the document has no `Statement`", None);
                None
            }
        };
        Some(Document::new(version?, id?, statements?))
    }

    fn version(&mut self, at: &str, value: &Value) -> Option<Version> {
        let version = [Version::V2012, Version::V2008].into_iter().find(|v| value.as_str() == Some(v.word()));
        if version.is_none() {
            let help = "the versions are `2012-10-17` and, long superseded, `2008-10-17`, in quotes";
            self.problem(
                at,
                format!("`{}` is no policy language version", plain(value)),
                Some(help.to_owned()),
            );
        }
        version
    }

    fn statements(&mut self, at: &str, list: &[Value]) -> Option<Vec<Statement>> {
        if list.is_empty() && self.authored() {
            self.problem(at, "a policy has at least one statement", None);
        }
        let mut sids: BTreeMap<&str, usize> = BTreeMap::new();
        let mut statements = vec![];
        for (index, json) in list.iter().enumerate() {
            let at = format!("{at}/{index}");
            statements.push(self.statement(&at, json));
            let sid =
                json.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty() && self.authored());
            if let Some(sid) = sid
                && let Some(first) = sids.insert(sid, index)
            {
                let message = format!("`{sid}` is the Sid of statement {} already", first + 1);
                self.problem(&child(&at, "Sid"), message, Some("a Sid is unique in its document".to_owned()));
            }
        }
        statements.into_iter().collect()
    }

    fn statement(&mut self, at: &str, json: &Value) -> Option<Statement> {
        let elements = self.elements(at, json, "a statement", &STATEMENT_ELEMENTS)?;
        let sid = match elements.get("Sid") {
            Some((at, value)) => self.sid(&at, value).map(Some),
            None => Some(None),
        };
        let effect = self.effect(&elements);
        let principal = self.principal_of(&elements);
        let action = self.action_of(&elements);
        let resource = self.resource_of(&elements);
        let conditions = match elements.get("Condition") {
            Some((at, value)) => self.conditions(&at, value),
            None => Some(BTreeMap::new()),
        };
        let (sid, effect, principal, action) = (sid?, effect?, principal?, action?);
        let statement =
            Statement { sid, effect, principal, action, resource: resource?, conditions: conditions? };
        Some(statement.normal())
    }

    /// The elements of an object. A misspelt one is a problem, and still read as what it was meant to be.
    fn elements<'j>(
        &mut self,
        at: &str,
        json: &'j Value,
        what: &str,
        known: &[&'static str],
    ) -> Option<Elements<'j>> {
        let Value::Object(object) = json else {
            self.problem(at, format!("{what} is an object, not {}", kind(json)), None);
            return None;
        };
        let mut values = BTreeMap::new();
        let mut misspelt = vec![];
        for (key, value) in object {
            if let Some(name) = known.iter().find(|name| *name == key) {
                values.insert(*name, (key.as_str(), value));
                continue;
            }
            let meant = did_you_mean(key, known.iter().copied());
            let help = match meant {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("the elements are {}", quoted(known)),
            };
            self.problem_at_key(&child(at, key), format!("{what} has no element `{key}`"), Some(help));
            misspelt.extend(meant.map(|word| (word, (key.as_str(), value))));
        }
        for (name, entry) in misspelt {
            values.entry(name).or_insert(entry);
        }
        Some(Elements { at: at.to_owned(), values })
    }

    /// One of an element and its `Not…` twin, or none.
    fn either<'j>(
        &mut self,
        elements: &Elements<'j>,
        names: [&'static str; 2],
    ) -> Option<Option<Element<(String, &'j Value)>>> {
        let [name, not_name] = names;
        match (elements.get(name), elements.get(not_name)) {
            (Some(_), Some((at, _))) => {
                let message = format!("a statement has `{name}` or `{not_name}`, not both");
                self.problem_at_key(&at, message, None);
                None
            }
            (Some(value), None) => Some(Some(Element::Is(value))),
            (None, Some(value)) => Some(Some(Element::IsNot(value))),
            (None, None) => Some(None),
        }
    }

    fn sid(&mut self, at: &str, value: &Value) -> Option<String> {
        let sid = self.text(at, value)?;
        let narrow = matches!(self.usage, Some(Usage::Identity | Usage::Trust));
        if narrow && !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let right: String = sid.chars().filter(char::is_ascii_alphanumeric).collect();
            let help = if right.is_empty() { String::new() } else { format!(": `{right}`") };
            let help = format!("IAM takes letters and digits only{help}");
            self.problem(at, format!("`{sid}` is no Sid"), Some(help));
        }
        Some(sid.to_owned())
    }

    fn effect(&mut self, elements: &Elements<'_>) -> Option<Effect> {
        let Some((at, value)) = elements.get("Effect") else {
            self.problem(&elements.at, "the statement has no `Effect`", Some("`Allow` or `Deny`".to_owned()));
            return None;
        };
        let text = value.as_str().unwrap_or_default();
        let effect = [Effect::Allow, Effect::Deny].into_iter().find(|e| e.word() == text);
        if effect.is_none() {
            let help = match did_you_mean(text, ["Allow", "Deny"]) {
                Some(word) => format!("did you mean `{word}`?"),
                None => "an effect is `Allow` or `Deny`".to_owned(),
            };
            self.problem(&at, format!("`{}` is no effect", plain(value)), Some(help));
        }
        effect
    }

    fn action_of(&mut self, elements: &Elements<'_>) -> Option<Element<BTreeSet<Folded>>> {
        let Some(element) = self.either(elements, ["Action", "NotAction"])? else {
            let help = "add `Action`, or `NotAction` for all but some".to_owned();
            self.problem(&elements.at, "the statement has no `Action`", Some(help));
            return None;
        };
        let (at, value) = element.value();
        let texts = self.texts(at, value)?;
        for (at, action) in &texts {
            self.check_action(at, action);
        }
        let actions = texts.into_iter().fold(BTreeSet::new(), |mut set, (_, action)| {
            set.insert(Folded(action.to_owned()));
            set
        });
        Some(element.map(|_| actions))
    }

    fn check_action(&mut self, at: &str, action: &str) {
        let Some(usage) = self.usage else { return };
        let vendor =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let name = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-*?".contains(&b))
        };
        let fits = action == "*" || action.split_once(':').is_some_and(|(v, n)| vendor(v) && name(n));
        if !fits {
            let help = "an action is `*` or `service:Name`, in which `*` and `?` may stand in the name";
            self.problem(at, format!("`{action}` is no action"), Some(help.to_owned()));
        } else if usage == Usage::Trust {
            let known = TRUST_ACTIONS.iter().any(|known| known.eq_ignore_ascii_case(action));
            let sts = action.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("sts:"));
            if known || (sts && action.contains(['*', '?'])) {
                return;
            }
            let help = match did_you_mean(action, TRUST_ACTIONS) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("the actions are {}", quoted(&TRUST_ACTIONS)),
            };
            self.problem(at, format!("`{action}` is no action of a trust policy"), Some(help));
        }
    }

    fn resource_of(&mut self, elements: &Elements<'_>) -> Option<Option<Element<BTreeSet<String>>>> {
        let element = self.either(elements, ["Resource", "NotResource"])?;
        match (&element, self.usage) {
            (Some(element), Some(Usage::Trust)) => {
                let message = "a trust policy has no resource: it speaks of the role that it is on";
                self.problem_at_key(&element.value().0, message, Some("leave it out".to_owned()));
                return None;
            }
            (None, Some(Usage::Identity | Usage::Bucket)) => {
                let help = "add `Resource`, or `NotResource` for all but some".to_owned();
                self.problem(&elements.at, "the statement has no `Resource`", Some(help));
                return None;
            }
            _ => {}
        }
        let Some(element) = element else { return Some(None) };
        let (at, value) = element.value();
        let texts = self.texts(at, value)?;
        for (at, resource) in &texts {
            self.check_resource(at, resource);
        }
        let resources = texts.into_iter().map(|(_, text)| text.to_owned()).collect();
        Some(Some(element.map(|_| resources)))
    }

    fn check_resource(&mut self, at: &str, text: &str) {
        if !self.authored() || text == "*" {
            return;
        }
        let Some([_, _, service, _, _, resource]) = arn::split(text) else {
            let form = format!("arn:{}:service:region:account:resource", self.partition);
            let help = format!("a resource is `*` or an ARN of six parts: `{form}`");
            return self.problem(at, format!("`{text}` is no resource"), Some(help));
        };
        if service.is_empty() || service.contains(['*', '?', '$']) {
            let help = "IAM takes no wildcard and no variable in this part".to_owned();
            return self.problem(at, format!("the ARN `{text}` does not name its service"), Some(help));
        }
        if resource.is_empty() {
            let help = "name it after the fifth colon; `*` is any".to_owned();
            return self.problem(at, format!("the ARN `{text}` does not name its resource"), Some(help));
        }
        if let Err(fault) = principal::in_partition(text, self.partition) {
            self.fault(at, fault);
        }
    }

    fn principal_of(&mut self, elements: &Elements<'_>) -> Option<Option<Element<Principals>>> {
        let element = self.either(elements, ["Principal", "NotPrincipal"])?;
        match (&element, self.usage) {
            (Some(element), Some(Usage::Identity)) => {
                let message = "an identity policy has no principal: it speaks of whoever holds it";
                self.problem_at_key(&element.value().0, message, Some("leave it out".to_owned()));
                return None;
            }
            (Some(Element::IsNot((at, _))), Some(Usage::Trust)) => {
                let help = "name the principals, and add a statement that denies others".to_owned();
                self.problem_at_key(at, "a trust policy cannot have `NotPrincipal`", Some(help));
                return None;
            }
            (None, Some(Usage::Trust | Usage::Bucket)) => {
                self.problem(
                    &elements.at,
                    "the statement has no `Principal`",
                    Some("say who it is for".to_owned()),
                );
                return None;
            }
            _ => {}
        }
        let Some(element) = element else { return Some(None) };
        let (at, value) = element.value();
        let principals = self.principals(at, value)?;
        Some(Some(element.map(|_| principals)))
    }

    fn principals(&mut self, at: &str, value: &Value) -> Option<Principals> {
        let object = match value {
            Value::String(text) if text == "*" => return Some(normal::everyone()),
            Value::Object(object) => object,
            _ => {
                let help = "like `{ AWS: \"111122223333\" }` or `{ Service: ec2.amazonaws.com }`".to_owned();
                self.problem(at, "a principal is `*` or an object of types", Some(help));
                return None;
            }
        };
        if object.is_empty() && self.authored() {
            self.problem(at, "the principal names nobody", None);
        }
        let mut principals = Principals::new();
        for (kind, value) in object {
            let at = child(at, kind);
            if self.authored() && !principal::KINDS.contains(&kind.as_str()) {
                let help = match did_you_mean(kind, principal::KINDS) {
                    Some(word) => format!("did you mean `{word}`?"),
                    None => format!("the types are {}", quoted(&principal::KINDS)),
                };
                self.problem_at_key(&at, format!("`{kind}` is no type of principal"), Some(help));
                continue;
            }
            if let Value::Number(number) = value {
                // YAML reads an account number as a number, and one that begins with 0 as another number.
                let help = format!("put it in quotes: `\"{number}\"`");
                self.problem(&at, format!("`{number}` is a number, not text"), Some(help));
                continue;
            }
            let mut values = BTreeSet::new();
            for (at, value) in self.texts(&at, value).unwrap_or_default() {
                if self.authored()
                    && let Err(fault) = principal::check(kind, value, self.partition)
                {
                    self.fault(&at, fault);
                }
                values.insert(normal::principal(kind, value, self.partition));
            }
            principals.insert(kind.clone(), values);
        }
        Some(principals)
    }

    fn conditions(&mut self, at: &str, value: &Value) -> Option<Conditions> {
        let Value::Object(operators) = value else {
            let help = "like `{ StringEquals: { aws:PrincipalTag/Project: Alpha } }`".to_owned();
            self.problem(at, "a condition is an object of operators", Some(help));
            return None;
        };
        let mut conditions = Conditions::new();
        for (word, keys) in operators {
            let at = child(at, word);
            let operator = Operator::parse(word);
            if operator.is_none() && self.authored() {
                let all: Vec<_> = Operator::all().map(|o| o.to_string()).collect();
                let help = did_you_mean(word, all.iter().map(String::as_str))
                    .map(|o| format!("did you mean `{o}`?"));
                self.problem_at_key(&at, format!("`{word}` is no condition operator"), help);
            }
            let name = operator.map_or_else(|| word.clone(), |o| o.to_string());
            let Some(keys) = self.condition_keys(&at, operator, keys) else { continue };
            if conditions.insert(name.clone(), keys).is_some() {
                let help = "put the keys of both under one".to_owned();
                self.problem_at_key(&at, format!("`{name}` stands twice in one condition"), Some(help));
            }
        }
        Some(conditions)
    }

    fn condition_keys(
        &mut self,
        at: &str,
        operator: Option<Operator>,
        value: &Value,
    ) -> Option<BTreeMap<Folded, BTreeSet<String>>> {
        let Value::Object(object) = value else {
            let help = "like `{ aws:SourceAccount: \"111122223333\" }`".to_owned();
            self.problem(at, "an operator has an object of keys and values", Some(help));
            return None;
        };
        if object.is_empty() && self.authored() {
            self.problem(at, "the operator has no key to compare", None);
        }
        let mut keys = BTreeMap::new();
        for (key, value) in object {
            let at = child(at, key);
            if self.authored() && !key.split_once(':').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty()) {
                let help =
                    "a key has its service before a colon, like `aws:SourceIp` or `s3:prefix`".to_owned();
                self.problem_at_key(&at, format!("`{key}` is no condition key"), Some(help));
            }
            let Some(values) = self.condition_values(&at, operator, value) else { continue };
            if keys.insert(Folded(key.clone()), values).is_some() {
                let help = "case does not tell condition keys apart; put all values under one".to_owned();
                self.problem_at_key(&at, format!("`{key}` stands twice under one operator"), Some(help));
            }
        }
        Some(keys)
    }

    fn condition_values(
        &mut self,
        at: &str,
        operator: Option<Operator>,
        value: &Value,
    ) -> Option<BTreeSet<String>> {
        let list = match value {
            Value::Array(list) => list.iter().enumerate().map(|(i, v)| (format!("{at}/{i}"), v)).collect(),
            single => vec![(at.to_owned(), single)],
        };
        if list.is_empty() && self.authored() {
            self.problem(at, "the key is compared with no value", None);
        }
        let mut values = BTreeSet::new();
        for (at, value) in list {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(truth) => truth.to_string(),
                Value::Number(number)
                    if number.to_string().bytes().filter(u8::is_ascii_digit).count() <= 15 =>
                {
                    number.to_string()
                }
                Value::Number(number) => {
                    let message = format!("`{number}` has more digits than a number keeps");
                    self.problem(&at, message, Some("put it in quotes".to_owned()));
                    continue;
                }
                other => {
                    let message =
                        format!("a condition value is text, a number, true or false, not {}", kind(other));
                    self.problem(&at, message, None);
                    continue;
                }
            };
            let text = normal::condition_value(operator, text);
            self.check_condition_value(&at, operator, &text);
            values.insert(text);
        }
        Some(values)
    }

    /// Whether a number is the same as when it was written: JSON and YAML readers keep about 15 digits of a fraction,
    /// and an author's whole number of more digits is an id that lost its quotes.
    fn keeps(&self, number: &serde_json::Number) -> bool {
        let whole = number.is_i64() || number.is_u64();
        (whole && !self.authored()) || number.to_string().bytes().filter(u8::is_ascii_digit).count() <= 15
    }

    fn check_condition_value(&mut self, at: &str, operator: Option<Operator>, text: &str) {
        let Some(operator) = operator.filter(|_| self.authored() && !text.contains("${")) else { return };
        if operator.test.is_truth() && text != "true" && text != "false" {
            self.problem(at, format!("`{operator}` compares with true or false, not `{text}`"), None);
        }
        if operator.test.is_numeric() && text.parse::<f64>().is_err() {
            self.problem(at, format!("`{operator}` compares with a number, not `{text}`"), None);
        }
    }

    /// One text.
    fn text<'j>(&mut self, at: &str, value: &'j Value) -> Option<&'j str> {
        let text = value.as_str();
        if text.is_none() {
            self.problem(at, format!("text is wanted here, not {}", kind(value)), None);
        }
        text
    }

    /// One text or a list of texts, each with its place.
    fn texts<'j>(&mut self, at: &str, value: &'j Value) -> Option<Vec<(String, &'j str)>> {
        let Value::Array(list) = value else {
            if let Value::String(text) = value {
                return Some(vec![(at.to_owned(), text)]);
            }
            self.problem(at, format!("text or a list of texts is wanted here, not {}", kind(value)), None);
            return None;
        };
        if list.is_empty() && self.authored() {
            self.problem(at, "the list is empty", None);
        }
        let each = list.iter().enumerate().map(|(index, item)| {
            let at = format!("{at}/{index}");
            let text = self.text(&at, item);
            text.map(|text| (at, text))
        });
        // Collected first, so that each item that is not text is a problem.
        each.collect::<Vec<_>>().into_iter().collect()
    }
}

type Conditions = BTreeMap<String, BTreeMap<Folded, BTreeSet<String>>>;

/// One step further down, escaped as JSON pointers are (RFC 6901).
fn child(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
