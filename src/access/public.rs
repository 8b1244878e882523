//! Whether a bucket's policy is public in the sense of Block Public Access.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status>

use super::principal::Named;
use super::rule::{Rule, Rules};
use crate::policy::{Effect, Element};

/// Keys, in small letters, whose fixed values keep a policy from being public.
pub const NARROWING: [&str; 16] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceip",
    "aws:userid",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
];

/// Whether S3 certainly takes a policy for public: a statement lets everybody in, and none of the keys that could
/// narrow it down stands in any statement. A policy that has one of them may be public as well, if its values are not
/// fixed.
pub fn is_surely_public(rules: &Rules) -> bool {
    let narrowed = |rule: &Rule| rule.keys().any(|key| NARROWING.contains(&key));
    let for_everybody = |rule: &Rule| match &rule.principals {
        Some(Element::Is(named)) => named.contains(&Named::Everyone),
        Some(Element::IsNot(_)) => true,
        None => false,
    };
    // What is denied under no condition may be all that is allowed.
    let shuts = |rule: &Rule| rule.effect == Effect::Deny && rule.comparisons.is_empty();
    let opens = |rule: &Rule| rule.effect == Effect::Allow && for_everybody(rule);
    rules.rules.iter().any(opens) && !rules.rules.iter().any(|rule| narrowed(rule) || shuts(rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    fn is_public(statements: &str) -> bool {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
        let policy = Policy::from_text(&text, "aws");
        is_surely_public(&Rules::of(policy.document().expect("a policy")))
    }

    #[test]
    fn what_is_public_for_sure() {
        let open = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*""#;
        let tls = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;
        assert!(is_public(&format!("{open}}}")));
        assert!(is_public(&format!("{open}}}, {tls}")));
        assert!(is_public(&format!(r#"{open}, "Condition": {{"StringLike": {{"aws:Referer": "x*"}}}}}}"#)));
        assert!(!is_public(tls));
        assert!(!is_public(&format!(
            r#"{open}, "Condition": {{"StringEquals": {{"aws:PrincipalOrgID": "o-a"}}}}}}"#
        )));
        assert!(!is_public(
            r#"{"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:*", "Resource": "*"}"#
        ));
        assert!(!is_public(&format!(
            r#"{open}}}, {{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"}}"#
        )));
    }
}
