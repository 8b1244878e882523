//! One template file: its declaration, read and checked before anything uses it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::expand;
use super::tree::{Node, Value};
use super::{shape, source};
use crate::diagnostic::{Diagnostic, Severity, Source, Span, did_you_mean};

/// What every template knows without declaring it.
pub const BUILTINS: [&str; 5] = ["account", "region", "partition", "environment", "name"];

/// What a template may make: the body of a holder, or a list of statements.
pub const KINDS: [&str; 6] = ["group", "user", "role", "policy", "bucket", "statements"];

/// A declared, parameterised piece of spec.
#[derive(Clone, Debug)]
pub struct Template {
    /// The name, which is the file's stem.
    pub name: String,
    /// One of [`KINDS`].
    pub kind: String,
    /// What it is for.
    pub description: String,
    /// What it may be told, in the author's order.
    pub parameters: Vec<Parameter>,
    /// What it stands for, placeholders unexpanded.
    pub body: Node,
    /// Where the name stands in the template's file.
    pub span: Span,
}

/// Something a template may be told.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The name in placeholders and under `with`.
    pub name: String,
    /// Its type.
    pub kind: ParameterKind,
    /// What it is for.
    pub description: String,
    /// The value when nothing is said; none for a parameter that must be given. May hold placeholders of builtins.
    pub default: Option<Node>,
    /// The only values allowed; empty when any goes.
    pub one_of: Vec<Node>,
    /// Where it is declared.
    pub span: Span,
}

/// The type of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the language, which say it all")]
pub enum ParameterKind {
    Text,
    Integer,
    Boolean,
    List,
    Map,
}

impl ParameterKind {
    fn new(word: &str) -> Option<Self> {
        Some(match word {
            "text" => Self::Text,
            "integer" => Self::Integer,
            "boolean" => Self::Boolean,
            "list" => Self::List,
            "map" => Self::Map,
            _ => return None,
        })
    }

    /// The schema of a value of this type.
    fn schema(self) -> Json {
        let word = match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::List => "array",
            Self::Map => "object",
        };
        json!({ "type": word })
    }
}

impl Parameter {
    /// Whether a value may be given for this parameter.
    pub fn check(&self, value: &Node) -> Vec<Diagnostic> {
        let mut found = shape::check(value, &self.kind.schema());
        for diagnostic in &mut found {
            diagnostic.message = format!("`{}`: {}", self.name, diagnostic.message);
            diagnostic.help.push(format!("`{}`: {}", self.name, self.description));
        }
        let json = value.to_json();
        if found.is_empty() && !self.one_of.is_empty() {
            let known = |j: &Json| self.one_of.iter().any(|o| o.to_json() == *j);
            // Of a list each item must be one of them.
            match &value.value {
                Value::List(items) if !known(&json) => {
                    found.extend(items.iter().filter(|i| !known(&i.to_json())).map(|i| self.not_one_of(i)));
                }
                _ if !known(&json) => found.push(self.not_one_of(value)),
                _ => {}
            }
        }
        found
    }

    fn not_one_of(&self, value: &Node) -> Diagnostic {
        let words: Vec<String> = self.one_of.iter().map(shown).collect();
        let help = match did_you_mean(&shown(value), words.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                format!("known are {}", words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", "))
            }
        };
        let message = format!("`{}` is not a value of `{}`", shown(value), self.name);
        Diagnostic::error(Some(value.span.clone()), message).help(help)
    }
}

fn shown(node: &Node) -> String {
    node.text().map_or_else(|| node.to_json().to_string(), str::to_owned)
}

/// Reads a template file. No template comes out when its declaration has errors.
pub fn read(name: &str, file: &Arc<Source>) -> (Option<Template>, Vec<Diagnostic>) {
    let (node, mut found) = source::parse(file);
    let Some(node) = node else { return (None, found) };
    found.extend(shape::check(&node, &declaration()));
    if found.iter().any(|d| d.severity == Severity::Error) {
        return (None, found);
    }
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default().to_owned();
    let template = Template {
        name: name.to_owned(),
        kind: text("kind"),
        description: text("description"),
        parameters: node.get("parameters").map(parameters).unwrap_or_default(),
        body: node.get("body").cloned().unwrap_or_else(|| node.clone()),
        span: node.span_at("/template"),
    };
    if text("template") != name {
        let message = format!("the file `{name}.yaml` declares the template `{}`", text("template"));
        let diagnostic = Diagnostic::error(Some(template.span.clone()), message);
        found.push(diagnostic.help(format!("write `template: {name}`, or rename the file")));
    }
    found.extend(check_parameters(&template));
    found.extend(check_body(&template));
    let whole = !found.iter().any(|d| d.severity == Severity::Error);
    (whole.then_some(template), found)
}

fn parameters(node: &Node) -> Vec<Parameter> {
    let parameter = |entry: &super::tree::Entry| {
        let text = |key: &str| entry.value.get(key).and_then(Node::text).unwrap_or_default();
        let one_of = match entry.value.get("one_of").map(|n| &n.value) {
            Some(Value::List(items)) => items.clone(),
            _ => vec![],
        };
        Some(Parameter {
            name: entry.key.clone(),
            kind: ParameterKind::new(text("type"))?,
            description: text("description").to_owned(),
            default: entry.value.get("default").cloned(),
            one_of,
            span: entry.key_span.clone(),
        })
    };
    node.entries().iter().filter_map(parameter).collect()
}

