//! A bucket that can be administered from one network only.

use crate::diagnostic::Severity;
use crate::lint::bucket::{Left, is_resource_policy, left};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "bucket-only-through-endpoint",
    severity: Severity::Warning,
    sentence: "A bucket policy lets nobody administer the bucket but through one VPC or endpoint.",
    why: "The console, CI and hatrack itself usually come from elsewhere. For them the bucket is locked, and the \
          policy cannot be taken back from there; AWS warns of it.",
    help: "let the administrators off (`ArnNotLike: { aws:PrincipalArn: … }`), or deny the actions on data only",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies-vpc-endpoint.html",
    trips: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"],
            "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": "arn:aws:s3:::acme-lake/*",
            "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let locks = subject
        .denies()
        .filter(|s| is_resource_policy(subject) && left(s, subject) == Left::Network);
    let hits = locks.map(|s| {
        let message = "whoever is outside of this network, the console and CI among them, can neither read nor \
                       change the policy";
        Hit::at(&s.pointer, message)
    });
    hits.collect()
}
