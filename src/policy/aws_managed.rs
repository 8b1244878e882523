//! Names of AWS managed policies, so that a specification can say `AWSGlueServiceRole` for
//! `service-role/AWSGlueServiceRole`.
//!
//! The list is data, made by `scripts/aws-managed-names.py`, and can lag behind AWS.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::diagnostic::did_you_mean;

/// Name → path and name.
static BY_NAME: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| names().map(|full| (bare(full), full)).collect());

/// Every AWS managed policy known, by path and name as in its ARN after `policy/`.
pub fn names() -> impl Iterator<Item = &'static str> {
    include_str!("aws_managed.txt").lines()
}

/// The path and name, as in the ARN after `policy/`, of the policy called so with or without its path. Case
/// counts. If there is none, the one most likely meant.
pub fn resolve(name: &str) -> Result<&'static str, Option<&'static str>> {
    let bare_name = bare(name);
    match BY_NAME.get(bare_name) {
        Some(full) if name == bare_name || name == *full => Ok(full),
        Some(full) => Err(Some(full)),
        None => Err(did_you_mean(bare_name, BY_NAME.keys().copied())),
    }
}

fn bare(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_unambiguous() {
        let all: Vec<_> = names().collect();
        assert!(all.is_sorted());
        assert!(all.len() > 1_500);
        assert_eq!(BY_NAME.len(), all.len());
        assert!(all.iter().all(|n| !n.is_empty() && !n.starts_with('/') && !n.contains(char::is_whitespace)));
    }

    #[test]
    fn by_short_name_and_by_path() {
        assert_eq!(resolve("AmazonS3ReadOnlyAccess"), Ok("AmazonS3ReadOnlyAccess"));
        assert_eq!(resolve("AWSGlueServiceRole"), Ok("service-role/AWSGlueServiceRole"));
        assert_eq!(resolve("service-role/AWSGlueServiceRole"), Ok("service-role/AWSGlueServiceRole"));
        assert_eq!(resolve("job-function/AWSGlueServiceRole"), Err(Some("service-role/AWSGlueServiceRole")));
        assert_eq!(resolve("AmazonS3ReadonlyAccess"), Err(Some("AmazonS3ReadOnlyAccess")));
        assert_eq!(resolve("require-mfa"), Err(None));
    }
}
