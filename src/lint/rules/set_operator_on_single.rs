//! A set operator on a key with one value.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::condition::{Quantifier, Test};
use crate::policy::{Usage, catalogue};

pub(super) static RULE: Rule = Rule {
    id: "set-operator-on-single",
    severity: Severity::Warning,
    sentence: "A key that has one value in a request is compared with `ForAnyValue` or `ForAllValues`.",
    why: "The set operators are for keys with a list of values. On a key with one value `ForAllValues` is true when the \
          key is absent, which lets in more than the plain operator would, and `ForAnyValue` says nothing that the \
          plain operator does not.",
    help: "write the operator without the set operator",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*",
            "Condition": {"ForAnyValue:StringNotEquals": {"aws:PrincipalTag/Team": "data-platform"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalTag/Team": "data-platform"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let mut hits = vec![];
    for test in subject.written.statements.iter().flat_map(|statement| &statement.tests) {
        let Some(operator) = test.operator.filter(|operator| operator.test != Test::Null) else { continue };
        let Some(quantifier) = operator.quantifier.filter(|_| is_single(&test.key.text)) else { continue };
        let then = match quantifier {
            Quantifier::ForAllValues => "is also true when it is absent",
            Quantifier::ForAnyValue => "is for keys with several",
        };
        let (word, key) = (quantifier.word(), &test.key.text);
        let message = format!("`{key}` has one value in a request, and `{word}` {then}");
        let plain = test.word.text.split_once(':').map_or("", |(_, plain)| plain);
        hits.push(Hit::at_key(&test.word.pointer, message).help(format!("write `{plain}`")));
    }
    hits
}

/// Global keys, and tags: of services' own keys not everything is known.
fn is_single(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let tag = lower.contains("resourcetag/") || lower.contains("requesttag/") || lower.contains("objecttag/");
    (lower.starts_with("aws:") || tag) && catalogue::condition_key(key).is_some_and(|known| !known.many)
}
