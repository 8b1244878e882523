//! An Allow that asks for MFA only of those who say whether they have it.

use crate::diagnostic::Severity;
use crate::lint::facts::{asks_truth, compares, requires_key};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;
use crate::policy::condition::Test;

pub(super) static RULE: Rule = Rule {
    id: "mfa-allow-if-exists",
    severity: Severity::SecurityWarning,
    sentence: "A statement that is to allow only with MFA also allows requests that carry no MFA information.",
    why: "`…IfExists` is fulfilled by a request that lacks the key, and requests signed with a long-term access key lack \
          it. What looks like a condition on MFA lets in whoever has found an access key.",
    help: "write the operator without `IfExists`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"},
            "Action": "sts:AssumeRole",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"},
            "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let keys = ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"];
    let newer = [Test::NumericLessThan, Test::NumericLessThanEquals];
    let open = subject.allows().filter(|statement| !keys.iter().any(|key| requires_key(statement, key)));
    let tests = open.flat_map(|statement| &statement.tests).filter(|test| {
        let of_mfa = (test.is_of("aws:MultiFactorAuthPresent") && asks_truth(test, true))
            || (test.is_of("aws:MultiFactorAuthAge") && compares(test, &newer));
        of_mfa && test.operator.is_some_and(|operator| operator.if_exists)
    });
    tests
        .map(|test| {
            let word = &test.word.text;
            let message = format!(
                "`{word}` also allows a request without `{}`, and those signed with a long-term access key have none",
                test.key.text
            );
            let plain = word.get(..word.len().saturating_sub("IfExists".len())).unwrap_or(word);
            Hit::at_key(&test.word.pointer, message).help(format!("write `{plain}`"))
        })
        .collect()
}
