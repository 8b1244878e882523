//! Reading: from JSON to normal form.
//!
//! One reader serves both sides. What an author wrote is held to the whole grammar, every problem at once;
//! what an account returned only has to fit the types without loss.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::principal::Fault;
use super::{
    Document, Element, Problem, Spot, Statement, Usage, Version, Written, WrittenPrincipal, WrittenStatement,
    WrittenTest,
};
use crate::diagnostic::did_you_mean;

mod condition;
mod principals;
mod statement;

/// The rule that most of what is said here is about.
const GRAMMAR: &str = "policy-grammar";

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

impl Document {
    /// Reads an authored document strictly: every problem at once. It may be a whole document, one statement,
    /// or a list of statements; without a document around them, statements are in version 2012-10-17.
    pub fn read(json: &Value, usage: Usage, partition: &str) -> Result<Self, Vec<Problem>> {
        match written(json, usage, partition) {
            (Some(written), problems) if problems.is_empty() => Ok(written.document),
            (_, problems) => Err(problems),
        }
    }
}

/// What an author wrote, as far as it can be read, and every problem.
pub(super) fn written(json: &Value, usage: Usage, partition: &str) -> (Option<Written>, Vec<Problem>) {
    let mut reader = Reader::new(Some(usage), partition);
    reader.characters("", json);
    let document = match json {
        Value::Object(object) if !is_document(object) => {
            reader.statement("", json).map(|s| Document::new(Version::V2012, None, vec![s]))
        }
        Value::Object(_) => reader.document(json),
        Value::Array(list) => reader.statements("", list).map(|s| Document::new(Version::V2012, None, s)),
        _ => {
            reader.problem("", "a policy is a document, a statement, or a list of statements", None);
            None
        }
    };
    let Reader { problems, written: statements, version, versionless, .. } = reader;
    let readable = || {
        let each = statements.iter().map(|written| written.statement.clone()).collect();
        (!statements.is_empty()).then(|| Document::new(version, None, each))
    };
    let document = document.or_else(readable);
    (document.map(|document| Written { document, usage, statements, versionless }), problems)
}

/// A document that an account returned, with its places; else every reason why it is none.
pub(super) fn found_as_written(json: &Value, usage: Usage, partition: &str) -> Result<Written, Vec<Problem>> {
    let mut reader = Reader::new(None, partition);
    let document = reader.document(json);
    let (statements, versionless) = (std::mem::take(&mut reader.written), reader.versionless);
    Ok(Written { document: reader.end(document)?, usage, statements, versionless })
}

/// A document in normal form with the places that it has when it is printed.
pub(super) fn found_written(document: &Document, usage: Usage) -> Written {
    let mut reader = Reader::new(None, "aws");
    let json = document.to_json();
    let _same = reader.document(&json);
    Written { document: document.clone(), usage, statements: reader.written, versionless: false }
}

/// A document that an account returned, if it fits the types without loss; else every reason why not.
pub(super) fn found(json: &Value, partition: &str) -> Result<Document, Vec<Problem>> {
    let mut reader = Reader::new(None, partition);
    let document = reader.document(json);
    reader.end(document)
}

/// Every character that IAM does not take.
pub(super) fn foreign_characters(json: &Value) -> Vec<Problem> {
    let mut reader = Reader::new(None, "aws");
    reader.characters("", json);
    reader.problems
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
    /// The policy language version read so far.
    version: Version,
    /// Whether it is a whole document that names no version.
    versionless: bool,
    /// The statements that could be read, with their places.
    written: Vec<WrittenStatement>,
    /// The places within the statement at hand.
    places: Places,
}

/// The places of one statement's parts.
#[derive(Default)]
struct Places {
    principals: Vec<WrittenPrincipal>,
    actions: Vec<Spot>,
    resources: Vec<Spot>,
    tests: Vec<WrittenTest>,
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

impl<'a> Reader<'a> {
    fn new(usage: Option<Usage>, partition: &'a str) -> Self {
        let (problems, written, places) = (vec![], vec![], Places::default());
        Self { usage, partition, problems, version: Version::V2012, versionless: false, written, places }
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
        self.problem_of(GRAMMAR, at, message, help);
    }

    fn problem_of(&mut self, rule: &'static str, at: &str, message: impl Into<String>, help: Option<String>) {
        self.problems.push(Problem { help, ..Problem::at(rule, at, message) });
    }

    fn problem_at_key(&mut self, at: &str, message: impl Into<String>, help: Option<String>) {
        self.problem_at_key_of(GRAMMAR, at, message, help);
    }

    fn problem_at_key_of(
        &mut self,
        rule: &'static str,
        at: &str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        self.problems.push(Problem { help, ..Problem::at_key(rule, at, message) });
    }

    fn fault(&mut self, rule: &'static str, at: &str, (message, help): Fault) {
        self.problem_of(rule, at, message, help);
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
                self.versionless = true;
                Some(Version::V2008)
            }
        };
        let id = match elements.get("Id") {
            Some((at, value)) => self.text(&at, value).map(|text| Some(text.to_owned())),
            None => Some(None),
        };
        self.version = version.unwrap_or(Version::V2012);
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
                let help = "a Sid is unique in its document".to_owned();
                self.problem_of("duplicate-sid", &child(&at, "Sid"), message, Some(help));
            }
        }
        statements.into_iter().collect()
    }

    fn statement(&mut self, at: &str, json: &Value) -> Option<Statement> {
        self.places = Places::default();
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
        let statement = statement.normal();
        let Places { principals, actions, resources, tests } = std::mem::take(&mut self.places);
        self.written.push(WrittenStatement {
            pointer: at.to_owned(),
            statement: statement.clone(),
            principals,
            actions,
            resources,
            tests,
        });
        Some(statement)
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

    /// One text.
    fn text<'j>(&mut self, at: &str, value: &'j Value) -> Option<&'j str> {
        let text = value.as_str();
        if text.is_none() {
            self.problem(at, format!("text is wanted here, not {}", kind(value)), None);
        }
        text
    }

    /// Texts with their places, kept for whoever speaks to the author about them.
    fn spots(texts: &[(String, &str)]) -> Vec<Spot> {
        texts.iter().map(|(at, text)| Spot { text: (*text).to_owned(), pointer: at.clone() }).collect()
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
