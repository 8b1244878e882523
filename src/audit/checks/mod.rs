//! The checks, in the order in which they are told.

mod buckets;
mod people;
mod roles;
mod root;
mod settings;
mod watch;

pub(super) use people::is_found as credentials_are_found;

use super::Check;

/// Every check.
pub static ALL: &[&Check] = &[
    &root::WITHOUT_MFA,
    &root::ACCESS_KEY,
    &root::CERTIFICATE,
    &root::USED,
    &people::WITHOUT_MFA,
    &people::KEY_OLD,
    &people::UNUSED,
    &people::PASSWORD_UNUSED,
    &people::KEY_UNUSED,
    &people::SECOND_KEY,
    &people::HOLDS_POLICY,
    &settings::PASSWORDS,
    &settings::PUBLIC_ACCESS,
    &watch::NO_TRAIL,
    &watch::UNVALIDATED,
    &watch::UNDELIVERED,
    &watch::NO_ANALYZER,
    &buckets::OPEN,
    &buckets::UNBLOCKED,
    &buckets::PLAIN_HTTP,
    &buckets::UNVERSIONED,
    &buckets::UNLOGGED,
    &roles::UNUSED,
    &roles::PROVIDER_UNTRUSTED,
    &roles::PROVIDER_ENDS,
];

/// The day of a moment, in UTC.
fn day(moment: jiff::Timestamp) -> jiff::civil::Date {
    moment.to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// `1 day`, `3 days`.
fn days(count: i64) -> String {
    if count == 1 { String::from("1 day") } else { format!("{count} days") }
}
