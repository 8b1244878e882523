//! Values as reports carry them: typed for the renderers, plain JSON for programs.

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::policy::Policy;
use crate::state::{Core, PolicyReference, ResourceId, Setting};

/// What a setting or a field is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A number.
    Number(u64),
    /// It is there; there is nothing to say of it but that.
    Present,
    /// A policy document.
    Document(Policy),
    /// Anything with parts.
    Structure(Json),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(number) => serializer.serialize_u64(*number),
            Self::Present => serializer.serialize_bool(true),
            Self::Document(policy) => policy.serialize(serializer),
            Self::Structure(json) => json.serialize(serializer),
        }
    }
}

fn structure(value: &impl Serialize) -> Value {
    Value::Structure(serde_json::to_value(value).unwrap_or(Json::Null))
}

/// How a report names another resource: an address, with the account if it is another one.
pub(super) fn named_from(from: &ResourceId, id: &ResourceId) -> String {
    if from.account == id.account { id.address() } else { id.to_string() }
}

/// How a report names a managed policy: AWS's by its name, others by their address.
fn policy_named(from: &ResourceId, policy: &PolicyReference) -> String {
    match policy {
        PolicyReference::Aws(name) => name.clone(),
        PolicyReference::Customer(id) => named_from(from, id),
    }
}

/// The value of a setting of a resource.
pub(super) fn of_setting(holder: &ResourceId, setting: &Setting) -> Value {
    match setting {
        Setting::Tag { key: _, value } => Value::Text(value.clone()),
        Setting::Boundary(policy) | Setting::Attached(policy) => Value::Text(policy_named(holder, policy)),
        Setting::Inline { name: _, document } | Setting::BucketPolicy(document) => {
            Value::Document(document.clone())
        }
        Setting::Membership(id) | Setting::HeldRole(id) => Value::Text(named_from(holder, id)),
        Setting::SignIn | Setting::Objects => Value::Present,
        Setting::Credential { kind: _, id } => Value::Text(id.clone()),
        Setting::PublicAccessBlock(block) => structure(block),
        Setting::Encryption(encryption) => structure(encryption),
        Setting::Versioning(versioning) => structure(versioning),
        Setting::Ownership(ownership) => structure(ownership),
        Setting::Lifecycle(rules) => structure(rules),
    }
}

/// The fields of a core, in the order a reader expects them. Every field is here: a new one does not compile until it
/// is named.
pub(super) fn of_core(core: &Core) -> Vec<(&'static str, Value)> {
    let text = |text: &String| Value::Text(text.clone());
    match core {
        Core::User { path } | Core::Group { path } | Core::InstanceProfile { path } => {
            vec![("path", text(path))]
        }
        Core::Policy { path, description, document } => vec![
            ("path", text(path)),
            ("description", text(description)),
            ("document", Value::Document(document.clone())),
        ],
        Core::Role { path, description, max_session_seconds, trust } => vec![
            ("path", text(path)),
            ("description", text(description)),
            ("max_session_duration", Value::Number(u64::from(*max_session_seconds))),
            ("trust", Value::Document(trust.clone())),
        ],
        Core::Bucket { region } => vec![("region", text(region))],
    }
}
