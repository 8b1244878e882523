//! Stand-in for the front end's shape check.

use super::tree::Node;
use crate::diagnostic::Diagnostic;

/// Compares a tree with a JSON Schema.
pub fn check(_node: &Node, _schema: &serde_json::Value) -> Vec<Diagnostic> {
    vec![]
}
