//! How much room AWS gives to policy documents, and how documents are made to fit.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html>

use super::quota::Quota;
use super::{Core, Kind, Resource, Setting};
use crate::policy::{Document, DocumentKind, Policy};

/// How large a document may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Whose room it is.
    pub of: &'static str,
    /// The most that AWS takes.
    pub most: usize,
    /// What is counted.
    pub unit: Unit,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// All characters but white space.
    Characters,
    /// Bytes, blanks included.
    Bytes,
}

fn room(of: &'static str, quota: Quota, most: usize) -> Room {
    let unit = if quota.ignores_blanks() { Unit::Characters } else { Unit::Bytes };
    Room { of, most, unit }
}

fn managed_policy() -> Room {
    room("a managed policy", Quota::PolicyCharacters, Quota::PolicyCharacters.facts().most)
}

/// A trust policy's, unless the account was granted more.
fn trust_policy() -> Room {
    room("a trust policy", Quota::TrustCharacters, Quota::TrustCharacters.facts().default)
}

/// A trust policy's in an account that was granted the most there is.
fn trust_policy_raised() -> Room {
    room("a trust policy", Quota::TrustCharacters, Quota::TrustCharacters.facts().most)
}

fn bucket_policy() -> Room {
    room("a bucket policy", Quota::BucketPolicyBytes, Quota::BucketPolicyBytes.facts().most)
}

/// For all inline policies of one holder together; none for what has no inline policies.
fn inline_policies(kind: Kind) -> Option<Room> {
    let (of, quota) = match kind {
        Kind::User => ("the inline policies of a user", Quota::InlineCharactersPerUser),
        Kind::Group => ("the inline policies of a group", Quota::InlineCharactersPerGroup),
        Kind::Role => ("the inline policies of a role", Quota::InlineCharactersPerRole),
        Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => {
            return None;
        }
    };
    Some(room(of, quota, quota.facts().most))
}

/// The room for a document in a file of its own.
pub fn for_kind(kind: DocumentKind) -> Room {
    match kind {
        DocumentKind::Identity | DocumentKind::Boundary => managed_policy(),
        DocumentKind::Trust => trust_policy(),
        DocumentKind::Resource => bucket_policy(),
    }
}

impl Room {
    /// What a policy takes of it.
    pub fn size(&self, policy: &Policy) -> usize {
        match (policy, self.unit) {
            (Policy::Normal(document), _) => self.document_size(document),
            (Policy::Unreadable(text), Unit::Characters) => {
                text.chars().filter(|c| !c.is_whitespace()).count()
            }
            (Policy::Unreadable(text), Unit::Bytes) => text.len(),
        }
    }

    /// What a document takes of it.
    pub fn document_size(&self, document: &Document) -> usize {
        match self.unit {
            Unit::Characters => document.size(),
            Unit::Bytes => document.to_text().len(),
        }
    }

    fn takes(&self, document: &Document) -> bool {
        self.document_size(document) <= self.most
    }
}

/// How many characters a policy has at the least.
pub(super) fn packed_characters(policy: &Policy) -> usize {
    match policy {
        Policy::Normal(document) => document.packed_without_sids().size(),
        Policy::Unreadable(text) => text.chars().filter(|c| !c.is_whitespace()).count(),
    }
}

/// The same resource; its documents packed where they are over a quota as they are, and packed are not. Documents
/// that cannot be made to fit stay as they are, for [`limits`](super::limits) to refuse.
#[must_use]
pub fn fitted(kind: Kind, resource: Resource) -> Resource {
    let Resource { mut core, mut settings } = resource;
    match &mut core {
        Core::Policy { document, .. } => fit(document, &[managed_policy()]),
        // What fits without a raised quota is better than what may not.
        Core::Role { trust, .. } => fit(trust, &[trust_policy(), trust_policy_raised()]),
        Core::User { .. }
        | Core::Group { .. }
        | Core::InstanceProfile { .. }
        | Core::Bucket { .. }
        | sagemaker_cores!()
        | Core::Account => {}
    }
    let mut inline = vec![];
    for setting in settings.values_mut() {
        match setting {
            Setting::BucketPolicy(policy) => fit(policy, &[bucket_policy()]),
            Setting::Inline { name: _, document } => inline.push(document),
            _ => {}
        }
    }
    if let Some(room) = inline_policies(kind) {
        fit_together(inline, room);
    }
    Resource { core, settings }
}

