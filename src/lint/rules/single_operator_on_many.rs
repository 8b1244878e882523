//! A plain operator on a key with several values.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::condition::Test;
use crate::policy::{Usage, catalogue};

pub(super) static RULE: Rule = Rule {
    id: "single-operator-on-many",
    severity: Severity::Warning,
    sentence: "A key that has several values in a request is compared without `ForAnyValue` or `ForAllValues`.",
    why: "Keys such as `aws:TagKeys` and `aws:PrincipalOrgPaths` bring a list with the request. Without a set operator \
          AWS does not say what the comparison means, and it does not match: an Allow gives nothing, a Deny denies \
          nothing.",
    help: "write `ForAnyValue:` before the operator if one value is to match, `ForAllValues:` if all are",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Action": "sagemaker:AddTags", "Resource": "*",
            "Condition": {"StringEquals": {"aws:TagKeys": "CostCenter"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Action": "sagemaker:AddTags", "Resource": "*",
            "Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "CostCenter"}}}}"#,
    ),
    check: Check::Document(check),
};

/// Services whose lists are lists: elsewhere AWS's own policies use the plain operators on keys that are listed as many.
const OF_SERVICES: [&str; 6] = ["aws:", "dynamodb:", "iam:", "kms:", "s3:", "sts:"];

fn starts_with(key: &str, prefix: &str) -> bool {
    key.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix))
}

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let tests = subject.written.statements.iter().flat_map(|statement| &statement.tests);
    let plain = tests.filter(|test| {
        test.operator.is_some_and(|o| o.quantifier.is_none() && o.test != Test::Null)
            && OF_SERVICES.iter().any(|prefix| starts_with(&test.key.text, prefix))
            && catalogue::condition_key(&test.key.text).is_some_and(|key| key.many)
    });
    plain
        .map(|test| {
            let (word, key) = (&test.word.text, &test.key.text);
            let message = format!("`{key}` has several values in a request, and `{word}` compares one");
            let help = format!(
                "write `ForAnyValue:{word}` if one of the values is to match, `ForAllValues:{word}` if each is"
            );
            Hit::at_key(&test.word.pointer, message).help(help)
        })
        .collect()
}
