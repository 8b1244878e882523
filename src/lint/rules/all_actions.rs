//! Every action of every service.

use crate::diagnostic::Severity;
use crate::lint::cover::{is_every_action, is_star};
use crate::lint::reach::{Guard, guard_of, is_everything};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenStatement};

pub(super) static RULE: Rule = Rule {
    id: "all-actions",
    severity: Severity::SecurityWarning,
    sentence: "A statement allows every action of every service.",
    why: "`Action: \"*\"` allows what nobody thought of: deleting, changing permissions, and every action that AWS \
          adds from now on. A resource beside it limits less than it seems to, since it says nothing of which \
          service may do what to it.",
    help: "name the actions that are needed; where the list is long, name their beginnings, as `s3:Get*`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "*", "Resource": ["arn:aws:s3:::acme-alpha", "arn:aws:s3:::acme-alpha/*"]}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-alpha"},
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::acme-alpha/*"},
            {"Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if !subject.gives_rights() {
        return vec![];
    }
    subject.allows().filter(|s| !is_full_admin(s)).filter_map(of_statement).collect()
}

fn is_full_admin(statement: &WrittenStatement) -> bool {
    is_everything(&statement.statement) && guard_of(&statement.statement) == Guard::Open
}

fn of_statement(statement: &WrittenStatement) -> Option<Hit> {
    if statement.is_not_action() {
        return None;
    }
    let spot = statement.actions.iter().find(|spot| is_every_action(&spot.text))?;
    let on = match statement.resources.as_slice() {
        [one] if !is_star(&one.text) && !statement.is_not_resource() => format!(" on `{}`", one.text),
        _ => String::new(),
    };
    Some(Hit::at(&spot.pointer, format!("`{}` allows every action of every service{on}", spot.text)))
}
