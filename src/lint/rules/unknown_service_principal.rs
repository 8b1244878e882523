//! A service principal does not exist.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "unknown-service-principal",
    severity: Severity::Error,
    sentence: "A service principal does not exist.",
    why: "AWS refuses a trust policy that names a service it does not have, and the role cannot be made. It is a warning if nothing near is known, since AWS publishes no list.",
    help: "write the principal as the guide of the service has it",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "ec2.amazon.com"}, "Action": "sts:AssumeRole"}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}"#,
    ),
    check: Check::Reading,
};
