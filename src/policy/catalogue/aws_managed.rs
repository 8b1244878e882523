//! AWS's own managed policies: names, versions and documents.
//!
//! A specification can say `AWSGlueServiceRole` for `service-role/AWSGlueServiceRole`.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use super::data;
use crate::diagnostic::did_you_mean;
use crate::policy::{Document, Version, read};

/// A managed policy of AWS, in its latest version.
#[derive(Debug)]
pub struct ManagedPolicy {
    /// Path and name as in its ARN after `policy/`: `service-role/AWSGlueServiceRole`.
    pub name: &'static str,
    /// The number of its version: 3 for `v3`.
    pub version: u32,
    /// Day the policy was created, as `2015-02-06`.
    pub created: &'static str,
    /// Day of this version, as `2015-02-06`.
    pub updated: &'static str,
    /// Which line of the documents is its.
    at: usize,
    document: OnceLock<Document>,
}

static ALL: LazyLock<Vec<ManagedPolicy>> = LazyLock::new(|| {
    let columns = data::managed_policies().lines().map(|line| line.split('\t'));
    columns
        .enumerate()
        .map(|(at, mut columns)| {
            let mut next = || columns.next().unwrap_or_default();
            let (name, version, created, updated) = (next(), next(), next(), next());
            let version = version.parse().unwrap_or_default();
            ManagedPolicy { name, version, created, updated, at, document: OnceLock::new() }
        })
        .collect()
});

/// The text of every document.
static TEXTS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| data::managed_policy_documents().lines().collect());

/// Name → path and name.
static BY_NAME: LazyLock<BTreeMap<&'static str, &'static str>> =
    LazyLock::new(|| names().map(|full| (bare(full), full)).collect());

/// Every AWS managed policy known, sorted by path and name.
pub fn managed_policies() -> impl Iterator<Item = &'static ManagedPolicy> {
    ALL.iter()
}

/// The policy of this path and name, as in its ARN after `policy/`. Case counts.
pub fn managed_policy(path_and_name: &str) -> Option<&'static ManagedPolicy> {
    let at = ALL.binary_search_by(|policy| policy.name.cmp(path_and_name)).ok()?;
    ALL.get(at)
}

/// Every AWS managed policy known, by path and name as in its ARN after `policy/`.
pub fn names() -> impl Iterator<Item = &'static str> {
    managed_policies().map(|policy| policy.name)
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

impl ManagedPolicy {
    /// What it says, in normal form.
    pub fn document(&self) -> &Document {
        self.document.get_or_init(|| {
            let json = serde_json::from_str(self.text()).ok();
            // The tests read every document; an empty one gives nothing.
            json.and_then(|json| read::found(&json, "aws").ok())
                .unwrap_or_else(|| Document::new(Version::V2012, None, vec![]))
        })
    }

    /// Its text, as AWS has it but without blanks.
    pub fn text(&self) -> &'static str {
        TEXTS.get(self.at).copied().unwrap_or_default()
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
