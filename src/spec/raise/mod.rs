//! From what an account holds to what a person would write of it: the way back of `lower`.
//!
//! Nothing is guessed: what the language cannot say exactly is left out, and named with the reason. Whether the text
//! means what was found is not believed here: whoever writes it reads it again and plans from it.

mod account;
mod bucket;
mod file;
mod names;
mod people;
mod role;
mod share;
mod statements;
mod studio;
mod tags;
mod trust;
pub mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

pub use file::{added, head, new_file};
pub use share::{Shared, share};
pub use statements::document;

use crate::policy::{Document, Statement};
use crate::state::sagemaker_kinds;
use crate::state::{
    AccountId, Blind, Kind, Owner, Resource, ResourceId, Scope, Setting, SettingKey, State, Unread,
};

/// What is known around what is raised.
#[derive(Clone, Debug)]
pub struct Around<'a> {
    /// What the environment answers for, with what it is about to declare; its name, account, partition and region.
    pub scope: &'a Scope,
    /// The account as found.
    pub found: &'a State,
    /// What could not be read of it.
    pub unread: &'a [Unread],
    /// The environments of other accounts, by account; one of each.
    pub homes: BTreeMap<AccountId, String>,
    /// Roles and users that other environments declare, by ARN: `environment/Name`.
    pub elsewhere: BTreeMap<String, String>,
    /// Tags that the environment puts on everything.
    pub tags: BTreeMap<String, String>,
    /// Whether what others have marked is taken all the same.
    pub takeover: bool,
    /// Whether a domain of the file keeps people to the profile of their own name.
    pub own_profiles: bool,
}

/// One key of a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// As in the language.
    pub name: &'static str,
    /// What it says.
    pub value: Json,
    /// What is said beside it, in a comment.
    pub note: Option<String>,
}

/// One holder as the language has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Who it is.
    pub id: ResourceId,
    /// Its keys, in the order of the language.
    pub keys: Vec<Key>,
    /// How it comes into ownership.
    pub taking: Taking,
}

/// How a holder comes into ownership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taking {
    /// It has no owner's mark.
    Adopt,
    /// It has another's.
    Takeover,
    /// It bears the environment's mark already, and only left the file.
    Ours,
}

impl Body {
    fn new(id: &ResourceId, keys: Vec<Key>) -> Self {
        Self { id: id.clone(), keys, taking: Taking::Adopt }
    }
}

/// Something found that is not said, or not as it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsaid {
    /// What.
    pub id: ResourceId,
    /// Why.
    pub why: String,
    /// Whether it is because it could not be read.
    pub unread: bool,
}

/// What was made of what was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Raised {
    /// Holders, by kind and name.
    pub bodies: Vec<Body>,
    /// What is left out altogether.
    pub left_out: Vec<Unsaid>,
    /// What is not said of holders that are.
    pub remarks: Vec<Unsaid>,
    /// Tags that all holders have, said once for the file.
    pub tags: BTreeMap<String, String>,
}

/// What raises: the surroundings and what the file will have.
struct Raising<'a> {
    around: &'a Around<'a>,
    have: &'a BTreeSet<ResourceId>,
    /// What it has already.
    before: &'a BTreeSet<ResourceId>,
}

/// Raises the resources chosen, for a file that has those in `declared` already. Those in `refused` are left out for the
/// reason given.
pub fn raise(
    around: &Around<'_>,
    declared: &BTreeSet<ResourceId>,
    chosen: &BTreeSet<ResourceId>,
    refused: &BTreeMap<ResourceId, String>,
) -> Raised {
    let mut out = BTreeMap::<ResourceId, (String, bool)>::new();
    for id in chosen {
        if let Some(why) = barred(around, id) {
            out.insert(id.clone(), why);
        } else if let Some(why) = refused.get(id) {
            out.insert(id.clone(), (why.clone(), false));
        }
    }
    // What is left out changes how the rest is said, so it is said again until no more is left out.
    loop {
        let stays = |id: &&ResourceId| !out.contains_key(*id) && id.kind != Kind::InstanceProfile;
        let have: BTreeSet<ResourceId> = chosen.iter().filter(stays).chain(declared).cloned().collect();
        let raising = Raising { around, have: &have, before: declared };
        let mut raised = Raised::default();
        let before = out.len();
        for id in chosen.iter().filter(|id| !out.contains_key(*id)).cloned().collect::<Vec<_>>() {
            let Some(resource) = around.found.resources.get(&id) else { continue };
            match raising.one(&id, resource, &mut raised.remarks) {
                Ok(body) => raised.bodies.extend(body),
                Err(why) => {
                    out.insert(id, (why, false));
                }
            }
        }
        if out.len() == before {
            raised.left_out = out.into_iter().map(|(id, (why, unread))| Unsaid { id, why, unread }).collect();
            return raised;
        }
    }
}

/// One statement of a trust policy as an item of `trust`, for an edit of the file.
pub fn trusted(around: &Around<'_>, statement: &Statement) -> Json {
    Raising { around, have: &around.scope.declared, before: &around.scope.declared }.trusted(statement)
}

