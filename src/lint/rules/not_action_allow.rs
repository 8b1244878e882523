//! `NotAction` with Allow.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "not-action-allow",
    severity: Severity::SecurityWarning,
    sentence: "A statement allows all actions but those it names.",
    why: "`Allow` with `NotAction` gives everything that is not in the list: every other service, and every action \
          that AWS adds from now on, those that change permissions among them. `NotAction` belongs with `Deny`.",
    help: "name the actions under `Action`, or deny with `NotAction` and allow elsewhere",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::acme-alpha/*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"},
            {"Effect": "Deny", "NotAction": "s3:GetObject", "Resource": "*"}]}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let broad = subject.allows().filter(|statement| statement.is_not_action());
    broad
        .map(|statement| {
            let but: Vec<_> = statement.actions.iter().map(|spot| format!("`{}`", spot.text)).collect();
            let at = format!("{}/NotAction", statement.pointer);
            Hit::at_key(&at, format!("this allows every action there is but {}", but.join(", ")))
        })
        .collect()
}
