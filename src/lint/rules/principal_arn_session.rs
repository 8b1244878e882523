//! A session's ARN where AWS has the role's.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::condition::Test;
use crate::policy::{Usage, arn};

pub(super) static RULE: Rule = Rule {
    id: "principal-arn-session",
    severity: Severity::Error,
    sentence: "A condition compares `aws:PrincipalArn` with the ARN of a session.",
    why: "For a role session `aws:PrincipalArn` holds the ARN of the role, `arn:aws:iam::…:role/path/Name`, never the \
          `assumed-role` ARN that `aws sts get-caller-identity` shows. The comparison never matches: an Allow gives \
          nothing, a Deny that is to spare the role hits it.",
    help: "compare with the role's own ARN, its path included; with `aws:userid` if one session is meant",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn",
    trips: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:sts::111122223333:assumed-role/Admin/*"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Admin"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let mut hits = vec![];
    for statement in &subject.written.statements {
        for test in statement.tests_of("aws:PrincipalArn").chain(statement.tests_of("aws:SourceArn")) {
            let Some(operator) = test.operator.filter(|operator| operator.test != Test::Null) else { continue };
            let sessions = test.values.iter().filter(|value| is_session(&value.text));
            // Beside the role's ARN the session's only does nothing.
            let (key, effect) = (&test.key.text, statement.statement.effect.word().to_lowercase());
            let then = match operator.test.is_negated() {
                false => format!("this does not {effect} it"),
                true => format!("this does {effect} it"),
            };
            hits.extend(sessions.map(|value| {
                let message = format!("`{key}` is never the ARN of a session such as `{}`: {then}", value.text);
                let hit = Hit::at(&value.pointer, message);
                match role_of(&value.text) {
                    Some(role) => hit.help(format!("write `{role}`, with the role's path if it has one")),
                    None => hit,
                }
            }));
        }
    }
    hits
}

fn is_session(value: &str) -> bool {
    match arn::split(value) {
        Some([_, _, service, _, _, resource]) => {
            (service == "sts" || service == "*") && resource.starts_with("assumed-role/")
        }
        None => value.contains(":assumed-role/") || value.starts_with("*assumed-role/"),
    }
}

/// The ARN of the role that a session is of.
fn role_of(value: &str) -> Option<String> {
    let [_, partition, _, _, account, resource] = arn::split(value)?;
    let role = resource.strip_prefix("assumed-role/")?.split('/').next()?;
    Some(format!("arn:{partition}:iam::{account}:role/{role}"))
}
