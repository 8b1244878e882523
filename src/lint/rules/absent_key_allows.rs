//! An Allow whose only guard is passed by requests that lack the key.

use crate::diagnostic::Severity;
use crate::lint::facts::{compares, passes_when_absent, requires_key};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::catalogue;
use crate::policy::condition::Test;
use crate::policy::{Usage, WrittenStatement, WrittenTest};

pub(super) static RULE: Rule = Rule {
    id: "absent-key-allows",
    severity: Severity::SecurityWarning,
    sentence: "An Allow is guarded only by a test that a request without the key passes.",
    why: "A negated comparison (`StringNotEquals`) and an `…IfExists` are fulfilled when the request does not have the \
          key at all: an untagged resource, a principal outside of every organization, a request that comes through no \
          VPC endpoint. In a Deny that is prudent; in an Allow it opens the door to whoever brings nothing.",
    help: "name what is allowed instead of what is not, or add `Null: { the key: \"false\" }`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"StringNotEquals": {"s3:ExistingObjectTag/Confidential": "yes"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"StringEquals": {"s3:ExistingObjectTag/Confidential": "no"}}}}"#,
    ),
    check: Check::Document(check),
};

/// Keys with which a Not or an `IfExists` says who or from where; one that ends in `/` stands for all that begin so.
const WHO_AND_WHERE: [&str; 13] = [
    "aws:FederatedProvider",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalTag/",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
    "aws:VpceOrgID",
    "aws:username",
    "saml:aud",
    "sts:ExternalId",
];

/// More keys that a request can lack, where a Not lets those without in.
const OTHERS: [&str; 10] = [
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:ResourceTag/",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:referer",
    "ec2:ResourceTag/",
    "iam:ResourceTag/",
    "s3:ExistingObjectTag/",
];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let open = subject.allows().filter(|statement| is_open(statement));
    let each = open.flat_map(|statement| {
        statement.tests.iter().filter(move |test| is_guard(test, statement) && !inverted(test, statement))
    });
    each.map(|test| {
        let (word, key) = (&test.word.text, &test.key.text);
        let who = match key.to_ascii_lowercase() {
            key if key.contains("resourcetag/") || key.contains("objecttag/") => "a resource without the tag",
            key if key.contains("principaltag/") => "a caller without the tag",
            key if key.starts_with("aws:sourcevpc") => "a request that comes through no VPC endpoint",
            key if key.starts_with("aws:principalorg") => "a caller outside of every organization",
            _ => "a request without the key",
        };
        let message = format!("`{word}` on `{key}` is also fulfilled by {who}");
        Hit::at_key(&test.key.pointer, message)
            .help(format!("name what is allowed, or add `Null: {{ {key}: \"false\" }}`"))
    })
    .collect()
}

/// Whether nothing but the transport is asked of every request.
fn is_open(statement: &WrittenStatement) -> bool {
    statement.tests.iter().all(|test| passes_when_absent(test) || test.is_of("aws:SecureTransport"))
}

fn is_guard(test: &WrittenTest, statement: &WrittenStatement) -> bool {
    let Some(operator) = test.operator else { return false };
    let negated = operator.test.is_negated();
    let is_of = |keys: &[&str]| keys.iter().any(|key| test.is_of(key));
    let of_mfa = is_of(&["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"]);
    let known = is_of(&WHO_AND_WHERE) || (negated && is_of(&OTHERS));
    // `mfa-allow-if-exists` and `for-all-values-unguarded` say the rest.
    let named = (negated || (operator.if_exists && !of_mfa)) && operator.quantifier.is_none();
    named
        && known
        && operator.test != Test::Null
        && !catalogue::always_present(&test.key.text)
        && !requires_key(statement, &test.key.text)
        && !is_of_either_network(test, statement)
}

/// A request has an address or an endpoint, so that asking for both if they exist asks for one.
fn is_of_either_network(test: &WrittenTest, statement: &WrittenStatement) -> bool {
    let endpoint = ["aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp"];
    let positive = |key: &str| {
        statement.tests_of(key).any(|t| t.operator.is_some_and(|o| o.if_exists && !o.test.is_negated()))
    };
    let of_network = test.is_of("aws:SourceIp") || endpoint.iter().any(|key| test.is_of(key));
    of_network && positive("aws:SourceIp") && endpoint.iter().any(|key| positive(key))
}

/// What `inverted-guard` says already.
fn inverted(test: &WrittenTest, statement: &WrittenStatement) -> bool {
    let keys = ["aws:SourceIp", "aws:VpcSourceIp", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"];
    keys.iter().any(|key| test.is_of(key))
        && test.operator.is_some_and(|operator| operator.test.is_negated())
        && !statement.tests.iter().any(|other| other.is_of(&test.key.text) && compares(other, &[Test::IpAddress]))
}
