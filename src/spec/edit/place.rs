//! Where a holder stands in its file, as it was written: before templates and placeholders.

use crate::diagnostic::Span;
use crate::spec::engine::OPEN;
use crate::spec::lower::Lowered;
use crate::spec::read::keys_to;
use crate::spec::tree::{Entry, Node};
use crate::state::{Kind, ResourceId};

use super::text::Text;

/// A holder as it was written.
#[derive(Clone, Copy)]
pub(super) struct Holder<'a> {
    /// The file.
    pub file: &'a Node,
    /// The key around the section; none of a section of the file.
    pub outer: Option<&'a Entry>,
    /// The section it stands in; none of the account's settings, which are one.
    pub section: Option<&'a Entry>,
    /// Its name and body.
    pub entry: &'a Entry,
}

impl<'a> Holder<'a> {
    /// The holder of a declared resource; of an instance profile its role.
    pub fn find(lowered: &'a Lowered, id: &ResourceId) -> Option<Self> {
        let kind = if id.kind == Kind::InstanceProfile { Kind::Role } else { id.kind };
        let id = &ResourceId { kind, ..id.clone() };
        let origin = lowered.origins.of(id, None)?;
        let file = lowered.files.iter().find(|file| file.span.source.name == origin.source.name)?;
        let keys = keys_to(id);
        let (_, around) = keys.split_last()?;
        let (mut map, mut outer, mut section): (&Node, Option<&Entry>, Option<&Entry>) = (file, None, None);
        for key in around {
            outer = section;
            let entry = map.entry(key)?;
            (section, map) = (Some(entry), &entry.value);
        }
        // Its own name may be written with a placeholder.
        let entry = map.entries().iter().find(|entry| entry.key_span == *origin)?;
        Some(Self { file, outer, section, entry })
    }

    /// The text of the file.
    pub fn text(&self) -> Text<'a> {
        Text(&self.file.span.source.text)
    }

    /// A key of the body, if it is written there.
    pub fn key(&self, key: &str) -> Option<&'a Entry> {
        self.entry.value.entry(key)
    }

    /// Whether keys that are not written may come from a template.
    pub fn is_templated(&self) -> bool {
        self.key("template").is_some()
    }

    /// The place of a placeholder within a value, if there is one.
    pub fn placeholder(&self, node: &Node) -> Option<Span> {
        let end = self.text().end(node);
        let text = self.text().0.get(node.span.start..end)?;
        let at = node.span.start + text.find(OPEN)?;
        Some(Span::new(&self.file.span.source, at, at + OPEN.len()))
    }
}
