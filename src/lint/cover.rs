//! Which patterns of actions and resources cover which.

use std::collections::BTreeSet;

use crate::policy::{Element, Folded, Statement, covers, glob};

/// The resources that something is done to: the beginning of the last part of their ARNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// As in the ARN: `iam`.
    pub(super) service: &'static str,
    /// `role/`; empty for all resources of the service.
    pub(super) prefix: &'static str,
}

/// Every role of an account.
pub(super) const ROLES: Target = Target { service: "iam", prefix: "role/" };
/// Every user of an account.
pub(super) const USERS: Target = Target { service: "iam", prefix: "user/" };
/// Every group of an account.
pub(super) const GROUPS: Target = Target { service: "iam", prefix: "group/" };
/// Every customer managed policy of an account.
pub(super) const POLICIES: Target = Target { service: "iam", prefix: "policy/" };

/// Whether a pattern stands for everything: `*`.
pub(super) fn is_star(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.bytes().all(|b| b == b'*')
}

/// Whether an action pattern stands for every action of every service: `*` or `*:*`.
pub(super) fn is_every_action(pattern: &str) -> bool {
    match pattern.split_once(':') {
        Some((service, name)) => is_star(service) && is_star(name),
        None => is_star(pattern),
    }
}

/// The service of which an action pattern stands for every action: `s3` of `s3:*`.
pub(super) fn is_whole_service(pattern: &str) -> Option<&str> {
    let (service, name) = pattern.split_once(':')?;
    (is_star(name) && !service.contains(['*', '?'])).then_some(service)
}

/// Whether the actions of a statement cover an action, `NotAction` and wildcards included.
pub(super) fn covers_action(statement: &Statement, action: &str) -> bool {
    statement.action.is_not() != names_action(statement.action.value(), action)
}

fn names_action(patterns: &BTreeSet<Folded>, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    patterns.iter().any(|pattern| {
        is_every_action(pattern.as_str()) || glob(&pattern.as_str().to_ascii_lowercase(), &action)
    })
}

/// A pattern for the texts that both cover; none if there are none, or no pattern says it.
pub(super) fn both<'p>(one: &'p str, other: &'p str) -> Option<&'p str> {
    match () {
        () if covers(one, other) => Some(other),
        () if covers(other, one) => Some(one),
        () => None,
    }
}

/// The service, account and last part of a resource pattern; what a short one with a star at its end leaves out
/// is `*`.
fn parts(pattern: &str) -> Option<(&str, &str, &str)> {
    if is_star(pattern) {
        return Some(("*", "*", "*"));
    }
    let mut parts = pattern.splitn(6, ':');
    let open = pattern.ends_with('*');
    let mut next = || parts.next().or(open.then_some("*"));
    let (scheme, _, service, _, account, rest) = (next()?, next()?, next()?, next()?, next()?, next()?);
    (scheme == "arn").then_some((service, account, rest))
}

/// Whether a resource pattern covers every resource of a target, of one account at least. With an account, it
/// has to be that one.
pub(super) fn spans(pattern: &str, target: Target, account: Option<&str>) -> bool {
    let Some((service, of, rest)) = parts(pattern) else { return false };
    let head = rest.trim_end_matches(['*', '?', '/', ':']);
    glob(service, target.service)
        && account.is_none_or(|account| of.is_empty() || glob(of, account))
        && rest.ends_with('*')
        && target.prefix.starts_with(head)
}

/// Whether a resource pattern covers some resource of a target.
pub(super) fn reaches(pattern: &str, target: Target, account: Option<&str>) -> bool {
    let Some((service, of, rest)) = parts(pattern) else { return false };
    let head = rest.split(['*', '?']).next().unwrap_or_default();
    glob(service, target.service)
        && account.is_none_or(|account| of.is_empty() || of.contains('$') || glob(of, account))
        && (head.starts_with(target.prefix) || (head.len() < rest.len() && target.prefix.starts_with(head)))
}

/// The values of an element, and whether they are those left out.
pub(super) fn resources(statement: &Statement) -> (Vec<&str>, bool) {
    match &statement.resource {
        Some(Element::Is(patterns)) => (patterns.iter().map(String::as_str).collect(), false),
        Some(Element::IsNot(patterns)) => (patterns.iter().map(String::as_str).collect(), true),
        None => (vec![], false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_cover() {
        assert_eq!(both("*", "arn:x"), Some("arn:x"));
        assert_eq!(both("role/ds/*", "role/*"), Some("role/ds/*"));
        assert_eq!(both("a*", "*b"), None);
    }

    #[test]
    fn all_of_a_kind() {
        for pattern in [
            "*",
            "**",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::*:role/*",
            "arn:aws:iam::111122223333:role*",
            "arn:aws:iam::111122223333:*",
            "arn:aws:iam::*",
            "arn:*:iam::*:role/?*",
            "arn:aws:*",
        ] {
            assert!(spans(pattern, ROLES, Some("111122223333")), "{pattern}");
        }
        for pattern in [
            "arn:aws:iam::444455556666:role/*",
            "arn:aws:iam::111122223333:role/ds/*",
            "arn:aws:iam::111122223333:role/ds-*",
            "arn:aws:iam::111122223333:user/*",
            "arn:aws:s3:::*",
            "arn:aws:iam::111122223333:role/?",
            "arn:aws:iam::111122223333:role/${aws:username}",
            "arn:aws:iam::111122223333",
        ] {
            assert!(!spans(pattern, ROLES, Some("111122223333")), "{pattern}");
        }
    }

    #[test]
    fn some_of_a_kind() {
        for pattern in
            ["*", "arn:aws:iam::*:role/ds/*", "arn:aws:iam::111122223333:role/x", "arn:aws:iam::*:r*"]
        {
            assert!(reaches(pattern, ROLES, None), "{pattern}");
        }
        for pattern in ["arn:aws:iam::*:user/x", "arn:aws:iam::*:u*", "arn:aws:s3:::b", "arn:aws:iam::1:role"]
        {
            assert!(!reaches(pattern, ROLES, None), "{pattern}");
        }
    }

    #[test]
    fn whole_services() {
        assert_eq!(is_whole_service("s3:*"), Some("s3"));
        assert_eq!(is_whole_service("s3:Get*"), None);
        assert_eq!(is_whole_service("*:*"), None);
        assert!(is_every_action("*") && is_every_action("*:*") && !is_every_action("s3:*"));
    }
}
