//! A Deny by address that also hits what AWS does on one's behalf.

use crate::diagnostic::Severity;
use crate::lint::facts::{compares, is_of_all_actions};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenStatement};
use crate::policy::condition::Test;

pub(super) static RULE: Rule = Rule {
    id: "source-ip-without-via-service",
    severity: Severity::Warning,
    sentence: "A Deny outside of some addresses also denies what AWS services do on the caller's behalf.",
    why: "When Athena reads S3 or CloudFormation makes a role for somebody, AWS's own address is the request's source, \
          and a Deny with `NotIpAddress` on `aws:SourceIp` stops it: queries and stacks fail from inside the office, too. \
          `aws:ViaAWSService` tells these requests apart.",
    help: "add `Bool: { aws:ViaAWSService: \"false\" }` to the condition",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_deny-ip.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {
                "NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
                "Bool": {"aws:ViaAWSService": "false"}}}}"#,
    ),
    check: Check::Document(check),
};

/// Keys by which the author has thought of requests that come from elsewhere than the caller's own address.
const THOUGHT_OF: [&str; 8] = [
    "aws:CalledVia",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:PrincipalIsAWSService",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:ViaAWSService",
    "aws:VpcSourceIp",
];

/// Only of identities: AWS's own examples of bucket policies do without.
fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if subject.written.usage != Usage::Identity {
        return vec![];
    }
    let broad = subject.denies().filter(|statement| {
        is_of_data(statement) && !THOUGHT_OF.iter().any(|key| statement.tests_key(key))
    });
    let tests = broad.flat_map(|statement| statement.tests_of("aws:SourceIp"));
    tests
        .filter(|test| compares(test, &[Test::NotIpAddress]))
        .map(|test| {
            let message = "this also denies what AWS services do on the caller's behalf, from addresses of their own";
            Hit::at_key(&test.key.pointer, message)
        })
        .collect()
}

/// Whether a denial is of all of a service, or of what other services read and write on a caller's behalf.
fn is_of_data(statement: &WrittenStatement) -> bool {
    let of_data = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["s3:", "kms:", "glue:", "dynamodb:", "secretsmanager:"].iter().any(|prefix| text.starts_with(prefix))
    };
    is_of_all_actions(statement) || statement.actions.iter().any(|spot| of_data(&spot.text))
}
