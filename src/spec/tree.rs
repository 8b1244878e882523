//! A tree of values in which every key and every value knows where it was written.
//!
//! What an expansion makes keeps the span of the text it was made from.

use serde_json::Value as Json;

use crate::diagnostic::Span;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where; for a collection in block style only its first line, which is what one wants underlined.
    pub span: Span,
    /// What.
    pub value: Value,
}

/// What YAML 1.2 can say, with text for keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number, always finite.
    Float(f64),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map, in the author's order, without duplicates.
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

impl Value {
    /// What this is, in the words of messages: "found a map".
    pub fn words(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(true) => "`true`",
            Value::Bool(false) => "`false`",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

impl Node {
    /// The value of a key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.value)
    }

    /// A key with its value, if this is a map that has it.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| e.key == key)
    }

    /// The keys and values of a map; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    /// The text, if this is text.
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The value at a JSON pointer (RFC 6901).
    pub fn at(&self, pointer: &str) -> Option<&Node> {
        let walk = self.walk(pointer);
        walk.whole.then_some(walk.node)
    }

    /// The span of the value at a JSON pointer, or of the nearest ancestor there is.
    pub fn span_at(&self, pointer: &str) -> Span {
        self.walk(pointer).node.span.clone()
    }

    /// The span of the key whose value a JSON pointer names; of the item itself for the item of a list, of the
    /// root for the root, of the nearest ancestor there is when something is missing.
    pub fn key_span_at(&self, pointer: &str) -> Span {
        let walk = self.walk(pointer);
        walk.key_span.unwrap_or(&walk.node.span).clone()
    }

    /// The same value without places, keys in the author's order.
    pub fn to_json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Integer(i) => Json::from(*i),
            Value::Float(f) => Json::from(*f),
            Value::Text(t) => Json::String(t.clone()),
            Value::List(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect())
            }
        }
    }

    /// A tree from a value without places: all of it stands at `span`.
    pub fn from_json(json: &Json, span: &Span) -> Node {
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n) => match n.as_i64() {
                Some(i) => Value::Integer(i),
                None => Value::Float(n.as_f64().unwrap_or_default()),
            },
            Json::String(t) => Value::Text(t.clone()),
            Json::Array(items) => Value::List(items.iter().map(|i| Node::from_json(i, span)).collect()),
            Json::Object(map) => Value::Map(
                map.iter()
                    .map(|(key, value)| Entry {
                        key: key.clone(),
                        key_span: span.clone(),
                        value: Node::from_json(value, span),
                    })
                    .collect(),
            ),
        };
        Node { span: span.clone(), value }
    }

    /// What the author wrote there, quotes included: tells `"1"` from `1`.
    pub fn written(&self) -> &str {
        self.span.source.text.get(self.span.start..self.span.end).unwrap_or_default()
    }

    fn walk(&self, pointer: &str) -> Walk<'_> {
        let mut walk =
            Walk { node: self, key_span: None, whole: pointer.is_empty() || pointer.starts_with('/') };
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            match &walk.node.value {
                Value::Map(entries) => match entries.iter().find(|e| e.key == token) {
                    Some(entry) => {
                        walk.node = &entry.value;
                        walk.key_span = Some(&entry.key_span);
                    }
                    None => return Walk { whole: false, ..walk },
                },
                Value::List(items) => match index(&token).and_then(|i| items.get(i)) {
                    Some(item) => {
                        walk.node = item;
                        walk.key_span = None;
                    }
                    None => return Walk { whole: false, ..walk },
                },
                _ => return Walk { whole: false, ..walk },
            }
        }
        walk
    }
}

/// How far a pointer led.
struct Walk<'a> {
    node: &'a Node,
    key_span: Option<&'a Span>,
    whole: bool,
}

/// RFC 6901 allows no sign and no leading zero.
fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || (!token.starts_with(['0', '+']));
    plain.then(|| token.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use std::sync::Arc;

    fn read(text: &str) -> Node {
        let source = Arc::new(Source { name: "t.yaml".into(), text: text.into() });
        let (node, found) = super::super::source::parse(&source);
        assert_eq!(found, []);
        node.unwrap()
    }

    fn slice(span: &Span) -> &str {
        &span.source.text[span.start..span.end]
    }

    #[test]
    fn pointers() {
        let node = read("a:\n  - x: 1\n  - y/z: [10, 20]\n    m~n: 3\n");
        assert_eq!(node.at("").unwrap(), &node);
        assert_eq!(node.at("/a/1/y~1z/1").unwrap().value, Value::Integer(20));
        assert_eq!(node.at("/a/1/m~0n").unwrap().value, Value::Integer(3));
        for missing in ["a", "/b", "/a/2", "/a/01", "/a/+1", "/a/-", "/a/0/x/q", "/a/"] {
            assert_eq!(node.at(missing), None, "{missing}");
        }
        assert_eq!(read("~1: 5\n").at("/~01").unwrap().value, Value::Integer(5));
        assert_eq!(slice(&node.span_at("/a/1/y~1z/1")), "20");
        assert_eq!(slice(&node.span_at("/a/0/x/nothing")), "1");
        assert_eq!(slice(&node.key_span_at("/a/0/x")), "x");
        assert_eq!(slice(&node.key_span_at("/a/0")), "x: 1");
        assert_eq!(slice(&node.key_span_at("/a/0/none")), "x: 1");
        assert_eq!(slice(&node.key_span_at("/a/nothing")), "a");
    }

    #[test]
    fn json_keeps_the_order() {
        let node = read("z: 1\na: {c: ~, b: [1.5, true, no]}\n");
        assert_eq!(node.to_json().to_string(), r#"{"z":1,"a":{"c":null,"b":[1.5,true,"no"]}}"#);
        assert_eq!(Node::from_json(&node.to_json(), &node.span).to_json(), node.to_json());
    }
}
