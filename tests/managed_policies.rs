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
        "AWSCodeStarFullAccess",
        MISMATCH,
        1,
        "`cloudformation:ListStacks*` lists all stacks or stack sets, and is given single stacks",
    ),
    (
        "AWSIoTDeviceTesterForFreeRTOSFullAccess",
        MISMATCH,
        7,
        "streams, certificates, policies, updates and jobs of IoT, in a statement that names a thing group, a bucket and a role",
    ),
    (
        "AWSQuickSightAssetBundleImportPolicy",
        MISMATCH,
        1,
        "`quicksight:CreateDataSet`, given data sets; the reference has it for the data source only, and may be behind",
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
    ("AdministratorAccess-Amplify", MISMATCH, 3, "stack set actions, given stacks"),
    (
        "AlexaForBusinessGatewayExecution",
        MISMATCH,
        1,
        "`a4b:Send*` covers what works on users, and is given gateways",
    ),
    (
        "AmazonBedrockFullAccess",
        MISMATCH,
        1,
        "`sagemaker:DescribeInferenceComponent`, given endpoints and models",
    ),
    ("AmazonBedrockMarketplaceAccess", MISMATCH, 1, "the same"),
    ("AmazonBedrockReadOnly", MISMATCH, 1, "the same"),
    (
        "AmazonDevOpsGuruOrganizationsAccess",
        "malformed-arn",
        1,
        "`arn:aws:organizations::*:` ends before the resource",
    ),
    (
        "AmazonLaunchWizardFullAccessV2",
        MISMATCH,
        1,
        "`ssm:StopAutomationExecution` works on executions, and is given definitions",
    ),
    ("AmazonLaunchWizard_Fullaccess", MISMATCH, 1, "the same"),
    (
        "AmazonSageMakerServiceCatalogProductsCodeBuildServiceRolePolicy",
        MISMATCH,
        163,
        "every action of SageMaker, in a statement that names six types of resource: those that work on others never match",
    ),
    (
        "SageMakerStudioProjectUserRolePolicy",
        MISMATCH,
        1,
        "the same as `AWSQuickSightAssetBundleImportPolicy`",
    ),
    (
        "SecurityAgentWebAppPolicy",
        MISMATCH,
        1,
        "`securityagent:ListSecurityRequirements` works on requirement packs, and is given agent spaces",
    ),
    (
        "aws-service-role/AWSBackupServiceLinkedRolePolicyForBackup",
        MISMATCH,
        1,
        "`rds:DeleteDBInstanceAutomatedBackup` works on automated backups, and is given snapshots",
    ),
    (
        "aws-service-role/AWSCloud9ServiceRolePolicy",
        MISMATCH,
        1,
        "`ec2:StopInstances`, given license configurations",
    ),
    (
        "aws-service-role/AWSElasticBeanstalkServiceRolePolicy",
        MISMATCH,
        1,
        "`eks:DeleteAccessEntry` works on access entries, and is given clusters",
    ),
    (
        "aws-service-role/AWSPanoramaServiceLinkedRolePolicy",
        MISMATCH,
        1,
        "`iot:AttachPolicy` works on what the policy is attached to, and is given policies",
    ),
    (
        "aws-service-role/AWSSecurityHubServiceRolePolicy",
        MISMATCH,
        1,
        "a new action of Config, given recorders; the reference has it for connectors, and may be behind",
    ),
    ("aws-service-role/AWSSecurityHubV2ServiceRolePolicy", MISMATCH, 1, "the same"),
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
        "aws-service-role/AmazonInspector2ServiceRolePolicy",
        MISMATCH,
        1,
        "`ssm:GetCommandInvocation` works on `*` only, and is given a document",
    ),
    (
        "aws-service-role/BatchServiceRolePolicy",
        MISMATCH,
        4,
        "tasks are run from task definitions and stopped as tasks, and the statements name clusters or definitions",
    ),
    (
        "aws-service-role/FMSServiceRolePolicy",
        MISMATCH,
        2,
        "taking a web ACL off works on the protected resource, and is given web ACLs",
    ),
    (
        "aws-service-role/MemoryDBServiceRolePolicy",
        MISMATCH,
        1,
        "`ec2:DeleteNetworkInterface`, given security groups",
    ),
    (
        "aws-service-role/NetworkSecurityManagerServiceRolePolicy",
        MISMATCH,
        1,
        "`wafv2:DisassociateWebACL` works on the protected resource, and is given web ACLs",
    ),
    (
        "aws-service-role/SecurityLakeResourceManagementServiceRolePolicy",
        MISMATCH,
        2,
        "event source mappings, given functions",
    ),
    (
        "service-role/AWSControlTowerServiceRolePolicy",
        MISMATCH,
        9,
        "stacks and stack sets, in a statement that names a type of CloudFormation",
    ),
    (
        "service-role/AWSCostAndUsageReportAutomationPolicy",
        MISMATCH,
        1,
        "`cur:DescribeReportDefinitions` works on `*` only, and is given a report",
    ),
    (
        "service-role/AWSElasticDisasterRecoveryFailbackPolicy",
        MISMATCH,
        1,
        "`drs:SendVolumeStatsForDrs` works on source servers, and is given a recovery instance",
    ),
    (
        "service-role/AWSMSKReplicatorExecutionRole",
        MISMATCH,
        10,
        "topics and groups in a statement that names clusters, and a cluster in one that names topics",
    ),
    (
        "service-role/AWSPanoramaServiceRolePolicy",
        MISMATCH,
        1,
        "`iot:AttachPolicy` works on what the policy is attached to, and is given policies",
    ),
    (
        "service-role/AmazonEC2RoleforAWSCodeDeployLimited",
        MISMATCH,
        1,
        "`s3:ListBucket` works on the bucket, and is given objects",
    ),
    (
        "service-role/AmazonEMRServicePolicy_v2",
        MISMATCH,
        2,
        "launch templates, in statements that name subnets, images and key pairs",
    ),
    (
        "service-role/AmazonSageMakerServiceCatalogProductsLambdaServiceRolePolicy",
        MISMATCH,
        16,
        "apps, domains, profiles and flows of SageMaker, in a statement that names every other type",
    ),
    (
        "service-role/SageMakerStudioProjectProvisioningRolePolicy",
        MISMATCH,
        2,
        "components and recipes of Image Builder, given a repository of ECR",
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
