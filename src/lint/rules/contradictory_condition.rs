//! Two parts of a condition cannot both be met.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "contradictory-condition",
    severity: Severity::Warning,
    sentence: "Two parts of a condition cannot both be met.",
    why: "All operators and keys of a condition have to be met together. Where two of them exclude each other the statement never applies: an Allow gives nothing, and a Deny protects nothing.",
    help: "write two statements, or put the values under one key, where one of them is enough",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*", "Condition": {
                "StringEquals": {"aws:PrincipalTag/Project": "Alpha"}, "StringLike": {"aws:PrincipalTag/Project": "Beta*"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*", "Condition": {
                "StringEquals": {"aws:PrincipalTag/Project": "Alpha"}, "StringLike": {"aws:PrincipalTag/Team": "Beta*"}}}}"#,
    ),
    check: Check::Reading,
};
