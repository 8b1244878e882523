//! A bucket policy about another bucket.

use crate::diagnostic::Severity;
use crate::lint::bucket::name_of;
use crate::lint::{At, Check, Example, Hit, Rule, Subject};
use crate::policy::{arn, glob};

macro_rules! policy {
    ($bucket:literal, $named:literal) => {
        concat!(
            "buckets:\n  ",
            $bucket,
            ":\n    policy:\n      Sid: OnlyTls\n      Effect: Deny\n      Principal: \"*\"\n      Action: s3:*\n      \
             Resource:\n        - arn:aws:s3:::acme-lake\n        - arn:aws:s3:::",
            $named,
            "/*\n      Condition: { Bool: { aws:SecureTransport: \"false\" } }\n"
        )
    };
}

pub(super) static RULE: Rule = Rule {
    id: "bucket-of-another",
    severity: Severity::Error,
    sentence: "A bucket's policy names another bucket.",
    why: "A bucket policy speaks of its own bucket. AWS refuses one that names another: `Policy has invalid \
          resource`.",
    help: "name the bucket that the policy is on; in a template, `${{ name }}`",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshooting-by-symptom.html",
    trips: Example::Environment(policy!("acme-lake", "acme-leak")),
    passes: Example::Environment(policy!("acme-lake", "acme-lake")),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let Some(name) = name_of(subject) else { return vec![] };
    let resources = subject.written.statements.iter().flat_map(|s| &s.resources);
    let hits = resources.filter_map(|spot| {
        let [_, _, service, region, account, resource] = arn::split(&spot.text)?;
        let named = resource.split('/').next().unwrap_or_default();
        let of_bucket = service == "s3" && region.is_empty() && account.is_empty() && !named.contains("${");
        // A wildcard before the slash may also cross it.
        let fits = glob(named, name) || (named.contains('*') && glob(resource, &format!("{name}/")));
        let message = format!("this is the policy of bucket `{name}`, and AWS refuses one that names `{named}`");
        (of_bucket && !fits).then(|| Hit::new(At::Value(spot.pointer.clone()), message))
    });
    hits.collect()
}
