//! What a request can have as the value of a condition key.

use core::net::IpAddr;

use ipnet::IpNet;

use super::catalogue::{KeyKind, condition_key};
use super::validate::is_date;

/// Whether one request can have these values of a condition key; of a key that AWS does not have, and of keys whose
/// values are text, nothing is known to be wrong.
///
/// # Errors
/// It cannot; the message says which value is wrong, and what the key takes.
pub fn check(key: &str, values: &[String]) -> Result<(), String> {
    let Some(known) = condition_key(key) else { return Ok(()) };
    if values.len() > 1 && !known.many {
        return Err(format!("a request has one value of `{key}`, not {}", values.len()));
    }
    for value in values {
        let takes = match known.kind {
            KeyKind::Bool if !is_truth(value) => "`true` or `false`",
            KeyKind::Number if !is_number(value) => "a number, such as `3600`",
            KeyKind::Date if !is_date(value) => {
                "a date, such as `2027-01-31T00:00:00Z`, or seconds since 1970"
            }
            KeyKind::Ip if value.parse::<IpNet>().is_ok() && value.contains('/') => {
                return Err(format!("`{value}` is a range, and the value of `{key}` is one address"));
            }
            KeyKind::Ip if value.parse::<IpAddr>().is_err() => "an address, such as `203.0.113.7`",
            KeyKind::Arn if !value.starts_with("arn:") => "an ARN, which begins with `arn:`",
            KeyKind::Bool | KeyKind::Number | KeyKind::Date | KeyKind::Ip | KeyKind::Arn => continue,
            KeyKind::Text | KeyKind::Binary | KeyKind::Unknown => continue,
        };
        return Err(format!("`{value}` is no value of `{key}`, which is {takes}"));
    }
    Ok(())
}

fn is_truth(text: &str) -> bool {
    text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(key: &str, values: &[&str]) -> Option<String> {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        check(key, &values).err()
    }

    #[test]
    fn values_that_a_request_can_have() {
        for (key, value) in [
            ("aws:MultiFactorAuthPresent", "true"),
            ("AWS:multifactorauthpresent", "FALSE"),
            ("aws:MultiFactorAuthAge", "3600"),
            ("aws:CurrentTime", "2027-01-31"),
            ("aws:CurrentTime", "2027-01-31T09:00Z"),
            ("aws:EpochTime", "1801353600"),
            ("aws:SourceIp", "203.0.113.7"),
            ("aws:SourceIp", "2001:db8::1"),
            ("aws:PrincipalArn", "arn:aws:iam::111122223333:role/Etl"),
            ("aws:PrincipalTag/team", "10.0.0.300"),
            ("aws:NoSuchKey", "whatever"),
        ] {
            assert_eq!(said(key, &[value]), None, "{key} {value}");
        }
    }

    #[test]
    fn values_that_none_can_have() {
        for (key, value, why) in [
            ("aws:MultiFactorAuthPresent", "yes", "`true` or `false`"),
            ("aws:SecureTransport", "", "`true` or `false`"),
            ("aws:MultiFactorAuthAge", "an hour", "a number"),
            ("aws:MultiFactorAuthAge", "1.", "a number"),
            ("s3:max-keys", "-", "a number"),
            ("aws:CurrentTime", "tomorrow", "a date"),
            ("aws:TokenIssueTime", "2027-02-30", "a date"),
            ("aws:SourceIp", "10.0.0.0/8", "is a range"),
            ("aws:SourceIp", "10.0.0.300", "an address"),
            ("aws:SourceIp", "10.0.0.300/8", "an address"),
            ("aws:PrincipalArn", "role/Etl", "an ARN"),
        ] {
            let said = said(key, &[value]).unwrap_or_default();
            assert!(said.contains(why) && said.contains(&format!("`{value}`")), "{key} {value}: {said}");
        }
    }

    #[test]
    fn several_values_only_where_a_request_has_several() {
        assert_eq!(said("aws:TagKeys", &["team", "cost"]), None);
        let said = said("aws:SourceIp", &["203.0.113.7", "203.0.113.8"]);
        assert_eq!(said.as_deref(), Some("a request has one value of `aws:SourceIp`, not 2"));
    }
}
