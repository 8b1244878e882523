//! `ForAllValues` with Allow, true of no values at all.

use crate::diagnostic::Severity;
use crate::lint::facts::{has_only_actions, is_of_all_actions, passes_when_absent, requires_key};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::condition::{Quantifier, Test};
use crate::policy::{Usage, WrittenStatement, WrittenTest, catalogue};

pub(super) static RULE: Rule = Rule {
    id: "for-all-values-unguarded",
    severity: Severity::SecurityWarning,
    sentence: "An Allow with `ForAllValues` also allows requests that have no value of the key.",
    why: "`ForAllValues` asks that every value in the request is in the list, and of no values that is true. A request \
          without the key is allowed as if it had the right ones: resources are made without tags, or all tags of one \
          are deleted.",
    help: "add `Null: { the key: \"false\" }` to the condition",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sagemaker:AddTags",
            "Resource": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/*",
            "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["Project", "Owner"]}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sagemaker:AddTags",
            "Resource": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/*",
            "Condition": {
                "ForAllValues:StringEquals": {"aws:TagKeys": ["Project", "Owner"]},
                "Null": {"aws:TagKeys": "false"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let tests = subject.allows().flat_map(|statement| {
        statement.tests.iter().filter(move |test| is_unguarded(test, statement))
    });
    tests
        .map(|test| {
            let key = &test.key.text;
            let message = format!("`{}` is also fulfilled by a request without `{key}`", test.word.text);
            let help = format!("add `Null: {{ {key}: \"false\" }}` to the condition");
            Hit::at_key(&test.word.pointer, message).help(help)
        })
        .collect()
}

fn is_unguarded(test: &WrittenTest, statement: &WrittenStatement) -> bool {
    let for_all = test.operator.is_some_and(|operator| {
        operator.quantifier == Some(Quantifier::ForAllValues) && operator.test != Test::Null
    });
    let key = test.key.text.as_str();
    if !for_all || catalogue::always_present(key) || requires_key(statement, key) {
        return false;
    }
    if test.is_of("aws:TagKeys") {
        // A tag of a certain value is asked for, so there are keys; and who passes no session tags needs no leave to.
        let tagged = statement.tests_of("aws:RequestTag/").any(|other| !passes_when_absent(other));
        return !tagged && !has_only_actions(statement, &["sts:tagsession"]);
    }
    if key.get(..9).is_some_and(|prefix| prefix.eq_ignore_ascii_case("dynamodb:")) {
        return is_of_all_actions(statement) || statement.actions.iter().any(|a| is_scan(&a.text));
    }
    // Of most services' own keys of many values every request has some.
    let aws = key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"));
    let single = catalogue::condition_key(key).is_some_and(|known| !known.many);
    aws || single || test.is_of("kms:EncryptionContextKeys")
}

/// Whether an action reads a table without naming keys.
fn is_scan(action: &str) -> bool {
    crate::lint::facts::covers_action(action, "dynamodb:Scan")
}
