//! What stands in one line of who gains and loses what: services, resources, conditions, and what is excepted.

use std::collections::{BTreeMap, BTreeSet};

use super::super::access::AccessLine;
use super::super::limits::UNCHANGED;
use super::access::{NAMES_MAX, resource, told};
use crate::policy::AccessWord;
use crate::policy::catalogue::{self, AccessLevel};

/// Groups of resources told in a line before the rest is counted.
const PARTS_MAX: usize = 2;
/// Patterns told together before the rest is counted.
const PATTERNS_MAX: usize = 2;
/// Services told together before the rest is counted.
pub(super) const SERVICES_MAX: usize = 4;
/// Exceptions told in a line before the rest is counted.
const EXCEPTIONS_MAX: usize = 3;
/// Actions of an exception told by name.
const ACTIONS_MAX: usize = 2;
/// What all of a service's actions count for.
const WHOLE_SERVICE: usize = 100;
/// Conditions longer than this are not told in full.
const CONDITION_CHARS_MAX: usize = 60;

/// Actions that change who may do what, told by name where others are folded away.
const GRAVE_MAX: usize = 4;
/// Actions that read secrets.
const SECRETS: [(&str, &str); 2] =
    [("secretsmanager", "GetSecretValue"), ("secretsmanager", "BatchGetSecretValue")];
/// Services whose resources hold data or run code.
const HOLDING_DATA: [&str; 7] = ["s3", "kms", "secretsmanager", "ecr", "lambda", "dynamodb", "sqs"];

/// How conditions begin that are told however long they are.
const ALWAYS: [&str; 3] = ["nothing changes for ", "as far as ", "not until "];

/// `s3 s3://a, s3://a/*; sagemaker, ecr everything, only with MFA`.
pub(super) fn what(lines: &[&AccessLine], detail: bool) -> String {
    let max = |number: usize| if detail { usize::MAX } else { number };
    // What more can be done with stands first.
    let mut weights: BTreeMap<&str, usize> = BTreeMap::new();
    for line in lines {
        // What has exceptions is not told as a whole.
        let split = !exceptions(line).is_empty();
        for action in &line.actions {
            let (service, name) = action.split_once(':').unwrap_or((action, ""));
            *weights.entry(service).or_default() += if name == "*" || split { WHOLE_SERVICE } else { 1 };
        }
    }
    let weight = |service: &str| weights.get(service).copied().unwrap_or_default();
    // The same resources under the same conditions are said once, with all their services.
    let mut by_area: BTreeMap<(String, Vec<&str>), Vec<&AccessLine>> = BTreeMap::new();
    for line in lines {
        let patterns: Vec<String> = line.resources.iter().map(|pattern| resource(pattern)).collect();
        let patterns = told(&patterns, max(PATTERNS_MAX));
        let area = if line.all_but { format!("all but {patterns}") } else { patterns };
        let conditions = line.conditions.iter().map(String::as_str).filter(|said| !is_partial(said));
        by_area.entry((area, conditions.collect())).or_default().push(line);
    }
    // What is excepted of all of them stands with the resources, what is of some actions at the end.
    let mut parts: BTreeMap<(Vec<&str>, BTreeSet<&str>), Vec<String>> = BTreeMap::new();
    let mut of_some: Vec<&AccessLine> = vec![];
    for ((area, mut conditions), own) in by_area {
        let mut area = area;
        if own
            .iter()
            .all(|line| exceptions(line) == own.first().map(|first| exceptions(first)).unwrap_or_default())
        {
            let first = own.first();
            let except = first.map(|line| line.except.as_slice()).unwrap_or_default();
            if !except.is_empty() {
                let except: Vec<String> = except.iter().map(|pattern| resource(pattern)).collect();
                area = format!("{area} except {}", told(&except, max(PATTERNS_MAX)));
            }
            let partial = first.into_iter().flat_map(|line| &line.conditions).map(String::as_str);
            conditions.extend(partial.filter(|said| is_partial(said)));
        } else {
            of_some.extend(&own);
        }
        let services = own.iter().flat_map(|line| line.services.iter().map(String::as_str)).collect();
        parts.entry((conditions, services)).or_default().push(area);
    }
    for areas in parts.values_mut() {
        if areas.iter().any(|area| area == "everything") {
            areas.retain(|area| area == "everything");
        }
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|((conditions, services), _)| {
        let heaviest = services.iter().map(|service| weight(service)).max().unwrap_or_default();
        (conditions.len(), std::cmp::Reverse(heaviest))
    });
    let said = parts.iter().take(max(PARTS_MAX)).map(|((conditions, services), areas)| {
        let mut services: Vec<String> = services.iter().map(|service| (*service).to_owned()).collect();
        services.sort_by_key(|service| std::cmp::Reverse(weight(service)));
        // What is missing, or is nobody's news, is always told.
        let (always, some): (Vec<&str>, Vec<&str>) =
            conditions.iter().copied().partition(|said| ALWAYS.iter().any(|start| said.starts_with(start)));
        let joined = |all: &[&str]| all.iter().map(|said| format!(", {said}")).collect::<String>();
        let mut tail = joined(&some);
        if tail.len() > max(CONDITION_CHARS_MAX) {
            let in_part = some.iter().all(|condition| condition.starts_with(UNCHANGED));
            tail = if in_part { ", in part" } else { ", under conditions" }.to_owned();
        }
        tail.push_str(&joined(&always));
        format!("{} on {}{tail}", told(&services, max(SERVICES_MAX)), told(areas, max(PATTERNS_MAX)))
    });
    let mut text = said.collect::<Vec<_>>().join("; ");
    if let Some(more) = parts.len().checked_sub(max(PARTS_MAX)).filter(|more| *more > 0) {
        text.push_str(&format!("; and {more} more on less or under conditions"));
        // What is folded away may be what opens the rest.
        let grave = grave(lines);
        if !grave.is_empty() {
            text.push_str(&format!("; among it all: {}", told(&grave, max(GRAVE_MAX))));
        }
    }
    text.push_str(&excepted(&of_some, detail));
    text
}

