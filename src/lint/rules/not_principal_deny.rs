//! `NotPrincipal` with Deny that also denies those it is to let off.

use crate::diagnostic::Severity;
use crate::lint::bucket::{Left, left};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenPrincipal, WrittenStatement, arn};

pub(super) static RULE: Rule = Rule {
    id: "not-principal-deny",
    severity: Severity::Warning,
    sentence: "A denial with `NotPrincipal` also denies some whom it names.",
    why: "AWS lets a user off only if the root of the account is named too, and a role only if root and session are, \
          and sessions have names that nobody knows beforehand. `ArnNotEquals` on `aws:PrincipalArn` has no such trap.",
    help: "write `Principal: \"*\"` and the condition `ArnNotEquals: { aws:PrincipalArn: … }`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html",
    trips: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:role/Reader"},
            "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-lake/*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-lake/*",
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Reader"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    // That nobody is left at all is told by another rule.
    let denials = subject.denies().filter(|s| s.is_not_principal() && left(s, subject) != Left::Nobody);
    denials.flat_map(|s| s.principals.iter().filter_map(move |p| of_principal(s, p))).collect()
}

fn of_principal(statement: &WrittenStatement, principal: &WrittenPrincipal) -> Option<Hit> {
    let [_, partition, service, _, account, resource] = arn::split(&principal.value)?;
    let named = |value: &str| statement.principals.iter().any(|p| p.value == value);
    let root = format!("arn:{partition}:iam::{account}:root");
    let missing = match (service, resource.split_once('/')) {
        _ if resource == "root" || principal.kind != "AWS" => return None,
        _ if !named(&root) => format!("`{root}` is not"),
        ("iam", Some(("role", path))) => {
            let role = path.rsplit('/').next().unwrap_or_default();
            let session = format!("arn:{partition}:sts::{account}:assumed-role/{role}/");
            if statement.principals.iter().any(|p| p.value.starts_with(&session)) {
                return None;
            }
            "none of its sessions is".to_owned()
        }
        _ => return None,
    };
    let message = format!("`{}` is denied as well: it is named, but {missing}", principal.value);
    Some(Hit::at(&principal.pointer, message))
}
