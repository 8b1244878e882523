//! A bucket that another account may administer.

use crate::diagnostic::Severity;
use crate::lint::bucket::{Part, is_on, is_resource_policy, name_of};
use crate::lint::guard::{Whose, account_of, speaks_of, whose};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

macro_rules! only_tls {
    () => {
        r#"{"Sid": "OnlyTls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#
    };
}

pub(super) static RULE: Rule = Rule {
    id: "bucket-administered-by-others",
    severity: Severity::SecurityWarning,
    sentence: "A bucket policy lets another account change the policy or the bucket's ACL.",
    why: "Who may change the policy may do everything: give access to whom they like, and take it from you. Work on \
          the data needs none of it.",
    help: "name the actions that are needed, such as `s3:GetObject` and `s3:ListBucket`",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
    trips: Example::Policy(
        Usage::Bucket,
        concat!(
            r#"{"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"]}, "#,
            only_tls!(),
            "]}"
        ),
    ),
    passes: Example::Policy(
        Usage::Bucket,
        concat!(
            r#"{"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"]}, "#,
            only_tls!(),
            "]}"
        ),
    ),
    check: Check::Document(check),
};

const ADMINISTERS: [&str; 3] = ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl"];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let allows = subject.allows().filter(|s| {
        is_resource_policy(subject) && !s.is_not_principal() && is_on(s, Part::Bucket, name_of(subject))
    });
    let hits = allows.flat_map(|s| {
        let action = ADMINISTERS.into_iter().find(|action| speaks_of(s, &action.to_ascii_lowercase()));
        let others = s.principals.iter().filter(|p| p.kind == "AWS");
        others.filter_map(move |principal| {
            let (action, account) = (action?, account_of(&principal.value)?);
            let rest = match whose(account, subject.home) {
                Whose::Ours => return None,
                Whose::Foreign => "of another account",
                // A role is most often one of the bucket's own account.
                Whose::Unknown if !principal.value.ends_with(":root") => return None,
                Whose::Unknown => "which matters if it is not your own account",
            };
            Some(Hit::at(&principal.pointer, format!("this gives `{action}` to `{}`, {rest}", principal.value)))
        })
    });
    hits.collect()
}