/// Whether a condition is about a part of the resources only.
pub(super) fn is_partial(condition: &str) -> bool {
    condition.starts_with("on ")
}

/// What does not hold for a line on a part of its resources.
fn exceptions(line: &AccessLine) -> BTreeSet<String> {
    let partial = line.conditions.iter().filter(|said| is_partial(said)).cloned();
    let except = line.except.iter().map(|pattern| format!("not on {}", resource(pattern)));
    partial.chain(except).collect()
}

/// `; s3:GetObject not on s3://a/pii/*; s3 on s3://a only over TLS`: what holds for some actions only.
pub(super) fn excepted(lines: &[&AccessLine], detail: bool) -> String {
    let max = |number: usize| if detail { usize::MAX } else { number };
    let mut by: BTreeMap<String, Vec<&AccessLine>> = BTreeMap::new();
    for line in lines {
        for exception in exceptions(line) {
            by.entry(exception).or_default().push(line);
        }
    }
    let mut by_actions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (exception, own) in by {
        by_actions.entry(actions_of(&own, lines)).or_default().push(exception);
    }
    let told = by_actions.iter().flat_map(|(actions, all)| all.iter().map(move |one| (actions, one)));
    let told: Vec<String> = told.map(|(actions, exception)| format!("; {actions} {exception}")).collect();
    let mut text: String = told.iter().take(max(EXCEPTIONS_MAX)).map(String::as_str).collect();
    if let Some(more) = told.len().checked_sub(max(EXCEPTIONS_MAX)).filter(|more| *more > 0) {
        text.push_str(&format!("; and {more} more exceptions (-v shows them)"));
    }
    text
}

/// The actions of some lines of all: by name if they are few, else the services.
fn actions_of(own: &[&AccessLine], all: &[&AccessLine]) -> String {
    let actions: BTreeSet<&str> = own.iter().flat_map(|line| &line.actions).map(String::as_str).collect();
    let number: usize = own.iter().map(|line| line.action_count).sum();
    if number <= ACTIONS_MAX {
        return actions.into_iter().collect::<Vec<_>>().join(", ");
    }
    let services: BTreeSet<&str> = own.iter().flat_map(|line| &line.services).map(String::as_str).collect();
    let of_these =
        |line: &&&AccessLine| line.services.iter().any(|service| services.contains(service.as_str()));
    let in_all: usize = all.iter().filter(of_these).map(|line| line.action_count).sum();
    let services: Vec<String> = services.into_iter().map(str::to_owned).collect();
    let services = told(&services, NAMES_MAX);
    if number == in_all { services } else { format!("{number} actions of {services}") }
}

/// Actions that change who may do what, and that read secrets.
fn grave(lines: &[&AccessLine]) -> Vec<String> {
    let mut found: BTreeSet<(bool, bool, &str)> = BTreeSet::new();
    for name in lines.iter().flat_map(|line| &line.actions) {
        let whole = name.strip_suffix(":*").and_then(catalogue::service);
        let is_grave = |action: &catalogue::Action| {
            action.level == AccessLevel::PermissionsManagement
                || SECRETS.contains(&(action.service, action.name))
        };
        let word = lines.first().map(|line| line.word).unwrap_or_default();
        let of_whole = whole.into_iter().flat_map(catalogue::Service::actions);
        let of_whole = of_whole.filter(|action| AccessWord::of(action).word() == word);
        let one = catalogue::expand(name).into_iter().filter(|_| whole.is_none());
        if of_whole.chain(one).any(is_grave) {
            // What opens stands before what takes back, and what holds data before the rest.
            let (service, action) = name.split_once(':').unwrap_or_default();
            let takes_back =
                ["Delete", "Remove", "Revoke", "Detach"].iter().any(|verb| action.starts_with(verb));
            found.insert((takes_back, !HOLDING_DATA.contains(&service), name));
        }
    }
    found.into_iter().map(|(_, _, name)| name.to_owned()).collect()
}
