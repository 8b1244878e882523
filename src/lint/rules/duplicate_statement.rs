//! The same statement twice.

use crate::diagnostic::Severity;
use crate::lint::{At, Check, Example, Hit, Rule, Subject};
use crate::policy::{Statement, Usage};

pub(super) static RULE: Rule = Rule {
    id: "duplicate-statement",
    severity: Severity::Warning,
    sentence: "A statement says what another one in the document says already.",
    why: "Two statements that differ only in their Sid do what one of them does. Whoever changes one later changes \
          nothing; often the copy was meant to become something else.",
    help: "take one of them away, or finish what the copy was made for",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"},
            {"Sid": "Write", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"}]}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"},
            {"Sid": "Write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::acme-alpha/*"}]}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let statements = &subject.written.statements;
    let mut hits = vec![];
    for (number, statement) in statements.iter().enumerate() {
        let first = statements.iter().take(number).find(|other| says_the_same(&other.statement, &statement.statement));
        let Some(first) = first else { continue };
        let message = format!("this says the same as statement `{}`", first.statement.name());
        let at = At::Value(first.pointer.clone());
        hits.push(Hit::at(&statement.pointer, message).related(at, "the first one is here"));
    }
    hits
}

/// Whether two statements are equal but for their Sid.
pub(super) fn says_the_same(one: &Statement, other: &Statement) -> bool {
    let Statement { sid: _, effect, principal, action, resource, conditions } = one;
    *effect == other.effect
        && *principal == other.principal
        && *action == other.action
        && *resource == other.resource
        && *conditions == other.conditions
}
