//! Rules on what identities may do: what has to be found, and the correct policies beside it that must not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::sync::Arc;

use hatrack::diagnostic::{Diagnostic, Source};
use hatrack::lint::{self, Home};
use hatrack::policy::{Usage, Written};
use hatrack::spec::source::parse;
use jiff::civil::date;

const HEADER: &str = "environment: analytics\naccount: \"111122223333\"\nregion: eu-west-1\n";

fn source(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { name: name.to_owned(), text: text.to_owned() })
}

/// What is found in statements that stand alone, as an identity policy.
fn in_statements(statements: &str) -> Vec<Diagnostic> {
    in_document(&format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#))
}

fn in_document(text: &str) -> Vec<Diagnostic> {
    let (node, wrong) = parse(&source("policy.json", text));
    let node = node.unwrap_or_else(|| panic!("{wrong:?}: {text}"));
    let (written, problems) = Written::read(&node.to_json(), Usage::Identity, "aws");
    assert!(problems.is_empty(), "{problems:?}: {text}");
    let home = Home::default();
    let today = date(2026, 11, 21);
    let single = lint::Single {
        written: written.as_ref(),
        problems: &problems,
        node: &node,
        ceiling: false,
        home: &home,
        today,
    };
    lint::document(single).findings
}

fn in_environment(body: &str) -> Vec<Diagnostic> {
    let environment = source("environments/analytics.yaml", &format!("{HEADER}{body}"));
    let (lowered, diagnostics) = hatrack::spec::load(&[environment], &[]);
    let lowered = lowered.unwrap_or_else(|| panic!("{diagnostics:?}"));
    lint::estate(lint::Estate { lowered: &lowered, today: date(2026, 11, 21) }).findings
}

fn messages(found: &[Diagnostic], rule: &str) -> Vec<String> {
    found.iter().filter(|d| d.rule == Some(rule)).map(|d| d.message.clone()).collect()
}

fn allow(actions: &[&str], resource: &str) -> String {
    allow_if(actions, resource, "{}")
}

fn allow_if(actions: &[&str], resource: &str, condition: &str) -> String {
    let actions = serde_json::to_string(actions).unwrap();
    format!(
        r#"{{"Effect": "Allow", "Action": {actions}, "Resource": {resource:?}, "Condition": {condition}}}"#
    )
}

fn deny_if(actions: &[&str], resource: &str, condition: &str) -> String {
    allow_if(actions, resource, condition).replace("\"Allow\"", "\"Deny\"")
}

const ROLES: &str = "arn:aws:iam::111122223333:role/*";
const MFA: &str = r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#;

fn passed_to(service: &str) -> String {
    format!(r#"{{"StringEquals": {{"iam:PassedToService": "{service}"}}}}"#)
}

#[test]
fn ways_to_more_rights() {
    let cases: Vec<(String, &str)> = vec![
        // With IAM alone.
        (allow(&["iam:CreatePolicyVersion"], "*"), "iam:CreatePolicyVersion"),
        (
            allow(&["iam:SetDefaultPolicyVersion"], "arn:aws:iam::111122223333:policy/*"),
            "iam:SetDefaultPolicyVersion",
        ),
        (allow(&["iam:CreateAccessKey"], "*"), "iam:CreateAccessKey"),
        (allow(&["iam:CreateLoginProfile"], "arn:aws:iam::*:user/*"), "iam:CreateLoginProfile"),
        (allow(&["iam:UpdateLoginProfile"], "*"), "iam:UpdateLoginProfile"),
        (allow(&["iam:AttachUserPolicy"], "*"), "iam:AttachUserPolicy"),
        // Giving oneself a policy, unlike making oneself a key, is a gain.
        (allow(&["iam:AttachUserPolicy"], "arn:aws:iam::*:user/${aws:username}"), "iam:AttachUserPolicy"),
        (
            allow(&["iam:PutUserPolicy"], "arn:aws:iam::111122223333:user/*/${aws:username}"),
            "iam:PutUserPolicy",
        ),
        (allow(&["iam:AttachGroupPolicy"], "*"), "iam:AttachGroupPolicy"),
        (allow(&["iam:PutGroupPolicy"], "arn:aws:iam::111122223333:group/*"), "iam:PutGroupPolicy"),
        (allow(&["iam:AttachRolePolicy"], ROLES), "iam:AttachRolePolicy"),
        (allow(&["IAM:putrolepolicy"], ROLES), "iam:PutRolePolicy"),
        (allow(&["iam:Put*"], "*"), "iam:PutUserPolicy"),
        (allow(&["iam:AddUserToGroup"], "*"), "iam:AddUserToGroup"),
        (allow(&["iam:UpdateAssumeRolePolicy"], "*"), "iam:UpdateAssumeRolePolicy"),
        // On one and the same role or user.
        (
            allow(&["iam:AttachRolePolicy", "sts:AssumeRole"], "arn:aws:iam::111122223333:role/Etl"),
            "sts:AssumeRole",
        ),
        (
            [
                allow(&["iam:PutRolePolicy"], "arn:aws:iam::111122223333:role/etl/*"),
                allow(&["iam:UpdateAssumeRolePolicy"], "arn:aws:iam::111122223333:role/etl/Nightly"),
            ]
            .join(","),
            "iam:UpdateAssumeRolePolicy",
        ),
        (
            allow(&["iam:PutUserPolicy", "iam:CreateAccessKey"], "arn:aws:iam::111122223333:user/robot"),
            "iam:CreateAccessKey",
        ),
        // With a role that is passed.
        (
            [allow(&["iam:PassRole"], "*"), allow(&["lambda:CreateFunction", "lambda:InvokeFunction"], "*")]
                .join(","),
            "lambda:InvokeFunction",
        ),
        (
            [
                allow_if(&["iam:PassRole"], ROLES, &passed_to("lambda.amazonaws.com")),
                allow(&["lambda:Create*"], "arn:aws:lambda:eu-west-1:111122223333:function:acme-*"),
            ]
            .join(","),
            "lambda:CreateEventSourceMapping",
        ),
        (
            [
                allow_if(&["iam:PassRole"], "*", &passed_to("ec2.amazonaws.com.cn")),
                allow(&["ec2:RunInstances"], "*"),
            ]
            .join(","),
            "ec2:RunInstances",
        ),
        (
            [
                allow_if(&["iam:Pass*"], ROLES, &passed_to("*.amazonaws.com").replace("Equals", "Like")),
                allow(&["sagemaker:CreateTrainingJob"], "*"),
            ]
            .join(","),
            "sagemaker:CreateTrainingJob",
        ),
        (
            allow(&["iam:PassRole", "sagemaker:CreateNotebookInstance"], "*"),
            "sagemaker:CreateNotebookInstance",
        ),
        (allow(&["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"], "*"), "glue:StartJobRun"),
        (allow(&["iam:PassRole", "cloudformation:CreateStack"], "*"), "cloudformation:CreateStack"),
        (allow(&["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"], "*"), "ecs:RunTask"),
        (
            allow(&["iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"], "*"),
            "codebuild:CreateProject",
        ),
        (allow(&["iam:*", "apprunner:CreateService"], "*"), "iam:AttachUserPolicy"),
        // With a role that something has already.
        (allow(&["lambda:UpdateFunctionCode"], "*"), "lambda:UpdateFunctionCode"),
        (
            allow(&["lambda:UpdateFunctionConfiguration"], "arn:aws:lambda:*:*:function:*"),
            "lambda:UpdateFunctionConfiguration",
        ),
        (allow(&["ssm:StartSession"], "arn:aws:ec2:eu-west-1:111122223333:instance/*"), "ssm:StartSession"),
        (allow(&["ssm:SendCommand"], "*"), "ssm:SendCommand"),
        (allow(&["sagemaker:CreatePresignedNotebookInstanceUrl"], "*"), "CreatePresignedNotebookInstanceUrl"),
        (allow(&["cloudformation:UpdateStack"], "*"), "cloudformation:UpdateStack"),
        // What does not take it away.
        (allow_if(&["iam:CreateAccessKey"], "*", MFA), "iam:CreateAccessKey"),
        (
            [
                allow(&["iam:PutUserPolicy"], "*"),
                deny_if(&["*"], "*", r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}"#),
            ]
            .join(","),
            "iam:PutUserPolicy",
        ),
        (
            [
                allow(&["iam:AttachUserPolicy"], "*"),
                deny_if(&["iam:*"], "arn:aws:iam::111122223333:user/admin", "{}"),
            ]
            .join(","),
            "iam:AttachUserPolicy",
        ),
        ([allow(&["*"], "*"), deny_if(&["iam:*"], "*", "{}")].join(","), "lambda:UpdateFunctionCode"),
        (r#"{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}"#.to_owned(), "iam:AttachUserPolicy"),
        (
            r#"{"Effect": "Allow", "Action": "iam:AttachRolePolicy",
                "NotResource": "arn:aws:iam::111122223333:role/admin"}"#
                .to_owned(),
            "iam:AttachRolePolicy",
        ),
    ];
    for (statements, action) in cases {
        let found = in_statements(&statements);
        let said = messages(&found, "privilege-escalation");
        assert_eq!(said.len(), 1, "{statements}: {found:?}");
        let help = found.iter().find(|d| d.rule == Some("privilege-escalation")).unwrap().help.join(" ");
        assert!(said[0].contains(action) || help.contains(action), "{statements}: {said:?} {help}");
    }
}

#[test]
fn no_way_to_more_rights() {
    let lambda = allow(&["lambda:CreateFunction", "lambda:InvokeFunction"], "*");
    let cases: Vec<String> = vec![
        // An administrator needs no way.
        allow(&["*"], "*"),
        // Only oneself.
        allow(&["iam:CreateAccessKey", "iam:UpdateLoginProfile"], "arn:aws:iam::*:user/${aws:username}"),
        allow(&["iam:ChangePassword", "iam:GetUser"], "*"),
        // Only something that is named.
        allow(&["iam:AttachRolePolicy"], "arn:aws:iam::111122223333:role/etl/Nightly"),
        allow(&["iam:CreateAccessKey"], "arn:aws:iam::111122223333:user/robots/*"),
        allow(&["lambda:UpdateFunctionCode"], "arn:aws:lambda:eu-west-1:111122223333:function:acme-score"),
        allow(&["ssm:SendCommand"], "arn:aws:ssm:eu-west-1::document/*"),
        allow(&["cloudformation:UpdateStack"], "arn:aws:cloudformation:eu-west-1:111122223333:stack/acme-*"),
        // Different roles.
        [
            allow(&["iam:PutRolePolicy"], "arn:aws:iam::111122223333:role/etl/*"),
            allow(&["sts:AssumeRole"], "arn:aws:iam::111122223333:role/people/Reader"),
        ]
        .join(","),
        // Guarded.
        allow_if(
            &["iam:CreateUser", "iam:AttachUserPolicy", "iam:PutUserPolicy"],
            "*",
            r#"{"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/ceiling"}}"#,
        ),
        allow_if(
            &["iam:AttachRolePolicy"],
            "*",
            r#"{"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}}"#,
        ),
        allow_if(&["ssm:StartSession"], "*", r#"{"StringEquals": {"ssm:resourceTag/owner": "${aws:username}"}}"#),
        allow_if(
            &["sagemaker:CreatePresignedNotebookInstanceUrl"],
            "*",
            r#"{"StringEquals": {"aws:ResourceTag/Owner": "${aws:username}"}}"#,
        ),
        // A role, but nothing to hand it to.
        allow(&["iam:PassRole"], "*"),
        // Something to hand it to, but another service.
        [allow_if(&["iam:PassRole"], "*", &passed_to("glue.amazonaws.com")), lambda.clone()].join(","),
        // One role, of which nothing is known.
        [allow(&["iam:PassRole"], "arn:aws:iam::111122223333:role/acme/Score"), lambda.clone()].join(","),
        [allow(&["iam:PassRole"], "arn:aws:iam::111122223333:role/acme/*"), lambda.clone()].join(","),
        // Half of it.
        [allow(&["iam:PassRole"], "*"), allow(&["lambda:CreateFunction"], "*")].join(","),
        [allow(&["iam:PassRole"], "*"), allow(&["glue:StartJobRun"], "*")].join(","),
        // Denied.
        [allow(&["iam:*"], "*"), deny_if(&["iam:*"], "*", "{}")].join(","),
        [
            allow(&["iam:PassRole"], "*"),
            lambda.clone(),
            deny_if(&["iam:PassRole"], "arn:aws:iam::111122223333:role/*", "{}"),
        ]
        .join(","),
        [
            allow(&["iam:PassRole"], "*"),
            lambda.clone(),
            deny_if(&["iam:PassRole"], "*", r#"{"StringNotEquals": {"iam:PassedToService": "glue.amazonaws.com"}}"#),
        ]
        .join(","),
        [
            allow(&["iam:PassRole"], "*"),
            lambda.clone(),
            r#"{"Effect": "Deny", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::111122223333:role/acme/*"}"#
                .to_owned(),
        ]
        .join(","),
        [
            allow(&["iam:AttachUserPolicy"], "*"),
            r#"{"Effect": "Deny", "NotAction": ["s3:*", "iam:Get*"], "Resource": "*"}"#.to_owned(),
        ]
        .join(","),
        [
            allow(&["iam:PutRolePolicy"], "*"),
            deny_if(
                &["iam:PutRolePolicy"],
                "*",
                r#"{"StringNotEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/ceiling"}}"#,
            ),
        ]
        .join(","),
        // Reading is no way to anything.
        allow(&["iam:Get*", "iam:List*", "lambda:Get*", "ec2:Describe*", "sagemaker:Describe*"], "*"),
    ];
    for statements in cases {
        let said = messages(&in_statements(&statements), "privilege-escalation");
        assert!(said.is_empty(), "{statements}: {said:?}");
    }
}

const LAMBDA: &str =
    "{ Sid: Run, Effect: Allow, Action: [lambda:CreateFunction, lambda:InvokeFunction], Resource: \"*\" }";

/// A group with two policies of its own, of which one passes roles.
fn team(pass: &str, more: &str) -> String {
    format!(
        "groups:\n  Team:\n    policies: [pass, run]\npolicies:\n  pass:\n    statements:\n      - {pass}\n  \
         run:\n    statements:\n      - {LAMBDA}\n{more}"
    )
}

const PASS_ANY: &str = "{ Effect: Allow, Action: iam:PassRole, Resource: \"*\" }";
const PASS_OPS: &str =
    "{ Effect: Allow, Action: iam:PassRole, Resource: \"arn:aws:iam::111122223333:role/ops/*\" }";

fn roles(path: &str, trust: &str, policy: &str) -> String {
    format!("roles:\n  Ops:\n    path: {path}\n    trust: {trust}\n    policies: [{policy}]\n")
}

#[test]
fn over_all_policies_of_an_identity() {
    for (body, words) in [
        (team(PASS_ANY, ""), Some("group `Team` can run a function that acts as a role (with")),
        (team(PASS_ANY, &roles("/ops/", "lambda", "IAMFullAccess")), Some("such as `Ops`")),
        // A role that is named: of use only if it is known to be powerful and to trust the service.
        (team(PASS_OPS, ""), None),
        (team(PASS_OPS, &roles("/ops/", "lambda", "IAMFullAccess")), Some("such as `Ops`")),
        (team(PASS_OPS, &roles("/ops/", "lambda", "AdministratorAccess")), Some("such as `Ops`")),
        (team(PASS_OPS, &roles("/ops/", "glue", "AdministratorAccess")), None),
        (team(PASS_OPS, &roles("/dev/", "lambda", "AdministratorAccess")), None),
        (team(PASS_OPS, &roles("/ops/", "lambda", "AmazonS3ReadOnlyAccess")), None),
        // Half in a group, half in the user.
        (
            format!(
                "groups:\n  Pass:\n    inline:\n      pass:\n        - {PASS_ANY}\n  Run:\n    inline:\n      run:\n        \
                 - {LAMBDA}\nusers:\n  alice: {{ groups: [Pass, Run] }}\n"
            ),
            Some("user `alice` can run a function"),
        ),
        // All of it in one group is said of the group, once.
        (
            team(PASS_ANY, "users:\n  alice: { groups: [Team, Other] }\n").replace("groups:\n  Team:", "groups:\n  Other: {}\n  Team:"),
            Some("group `Team` can run a function"),
        ),
        // A policy that one holds oneself.
        (
            "groups:\n  Team:\n    policies: [own]\npolicies:\n  own:\n    statements:\n      - { Effect: Allow, \
             Action: iam:CreatePolicyVersion, Resource: \"arn:aws:iam::111122223333:policy/hatrack/analytics/own\" }\n"
                .to_owned(),
            Some("group `Team` can rewrite a policy"),
        ),
        (
            "groups:\n  Team:\n    policies: [own]\npolicies:\n  own:\n    statements:\n      - { Effect: Allow, \
             Action: iam:CreatePolicyVersion, Resource: \"arn:aws:iam::111122223333:policy/other\" }\n"
                .to_owned(),
            None,
        ),
        // A role that passes itself gains nothing.
        (
            format!(
                "roles:\n  Ops:\n    trust: lambda\n    policies: [IAMReadOnlyAccess]\n    inline:\n      all:\n        - {LAMBDA}\n        \
                 - {{ Effect: Allow, Action: iam:PassRole, Resource: \"arn:aws:iam::111122223333:role/Ops\" }}\n"
            ),
            None,
        ),
        // Within a boundary.
        (
            format!(
                "roles:\n  Ops:\n    trust: lambda\n    boundary: ceiling\n    inline:\n      all:\n        - {LAMBDA}\n        - {PASS_ANY}\n\
                 policies:\n  ceiling:\n    statements:\n      - {{ Effect: Allow, Action: [s3:Get*, lambda:*], Resource: \"*\" }}\n"
            ),
            None,
        ),
        (
            format!(
                "roles:\n  Ops:\n    trust: lambda\n    boundary: ceiling\n    inline:\n      all:\n        - {LAMBDA}\n        - {PASS_ANY}\n\
                 policies:\n  ceiling:\n    statements:\n      - {{ Effect: Allow, Action: [iam:PassRole, lambda:*], Resource: \"*\" }}\n"
            ),
            Some("role `Ops` can run a function"),
        ),
    ] {
        let found = in_environment(&body);
        let mut said = messages(&found, "privilege-escalation");
        // What the powerful role is found for itself.
        said.retain(|message| !message.contains("`Ops` has 13 ways"));
        match words {
            Some(words) => assert!(said.len() == 1 && said[0].contains(words), "{body}: {said:?} {found:?}"),
            None => assert!(said.is_empty(), "{body}: {said:?}"),
        }
    }
}

#[test]
fn aws_managed_policies_on_people() {
    for (policy, words) in [
        ("AdministratorAccess", Some("every right there is")),
        ("PowerUserAccess", Some("every right there is but `account:*`, `iam:*`")),
        ("IAMFullAccess", Some("attach any policy to a user")),
        ("AmazonSageMakerFullAccess", Some("passes any role of the account to `")),
        ("AmazonS3FullAccess", Some("changes who may do what")),
        ("AmazonEC2ReadOnlyAccess", None),
        ("AmazonS3ReadOnlyAccess", None),
        ("IAMReadOnlyAccess", None),
        ("IAMUserChangePassword", None),
        ("ReadOnlyAccess", None),
        ("SecurityAudit", None),
        ("job-function/ViewOnlyAccess", None),
    ] {
        let found = in_environment(&format!("groups:\n  Team:\n    policies: [{policy}]\n"));
        let said = messages(&found, "broad-managed-policy-on-people");
        match words {
            Some(words) => assert!(said.len() == 1 && said[0].contains(words), "{policy}: {said:?}"),
            None => assert!(said.is_empty(), "{policy}: {said:?}"),
        }
        let of_role = in_environment(&format!("roles:\n  Ops:\n    trust: ec2\n    policies: [{policy}]\n"));
        assert!(messages(&of_role, "broad-managed-policy-on-people").is_empty());
    }
}

/// The rules of this page that a statement breaks.
#[test]
fn single_statements() {
    let tag = r#"{"StringEquals": {"aws:ResourceTag/project": "alpha"}}"#;
    let glue = passed_to("glue.amazonaws.com");
    let cases: Vec<(String, &[&str])> = vec![
        (allow(&["*"], "*"), &["full-admin"]),
        (allow_if(&["*"], "*", MFA), &["full-admin"]),
        (allow_if(&["*"], "*", tag), &["all-actions"]),
        (allow(&["*"], "arn:aws:s3:::acme/*"), &["all-actions"]),
        (allow(&["s3:*"], "arn:aws:s3:::acme/*"), &["service-wildcard"]),
        (allow(&["S3:*"], "*"), &["all-resources", "service-wildcard"]),
        (allow(&["execute-api:*"], "arn:aws:execute-api:eu-west-1:111122223333:abc/*"), &[]),
        (allow(&["s3:Get*"], "arn:aws:s3:::acme/*"), &[]),
        (allow(&["s3:GetObject"], "*"), &["all-resources"]),
        (allow(&["s3:GetObject"], "arn:aws:s3:::*"), &["all-resources"]),
        (allow(&["s3:GetObject"], "arn:aws:s3:::*/*"), &["all-resources"]),
        (allow(&["s3:Get*"], "*"), &["all-resources"]),
        (allow(&["dynamodb:Query"], "arn:aws:dynamodb:*:*:table/*"), &["all-resources"]),
        (allow(&["dynamodb:Query"], "arn:aws:dynamodb:eu-west-1:111122223333:table/*"), &[]),
        (allow(&["secretsmanager:GetSecretValue"], "*"), &["all-resources"]),
        (allow(&["kms:Decrypt"], "*"), &["all-resources"]),
        (allow(&["sqs:DeleteMessage"], "*"), &["all-resources"]),
        (
            allow_if(
                &["kms:Decrypt"],
                "*",
                r#"{"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}"#,
            ),
            &[],
        ),
        (allow_if(&["sqs:DeleteMessage"], "*", tag), &[]),
        (
            allow_if(&["s3:GetObject"], "*", r#"{"StringEquals": {"aws:ResourceAccount": "111122223333"}}"#),
            &[],
        ),
        (allow_if(&["s3:GetObject"], "*", MFA), &["all-resources"]),
        (allow(&["s3:ListAllMyBuckets", "s3:GetBucketLocation", "s3:GetBucketPolicy"], "*"), &[]),
        (allow(&["ec2:Describe*", "sagemaker:List*", "glue:GetTable", "logs:DescribeLogGroups"], "*"), &[]),
        (
            allow(&["ecr:GetAuthorizationToken", "cloudwatch:PutMetricData", "xray:PutTraceSegments"], "*"),
            &[],
        ),
        (allow(&["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeVpcs"], "*"), &[]),
        (deny_if(&["s3:*"], "*", "{}"), &[]),
        (deny_if(&["*"], "*", "{}"), &[]),
        (
            r#"{"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::pay/*"}"#
                .to_owned(),
            &["not-resource-allow"],
        ),
        (
            r#"{"Effect": "Deny", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::pay/*"}"#.to_owned(),
            &[],
        ),
        (allow(&["iam:PassRole"], "*"), &["pass-role-any"]),
        (allow(&["iam:Pass*"], "arn:aws:iam::111122223333:*"), &["pass-role-any"]),
        (allow_if(&["iam:PassRole"], ROLES, &glue), &["pass-role-any"]),
        (
            allow_if(&["iam:PassRole"], ROLES, r#"{"StringLike": {"iam:PassedToService": "*"}}"#),
            &["pass-role-any"],
        ),
        (allow(&["iam:PassRole"], "arn:aws:iam::111122223333:role/acme/*"), &["pass-role-without-service"]),
        (
            allow_if(&["iam:PassRole"], "arn:aws:iam::111122223333:role/acme/Etl", MFA),
            &["pass-role-without-service"],
        ),
        (allow_if(&["iam:PassRole"], "arn:aws:iam::111122223333:role/acme/*", &glue), &[]),
        (
            allow_if(
                &["iam:PassRole"],
                "arn:aws:iam::111122223333:role/acme/Etl",
                &glue.replace("iam:P", "IAM:p"),
            ),
            &[],
        ),
        (
            allow_if(
                &["iam:PassRole"],
                "arn:aws:iam::111122223333:role/acme/Etl",
                &glue.replace("Equals", "EqualsIfExists"),
            ),
            &[],
        ),
        (allow(&["iam:GetRole"], ROLES), &[]),
        (allow(&["sts:AssumeRole"], "*"), &["assume-role-any"]),
        (allow(&["sts:*"], "arn:aws:iam::444455556666:role/*"), &["assume-role-any", "service-wildcard"]),
        (allow(&["sts:AssumeRole"], "arn:aws:iam::444455556666:role/lake/*"), &[]),
        (allow(&["sts:GetCallerIdentity", "sts:TagSession"], "*"), &[]),
    ];
    let ours = [
        "all-actions",
        "all-resources",
        "assume-role-any",
        "full-admin",
        "not-resource-allow",
        "pass-role-any",
        "pass-role-without-service",
        "service-wildcard",
    ];
    for (statement, rules) in cases {
        let found = in_statements(&statement);
        let mut broken: Vec<&str> =
            found.iter().filter_map(|d| d.rule).filter(|r| ours.contains(r)).collect();
        broken.sort_unstable();
        assert_eq!(broken, rules, "{statement}: {found:?}");
    }
}

#[test]
fn a_ceiling_gives_nothing() {
    let policy = "policies:\n  fence:\n    statements: [{ Effect: Allow, Action: [s3:*, sts:AssumeRole], Resource: \"*\" }]\n";
    let bounded = format!("{policy}roles:\n  Ops:\n    trust: ec2\n    boundary: fence\n");
    assert_eq!(in_environment(&bounded).iter().map(|d| d.rule).collect::<Vec<_>>(), []);
    let attached = format!("{bounded}    policies: [fence]\n");
    let found = in_environment(&attached);
    for rule in ["service-wildcard", "all-resources", "assume-role-any"] {
        assert_eq!(messages(&found, rule).len(), 1, "{rule}: {found:?}");
    }
}
