//! Stand-in for the front end's templates.

use std::sync::Arc;

use super::expand::Variables;
use super::tree::Node;
use crate::diagnostic::{Diagnostic, Source};

/// All templates.
pub struct Templates;

impl Templates {
    /// Reads them.
    pub fn new(_shipped: &[(&str, &str)], _project: Vec<Arc<Source>>) -> (Self, Vec<Diagnostic>) {
        (Self, vec![])
    }
    /// Replaces templates by their bodies.
    pub fn instantiate(&self, _kind: &str, node: &Node, _builtins: &Variables) -> (Node, Vec<Diagnostic>) {
        (node.clone(), vec![])
    }
}
