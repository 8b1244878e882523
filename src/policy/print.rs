//! Documents as JSON, in the smallest usual spelling: what is sent to AWS, and what counts against its
//! quotas.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::normal::is_everyone;
use super::{Document, Element, Folded, Principals, Statement};

impl Document {
    /// As JSON, in the smallest usual spelling: a single value is not put in a list, `{"AWS": "*"}` is `"*"`.
    pub fn to_json(&self) -> Value {
        let Self { version, id, statements } = self;
        let mut json = Map::new();
        json.insert("Version".to_owned(), version.word().into());
        if let Some(id) = id {
            json.insert("Id".to_owned(), id.as_str().into());
        }
        json.insert("Statement".to_owned(), statements.iter().map(Statement::to_json).collect());
        Value::Object(json)
    }

    /// As compact JSON text: what is sent to AWS.
    pub fn to_text(&self) -> String {
        self.to_json().to_string()
    }

    /// Characters that count against IAM's quotas: all but white space. AWS does not say whether blanks
    /// within strings count; here they do not.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    pub fn size(&self) -> usize {
        self.to_text().chars().filter(|c| !c.is_ascii_whitespace()).count()
    }
}

impl Statement {
    /// As JSON, in the smallest usual spelling.
    pub fn to_json(&self) -> Value {
        let Self { sid, effect, principal, action, resource, conditions } = self;
        let mut json = Map::new();
        if let Some(sid) = sid {
            json.insert("Sid".to_owned(), sid.as_str().into());
        }
        json.insert("Effect".to_owned(), effect.word().into());
        if let Some(principal) = principal {
            json.insert(key("Principal", principal), principals(principal.value()));
        }
        json.insert(key("Action", action), one_or_list(action.value().iter().map(Folded::as_str)));
        if let Some(resource) = resource {
            json.insert(key("Resource", resource), one_or_list(resource.value().iter().map(String::as_str)));
        }
        if !conditions.is_empty() {
            let tests = |keys: &BTreeMap<Folded, _>| -> Value {
                let each = |(key, values): (&Folded, &BTreeSet<String>)| {
                    (key.0.clone(), one_or_list(values.iter().map(String::as_str)))
                };
                Value::Object(keys.iter().map(each).collect())
            };
            let all = conditions.iter().map(|(operator, keys)| (operator.clone(), tests(keys))).collect();
            json.insert("Condition".to_owned(), Value::Object(all));
        }
        Value::Object(json)
    }
}

fn key<T>(word: &str, element: &Element<T>) -> String {
    format!("{}{word}", if element.is_not() { "Not" } else { "" })
}

fn principals(principals: &Principals) -> Value {
    if is_everyone(principals) {
        return "*".into();
    }
    let each = |(kind, values): (&String, &BTreeSet<String>)| {
        (kind.clone(), one_or_list(values.iter().map(String::as_str)))
    };
    Value::Object(principals.iter().map(each).collect())
}

fn one_or_list<'a>(mut values: impl ExactSizeIterator<Item = &'a str>) -> Value {
    let single = values.len() == 1;
    if single && let Some(value) = values.next() { value.into() } else { values.collect() }
}
