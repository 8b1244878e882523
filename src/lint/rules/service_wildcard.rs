//! Every action of one service.

use crate::diagnostic::Severity;
use crate::lint::cover::is_whole_service;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::catalogue::{self, AccessLevel, Service};
use crate::policy::{Spot, Usage};

pub(super) static RULE: Rule = Rule {
    id: "service-wildcard",
    severity: Severity::Warning,
    sentence: "A statement allows every action of a service.",
    why: "`s3:*` is not only reading and writing: it deletes, opens to others (`s3:PutBucketPolicy`) and covers every \
          action that AWS adds to the service from now on.",
    help: "name the actions that are needed, or their beginnings, as `s3:Get*`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::acme-alpha", "arn:aws:s3:::acme-alpha/*"]}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-alpha"},
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme-alpha/*"},
            {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::acme-archive/*"}]}"#,
    ),
    check: Check::Document(check),
};

/// A service with no more actions than this is a purpose of its own, such as `execute-api`.
const FEW_ACTIONS_MAX: usize = 6;

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if !subject.gives_rights() {
        return vec![];
    }
    let actions = subject.allows().filter(|s| !s.is_not_action()).flat_map(|s| &s.actions);
    actions.filter_map(of_action).collect()
}

fn of_action(spot: &Spot) -> Option<Hit> {
    let service = catalogue::service(is_whole_service(&spot.text)?)?;
    if service.actions().len() <= FEW_ACTIONS_MAX {
        return None;
    }
    let message = format!("`{}` allows all {} actions of {}", spot.text, service.actions().len(), service.name);
    let message = match worst(service) {
        Some(worst) => format!("{message}, `{worst}` among them"),
        None => message,
    };
    Some(Hit::at(&spot.pointer, message))
}

/// An action that somebody who reads the pattern may not have thought of.
fn worst(service: &Service) -> Option<String> {
    let of = |level, begin: &'static str| {
        let such = service.actions().iter().filter(move |a| a.level == level && a.name.starts_with(begin));
        such.min_by_key(|action| action.name.len())
    };
    of(AccessLevel::PermissionsManagement, "Put")
        .or_else(|| of(AccessLevel::PermissionsManagement, ""))
        .or_else(|| of(AccessLevel::Write, "Delete"))
        .map(catalogue::Action::full_name)
}
