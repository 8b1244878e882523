//! How much room AWS gives to policy documents, and how documents are made to fit.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html>

use super::{Core, Kind, Resource, Setting};
use crate::policy::{Document, DocumentKind, Policy};

/// How large a document may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What it is the quota of.
    pub of: &'static str,
    /// The most that AWS takes.
    pub most: usize,
    /// What is counted.
    pub unit: Unit,
}

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// All characters but white space.
    Characters,
    /// Bytes, blanks included.
    Bytes,
}

/// A customer-managed policy.
pub const MANAGED_POLICY: Quota = characters("a managed policy", 6144);
/// A trust policy, unless the account was granted more.
pub const TRUST_POLICY: Quota = characters("a trust policy", 2048);
/// A trust policy in an account that was granted the most there is.
pub const TRUST_POLICY_RAISED: Quota = characters("a trust policy", 4096);
/// A bucket policy; the one quota that counts blanks.
pub const BUCKET_POLICY: Quota = Quota { of: "a bucket policy", most: 20_480, unit: Unit::Bytes };

const fn characters(of: &'static str, most: usize) -> Quota {
    Quota { of, most, unit: Unit::Characters }
}

/// All inline policies of one holder together; none for what has no inline policies.
pub fn inline_policies(kind: Kind) -> Option<Quota> {
    match kind {
        Kind::User => Some(characters("the inline policies of a user", 2048)),
        Kind::Group => Some(characters("the inline policies of a group", 5120)),
        Kind::Role => Some(characters("the inline policies of a role", 10_240)),
        Kind::Policy | Kind::InstanceProfile | Kind::Bucket => None,
    }
}

/// The quota of a document in a file of its own.
pub fn quota(kind: DocumentKind) -> Quota {
    match kind {
        DocumentKind::Identity | DocumentKind::Boundary => MANAGED_POLICY,
        DocumentKind::Trust => TRUST_POLICY,
        DocumentKind::Resource => BUCKET_POLICY,
    }
}

impl Quota {
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
        Core::Policy { document, .. } => fit(document, &[MANAGED_POLICY]),
        // What fits without a raised quota is better than what may not.
        Core::Role { trust, .. } => fit(trust, &[TRUST_POLICY, TRUST_POLICY_RAISED]),
        Core::User { .. } | Core::Group { .. } | Core::InstanceProfile { .. } | Core::Bucket { .. } => {}
    }
    let mut inline = vec![];
    for setting in settings.values_mut() {
        match setting {
            Setting::BucketPolicy(policy) => fit(policy, &[BUCKET_POLICY]),
            Setting::Inline { name: _, document } => inline.push(document),
            _ => {}
        }
    }
    if let Some(quota) = inline_policies(kind) {
        fit_together(inline, quota);
    }
    Resource { core, settings }
}

fn fit(policy: &mut Policy, quotas: &[Quota]) {
    let Policy::Normal(document) = policy else { return };
    for quota in quotas {
        let packed = document.packed_to_fit(&|document| quota.takes(document));
        if quota.takes(&packed) {
            *document = packed;
            return;
        }
    }
}

fn fit_together(mut policies: Vec<&mut Policy>, quota: Quota) {
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
        if tried.iter().map(|policy| quota.size(policy)).sum::<usize>() <= quota.most {
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
        assert!(document.size() > MANAGED_POLICY.most);
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
        assert!(TRUST_POLICY.size(&policy(50, false)) > TRUST_POLICY.most);
        assert!(TRUST_POLICY.size(&trust) <= TRUST_POLICY.most);
    }
}
