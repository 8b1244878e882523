//! Rules that policies, identities and whole environments should keep. One rule a file, in `rules/`; a rule says
//! what it found and where, everything else (places, suppressions, order) is done here once.
//!
//! Pure: today's date is brought by the caller.

mod account;
mod bucket;
mod cover;
mod dates;
mod engine;
mod escalation;
mod facts;
mod guard;
mod identity;
mod literals;
mod provider;
mod reach;
mod roles;
mod rule;
pub mod rules;
mod secrets;
mod subject;
mod suppression;

pub use account::{Accounts, Alone, Finding, account, account_alone, lets_plain_http, of_bucket_policy};
pub use engine::{Estate, Report, Single, document, estate};
pub use roles::Roles;
pub use rule::{At, Check, Example, Hit, Rule};
pub use subject::{Held, Home, Identity, Live, Subject, Texts};
pub use suppression::Suppressed;
