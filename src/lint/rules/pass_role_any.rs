//! Passing any role.

use crate::diagnostic::Severity;
use crate::lint::cover::{ROLES, is_every_action};
use crate::lint::reach::{Grant, Reach};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, Written, WrittenStatement};

pub(super) static RULE: Rule = Rule {
    id: "pass-role-any",
    severity: Severity::SecurityWarning,
    sentence: "Any role of the account may be passed to a service.",
    why: "Whoever passes a role to a service makes the service act as that role, on his behalf. With `iam:PassRole` on \
          all roles he acts as the most powerful role that trusts a service he can use, an administrator's among \
          them.",
    help: "name the roles that have to be passed, and say to which service with `iam:PassedToService`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/ds/GlueEtl",
            "Condition": {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if !subject.gives_rights() {
        return vec![];
    }
    let account = subject.home.account.as_ref().map(|account| account.as_str());
    let reach = Reach::of_document(subject.written, account);
    let grants = reach.grants("iam:PassRole", ROLES).into_iter();
    let broad = grants.filter(|g| g.spans(ROLES, account) && names_actions(subject.written, g));
    let mut hits: Vec<Hit> = broad.map(|grant| Hit::at(&grant.pointer, message(&grant))).collect();
    hits.dedup();
    hits
}

/// Whether the statement of a grant names actions; of one that allows all there are, another rule speaks.
fn names_actions(written: &Written, grant: &Grant) -> bool {
    let named = |s: &WrittenStatement| {
        !s.is_not_action() && !s.actions.iter().any(|action| is_every_action(&action.text))
    };
    written.statements.iter().any(|s| s.pointer == grant.statement && named(s))
}

fn message(grant: &Grant) -> String {
    match &grant.services {
        None => "any role of the account may be passed to any service".to_owned(),
        Some(services) => {
            let services: Vec<_> = services.iter().map(|service| format!("`{service}`")).collect();
            format!(
                "any role of the account may be passed to {}: whoever uses it acts as any role that trusts it",
                services.join(" or ")
            )
        }
    }
}
