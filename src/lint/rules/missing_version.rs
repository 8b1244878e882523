//! A document names no version.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "missing-version",
    severity: Severity::Error,
    sentence: "A document names no version.",
    why: "CreatePolicy refuses a managed policy without version. Elsewhere the document is then in version 2008-10-17, in which variables are not expanded; in trust and bucket policies it is a warning therefore.",
    help: "add `Version: \"2012-10-17\"`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"}}"#,
    ),
    check: Check::Reading,
};
