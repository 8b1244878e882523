//! Services and what they have, found by name whatever its case.

use std::cmp::Ordering;

use super::key::ConditionKey;
use super::{data, section};
use crate::policy::glob;

/// A service, as AWS's service authorization reference has it.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/>
#[derive(Debug)]
pub struct Service {
    /// What its actions begin with: `s3`.
    pub prefix: &'static str,
    /// As AWS calls it: `Amazon S3`.
    pub name: &'static str,
    /// Whether it is in the reference, and not only in a managed policy of AWS.
    pub listed: bool,
    pub(super) actions: Vec<Action>,
    pub(super) types: Vec<ResourceType>,
    pub(super) keys: Vec<ConditionKey>,
}

/// An action.
#[derive(Debug)]
pub struct Action {
    /// The prefix of its service.
    pub service: &'static str,
    /// Without the prefix: `GetObject`.
    pub name: &'static str,
    /// What it does to what.
    pub level: AccessLevel,
    /// The types of resource it can be limited to; none if it only works on `*`.
    pub resources: Vec<ActionResource>,
    /// Its condition keys, whatever the resource.
    pub keys: Vec<&'static str>,
    /// Whether it is in the reference; if not, it was seen in a managed policy of AWS and nothing else is known.
    pub listed: bool,
}

/// A type of resource as an action uses it.
#[derive(Debug)]
pub struct ActionResource {
    /// The name of the type.
    pub name: &'static str,
    /// Whether a policy that names resources has to name one of this type.
    pub required: bool,
    /// Condition keys of the action with a resource of this type.
    pub keys: Vec<&'static str>,
}

/// A type of resource of a service.
#[derive(Debug)]
pub struct ResourceType {
    /// As the reference calls it: `bucket`.
    pub name: &'static str,
    /// `arn:${Partition}:s3:::${BucketName}`.
    pub arn: &'static str,
    /// The condition keys that come with a resource of this type.
    pub keys: Vec<&'static str>,
}

/// What an action does to what.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Names of resources.
    List,
    /// Content and settings.
    Read,
    /// Changes.
    Write,
    /// Changes who may do what.
    PermissionsManagement,
    /// Changes tags.
    Tagging,
    /// Not in the reference.
    Unknown,
}

/// Every service, sorted by prefix. Parses them all.
pub fn services() -> impl Iterator<Item = &'static Service> {
    section::all().iter().map(section::Section::service)
}

/// The prefix of every service, sorted. Parses none.
pub fn prefixes() -> impl Iterator<Item = &'static str> {
    section::all().iter().map(|section| section.prefix)
}

/// The service of this prefix, whatever its case.
pub fn service(prefix: &str) -> Option<&'static Service> {
    let at = section::all().binary_search_by(|section| folded(section.prefix, prefix)).ok()?;
    section::all().get(at).map(section::Section::service)
}

/// Every action that `s3:GetObject`, `s3:Get*`, `*:Tag*` or `*` covers, whatever its case; none for what is
/// neither `*` nor has a colon. Sorted.
pub fn expand(pattern: &str) -> Vec<&'static Action> {
    let (prefix, name) = match pattern.split_once(':') {
        Some(parts) => parts,
        None if !pattern.is_empty() && pattern.bytes().all(|b| b == b'*') => ("*", "*"),
        None => return vec![],
    };
    if !has_wildcard(prefix) {
        return service(prefix).map(|service| service.matching(name).collect()).unwrap_or_default();
    }
    let prefix = prefix.to_ascii_lowercase();
    let meant = section::all().iter().filter(|section| glob(&prefix, section.prefix));
    meant.flat_map(|section| section.service().matching(name)).collect()
}

impl Service {
    /// Its actions, sorted without case.
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }

    /// The action of this name, without the prefix and whatever its case.
    pub fn action(&self, name: &str) -> Option<&Action> {
        find(&self.actions, name, |action| action.name)
    }

    /// The actions that a pattern such as `Get*` covers, whatever its case.
    pub fn matching<'s>(&'s self, pattern: &str) -> impl Iterator<Item = &'s Action> + use<'s> {
        let exact = if has_wildcard(pattern) { None } else { Some(self.action(pattern)) };
        let pattern = pattern.to_ascii_lowercase();
        let covered = match exact {
            Some(_) => &[],
            None => self.actions.as_slice(),
        };
        let covered = covered.iter().filter(move |action| glob(&pattern, &action.name.to_ascii_lowercase()));
        exact.flatten().into_iter().chain(covered)
    }

    /// Its types of resource, sorted without case.
    pub fn resource_types(&self) -> &[ResourceType] {
        &self.types
    }

    /// The type of resource of this name.
    pub fn resource_type(&self, name: &str) -> Option<&ResourceType> {
        find(&self.types, name, |resource| resource.name)
    }

    /// Its condition keys, sorted without case; `aws:` keys among them where the reference lists them.
    pub fn keys(&self) -> &[ConditionKey] {
        &self.keys
    }

    /// The condition key that this is, with its prefix and whatever its case. A key such as
    /// `s3:ExistingObjectTag/team` is found as its template.
    pub fn key(&self, key: &str) -> Option<&ConditionKey> {
        find(&self.keys, key, |known| known.name).or_else(|| self.keys.iter().find(|known| known.is(key)))
    }
}

impl Action {
    /// `s3:GetObject`.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.service, self.name)
    }
}

impl AccessLevel {
    /// As AWS writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::PermissionsManagement => "Permissions management",
            Self::Tagging => "Tagging",
            Self::Unknown => "Unknown",
        }
    }
}

fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// The order of the data: ASCII case does not count.
pub(super) fn folded(one: &str, other: &str) -> Ordering {
    one.bytes().map(|b| b.to_ascii_lowercase()).cmp(other.bytes().map(|b| b.to_ascii_lowercase()))
}

fn find<'a, T>(sorted: &'a [T], name: &str, name_of: impl Fn(&T) -> &'static str) -> Option<&'a T> {
    let at = sorted.binary_search_by(|item| folded(name_of(item), name)).ok()?;
    sorted.get(at)
}

/// The services whose reference lists condition keys that begin with another prefix, such as `saml` or a host.
pub(super) fn elsewhere(prefix: &str) -> impl Iterator<Item = &'static Service> {
    let listing = data::actions().lines().map_while(|line| line.strip_prefix("elsewhere\t"));
    let of_prefix = listing.filter_map(|line| line.split_once('\t'));
    let matching = of_prefix.filter(move |(known, _)| super::key::stands_for(known, prefix));
    matching.flat_map(|(_, services)| services.split(',')).filter_map(service)
}
