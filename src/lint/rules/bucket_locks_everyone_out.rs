//! A bucket policy that nobody can change again.

use crate::diagnostic::Severity;
use crate::lint::bucket::{Left, is_resource_policy, left};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "bucket-locks-everyone-out",
    severity: Severity::Error,
    sentence: "A bucket policy denies everybody, and nobody who could take it back is let off.",
    why: "A denial counts for administrators too. Once the policy is put, nobody but the root user of the account can \
          change or delete it, hatrack not excepted. Exemptions that no request ever matches let nobody off: \
          `aws:PrincipalArn` is the ARN of a role, never of its session, and `*` is a wildcard for `StringNotLike` \
          and `ArnNotLike` only.",
    help: "let the administrators off: `ArnNotLike: { aws:PrincipalArn: ARN of a role }`",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html",
    trips: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"],
            "Condition": {"StringNotEquals": {
                "aws:PrincipalArn": "arn:aws:sts::111122223333:assumed-role/Platform/deploy"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"],
            "Condition": {"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Platform"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let locks = subject
        .denies()
        .filter(|s| is_resource_policy(subject) && left(s, subject) == Left::Nobody);
    let hits = locks.map(|s| {
        let rest = match (s.tests.first(), s.is_not_principal()) {
            (_, true) => ": `NotPrincipal` without the account's root lets nobody off".to_owned(),
            (Some(test), false) => format!(": `{}` lets nobody off here", test.key.text),
            (None, false) => String::new(),
        };
        let message = format!("this denies everybody, so nobody but the root user could change the policy again{rest}");
        Hit::at(&s.pointer, message)
    });
    hits.collect()
}