fn fit(policy: &mut Policy, rooms: &[Room]) {
    let Policy::Normal(document) = policy else { return };
    for room in rooms {
        let packed = document.packed_to_fit(&|document| room.takes(document));
        if room.takes(&packed) {
            *document = packed;
            return;
        }
    }
}

fn fit_together(mut policies: Vec<&mut Policy>, room: Room) {
    let ways: [fn(&Document) -> Document; 3] =
        [Document::clone, Document::packed, Document::packed_without_sids];
    for way in ways {
        let tried: Vec<Policy> = policies
            .iter()
            .map(|policy| match &**policy {
                Policy::Normal(document) => Policy::Normal(way(document)),
                unreadable @ Policy::Unreadable(_) => unreadable.clone(),
            })
            .collect();
        if tried.iter().map(|policy| room.size(policy)).sum::<usize>() <= room.most {
            policies.iter_mut().zip(tried).for_each(|(policy, tried)| **policy = tried);
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// As many statements as asked for, which differ in one action.
    fn policy(statements: usize, sids: bool) -> Policy {
        let each = |n: usize| {
            let mut statement =
                json!({"Effect": "Allow", "Action": format!("s3:Get{n:04}"), "Resource": "*"});
            if sids {
                statement["Sid"] = format!("S{n}").into();
            }
            statement
        };
        let statements: Vec<Value> = (0..statements).map(each).collect();
        Policy::from_text(&json!({"Version": "2012-10-17", "Statement": statements}).to_string(), "aws")
    }

    fn managed(document: Policy) -> Resource {
        Resource::new(Core::Policy { path: "/".into(), description: String::new(), document }, [])
    }

    #[test]
    fn only_what_does_not_fit_is_packed() {
        let small = managed(policy(20, true));
        assert_eq!(fitted(Kind::Policy, small.clone()), small);
        let large = policy(200, true);
        let Policy::Normal(document) = &large else { panic!("not read") };
        assert!(document.size() > managed_policy().most);
        let wanted = managed(Policy::Normal(document.packed_without_sids()));
        assert_eq!(fitted(Kind::Policy, managed(large)), wanted);
        let hopeless = managed(policy(1000, false));
        assert_eq!(fitted(Kind::Policy, hopeless.clone()), hopeless);
    }

    #[test]
    fn inline_policies_share_their_room() {
        let user = |each: fn(usize) -> Policy| {
            let inline = |n| Setting::Inline { name: format!("p{n}"), document: each(n) };
            Resource::new(Core::User { path: "/".into() }, (0..3).map(inline))
        };
        let fits = user(|_| policy(5, false));
        assert_eq!(fitted(Kind::User, fits.clone()), fits);
        let packed = fitted(Kind::User, user(|_| policy(15, false)));
        for setting in packed.settings.values() {
            let Setting::Inline { document: Policy::Normal(document), .. } = setting else {
                panic!("{setting:?}")
            };
            assert_eq!(document.statements.len(), 1);
        }
    }

    #[test]
    fn a_trust_policy_is_packed_before_it_needs_a_raised_quota() {
        let role = |trust: Policy| {
            let (path, description) = ("/".into(), String::new());
            Resource::new(Core::Role { path, description, max_session_seconds: 3600, trust }, [])
        };
        let Resource { core: Core::Role { trust, .. }, .. } = fitted(Kind::Role, role(policy(50, false)))
        else {
            panic!("not a role")
        };
        assert!(trust_policy().size(&policy(50, false)) > trust_policy().most);
        assert!(trust_policy().size(&trust) <= trust_policy().most);
    }
}
