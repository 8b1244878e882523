//! A role that everybody may assume.

use crate::diagnostic::Severity;
use crate::lint::guard::{everybody, is_any_arn, is_fenced, is_of_one_account, names, narrows, speaks_of};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenStatement, WrittenTest};

pub(super) static RULE: Rule = Rule {
    id: "trust-anyone",
    severity: Severity::SecurityWarning,
    sentence: "A trust policy lets every AWS account there is assume the role.",
    why: "`Principal: \"*\"` is everybody with an AWS account, not everybody in yours. Whoever learns or guesses the \
          role's ARN has its rights. An external id does not help: it is no secret, and anybody may send it.",
    help: "name the accounts or roles, or add a condition on `aws:PrincipalOrgID` or `aws:PrincipalArn`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "acme-7f3c"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}}"#,
    ),
    check: Check::Document(check),
};

/// Keys that say to whom the one who asks belongs.
const KEYS: [&str; 8] = [
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if subject.written.usage != Usage::Trust {
        return vec![];
    }
    let all = &subject.written.statements;
    let open = |s: &WrittenStatement| {
        let assumes = ["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"];
        assumes.iter().any(|action| speaks_of(s, action))
            && !s.tests.iter().any(is_guard)
            && !is_fenced(s, all, &KEYS)
    };
    let hits = subject.allows().filter(|s| open(s)).filter_map(|s| {
        let everybody = everybody(s)?;
        let rest = match s.tests.as_slice() {
            [] => "",
            _ => ", as long as the condition holds, which says nothing of whose they are",
        };
        Some(Hit::at(&everybody.pointer, format!("`*` lets every AWS account there is assume the role{rest}")))
    });
    hits.collect()
}

/// Whether a test says to whom the one who asks belongs. Whoever assumes a role is signed in, so that account and ARN
/// are in every request.
fn is_guard(test: &WrittenTest) -> bool {
    let always = ["aws:PrincipalAccount", "aws:PrincipalArn"].iter().any(|key| test.is_of(key));
    let of_user = test.is_of("aws:userid") && !test.values.iter().any(|v| v.text.starts_with('*'));
    (narrows(test) || (always && names(test)))
        && (of_user || KEYS.iter().any(|key| test.is_of(key)))
        && (of_user || is_of_one_account(test))
        && !test.values.iter().any(|v| v.text == "*" || (v.text.starts_with("arn:*") && is_any_arn(&v.text)))
}
