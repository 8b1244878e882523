//! Groups, users and customer managed policies.

use serde_json::{Map, Value as Json};

use super::statements::policy;
use super::{Body, Key, Raising, key_of};
use crate::policy::{Document, Policy, glob};
use crate::state::{Core, CredentialKind, Kind, Resource, ResourceId, Setting, iam_arn, mark_path};

impl Raising<'_> {
    pub(super) fn group(&self, id: &ResourceId, resource: &Resource) -> Result<Body, String> {
        self.may_move(id, resource)?;
        let mut keys = self.common(id, resource)?;
        let member = |(who, user): (&ResourceId, &Resource)| {
            let belongs =
                user.settings.values().any(|s| matches!(s, Setting::Membership(group) if group == id));
            (belongs && !self.has(who)).then(|| who.name.clone())
        };
        let others: Vec<String> = self.around.found.resources.iter().filter_map(member).collect();
        if !others.is_empty() {
            let note = format!("this file does not declare all its members: {}", few(&others));
            keys.push(Key { note: Some(note), ..key_of("others", "keep") });
        }
        keys.extend(self.policies(resource));
        keys.extend(inline(resource)?);
        Ok(Body::new(id, keys))
    }

    /// A group's mark is its path, and its path is part of its ARN: where a policy means it by that, the mark would
    /// change what the policy says.
    fn may_move(&self, id: &ResourceId, resource: &Resource) -> Result<(), String> {
        let scope = &self.around.scope;
        let here = resource.core.path().unwrap_or("/");
        let mark = mark_path(&scope.environment);
        if here.starts_with(mark.as_str()) {
            return Ok(());
        }
        let there = format!("{mark}{}", here.trim_start_matches('/'));
        let (now, then) = (iam_arn(&scope.partition, id, here), iam_arn(&scope.partition, id, &there));
        let moves = |document: &Document| {
            let resources = document.statements.iter().filter_map(|s| s.resource.as_ref());
            resources.flat_map(|r| r.value()).any(|pattern| glob(pattern, &now) != glob(pattern, &then))
        };
        let named = self.around.found.resources.iter().find_map(|(holder, other)| {
            let own = match &other.core {
                Core::Policy { path: _, description: _, document } => document.document(),
                _ => None,
            };
            let documents =
                other.settings.values().filter_map(Setting::document).filter_map(Policy::document);
            documents.chain(own).any(moves).then(|| holder.address())
        });
        match named {
            Some(holder) => Err(format!(
                "its mark is its path, which is part of its ARN, and {holder} means it by that: name the group there as \
                 `{then}` as well"
            )),
            None => Ok(()),
        }
    }

    pub(super) fn user(
        &self,
        id: &ResourceId,
        resource: &Resource,
        remark: &mut dyn FnMut(String),
    ) -> Result<Body, String> {
        if let (true, [first, ..]) = (self.around.own_profiles, self.to_be_kept(id).as_slice()) {
            return Err(format!(
                "the file's domains let people open no profile but their own, and the policy for that would come to {}: \
                 write it there by hand, or `sign_in: unrestricted` on each domain",
                first.address()
            ));
        }
        let mut keys = self.common(id, resource)?;
        let (mut groups, mut outside, mut credentials) = (vec![], vec![], vec![]);
        for setting in resource.settings.values() {
            match setting {
                Setting::Membership(group) if self.has(group) => groups.push(group.name.clone()),
                Setting::Membership(group) => outside.push(group.address()),
                Setting::Credential { kind, id } if *kind != CredentialKind::MfaDevice => {
                    credentials.push(format!("{} …{}", kind.word().replace('-', " "), ending(id)));
                }
                _ => {}
            }
        }
        if !credentials.is_empty() {
            remark(format!(
                "{} stays as `others: keep`: no file can declare credentials, and without that line the next apply \
                 would remove it",
                few(&credentials)
            ));
        }
        if !outside.is_empty() {
            remark(format!(
                "its membership of {} stays as `others: keep`: this file does not declare that",
                few(&outside)
            ));
        }
        let kept: Vec<String> = credentials.into_iter().chain(outside).collect();
        if !kept.is_empty() {
            keys.push(Key { note: Some(format!("keeps {}", few(&kept))), ..key_of("others", "keep") });
        }
        if !groups.is_empty() {
            keys.push(key_of("groups", groups));
        }
        keys.extend(self.boundary(resource));
        keys.extend(self.policies(resource));
        keys.extend(inline(resource)?);
        if resource.settings.values().any(|s| *s == Setting::SignIn) {
            keys.push(key_of("console", true));
        }
        Ok(Body::new(id, keys))
    }

    pub(super) fn policy(&self, id: &ResourceId, resource: &Resource) -> Result<Body, String> {
        let Core::Policy { path: _, description, document } = &resource.core else {
            return Err(format!("it is no {}", Kind::Policy));
        };
        let mut keys = self.common(id, resource)?;
        if !description.is_empty() {
            keys.push(key_of("description", description.as_str()));
        }
        keys.push(key_of("statements", policy(document, "its document")?));
        Ok(Body::new(id, keys))
    }

    pub(super) fn boundary(&self, resource: &Resource) -> Option<Key> {
        resource.settings.values().find_map(|setting| match setting {
            Setting::Boundary(policy) => Some(key_of("boundary", self.policy_name(policy))),
            _ => None,
        })
    }

    /// `policies`, in the order of their names, the file's own first.
    pub(super) fn policies(&self, resource: &Resource) -> Option<Key> {
        let attached = resource.settings.values().filter_map(|setting| match setting {
            Setting::Attached(policy) if !policy.is_quarantine() => Some(self.policy_name(policy)),
            _ => None,
        });
        let attached: Vec<String> = attached.collect();
        (!attached.is_empty()).then(|| key_of("policies", attached))
    }
}

/// `inline`: a map from name to statements.
pub(super) fn inline(resource: &Resource) -> Result<Option<Key>, String> {
    let mut all = Map::new();
    for setting in resource.settings.values() {
        if let Setting::Inline { name, document } = setting {
            all.insert(name.clone(), policy(document, &format!("its inline policy `{name}`"))?);
        }
    }
    Ok((!all.is_empty()).then(|| key_of("inline", Json::Object(all))))
}

/// Enough of a credential's id to tell it from others; the id itself has no place in a file.
fn ending(id: &str) -> String {
    let count = id.chars().count();
    id.chars().skip(count.saturating_sub(4)).collect()
}

/// The first few of some names.
pub(super) fn few(names: &[String]) -> String {
    match names {
        [a, b, c, _, ..] => format!("{a}, {b}, {c} and {} more", names.len() - 3),
        _ => names.join(", "),
    }
}
