//! Values as reports carry them: typed for the renderers, plain JSON for programs.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::policy::Policy;
use crate::state::{
    Core, Domain, HomeFiles, Notebook, NotebookLifecycle, PolicyReference, ResourceId, Setting, Space,
    StudioLifecycle, UserProfile,
};

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
        Setting::StudioLifecycle { config, app: _ } => Value::Text(named_from(holder, config)),
        Setting::Apps(apps) => list(apps),
        Setting::Failed(why) => Value::Text(why.clone()),
        Setting::AccountAlias(alias) => Value::Text(alias.clone()),
        Setting::PasswordPolicy(policy) => structure(policy),
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
        Core::Domain(domain) => of_domain(domain),
        Core::UserProfile(profile) => of_profile(profile),
        Core::Space(Space { domain, owner }) => {
            vec![("domain", text(&domain.name)), ("owner", or_none(owner.as_deref()))]
        }
        Core::Notebook(notebook) => of_notebook(notebook),
        Core::NotebookLifecycle(NotebookLifecycle { on_create, on_start }) => {
            vec![("on_create", script(on_create.as_deref())), ("on_start", script(on_start.as_deref()))]
        }
        Core::StudioLifecycle(StudioLifecycle { app, script: content }) => {
            vec![("app", Value::Text(app.word().to_owned())), ("script", script(Some(content)))]
        }
        Core::Account => vec![],
    }
}

fn or_none(text: Option<&str>) -> Value {
    Value::Text(text.unwrap_or_default().to_owned())
}

fn list(items: &BTreeSet<String>) -> Value {
    Value::Text(items.iter().cloned().collect::<Vec<_>>().join(", "))
}

/// People put secrets into scripts: a report tells them apart, and does not show them.
fn script(text: Option<&str>) -> Value {
    let Some(text) = text else { return or_none(None) };
    let sum: String =
        Sha256::digest(text.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let lines = text.lines().count();
    let s = if lines == 1 { "" } else { "s" };
    Value::Text(format!("{lines} line{s}, sha256 {sum}…"))
}

fn of_domain(domain: &Domain) -> Vec<(&'static str, Value)> {
    let Domain {
        auth_mode,
        vpc,
        kms_key,
        subnets,
        network,
        execution_role,
        security_groups,
        idle_minutes,
        home_files,
    } = domain;
    vec![
        ("auth_mode", word(auth_mode)),
        ("vpc", or_none(Some(vpc))),
        ("subnets", list(subnets)),
        ("network", word(network)),
        ("execution_role", or_none(Some(execution_role))),
        ("security_groups", list(security_groups)),
        ("idle_minutes", idle_minutes.map_or_else(|| or_none(None), |n| Value::Number(u64::from(n)))),
        ("kms_key", or_none(kms_key.as_deref())),
        (
            "home_files",
            or_none(match home_files {
                HomeFiles::Retain => None,
                HomeFiles::Delete => Some("delete"),
            }),
        ),
    ]
}

fn of_profile(profile: &UserProfile) -> Vec<(&'static str, Value)> {
    let UserProfile { domain: _, sso_user, execution_role, security_groups } = profile;
    vec![
        ("execution_role", or_none(execution_role.as_deref())),
        ("security_groups", list(security_groups)),
        ("sso_user", or_none(sso_user.as_deref())),
    ]
}

fn of_notebook(notebook: &Notebook) -> Vec<(&'static str, Value)> {
    let Notebook {
        subnet,
        security_groups,
        direct_internet,
        kms_key,
        instance_type,
        execution_role,
        volume_gb,
        root_access,
        metadata_version,
        lifecycle,
        running,
    } = notebook;
    let yes = |on: bool, yes: &str, no: &str| or_none(Some(if on { yes } else { no }));
    vec![
        ("running", running.map_or_else(|| or_none(None), |on| yes(on, "yes", "no"))),
        ("instance_type", or_none(Some(instance_type))),
        ("execution_role", or_none(Some(execution_role))),
        ("volume_gb", Value::Number(u64::from(*volume_gb))),
        ("subnet", or_none(subnet.as_deref())),
        ("security_groups", list(security_groups)),
        ("direct_internet", yes(*direct_internet, "yes", "no")),
        ("root_access", yes(*root_access, "yes", "no")),
        ("metadata_version", Value::Number(u64::from(*metadata_version))),
        ("lifecycle", or_none(lifecycle.as_ref().map(|id| id.name.as_str()))),
        ("kms_key", or_none(kms_key.as_deref())),
    ]
}

fn word(value: &impl Serialize) -> Value {
    match serde_json::to_value(value) {
        Ok(Json::String(word)) => Value::Text(word),
        _ => or_none(None),
    }
}
