//! A condition names a key that AWS does not have.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "unknown-condition-key",
    severity: Severity::Error,
    sentence: "A condition names a key that AWS does not have.",
    why: "No request has the key. A condition on it is never met, and an Allow gives nothing; with a negated operator or `IfExists` it is always met, and protects nothing.",
    help: "write the key as AWS's reference has it",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*", "Condition": {"StringEquals": {"aws:PrincipleTag/Project": "Alpha"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*", "Condition": {"StringEquals": {"aws:PrincipalTag/Project": "Alpha"}}}}"#,
    ),
    check: Check::Reading,
};
