//! A policy variable does not exist.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "unknown-variable",
    severity: Severity::Error,
    sentence: "A policy variable does not exist.",
    why: "A variable is a condition key of one value. One that no request has makes a resource that matches nothing, and a condition that is never met.",
    help: "write the name of a condition key",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/${aws:usernam}/*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/${aws:username}/*"}}"#,
    ),
    check: Check::Reading,
};
