//! Users: how they sign in, with what they call, and what they hold themselves.

use jiff::Timestamp;

use super::{day, days};
use crate::audit::{AccessKey, Check, Credentials, Facts, Measure, Seen, UserFacts};
use crate::diagnostic::Severity;

const PRACTICES: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html";
const KEYS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html";
const UNUSED_SOURCE: &str =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html";

pub(super) static WITHOUT_MFA: Check = Check {
    id: "user-without-mfa",
    severity: Severity::SecurityWarning,
    sentence: "A user signs in to the console with a password alone.",
    why: "A password that was guessed, reused or given away is then all it takes.",
    help: "let the user add a device, and demand one: the template `require-mfa` does",
    source: PRACTICES,
    look: |facts, _, seen| {
        for (name, held) in each(facts, seen) {
            if held.password_since.is_some() && !held.mfa {
                seen.hit(user(name), "has a password and no MFA device");
            }
        }
    },
};

pub(super) static KEY_OLD: Check = Check {
    id: "key-old",
    severity: Severity::Warning,
    sentence: "An access key is older than 90 days (`--key-days`).",
    why: "The longer a key lives, the more places have a copy, and the fewer people know of them.",
    help: "make another, put it where the old one is used, then deactivate and delete the old one; a role needs none",
    source: KEYS,
    look: |facts, measure, seen| {
        for (name, held) in each(facts, seen) {
            for key in held.keys.iter().filter(|key| measure.is_over(key.since, measure.limits.key_days)) {
                let age = days(measure.days_since(key.since));
                seen.hit(own(name, key), format!("the access key is {age} old"));
            }
        }
    },
};

pub(super) static UNUSED: Check = Check {
    id: "user-unused",
    severity: Severity::Warning,
    sentence: "A user has not signed in or called for more than 45 days (`--unused-days`).",
    why: "Nobody would notice somebody else using it. People who left keep what they could do.",
    help: "ask whose it is; if nobody's, take the user out of the file, or delete it",
    source: UNUSED_SOURCE,
    look: |facts, measure, seen| {
        for (name, held) in each(facts, seen) {
            if is_unused(held, measure) {
                seen.hit(user(name), format!("{} and is still active", last_seen(held, measure)));
            }
        }
    },
};

pub(super) static PASSWORD_UNUSED: Check = Check {
    id: "password-unused",
    severity: Severity::Warning,
    sentence: "A password has not been used for more than 45 days (`--unused-days`) by a user who still calls.",
    why: "A way in that nobody needs is one to lose.",
    help: "take the sign-in away: `console: false`, or delete the login profile",
    source: UNUSED_SOURCE,
    look: |facts, measure, seen| {
        for (name, held) in each(facts, seen).into_iter().filter(|(_, held)| !is_unused(held, measure)) {
            if let Some(since) = held.password_since.filter(|since| idle(*since, held.password_used, measure))
            {
                let message = format!("the password was {}", last(since, held.password_used));
                seen.hit(user(name), message);
            }
        }
    },
};

pub(super) static KEY_UNUSED: Check = Check {
    id: "key-unused",
    severity: Severity::Warning,
    sentence: "An active access key has not been used for more than 45 days (`--unused-days`).",
    why: "A key that nobody uses is missed by nobody who loses it.",
    help: "deactivate it, and delete it when nothing breaks",
    source: UNUSED_SOURCE,
    look: |facts, measure, seen| {
        for (name, held) in each(facts, seen).into_iter().filter(|(_, held)| !is_unused(held, measure)) {
            for key in held.keys.iter().filter(|key| idle(key.since, key.used, measure)) {
                seen.hit(own(name, key), format!("the access key was {}", last(key.since, key.used)));
            }
        }
    },
};

pub(super) static SECOND_KEY: Check = Check {
    id: "second-key",
    severity: Severity::Suggestion,
    sentence: "A user has two active access keys.",
    why: "Two are for the days of a rotation. Afterwards the old one still works.",
    help: "deactivate the older one, and delete it when nothing breaks",
    source: KEYS,
    look: |facts, _, seen| {
        for (name, held) in each(facts, seen) {
            if held.keys.len() > 1 {
                seen.hit(user(name), format!("has {} active access keys", held.keys.len()));
            }
        }
    },
};

pub(super) static HOLDS_POLICY: Check = Check {
    id: "user-holds-policy",
    severity: Severity::Warning,
    sentence: "A user holds policies itself, and not through a group.",
    why: "Rights that hang on one person are found by nobody who reviews groups, and stay when the person changes \
          teams.",
    help: "give them to a group, and make the user a member",
    source: PRACTICES,
    look: |facts, _, seen| {
        let Some(users) = seen.known(&facts.users) else { return };
        for (name, facts) in users {
            let attached = facts.attached.iter().map(|policy| format!("`{policy}`"));
            let inline = facts.inline.iter().map(|policy| format!("inline `{policy}`"));
            let held: Vec<String> = attached.chain(inline).collect();
            if !held.is_empty() {
                seen.hit(user(name), format!("holds {}", held.join(", ")));
            }
        }
    },
};

fn user(name: &str) -> String {
    format!("user/{name}")
}

/// A key of a user: each is a finding of its own.
fn own(name: &str, key: &AccessKey) -> String {
    key.id.as_ref().map_or_else(|| user(name), |id| format!("user/{name}/{id}"))
}

/// The users whose credentials are known. Of the others it is noted that they are not.
fn each<'a>(facts: &'a Facts, seen: &mut Seen) -> Vec<(&'a str, &'a Credentials)> {
    let Some(users) = seen.known(&facts.users) else { return vec![] };
    if seen.known(&facts.credentials).is_none() {
        return vec![];
    }
    let known = |(name, facts): (&'a String, &'a UserFacts)| {
        Some((name.as_str(), seen.known_of(&user(name), &facts.credentials)?))
    };
    users.iter().filter_map(known).collect()
}

/// Whether a check would find anything in what somebody signs in and calls with.
pub(in crate::audit) fn is_found(held: &Credentials, measure: &Measure) -> bool {
    let password = held.password_since;
    (password.is_some() && !held.mfa)
        || password.is_some_and(|since| idle(since, held.password_used, measure))
        || held.keys.len() > 1
        || held.keys.iter().any(|key| {
            idle(key.since, key.used, measure) || measure.is_over(key.since, measure.limits.key_days)
        })
}

/// Whether something made then, and last used then, has gone unused for too long.
fn idle(since: Timestamp, used: Option<Timestamp>, measure: &Measure) -> bool {
    measure.is_over(used.map_or(since, |used| used.max(since)), measure.limits.unused_days)
}

/// Whether a user has a way in, and none was used.
fn is_unused(held: &Credentials, measure: &Measure) -> bool {
    let password = held.password_since.map(|since| idle(since, held.password_used, measure));
    let mut ways = password.into_iter().chain(held.keys.iter().map(|key| idle(key.since, key.used, measure)));
    let Some(first) = ways.next() else { return false };
    let long_ago = held.seen.is_none_or(|seen| measure.is_over(seen, measure.limits.unused_days));
    long_ago && first && ways.all(|idle| idle)
}

fn last_seen(held: &Credentials, measure: &Measure) -> String {
    let used = held.keys.iter().filter_map(|key| key.used).chain(held.password_used).chain(held.seen).max();
    match used {
        Some(used) => format!("was last seen {} ago", days(measure.days_since(used))),
        None => String::from("was never seen"),
    }
}

fn last(since: Timestamp, used: Option<Timestamp>) -> String {
    match used {
        Some(used) => format!("last used on {}", day(used)),
        None => format!("never used since {}", day(since)),
    }
}
