//! Holds a tree to the JSON Schema of its type and says everything that does not fit, where it stands.
//!
//! Reads the part of JSON Schema that schemars writes. Where several shapes are allowed it first decides which one
//! the author meant, by the value's type, its words and its keys, so that one clear sentence comes out. `null` is
//! accepted only where a schema knows nothing else: an `Option` says that a key may be left out, not left empty.

use serde_json::{Map, Value as Json};

use super::shape_schema::{
    FALSE, Shape, closed, first_sentence, listed, or, place_of, required, same, with_article,
};
use super::tree::{Entry, Node, Value};
use crate::diagnostic::{Diagnostic, did_you_mean};

/// All that is wrong with `node` under `schema`, in the author's order.
pub fn check(node: &Node, schema: &Json) -> Vec<Diagnostic> {
    let mut walker = Walker { found: vec![] };
    walker.check(node, &[Shape::root(schema)]);
    walker.found
}

struct Walker {
    found: Vec<Diagnostic>,
}

impl Walker {
    /// Checks `node` against any of `schemas`.
    fn check(&mut self, node: &Node, schemas: &[Shape<'_>]) {
        let mut shapes = vec![];
        for shape in schemas {
            shape.clone().flatten(&mut shapes);
        }
        let meant: Vec<_> = shapes.iter().filter(|s| s.admits(&node.value)).cloned().collect();
        match (meant.as_slice(), &node.value) {
            ([], _) => self.wrong_type(node, &shapes),
            (many, Value::Text(text)) => self.word(node, text, many),
            ([one], _) => self.one(node, one),
            (many, Value::Map(_)) => self.best_of(node, many),
            (many, _) => {
                let tried: Vec<_> = many.iter().map(|s| self.trial(node, s)).collect();
                self.found.extend(tried.into_iter().min_by_key(Vec::len).unwrap_or_default());
            }
        }
    }

    fn trial(&self, node: &Node, shape: &Shape<'_>) -> Vec<Diagnostic> {
        let mut walker = Walker { found: vec![] };
        walker.one(node, shape);
        walker.found
    }

    fn one(&mut self, node: &Node, shape: &Shape<'_>) {
        if let Some(words) = shape.words()
            && !words.iter().any(|w| same(&node.value, w))
        {
            return self.wrong_type(node, std::slice::from_ref(shape));
        }
        match &node.value {
            Value::Map(_) => self.map(node, std::slice::from_ref(shape)),
            Value::List(items) => self.list(node, items, shape),
            Value::Integer(number) => self.bounds(node, *number as f64, shape),
            Value::Float(number) => self.bounds(node, *number, shape),
            Value::Null | Value::Bool(_) | Value::Text(_) => {}
        }
        for schema in shape.field("allOf").and_then(Json::as_array).into_iter().flatten() {
            self.check(node, &[shape.more(schema)]);
        }
        if shape.properties().is_some() {
            let shapes: Vec<_> = shape.alternatives().into_iter().flatten().map(|s| shape.more(s)).collect();
            if !shapes.is_empty() {
                self.check(node, &shapes);
            }
        }
    }

    /// The map among several that the author meant: first by the words that tell them apart (`kind: x`), then the
    /// one that knows the most of the keys and misses the fewest.
    fn best_of(&mut self, node: &Node, shapes: &[Shape<'_>]) {
        let known = |shape: &Shape<'_>, key: &str| {
            shape.properties().is_some_and(|p| p.contains_key(key))
                || shape.field("additionalProperties") != FALSE
        };
        let rank = |shape: &&Shape<'_>| {
            let tags = shape.properties().into_iter().flatten().filter(|(key, schema)| {
                schema.get("const").zip(node.get(key)).is_some_and(|(w, v)| same(&v.value, w))
            });
            let keys = node.entries().iter().filter(|e| known(shape, &e.key)).count();
            let missing = required(shape).filter(|key| node.get(key).is_none()).count();
            (tags.count(), keys, usize::MAX - missing)
        };
        let Some(top) = shapes.iter().map(|s| rank(&s)).max() else { return };
        let best: Vec<_> = shapes.iter().filter(|s| rank(s) == top).cloned().collect();
        if top.1 == 0 && best.len() > 1 && !node.entries().is_empty() {
            // No shape knows any of the keys: say what any of them would have known.
            return self.map(node, shapes);
        }
        let tried: Vec<_> = best.iter().map(|s| self.trial(node, s)).collect();
        self.found.extend(tried.into_iter().min_by_key(Vec::len).unwrap_or_default());
    }

