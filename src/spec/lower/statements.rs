//! Policy documents as authored: a list of statements, one statement, or a whole document. Their grammar is
//! the policy room's business; here its problems get their places.

use std::collections::BTreeMap;

use serde_json::Value;

use super::holder::Holder;
use super::{Lowering, under};
use crate::policy::{Document, Policy, Usage, Version};
use crate::spec::tree::Node;
use crate::state::Setting;

impl Lowering<'_> {
    /// The inline policies of a holder.
    pub(super) fn inline(&mut self, holder: &mut Holder, inline: &BTreeMap<String, Value>) {
        for name in inline.keys() {
            let pointer = under(&holder.key("inline"), name);
            let document = self.document(&pointer, Usage::Identity);
            self.set(holder, &pointer, Setting::Inline { name: name.clone(), document });
        }
    }

    /// The document that stands at a pointer; an empty one if it cannot be read, which was said then.
    pub(super) fn document(&mut self, pointer: &str, usage: Usage) -> Policy {
        let authored = self.home.node(pointer).map(Node::to_json).unwrap_or_default();
        self.read_document(&authored, usage, &|at| format!("{pointer}{at}"))
    }

    /// Reads a document whose problems stand where `place` says.
    pub(super) fn read_document(
        &mut self,
        document: &Value,
        usage: Usage,
        place: &dyn Fn(&str) -> String,
    ) -> Policy {
        match Document::read(document, usage, self.home.info.partition.as_str()) {
            Ok(document) => Policy::Normal(document),
            Err(problems) => {
                for problem in problems {
                    let pointer = place(&problem.pointer);
                    let mut said = if problem.at_key {
                        self.at_key(&pointer, problem.message)
                    } else {
                        self.at(&pointer, problem.message)
                    };
                    said.help.extend(problem.help);
                    self.say(said);
                }
                nothing()
            }
        }
    }
}

/// A document that says nothing, so that reading can go on after a mistake.
pub(super) fn nothing() -> Policy {
    Policy::Normal(Document { version: Version::V2012, id: None, statements: vec![] })
}
