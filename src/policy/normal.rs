//! Normal form: what AWS does not tell apart is written one way.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};

use super::condition::{Family, Operator, Test};
use super::{Document, Principals, Statement, Version, arn, validate};

impl Document {
    /// A document put together from parts, in normal form: statements sorted, none twice, empty parts left
    /// out.
    pub fn new(version: Version, id: Option<String>, statements: Vec<Statement>) -> Self {
        let mut statements: Vec<_> = statements.into_iter().map(Statement::normal).collect();
        statements.sort();
        statements.dedup();
        Self { version, id: id.filter(|text| !text.is_empty()), statements }
    }
}

impl Statement {
    /// The statement without empty principal lists, without conditions on nothing, and with an empty Sid as
    /// none.
    #[must_use]
    pub fn normal(self) -> Self {
        let Self { sid, effect, principal, action, resource, mut conditions } = self;
        let named = |mut principals: Principals| {
            principals.retain(|_, values| !values.is_empty());
            principals
        };
        // `"Principal": {}` names nobody, as its absence does; `"NotPrincipal": {}` would be everybody.
        let principal = principal.map(|p| p.map(named)).filter(|p| p.is_not() || !p.value().is_empty());
        conditions.retain(|_, keys| !keys.is_empty());
        Self { sid: sid.filter(|text| !text.is_empty()), effect, principal, action, resource, conditions }
    }
}

/// `"Principal": "*"`.
pub(super) fn everyone() -> Principals {
    BTreeMap::from([("AWS".to_owned(), BTreeSet::from(["*".to_owned()]))])
}

/// Whether a principal element is just `"*"`.
pub(super) fn is_everyone(principals: &Principals) -> bool {
    principals.len() == 1
        && principals.get("AWS").is_some_and(|values| values.len() == 1 && values.contains("*"))
}

/// An account number is shown as its root ARN by AWS; every other principal stays.
pub(super) fn principal(kind: &str, value: &str, partition: &str) -> String {
    if kind == "AWS" && arn::is_account(value) {
        format!("arn:{partition}:iam::{value}:root")
    } else {
        value.to_owned()
    }
}

/// Condition values that the operator does not tell apart are written one way: truth in small letters, a number
/// without needless zeros, an instant in UTC, an address as a range, text whose case is ignored in small letters. Anything that is not
/// clearly one of these stays.
pub(super) fn condition_value(operator: Option<Operator>, value: String) -> String {
    let Some(Operator { quantifier: _, test, if_exists: _ }) = operator else { return value };
    let word = value.to_ascii_lowercase();
    let one_way = match test {
        Test::Bool | Test::Null if word == "true" || word == "false" => Some(word),
        Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase if !value.contains("${") => Some(word),
        Test::IpAddress | Test::NotIpAddress => address(&value),
        test if test.is_numeric() => number(&value),
        test if test.family() == Family::Date => date(&value),
        _ => None,
    };
    one_way.unwrap_or(value)
}

/// `10.0.0.1` → `10.0.0.1/32`, `2001:DB8::0/32` → `2001:db8::/32`. Without a length a single address is meant.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
fn address(value: &str) -> Option<String> {
    let (address, length) = value.split_once('/').map_or((value, None), |(a, l)| (a, Some(l)));
    let address: IpAddr = address.parse().ok()?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = length.map_or(Some(longest), |digits| digits.parse::<u8>().ok())?;
    (length <= longest).then(|| format!("{address}/{length}"))
}

/// `2027-01-31T01:00+01:00` → `2027-01-31T00:00:00Z`. A day alone and seconds since 1970 stay as they are.
fn date(value: &str) -> Option<String> {
    // The parser takes more spellings than AWS does, and a leap second as the one before it.
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b"-+:.TZ".contains(&b));
    let taken = value.find('T') == Some(10) && plain(value) && !value.contains(":60");
    taken.then(|| validate::instant(value))?.map(|instant| instant.to_string())
}

/// `03600.50` → `3600.5`.
fn number(value: &str) -> Option<String> {
    let (sign, digits) = value.strip_prefix('-').map_or(("", value), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(match (whole, fraction) {
        ("0", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    })
}
