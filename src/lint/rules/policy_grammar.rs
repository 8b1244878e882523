//! What is no policy by IAM's grammar.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "policy-grammar",
    severity: Severity::Error,
    sentence: "The text is no policy by IAM's grammar.",
    why: "An element is missing, misspelt, of the wrong type, or not allowed in this kind of policy. AWS refuses the \
          document, or worse: a reader that overlooks the misspelt `Condtion` allows without condition.",
    help: "write what the message says; the grammar is on AWS's page",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condtion": {"StringEquals": {"aws:PrincipalTag/Project": "Alpha"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/Project": "Alpha"}}}}"#,
    ),
    check: Check::Reading,
};
