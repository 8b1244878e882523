//! What is said of a request, held against what follows from who asks and of what.

use super::landscape::{Landscape, PRINCIPAL_TAG};
use super::principal::Caller;
use super::request::{Context, Known, Others, Request};
use super::value::truth;
use crate::state::Kind;

/// A condition key that cannot be as it is said to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// In small letters.
    pub key: String,
    /// What it is instead; none if such a request has no such key.
    pub known: Option<Vec<String>>,
}

/// What is said of a request and cannot be so: who asks has another name, account or tag.
pub fn contradiction(landscape: &Landscape<'_>, request: &Request) -> Option<Contradiction> {
    let Context { values, absent, others: _ } = &request.context;
    let follows = follows(landscape, request);
    let given = values.iter().find_map(|(key, given)| match follows.get(key) {
        Known::Values(known) if !same(known, given) => Some((key, Some(known.to_vec()))),
        Known::Absent => Some((key, None)),
        Known::Values(_) | Known::Unknown => None,
    });
    let missing = || {
        absent.iter().find_map(|key| match follows.get(key) {
            Known::Values(known) => Some((key, Some(known.to_vec()))),
            Known::Absent | Known::Unknown => None,
        })
    };
    let (key, known) = given.or_else(missing)?;
    Some(Contradiction { key: key.clone(), known })
}

/// The condition keys that follow from who asks and of what, and those that there cannot be.
fn follows(landscape: &Landscape<'_>, request: &Request) -> Context {
    let mut alone = Request { context: Context::new(Others::Unknown), ..request.clone() };
    landscape.complete(&mut alone);
    let mut context = alone.context;
    let caller = &request.caller;
    // Any account, and of a role that nobody has looked at any path.
    if caller.is_stranger() {
        context.values.remove("aws:principalaccount");
    }
    if matches!(caller, Caller::Session { .. }) && landscape.identity_of(caller).is_none() {
        context.values.remove("aws:principalarn");
    }
    let Some(id) = landscape.identity_of(caller) else { return context };
    // A session can bring tags along that stand before those of its role; a user has its own and no others.
    // <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>
    if id.kind == Kind::Role && landscape.takes_session_tags(id) {
        context.values.retain(|key, _| !key.starts_with(PRINCIPAL_TAG));
    } else {
        let given = request.context.values.keys().filter(|key| key.starts_with(PRINCIPAL_TAG));
        let none = given.filter(|key| !context.values.contains_key(*key)).cloned();
        let none: Vec<String> = none.collect();
        context.absent.extend(none);
    }
    context
}

fn same(known: &[String], given: &[String]) -> bool {
    let equal = |(known, given): (&String, &String)| {
        known == given || truth(known).is_some_and(|known| truth(given) == Some(known))
    };
    known.len() == given.len() && known.iter().zip(given).all(equal)
}
