//! Stand-in for the front end's reader.

use std::sync::Arc;

use super::tree::{Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Source, Span};

/// Reads one file.
pub fn parse(source: &Arc<Source>) -> (Option<Node>, Vec<Diagnostic>) {
    match serde_yaml::from_str::<serde_json::Value>(&source.text) {
        Ok(json) => (Some(node(source, &json)), vec![]),
        Err(error) => (None, vec![Diagnostic::error(None, error.to_string())]),
    }
}

fn node(source: &Arc<Source>, json: &serde_json::Value) -> Node {
    let span = Span::new(source, 0, 0);
    let value = match json {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(b) => Value::Bool(*b),
        serde_json::Value::Number(n) => {
            n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or_default()), Value::Integer)
        }
        serde_json::Value::String(s) => Value::Text(s.clone()),
        serde_json::Value::Array(a) => Value::List(a.iter().map(|j| node(source, j)).collect()),
        serde_json::Value::Object(o) => Value::Map(
            o.iter()
                .map(|(k, j)| Entry { key: k.clone(), key_span: span.clone(), value: node(source, j) })
                .collect(),
        ),
    };
    Node { span, value }
}
