//! Assuming any role.

use crate::diagnostic::Severity;
use crate::lint::cover::{ROLES, is_every_action};
use crate::lint::reach::Reach;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "assume-role-any",
    severity: Severity::SecurityWarning,
    sentence: "Any role may be assumed.",
    why: "With `sts:AssumeRole` on all roles one is everything that any role is whose trust policy names the account, \
          here and, with `*`, in other accounts too: roles that are made tomorrow among them.",
    help: "name the roles that have to be assumed",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_permissions-to-switch.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::444455556666:role/lake/Reader"}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if !subject.gives_rights() {
        return vec![];
    }
    let grants = Reach::of_document(subject.written, None).grants("sts:AssumeRole", ROLES);
    let statement = |pointer: &str| subject.written.statements.iter().find(|s| s.pointer == pointer);
    let broad = grants.iter().filter(|grant| {
        let named = statement(&grant.statement).is_some_and(|s| {
            !s.is_not_action() && !s.actions.iter().any(|action| is_every_action(&action.text))
        });
        named && grant.spans(ROLES, None)
    });
    let mut hits: Vec<Hit> = broad
        .map(|grant| {
            let pattern = &grant.pattern;
            let message = format!("`{pattern}`: every role that trusts the account may be assumed");
            Hit::at(&grant.pointer, message)
        })
        .collect();
    hits.dedup();
    hits
}
