//! Conditions that keep a right from being used for more than the environments need.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::Folded;
use crate::state::Partition;

/// The conditions of a statement, as [`Statement::conditions`](crate::policy::Statement) has them.
pub(super) type Guard = BTreeMap<String, BTreeMap<Folded, BTreeSet<String>>>;

const BOUNDARY: &str = "iam:PermissionsBoundary";

fn guard(operator: &str, key: &str, values: BTreeSet<String>) -> Guard {
    [(operator.to_owned(), [(Folded(key.to_owned()), values)].into())].into()
}

/// AWS's stars count only in the operators that say so.
fn of_arns(key: &str, arns: &BTreeSet<String>) -> Guard {
    let operator = if arns.iter().any(|arn| arn.contains('*')) { "ArnLike" } else { "ArnEquals" };
    guard(operator, key, arns.clone())
}

/// Only these managed policies are attached.
pub(super) fn policies(arns: &BTreeSet<String>) -> Guard {
    of_arns("iam:PolicyARN", arns)
}

/// Only with this boundary.
pub(super) fn boundary(arns: &BTreeSet<String>) -> Guard {
    of_arns(BOUNDARY, arns)
}

/// Only what carries a tag with one of these values.
pub(super) fn tagged(key: &str, values: BTreeSet<String>) -> Guard {
    guard("StringEquals", &format!("aws:ResourceTag/{key}"), values)
}

/// Only handed to EC2, which is what instance profiles are for.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
pub(super) fn passed_to_ec2(partition: &Partition) -> Guard {
    let mut services = BTreeSet::from(["ec2.amazonaws.com".to_owned()]);
    if partition.as_str() == "aws-cn" {
        services.insert("ec2.amazonaws.com.cn".to_owned());
    }
    guard("StringEquals", "iam:PassedToService", services)
}

/// Only handed to SageMaker, which domains, profiles and notebooks are of.
pub(super) fn passed_to_sagemaker() -> Guard {
    guard("StringEquals", "iam:PassedToService", ["sagemaker.amazonaws.com".to_owned()].into())
}

/// Only the roles of SageMaker itself.
pub(super) fn for_sagemaker() -> Guard {
    guard("StringEquals", "iam:AWSServiceName", ["sagemaker.amazonaws.com".to_owned()].into())
}

/// Both guards at once.
pub(super) fn both(mut one: Guard, other: &Guard) -> Guard {
    for (operator, keys) in other {
        one.entry(operator.clone()).or_default().extend(keys.clone());
    }
    one
}

/// Whether AWS tells an action's boundary: the one asked for, or the one that its user or role has.
///
/// A plan sets a boundary before it gives anything, so that what gives finds it there. What takes away may come
/// before it, and is never guarded so.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_identityandaccessmanagement.html>
pub(super) fn knows_boundary(action: &str) -> bool {
    const GIVING: [&str; 8] = [
        "iam:AttachRolePolicy",
        "iam:AttachUserPolicy",
        "iam:CreateRole",
        "iam:CreateUser",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:PutUserPermissionsBoundary",
        "iam:PutUserPolicy",
    ];
    GIVING.contains(&action)
}

/// The guard for an action that does not know boundaries.
pub(super) fn without_boundary(mut guard: Guard) -> Guard {
    for keys in guard.values_mut() {
        keys.remove(&Folded(BOUNDARY.to_owned()));
    }
    guard.retain(|_, keys| !keys.is_empty());
    guard
}
