//! Everything of a kind, for actions that could be limited.

use crate::diagnostic::Severity;
use crate::lint::cover::is_star;
use crate::lint::reach::{is_everything, leaves_resources_open};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::catalogue::{self, AccessLevel, Action};
use crate::policy::{Spot, Usage, WrittenStatement, arn};

pub(super) static RULE: Rule = Rule {
    id: "all-resources",
    severity: Severity::Warning,
    sentence: "A statement allows changes, or reading data, on every resource there is.",
    why: "Nearly every action that changes something, and every one that reads data, can be limited to the buckets, \
          tables, keys or jobs that it is for. With `*` it reaches those of everybody else in the account, and those \
          that are made tomorrow.",
    help: "name the resources, or narrow them with a condition such as `aws:ResourceTag/project`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "s3:GetObject", "s3:PutObject"], "Resource": "*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme-alpha/*"},
            {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets", "ec2:DescribeInstances"], "Resource": "*"}]}"#,
    ),
    check: Check::Document(check),
};

/// Actions that read data, rather than how something is set up.
const READS_DATA: [&str; 32] = [
    "athena:GetQueryResults",
    "athena:GetQueryResultsStream",
    "cassandra:Select",
    "codecommit:GitPull",
    "dynamodb:BatchGetItem",
    "dynamodb:GetItem",
    "dynamodb:GetRecords",
    "dynamodb:PartiQLSelect",
    "dynamodb:Query",
    "dynamodb:Scan",
    "ebs:GetSnapshotBlock",
    "kinesis:GetRecords",
    "kinesis:SubscribeToShard",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:GetLogRecord",
    "logs:StartQuery",
    "neptune-db:ReadDataViaQuery",
    "rds-data:ExecuteStatement",
    "s3:GetObject",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersion",
    "sagemaker:BatchGetRecord",
    "sagemaker:GetRecord",
    "secretsmanager:GetSecretValue",
    "sqs:ReceiveMessage",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "timestream:Select",
    "timestream:SelectValues",
];

/// What AWS itself asks to be left on `*`, network interfaces of jobs and functions in a VPC
/// (<https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html>), what only ever concerns the caller, logs
/// of what runs (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html>), and what rules of
/// their own speak of.
const EXEMPT: [&str; 15] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:AttachNetworkInterface",
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DetachNetworkInterface",
    "ec2:UnassignPrivateIpAddresses",
    "iam:ChangePassword",
    "iam:CreateVirtualMFADevice",
    "iam:PassRole",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sts:AssumeRole",
];

/// How many actions a message names.
const NAMED_MAX: usize = 3;

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if !subject.gives_rights() {
        return vec![];
    }
    subject.allows().filter_map(of_statement).collect()
}

fn of_statement(statement: &WrittenStatement) -> Option<Hit> {
    if statement.is_not_action()
        || statement.is_not_resource()
        || is_everything(&statement.statement)
        || !leaves_resources_open(&statement.statement)
    {
        return None;
    }
    let found = statement.resources.iter().filter(|spot| is_open(&spot.text));
    found.filter_map(|spot| of_resource(statement, spot)).next()
}

fn of_resource(statement: &WrittenStatement, spot: &Spot) -> Option<Hit> {
    let mut names: Vec<String> = vec![];
    for action in statement.actions.iter().flat_map(|action| catalogue::expand(&action.text)) {
        let name = action.full_name();
        if is_meant_by(action, &spot.text) && could_be_limited(action, &name) && !names.contains(&name) {
            names.push(name);
        }
    }
    let named: Vec<String> = names.iter().take(NAMED_MAX).map(|name| format!("`{name}`")).collect();
    if named.is_empty() {
        return None;
    }
    let more = match names.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let all = if is_star(&spot.text) { "every resource there is" } else { "all of them, whoever they belong to" };
    let message = format!("`{}` is {all}; {}{more} could be limited", spot.text, named.join(", "));
    Some(Hit::at(&spot.pointer, message))
}

/// Whether a pattern is every resource, of all services or of one, in every region and account.
fn is_open(pattern: &str) -> bool {
    if is_star(pattern) {
        return true;
    }
    let Some([_, _, service, region, account, rest]) = arn::split(pattern) else { return false };
    let wild = rest.ends_with('*') && rest.matches('*').count() <= 2;
    let kind = rest.trim_end_matches(['*', '/', ':']);
    match service {
        "s3" => wild && kind.is_empty(),
        _ => wild && is_star(region) && is_star(account) && kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
    }
}

fn is_meant_by(action: &Action, pattern: &str) -> bool {
    is_star(pattern) || arn::split(pattern).is_some_and(|[_, _, service, ..]| service == action.service)
}

fn could_be_limited(action: &Action, name: &str) -> bool {
    // Of S3's actions the reference calls no type of resource required where there is more than one.
    let limits = action.resources.iter().any(|r| r.required)
        || (action.service == "s3" && !action.resources.is_empty());
    let counts = match action.level {
        AccessLevel::Write | AccessLevel::PermissionsManagement | AccessLevel::Tagging => true,
        AccessLevel::Read => READS_DATA.contains(&name),
        AccessLevel::List | AccessLevel::Unknown => false,
    };
    limits && counts && !EXEMPT.contains(&name)
}
