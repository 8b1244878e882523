//! A wildcard where AWS compares letter by letter.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::condition::Test;
use crate::policy::{Usage, WrittenTest};

pub(super) static RULE: Rule = Rule {
    id: "wildcard-not-expanded",
    severity: Severity::Error,
    sentence: "A value has a `*` under an operator that compares it letter by letter.",
    why: "Only the `…Like` and the `Arn…` operators expand wildcards. Under `StringEquals` a `*` is an asterisk that no \
          request has there: the comparison never matches, so an Allow gives nothing and a Deny denies nothing. Under \
          `StringNotEquals` it always matches.",
    help: "write `StringLike` for `StringEquals`, `StringNotLike` for `StringNotEquals`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_String",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-alpha",
            "Condition": {"StringEquals": {"s3:prefix": "curated/*"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-alpha",
            "Condition": {"StringLike": {"s3:prefix": "curated/*"}}}}"#,
    ),
    check: Check::Document(check),
};

/// Names of hosts may begin with an asterisk and mean it.
const LITERAL: [&str; 3] = [
    "acm:DomainNames",
    "route53:ChangeResourceRecordSetsNormalizedRecordNames",
    "route53:ChangeResourceRecordSetsRecordTypes",
];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let mut hits = vec![];
    for statement in &subject.written.statements {
        for test in statement.tests.iter().filter(|test| is_literal(test)) {
            let Some(operator) = test.operator else { continue };
            let then = match (statement.allows(), operator.test.is_negated()) {
                (true, false) => "this never allows on its account",
                (false, false) => "this never denies on its account",
                (true, true) => "this excludes nothing",
                (false, true) => "this spares nobody on its account",
            };
            let like = if operator.test.is_negated() { "StringNotLike" } else { "StringLike" };
            let like = test.word.text.replace(operator.test.word(), like);
            for value in test.values.iter().filter(|value| has_wildcard(&value.text, subject.written.has_variables())) {
                let message = format!(
                    "`{}` takes the `*` in `{}` literally: {then}",
                    test.word.text, value.text
                );
                hits.push(Hit::at(&value.pointer, message).help(format!("write `{like}`")));
            }
        }
    }
    hits
}

fn is_literal(test: &WrittenTest) -> bool {
    use Test::{StringEquals, StringEqualsIgnoreCase, StringNotEquals, StringNotEqualsIgnoreCase};
    let exact = [StringEquals, StringEqualsIgnoreCase, StringNotEquals, StringNotEqualsIgnoreCase];
    test.operator.is_some_and(|operator| exact.contains(&operator.test))
        && !LITERAL.iter().any(|key| test.is_of(key))
}

/// Whether there is a `*` outside of variables; `${*}` is how one writes an asterisk.
fn has_wildcard(text: &str, variables: bool) -> bool {
    let mut within = false;
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '{' if before == '$' && variables => within = true,
            '}' => within = false,
            '*' if !within => return true,
            _ => {}
        }
        before = c;
    }
    false
}
