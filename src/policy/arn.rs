//! The six parts of an ARN.

/// The parts `arn`, partition, service, region, account and resource; none if there are fewer. Colons within
/// a policy variable (`${aws:username}`) and within the resource part do not count.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
pub fn split(text: &str) -> Option<[&str; 6]> {
    let (scheme, rest) = cut(text)?;
    let (partition, rest) = cut(rest)?;
    let (service, rest) = cut(rest)?;
    let (region, rest) = cut(rest)?;
    let (account, resource) = cut(rest)?;
    (scheme == "arn").then_some([scheme, partition, service, region, account, resource])
}

/// The same ARN in another partition.
pub fn in_partition(text: &str, partition: &str) -> Option<String> {
    let [scheme, _, service, region, account, resource] = split(text)?;
    Some([scheme, partition, service, region, account, resource].join(":"))
}

/// Whether an account number stands here: twelve digits.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// What stands before and after the first colon outside of policy variables.
fn cut(text: &str) -> Option<(&str, &str)> {
    let mut within = false;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '{' if before == '$' => within = true,
            '}' => within = false,
            ':' if !within => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_parts() {
        assert_eq!(split("arn:aws:s3:::b/k:1"), Some(["arn", "aws", "s3", "", "", "b/k:1"]));
        assert_eq!(
            split("arn:${aws:x}:iam::${aws:PrincipalAccount}:role/${aws:username}"),
            Some(["arn", "${aws:x}", "iam", "", "${aws:PrincipalAccount}", "role/${aws:username}"])
        );
        assert_eq!(split("arn:aws:logs:*"), None);
        assert_eq!(split("urn:aws:s3:::b"), None);
        assert_eq!(in_partition("arn:aws:s3:::b:c", "aws-cn").as_deref(), Some("arn:aws-cn:s3:::b:c"));
    }
}
