//! What SageMaker does with the rights of whoever calls it: network interfaces in a VPC, grants on keys, the file system
//! of a domain, and the role that Studio works as itself.
//! <https://docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html>

use super::guard::{self, Guard};
use crate::state::{Core, Domain, Notebook, Partition, ResourceId};

/// A condition, an action and what it is on.
type Need = (Guard, &'static str, String);

/// What has to be allowed beside the calls on a resource themselves, so that it can be made, changed and started.
pub(super) fn of(partition: &Partition, id: &ResourceId, core: &Core) -> Vec<Need> {
    let region = id.region.as_deref().unwrap_or("*");
    let arn = |service: &str, rest: &str| format!("arn:{partition}:{service}:{region}:{}:{rest}", id.account);
    let free = |action: &'static str, arn: String| (Guard::new(), action, arn);
    match core {
        Core::Domain(Domain { kms_key, .. }) => {
            let role = format!(
                "arn:{partition}:iam::{}:role/aws-service-role/sagemaker.amazonaws.com/*",
                id.account
            );
            let mut needs = vec![(guard::for_sagemaker(), "iam:CreateServiceLinkedRole", role)];
            if let Some(key) = kms_key {
                let key = key_arn(key, &arn);
                for action in [
                    "kms:CreateGrant",
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:GenerateDataKeyWithoutPlaintext",
                ] {
                    needs.push(free(action, key.clone()));
                }
                needs.push(free(
                    "elasticfilesystem:CreateFileSystem",
                    arn("elasticfilesystem", "file-system/*"),
                ));
            }
            needs
        }
        Core::Notebook(Notebook { subnet, security_groups, kms_key, .. }) => {
            let mut needs = vec![];
            if let Some(subnet) = subnet {
                for action in [
                    "ec2:DescribeNetworkInterfaces",
                    "ec2:DescribeSecurityGroups",
                    "ec2:DescribeSubnets",
                    "ec2:DescribeVpcs",
                ] {
                    needs.push(free(action, "*".to_owned()));
                }
                let interfaces = arn("ec2", "network-interface/*");
                needs.push(free("ec2:CreateNetworkInterface", interfaces.clone()));
                needs.push(free("ec2:CreateNetworkInterface", arn("ec2", &format!("subnet/{subnet}"))));
                for group in security_groups {
                    needs.push(free(
                        "ec2:CreateNetworkInterface",
                        arn("ec2", &format!("security-group/{group}")),
                    ));
                }
                needs.push(free("ec2:DeleteNetworkInterface", interfaces));
            }
            if let Some(key) = kms_key {
                let key = key_arn(key, &arn);
                needs.push(free("kms:CreateGrant", key.clone()));
                needs.push(free("kms:DescribeKey", key));
            }
            needs
        }
        Core::User { .. }
        | Core::Group { .. }
        | Core::Policy { .. }
        | Core::Role { .. }
        | Core::InstanceProfile { .. }
        | Core::Bucket { .. }
        | Core::UserProfile(_)
        | Core::Space(_)
        | Core::NotebookLifecycle(_)
        | Core::StudioLifecycle(_)
        | Core::Account => vec![],
    }
}

/// Policies are about keys by their ids; which one an alias stands for is not in the files.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/cmks-in-iam-policies.html>
fn key_arn(key: &str, arn: &impl Fn(&str, &str) -> String) -> String {
    match key {
        key if key.contains("alias/") => arn("kms", "key/*"),
        key if key.starts_with("arn:") => key.to_owned(),
        key => arn("kms", &format!("key/{key}")),
    }
}
