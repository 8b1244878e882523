//! An action can match none of the resources of its statement.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "action-resource-mismatch",
    severity: Severity::Error,
    sentence: "An action can match none of the resources of its statement.",
    why: "Each action works on certain types of resource: `s3:ListBucket` on buckets, `s3:GetObject` on objects. With a resource of another type the action never matches, and the statement says less than it seems to. It is a warning where AWS's reference may be behind: where it does not have the resource's type, where it has no type for the action and the name ends in `*`, and for actions that tag.",
    help: "name a resource of a type that the action works on, in a statement of its own if need be",
    source: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-alpha/*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-alpha"}}"#,
    ),
    check: Check::Reading,
};
