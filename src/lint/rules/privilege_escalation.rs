//! Rights that together lead to more rights.

use std::collections::BTreeSet;

use crate::diagnostic::Severity;
use crate::lint::escalation::{self, Open};
use crate::lint::reach::{Grant, Reach};
use crate::lint::{At, Check, Example, Held, Hit, Identity, Rule};
use crate::policy::Usage;
use crate::state::{Kind, PolicyReference, ResourceId};

pub(super) static RULE: Rule = Rule {
    id: "privilege-escalation",
    severity: Severity::SecurityWarning,
    sentence: "The policies of a user, group or role together let it gain rights it was not given.",
    why: "Some rights are as good as others: who may change policies has every right, and who may hand a role to a \
          service that runs code acts as that role. Such a pair is often split over two policies, each harmless by \
          itself, so all that an identity holds is looked at together, less what is denied and within its boundary.",
    help: "limit the actions to the resources they are for, or guard them with a condition on `iam:PermissionsBoundary`",
    source: "https://pathfinding.cloud/",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
             "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}},
            {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"],
             "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:acme-*"}]}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/acme/Score",
             "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}},
            {"Effect": "Allow", "Action": ["lambda:CreateFunction", "lambda:InvokeFunction"],
             "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:acme-*"}]}"#,
    ),
    check: Check::Identity(check),
};

/// How many roles a message names.
const NAMED_MAX: usize = 3;

fn check(identity: &Identity<'_>) -> Vec<Hit> {
    let reach = Reach::of(identity);
    if reach.is_administrator() {
        return vec![];
    }
    let said = said_of_groups(identity, &reach);
    let mut open = escalation::of(identity, &reach);
    open.retain(|way| !said.contains(way.method.gain) && !is_of_service_role(identity, way));
    finding(identity, &open).into_iter().collect()
}

/// The ways that one of a user's groups has by itself, which are said of the group.
fn said_of_groups(identity: &Identity<'_>, reach: &Reach<'_>) -> BTreeSet<&'static str> {
    let holders = identity.held.iter().filter_map(|held| held.holder);
    let groups: BTreeSet<&ResourceId> = holders.filter(|holder| Some(*holder) != identity.id).collect();
    let ways = groups.into_iter().flat_map(|group| {
        let of_group = |number: usize| identity.held.get(number).is_some_and(|h| h.holder == Some(group));
        escalation::of(identity, &reach.only(of_group))
    });
    ways.map(|way| way.method.gain).collect()
}

/// Whether a role has a way only through a policy that AWS made for the service the role is for, and only to what
/// the service itself runs.
fn is_of_service_role(identity: &Identity<'_>, way: &Open) -> bool {
    let of_service = |grant: &Grant| {
        let managed = identity.held.get(grant.held).and_then(|held| held.managed);
        matches!(managed, Some(PolicyReference::Aws(name)) if name.starts_with("service-role/"))
    };
    identity.id.is_some_and(|id| id.kind == Kind::Role)
        && way.method.uses_what_is_there()
        && way.grants.iter().all(of_service)
}

fn finding(identity: &Identity<'_>, open: &[Open]) -> Option<Hit> {
    let worst = open.first()?;
    let who = match identity.id {
        Some(id) => format!("{} `{}`", id.kind.word(), id.name),
        None => "whoever holds this".to_owned(),
    };
    let ways = match open.len() {
        1 => "can".to_owned(),
        more => format!("has {more} ways to more rights: it can"),
    };
    let roles = match worst.roles.as_slice() {
        [] => String::new(),
        roles => {
            let named: Vec<_> = roles.iter().take(NAMED_MAX).map(|role| format!("`{role}`")).collect();
            format!(", such as {}", named.join(" or "))
        }
    };
    let unless = if identity.boundary_unknown { ", unless its boundary forbids it, which is not known here" } else { "" };
    let Open { method, grants, roles: _ } = worst;
    let message = format!("{who} {ways} {}{roles} (with {}){unless}", method.gain, method.actions());
    let at = |grant: &Grant| At::Held(grant.held, grant.pointer.clone());
    let mut hit = Hit::new(at(grants.first()?), message).help(help(identity, open));
    let mut seen: BTreeSet<(usize, &str)> =
        grants.first().map(|g| (g.held, g.statement.as_str())).into_iter().collect();
    for (need, grant) in method.needs.iter().zip(grants) {
        let is_written = identity.held.get(grant.held).is_some_and(|held| !is_aws(held));
        if is_written && seen.insert((grant.held, &grant.statement)) {
            hit = hit.related(at(grant), format!("`{}` is allowed here", need.action));
        }
    }
    Some(hit)
}

fn is_aws(held: &Held<'_>) -> bool {
    matches!(held.managed, Some(PolicyReference::Aws(_)))
}

/// The way out of the worst, and all ways.
fn help(identity: &Identity<'_>, open: &[Open]) -> String {
    let out = match open.first() {
        Some(way) if way.method.passes_role() => "limit `iam:PassRole` to the roles that are needed".to_owned(),
        Some(way) => {
            let action = way.method.needs.first().map(|need| need.action).unwrap_or_default();
            let whose = if identity.id.is_some_and(|id| id.kind == Kind::Role) { "it works on" } else { "it is for" };
            format!("take `{action}` away, limit it to the resources {whose}, or guard it with a condition")
        }
        None => String::new(),
    };
    if open.len() < 2 {
        return out;
    }
    let all: Vec<String> = open.iter().map(|way| way.method.actions()).collect();
    format!("{out}; the ways are {}", all.join("; "))
}
