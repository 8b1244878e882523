//! A bucket without a policy.

use crate::diagnostic::Severity;
use crate::lint::{At, Check, Example, Hit, Live, Rule};
use crate::state::{Kind, SettingKey};

pub(super) static RULE: Rule = Rule {
    id: "bucket-without-policy",
    severity: Severity::Warning,
    sentence: "A bucket has no policy, so nothing demands TLS.",
    why: "S3 answers over plain HTTP as well, unless the bucket's policy refuses. Block Public Access does not see to \
          it, nor does any policy of the people who use the bucket.",
    help: "use the template `private-bucket`, or add a policy that denies where `aws:SecureTransport` is `false`",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html",
    trips: Example::Environment("buckets:\n  acme-lake: {}\n"),
    passes: Example::Environment("buckets:\n  acme-lake: { template: private-bucket }\n"),
    check: Check::State(check),
};

fn check(live: &Live<'_>) -> Vec<Hit> {
    let buckets = live.state.resources.iter().filter(|(id, _)| id.kind == Kind::Bucket && live.ours.contains(*id));
    let bare = buckets.filter(|(_, bucket)| !bucket.settings.contains_key(&SettingKey::BucketPolicy));
    let hits = bare.map(|(id, _)| {
        let message = format!("bucket `{}` has no policy that refuses requests over plain HTTP", id.name);
        Hit::new(At::Setting(id.clone(), None), message)
    });
    hits.collect()
}
