//! The document as a whole: its version and its size.

use crate::policy::{Problem, Usage, Version, Written};

/// IAM's quota for a customer managed policy, in characters without blanks.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MANAGED_POLICY_MAX: usize = 6144;
/// The most that the quota of a trust policy can be raised to; 2048 by default.
const TRUST_POLICY_MAX: usize = 4096;
/// In bytes, blanks included.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>
const BUCKET_POLICY_BYTES_MAX: usize = 20_480;

/// CreatePolicy refuses a document without version; other documents are then in the old one.
pub(super) fn version(written: &Written) -> Vec<Problem> {
    if !written.versionless {
        return vec![];
    }
    let message =
        format!("a document without `Version` is in version {}, which has no variables", Version::V2008);
    let problem = Problem::at("missing-version", "", message).help("add `Version: \"2012-10-17\"`");
    let refused = !matches!(written.usage, Usage::Trust | Usage::Bucket);
    vec![if refused { problem } else { problem.warning() }]
}

pub(super) fn size(written: &Written) -> Vec<Problem> {
    let (size, most, what) = match written.usage {
        Usage::Trust => (written.document.size(), TRUST_POLICY_MAX, "characters without blanks"),
        Usage::Bucket => (written.document.to_text().len(), BUCKET_POLICY_BYTES_MAX, "bytes"),
        Usage::Identity => (written.document.size(), MANAGED_POLICY_MAX, "characters without blanks"),
    };
    if size <= most {
        return vec![];
    }
    let message = format!("the document has {size} {what}, AWS takes {most}");
    vec![Problem::at("quota-exceeded", "", message).help("split it, or say the same with wildcards")]
}
