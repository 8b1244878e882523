//! `Principal` and `NotPrincipal`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Elements, Reader, child, quoted};
use crate::diagnostic::did_you_mean;
use crate::policy::{Element, Principals, Usage, WrittenPrincipal, normal, principal};

const MALFORMED: &str = "malformed-principal";
const DANGLING: &str = "dangling-principal";
const NOT_ALLOWED: &str = "principal-not-allowed";

impl Reader<'_> {
    pub(super) fn principal_of(&mut self, elements: &Elements<'_>) -> Option<Option<Element<Principals>>> {
        let element = self.either(elements, ["Principal", "NotPrincipal"])?;
        match (&element, self.usage) {
            (Some(element), Some(Usage::Identity)) => {
                let message = "an identity policy has no principal: it speaks of whoever holds it";
                self.problem_at_key_of(
                    NOT_ALLOWED,
                    &element.value().0,
                    message,
                    Some("leave it out".to_owned()),
                );
                return None;
            }
            (Some(Element::IsNot((at, _))), Some(Usage::Trust)) => {
                let help = "name the principals, and add a statement that denies others".to_owned();
                self.problem_at_key_of(
                    NOT_ALLOWED,
                    at,
                    "a trust policy cannot have `NotPrincipal`",
                    Some(help),
                );
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
            Value::String(text) if text == "*" => {
                self.place_principal("AWS", text, at);
                return Some(normal::everyone());
            }
            Value::Object(object) => object,
            _ => {
                let help = "like `{ AWS: \"111122223333\" }` or `{ Service: ec2.amazonaws.com }`".to_owned();
                self.problem_of(MALFORMED, at, "a principal is `*` or an object of types", Some(help));
                return None;
            }
        };
        if object.is_empty() && self.authored() {
            self.problem_of(MALFORMED, at, "the principal names nobody", None);
        }
        let mut principals = Principals::new();
        for (kind, value) in object {
            let at = child(at, kind);
            if self.authored() && !principal::KINDS.contains(&kind.as_str()) {
                let help = match did_you_mean(kind, principal::KINDS) {
                    Some(word) => format!("did you mean `{word}`?"),
                    None => format!("the types are {}", quoted(&principal::KINDS)),
                };
                let message = format!("`{kind}` is no type of principal");
                self.problem_at_key_of(MALFORMED, &at, message, Some(help));
                continue;
            }
            if let Value::Number(number) = value {
                // YAML reads an account number as a number, and one that begins with 0 as another number.
                let help = format!("put it in quotes: `\"{number}\"`");
                self.problem_of(MALFORMED, &at, format!("`{number}` is a number, not text"), Some(help));
                continue;
            }
            let mut values = BTreeSet::new();
            for (at, value) in self.texts(&at, value).unwrap_or_default() {
                if self.authored()
                    && let Err(fault) = principal::check(kind, value, self.partition)
                {
                    let gone = kind == "AWS" && principal::is_gone(value);
                    self.fault(if gone { DANGLING } else { MALFORMED }, &at, fault);
                }
                let value = normal::principal(kind, value, self.partition);
                self.place_principal(kind, &value, &at);
                values.insert(value);
            }
            principals.insert(kind.clone(), values);
        }
        Some(principals)
    }

    fn place_principal(&mut self, kind: &str, value: &str, at: &str) {
        let (kind, value, pointer) = (kind.to_owned(), value.to_owned(), at.to_owned());
        self.places.principals.push(WrittenPrincipal { kind, value, pointer });
    }
}
