//! Settings of the account as a whole.

use crate::audit::{Check, Facts, Measure, Seen};
use crate::diagnostic::Severity;
use crate::state::PublicAccessBlock;

const SUBJECT: &str = "account";

/// What the CIS AWS Foundations Benchmark asks for, as Security Hub's IAM.15 and IAM.16.
const LENGTH_MIN: u32 = 14;
const REMEMBERED_MIN: u32 = 24;

pub(super) static PASSWORDS: Check = Check {
    id: "weak-password-policy",
    severity: Severity::Warning,
    sentence: "The password policy takes passwords shorter than 14 characters, or lets the last 24 be used again.",
    why: "AWS's default takes 8 characters. Users' passwords are tried from the outside.",
    help: "declare it: `account_settings: { password_policy: {} }` asks for both",
    source: "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html",
    look: passwords,
};

fn passwords(facts: &Facts, _: &Measure, seen: &mut Seen) {
    let Some(policy) = seen.known(&facts.password_policy) else { return };
    let Some(policy) = policy else {
        return seen.hit(SUBJECT, "has no password policy of its own, so AWS's default holds: 8 characters");
    };
    let mut lacks = vec![];
    if policy.minimum_length < LENGTH_MIN {
        lacks.push(format!("takes {} characters", policy.minimum_length));
    }
    match policy.remember {
        None => lacks.push(String::from("lets passwords be used again")),
        Some(remember) if remember < REMEMBERED_MIN => {
            lacks.push(format!("remembers {remember} passwords"));
        }
        Some(_) => {}
    }
    if !lacks.is_empty() {
        seen.hit(SUBJECT, format!("the password policy {}", lacks.join(" and ")));
    }
}

pub(super) static PUBLIC_ACCESS: Check = Check {
    id: "account-public-access",
    severity: Severity::SecurityWarning,
    sentence: "Block Public Access is not on for the whole account.",
    why: "It is the one switch that keeps every bucket closed, those of tomorrow as well, whatever their policies say.",
    help: "declare it: `account_settings: { public_access_block: {} }`; a bucket that must be public needs an \
           account of its own",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html",
    look: |facts, _, seen| {
        let Some(block) = seen.known(&facts.public_access_block) else { return };
        match block {
            None => seen.hit(SUBJECT, "blocks no public access to its buckets"),
            Some(block) => {
                let open = open_parts(block);
                if !open.is_empty() {
                    seen.hit(SUBJECT, format!("blocks public access without {}", open.join(", ")));
                }
            }
        }
    },
};

/// The parts of Block Public Access that are off, as AWS calls them.
pub(super) fn open_parts(block: &PublicAccessBlock) -> Vec<&'static str> {
    let PublicAccessBlock {
        block_public_acls,
        ignore_public_acls,
        block_public_policy,
        restrict_public_buckets,
    } = *block;
    [
        (block_public_acls, "BlockPublicAcls"),
        (ignore_public_acls, "IgnorePublicAcls"),
        (block_public_policy, "BlockPublicPolicy"),
        (restrict_public_buckets, "RestrictPublicBuckets"),
    ]
    .into_iter()
    .filter(|(on, _)| !on)
    .map(|(_, name)| name)
    .collect()
}
