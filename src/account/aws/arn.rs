//! Amazon Resource Names: built from account, partition and path; taken apart where AWS gives nothing else.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use crate::state::{AccountId, Kind, Partition, PolicyReference, ResourceId};

/// The ARN of a customer managed policy.
pub(super) fn of_policy(partition: &Partition, account: &AccountId, path: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:policy{path}{name}")
}

/// The ARN of an AWS managed policy, by path and name.
pub(super) fn of_aws_policy(partition: &Partition, name: &str) -> String {
    format!("arn:{partition}:iam::aws:policy/{name}")
}

/// Partition, account and resource part of an ARN without a region.
fn parts(arn: &str) -> Option<(&str, &str, &str)> {
    let mut fields = arn.splitn(6, ':');
    let (scheme, partition) = (fields.next()?, fields.next()?);
    let (_service, _region) = (fields.next()?, fields.next()?);
    let (account, resource) = (fields.next()?, fields.next()?);
    (scheme == "arn").then_some((partition, account, resource))
}

/// The partition an ARN names.
pub(super) fn partition(arn: &str) -> Option<Partition> {
    parts(arn).map(|(partition, ..)| Partition::new(partition))
}

/// The managed policy an ARN names.
pub(super) fn policy(arn: &str) -> Option<PolicyReference> {
    let (_, account, resource) = parts(arn)?;
    let name = resource.strip_prefix("policy/")?;
    if account == "aws" {
        return Some(PolicyReference::Aws(name.to_owned()));
    }
    let short = name.rsplit('/').next()?;
    let account: AccountId = account.parse().ok()?;
    Some(PolicyReference::Customer(ResourceId::new(&account, Kind::Policy, short)))
}

/// The path in a policy's ARN: `/` or `/…/`.
pub(super) fn policy_path(arn: &str) -> Option<String> {
    let (_, _, resource) = parts(arn)?;
    let name = resource.strip_prefix("policy")?;
    name.rfind('/').and_then(|end| name.get(..=end)).map(ToOwned::to_owned)
}

/// The user or role behind a caller; none for the root user and federated users.
/// An assumed role's ARN has the role's name without its path.
pub(super) fn caller(arn: &str) -> Option<ResourceId> {
    let (_, account, resource) = parts(arn)?;
    let account: AccountId = account.parse().ok()?;
    let (sort, rest) = resource.split_once('/')?;
    match sort {
        "user" => Some(ResourceId::new(&account, Kind::User, rest.rsplit('/').next()?)),
        "assumed-role" => Some(ResourceId::new(&account, Kind::Role, rest.split('/').next()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> AccountId {
        "111122223333".parse().unwrap()
    }

    #[test]
    fn builds_in_the_partition() {
        let cn = Partition::new("aws-cn");
        assert_eq!(
            of_policy(&cn, &account(), "/hatrack/a/", "p"),
            "arn:aws-cn:iam::111122223333:policy/hatrack/a/p"
        );
        assert_eq!(of_aws_policy(&cn, "service-role/G"), "arn:aws-cn:iam::aws:policy/service-role/G");
    }

    #[test]
    fn takes_policies_apart() {
        let arn = "arn:aws:iam::111122223333:policy/hatrack/a/p";
        assert_eq!(
            policy(arn),
            Some(PolicyReference::Customer(ResourceId::new(&account(), Kind::Policy, "p")))
        );
        assert_eq!(policy_path(arn).as_deref(), Some("/hatrack/a/"));
        assert_eq!(policy_path("arn:aws:iam::111122223333:policy/p").as_deref(), Some("/"));
        let glue = "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole";
        assert_eq!(policy(glue), Some(PolicyReference::Aws("service-role/AWSGlueServiceRole".to_owned())));
    }

    #[test]
    fn knows_the_caller() {
        let of = |arn: &str| caller(arn).map(|id| id.address());
        assert_eq!(of("arn:aws:iam::111122223333:user/ops/al").as_deref(), Some("user/al"));
        assert_eq!(of("arn:aws:sts::111122223333:assumed-role/R/s").as_deref(), Some("role/R"));
        assert_eq!(of("arn:aws:iam::111122223333:root"), None);
        assert_eq!(of("arn:aws:sts::111122223333:federated-user/x"), None);
    }
}
