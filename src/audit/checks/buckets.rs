//! Every bucket of the account, whether an environment declares it or not.

use super::{day, settings};
use crate::audit::{BucketFacts, Check, Facts, Measure, Seen};
use crate::diagnostic::Severity;
use crate::lint;
use crate::policy::Policy;
use crate::state::{Kind, PublicAccessBlock, ResourceId};

const PRACTICES: &str = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html";

pub(super) static OPEN: Check = Check {
    id: "bucket-open",
    severity: Severity::SecurityWarning,
    sentence: "A bucket's policy lets everybody in, and nothing overrules it.",
    why: "Everybody on the internet can do what the policy says.",
    help: "switch Block Public Access on, and name who may in the policy",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    look: |facts, measure, seen| {
        for (name, bucket) in each(facts, seen) {
            let Some(Some(policy)) = seen.known_of(&subject(name), &bucket.policy) else { continue };
            let messages = ["bucket-public", "not-principal-allow"]
                .into_iter()
                .flat_map(|rule| told(facts, name, policy, rule, measure));
            let Some(first) = messages.into_iter().next() else { continue };
            // Either switch overrules the policy, so one that is known to be on is enough.
            let overruled = [&facts.public_access_block, &bucket.public_access_block];
            if overruled.iter().any(|block| matches!(block, Ok(Some(b)) if b.restrict_public_buckets)) {
                continue;
            }
            if let Some(why) = overruled.iter().find_map(|block| block.as_ref().err()) {
                seen.miss(&subject(name), why);
            } else {
                seen.hit(subject(name), first);
            }
        }
    },
};

pub(super) static UNBLOCKED: Check = Check {
    id: "bucket-unblocked",
    severity: Severity::Warning,
    sentence: "A bucket does not block public access, nor does the account.",
    why: "A slip in its policy, or an ACL, opens it to everybody.",
    help: "switch it on for the whole account: `account_settings: { public_access_block: {} }`",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    look: |facts, _, seen| {
        // Where the account's own is not known, that is said once.
        let Some(whole) = seen.known(&facts.public_access_block) else { return };
        for (name, bucket) in each(facts, seen) {
            let whole = whole.unwrap_or(NOTHING);
            if settings::open_parts(&whole).is_empty() {
                continue;
            }
            let Some(own) = seen.known_of(&subject(name), &bucket.public_access_block) else { continue };
            let open = settings::open_parts(&both(whole, own.unwrap_or(NOTHING)));
            if !open.is_empty() {
                let message = match own {
                    None => String::from("blocks no public access"),
                    Some(_) => format!("blocks public access without {}", open.join(", ")),
                };
                seen.hit(subject(name), message);
            }
        }
    },
};

pub(super) static PLAIN_HTTP: Check = Check {
    id: "bucket-plain-http",
    severity: Severity::Warning,
    sentence: "A bucket answers over plain HTTP.",
    why: "Whoever can listen on the way reads the data, and can use a signed address again.",
    help: "deny `s3:*` to `*` where `aws:SecureTransport` is `false`: the template `private-bucket` does",
    source: PRACTICES,
    look: |facts, _, seen| {
        for (name, bucket) in each(facts, seen) {
            let Some(policy) = seen.known_of(&subject(name), &bucket.policy) else { continue };
            let id = ResourceId::new(&facts.account, Kind::Bucket, name);
            let lets = match policy {
                None => Some("has no policy, so nothing refuses plain HTTP"),
                Some(policy) => lint::lets_plain_http(&id, policy),
            };
            if let Some(message) = lets {
                seen.hit(subject(name), message);
            }
        }
    },
};

pub(super) static UNVERSIONED: Check = Check {
    id: "bucket-unversioned",
    severity: Severity::Suggestion,
    sentence: "A bucket keeps no versions.",
    why: "What is overwritten or deleted, by mistake or not, is gone.",
    help: "switch versioning on (`versioning: enabled`), with a lifecycle rule that ends old versions",
    source: PRACTICES,
    look: |facts, _, seen| {
        for (name, bucket) in each(facts, seen) {
            if seen.known_of(&subject(name), &bucket.versioned) == Some(&false) {
                seen.hit(subject(name), "keeps no versions");
            }
        }
    },
};

pub(super) static UNLOGGED: Check = Check {
    id: "bucket-unlogged",
    severity: Severity::Suggestion,
    sentence: "Nothing logs the requests to a bucket.",
    why: "Who read the data cannot be told afterwards. Data events of a trail are the other way, and are not looked at.",
    help: "switch server access logging on, or record its data events with a trail and say so in the ignore file",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/logging-with-S3.html",
    look: |facts, _, seen| {
        // A file has it of no bucket, which is one reason.
        let mut of_all: Option<&String> = None;
        for (name, bucket) in each(facts, seen) {
            match &bucket.logged {
                Ok(true) => {}
                Ok(false) => seen.hit(subject(name), "has no server access log"),
                Err(why) if of_all == Some(why) => {}
                Err(why) => {
                    of_all = Some(why);
                    seen.miss(&subject(name), why);
                }
            }
        }
    },
};

const NOTHING: PublicAccessBlock = PublicAccessBlock {
    block_public_acls: false,
    ignore_public_acls: false,
    block_public_policy: false,
    restrict_public_buckets: false,
};

/// S3 applies the stricter of the account's and the bucket's, part by part.
fn both(account: PublicAccessBlock, bucket: PublicAccessBlock) -> PublicAccessBlock {
    PublicAccessBlock {
        block_public_acls: account.block_public_acls || bucket.block_public_acls,
        ignore_public_acls: account.ignore_public_acls || bucket.ignore_public_acls,
        block_public_policy: account.block_public_policy || bucket.block_public_policy,
        restrict_public_buckets: account.restrict_public_buckets || bucket.restrict_public_buckets,
    }
}

fn subject(name: &str) -> String {
    format!("bucket/{name}")
}

fn each<'a>(facts: &'a Facts, seen: &mut Seen) -> Vec<(&'a str, &'a BucketFacts)> {
    let buckets = seen.known(&facts.buckets);
    buckets.into_iter().flatten().map(|(name, bucket)| (name.as_str(), bucket)).collect()
}

/// What a rule says of a bucket's policy.
fn told(facts: &Facts, name: &str, policy: &Policy, rule: &str, measure: &Measure) -> Vec<String> {
    let id = ResourceId::new(&facts.account, Kind::Bucket, name);
    lint::of_bucket_policy(&id, policy, rule, day(measure.now))
}
