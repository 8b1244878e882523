//! A bucket policy that takes requests over plain HTTP.

use std::collections::BTreeSet;

use crate::diagnostic::Severity;
use crate::lint::bucket::{Part, is_of_endpoint, is_of_s3, is_on, is_resource_policy, name_of};
use crate::lint::guard::{asks, is_for_everybody, narrows, speaks_of};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::condition::Test;
use crate::policy::{Effect, Usage, Written, WrittenStatement, WrittenTest, arn};

pub(super) static RULE: Rule = Rule {
    id: "tls-not-demanded",
    severity: Severity::Warning,
    sentence: "A bucket policy does not demand TLS, or not for all of the bucket.",
    why: "S3 answers over plain HTTP too. Whoever can listen on the way then reads the data, and can use a signed \
          address again.",
    help: "deny `s3:*` to `*` on the bucket and its objects where `aws:SecureTransport` is `false`",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
    trips: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Reader"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-lake/*"}]}"#,
    ),
    passes: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/Reader"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-lake/*"}, {
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    // AWS's services come over TLS in any case.
    let of_service = |s: &&WrittenStatement| s.principals.iter().all(|p| p.kind == "Service");
    let allows: Vec<_> = subject.allows().filter(|s| is_of_s3(s) && !of_service(s)).collect();
    let conditioned = !allows.is_empty() && allows.iter().all(|s| s.tests.iter().any(lets_tls));
    let demands: Vec<_> =
        subject.denies().filter(|s| is_for_everybody(s) && s.tests.iter().any(denies_plain)).collect();
    // A document that stands alone and only denies may be one part of the bucket's policy; if it speaks of TLS, it is
    // the part that demands it.
    let only_denies = subject.allows().next().is_none();
    let complete = name_of(subject).is_some() || !allows.is_empty() || (only_denies && !demands.is_empty());
    if !is_resource_policy(subject) || is_of_endpoint(subject) || conditioned || !complete {
        return vec![];
    }
    let name = name_of(subject).or_else(|| only_bucket(&allows));
    let Some(message) = left_open(&demands, name) else { return vec![] };
    let place = |s: &&WrittenStatement| s.pointer.clone();
    let at = demands.first().or(allows.first()).map(place).unwrap_or_default();
    vec![Hit::at(&at, message)]
}

/// What denials leave open.
fn left_open(demands: &[&WrittenStatement], name: Option<&str>) -> Option<&'static str> {
    let covered = |part: Part, actions: &[&str]| {
        actions.iter().all(|action| demands.iter().any(|s| is_on(s, part, name) && speaks_of(s, action)))
    };
    let objects = covered(Part::Objects, &["s3:getobject", "s3:putobject"]);
    let bucket = covered(Part::Bucket, &["s3:listbucket"]);
    match (demands, objects, bucket) {
        ([], ..) => Some("nothing in this policy refuses requests over plain HTTP"),
        (_, true, true) => None,
        (_, true, false) => Some("plain HTTP is refused for the objects, but not for the bucket and its listing"),
        (_, false, true) => {
            Some("plain HTTP is refused for the bucket, but not for all that is done with its objects")
        }
        (_, false, false) => Some("plain HTTP is refused for a part of the bucket only"),
    }
}

/// How the policy of a bucket lets plain HTTP in: only what denies it to everybody, whatever else is so, keeps it out.
pub(in crate::lint) fn lets_plain_http(written: &Written, bucket: &str) -> Option<&'static str> {
    let strict = |s: &&WrittenStatement| {
        s.statement.effect == Effect::Deny
            && is_for_everybody(s)
            && !s.tests.is_empty()
            && s.tests.iter().all(|test| asks(test, "aws:SecureTransport", "false"))
    };
    left_open(&written.statements.iter().filter(strict).collect::<Vec<_>>(), Some(bucket))
}

/// The one bucket that statements name, if they do.
fn only_bucket<'a>(statements: &[&'a WrittenStatement]) -> Option<&'a str> {
    let resources = statements.iter().flat_map(|s| &s.resources);
    let names: Option<BTreeSet<&str>> = resources
        .map(|spot| {
            let [.., service, _, account, resource] = arn::split(&spot.text)?;
            let name = resource.split('/').next()?;
            (service == "s3" && account.is_empty() && !name.contains(['*', '?', '$'])).then_some(name)
        })
        .collect();
    let mut names = names?;
    let name = names.pop_first()?;
    names.is_empty().then_some(name)
}

/// Whether a denial is of what does not come over TLS, or over an old one.
fn denies_plain(test: &WrittenTest) -> bool {
    let less = test.operator.is_some_and(|o| matches!(o.test, Test::NumericLessThan | Test::NumericLessThanEquals));
    asks(test, "aws:SecureTransport", "false") || (less && test.is_of("s3:TlsVersion"))
}

/// Whether only what comes over TLS is let in.
fn lets_tls(test: &WrittenTest) -> bool {
    narrows(test) && (asks(test, "aws:SecureTransport", "true") || test.is_of("s3:TlsVersion"))
}