/// A trust policy as the file would say it.
pub fn trust(around: &Around<'_>, trust: &Document) -> Json {
    Raising { around, have: &around.scope.declared, before: &around.scope.declared }.trust(trust)
}

/// One key of a resource as the file would say it; none where the default says it, or the language has no such key.
pub fn key(around: &Around<'_>, id: &ResourceId, resource: &Resource, name: &str) -> Option<Json> {
    let raising = Raising { around, have: &around.scope.declared, before: &around.scope.declared };
    let body = raising.one(id, resource, &mut vec![]).ok().flatten()?;
    body.keys.into_iter().find(|key| key.name == name).map(|key| key.value)
}

/// A managed policy as the file would name it.
pub fn policy_name(around: &Around<'_>, policy: &crate::state::PolicyReference) -> String {
    Raising { around, have: &around.scope.declared, before: &around.scope.declared }.policy_name(policy)
}

/// Why a resource is not to be had at all, and whether that is because it was not read.
fn barred(around: &Around<'_>, id: &ResourceId) -> Option<(String, bool)> {
    let found = around.found.resources.get(id)?;
    let blind = around.unread.iter().find(|unread| match &unread.what {
        Blind::Resource(other) | Blind::Setting(other, _) | Blind::Credentials(other) => other == id,
        Blind::Kind(account, kind) => {
            *account == id.account
                && (*kind == id.kind || (id.kind == Kind::Role && *kind == Kind::InstanceProfile))
        }
    });
    if let Some(Unread { what: _, reason }) = blind {
        return Some((format!("not checked: {reason}"), true));
    }
    let unsaid = |why: String| Some((why, false));
    match around.scope.owner(id, found) {
        Owner::Aws => unsaid("it is AWS's own, and nobody else can change it".to_owned()),
        Owner::Ours => None,
        Owner::Foreign(_) if around.takeover => None,
        Owner::Foreign(whose) => unsaid(format!("it belongs to {whose}; `--takeover` takes it all the same")),
        Owner::Nobody if around.takeover => None,
        Owner::Nobody => other_tool(found).map(|tag| {
            (
                format!("its tag {tag} says that another tool keeps it; `--takeover` takes it all the same"),
                false,
            )
        }),
    }
}

/// A tag by which people or tools say that another tool keeps a resource.
fn other_tool(resource: &Resource) -> Option<String> {
    const TOOLS: [&str; 8] = [
        "terraform",
        "opentofu",
        "terragrunt",
        "pulumi",
        "cloudformation",
        "crossplane",
        "ansible",
        "serverless",
    ];
    resource.settings.values().find_map(|setting| {
        let Setting::Tag { key, value } = setting else { return None };
        let folded = |text: &str| text.to_ascii_lowercase();
        let keeps = ["managed", "provisioned", "created", "tool", "iac"];
        let (name, said) = (folded(key), folded(value));
        let by_key = TOOLS.iter().any(|tool| name.starts_with(tool)) && said != "false";
        let by_value =
            keeps.iter().any(|word| name.contains(word)) && TOOLS.iter().any(|tool| said.contains(tool));
        (by_key || by_value).then(|| format!("{key}={value}"))
    })
}

impl Raising<'_> {
    /// Whether the file has a resource, or will.
    fn has(&self, id: &ResourceId) -> bool {
        self.have.contains(id)
    }

    /// A holder; none for what comes with another.
    fn one(
        &self,
        id: &ResourceId,
        resource: &Resource,
        remarks: &mut Vec<Unsaid>,
    ) -> Result<Option<Body>, String> {
        let mut remark = |why: String| remarks.push(Unsaid { id: id.clone(), why, unread: false });
        let mut body = match id.kind {
            Kind::Group => self.group(id, resource)?,
            Kind::User => self.user(id, resource, &mut remark)?,
            Kind::Policy => self.policy(id, resource)?,
            Kind::Role => self.role(id, resource, &mut remark)?,
            Kind::InstanceProfile => {
                self.profile(id, resource)?;
                return Ok(None);
            }
            Kind::Bucket => self.bucket(id, resource)?,
            sagemaker_kinds!() => self.studio(id, resource, &mut remark)?,
            Kind::Account if resource.settings.is_empty() => return Ok(None),
            Kind::Account => self.account(id, resource)?,
        };
        body.taking = match self.around.scope.owner(id, resource) {
            Owner::Ours => Taking::Ours,
            Owner::Foreign(_) => Taking::Takeover,
            Owner::Nobody | Owner::Aws => Taking::Adopt,
        };
        for (key, setting) in &resource.settings {
            if let (SettingKey::Attached(_), Setting::Attached(policy)) = (key, setting)
                && policy.is_quarantine()
            {
                remark(format!("AWS attached {policy}, because a key leaked; it is kept, and not said"));
            }
        }
        Ok(Some(body))
    }
}

/// A key without a comment.
fn key_of(name: &'static str, value: impl Into<Json>) -> Key {
    Key { name, value: value.into(), note: None }
}
