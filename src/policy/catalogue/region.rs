//! AWS regions and their partitions.

use super::data;
use crate::diagnostic::did_you_mean;

/// Every region with its partition, sorted.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    data::lines(include_str!("../../../data/regions.txt")).filter_map(|line| line.split_once('\t'))
}

/// Whether there is such a region. Case counts.
pub fn known(name: &str) -> bool {
    all().any(|(region, _)| region == name)
}

/// The partition of a region; for one not known, what its name begins with tells.
pub fn partition(name: &str) -> &'static str {
    if let Some((_, partition)) = all().find(|(region, _)| *region == name) {
        return partition;
    }
    let begins = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    begins.into_iter().find(|(start, _)| name.starts_with(start)).map_or("aws", |(_, partition)| partition)
}

/// The region most likely meant.
pub fn closest(name: &str) -> Option<&'static str> {
    did_you_mean(name, all().map(|(region, _)| region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions() {
        assert!(all().map(|(region, _)| region).is_sorted());
        assert!(all().count() >= 40);
        assert!(known("eu-west-1") && !known("eu-west-9") && !known("EU-WEST-1") && !known("aws-global"));
        assert_eq!(closest("eu-wset-1"), Some("eu-west-1"));
        assert_eq!(closest("nowhere"), None);
    }

    #[test]
    fn the_name_of_a_new_region_tells_its_partition() {
        for (region, partition) in all() {
            assert_eq!(super::partition(region), partition);
            let new = format!("{}9", region.trim_end_matches(|c: char| c.is_ascii_digit()));
            assert_eq!(super::partition(&new), partition, "{new}");
        }
    }
}
