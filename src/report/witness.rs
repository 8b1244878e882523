//! A request that breaks a claim, in words.

use crate::access::claim::Broken;
use crate::access::decide::Leg;
use crate::access::request::{Context, Request};
use crate::policy::{Effect, catalogue};

/// One line: who does what with what, and what the request has to be like.
pub fn witness(broken: &Broken) -> String {
    let Broken { who, id: _, request, effect, statements: _, missing, through } = broken;
    let Request { caller: _, action, resource, resource_account: _, context } = request;
    let Context { values, absent: _, others: _ } = context;
    let through: String = through.iter().map(|role| format!(" as {role}")).collect();
    let with: Vec<String> =
        values.iter().map(|(key, values)| format!("{} = {}", spelled(key), values.join(", "))).collect();
    let with = if with.is_empty() { String::new() } else { format!(", with {}", with.join("; ")) };
    let (can, open) = match effect {
        Effect::Allow => {
            let taken: Vec<&str> = missing.iter().map(|leg| granting(*leg)).collect();
            let taken =
                if taken.is_empty() { String::new() } else { format!(", if {}", taken.join(" and ")) };
            ("can", taken)
        }
        Effect::Deny => {
            let missing: Vec<&str> = missing.iter().map(|leg| lacking(*leg)).collect();
            let missing =
                if missing.is_empty() { String::new() } else { format!(": {}", missing.join("; ")) };
            ("cannot", missing)
        }
    };
    format!("{who}{through} {can} {action} on {resource}{with}{open}")
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

/// What is taken to be so of a leg that cannot be seen.
fn granting(leg: Leg) -> &'static str {
    match leg {
        Leg::Identity => "its own policies allow it",
        Leg::Boundary => "its permissions boundary allows it",
        Leg::Session => "the session policy allows it",
        Leg::Scp => "the service control policies allow it",
        Leg::Resource => "the resource's policy lets it in",
        Leg::Trust => "the role's trust policy lets it in",
        Leg::Key => "the key's policy lets it in",
        Leg::Block => "Block Public Access does not keep it out",
    }
}
