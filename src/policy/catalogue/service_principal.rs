//! Service principals: who an AWS service is in a policy.
//!
//! AWS publishes no list; this one is kept by hand in `data/service-principals.txt` and can lack some.

use super::closest::SERVICE_NICKNAMES;
use super::{data, region};
use crate::diagnostic::did_you_mean;

const SUFFIX: &str = ".amazonaws.com";

/// What stands for `amazonaws.com` in the other partitions.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
const SUFFIXES: [&str; 7] = [
    SUFFIX,
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
];

/// Whether a name ends as those of service principals do, in any partition.
pub fn has_suffix(name: &str) -> bool {
    SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

/// Every service principal known, in partition `aws` and of no region, sorted.
pub fn all() -> impl Iterator<Item = &'static str> {
    data::lines(include_str!("../../../data/service-principals.txt"))
}

/// Whether there is such a service principal, of no region (`logs.amazonaws.com`) or of one
/// (`logs.eu-west-1.amazonaws.com`), in any partition. Case counts.
pub fn known(name: &str) -> bool {
    let listed = |name: &str| all().any(|principal| principal == name);
    listed(name)
        || bare(name).is_some_and(|bare| {
            let of_region = bare.rsplit_once('.').filter(|(_, last)| region::known(last));
            let service = of_region.map_or(bare, |(service, _)| service);
            listed(&format!("{service}{SUFFIX}"))
        })
}

/// The service principal most likely meant.
pub fn closest(name: &str) -> Option<&'static str> {
    let bare = bare(name).unwrap_or(name).to_ascii_lowercase();
    let nickname = SERVICE_NICKNAMES.iter().find(|(nickname, _)| *nickname == bare);
    let meant = nickname.map_or(bare.as_str(), |(_, prefix)| prefix);
    let near = did_you_mean(meant, all().filter_map(|principal| principal.strip_suffix(SUFFIX)))?;
    all().find(|principal| principal.strip_suffix(SUFFIX) == Some(near))
}

fn bare(name: &str) -> Option<&str> {
    SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals() {
        let listed: Vec<_> = all().collect();
        assert!(listed.is_sorted_by(|one, next| one < next));
        assert!(listed.len() >= 250, "{}", listed.len());
        for principal in &listed {
            let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
            assert!(principal.chars().all(fine) && principal.contains(".amazon"), "{principal}");
            assert!(known(principal) && closest(principal).is_none_or(|near| near == *principal));
        }
    }

    #[test]
    fn of_regions_and_partitions() {
        for name in [
            "ec2.amazonaws.com",
            "ec2.amazonaws.com.cn",
            "logs.eu-west-1.amazonaws.com",
            "states.cn-north-1.amazonaws.com.cn",
            "batchoperations.s3.amazonaws.com",
        ] {
            assert!(known(name), "{name}");
        }
        for name in
            ["ec2", "EC2.amazonaws.com", "ec2.eu-west-9.amazonaws.com", "amazonaws.com", ".amazonaws.com"]
        {
            assert!(!known(name), "{name}");
        }
    }

    #[test]
    fn did_you_mean_a_principal() {
        assert_eq!(closest("lamda.amazonaws.com"), Some("lambda.amazonaws.com"));
        assert_eq!(closest("EC2.amazonaws.com"), Some("ec2.amazonaws.com"));
        assert_eq!(closest("ec2.amazon.com"), None);
        assert_eq!(closest("stepfunctions.amazonaws.com"), Some("states.amazonaws.com"));
        assert_eq!(closest("sagemaker"), Some("sagemaker.amazonaws.com"));
    }
}
