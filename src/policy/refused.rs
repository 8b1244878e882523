//! What fits the types of a document, and AWS refuses all the same.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

use std::collections::BTreeSet;

use serde_json::Value;

use super::condition::Operator;
use super::kind::{one_or_more, statements};
use super::{DocumentKind, Problem, principal, read};
use crate::diagnostic::did_you_mean;

/// Why AWS refuses a document, whatever it is for; and if that is known, why it refuses it there.
pub(super) fn refused(json: &Value, kind: Option<DocumentKind>) -> Vec<Problem> {
    let mut said = Said(vec![]);
    if json.get("Statement").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        said.at("/Statement".to_owned(), "a policy has at least one statement", None);
    }
    let mut sids = BTreeSet::new();
    let of_iam = kind.unwrap_or_else(|| DocumentKind::of(json)) != DocumentKind::Resource;
    if of_iam {
        said.0.extend(read::foreign_characters(json));
    }
    for (at, statement) in statements(json).into_iter().filter(|(_, statement)| statement.is_object()) {
        if let Some(sid) =
            statement.get("Sid").and_then(Value::as_str).filter(|sid| of_iam && !sid.is_empty())
        {
            said.sid(format!("{at}/Sid"), sid, sids.insert(sid));
        }
        said.lists(&at, statement);
        said.principals(&at, statement);
        said.operators(&at, statement);
        said.parts(&at, statement, kind);
    }
    said.0
}

struct Said(Vec<Problem>);

impl Said {
    fn at(&mut self, pointer: String, message: impl Into<String>, help: Option<String>) {
        self.0.push(Problem { help, ..Problem::at("policy-grammar", &pointer, message) });
    }

    fn at_key(&mut self, pointer: String, message: impl Into<String>, help: Option<String>) {
        self.0.push(Problem { help, ..Problem::at_key("policy-grammar", &pointer, message) });
    }

    /// Only IAM is strict with Sids: those of a bucket policy may say anything.
    fn sid(&mut self, at: String, sid: &str, new: bool) {
        if !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let help = Some("IAM takes letters and digits only".to_owned());
            self.at(at, format!("`{sid}` is no Sid"), help);
        } else if !new {
            self.at(at, format!("`{sid}` is the Sid of another statement already"), None);
        }
    }

    fn lists(&mut self, at: &str, statement: &Value) {
        let identity = statement.get("Principal").or_else(|| statement.get("NotPrincipal")).is_none();
        for element in ["Action", "NotAction", "Resource", "NotResource"] {
            let at = format!("{at}/{element}");
            let Some(value) = statement.get(element) else { continue };
            if value.as_array().is_some_and(Vec::is_empty) {
                self.at(at.clone(), "the list is empty", None);
            }
            for (at, text) in texts(&at, value) {
                let wrong = if element.ends_with("Action") {
                    text != "*" && !text.split_once(':').is_some_and(|(s, n)| !s.is_empty() && !n.is_empty())
                } else {
                    // API Gateway takes `execute-api:/stage/…` in the policies of its own resources.
                    text.is_empty() || identity && text != "*" && !text.starts_with("arn:")
                };
                if wrong && element.ends_with("Action") {
                    let help = Some("an action is `*` or `service:Name`".to_owned());
                    self.at(at, format!("`{text}` is no action"), help);
                } else if wrong {
                    let help = Some("a resource is `*` or an ARN".to_owned());
                    self.at(at, format!("`{text}` is no resource"), help);
                }
            }
        }
    }

    fn principals(&mut self, at: &str, statement: &Value) {
        for element in ["Principal", "NotPrincipal"] {
            let named = statement.get(element).and_then(Value::as_object);
            for (kind, value) in named.into_iter().flatten() {
                let at = pointer(&format!("{at}/{element}"), kind);
                if !principal::KINDS.contains(&kind.as_str()) {
                    let near = did_you_mean(kind, principal::KINDS);
                    let help = near.map(|near| format!("did you mean `{near}`?"));
                    self.at_key(at, format!("`{kind}` is no type of principal"), help);
                    continue;
                }
                for (at, text) in texts(&at, value) {
                    if text.is_empty() {
                        self.at(at, "the principal is empty", None);
                    } else if kind == "AWS" && text != "*" && text.contains(['*', '?']) {
                        let message = format!("`{text}` has a wildcard, which AWS refuses in a principal");
                        self.at(at, message, None);
                    }
                }
            }
        }
    }

    fn operators(&mut self, at: &str, statement: &Value) {
        let operators = statement.get("Condition").and_then(Value::as_object);
        for word in operators.into_iter().flat_map(|operators| operators.keys()) {
            if Operator::parse(word).is_some() {
                continue;
            }
            let all: Vec<_> = Operator::all().map(|operator| operator.to_string()).collect();
            let near = did_you_mean(word, all.iter().map(String::as_str));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            let at = pointer(&format!("{at}/Condition"), word);
            self.at_key(at, format!("`{word}` is no condition operator"), help);
        }
    }

    /// Which elements a statement has: some kind of policy must take them, and the one that it is for.
    fn parts(&mut self, at: &str, statement: &Value, kind: Option<DocumentKind>) {
        let given = |names: [&'static str; 2]| names.into_iter().find(|name| statement.get(name).is_some());
        let (principal, resource) =
            (given(["Principal", "NotPrincipal"]), given(["Resource", "NotResource"]));
        let at = at.to_owned();
        let under = |element: &str| format!("{at}/{element}");
        match kind {
            None if principal.is_none() && resource.is_none() => {
                let help = "an identity policy has `Resource`, other policies have `Principal`";
                let message = "the statement has neither `Resource` nor `Principal`";
                self.at(at, message, Some(help.to_owned()));
            }
            None => {}
            Some(DocumentKind::Identity | DocumentKind::Boundary) => {
                if let Some(element) = principal {
                    self.at_key(under(element), "an identity policy has no principal", None);
                }
                if resource.is_none() {
                    self.at(at, "the statement has no `Resource`", None);
                }
            }
            Some(DocumentKind::Trust) => {
                if let Some(element) = resource {
                    self.at_key(under(element), "a trust policy has no resource", None);
                }
                for (at, action) in
                    statement.get("Action").map(|value| texts(&under("Action"), value)).unwrap_or_default()
                {
                    let sts = action.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("sts:"));
                    if !sts {
                        self.at(at, format!("`{action}` is no action of a trust policy"), None);
                    }
                }
                match principal {
                    Some("NotPrincipal") => {
                        let message = "a trust policy cannot have `NotPrincipal`";
                        self.at_key(under("NotPrincipal"), message, None);
                    }
                    Some(_) => {}
                    None => self.at(at, "the statement has no `Principal`", None),
                }
            }
            Some(DocumentKind::Resource) if principal.is_none() => {
                self.at(at, "the statement has no `Principal`", None);
            }
            Some(DocumentKind::Resource) => {}
        }
    }
}

/// The texts in a value or a list of them, each with its place.
fn texts<'j>(at: &str, value: &'j Value) -> Vec<(String, &'j str)> {
    let of_list = value.is_array();
    let each = one_or_more(value).iter().enumerate().filter_map(|(index, item)| {
        let at = if of_list { format!("{at}/{index}") } else { at.to_owned() };
        Some((at, item.as_str()?))
    });
    each.collect()
}

fn pointer(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}
