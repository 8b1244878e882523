//! A key, queue, topic or the like that everybody may use.

use super::bucket_public::is_guard;
use crate::diagnostic::Severity;
use crate::lint::bucket::{is_of_endpoint, is_resource_policy};
use crate::lint::guard::{everybody, is_of_one_account, narrows};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenStatement, WrittenTest, arn};

pub(super) static RULE: Rule = Rule {
    id: "resource-public",
    severity: Severity::SecurityWarning,
    sentence: "The policy of a key, queue, topic or other resource lets everybody in.",
    why: "`*` is every AWS account there is. Whoever knows the name of the key, queue or function can use it from an \
          account of their own, and nothing in this account has to allow it.",
    help: "name the accounts or roles, or add a condition such as `aws:PrincipalOrgID`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",
    trips: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
            "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs"}}"#,
    ),
    passes: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage",
            "Resource": "arn:aws:sqs:eu-west-1:111122223333:jobs",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}}"#,
    ),
    check: Check::Document(check),
};

/// Services whose resources have policies, by what actions begin with, and what such a resource is called. Not S3,
/// of which `bucket-public` speaks.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html>
const SERVICES: [(&str, &str); 8] = [
    ("dynamodb:", "table"),
    ("ecr:", "repository"),
    ("kinesis:", "stream"),
    ("kms:", "key"),
    ("lambda:", "function"),
    ("secretsmanager:", "secret"),
    ("sns:", "topic"),
    ("sqs:", "queue"),
];

/// Services whose resources write `*` for themselves; with others that is the policy of a VPC endpoint.
const SELF: [&str; 3] = ["ecr:", "kms:", "secretsmanager:"];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if !is_resource_policy(subject) || is_of_endpoint(subject) {
        return vec![];
    }
    let open = subject.allows().filter(|s| !s.tests.iter().any(|test| is_guard(test) || is_of_caller(test)));
    open.filter_map(|s| {
        let (everybody, name) = (everybody(s)?, kind(s)?);
        let message = format!("everybody with an AWS account may use the {name} so");
        Some(Hit::at(&everybody.pointer, message))
    })
    .collect()
}

/// Whether the caller's account, or the one address that a web hook of everybody has, is asked for.
fn is_of_caller(test: &WrittenTest) -> bool {
    let account = narrows(test) && test.is_of("kms:CallerAccount") && is_of_one_account(test);
    account || test.is_of("lambda:FunctionUrlAuthType")
}

/// What the resource is called, if all actions are of one service and the resource is one of its own.
fn kind(statement: &WrittenStatement) -> Option<&'static str> {
    if statement.is_not_action() || statement.is_not_resource() {
        return None;
    }
    let begins = |text: &str, prefix: &str| text.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix));
    let (prefix, name) = SERVICES.into_iter().find(|(prefix, _)| {
        !statement.actions.is_empty() && statement.actions.iter().all(|spot| begins(&spot.text, prefix))
    })?;
    let own = |text: &str| match text {
        "*" => SELF.contains(&prefix),
        // Of a key a policy has no ARN: that is what an endpoint's is like.
        _ => prefix != "kms:" && arn::split(text).is_some(),
    };
    statement.resources.iter().all(|spot| own(&spot.text)).then_some(name)
}
