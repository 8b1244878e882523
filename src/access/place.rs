//! Where the statements that decide were written.

use super::landscape::{DocumentId, document_in};
use crate::diagnostic::Span;
use crate::spec::Lowered;
use crate::spec::authored::Authored;
use crate::state::{ResourceId, SettingKey, State};

/// Where a statement of a state was written, if it is one of the files'.
pub fn of_statement(lowered: &Lowered, state: &State, id: &DocumentId, number: usize) -> Option<Span> {
    let statement = document_in(state, id)?.statements.get(number)?;
    let (holder, setting) = match id {
        DocumentId::Inline(id, name) => (id, Some(SettingKey::Inline(name.clone()))),
        DocumentId::Customer(id) | DocumentId::Trust(id) => (id, None),
        DocumentId::Bucket(id) => (id, Some(SettingKey::BucketPolicy)),
        DocumentId::Aws(..) => return None,
    };
    let of_holder = |document: &&Authored| is_of(document, holder, setting.as_ref());
    let written = lowered.documents.iter().filter(of_holder).find_map(|document| {
        let written = document.written.statements.iter().find(|one| one.statement == *statement)?;
        let place = document.place(&written.pointer)?;
        Some(if place.value.source.is_file() { &place.value } else { &place.edited }.clone())
    });
    written.or_else(|| {
        // A short form, such as `trust: glue`, is no document.
        let declared = document_in(&lowered.wanted, id)?;
        let span = lowered.origins.of(holder, setting.as_ref())?;
        declared.statements.contains(statement).then(|| span.clone())
    })
}

fn is_of(document: &Authored, holder: &ResourceId, setting: Option<&SettingKey>) -> bool {
    document.holder == *holder && document.setting.as_ref() == setting
}
