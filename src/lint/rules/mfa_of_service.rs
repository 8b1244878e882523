//! A second factor demanded of a service.

use crate::diagnostic::Severity;
use crate::lint::guard::{asks, excludes, is_for_everybody, narrows};
use crate::lint::{At, Check, Example, Hit, Rule, Subject};
use crate::policy::condition::Test;
use crate::policy::{Usage, WrittenStatement, WrittenTest};

pub(super) static RULE: Rule = Rule {
    id: "mfa-of-service",
    severity: Severity::Error,
    sentence: "A trust policy asks a service for a second factor.",
    why: "Only a person has one. A service's request never says anything of multi-factor authentication, so that the \
          service cannot assume the role at all.",
    help: "leave the condition out, or put people and services into statements of their own",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole",
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"},
             "Action": "sts:AssumeRole", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}"#,
    ),
    check: Check::Document(check),
};

const PRESENT: &str = "aws:MultiFactorAuthPresent";
const AGE: &str = "aws:MultiFactorAuthAge";

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if subject.written.usage != Usage::Trust {
        return vec![];
    }
    let services = |statement: &WrittenStatement| -> Vec<String> {
        statement.principals.iter().filter(|p| matches!(p.kind.as_str(), "Service" | "Federated")).map(|p| p.value.clone()).collect()
    };
    let all: Vec<String> = subject.allows().flat_map(services).collect();
    let allowed = subject.allows().filter_map(|s| {
        let test = s.tests.iter().find(|test| is_never_met(test))?;
        let service = services(s).into_iter().next()?;
        Some(hit(test, &service))
    });
    let denied = subject.denies().filter_map(|s| {
        let test = s.tests.iter().find(|test| is_always_met(test)).filter(|_| s.tests.len() == 1)?;
        let named = services(s);
        let meant = all.iter().find(|service| is_for_everybody(s) || named.contains(service))?;
        Some(hit(test, meant))
    });
    allowed.chain(denied).collect()
}

fn hit(test: &WrittenTest, service: &str) -> Hit {
    let message = format!("`{service}` has no second factor, so it can never assume the role");
    Hit::new(At::Key(test.key.pointer.clone()), message)
}

/// Whether a request without the keys fails the test.
fn is_never_met(test: &WrittenTest) -> bool {
    let null = test.operator.is_some_and(|o| o.test == Test::Null);
    (test.is_of(PRESENT) || test.is_of(AGE))
        && if null { test.has_value("false") && !test.has_value("true") } else { narrows(test) }
}

/// Whether a request without the keys passes the test.
fn is_always_met(test: &WrittenTest) -> bool {
    let if_exists = test.operator.is_some_and(|o| o.if_exists);
    let null = test.operator.is_some_and(|o| o.test == Test::Null) && test.has_value("true");
    (test.is_of(PRESENT) && (null || excludes(test) || (if_exists && asks(test, PRESENT, "false"))))
        || (test.is_of(AGE) && (null || if_exists))
}
