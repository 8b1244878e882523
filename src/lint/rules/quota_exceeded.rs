//! A document is larger than AWS takes.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

macro_rules! many {
    ($text:expr) => { concat!($text, $text, $text, $text, $text, $text) };
}

/// Someone's session policy for eighty roles would do; one long external id is shorter to read past.
const LONG: &str = concat!(
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": ""#,
    many!(many!(many!("0123456789abcdefABCDEF"))),
    r#""}}}}"#
);

pub(super) static RULE: Rule = Rule {
    id: "quota-exceeded",
    severity: Severity::Error,
    sentence: "A document is larger than AWS takes.",
    why: "A managed policy has at most 6144 characters without blanks, a trust policy 2048, which can be raised to 4096, a bucket policy 20,480 bytes. AWS refuses what is larger. It is a warning where a larger one may be right: a trust policy up to what the quota can be raised to, and an identity policy, which may be inline in a role. In an environment the resource is measured with all it holds; this rule looks at a document that stands alone.",
    help: "split the document, or say the same in fewer words",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    trips: Example::Policy(Usage::Trust, LONG),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}"#,
    ),
    check: Check::Reading,
};
