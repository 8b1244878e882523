//! A resource is no ARN as its service has them.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "malformed-arn",
    severity: Severity::Error,
    sentence: "A resource is no ARN as its service has them.",
    why: "IAM compares the parts of an ARN one by one. A region or account where the service has none, one that does not exist, or one that is missing makes an ARN that no resource has. A missing account is a warning where the name can be of something that AWS made.",
    help: "write the ARN as AWS's reference has it",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:eu-west-1:111122223333:acme-alpha/data"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/data"}}"#,
    ),
    check: Check::Reading,
};
