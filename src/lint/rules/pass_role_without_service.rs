//! Passing a role to whichever service.

use crate::diagnostic::Severity;
use crate::lint::cover::ROLES;
use crate::lint::reach::Reach;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "pass-role-without-service",
    severity: Severity::SecurityWarning,
    sentence: "A role may be passed to any service that it trusts.",
    why: "A role that trusts more than one service can be handed to the one nobody thought of, and a service that it \
          comes to trust later is open at once. `iam:PassedToService` keeps the passing to what it is for.",
    help: "add `Condition: { StringEquals: { iam:PassedToService: glue.amazonaws.com } }`, with the service it is for",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/ds/GlueEtl"}}"#,
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
    let grants = Reach::of_document(subject.written, account).grants("iam:PassRole", ROLES);
    let open = grants.iter().filter(|grant| grant.services.is_none() && !grant.spans(ROLES, account));
    let mut hits: Vec<Hit> = open
        .map(|grant| Hit::at(&grant.pointer, format!("`{}` may be passed to any service", grant.pattern)))
        .collect();
    hits.dedup();
    hits
}
