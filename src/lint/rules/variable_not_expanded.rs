//! A policy variable stands where AWS does not expand it, or is malformed.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "variable-not-expanded",
    severity: Severity::Error,
    sentence: "A policy variable stands where AWS does not expand it, or is malformed.",
    why: "Where variables are not expanded, `${aws:username}` is these very characters, which no resource and no value has. That is so in version 2008-10-17, with operators other than `String`, `Arn` and `Bool`, and by AWS's page before the fifth colon of an ARN. There, for region and account, it is a warning, since AWS's own policies have it.",
    help: "use variables in version 2012-10-17 only, behind the fifth colon and with `String`, `Arn` and `Bool` operators",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2008-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/${aws:username}/*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/${aws:username}/*"}}"#,
    ),
    check: Check::Reading,
};
