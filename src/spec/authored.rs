//! Policy documents as they stand in files: what was written, who holds it, and where each part is.

use std::collections::BTreeMap;

use crate::diagnostic::Span;
use crate::policy::Written;
use crate::spec::lower::EnvironmentInfo;
use crate::state::{ResourceId, SettingKey};

/// A document of an environment.
#[derive(Clone, Debug)]
pub struct Authored {
    /// The environment it stands in.
    pub environment: EnvironmentInfo,
    /// Who holds it: a role, a bucket, a customer managed policy…
    pub holder: ResourceId,
    /// As what: an inline policy, a bucket policy; none for a role's trust policy and a managed policy's document.
    pub setting: Option<SettingKey>,
    /// What was written.
    pub written: Written,
    places: BTreeMap<String, Place>,
}

/// Where a part of a document stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The value.
    pub value: Span,
    /// Its key; of an item of a list the item.
    pub key: Span,
    /// What a person edits: the value, or the holder's key if a template made it.
    pub edited: Span,
}

impl Authored {
    /// Remembers the place of every part of a document.
    pub fn new(
        environment: EnvironmentInfo,
        holder: ResourceId,
        setting: Option<SettingKey>,
        written: Written,
        place: &dyn Fn(&str) -> Place,
    ) -> Self {
        let places = written.pointers().map(|pointer| (pointer.to_owned(), place(pointer))).collect();
        Self { environment, holder, setting, written, places }
    }

    /// Where a part stands, or the nearest part around it.
    pub fn place(&self, pointer: &str) -> Option<&Place> {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return Some(place);
            }
            pointer = pointer.rsplit_once('/')?.0;
        }
    }
}
