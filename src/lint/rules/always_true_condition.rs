//! A guard that any value passes.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::condition::Test;
use crate::policy::{Usage, WrittenTest, arn, catalogue};

pub(super) static RULE: Rule = Rule {
    id: "always-true-condition",
    severity: Severity::Warning,
    sentence: "A guard compares with `*`, which every value matches.",
    why: "A condition such as `StringLike: { aws:PrincipalOrgID: \"*\" }` reads like a guard and only asks whether the key \
          is there. Whoever brings any organization, any external id, any source passes.",
    help: "name the values that are meant; if it is only about presence, write `Null: { the key: \"false\" }`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"StringLike": {"aws:SourceVpce": "*"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}}}}"#,
    ),
    check: Check::Document(check),
};

/// Keys that one tests to keep somebody out.
const GUARDS: [&str; 22] = [
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
    "aws:userid",
    "aws:username",
    "iam:PassedToService",
    "kms:ViaService",
    "sts:ExternalId",
];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let tests = subject.written.statements.iter().flat_map(|statement| &statement.tests);
    let mut hits = vec![];
    for test in tests.filter(|test| is_guard(test)) {
        let Some(value) = test.values.iter().find(|value| matches_all(test, &value.text)) else { continue };
        let key = &test.key.text;
        let message = if catalogue::always_present(key) {
            format!("`{}` matches every `{key}`: this is always true", value.text)
        } else {
            format!("`{}` matches every `{key}`: this only asks whether there is one", value.text)
        };
        let help = format!("name the values that are meant, or write `Null: {{ {key}: \"false\" }}`");
        hits.push(Hit::at(&value.pointer, message).help(help));
    }
    hits
}

fn is_guard(test: &WrittenTest) -> bool {
    let claim = test.key.text.rsplit_once(':').is_some_and(|(provider, claim)| {
        (provider.contains('.') || provider.eq_ignore_ascii_case("saml"))
            && ["sub", "aud"].iter().any(|guard| claim.eq_ignore_ascii_case(guard))
    });
    claim || GUARDS.iter().any(|key| test.is_of(key))
}

fn matches_all(test: &WrittenTest, value: &str) -> bool {
    let only_stars = |text: &str| !text.is_empty() && text.bytes().all(|b| b == b'*');
    match test.operator.map(|operator| operator.test) {
        Some(Test::StringLike) => {
            only_stars(value) || value == "arn:*" || arn::split(value).is_some_and(any_arn)
        }
        Some(Test::ArnLike | Test::ArnEquals) => {
            only_stars(value) || value == "arn:*" || arn::split(value).is_some_and(any_arn)
        }
        Some(Test::IpAddress) => value == "0.0.0.0/0" || value == "::/0",
        _ => false,
    }
}

fn any_arn([_, partition, service, region, account, resource]: [&str; 6]) -> bool {
    (partition == "*" || partition.starts_with("aws"))
        && [service, region, account, resource].iter().all(|part| *part == "*")
}
