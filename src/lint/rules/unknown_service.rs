//! An action names a service that AWS does not have.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "unknown-service",
    severity: Severity::Error,
    sentence: "An action names a service that AWS does not have.",
    why: "A prefix that no service has matches no request: an Allow gives nothing, and a Deny stops nobody.",
    help: "write the prefix that the actions of the service have in AWS's reference",
    source: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "stepfunctions:StartExecution", "Resource": "arn:aws:states:eu-west-1:111122223333:stateMachine:nightly"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "states:StartExecution", "Resource": "arn:aws:states:eu-west-1:111122223333:stateMachine:nightly"}}"#,
    ),
    check: Check::Reading,
};
