//! Condition keys that AWS does not have, or not with these actions.

use super::{has_wildcard, ticked};
use crate::diagnostic::did_you_mean;
use crate::policy::catalogue::{
    KeyKind, Support, closest_service, condition_key, expand, global_keys, service,
};
use crate::policy::condition::Test;
use crate::policy::{Problem, WrittenStatement, WrittenTest};

pub(super) fn check(statement: &WrittenStatement) -> Vec<Problem> {
    let one = |test: &WrittenTest| {
        unknown_key(&test.key.text, &test.key.pointer).or_else(|| foreign(statement, test))
    };
    statement.tests.iter().filter_map(one).collect()
}

/// What is wrong with a condition key that AWS does not have; its grammar is not looked at.
pub fn unknown_key(key: &str, pointer: &str) -> Option<Problem> {
    let (prefix, name) = key.split_once(':')?;
    if prefix.is_empty() || name.is_empty() || condition_key(key).is_some() {
        return None; // The first two said the reader.
    }
    if service(prefix).is_some_and(|service| !service.listed) {
        return None;
    }
    let message = match service(prefix) {
        Some(service) => format!("{} has no condition key `{key}`", service.name),
        None => format!("AWS has no condition key `{key}`"),
    };
    let problem = Problem::at_key("unknown-condition-key", pointer, message);
    Some(match closest_key(key) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help("a condition on a key that no request has is never met, or always"),
    })
}

/// The condition key most likely meant by one that AWS does not have, with the author's tag in it.
pub fn closest_key(key: &str) -> Option<String> {
    // `aws:PrincipalTag/team`: what stands behind the slash is the author's.
    let (head, tail) = key.find('/').map_or((key, ""), |at| key.split_at(at));
    let named = head.split_once(':');
    let prefix = match named {
        None => "aws",
        Some((prefix, _)) if prefix.eq_ignore_ascii_case("aws") || service(prefix).is_some() => prefix,
        Some((prefix, _)) => did_you_mean(prefix, ["aws"]).or_else(|| closest_service(prefix))?,
    };
    let name = named.map_or(head, |(_, name)| name);
    let of_service = service(prefix).into_iter().flat_map(|service| service.keys());
    let known: Vec<&str> = global_keys()
        .chain(of_service)
        .map(|known| known.name)
        .filter(|known| known.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix)))
        .filter(|known| tail.is_empty() != known.contains('/'))
        .map(|known| known.split('/').next().unwrap_or(known))
        .filter(|known| !known.contains("${"))
        .collect();
    let nearest = did_you_mean(&format!("{prefix}:{name}"), known.iter().copied());
    // `aws:ResourceTags` for `aws:ResourceTag/…` has no tag yet.
    let meant = nearest.or_else(|| {
        let global = || global_keys().map(|known| known.name).filter(|known| !known.contains("${"));
        global().find(|known| known.split_once(':').is_some_and(|(_, own)| own.eq_ignore_ascii_case(name)))
    })?;
    Some(format!("{meant}{tail}"))
}

/// A key that no request for any of the actions has.
fn foreign(statement: &WrittenStatement, test: &WrittenTest) -> Option<Problem> {
    let key = &test.key.text;
    let documented = condition_key(key).is_some_and(|known| known.kind != KeyKind::Unknown);
    if !documented || statement.is_not_action() || statement.actions.is_empty() {
        return None;
    }
    for spot in &statement.actions {
        let (service, _) = spot.text.split_once(':')?;
        let meant = expand(&spot.text);
        if has_wildcard(service)
            || meant.is_empty()
            || meant.iter().any(|action| action.supports(key) != Support::No)
        {
            return None;
        }
    }
    let operator = test.operator?;
    let always = operator.if_exists
        || operator.test.is_negated()
        || operator.quantifier == Some(crate::policy::condition::Quantifier::ForAllValues)
        || (operator.test == Test::Null && test.has_value("true"));
    let shown: Vec<&str> = statement.actions.iter().take(3).map(|spot| spot.text.as_str()).collect();
    let more = if statement.actions.len() > shown.len() { " and the others here" } else { "" };
    let then = match (always, statement.allows()) {
        (true, _) => "this condition is always met",
        (false, true) => "this never allows anything",
        (false, false) => "this never denies anything",
    };
    let message = format!("requests for {}{more} do not have `{key}`, so {then}", ticked(&shown));
    Some(Problem::at_key("condition-key-not-for-action", &test.key.pointer, message).warning())
}
