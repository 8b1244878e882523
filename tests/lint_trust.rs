//! The rules on trust policies and on policies of resources: what each finds, and what looks like it and is none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use hatrack::diagnostic::Source;
use hatrack::lint::{self, Home};
use hatrack::policy::{Policy, Usage, Written};
use hatrack::spec::document::parse_document;
use hatrack::state::{Core, Kind, Resource, ResourceId, Setting};
use jiff::civil::date;

const ACCOUNT: &str = "111122223333";

/// The rules that a document breaks, of those that these tests are about.
fn broken(usage: Usage, statements: &str, account: Option<&str>) -> BTreeSet<&'static str> {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let (node, wrong) = parse_document(&Arc::new(Source { name: "policy.json".into(), text }));
    assert_eq!(wrong, [], "{statements}");
    let node = node.unwrap();
    let (written, problems) = Written::read(&node.to_json(), usage, "aws");
    assert_eq!(problems, [], "{statements}");
    let account = account.map(|id| id.parse().unwrap());
    let home = Home { accounts: account.iter().cloned().collect(), account, ..Home::default() };
    let today = date(2026, 11, 21);
    let single =
        lint::Single { written: written.as_ref(), problems: &problems, node: &node, home: &home, today };
    lint::document(single).findings.iter().filter_map(|finding| finding.rule).collect()
}

