//! A principal is none that AWS knows.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "malformed-principal",
    severity: Severity::Error,
    sentence: "A principal is none that AWS knows.",
    why: "AWS refuses a policy whose principal is not `*`, an account, a user, a role, a session, a service or an identity provider. Wildcards within are not expanded, and a group is no principal.",
    help: "name an account, a user, a role, a service or a provider",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "ec2"}, "Action": "sts:AssumeRole"}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}"#,
    ),
    check: Check::Reading,
};
