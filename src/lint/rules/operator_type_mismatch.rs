//! An operator does not compare what its condition key holds.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "operator-type-mismatch",
    severity: Severity::Error,
    sentence: "An operator does not compare what its condition key holds.",
    why: "A text is no number and a number no address: the comparison fails for every request, so the condition is never met, or always if it is negated.",
    help: "take the operator for the type of the key",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*", "Condition": {"IpAddress": {"aws:SourceVpc": "10.0.0.0/8"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*", "Condition": {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}}}"#,
    ),
    check: Check::Reading,
};
