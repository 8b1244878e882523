//! A Deny without MFA that long-term keys slip through.

use crate::diagnostic::Severity;
use crate::lint::facts::{asks_truth, compares, covers_actions_of, covers_principals_of, passes_when_absent, requires_key};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::condition::Test;
use crate::policy::{Usage, WrittenStatement, WrittenTest};

pub(super) static RULE: Rule = Rule {
    id: "mfa-deny-without-if-exists",
    severity: Severity::SecurityWarning,
    sentence: "A statement that denies without MFA does not deny requests signed with an access key.",
    why: "Requests signed with a user's long-term access key carry neither `aws:MultiFactorAuthPresent` nor \
          `aws:MultiFactorAuthAge`. A plain `Bool` does not match a key that is absent, so the Deny passes over exactly \
          the credentials that are stolen most often; `BoolIfExists` matches them.",
    help: "write `BoolIfExists` for `Bool`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "NotAction": ["iam:EnableMFADevice", "sts:GetSessionToken"], "Resource": "*",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "NotAction": ["iam:EnableMFADevice", "sts:GetSessionToken"], "Resource": "*",
            "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}}"#,
    ),
    check: Check::Document(check),
};

const KEYS: [&str; 2] = ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let mut hits = vec![];
    for statement in subject.denies() {
        let explicit = statement.tests.iter().any(|t| compares(t, &[Test::Null]) && KEYS.iter().any(|k| t.is_of(k)));
        // Somewhere else those without the key are denied the same.
        let elsewhere = subject.denies().any(|other| {
            denies_absence(other) && covers_actions_of(other, statement) && covers_principals_of(other, statement)
        });
        if explicit || elsewhere {
            continue;
        }
        for test in statement.tests.iter().filter(|test| is_of_mfa(test) && !passes_when_absent(test)) {
            let message = format!(
                "`{}` does not match a request without `{}`, and those signed with a long-term access key have none: \
                 they are not denied",
                test.word.text, test.key.text
            );
            hits.push(Hit::at_key(&test.word.pointer, message).help(format!("write `{}IfExists`", test.word.text)));
        }
    }
    hits
}

/// Whether a test finds sessions without MFA, or with MFA of long ago.
fn is_of_mfa(test: &WrittenTest) -> bool {
    let [present, age] = KEYS;
    let older = [Test::NumericGreaterThan, Test::NumericGreaterThanEquals];
    (test.is_of(present) && asks_truth(test, false)) || (test.is_of(age) && compares(test, &older))
}

fn denies_absence(statement: &WrittenStatement) -> bool {
    let of_mfa = |test: &&WrittenTest| KEYS.iter().any(|key| test.is_of(key));
    statement.tests.iter().any(|test| of_mfa(&test) && passes_when_absent(test))
        && !KEYS.iter().any(|key| requires_key(statement, key))
}
