//! A condition value is not what its operator or key takes.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "malformed-value",
    severity: Severity::Error,
    sentence: "A condition value is not what its operator or key takes.",
    why: "A date that is none, an address with five numbers, an account of eleven digits: AWS refuses the policy, or the condition is never met. A range of addresses with bits behind its prefix is a warning: AWS takes it as the whole range.",
    help: "write the value in the form that the message names",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2027-02-30T00:00:00Z"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*", "Condition": {"DateLessThan": {"aws:CurrentTime": "2027-02-28T00:00:00Z"}}}}"#,
    ),
    check: Check::Reading,
};
