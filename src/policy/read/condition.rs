//! `Condition`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Reader, child, kind};
use crate::diagnostic::did_you_mean;
use crate::policy::condition::Operator;
use crate::policy::validate::closest_key;
use crate::policy::{Folded, Spot, WrittenTest, normal};

const MALFORMED_VALUE: &str = "malformed-value";

type Conditions = BTreeMap<String, BTreeMap<Folded, BTreeSet<String>>>;

impl Reader<'_> {
    pub(super) fn conditions(&mut self, at: &str, value: &Value) -> Option<Conditions> {
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
            let spot = Spot { text: word.clone(), pointer: at.clone() };
            let Some(keys) = self.condition_keys(&spot, operator, keys) else { continue };
            if conditions.insert(name.clone(), keys).is_some() {
                let help = "put the keys of both under one".to_owned();
                self.problem_at_key(&at, format!("`{name}` stands twice in one condition"), Some(help));
            }
        }
        Some(conditions)
    }

    fn condition_keys(
        &mut self,
        word: &Spot,
        operator: Option<Operator>,
        value: &Value,
    ) -> Option<BTreeMap<Folded, BTreeSet<String>>> {
        let at = word.pointer.as_str();
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
                let help = match closest_key(key) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => {
                        "a key has its service before a colon, like `aws:SourceIp` or `s3:prefix`".to_owned()
                    }
                };
                let message = format!("`{key}` is no condition key");
                self.problem_at_key_of("unknown-condition-key", &at, message, Some(help));
            }
            let spots = self.condition_values(&at, operator, value);
            let values = spots.iter().map(|spot| spot.text.clone()).collect();
            let key_spot = Spot { text: key.clone(), pointer: at.clone() };
            self.places.tests.push(WrittenTest {
                operator,
                word: word.clone(),
                key: key_spot,
                values: spots,
            });
            if keys.insert(Folded(key.clone()), values).is_some() {
                let help = "case does not tell condition keys apart; put all values under one".to_owned();
                self.problem_at_key(&at, format!("`{key}` stands twice under one operator"), Some(help));
            }
        }
        Some(keys)
    }

    fn condition_values(&mut self, at: &str, operator: Option<Operator>, value: &Value) -> Vec<Spot> {
        let list = match value {
            Value::Array(list) => list.iter().enumerate().map(|(i, v)| (format!("{at}/{i}"), v)).collect(),
            single => vec![(at.to_owned(), single)],
        };
        if list.is_empty() && self.authored() {
            self.problem(at, "the key is compared with no value", None);
        }
        let mut values = vec![];
        for (at, value) in list {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Bool(truth) => truth.to_string(),
                Value::Number(number) if self.keeps(number) => number.to_string(),
                Value::Number(number) => {
                    let message = format!("`{number}` has more digits than a number keeps");
                    self.problem_of(MALFORMED_VALUE, &at, message, Some("put it in quotes".to_owned()));
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
            values.push(Spot { text, pointer: at });
        }
        values
    }

    /// Whether a number is the same as when it was written: JSON and YAML readers keep about 15 digits of a
    /// fraction, and an author's whole number of more digits is an id that lost its quotes.
    fn keeps(&self, number: &serde_json::Number) -> bool {
        let whole = number.is_i64() || number.is_u64();
        (whole && !self.authored()) || number.to_string().bytes().filter(u8::is_ascii_digit).count() <= 15
    }

    fn check_condition_value(&mut self, at: &str, operator: Option<Operator>, text: &str) {
        let Some(operator) = operator.filter(|_| self.authored() && !text.contains("${")) else { return };
        if operator.test.is_truth() && text != "true" && text != "false" {
            let message = format!("`{operator}` compares with true or false, not `{text}`");
            self.problem_of(MALFORMED_VALUE, at, message, None);
        }
        if operator.test.is_numeric() && text.parse::<f64>().is_err() {
            let message = format!("`{operator}` compares with a number, not `{text}`");
            self.problem_of(MALFORMED_VALUE, at, message, None);
        }
    }
}
