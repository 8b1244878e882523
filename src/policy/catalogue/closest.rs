//! Did you mean: the service or action an author most likely meant.

use super::service::{prefixes, service, services};
use crate::diagnostic::did_you_mean;

/// What people call services, and their prefixes.
pub(super) const SERVICE_NICKNAMES: &[(&str, &str)] = &[
    ("alb", "elasticloadbalancing"),
    ("api-gateway", "apigateway"),
    ("bedrock-runtime", "bedrock"),
    ("cloudwatch-logs", "logs"),
    ("cloudwatchevents", "events"),
    ("cloudwatchlogs", "logs"),
    ("cognito", "cognito-idp"),
    ("efs", "elasticfilesystem"),
    ("elb", "elasticloadbalancing"),
    ("elbv2", "elasticloadbalancing"),
    ("emr", "elasticmapreduce"),
    ("eventbridge", "events"),
    ("identity-center", "sso"),
    ("kinesis-firehose", "firehose"),
    ("lake-formation", "lakeformation"),
    ("msk", "kafka"),
    ("mwaa", "airflow"),
    ("opensearchserverless", "aoss"),
    ("parameterstore", "ssm"),
    ("sagemaker-runtime", "sagemaker"),
    ("secrets-manager", "secretsmanager"),
    ("sfn", "states"),
    ("step-functions", "states"),
    ("stepfunction", "states"),
    ("stepfunctions", "states"),
    ("vpc", "ec2"),
];

/// Calls of the API, or of the command line, that an action of another name allows.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("dynamodb:BatchGet", "dynamodb:BatchGetItem"),
    ("dynamodb:BatchWrite", "dynamodb:BatchWriteItem"),
    ("dynamodb:TransactGetItems", "dynamodb:GetItem"),
    ("dynamodb:TransactWriteItems", "dynamodb:PutItem"),
    ("ec2:LaunchInstances", "ec2:RunInstances"),
    ("lambda:Invoke", "lambda:InvokeFunction"),
    ("lambda:InvokeWithResponseStream", "lambda:InvokeFunction"),
    ("logs:TailLogEvents", "logs:StartLiveTail"),
    ("s3:CompleteMultipartUpload", "s3:PutObject"),
    ("s3:CopyObject", "s3:PutObject"),
    ("s3:CreateMultipartUpload", "s3:PutObject"),
    ("s3:DeleteObjects", "s3:DeleteObject"),
    ("s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("s3:GetBucketLifecycle", "s3:GetLifecycleConfiguration"),
    ("s3:GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
    ("s3:GetBucketReplication", "s3:GetReplicationConfiguration"),
    ("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("s3:HeadBucket", "s3:ListBucket"),
    ("s3:HeadObject", "s3:GetObject"),
    ("s3:ListBuckets", "s3:ListAllMyBuckets"),
    ("s3:ListMultipartUploads", "s3:ListBucketMultipartUploads"),
    ("s3:ListObjectVersions", "s3:ListBucketVersions"),
    ("s3:ListObjects", "s3:ListBucket"),
    ("s3:ListObjectsV2", "s3:ListBucket"),
    ("s3:ListParts", "s3:ListMultipartUploadParts"),
    ("s3:PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("s3:PutBucketLifecycle", "s3:PutLifecycleConfiguration"),
    ("s3:PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
    ("s3:PutBucketReplication", "s3:PutReplicationConfiguration"),
    ("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("s3:SelectObjectContent", "s3:GetObject"),
    ("s3:UploadPart", "s3:PutObject"),
    ("s3:UploadPartCopy", "s3:PutObject"),
    ("sns:SendMessage", "sns:Publish"),
    ("sqs:DeleteMessageBatch", "sqs:DeleteMessage"),
    ("sqs:SendMessageBatch", "sqs:SendMessage"),
    ("states:StartExecutions", "states:StartExecution"),
];

/// The action most likely meant by one that AWS does not have; none for a pattern, or if nothing is near.
pub fn closest_action(action: &str) -> Option<String> {
    if action.contains(['*', '?']) {
        return None;
    }
    if let Some((_, meant)) = OTHER_NAMES.iter().find(|(other, _)| other.eq_ignore_ascii_case(action)) {
        return Some((*meant).to_owned());
    }
    let (prefix, name) = action.split_once(':')?;
    let found = match service(prefix) {
        Some(found) => found,
        None => service(closest_service(prefix)?)?,
    };
    let near = found.action(name).or_else(|| {
        let meant = did_you_mean(name, found.actions().iter().map(|action| action.name))?;
        found.action(meant)
    });
    // `cloudwatch:PutLogEvents`: right, but of another service.
    let other = || {
        let mut having = services().filter(|s| s.listed).filter_map(|s| s.action(name));
        let first = having.next()?;
        having.next().is_none().then_some(first)
    };
    near.or_else(other).map(super::Action::full_name)
}

/// The service most likely meant by a prefix that AWS does not have.
pub fn closest_service(prefix: &str) -> Option<&'static str> {
    let nickname = SERVICE_NICKNAMES.iter().find(|(nickname, _)| nickname.eq_ignore_ascii_case(prefix));
    nickname.map(|(_, meant)| *meant).or_else(|| did_you_mean(prefix, prefixes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_name_what_is_and_correct_what_is_not() {
        assert!(OTHER_NAMES.is_sorted() && SERVICE_NICKNAMES.is_sorted());
        for (other, meant) in OTHER_NAMES {
            assert!(super::super::expand(other).is_empty(), "{other} is an action");
            assert_eq!(super::super::expand(meant).len(), 1, "{meant} is no action");
        }
        for (nickname, prefix) in SERVICE_NICKNAMES {
            assert!(service(nickname).is_none(), "{nickname} is a service");
            assert!(service(prefix).is_some(), "{prefix} is no service");
        }
    }

    #[test]
    fn did_you_mean_an_action() {
        for (wrong, meant) in [
            ("s3:GetObjects", Some("s3:GetObject")),
            ("S3:listobjects", Some("s3:ListBucket")),
            ("stepfunctions:StartExecution", Some("states:StartExecution")),
            ("cloudwatch:PutLogEvents", Some("logs:PutLogEvents")),
            ("glue:GetTabels", Some("glue:GetTables")),
            ("s3:Gett*", None),
            ("s3", None),
            ("nothing-like-it:Do", None),
            ("s3:Xyzzy", None),
        ] {
            assert_eq!(closest_action(wrong).as_deref(), meant, "{wrong}");
        }
    }

    #[test]
    fn did_you_mean_a_service() {
        assert_eq!(closest_service("s33"), Some("s3"));
        assert_eq!(closest_service("EventBridge"), Some("events"));
        assert_eq!(closest_service("lamda"), Some("lambda"));
        assert_eq!(closest_service("nothing-like-it"), None);
    }
}
