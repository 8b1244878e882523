//! What the conditions on the time of a request say of today.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::facts::compares;
use crate::policy::WrittenTest;
use crate::policy::condition::Test;

/// How a test on the time of a request changes its answer once and for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// True until the moment, then never again.
    Ends(Timestamp),
    /// Never true before the moment, then always.
    Begins(Timestamp),
}

/// The start of a day in UTC.
pub(super) fn start_of(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp())
}

/// When a test on the time of a request changes its answer; none for any other test.
pub(super) fn turn(test: &WrittenTest) -> Option<Turn> {
    if !test.is_of("aws:CurrentTime") && !test.is_of("aws:EpochTime") {
        return None;
    }
    let moments: Option<Vec<Timestamp>> = test.values.iter().map(|value| moment(&value.text)).collect();
    let moments = moments?;
    let ends =
        [Test::DateLessThan, Test::DateLessThanEquals, Test::NumericLessThan, Test::NumericLessThanEquals];
    let begins = [
        Test::DateGreaterThan,
        Test::DateGreaterThanEquals,
        Test::NumericGreaterThan,
        Test::NumericGreaterThanEquals,
    ];
    if compares(test, &ends) || compares(test, &[Test::DateEquals]) {
        moments.into_iter().max().map(Turn::Ends)
    } else if compares(test, &begins) {
        moments.into_iter().min().map(Turn::Begins)
    } else {
        None
    }
}

/// A moment as conditions write it: ISO 8601, a day alone, or seconds since 1970.
fn moment(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse::<i64>().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let day = || text.parse::<Date>().ok().and_then(start_of);
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| if text.len() == 10 && text.contains('-') { day() } else { seconds() })
}

/// The moment in UTC, without what is zero.
pub(super) fn words(moment: Timestamp) -> String {
    let text = moment.to_string();
    text.strip_suffix("T00:00:00Z").unwrap_or(&text).to_owned()
}

/// Whether a moment is past when a day begins.
pub(super) fn is_past(moment: Timestamp, today: Date) -> bool {
    start_of(today).is_some_and(|start| moment <= start)
}

/// Whether a moment comes on a day or in so many days after it.
pub(super) fn is_within(moment: Timestamp, today: Date, days: i32) -> bool {
    let last = today.checked_add(days.days()).ok().and_then(start_of);
    !is_past(moment, today) && last.is_some_and(|last| moment <= last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn moments_as_conditions_write_them() {
        for (text, wanted) in [
            ("2026-11-23T07:00:00Z", Some("2026-11-23T07:00:00Z")),
            ("2026-11-23T07:00:00+01:00", Some("2026-11-23T06:00:00Z")),
            ("2026-11-23", Some("2026-11-23")),
            ("1795651200", Some("2026-11-26")),
            ("tomorrow", None),
            ("${aws:CurrentTime}", None),
        ] {
            assert_eq!(moment(text).map(words).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn past_and_soon() {
        let today = date(2026, 11, 21);
        let at = |text: &str| moment(text).unwrap();
        assert!(is_past(at("2026-11-21"), today) && !is_past(at("2026-11-21T00:00:01Z"), today));
        assert!(is_within(at("2026-11-21T12:00:00Z"), today, 30) && is_within(at("2026-12-21"), today, 30));
        assert!(!is_within(at("2026-12-22"), today, 30) && !is_within(at("2026-11-20"), today, 30));
    }
}
