//! A condition key comes with none of the statement's actions.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "condition-key-not-for-action",
    severity: Severity::Warning,
    sentence: "A condition key comes with none of the statement's actions.",
    why: "AWS's reference lists for each action the keys that its requests have. With a key that none of the actions has, an Allow never allows and a Deny never denies; with a negated operator or `IfExists` the condition is always met.",
    help: "take the condition away, or put it with the actions that have the key",
    source: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*", "Condition": {"StringLike": {"s3:prefix": "home/*"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-alpha", "Condition": {"StringLike": {"s3:prefix": "home/*"}}}}"#,
    ),
    check: Check::Reading,
};
