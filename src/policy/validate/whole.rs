//! The document as a whole: its version and its size.

use crate::policy::{Problem, Usage, Version, Written};

/// IAM's quota for a customer managed policy, in characters without blanks.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MANAGED_POLICY_MAX: usize = 6144;
/// Of a trust policy, unless the account's quota was raised.
const TRUST_POLICY_MAX: usize = 2048;
/// The most that it can be raised to.
const TRUST_POLICY_RAISED_MAX: usize = 4096;
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

/// What a document that stands alone takes of its quota. Only what no account can be granted is an error: a trust
/// policy's can be raised, and an identity policy may be meant to be inline in a role, or be one of AWS's own.
pub(super) fn size(written: &Written) -> Vec<Problem> {
    let (characters, bytes) = (written.document.size(), written.document.to_text().len());
    let blanks = "characters without blanks";
    let (size, what, most, whose, never) = match written.usage {
        Usage::Trust => (characters, blanks, TRUST_POLICY_MAX, "a trust policy", TRUST_POLICY_RAISED_MAX),
        Usage::Bucket => {
            (bytes, "bytes", BUCKET_POLICY_BYTES_MAX, "a bucket policy", BUCKET_POLICY_BYTES_MAX)
        }
        Usage::Identity => (characters, blanks, MANAGED_POLICY_MAX, "a managed policy", usize::MAX),
    };
    if size <= most {
        return vec![];
    }
    let message = format!("the document has {size} {what}, and {whose} at most {most}");
    let help = match written.usage {
        Usage::Identity => {
            "split it; inline in a role there may be 10240, in all its inline policies together"
        }
        Usage::Trust if size <= never => {
            "ask AWS to raise the quota, to 4096 at most, or let fewer assume the role"
        }
        Usage::Trust | Usage::Bucket => "split it, or say the same in fewer words",
    };
    let problem = Problem::at("quota-exceeded", "", message).help(help);
    vec![if size > never { problem } else { problem.warning() }]
}
