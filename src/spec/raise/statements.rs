//! Policy documents as statements: the form in which files have them.

use serde_json::Value as Json;

use crate::policy::{Document, Policy, Statement, Version};

/// A list of statements; the whole document where it is of another version or has an id.
pub fn document(document: &Document) -> Json {
    let Document { version, id, statements } = document;
    if *version == Version::V2012 && id.is_none() {
        statements.iter().map(Statement::to_json).collect()
    } else {
        let mut json = document.to_json();
        // One statement stands in a list as well, so that a second can be added.
        if let Some(one) = json.get_mut("Statement").filter(|one| one.is_object()) {
            *one = Json::Array(vec![one.take()]);
        }
        json
    }
}

/// The statements of a policy; else why there are none.
pub(super) fn policy(policy: &Policy, what: &str) -> Result<Json, String> {
    match policy {
        Policy::Normal(normal) => Ok(document(normal)),
        Policy::Unreadable(_) => Err(format!("{what} is nothing that hatrack can read as a policy")),
    }
}
