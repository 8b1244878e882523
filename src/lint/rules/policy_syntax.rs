//! What is neither JSON nor YAML.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "policy-syntax",
    severity: Severity::Error,
    sentence: "The text is neither JSON nor YAML, or says one thing twice.",
    why: "AWS takes JSON only, without comments and without a comma after the last item. A key that stands twice in \
          one object is read differently by different programs: a reviewer sees one value, AWS takes the other.",
    help: "mend the text at the place that is underlined",
    source: "https://www.rfc-editor.org/rfc/rfc8259",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*", "Action": "s3:*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"}}"#,
    ),
    check: Check::Reading,
};
