//! Regions, accounts and partitions that a document spells out, with their places.

use crate::policy::{WrittenStatement, WrittenTest, arn};

/// A part of an ARN, or of another text, that is spelled out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Literal<'a> {
    /// The region, account or partition.
    pub word: &'a str,
    /// What it stands in.
    pub text: &'a str,
    /// Where that stands.
    pub pointer: &'a str,
}

/// Condition keys that hold the ARN of a resource.
const ARN_KEYS: [&str; 3] =
    ["aws:SourceArn", "iam:AssociatedResourceArn", "s3:x-amz-server-side-encryption-aws-kms-key-id"];

/// The regions of a statement's resources. Left out are those that AWS prescribes, whatever one's own is.
pub(super) fn resource_regions(statement: &WrittenStatement) -> Vec<Literal<'_>> {
    let regions = statement.resources.iter().filter_map(|spot| {
        let [_, _, service, region, _, resource] = arn::split(&spot.text)?;
        let prescribed = region == "us-east-1"
            && (service == "acm"
                || service == "cloudfront"
                || (service == "wafv2" && resource.starts_with("global/")));
        (is_region(region) && !prescribed).then_some(Literal {
            word: region,
            text: &spot.text,
            pointer: &spot.pointer,
        })
    });
    regions.collect()
}

/// The regions that the values of a test spell out.
pub(super) fn test_regions(test: &WrittenTest) -> Vec<Literal<'_>> {
    let regions = test.values.iter().filter_map(|value| {
        let region = if test.is_of("aws:RequestedRegion") {
            &value.text
        } else if test.is_of("kms:ViaService") {
            value.text.split('.').nth(1)?
        } else if ARN_KEYS.iter().any(|key| test.is_of(key)) {
            let [_, _, _, region, ..] = arn::split(&value.text)?;
            region
        } else {
            return None;
        };
        is_region(region).then_some(Literal { word: region, text: &value.text, pointer: &value.pointer })
    });
    regions.collect()
}

/// Everything in a statement that looks like an ARN, with the part of this number.
pub(super) fn parts_of_values(test: &WrittenTest, part: usize) -> Vec<Literal<'_>> {
    let parts = test.values.iter().filter_map(|value| {
        let word = *arn::split(&value.text)?.get(part)?;
        Some(Literal { word, text: &value.text, pointer: &value.pointer })
    });
    parts.collect()
}

/// Whether a region is spelled out here.
fn is_region(text: &str) -> bool {
    let mut parts = text.rsplitn(2, '-');
    let number =
        parts.next().is_some_and(|last| !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()));
    number
        && parts.next().is_some_and(|rest| {
            rest.contains('-') && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::is_region;

    #[test]
    fn what_a_region_looks_like() {
        for region in ["eu-west-1", "us-gov-east-1", "ap-southeast-12", "cn-north-1"] {
            assert!(is_region(region), "{region}");
        }
        for other in ["", "*", "eu-*", "eu-west-?", "${aws:RequestedRegion}", "aws-global", "west-1", "s3"] {
            assert!(!is_region(other), "{other}");
        }
    }
}
