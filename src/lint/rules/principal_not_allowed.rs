//! A principal stands in a policy that has none.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "principal-not-allowed",
    severity: Severity::Error,
    sentence: "A principal stands in a policy that has none.",
    why: "A policy of a user, group or role speaks of whoever holds it, and AWS refuses a principal in it. A trust policy cannot say `NotPrincipal`.",
    help: "leave the principal out, or put the statement in the policy of the resource",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Reader"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"}}"#,
    ),
    check: Check::Reading,
};
