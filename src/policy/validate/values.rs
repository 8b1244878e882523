//! Condition values that are not what their operator or key takes.

use core::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{has_wildcard, is_open};
use crate::policy::catalogue::region;
use crate::policy::condition::{Family, Test};
use crate::policy::{Problem, Spot, WrittenStatement, WrittenTest, arn};

const RULE: &str = "malformed-value";

/// Keys whose value is an account.
const ACCOUNTS: [&str; 4] =
    ["aws:PrincipalAccount", "aws:ResourceAccount", "aws:SourceAccount", "aws:SourceOwner"];
/// Keys whose value is an organization.
const ORGANIZATIONS: [&str; 3] = ["aws:PrincipalOrgID", "aws:ResourceOrgID", "aws:SourceOrgID"];

pub(super) fn check(statement: &WrittenStatement) -> Vec<Problem> {
    let of_test = |test: &WrittenTest| {
        let each = test.values.iter().filter(|value| !is_open(&value.text));
        each.filter_map(|value| of_operator(test, value).or_else(|| of_key(test, value))).collect::<Vec<_>>()
    };
    statement.tests.iter().flat_map(of_test).collect()
}

fn of_operator(test: &WrittenTest, value: &Spot) -> Option<Problem> {
    let operator = test.operator?;
    let Spot { text, pointer } = value;
    match operator.test.family() {
        Family::Date if !is_date(text) => {
            let message = format!("`{}` compares with a date, not `{text}`", test.word.text);
            Some(Problem::at(RULE, pointer, message).help("a date is like `2027-01-31T00:00:00Z`, in UTC"))
        }
        Family::Ip => address(test, value),
        Family::Arn if arn::split(text).is_none() && !text.chars().all(|c| c == '*') => {
            let message = format!("`{}` compares with an ARN, not `{text}`", test.word.text);
            let help = "an ARN has six parts: `arn:partition:service:region:account:resource`";
            Some(Problem::at(RULE, pointer, message).help(help))
        }
        _ => None,
    }
}

/// The forms of ISO 8601 that AWS takes, and seconds since 1970.
/// <https://www.w3.org/TR/NOTE-datetime>
pub fn is_date(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits(text) {
        return true;
    }
    let day = match text.split('-').map(str::len).collect::<Vec<_>>().as_slice() {
        [4, 2] => format!("{text}-01"),
        _ => text.to_owned(),
    };
    let (date, time) = day.split_once(['T', 't']).unwrap_or((&day, ""));
    let plain = date.len() == 10 && date.parse::<Date>().is_ok();
    if time.is_empty() {
        return plain && !day.contains(['T', 't']);
    }
    plain && instant(text).is_some()
}

/// The instant that a date with time and zone means; seconds and their fraction can be left out.
pub fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    // `2027-01-31T08:00Z` and `…+0100`, which the parser does not take.
    let at = text.find(['T', 't'])? + 1;
    let (date, time) = text.split_at_checked(at)?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = time.split_at_checked(zone)?;
    let clock = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    format!("{date}{clock}{zone}").parse().ok()
}

fn address(test: &WrittenTest, value: &Spot) -> Option<Problem> {
    let Spot { text, pointer } = value;
    if test.is_of("aws:SourceIp") && test.values.iter().all(|value| is_private(&value.text)) {
        let message =
            format!("no request comes from `{text}`: `{}` is the address that AWS sees", test.key.text);
        let help = "take `aws:VpcSourceIp` for addresses within a VPC, or name the public ones";
        return Some(Problem::at(RULE, pointer, message).warning().help(help));
    }
    if text.parse::<IpAddr>().is_ok() {
        return None;
    }
    let Ok(range) = text.parse::<IpNet>() else {
        let message = format!("`{}` compares with an address or a range, not `{text}`", test.word.text);
        return Some(
            Problem::at(RULE, pointer, message).help("a range is like `203.0.113.0/24` or `2001:db8::/32`"),
        );
    };
    if range.addr() == range.network() {
        return None;
    }
    let message = format!("`{text}` has bits set behind its prefix: it means `{}`", range.trunc());
    Some(
        Problem::at(RULE, pointer, message)
            .warning()
            .help("write the first address of the range, or a single one"),
    )
}

/// Whether an address or range is of a private network, which the internet does not carry.
/// <https://www.rfc-editor.org/rfc/rfc1918>
fn is_private(text: &str) -> bool {
    let range = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    match range {
        Ok(IpNet::V4(range)) => range.network().is_private() && range.broadcast().is_private(),
        Ok(IpNet::V6(_)) | Err(_) => false,
    }
}

fn of_key(test: &WrittenTest, value: &Spot) -> Option<Problem> {
    let operator = test.operator.filter(|operator| operator.test.family() == Family::Text)?;
    let Spot { text, pointer } = value;
    let is = |keys: &[&str]| keys.iter().any(|key| test.is_of(key));
    let pattern = matches!(operator.test, Test::StringLike | Test::StringNotLike) && has_wildcard(text);
    if pattern {
        return None;
    }
    if is(&ACCOUNTS) && !arn::is_account(text) {
        let message = format!("`{text}` is no account");
        return Some(Problem::at(RULE, pointer, message).help("an account has twelve digits, in quotes"));
    }
    if is(&ORGANIZATIONS) && !is_organization(text) {
        let message = format!("`{text}` is no organization");
        return Some(Problem::at(RULE, pointer, message).help("its id is like `o-exampleorgid`"));
    }
    if is(&["kms:ViaService"])
        && let Some(help) = wrong_via(text)
    {
        let message = format!("no request to KMS comes through `{text}`");
        return Some(Problem::at(RULE, pointer, message).help(help));
    }
    for (key, begin) in [("aws:SourceVpc", "vpc-"), ("aws:SourceVpce", "vpce-")] {
        if test.is_of(key) && !text.starts_with(begin) {
            let what = if begin == "vpc-" { "VPC" } else { "VPC endpoint" };
            let message = format!("`{text}` is no {what}");
            return Some(Problem::at(RULE, pointer, message).help(format!("its id begins with `{begin}`")));
        }
    }
    if is(&["aws:RequestedRegion"]) && !region::known(text) && text != "aws-global" {
        let problem = Problem::at(RULE, pointer, format!("AWS has no region `{text}`"));
        return Some(match region::closest(text) {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("a region is like `eu-west-1`"),
        });
    }
    None
}

/// What is wrong with the service and region through which a request to KMS is said to come.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service>
fn wrong_via(text: &str) -> Option<String> {
    let (service, rest) = text.split_once('.')?;
    let without_region = rest == "amazonaws.com" || rest == "amazonaws.com.cn";
    without_region.then(|| format!("name the region, as in `{service}.eu-west-1.{rest}`, or write `{service}.*.{rest}` under `StringLike`"))
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
fn is_organization(text: &str) -> bool {
    text.strip_prefix("o-").is_some_and(|id| {
        (10..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}