/// Every statement breaks the rule, or none does.
fn each(usage: Usage, rule: &str, breaks: bool, statements: &[String]) {
    let wrong: Vec<_> = statements
        .iter()
        .filter_map(|statement| {
            let broken = broken(usage, statement, Some(ACCOUNT));
            (broken.contains(rule) != breaks).then(|| format!("{statement}: {broken:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{rule} {breaks}\n{}", wrong.join("\n"));
}

fn trust(principal: &str, action: &str, condition: &str) -> String {
    let condition =
        if condition.is_empty() { String::new() } else { format!(r#", "Condition": {condition}"#) };
    format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": {action}{condition}}}"#)
}

fn assume(principal: &str, condition: &str) -> String {
    trust(principal, r#""sts:AssumeRole""#, condition)
}

const LAKE: &str = r#"["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"]"#;

/// A statement of a bucket's policy.
fn statement(effect: &str, principal: &str, action: &str, resource: &str, condition: &str) -> String {
    let condition =
        if condition.is_empty() { String::new() } else { format!(r#", "Condition": {condition}"#) };
    format!(r#"{{"Effect": "{effect}", {principal}, "Action": {action}, "Resource": {resource}{condition}}}"#)
}

fn deny(condition: &str) -> String {
    statement("Deny", r#""Principal": "*""#, r#""s3:*""#, LAKE, condition)
}

fn public(action: &str, condition: &str) -> String {
    statement("Allow", r#""Principal": "*""#, action, LAKE, condition)
}

#[test]
fn anyone_trusted() {
    let star = r#"{"AWS": "*"}"#;
    each(
        Usage::Trust,
        "trust-anyone",
        true,
        &[
            assume(star, ""),
            assume(r#""*""#, ""),
            assume(r#"{"AWS": ["arn:aws:iam::111122223333:role/A", "*"]}"#, ""),
            trust(star, r#""sts:*""#, ""),
            assume(star, r#"{"StringEquals": {"sts:ExternalId": "x-1"}}"#),
            assume(star, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(star, r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            assume(star, r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            assume(star, r#"{"StringLike": {"aws:PrincipalOrgID": "o-*"}}"#),
            assume(star, r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Deploy"}}"#),
            assume(star, r#"{"StringEquals": {"aws:PrincipalTag/team": "data"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "trust-anyone",
        false,
        &[
            assume(star, r#"{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            assume(star, r#"{"StringEquals": {"AWS:PRINCIPALORGID": ["o-a1b2c3d4e5", "o-f1b2c3d4e5"]}}"#),
            assume(star, r#"{"StringEquals": {"aws:PrincipalAccount": "111122223333"}}"#),
            assume(star, r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#),
            assume(star, r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}}"#),
            assume(star, r#"{"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}"#),
            assume(r#"{"AWS": "arn:aws:iam::111122223333:role/A"}"#, ""),
            trust(star, r#""sts:TagSession""#, ""),
            assume(star, "").replace("Allow", "Deny"),
        ],
    );
}

#[test]
fn foreign_accounts_trusted() {
    let foreign = r#"{"AWS": "444455556666"}"#;
    each(
        Usage::Trust,
        "trust-foreign-account",
        true,
        &[
            assume(foreign, ""),
            assume(r#"{"AWS": "arn:aws:iam::444455556666:root"}"#, ""),
            assume(r#"{"AWS": ["111122223333", "444455556666"]}"#, ""),
            trust(foreign, r#"["sts:AssumeRole", "sts:TagSession"]"#, ""),
            assume(foreign, r#"{"StringLike": {"sts:ExternalId": "*"}}"#),
            assume(foreign, r#"{"StringEqualsIfExists": {"sts:ExternalId": "x-1"}}"#),
            assume(foreign, r#"{"StringNotEquals": {"sts:ExternalId": "x-1"}}"#),
            assume(foreign, r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:*"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "trust-foreign-account",
        false,
        &[
            assume(r#"{"AWS": "111122223333"}"#, ""),
            assume(r#"{"AWS": "arn:aws:iam::444455556666:role/Partner"}"#, ""),
            assume(r#"{"AWS": "arn:aws:iam::444455556666:user/partner"}"#, ""),
            assume(foreign, r#"{"StringEquals": {"STS:externalid": "x-1"}}"#),
            assume(
                foreign,
                r#"{"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/ds/Job"}}"#,
            ),
            assume(foreign, r#"{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            assume(foreign, r#"{"StringEquals": {"aws:PrincipalTag/team": "data"}}"#),
            assume(foreign, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(foreign, "").replace("Allow", "Deny"),
        ],
    );
    let unknown = broken(Usage::Trust, &assume(foreign, ""), None);
    assert_eq!(unknown, BTreeSet::from(["trust-foreign-account"]));
}

#[test]
fn services_without_a_second_factor() {
    let glue = r#"{"Service": "glue.amazonaws.com"}"#;
    let mixed = r#"{"AWS": "arn:aws:iam::111122223333:user/a", "Service": "ec2.amazonaws.com"}"#;
    let plain = assume(glue, "");
    each(
        Usage::Trust,
        "mfa-of-service",
        true,
        &[
            assume(glue, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(glue, r#"{"Bool": {"aws:multifactorauthpresent": true}}"#),
            assume(glue, r#"{"StringEquals": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(glue, r#"{"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}"#),
            assume(glue, r#"{"Null": {"aws:MultiFactorAuthAge": "false"}}"#),
            assume(mixed, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#),
            format!(
                r#"{plain}, {{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
                "Condition": {{"BoolIfExists": {{"aws:MultiFactorAuthPresent": "false"}}}}}}"#
            ),
        ],
    );
    each(
        Usage::Trust,
        "mfa-of-service",
        false,
        &[
            plain.clone(),
            assume(r#"{"AWS": "111122223333"}"#, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(glue, r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(glue, r#"{"Null": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(glue, r#"{"StringEquals": {"aws:SourceAccount": "111122223333"}}"#),
            format!(
                r#"{plain}, {{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
                "Condition": {{"Bool": {{"aws:MultiFactorAuthPresent": "false"}}}}}}"#
            ),
            format!(
                r#"{plain}, {{"Effect": "Deny", "Principal": {{"AWS": "111122223333"}}, "Action": "sts:AssumeRole",
                "Condition": {{"BoolIfExists": {{"aws:MultiFactorAuthPresent": "false"}}}}}}"#
            ),
        ],
    );
}

#[test]
fn deputies_of_roles() {
    let scheduler = r#"{"Service": "scheduler.amazonaws.com"}"#;
    each(
        Usage::Trust,
        "confused-deputy",
        true,
        &[
            assume(scheduler, ""),
            assume(r#"{"Service": "ecs-tasks.amazonaws.com"}"#, ""),
            assume(r#"{"Service": ["ec2.amazonaws.com", "states.amazonaws.com"]}"#, ""),
            assume(r#"{"Service": "states.eu-west-1.amazonaws.com"}"#, ""),
            assume(scheduler, r#"{"StringLike": {"aws:SourceAccount": "*"}}"#),
            assume(scheduler, r#"{"ArnLike": {"aws:SourceArn": "arn:aws:scheduler:*:*:schedule/*"}}"#),
            assume(scheduler, r#"{"StringNotEquals": {"aws:SourceAccount": "111122223333"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "confused-deputy",
        false,
        &[
            assume(r#"{"Service": "ec2.amazonaws.com"}"#, ""),
            assume(r#"{"Service": "lambda.amazonaws.com"}"#, ""),
            assume(r#"{"Service": ["glue.amazonaws.com", "sagemaker.amazonaws.com"]}"#, ""),
            assume(scheduler, r#"{"StringEquals": {"AWS:SourceAccount": "111122223333"}}"#),
            assume(
                scheduler,
                r#"{"ArnLike": {"aws:SourceArn": "arn:aws:scheduler:*:111122223333:schedule/*"}}"#,
            ),
            assume(scheduler, r#"{"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}"#),
            assume(scheduler, r#"{"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}"#),
            trust(scheduler, r#""sts:SetSourceIdentity""#, ""),
        ],
    );
}

#[test]
fn deputies_of_buckets() {
    let put = r#""s3:PutObject""#;
    let trail = r#""Principal": {"Service": "cloudtrail.amazonaws.com"}"#;
    let logs = r#""arn:aws:s3:::acme-lake/AWSLogs/*""#;
    let plain = statement("Allow", trail, put, logs, "");
    let of = |principal: &str, condition: &str| statement("Allow", principal, put, logs, condition);
    each(
        Usage::Bucket,
        "confused-deputy",
        true,
        &[
            plain.clone(),
            of(r#""Principal": {"Service": "logging.s3.amazonaws.com"}"#, ""),
            of(r#""Principal": {"Service": ["config.amazonaws.com", "sns.amazonaws.com"]}"#, ""),
            of(trail, r#"{"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}"#),
            of(trail, r#"{"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}}"#),
            of(trail, r#"{"Bool": {"aws:PrincipalIsAWSService": "true"}}"#),
        ],
    );
    let fence = deny(
        r#"{"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}"#,
    );
    each(
        Usage::Bucket,
        "confused-deputy",
        false,
        &[
            of(trail, r#"{"StringEquals": {"aws:SourceAccount": "111122223333"}}"#),
            of(trail, r#"{"ArnLike": {"AWS:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"}}"#),
            of(trail, r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::acme-source"}}"#),
            of(r#""Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}"#, ""),
            statement("Allow", trail, r#""s3:GetBucketAcl""#, r#""arn:aws:s3:::acme-lake""#, ""),
            statement("Deny", trail, put, logs, ""),
            of(r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/A"}"#, ""),
            format!("{plain}, {fence}"),
        ],
    );
}

const GITHUB: &str =
    r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;

fn web(principal: &str, condition: &str) -> String {
    trust(principal, r#""sts:AssumeRoleWithWebIdentity""#, condition)
}

fn github(operator: &str, subject: &str) -> String {
    web(
        GITHUB,
        &format!(
            r#"{{"{operator}": {{"token.actions.githubusercontent.com:sub": {subject}}},
            "ForAllValues:StringEquals": {{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}}}"#
        ),
    )
}

#[test]
fn subjects_of_shared_providers() {
    let eks = r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB12"}"#;
    let cognito = r#"{"Federated": "cognito-identity.amazonaws.com"}"#;
    let own = r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/login.acme.example"}"#;
    each(
        Usage::Trust,
        "trust-oidc-without-subject",
        true,
        &[
            web(GITHUB, ""),
            github("StringLike", r#""*""#),
            github("StringLike", r#""repo:*""#),
            github("StringLike", r#""repo:*/deploy:*""#),
            github("StringLike", r#""repo:acme*""#),
            github("StringLike", r#"["repo:acme/jobs:*", "repo:*/*:ref:refs/heads/main"]"#),
            github("StringEqualsIfExists", r#""repo:acme/jobs:ref:refs/heads/main""#),
            github("StringNotEquals", r#""repo:acme/jobs:ref:refs/heads/main""#),
            web(GITHUB, r#"{"StringEquals": {"gitlab.com:sub": "repo:acme/jobs:ref:refs/heads/main"}}"#),
            web(
                eks,
                r#"{"StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/AB12:aud": "sts.amazonaws.com"}}"#,
            ),
            web(
                eks,
                r#"{"StringLike": {"oidc.eks.eu-west-1.amazonaws.com/id/AB12:sub": "system:serviceaccount:*:*"}}"#,
            ),
            web(
                r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/app.terraform.io"}"#,
                r#"{"StringLike": {"app.terraform.io:sub": "organization:*:project:data:*"}}"#,
            ),
            web(cognito, r#"{"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1234"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "trust-oidc-without-subject",
        false,
        &[
            github("StringEquals", r#""repo:acme/jobs:ref:refs/heads/main""#),
            github("StringLike", r#""repo:acme/*""#),
            github("StringLike", r#"["repo:acme/jobs:*", "repo:acme/site:environment:prod"]"#),
            github("ForAnyValue:StringLike", r#""repo:acme/jobs:*""#),
            web(
                GITHUB,
                r#"{"StringEquals": {"token.actions.githubusercontent.com:repository_owner_id": "12345"}}"#,
            ),
            web(
                eks,
                r#"{"StringLike": {"oidc.eks.eu-west-1.amazonaws.com/id/AB12:sub": "system:serviceaccount:jobs:*"}}"#,
            ),
            web(
                eks,
                r#"{"StringEquals": {"OIDC.eks.eu-west-1.amazonaws.com/id/AB12:SUB": "system:serviceaccount:a:b"}}"#,
            ),
            web(own, r#"{"StringEquals": {"login.acme.example:aud": "hatrack"}}"#),
            web(
                r#"{"Federated": "accounts.google.com"}"#,
                r#"{"StringEquals": {"accounts.google.com:aud": "1234"}}"#,
            ),
            web(
                cognito,
                r#"{"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1234"},
                "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}"#,
            ),
            web(GITHUB, "").replace("Allow", "Deny"),
        ],
    );
}

#[test]
fn audiences() {
    let sub = r#""token.actions.githubusercontent.com:sub": "repo:acme/jobs:ref:refs/heads/main""#;
    let own = r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/login.acme.example"}"#;
    let amazon = r#"{"Federated": "www.amazon.com"}"#;
    each(
        Usage::Trust,
        "trust-oidc-without-audience",
        true,
        &[
            web(GITHUB, &format!(r#"{{"StringEquals": {{{sub}}}}}"#)),
            web(GITHUB, ""),
            web(own, r#"{"StringEquals": {"login.acme.example:sub": "jobs"}}"#),
            web(own, r#"{"StringEquals": {"login.other.example:aud": "jobs"}}"#),
            web(amazon, r#"{"StringEquals": {"www.amazon.com:user_id": "amzn1.account.AB"}}"#),
            trust(own, r#""sts:AssumeRoleWith*""#, ""),
            web(own, r#"{"StringNotEquals": {"login.acme.example:aud": "jobs"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "trust-oidc-without-audience",
        false,
        &[
            github("StringEquals", r#""repo:acme/jobs:ref:refs/heads/main""#),
            web(own, r#"{"StringEquals": {"login.acme.example:aud": "jobs"}}"#),
            web(own, r#"{"StringLike": {"LOGIN.acme.example:AUD": ["jobs", "site"]}}"#),
            web(amazon, r#"{"StringEquals": {"www.amazon.com:app_id": "amzn1.application.AB"}}"#),
            web(own, "").replace("Allow", "Deny"),
            trust(own, r#""sts:TagSession""#, ""),
        ],
    );
    let saml = r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"}"#;
    let with = |action: &str, condition: &str| trust(saml, action, condition);
    let action = r#""sts:AssumeRoleWithSAML""#;
    each(
        Usage::Trust,
        "trust-saml-without-audience",
        true,
        &[
            with(action, ""),
            with(r#"["sts:AssumeRoleWithSAML", "sts:TagSession"]"#, ""),
            with(r#""sts:*""#, ""),
            with(action, r#"{"StringEquals": {"SAML:iss": "https://login.acme.example"}}"#),
            with(action, r#"{"StringEqualsIfExists": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}"#),
            with(action, r#"{"StringNotEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "trust-saml-without-audience",
        false,
        &[
            with(action, r#"{"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}"#),
            with(action, r#"{"StringEquals": {"saml:AUD": ["https://signin.aws.amazon.com/saml"]}}"#),
            with(action, r#"{"StringLike": {"SAML:aud": "https://*.signin.aws.amazon.com/saml"}}"#),
            with(action, "").replace("Allow", "Deny"),
            with(r#""sts:TagSession""#, ""),
            assume(r#"{"Service": "glue.amazonaws.com"}"#, ""),
        ],
    );
}

#[test]
fn principals_and_actions_that_never_meet() {
    let saml = r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"}"#;
    let glue = r#"{"Service": "glue.amazonaws.com"}"#;
    let root = r#"{"AWS": "111122223333"}"#;
    let both =
        r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/Corp", "Service": "ec2.amazonaws.com"}"#;
    each(
        Usage::Trust,
        "trust-wrong-action",
        true,
        &[
            assume(saml, ""),
            assume(GITHUB, ""),
            web(saml, ""),
            trust(GITHUB, r#""sts:AssumeRoleWithSAML""#, ""),
            web(glue, ""),
            web(root, ""),
            trust(root, r#""STS:assumerolewithsaml""#, ""),
            assume(both, ""),
            trust(glue, r#"["sts:AssumeRole", "sts:AssumeRoleWithSAML"]"#, ""),
            assume(r#"{"Federated": "cognito-identity.amazonaws.com"}"#, ""),
        ],
    );
    each(
        Usage::Trust,
        "trust-wrong-action",
        false,
        &[
            assume(glue, ""),
            assume(root, ""),
            trust(saml, r#"["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"]"#, ""),
            trust(both, r#"["sts:AssumeRole", "sts:AssumeRoleWithSAML"]"#, ""),
            trust(GITHUB, r#""sts:AssumeRole*""#, ""),
            trust(glue, r#""sts:TagSession""#, ""),
            web(r#""*""#, ""),
            assume(saml, "").replace("Allow", "Deny"),
        ],
    );
}

#[test]
fn buckets_locked() {
    let not = |principal: &str| {
        statement("Deny", &format!(r#""NotPrincipal": {principal}"#), r#""s3:*""#, LAKE, "")
    };
    each(
        Usage::Bucket,
        "bucket-locks-everyone-out",
        true,
        &[
            deny(""),
            deny("").replace("s3:*", "*"),
            statement("Deny", r#""Principal": {"AWS": "*"}"#, r#""S3:putbucketpolicy""#, r#""*""#, ""),
            deny(
                r#"{"StringNotEquals": {"aws:PrincipalArn": "arn:aws:sts::111122223333:assumed-role/A/b"}}"#,
            ),
            deny(r#"{"ArnNotEquals": {"aws:principalarn": "arn:aws:sts::111122223333:assumed-role/A/*"}}"#),
            deny(r#"{"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#),
            deny(r#"{"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:group/Admins"}}"#),
            deny(r#"{"StringNotEquals": {"aws:userId": "AROAEXAMPLEEXAMPLE123:*"}}"#),
            deny(r#"{"StringNotEquals": {"aws:SourceAccount": "111122223333"}}"#),
            deny(r#"{"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}"#),
            deny(r#"{"Bool": {"aws:PrincipalIsAWSService": "false"}}"#),
            not(r#"{"AWS": "arn:aws:iam::111122223333:role/Admin"}"#),
            not(r#"{"Service": "cloudtrail.amazonaws.com"}"#),
        ],
    );
    each(
        Usage::Bucket,
        "bucket-locks-everyone-out",
        false,
        &[
            deny(r#"{"Bool": {"aws:SecureTransport": "false"}}"#),
            deny(r#"{"NumericLessThan": {"s3:TlsVersion": "1.2"}}"#),
            deny(r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            deny(
                r#"{"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}"#,
            ),
            deny(r#"{"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#),
            deny(r#"{"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#),
            deny(
                r#"{"StringNotEquals": {"aws:PrincipalArn": ["arn:aws:sts::111122223333:assumed-role/A/b", "arn:aws:iam::111122223333:role/A"]}}"#,
            ),
            deny(r#"{"StringNotLike": {"aws:userId": "AROAEXAMPLEEXAMPLE123:*"}}"#),
            deny(
                r#"{"StringNotEquals": {"aws:SourceAccount": "111122223333"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}"#,
            ),
            statement("Deny", r#""Principal": "*""#, r#""s3:*""#, r#""arn:aws:s3:::acme-lake/*""#, ""),
            statement(
                "Deny",
                r#""Principal": "*""#,
                r#"["s3:DeleteObject", "s3:DeleteBucketPolicy"]"#,
                LAKE,
                "",
            ),
            statement("Deny", r#""Principal": {"AWS": "444455556666"}"#, r#""s3:*""#, LAKE, ""),
            not(r#"{"AWS": ["arn:aws:iam::111122223333:user/admin", "arn:aws:iam::111122223333:root"]}"#),
        ],
    );
    let endpoint = r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}"#;
    each(
        Usage::Bucket,
        "bucket-only-through-endpoint",
        true,
        &[
            deny(endpoint),
            deny(r#"{"StringNotEquals": {"aws:sourcevpc": ["vpc-0a1b2c3d", "vpc-1a1b2c3d"]}}"#),
            deny(r#"{"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-0a1b2c3d"}}"#),
            deny(r#"{"Null": {"aws:SourceVpce": "true"}}"#),
            deny(
                r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}"#,
            ),
            deny(endpoint).replace("s3:*", "s3:PutBucketPolicy"),
        ],
    );
    each(
        Usage::Bucket,
        "bucket-only-through-endpoint",
        false,
        &[
            deny(endpoint).replace("s3:*", "s3:GetObject"),
            statement("Deny", r#""Principal": "*""#, r#""s3:*""#, r#""arn:aws:s3:::acme-lake/*""#, endpoint),
            deny(
                r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Admin"}}"#,
            ),
            deny(r#"{"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}"#),
            deny(
                r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}, "NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#,
            ),
            public(r#""s3:GetObject""#, r#"{"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}"#),
        ],
    );
}

#[test]
fn buckets_open_to_everybody() {
    let get = r#""s3:GetObject""#;
    each(
        Usage::Bucket,
        "bucket-public",
        true,
        &[
            public(get, ""),
            public(r#""s3:*""#, ""),
            statement("Allow", r#""Principal": {"AWS": "*"}"#, r#""S3:putobject""#, LAKE, ""),
            public(get, r#"{"StringLike": {"aws:Referer": "https://acme.example/*"}}"#),
            public(get, r#"{"Bool": {"aws:SecureTransport": "true"}}"#),
            public(get, r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#),
            public(get, r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Reader"}}"#),
            public(get, r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            public(get, r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}"#),
            public(get, r#"{"StringLike": {"aws:userid": "AROAEXAMPLEEXAMPLE123:*"}}"#),
        ],
    );
    let open = public(get, "");
    let fence = deny(r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}"#);
    each(
        Usage::Bucket,
        "bucket-public",
        false,
        &[
            public(get, r#"{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            public(get, r#"{"StringEquals": {"AWS:sourcevpce": "vpce-0a1b2c3d"}}"#),
            public(get, r#"{"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}}"#),
            public(get, r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/ds/*"}}"#),
            public(get, r#"{"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}}"#),
            statement("Allow", r#""Principal": {"AWS": "444455556666"}"#, get, LAKE, ""),
            format!("{open}, {fence}"),
            deny(""),
        ],
    );
}

#[test]
fn tls() {
    let role = r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/Reader"}"#;
    let allow = statement("Allow", role, r#""s3:GetObject""#, LAKE, "");
    let with = |second: String| format!("{allow}, {second}");
    let tls = |resource: &str| {
        let plain = r#"{"Bool": {"aws:SecureTransport": "false"}}"#;
        statement("Deny", r#""Principal": "*""#, r#""s3:*""#, resource, plain)
    };
    each(
        Usage::Bucket,
        "tls-not-demanded",
        true,
        &[
            allow.clone(),
            with(deny(r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#)),
            with(deny(r#"{"Bool": {"aws:SecureTransport": "true"}}"#)),
            with(tls(r#""arn:aws:s3:::acme-lake/*""#)),
            with(tls(r#""arn:aws:s3:::acme-lake""#)),
            with(tls(r#"["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/raw/*"]"#)),
            with(tls(LAKE).replace("s3:*", "s3:PutObject")),
            with(tls(LAKE).replace(r#""Principal": "*""#, r#""Principal": {"AWS": "444455556666"}"#)),
            tls(r#""arn:aws:s3:::acme-lake/*""#) + ", " + &allow,
        ],
    );
    let lets = r#"{"Bool": {"aws:SecureTransport": "true"}}"#;
    each(
        Usage::Bucket,
        "tls-not-demanded",
        false,
        &[
            with(tls(LAKE)),
            with(tls(r#""*""#)),
            with(tls(r#""arn:aws:s3:::acme-lake*""#)),
            with(
                tls(LAKE)
                    .replace("Bool", "BoolIfExists")
                    .replace("aws:SecureTransport", "AWS:securetransport"),
            ),
            with(tls(LAKE).replace("s3:*", "*")),
            with(tls(r#""arn:aws:s3:::acme-lake""#) + ", " + &tls(r#""arn:aws:s3:::acme-lake/*""#)),
            with(deny(r#"{"NumericLessThan": {"s3:TlsVersion": "1.2"}}"#)),
            statement("Allow", role, r#""s3:GetObject""#, LAKE, lets),
            deny(r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            statement("Allow", role, r#""kms:Decrypt""#, r#""*""#, ""),
        ],
    );
}

#[test]
fn uploads_denied() {
    let sse = "s3:x-amz-server-side-encryption";
    let put =
        |condition: &str| statement("Deny", r#""Principal": "*""#, r#""s3:PutObject""#, LAKE, condition);
    each(
        Usage::Bucket,
        "unencrypted-upload-deny",
        true,
        &[
            put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}}}"#)),
            put(&format!(r#"{{"StringNotEquals": {{"{}": ["AES256", "aws:kms"]}}}}"#, sse.to_uppercase())),
            put(&format!(r#"{{"StringNotEqualsIfExists": {{"{sse}": "aws:kms"}}}}"#)),
            put(&format!(
                r#"{{"StringNotLike": {{"{sse}-aws-kms-key-id": "arn:aws:kms:*:111122223333:key/*"}}}}"#
            )),
            put(&format!(r#"{{"Null": {{"{sse}": "true"}}}}"#)),
            put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}}}"#))
                .replace("s3:PutObject", "s3:Put*"),
        ],
    );
    each(
        Usage::Bucket,
        "unencrypted-upload-deny",
        false,
        &[
            put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}, "Null": {{"{sse}": "false"}}}}"#)),
            put(&format!(
                r#"{{"StringNotEquals": {{"{sse}-aws-kms-key-id": "a"}}, "StringEquals": {{"{sse}": "aws:kms"}}}}"#
            )),
            put(&format!(r#"{{"StringEquals": {{"{sse}": "AES256"}}}}"#)),
            put(&format!(r#"{{"Null": {{"{sse}-customer-algorithm": "false"}}}}"#)),
            put(&format!(r#"{{"Null": {{"{sse}": "false"}}}}"#)),
            put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}}}"#))
                .replace("s3:PutObject", "s3:GetObject"),
            put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}}}"#)).replace("Deny", "Allow"),
        ],
    );
}

#[test]
fn others_who_administer() {
    let of = |principal: &str, action: &str, resource: &str| {
        statement("Allow", &format!(r#""Principal": {{"AWS": {principal}}}"#), action, resource, "")
    };
    let (other, all) = (r#""444455556666""#, r#""s3:*""#);
    each(
        Usage::Bucket,
        "bucket-administered-by-others",
        true,
        &[
            of(other, all, LAKE),
            of(r#""arn:aws:iam::444455556666:role/Partner""#, all, LAKE),
            of(r#"["111122223333", "arn:aws:iam::444455556666:user/p"]"#, r#""s3:PutBucketPolicy""#, LAKE),
            of(other, r#"["s3:GetObject", "s3:putbucketACL"]"#, LAKE),
            of(other, r#""s3:*Policy""#, r#""arn:aws:s3:::acme-lake""#),
            of(other, r#""*""#, r#""*""#),
        ],
    );
    each(
        Usage::Bucket,
        "bucket-administered-by-others",
        false,
        &[
            of(r#""111122223333""#, all, LAKE),
            of(r#""arn:aws:iam::111122223333:role/Admin""#, all, LAKE),
            of(other, r#"["s3:GetObject", "s3:ListBucket", "s3:PutObject"]"#, LAKE),
            of(other, all, r#""arn:aws:s3:::acme-lake/*""#),
            of(other, r#""s3:GetBucketPolicy""#, LAKE),
            of(other, all, LAKE).replace("Allow", "Deny"),
        ],
    );
    let role = of(r#""arn:aws:iam::444455556666:role/Admin""#, all, LAKE);
    assert!(!broken(Usage::Bucket, &role, None).contains("bucket-administered-by-others"));
}

#[test]
fn all_but_some() {
    let of = |effect: &str, principals: &str, action: &str| {
        statement(effect, &format!(r#""NotPrincipal": {principals}"#), action, LAKE, "")
    };
    let get = r#""s3:GetObject""#;
    let user = r#"{"AWS": "arn:aws:iam::111122223333:user/a"}"#;
    let with_root = r#"{"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/a"]}"#;
    let role_and_root =
        r#"{"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/ds/R"]}"#;
    let session = r#"{"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/ds/R",
        "arn:aws:sts::111122223333:assumed-role/R/job"]}"#;
    let service = r#"{"Service": "cloudfront.amazonaws.com"}"#;
    each(
        Usage::Bucket,
        "not-principal-allow",
        true,
        &[
            of("Allow", user, get),
            of("Allow", with_root, get),
            of("Allow", service, get),
            of("Allow", user, r#""s3:*""#),
        ],
    );
    each(
        Usage::Bucket,
        "not-principal-allow",
        false,
        &[of("Deny", user, get), of("Deny", service, get), public(get, ""), deny("")],
    );
    each(
        Usage::Bucket,
        "not-principal-deny",
        true,
        &[
            of("Deny", user, get),
            of("Deny", role_and_root, get),
            of("Deny", role_and_root, r#""s3:*""#),
            of("Deny", r#"{"AWS": "arn:aws:iam::111122223333:role/R"}"#, get),
            of("Deny", r#"{"AWS": ["444455556666", "arn:aws:iam::111122223333:user/a"]}"#, get),
            of("Deny", r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/R/job"}"#, get),
        ],
    );
    each(
        Usage::Bucket,
        "not-principal-deny",
        false,
        &[
            of("Deny", with_root, get),
            of("Deny", session, get),
            of("Deny", service, get),
            of("Deny", r#"{"AWS": "111122223333"}"#, get),
            of("Deny", user, r#""s3:*""#),
            of("Allow", user, get),
        ],
    );
}

/// The rules that an environment breaks, after the usual header.
fn broken_in_environment(body: &str) -> Vec<&'static str> {
    let text = format!("environment: analytics\naccount: \"{ACCOUNT}\"\nregion: eu-west-1\n{body}");
    let file = Arc::new(Source { name: "environments/analytics.yaml".into(), text });
    let (lowered, said) = hatrack::spec::load(&[file], &[]);
    assert_eq!(said, [], "{body}");
    let lowered = lowered.unwrap();
    let today = date(2026, 11, 21);
    let report = lint::estate(lint::Estate { lowered: &lowered, today });
    report.findings.iter().filter_map(|finding| finding.rule).collect()
}

fn bucket_with(statement: &str) -> String {
    format!("buckets:\n  acme-lake:\n    policy:\n      - {statement}\n")
}

#[test]
fn a_bucket_is_told_once_that_it_does_not_demand_tls() {
    let tls = deny(r#"{"Bool": {"aws:SecureTransport": "false"}}"#);
    let organization = deny(r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#);
    assert_eq!(broken_in_environment("buckets:\n  acme-lake: {}\n"), ["bucket-without-policy"]);
    assert_eq!(broken_in_environment(&bucket_with(&organization)), ["tls-not-demanded"]);
    assert_eq!(broken_in_environment(&bucket_with(&tls)), [""; 0]);
    assert_eq!(broken_in_environment("buckets:\n  acme-lake: { template: private-bucket }\n"), [""; 0]);
}

#[test]
fn a_policy_speaks_of_its_own_bucket() {
    let plain = r#"{"Bool": {"aws:SecureTransport": "false"}}"#;
    let on = |resource: &str| statement("Deny", r#""Principal": "*""#, r#""s3:*""#, resource, plain);
    let rule = "bucket-of-another";
    for resource in [
        r#"["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lakes/*"]"#,
        r#""arn:aws:s3:::acme""#,
        r#""arn:aws:s3:::other*""#,
        r#""arn:aws:s3:::acme-lak/*""#,
        r#""arn:aws:s3:::Acme-lake/*""#,
        r#"["arn:aws:s3:::acme-lake/*", "arn:aws:s3:::acme-lake-assets"]"#,
    ] {
        assert!(broken_in_environment(&bucket_with(&on(resource))).contains(&rule), "{resource}");
    }
    for resource in [
        LAKE,
        r#""*""#,
        r#""arn:aws:s3:::*""#,
        r#""arn:aws:s3:::acme-lake*""#,
        r#""arn:aws:s3:::acme-*/raw/*""#,
        r#""arn:*:s3:::acme-lake/*""#,
    ] {
        assert!(!broken_in_environment(&bucket_with(&on(resource))).contains(&rule), "{resource}");
    }
}

#[test]
fn administrators_of_another_account_administer_nothing() {
    let locks = |condition: &str| {
        broken(Usage::Bucket, &deny(condition), Some(ACCOUNT)).contains("bucket-locks-everyone-out")
    };
    assert!(locks(r#"{"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}"#));
    assert!(locks(r#"{"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/Admin"}}"#));
    assert!(!locks(r#"{"StringNotEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}"#));
    let condition = r#"{"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}"#;
    assert_eq!(broken(Usage::Bucket, &deny(condition), None), BTreeSet::new());
}

#[test]
fn a_denial_of_something_else_is_no_fence() {
    let get = public(r#""s3:GetObject""#, "");
    let with = |condition: &str, action: &str| {
        let both = format!("{get}, {}", deny(condition).replace("s3:*", action));
        broken(Usage::Bucket, &both, Some(ACCOUNT)).contains("bucket-public")
    };
    let outside = r#""StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#;
    assert!(!with(&format!("{{{outside}}}"), "s3:*"));
    assert!(!with(&format!(r#"{{{outside}, "Bool": {{"aws:PrincipalIsAWSService": "false"}}}}"#), "s3:*"));
    assert!(with(&format!(r#"{{{outside}, "Bool": {{"aws:SecureTransport": "false"}}}}"#), "s3:*"));
    assert!(with(&format!(r#"{{{outside}, "Bool": {{"aws:PrincipalIsAWSService": "true"}}}}"#), "s3:*"));
    assert!(with(&format!("{{{outside}}}"), "s3:PutObject"));
}

/// What a trust policy and a bucket policy break that were found in the account.
fn broken_in_account(principal: &str) -> BTreeSet<&'static str> {
    let trusts = assume(principal, "");
    let lets = statement("Allow", &format!("\"Principal\": {principal}"), r#""s3:GetObject""#, LAKE, "");
    let text = format!("environment: analytics\naccount: \"{ACCOUNT}\"\nregion: eu-west-1\n");
    let file = Arc::new(Source { name: "environments/analytics.yaml".into(), text });
    let lowered = hatrack::spec::load(&[file], &[]).0.unwrap();
    let mut state = lowered.wanted.clone();
    let policy = |statement: &str| Policy::from_text(&format!(r#"{{"Statement": [{statement}]}}"#), "aws");
    let role = ResourceId { account: ACCOUNT.parse().unwrap(), kind: Kind::Role, name: "Reader".into() };
    let bucket = ResourceId { kind: Kind::Bucket, name: "acme-lake".into(), ..role.clone() };
    let core = Core::Role {
        path: "/".into(),
        description: String::new(),
        max_session_seconds: 3600,
        trust: policy(&trusts),
    };
    state.resources.insert(role, Resource::new(core, []));
    let core = Core::Bucket { region: "eu-west-1".into() };
    state.resources.insert(bucket, Resource::new(core, [Setting::BucketPolicy(policy(&lets))]));
    let ours = state.resources.keys().cloned().collect();
    let found = lint::account(&state, &ours, &lowered.environments, date(2026, 11, 21));
    let dangling = found.iter().filter(|f| f.rule.id == "dangling-principal");
    dangling.map(|f| f.id.kind.word()).collect()
}

#[test]
fn principals_that_are_gone() {
    for gone in [
        r#"{"AWS": "AIDAJQABLZS4A3QDU576Q"}"#,
        r#"{"AWS": "AROAJQABLZS4A3QDU576Q"}"#,
        r#"{"AWS": ["arn:aws:iam::111122223333:user/alice", "AROAJQABLZS4A3QDU576Q"]}"#,
        r#"{"AWS": ["AIDAJQABLZS4A3QDU576Q", "AROAJQABLZS4A3QDU576Q"]}"#,
        r#"{"AWS": "AROAJQABLZS4A3QDU576Q", "Service": "glue.amazonaws.com"}"#,
        r#"{"AWS": "AIDA1234567890123456"}"#,
    ] {
        assert_eq!(broken_in_account(gone), BTreeSet::from(["bucket", "role"]), "{gone}");
    }
    for there in [
        r#"{"AWS": "arn:aws:iam::111122223333:user/alice"}"#,
        r#"{"AWS": "arn:aws:iam::111122223333:role/AROAJQABLZS4A3QDU576Q"}"#,
        r#"{"AWS": "111122223333"}"#,
        r#"{"Service": "glue.amazonaws.com"}"#,
        r#"{"AWS": "*"}"#,
        r#"{"CanonicalUser": "AIDAJQABLZS4A3QDU576Q"}"#,
    ] {
        assert_eq!(broken_in_account(there), BTreeSet::new(), "{there}");
    }
}