fn check_parameters(template: &Template) -> Vec<Diagnostic> {
    let mut found = vec![];
    for parameter in &template.parameters {
        let name = &parameter.name;
        let error = |message: String| Diagnostic::error(Some(parameter.span.clone()), message);
        let identifier = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !identifier {
            let help = "use letters, digits and `_`: a placeholder would read `-` as minus";
            found.push(error(format!("`{name}` cannot be the name of a parameter")).help(help));
        } else if BUILTINS.contains(&name.as_str()) {
            found.push(error(format!("`{name}` is known to every template and cannot be a parameter")));
        }
        if let Some(default) = &parameter.default {
            let asked = expand::names(default);
            if asked.is_empty() {
                found.extend(parameter.check(default));
            }
            for (other, span) in asked.into_iter().filter(|(other, _)| !BUILTINS.contains(&other.as_str())) {
                let message = format!("a default cannot use `{other}`");
                let help = format!("a default may use {}", list(BUILTINS));
                found.push(Diagnostic::error(Some(span), message).help(help));
            }
        }
    }
    found
}

/// Every name the body asks for must be known, and every parameter should be asked for.
fn check_body(template: &Template) -> Vec<Diagnostic> {
    let asked = expand::names(&template.body);
    let declared: BTreeSet<&str> = template.parameters.iter().map(|p| p.name.as_str()).collect();
    let known = || declared.iter().copied().chain(BUILTINS);
    let mut found = vec![];
    let fits = match &template.body.value {
        Value::List(_) => template.kind == "statements",
        Value::Map(_) => template.kind != "statements" || template.body.get("template").is_some(),
        _ => false,
    };
    if !fits {
        let wanted = if template.kind == "statements" { "a list of statements" } else { "a map" };
        let message = format!("expected {wanted} as the body, found {}", template.body.value.words());
        found.push(Diagnostic::error(Some(template.body.span.clone()), message));
    }
    for (name, span) in asked.iter().filter(|(name, _)| !known().any(|k| k == name.as_str())) {
        let message =
            format!("`{name}` is neither a parameter of `{}` nor known to every template", template.name);
        let help = match did_you_mean(name, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it under `parameters`; known are {}", list(known())),
        };
        found.push(Diagnostic::error(Some(span.clone()), message).help(help));
    }
    for parameter in template.parameters.iter().filter(|p| !asked.contains_key(&p.name)) {
        let message = format!("the parameter `{}` is never used", parameter.name);
        let help = format!("use it as `${{{{ {} }}}}` in the body, or remove it", parameter.name);
        found.push(Diagnostic::warning(Some(parameter.span.clone()), message).help(help));
    }
    found
}

/// Words for a help line.
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}

fn declaration() -> Json {
    json!({
        "title": "template", "type": "object", "additionalProperties": false,
        "required": ["template", "kind", "description", "body"],
        "properties": {
            "template": { "type": "string", "description": "the name, which is the file's name without `.yaml`" },
            "kind": { "title": "kind of template", "enum": KINDS, "description": "what the template makes" },
            "description": { "type": "string", "description": "one sentence: what it is for" },
            "parameters": { "type": "object", "additionalProperties": {
                "title": "parameter", "type": "object", "additionalProperties": false,
                "required": ["type", "description"],
                "properties": {
                    "type": { "title": "type of parameter", "enum": ["text", "integer", "boolean", "list", "map"] },
                    "description": { "type": "string", "description": "one sentence: what it decides" },
                    "default": true,
                    "one_of": { "type": "array" },
                },
            } },
            "body": { "anyOf": [{ "type": "object" }, { "type": "array" }], "description": "what it stands for" },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (Option<Template>, Vec<String>) {
        let file = Arc::new(Source { name: "templates/t.yaml".into(), text: text.into() });
        let (template, found) = read("t", &file);
        let say =
            |d: &Diagnostic| format!("{} {}; {}", d.span.clone().unwrap(), d.message, d.help.join("; "));
        (template, found.iter().map(say).collect())
    }

    #[test]
    fn a_whole_template() {
        let (template, found) = read_text(
            "template: t\nkind: role\ndescription: d\nparameters:\n  size: {type: integer, description: how large, \
             default: 3}\nbody:\n  max_session_duration: ${{ size }}\n",
        );
        assert_eq!(found, Vec::<String>::new());
        let template = template.unwrap();
        assert_eq!((template.kind.as_str(), template.parameters[0].kind), ("role", ParameterKind::Integer));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let (template, found) = read_text(
            "template: u\nkind: role\ndescription: d\nparameters:\n  name: {type: text, description: x}\n  \
             a-b: {type: text, description: x, default: 5}\n  c: {type: text, description: x, one_of: [k], \
             default: kk}\n  d: {type: text, description: x, default: '${{ q }}'}\nbody: [\"${{ nam }}\"]\n",
        );
        assert!(template.is_none());
        let text = found.join("\n");
        for wanted in [
            "templates/t.yaml:1:11 the file `t.yaml` declares the template `u`; write `template: t`",
            "5:3 `name` is known to every template",
            "6:3 `a-b` cannot be the name of a parameter",
            "`a-b`: expected text, found a whole number; quote it: \"5\"",
            "`kk` is not a value of `c`; did you mean `k`?",
            "a default cannot use `q`",
            "expected a map as the body, found a list",
            "`nam` is neither a parameter of `t` nor known to every template; did you mean `name`?",
            "the parameter `c` is never used",
        ] {
            assert!(text.contains(wanted), "{wanted}\n---\n{text}");
        }
    }

    #[test]
    fn the_declaration_has_a_shape() {
        let (_, found) = read_text("template: t\nkind: roll\nparamters: {}\nbody: {}\n");
        let text = found.join("\n");
        for wanted in [
            "2:7 `roll` is not a kind of template; did you mean `role`?",
            "3:1 unknown key `paramters` in a template; did you mean `parameters`?",
            "the key `description` is missing in a template; `description`: one sentence: what it is for",
        ] {
            assert!(text.contains(wanted), "{wanted}\n---\n{text}");
        }
    }
}
