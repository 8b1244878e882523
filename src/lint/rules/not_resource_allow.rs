//! `NotResource` with Allow.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "not-resource-allow",
    severity: Severity::SecurityWarning,
    sentence: "A statement allows something on all resources but those it names.",
    why: "`Allow` with `NotResource` covers everything that is not in the list: other buckets, other services, and \
          whatever is made tomorrow. `NotResource` belongs with `Deny`.",
    help: "name the resources under `Resource`, or deny with `NotResource` and allow elsewhere",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::acme-payroll/*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"},
            {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::acme-alpha/*"}]}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let broad = subject.allows().filter(|statement| statement.is_not_resource());
    broad
        .map(|statement| {
            let but: Vec<_> = statement.resources.iter().map(|spot| format!("`{}`", spot.text)).collect();
            let at = format!("{}/NotResource", statement.pointer);
            Hit::at_key(&at, format!("this allows its actions on every resource there is but {}", but.join(", ")))
        })
        .collect()
}
