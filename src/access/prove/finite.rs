//! Keys with values of finitely many kinds: truth, numbers, instants, addresses. One value stands for each kind that
//! the rules tell apart.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::collections::BTreeSet;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::access::rule::{Comparison, Operand};
use crate::policy::catalogue::KeyKind;
use crate::policy::condition::Family;

/// Units of a [`Number`](crate::access::value::Number) in one.
const ONE: i128 = 1_000_000_000_000_000_000;
/// Nanoseconds in a second.
const SECOND: i128 = 1_000_000_000;

/// A value of each kind that these comparisons of one key tell apart. What is not of the key's kind is one value
/// more, unless the key is documented to be of it.
pub fn values<'c>(comparisons: impl Iterator<Item = &'c Comparison>, kind: KeyKind) -> Vec<String> {
    let mut numbers = BTreeSet::new();
    let mut instants = BTreeSet::new();
    let mut ranges = vec![];
    let mut truth = kind == KeyKind::Bool;
    // `Null` tells presence from absence only: its `true` is no value of the key.
    let compared = |test: &&Comparison| test.operator.is_some_and(|o| o.test.family() != Family::Presence);
    for operand in comparisons.filter(compared).flat_map(|comparison| &comparison.values) {
        match operand {
            Operand::Number(number) => drop(numbers.insert(number.0)),
            Operand::Instant(instant) => drop(instants.insert(instant.0)),
            Operand::Range(range) => ranges.push(*range),
            Operand::Truth(_) => truth = true,
            Operand::Text(_) | Operand::Arn(_) | Operand::Binary(_) | Operand::Malformed => {}
        }
    }
    let mut values = vec![];
    if truth {
        values.extend(["true".to_owned(), "false".to_owned()]);
    }
    values.extend(between(&numbers, ONE).into_iter().map(decimal));
    values.extend(between(&instants, SECOND).into_iter().filter_map(moment));
    values.extend(addresses(&ranges));
    let of_kind = match kind {
        KeyKind::Bool => truth,
        KeyKind::Number => !numbers.is_empty(),
        KeyKind::Date => !instants.is_empty(),
        KeyKind::Ip => !ranges.is_empty(),
        KeyKind::Text | KeyKind::Arn | KeyKind::Binary | KeyKind::Unknown => false,
    };
    if !of_kind {
        values.push("x".to_owned());
    }
    values
}

/// Each point, and one before, between and after them; whole ones if there are any.
fn between(points: &BTreeSet<i128>, whole: i128) -> Vec<i128> {
    let mut all = vec![];
    let mut before: Option<i128> = None;
    for point in points {
        match before {
            None => all.push(point - whole),
            Some(before) if point - before > whole => all.push(before + whole),
            Some(before) if point - before > 1 => all.push(before + (point - before) / 2),
            Some(_) => {}
        }
        all.push(*point);
        before = Some(*point);
    }
    all.extend(before.map(|last| last + whole));
    all
}

fn decimal(units: i128) -> String {
    let (sign, size) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    let one = ONE.unsigned_abs();
    let (before, after) = (size / one, size % one);
    if after == 0 {
        return format!("{sign}{before}");
    }
    let digits = format!("{after:018}");
    format!("{sign}{before}.{}", digits.trim_end_matches('0'))
}

fn moment(nanoseconds: i128) -> Option<String> {
    let seconds = || (nanoseconds >= 0).then(|| (nanoseconds / SECOND).to_string());
    // Beyond the year 9999 there are only seconds since 1970.
    Timestamp::from_nanosecond(nanoseconds).ok().map(|moment| moment.to_string()).or_else(seconds)
}

/// The first address of each stretch that the ranges cut, in both families.
fn addresses(ranges: &[IpNet]) -> Vec<String> {
    if ranges.is_empty() {
        return vec![];
    }
    let mut four = BTreeSet::from([0]);
    let mut six = BTreeSet::from([0]);
    for range in ranges {
        match range {
            IpNet::V4(net) => {
                four.insert(u32::from(net.network()));
                four.extend(u32::from(net.broadcast()).checked_add(1));
            }
            IpNet::V6(net) => {
                six.insert(u128::from(net.network()));
                six.extend(u128::from(net.broadcast()).checked_add(1));
            }
        }
    }
    let four = four.into_iter().map(|bits| IpAddr::V4(Ipv4Addr::from(bits)));
    let six = six.into_iter().map(|bits| IpAddr::V6(Ipv6Addr::from(bits)));
    four.chain(six).map(|address| address.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_and_what_lies_between() {
        assert_eq!(between(&BTreeSet::from([5 * ONE, 6 * ONE]), ONE).len(), 5);
        assert_eq!(between(&BTreeSet::from([1, 2]), ONE), [1 - ONE, 1, 2, 2 + ONE]);
        assert!(between(&BTreeSet::new(), ONE).is_empty());
        assert_eq!(decimal(-ONE / 2), "-0.5");
        assert_eq!(decimal(12 * ONE), "12");
    }

    #[test]
    fn stretches_of_addresses() {
        let net = |text: &str| text.parse::<IpNet>().expect("a range");
        let found = addresses(&[net("10.0.0.0/8"), net("255.0.0.0/8"), net("2001:db8::/32")]);
        assert_eq!(found, ["0.0.0.0", "10.0.0.0", "11.0.0.0", "255.0.0.0", "::", "2001:db8::", "2001:db9::"]);
    }
}
