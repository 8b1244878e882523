//! Condition values by what they are: numbers, instants, addresses, truth, bytes, text.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use core::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;
use jiff::civil::Date;

/// A decimal number, exactly, in units of 10⁻¹⁸.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub i128);

/// Digits after the point.
const FRACTION_DIGITS: usize = 18;
/// Digits before the point that surely fit.
const WHOLE_DIGITS_MAX: usize = 19;

impl Number {
    /// Reads `-12.5`; none if it is no decimal number, or one of more than 19 digits before or 18 after the point.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let some = digits.bytes().any(|b| b.is_ascii_digit());
        if !some || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        if whole.len() > WHOLE_DIGITS_MAX || fraction.len() > FRACTION_DIGITS {
            return None;
        }
        let scaled = format!("{whole}{fraction:0<FRACTION_DIGITS$}").parse::<i128>().ok()?;
        Some(Self(if negative { -scaled } else { scaled }))
    }
}

/// An instant, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i128);

impl Instant {
    /// Reads ISO 8601 (a day alone is its first moment in UTC) or seconds since 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse::<i128>().ok()?.checked_mul(NANOSECONDS).map(Self);
        }
        let of = |instant: Timestamp| Self(instant.as_nanosecond());
        if let Some(instant) = crate::policy::instant(text) {
            return Some(of(instant));
        }
        let day = match text.split('-').map(str::len).collect::<Vec<_>>().as_slice() {
            [4, 2] => format!("{text}-01"),
            _ => text.to_owned(),
        };
        let date: Date = day.parse().ok()?;
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(of(midnight.timestamp()))
    }
}

/// Nanoseconds in a second.
const NANOSECONDS: i128 = 1_000_000_000;

/// Reads an address range; a single address is a range of one.
pub fn range(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse::<IpNet>().ok().map(|net| net.trunc()).or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Reads `true` or `false`, in any case.
pub fn truth(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(Number::parse("010.50"), Number::parse("10.5"));
        assert!(Number::parse("-1") < Number::parse("0"));
        assert!(Number::parse("9007199254740993") > Number::parse("9007199254740992"));
        for wrong in ["", "-", ".", "1e3", "ten", "1.2.3", "99999999999999999999"] {
            assert_eq!(Number::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn instants() {
        assert_eq!(Instant::parse("2027-01-31T00:00:00Z"), Instant::parse("2027-01-31"));
        assert_eq!(Instant::parse("1801353600"), Instant::parse("2027-01-31T00:00:00Z"));
        assert_eq!(Instant::parse("2027-01-31T01:00:00+01:00"), Instant::parse("2027-01-31T00:00Z"));
        assert_eq!(Instant::parse("soon"), None);
    }

    #[test]
    fn ranges() {
        assert_eq!(range("10.0.0.1"), range("10.0.0.1/32"));
        assert_eq!(range("10.0.0.9/8"), range("10.0.0.0/8"));
        assert_eq!(range("2001:DB8::/32"), range("2001:db8:0::/32"));
        assert_eq!(range("10.0.0"), None);
    }
}
