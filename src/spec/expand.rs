//! Stand-in for the front end's placeholders.

use std::collections::BTreeMap;

use super::tree::Node;
use crate::diagnostic::Diagnostic;

/// Names and what they stand for.
pub type Variables = BTreeMap<String, serde_json::Value>;

/// Replaces placeholders.
pub fn expand(node: &Node, _variables: &Variables) -> (Node, Vec<Diagnostic>) {
    (node.clone(), vec![])
}
