//! Policy documents as authored: a list of statements, one statement, or a whole document. Their grammar is
//! the policy room's business; here its problems get their places.

use std::collections::BTreeMap;

use serde_json::Value;

use super::holder::Holder;
use super::{Lowering, under};
use crate::policy::{Document, Policy, Usage, Version, Written};
use crate::spec::authored::{Authored, Place};
use crate::spec::tree::Node;
use crate::state::{ResourceId, Setting, SettingKey};

impl Lowering<'_> {
    /// The inline policies of a holder.
    pub(super) fn inline(&mut self, holder: &mut Holder, inline: &BTreeMap<String, Value>) {
        for name in inline.keys() {
            let pointer = under(&holder.key("inline"), name);
            let part = Some(SettingKey::Inline(name.clone()));
            let document = self.document(&holder.id, part, &pointer, Usage::Identity);
            self.set(holder, &pointer, Setting::Inline { name: name.clone(), document });
        }
    }

    /// The document that stands at a pointer; an empty one if it cannot be read, which was said then.
    pub(super) fn document(
        &mut self,
        holder: &ResourceId,
        setting: Option<SettingKey>,
        pointer: &str,
        usage: Usage,
    ) -> Policy {
        let authored = self.home.node(pointer).map(Node::to_json).unwrap_or_default();
        self.read_document(holder, setting, &authored, usage, &|at| format!("{pointer}{at}"))
    }

    /// Reads a document whose parts stand where `place` says.
    pub(super) fn read_document(
        &mut self,
        holder: &ResourceId,
        setting: Option<SettingKey>,
        document: &Value,
        usage: Usage,
        place: &dyn Fn(&str) -> String,
    ) -> Policy {
        let partition = self.home.info.partition.as_str();
        // What the catalogue tells of it waits for the linter, where it can be allowed with a reason: AWS may know
        // more than the catalogue.
        let (written, problems) = Written::read(document, usage, partition);
        let sound = problems.is_empty();
        for problem in problems {
            let pointer = place(&problem.pointer);
            let mut said = if problem.at_key {
                self.at_key(&pointer, problem.message)
            } else {
                self.at(&pointer, problem.message)
            };
            said.rule = Some(problem.rule);
            said.help.extend(problem.help);
            self.say(said);
        }
        let Some(written) = written else { return nothing() };
        let policy = if sound { Policy::Normal(written.document.clone()) } else { nothing() };
        let places = |pointer: &str| {
            let pointer = place(pointer);
            Place {
                value: self.home.place(&pointer),
                key: self.home.key_place(&pointer),
                edited: self.home.origin(self.home.place(&pointer), &pointer),
            }
        };
        self.documents.push(Authored::new(self.home.info.clone(), holder.clone(), setting, written, &places));
        policy
    }
}

/// A document that says nothing, so that reading can go on after a mistake.
pub(super) fn nothing() -> Policy {
    Policy::Normal(Document { version: Version::V2012, id: None, statements: vec![] })
}
