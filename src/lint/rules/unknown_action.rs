//! An action does not exist, or a pattern covers none.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "unknown-action",
    severity: Severity::Error,
    sentence: "An action does not exist, or a pattern covers none.",
    why: "AWS stores the policy without a word, and the action matches no request. Names of API calls and of actions differ: `ListObjectsV2` is allowed by `s3:ListBucket`.",
    help: "write the action as AWS's reference has it",
    source: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:ListObjects", "Resource": "arn:aws:s3:::acme-alpha"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-alpha"}}"#,
    ),
    check: Check::Reading,
};
