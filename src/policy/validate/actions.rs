//! Actions that AWS does not have.

use std::collections::BTreeSet;

use super::has_wildcard;
use crate::diagnostic::did_you_mean;
use crate::policy::catalogue::{Service, closest_action, closest_service, service};
use crate::policy::{Problem, Spot, Usage, WrittenStatement};

pub(super) fn check(statement: &WrittenStatement, usage: Usage) -> Vec<Problem> {
    // The grammar of trust policies names their actions, but for wildcards.
    let looked_at = |spot: &&Spot| usage != Usage::Trust || has_wildcard(&spot.text);
    let one = |Spot { text, pointer }: &Spot| unknown_action(text, pointer);
    statement.actions.iter().filter(looked_at).filter_map(one).collect()
}

/// What is wrong with an action, or a pattern of actions, that AWS does not have; its grammar is not looked at.
pub fn unknown_action(text: &str, pointer: &str) -> Option<Problem> {
    let (prefix, name) = text.split_once(':')?;
    let grammatical = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || prefix.is_empty() || !prefix.chars().all(grammatical) {
        return None; // The reader said so.
    }
    let Some(service) = service(prefix) else {
        let problem = Problem::at("unknown-service", pointer, format!("AWS has no service `{prefix}`"));
        let meant = closest_action(text)
            .or_else(|| closest_service(prefix).map(|service| format!("{service}:{name}")));
        return Some(match meant {
            Some(meant) => problem.help(format!("did you mean `{meant}`?")),
            None => problem.help("an action begins with its service's prefix, as AWS's reference has it"),
        });
    };
    // Of a service that AWS's reference does not have, not every action is known.
    if !service.listed || service.matching(name).next().is_some() {
        return None;
    }
    if has_wildcard(name) {
        let message = format!("`{text}` covers no action of {}", service.name);
        let problem = Problem::at("unknown-action", pointer, message);
        return Some(match closest_beginning(service, name) {
            Some(meant) => problem.help(format!("did you mean `{}:{meant}`?", service.prefix)),
            None => problem.help("take it away, or write the name of an action"),
        });
    }
    let problem = Problem::at("unknown-action", pointer, format!("{} has no action `{name}`", service.name));
    Some(match closest_action(text) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help(format!("the actions of `{}` are in AWS's service reference", service.prefix)),
    })
}

/// `Get*` for `Gett*`: the words that actions begin with.
fn closest_beginning(service: &Service, pattern: &str) -> Option<String> {
    let beginning = pattern.split(['*', '?']).next().filter(|text| text.len() >= 3)?;
    let ends = |name: &'static str| {
        let capitals = name.char_indices().skip(1).filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at);
        capitals.chain([name.len()]).filter_map(|end| name.get(..end))
    };
    let known: BTreeSet<&str> = service.actions().iter().flat_map(|action| ends(action.name)).collect();
    did_you_mean(beginning, known).map(|word| format!("{word}*"))
}
