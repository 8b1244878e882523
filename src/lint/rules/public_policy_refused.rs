//! A public bucket policy that Block Public Access does not take.

use crate::access::public::is_surely_public;
use crate::access::rule::Rules;
use crate::diagnostic::Severity;
use crate::lint::{At, Check, Example, Hit, Live, Rule};
use crate::state::{Kind, Resource, Setting, SettingKey};

pub(super) static RULE: Rule = Rule {
    id: "public-policy-refused",
    severity: Severity::Error,
    sentence: "A bucket policy lets everybody in while the bucket blocks public policies.",
    why: "With `block_public_policy` on, S3 refuses every `PutBucketPolicy` with a policy that it takes for public: one \
          that lets everybody in, and that no condition limits to fixed accounts, organizations, networks or addresses. \
          The plan could never be carried out.",
    help: "name the accounts or roles, add a condition with fixed values, or, if the bucket is to be public, turn \
           `block_public_policy` and `restrict_public_buckets` off under `public_access_block`",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    trips: Example::Environment(
        "buckets:
  acme-lake:
    policy:
      - { Effect: Allow, Principal: \"*\", Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::acme-lake/*\" }
      - { Sid: OnlyTls, Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: [\"arn:aws:s3:::acme-lake\", \
         \"arn:aws:s3:::acme-lake/*\"], Condition: { Bool: { \"aws:SecureTransport\": \"false\" } } }
",
    ),
    passes: Example::Environment(
        "buckets:
  acme-lake:
    policy:
      - { Effect: Allow, Principal: \"*\", Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::acme-lake/*\", \
         Condition: { StringEquals: { \"aws:PrincipalOrgID\": \"o-a1b2c3d4e5\" } } }
      - { Sid: OnlyTls, Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: [\"arn:aws:s3:::acme-lake\", \
         \"arn:aws:s3:::acme-lake/*\"], Condition: { Bool: { \"aws:SecureTransport\": \"false\" } } }
",
    ),
    check: Check::State(check),
};

fn check(live: &Live<'_>) -> Vec<Hit> {
    // What an account has S3 has taken.
    if live.found {
        return vec![];
    }
    let buckets = live.state.resources.iter().filter(|(id, _)| id.kind == Kind::Bucket && live.ours.contains(*id));
    let refused = buckets.filter(|(_, bucket)| blocks(bucket) && is_public(bucket));
    let hits = refused.map(|(id, _)| {
        let message = format!("S3 refuses the policy of bucket `{}`: it is public, and `block_public_policy` is on", id.name);
        Hit::new(At::Setting(id.clone(), Some(SettingKey::BucketPolicy)), message)
    });
    hits.collect()
}

fn blocks(bucket: &Resource) -> bool {
    let block = bucket.settings.get(&SettingKey::PublicAccessBlock);
    matches!(block, Some(Setting::PublicAccessBlock(block)) if block.block_public_policy)
}

fn is_public(bucket: &Resource) -> bool {
    let policy = bucket.settings.get(&SettingKey::BucketPolicy).and_then(Setting::document);
    policy.and_then(|policy| policy.document()).is_some_and(|document| is_surely_public(&Rules::of(document)))
}
