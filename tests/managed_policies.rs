//! Every managed policy of AWS is validated: what is called an error in one is either mended in the validation, or
//! listed here, since it is AWS's own slip. `HATRACK_BLESS=1` writes the list in `docs/validation.md` anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use hatrack::policy::catalogue::managed_policies;
use hatrack::policy::{Usage, Written};

/// A policy of AWS, the rule it breaks, how often, and why the rule is right.
type Slip = (&'static str, &'static str, usize, &'static str);

const MISMATCH: &str = "action-resource-mismatch";

const SLIPS: &[Slip] = &[
    (
        "AWSApplicationMigrationNetworkMigrationMultiAccount",
        MISMATCH,
        1,
        "`ec2:PutResourcePolicy` on security groups; the reference has it for IPAM pools, placement groups and verified access groups, and may be behind",
    ),
    (
        "AWSTransformNetworkMigrationAgentPolicy",
        MISMATCH,
        1,
        "`s3:ListBucketMultipartUploads` works on the bucket, and is given its objects",
    ),
    (
        "AWSTransformServerMigrationAgentPolicy",
        MISMATCH,
        1,
        "`s3:ListBucketMultipartUploads` works on the bucket, and is given its objects",
    ),
    (
        "AWSWAFConsoleFullAccess",
        MISMATCH,
        1,
        "`waf-regional:GetWebACLForResource` works on the load balancer, and is given what is WAF's own",
    ),
    ("AWSWAFConsoleReadOnlyAccess", MISMATCH, 1, "the same"),
    ("AWSWAFFullAccess", MISMATCH, 1, "the same"),
    ("AWSWAFReadOnlyAccess", MISMATCH, 1, "the same"),
    (
        "AmazonDevOpsGuruOrganizationsAccess",
        "malformed-arn",
        1,
        "`arn:aws:organizations::*:` ends before the resource",
    ),
    (
        "aws-service-role/AmazonConnectCampaignsServiceLinkedRolePolicy",
        MISMATCH,
        1,
        "`connect:GetMetricDataV2`, given campaigns, which are of another service; the reference may be behind",
    ),
    (
        "aws-service-role/AmazonEKSConnectorServiceRolePolicy",
        MISMATCH,
        1,
        "`ssm:DeregisterManagedInstance`, given clusters",
    ),
    (
        "service-role/AmazonEC2RoleforAWSCodeDeployLimited",
        MISMATCH,
        1,
        "`s3:ListBucket` works on the bucket, and is given objects",
    ),
];

/// Policy and rule → what is said, each once.
fn errors() -> BTreeMap<(&'static str, &'static str), BTreeSet<String>> {
    let mut errors: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for policy in managed_policies() {
        let json = serde_json::from_str(policy.text()).unwrap();
        let (written, mut problems) = Written::read(&json, Usage::Identity, "aws");
        problems.extend(written.iter().flat_map(|written| written.check("aws")));
        for problem in problems.into_iter().filter(hatrack::policy::Problem::is_error) {
            errors.entry((policy.name, problem.rule)).or_default().insert(problem.message);
        }
    }
    errors
}

#[test]
fn aws_s_own_policies_have_no_error_but_their_slips() {
    let mut wrong = vec![];
    let errors = errors();
    for ((policy, rule), messages) in &errors {
        let listed = SLIPS.iter().find(|(name, broken, ..)| (name, broken) == (policy, rule));
        match listed {
            Some((_, _, count, _)) if *count == messages.len() => {}
            _ => wrong.push(format!("{policy} {rule} {}: {messages:#?}", messages.len())),
        }
    }
    for (policy, rule, ..) in SLIPS {
        if !errors.contains_key(&(*policy, *rule)) {
            wrong.push(format!("{policy} no longer breaks {rule}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_slips_are_in_the_papers() {
    const HEAD: &str = "| policy | rule | how often | why it is a slip |\n|---|---|---|---|\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/validation.md");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(HEAD).expect("the page has the table");
    let after = rest.split_once("\n\n").map(|(_, after)| after);
    let mut table = String::new();
    for (policy, rule, count, why) in SLIPS {
        writeln!(table, "| `{policy}` | [`{rule}`](rules/{rule}.md) | {count} | {why} |").unwrap();
    }
    let after = after.map(|after| format!("\n{after}")).unwrap_or_default();
    let right = format!("{before}{HEAD}{table}{after}");
    if std::env::var_os("HATRACK_BLESS").is_some() {
        #[allow(clippy::disallowed_methods, reason = "a page that git keeps")]
        fs::write(&path, &right).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), right, "HATRACK_BLESS=1 writes it anew");
}
