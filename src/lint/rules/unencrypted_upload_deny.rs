//! A denial of uploads that would have been encrypted.

use crate::diagnostic::Severity;
use crate::lint::bucket::is_resource_policy;
use crate::lint::guard::{excludes, narrows, speaks_of};
use crate::lint::{At, Check, Example, Hit, Rule, Subject};
use crate::policy::condition::Test;
use crate::policy::{Usage, WrittenStatement, WrittenTest};

macro_rules! encrypted {
    ($guard:literal) => {
        concat!(
            r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme-lake/*",
            "Condition": {"#,
            $guard,
            r#""StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}}}"#
        )
    };
}

pub(super) static RULE: Rule = Rule {
    id: "unencrypted-upload-deny",
    severity: Severity::Warning,
    sentence: "A bucket policy denies uploads that say nothing of encryption, though the bucket encrypts them.",
    why: "S3 encrypts every object, with the bucket's default if the request names nothing. A request without the \
          header fulfils `StringNotEquals` on it, as it does with `IfExists`, so that most tools can no longer upload.",
    help: "add `Null: { s3:x-amz-server-side-encryption: \"false\" }` to the condition, so that only another wish is denied",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html",
    trips: Example::Policy(Usage::Bucket, encrypted!("")),
    passes: Example::Policy(
        Usage::Bucket,
        encrypted!(r#""Null": {"s3:x-amz-server-side-encryption": "false"}, "#),
    ),
    check: Check::Document(check),
};

const KEYS: [&str; 2] = ["s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let uploads = subject.denies().filter(|s| is_resource_policy(subject) && speaks_of(s, "s3:putobject"));
    // What a service uploads is set up elsewhere: AWS's examples hold the service to it.
    let of_service = |s: &WrittenStatement| !s.principals.is_empty() && s.principals.iter().all(|p| p.kind == "Service");
    let unguarded = uploads.filter(|s| !s.tests.iter().any(is_guard) && !of_service(s));
    let hits = unguarded.filter_map(|s| {
        let test = s.tests.iter().find(|test| is_of_header(test) && (excludes(test) || is_null(test, "true")))?;
        let key = &test.key.text;
        let message = format!("uploads without `{key}` are denied too, though the bucket encrypts them by itself");
        let help = if is_null(test, "true") {
            "leave the statement out: the bucket's default encryption sees to it".to_owned()
        } else {
            format!("add `Null: {{ {key}: \"false\" }}`, so that only uploads that ask for something else are denied")
        };
        Some(Hit::new(At::Key(test.key.pointer.clone()), message).help(help))
    });
    hits.collect()
}

fn is_of_header(test: &WrittenTest) -> bool {
    KEYS.iter().any(|key| test.is_of(key))
}

fn is_null(test: &WrittenTest, value: &str) -> bool {
    test.operator.is_some_and(|o| o.test == Test::Null) && test.has_value(value)
}

/// Whether only uploads with a header of encryption are meant.
fn is_guard(test: &WrittenTest) -> bool {
    is_of_header(test) && (narrows(test) || (is_null(test, "false") && !is_null(test, "true")))
}
