//! A role that all of another account may assume.

use crate::diagnostic::Severity;
use crate::lint::guard::{self, Whose, account_of, has_wildcards, is_any_arn, narrows, speaks_of, whose};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenTest};

pub(super) static RULE: Rule = Rule {
    id: "trust-foreign-account",
    severity: Severity::SecurityWarning,
    sentence: "A trust policy lets all of another account assume the role, on no condition.",
    why: "Whom a foreign account's root stands for, that account decides. If it is a company that works for many \
          customers, another customer may give it your role's ARN and let it work with your rights: the confused \
          deputy, against which AWS has external ids.",
    help: "ask for the `sts:ExternalId` agreed on, or add a condition on `aws:PrincipalArn` or `aws:PrincipalOrgID`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole"}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "acme-7f3c"}}}}"#,
    ),
    check: Check::Document(check),
};

/// Keys that say who in the other account, or on whose behalf. A second factor has nobody but a person of the
/// account itself; a network is narrower than an account.
const KEYS: [&str; 12] = [
    "sts:ExternalId",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalArn",
    "aws:PrincipalTag/",
    "aws:MultiFactorAuthPresent",
    "aws:MultiFactorAuthAge",
    "aws:userid",
    "aws:username",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if subject.written.usage != Usage::Trust {
        return vec![];
    }
    let all = &subject.written.statements;
    let open = subject.allows().filter(|s| {
        speaks_of(s, "sts:assumerole")
            && !s.tests.iter().any(is_guard)
            && !guard::is_fenced(s, all, &["sts:ExternalId", "aws:PrincipalOrgID", "aws:PrincipalArn"])
    });
    let roots = open.flat_map(|s| &s.principals).filter(|p| p.kind == "AWS" && p.value.ends_with(":root"));
    let hits = roots.filter_map(|principal| {
        let account = account_of(&principal.value)?;
        let message = match whose(account, subject.home) {
            Whose::Ours => return None,
            Whose::Foreign => format!("all of account `{account}`, which is not yours, may assume the role"),
            Whose::Unknown => {
                format!("all of account `{account}` may assume the role, which matters if it is not your own")
            }
        };
        Some(Hit::at(&principal.pointer, message))
    });
    hits.collect()
}

fn is_guard(test: &WrittenTest) -> bool {
    let says_nothing = |value: &str| match () {
        () if test.is_of("aws:PrincipalArn") => is_any_arn(value),
        () if test.is_of("aws:MultiFactorAuthPresent") => value == "false",
        () => has_wildcards(test) && guard::is_anything(value),
    };
    narrows(test)
        && KEYS.iter().any(|key| test.is_of(key))
        && !test.values.iter().any(|value| says_nothing(&value.text))
}