    /// Checks the keys of a map; with several shapes only whether any of them knows the keys.
    fn map(&mut self, node: &Node, shapes: &[Shape<'_>]) {
        for entry in node.entries() {
            let properties: Vec<_> =
                shapes.iter().filter_map(|s| Some(s.of(s.properties()?.get(&entry.key)?))).collect();
            if !properties.is_empty() {
                self.check(&entry.value, &properties);
                continue;
            }
            let rest: Vec<_> = shapes
                .iter()
                .filter_map(|s| Some(s.of(s.field("additionalProperties").filter(|a| !a.is_boolean())?)))
                .collect();
            if !rest.is_empty() {
                self.check(&entry.value, &rest);
            } else if shapes.iter().all(closed) {
                self.unknown_key(node, entry, shapes);
            }
        }
        if let [shape] = shapes {
            for key in required(shape).filter(|key| node.get(key).is_none()) {
                let place = place_of(shape);
                let mut diagnostic =
                    Diagnostic::error(Some(node.span.clone()), format!("the key `{key}` is missing{place}"));
                let property = shape.properties().and_then(|p| p.get(key));
                if let Some(about) = property.and_then(|p| p.get("description")).and_then(Json::as_str) {
                    diagnostic = diagnostic.help(format!("`{key}`: {}", first_sentence(about)));
                }
                self.found.push(diagnostic);
            }
        }
    }

    fn unknown_key(&mut self, node: &Node, entry: &Entry, shapes: &[Shape<'_>]) {
        let mut known: Vec<&str> =
            shapes.iter().filter_map(Shape::properties).flat_map(Map::keys).map(String::as_str).collect();
        known.dedup();
        let place = shapes.first().map(place_of).unwrap_or_default();
        let message = format!("unknown key `{}`{place}", entry.key);
        let free = known.iter().copied().filter(|k| node.get(k).is_none());
        let near = did_you_mean(&entry.key, free).or_else(|| did_you_mean(&entry.key, known.iter().copied()));
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "no keys are known here".into(),
            None => format!("known keys are {}", listed(&known)),
        };
        self.found.push(Diagnostic::error(Some(entry.key_span.clone()), message).help(help));
    }

    fn list(&mut self, node: &Node, items: &[Node], shape: &Shape<'_>) {
        let first: &[Json] = shape.field("prefixItems").and_then(Json::as_array).map_or(&[], Vec::as_slice);
        for (i, item) in items.iter().enumerate() {
            let schema = first.get(i).or_else(|| shape.field("items"));
            if let Some(schema) = schema {
                self.check(item, &[shape.of(schema)]);
            }
        }
        let count = items.len() as u64;
        let limit = |key: &str| shape.field(key).and_then(Json::as_u64);
        let message = match (limit("minItems"), limit("maxItems")) {
            (Some(least), _) if count < least => format!("expected at least {least} items, found {count}"),
            (_, Some(most)) if count > most => format!("expected at most {most} items, found {count}"),
            _ => String::new(),
        };
        if !message.is_empty() {
            self.found.push(Diagnostic::error(Some(node.span.clone()), message));
        }
        if shape.field("uniqueItems") == Some(&Json::Bool(true)) {
            for (i, item) in items.iter().enumerate() {
                if let Some(first) = items.iter().take(i).find(|f| f.value == item.value) {
                    let message = format!("{} stands twice in one list", written(item));
                    let diagnostic = Diagnostic::error(Some(item.span.clone()), message);
                    self.found.push(diagnostic.related(first.span.clone(), "first here"));
                }
            }
        }
    }

    fn bounds(&mut self, node: &Node, number: f64, shape: &Shape<'_>) {
        let limit = |key: &str| shape.field(key).and_then(Json::as_f64);
        let message = match (limit("minimum"), limit("maximum")) {
            (Some(least), _) if number < least => format!("expected at least {least}, found {number}"),
            (_, Some(most)) if number > most => format!("expected at most {most}, found {number}"),
            _ => return,
        };
        self.found.push(Diagnostic::error(Some(node.span.clone()), message));
    }

    /// Text where text may stand: any, or one of certain words.
    fn word(&mut self, node: &Node, text: &str, shapes: &[Shape<'_>]) {
        let mut words = vec![];
        for shape in shapes {
            match shape.words() {
                None => return,
                Some(more) => words.extend(more.into_iter().filter_map(Json::as_str)),
            }
        }
        if words.contains(&text) {
            return;
        }
        words.sort_unstable();
        let name = shapes.first().and_then(|s| s.name.as_deref()).map(|n| format!(" {}", with_article(n)));
        let message = match name {
            Some(name) if shapes.len() == 1 || words.len() > 1 => format!("`{text}` is not{name}"),
            _ => format!("`{text}` is not known here"),
        };
        let help = match did_you_mean(text, words.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known are {}", listed(&words)),
        };
        self.found.push(Diagnostic::error(Some(node.span.clone()), message).help(help));
    }

    fn wrong_type(&mut self, node: &Node, shapes: &[Shape<'_>]) {
        let mut expected: Vec<String> = vec![];
        for words in shapes.iter().flat_map(|s| s.expectation()) {
            if !expected.contains(&words) {
                expected.push(words);
            }
        }
        let wants_text = shapes.iter().any(|s| s.types().contains(&"string"));
        let message = format!("expected {}, found {}", or(&expected), node.value.words());
        let mut diagnostic = Diagnostic::error(Some(node.span.clone()), message);
        match &node.value {
            Value::Integer(_) | Value::Float(_) | Value::Bool(_) if wants_text => {
                diagnostic = diagnostic.help(format!("quote it: \"{}\"", bare(node)));
            }
            Value::Null if expected == ["a map"] => {
                diagnostic = diagnostic.help("leave the key out, or write `{}` for a map with nothing in it");
            }
            Value::Null if !expected.is_empty() => {
                diagnostic = diagnostic.help("give it a value or leave the key out");
            }
            Value::Text(_) | Value::Integer(_) if expected.len() == 1 && Self::list_of_such(node, shapes) => {
                diagnostic = diagnostic.help(format!("write a list: [{}]", node.written()));
            }
            Value::Text(text) => {
                let unquoted = !node.written().is_empty() && node.written() != text;
                if unquoted && shapes.iter().any(|s| s.admits(&retyped(text))) {
                    diagnostic = diagnostic.help(format!("write it without quotes: {text}"));
                } else if ["yes", "no", "on", "off"].contains(&text.to_lowercase().as_str())
                    && shapes.iter().any(|s| s.types().contains(&"boolean"))
                {
                    diagnostic = diagnostic.help("write `true` or `false`");
                }
            }
            _ => {}
        }
        self.found.push(diagnostic);
    }

    fn list_of_such(node: &Node, shapes: &[Shape<'_>]) -> bool {
        let items = shapes
            .iter()
            .filter(|s| s.types().contains(&"array"))
            .filter_map(|s| Some(s.of(s.field("items")?)));
        let mut open = vec![];
        items.for_each(|items| items.flatten(&mut open));
        !node.written().contains('\n') && open.iter().any(|s| s.admits(&node.value))
    }
}

/// What a quoted text would be without its quotes.
fn retyped(text: &str) -> Value {
    match super::event::resolve(text) {
        serde_yaml::Value::Bool(b) => Value::Bool(b),
        serde_yaml::Value::Number(n) => n.as_i64().map_or(Value::Null, Value::Integer),
        _ => Value::Null,
    }
}

/// A scalar as the author wrote it, or as it is when an expansion made it.
fn bare(node: &Node) -> String {
    let written = node.written();
    if written.is_empty() || written.contains("${{") || !written.starts_with(|c: char| c.is_ascii_graphic()) {
        return node.to_json().to_string();
    }
    written.to_owned()
}

fn written(node: &Node) -> String {
    node.text().map_or_else(|| "the same item".to_owned(), |text| format!("`{text}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use schemars::{JsonSchema, schema_for};
    use serde::Deserialize;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Estate {
        /// The twelve digits. Never a number.
        account: String,
        roles: Option<BTreeMap<String, Role>>,
        limit: Option<u8>,
        open: Option<bool>,
        kind: Option<Access>,
        raw: Option<serde_json::Value>,
        step: Option<Step>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Role {
        trust: Trust,
        #[serde(default)]
        policies: Vec<String>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only its schema is read")]
    enum Trust {
        Service(String),
        List(Vec<Party>),
        Document(Document),
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Party {
        account: Option<String>,
        service: Option<String>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields, rename_all = "PascalCase")]
    #[expect(dead_code, reason = "only its schema is read")]
    struct Document {
        version: Option<String>,
        statement: Vec<serde_json::Value>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(title = "access word")]
    enum Access {
        /// One.
        ReadData,
        WriteData,
        List,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is read")]
    enum Step {
        Wait,
        Retry { times: u32 },
        Move { from: String, to: String },
    }

    /// Each error as `under|message|help`.
    fn checked(text: &str) -> Vec<String> {
        let source = Arc::new(Source { name: "t.yaml".into(), text: text.into() });
        let (node, found) = super::super::source::parse(&source);
        assert_eq!(found, []);
        let schema = serde_json::to_value(schema_for!(Estate)).unwrap();
        let say = |d: &Diagnostic| {
            let span = d.span.clone().unwrap();
            format!("{}|{}|{}", &source.text[span.start..span.end], d.message, d.help.join("; "))
        };
        check(&node.unwrap(), &schema).iter().map(say).collect()
    }

    #[test]
    fn what_fits() {
        for text in [
            "account: '1'",
            "account: '1'\nroles: {a: {trust: ec2, policies: [x]}, b: {trust: [{account: x}]}}\nlimit: 255\nopen: true",
            "account: '1'\nroles: {a: {trust: {Statement: [{Effect: Allow, n: ~}]}}}\nkind: read-data\nraw: ~",
            "account: '1'\nstep: wait\nraw: {a: [1, ~]}",
            "account: '1'\nstep: {retry: {times: 3}}",
        ] {
            assert_eq!(checked(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn what_does_not() {
        for (text, wanted) in [
            (
                "account: 111122223333",
                "111122223333|expected text, found a whole number|quote it: \"111122223333\"",
            ),
            ("account: true", "true|expected text, found `true`|quote it: \"true\""),
            ("account:", "account|expected text, found nothing|give it a value or leave the key out"),
            (
                "account: a\nlimit: ~",
                "~|expected a whole number, found nothing|give it a value or leave the key out",
            ),
            ("limit: 1", "limit: 1|the key `account` is missing in an estate|`account`: The twelve digits"),
            ("", "|expected a map, found nothing|"),
            ("[a]", "[a]|expected a map, found a list|"),
            ("account: a\nrole: {}", "role|unknown key `role` in an estate|did you mean `roles`?"),
            (
                "account: a\nzzzzzz: {}",
                "zzzzzz|unknown key `zzzzzz` in an estate|known keys are `account`, `roles`, `limit`, `open`, `kind`, \
                 `raw`, `step`",
            ),
            (
                "account: a\nroles: {x: {trust: ec2, polices: [a]}}",
                "polices|unknown key `polices` in a role|did you mean `policies`?",
            ),
            ("account: a\nroles: {x: {}}", "{}|the key `trust` is missing in a role|"),
            ("account: a\nroles: {x: }", "x|expected a map, found nothing|leave the key out, or write `{}`"),
            ("account: a\nroles: [x]", "[x]|expected a map, found a list|"),
            (
                "account: a\nroles: {x: {trust: 5}}",
                "5|expected text, a list of maps or a map, found a whole number|quote it: \"5\"",
            ),
            (
                "account: a\nroles: {x: {trust: a, policies: y}}",
                "y|expected a list of text, found text|write a list: [y]",
            ),
            (
                "account: a\nroles: {x: {trust: a, policies: {y: z}}}",
                "{y: z}|expected a list of text, found a map|",
            ),
            (
                "account: a\nroles: {x: {trust: a, policies: [7]}}",
                "7|expected text, found a whole number|quote it: \"7\"",
            ),
            (
                "account: a\nroles: {x: {trust: [{acount: y}]}}",
                "acount|unknown key `acount` in a party|did you mean `account`?",
            ),
            (
                "account: a\nroles: {x: {trust: {Statment: []}}}",
                "Statment|unknown key `Statment` in a document|did you mean `Statement`?",
            ),
            ("account: a\nlimit: 256", "256|expected at most 255, found 256|"),
            ("account: a\nlimit: -1", "-1|expected at least 0, found -1|"),
            ("account: a\nlimit: 1.5", "1.5|expected a whole number, found a number|"),
            ("account: a\nlimit: 3.0", "3.0|expected a whole number, found a number|"),
            ("account: a\nlimit: '5'", "'5'|expected a whole number, found text|write it without quotes: 5"),
            ("account: a\nopen: yes", "yes|expected true or false, found text|write `true` or `false`"),
            (
                "account: a\nkind: raed-data",
                "raed-data|`raed-data` is not an access word|did you mean `read-data`?",
            ),
            (
                "account: a\nkind: zzzzzz",
                "zzzzzz|`zzzzzz` is not an access word|known are `list`, `read-data`, `write-data`",
            ),
            (
                "account: a\nkind: [list]",
                "[list]|expected `write-data`, `list` or `read-data`, found a list|",
            ),
            ("account: a\nstep: wiat", "wiat|`wiat` is not a step|did you mean `wait`?"),
            ("account: a\nstep: {retri: {}}", "retri|unknown key `retri` in a step|did you mean `retry`?"),
            ("account: a\nstep: {retry: {time: 3}}", "{time: 3}|the key `times` is missing|"),
            ("account: a\nstep: {move: {from: x}}", "{from: x}|the key `to` is missing|"),
        ] {
            let found = checked(text);
            assert!(found.iter().any(|f| f.starts_with(wanted)), "{text:?}: {found:#?} wanted {wanted:?}");
            assert!(
                found.len() == 1 || text.contains("tatment") || text.contains("time:"),
                "{text}: {found:#?}"
            );
        }
    }

    #[test]
    fn the_map_that_knows_most_keys_is_meant() {
        let one = |keys: &[&str]| {
            let all: Map<String, Json> = keys.iter().map(|k| ((*k).to_owned(), Json::Bool(true))).collect();
            serde_json::json!({"type": "object", "properties": all, "additionalProperties": false})
        };
        let schema = serde_json::json!({"anyOf": [one(&["a"]), one(&["b", "c", "d"]), one(&["e"])]});
        let source = Arc::new(Source { name: "t.yaml".into(), text: "a: 1\nb: 1\nc: 1\n".into() });
        let (node, _) = super::super::source::parse(&source);
        let found = check(&node.unwrap(), &schema);
        assert_eq!(found.iter().map(|d| d.message.as_str()).collect::<Vec<_>>(), ["unknown key `a`"]);
    }

    #[test]
    fn all_errors_come_at_once() {
        let text = "acount: 1\nroles:\n  a: {trust: [5, {x: y}], policies: z}\n  b: 7\nopen: 3\n";
        assert_eq!(checked(text).len(), 7, "{:#?}", checked(text));
    }
}
