//! A principal and an action that never meet.

use crate::diagnostic::Severity;
use crate::lint::guard::speaks_of;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenPrincipal, WrittenStatement};

pub(super) static RULE: Rule = Rule {
    id: "trust-wrong-action",
    severity: Severity::Error,
    sentence: "A trust policy's principal cannot use the action that it is given.",
    why: "Accounts and services call `sts:AssumeRole`, those whom a SAML provider signed in \
          `sts:AssumeRoleWithSAML`, those whom an OIDC provider signed in `sts:AssumeRoleWithWebIdentity`. In any other \
          pair the statement lets nobody in.",
    help: "give each principal the action that is its own",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_request.html",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"},
            "Action": "sts:AssumeRoleWithSAML",
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}}"#,
    ),
    check: Check::Document(check),
};

const ACTIONS: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if subject.written.usage != Usage::Trust {
        return vec![];
    }
    let plain = subject.allows().filter(|s| !s.is_not_action() && !s.is_not_principal());
    plain.flat_map(of_statement).collect()
}

fn of_statement(statement: &WrittenStatement) -> Vec<Hit> {
    let given = |action: &str| speaks_of(statement, &action.to_ascii_lowercase());
    let assumes: Vec<&str> = ACTIONS.into_iter().filter(|action| given(action)).collect();
    let lost: Vec<(&WrittenPrincipal, &str)> = statement
        .principals
        .iter()
        .filter_map(|principal| Some((principal, own_action(principal)?)))
        .filter(|(_, own)| !assumes.is_empty() && !assumes.contains(own))
        .collect();
    if !lost.is_empty() {
        let hits = lost.into_iter().map(|(principal, own)| {
            let message = format!("`{}` never uses `{}`", principal.value, assumes.join("` or `"));
            Hit::at(&principal.pointer, message).help(format!("write `{own}`"))
        });
        return hits.collect();
    }
    let used = |action: &str| statement.principals.iter().any(|p| own_action(p).is_none_or(|own| own == action));
    let unused = statement.actions.iter().filter_map(|spot| {
        let action = ACTIONS.into_iter().find(|action| action.eq_ignore_ascii_case(&spot.text))?;
        let message = format!("nobody who is named here uses `{action}`");
        (!used(action)).then(|| Hit::at(&spot.pointer, message).help("leave it out, or name who does"))
    });
    unused.collect()
}

/// The one action by which a principal assumes roles; none if it may be any.
fn own_action(principal: &WrittenPrincipal) -> Option<&'static str> {
    match principal.kind.as_str() {
        "AWS" if principal.value == "*" => None,
        "AWS" | "Service" => Some("sts:AssumeRole"),
        "Federated" if principal.value.contains(":saml-provider/") => Some("sts:AssumeRoleWithSAML"),
        "Federated" => Some("sts:AssumeRoleWithWebIdentity"),
        _ => None,
    }
}
