//! Who can do what, on states made from environments as people write them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod claims;
mod delta;
mod denials;
mod lockout;
mod public;
mod unknown;
mod ways;

use std::sync::Arc;

use hatrack::diagnostic::Source;
use hatrack::spec::Lowered;

/// What environments declare, given name and body; account and region are added.
pub fn estate(environments: &[(&str, &str, &str)]) -> Lowered {
    let source = |(name, account, body): &(&str, &str, &str)| {
        let head = format!("environment: {name}\naccount: \"{account}\"\nregion: eu-west-1\n");
        Arc::new(Source { name: format!("environments/{name}.yaml"), text: format!("{head}{body}") })
    };
    let sources: Vec<_> = environments.iter().map(source).collect();
    let (lowered, said) = hatrack::spec::load(&sources, &[]);
    lowered.unwrap_or_else(|| panic!("{:#?}", said.iter().map(|d| &d.message).collect::<Vec<_>>()))
}
