//! A request that breaks a claim, in words.

use crate::access::claim::Broken;
use crate::access::decide::Leg;
use crate::access::request::{Context, Request};
use crate::policy::{Effect, catalogue};

/// One line: who does what with what, and what the request has to be like.
pub fn witness(broken: &Broken) -> String {
    let Broken { who, request, statements, missing, through } = broken;
    let Request { caller: _, action, resource, resource_account: _, context } = request;
    let Context { values, absent: _, others: _ } = context;
    let can = if statements.iter().any(|s| s.effect == Effect::Allow) { "can" } else { "cannot" };
    let through =
        if through.is_empty() { String::new() } else { format!(" through {}", through.join(", then ")) };
    let with: Vec<String> =
        values.iter().map(|(key, values)| format!("{} = {}", spelled(key), values.join(", "))).collect();
    let with = if with.is_empty() { String::new() } else { format!(", with {}", with.join("; ")) };
    let missing: Vec<&str> = missing.iter().map(|leg| lacking(*leg)).collect();
    let missing = if missing.is_empty() { String::new() } else { format!(": {}", missing.join("; ")) };
    format!("{who} {can} {action} on {resource}{through}{with}{missing}")
}

/// A condition key as AWS spells it, if that can be told.
pub(super) fn spelled(key: &str) -> &str {
    let known = catalogue::condition_key(key).map(|known| known.name);
    known.filter(|name| name.eq_ignore_ascii_case(key)).unwrap_or(key)
}

/// What a missing leg means.
fn lacking(leg: Leg) -> &'static str {
    match leg {
        Leg::Identity => "no policy of its own allows it",
        Leg::Boundary => "its permissions boundary does not allow it",
        Leg::Session => "the session policy does not allow it",
        Leg::Scp => "the service control policies do not allow it",
        Leg::Resource => "the resource's policy does not let it in",
        Leg::Trust => "the role's trust policy does not let it in",
        Leg::Key => "the key's policy does not let it in",
        Leg::Block => "Block Public Access keeps out whoever is of another account",
    }
}
