//! A statement that another one makes idle.

use crate::diagnostic::Severity;
use crate::lint::facts::{covers_actions_of, covers_principals_of, covers_resources_of};
use crate::lint::{At, Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenStatement};

use super::duplicate_statement::says_the_same;

pub(super) static RULE: Rule = Rule {
    id: "shadowed-statement",
    severity: Severity::Warning,
    sentence: "An Allow changes nothing: another statement allows all of it already, or denies all of it.",
    why: "Conditions of the narrower statement guard nothing when a wider one allows the same without them, and what an \
          unconditional Deny takes away no Allow gives back. Whoever reads the statement believes in a right or a limit \
          that is not there.",
    help: "take away the statement that does not say what is meant",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/raw/*",
             "Condition": {"StringEquals": {"s3:ExistingObjectTag/Project": "Alpha"}}}]}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/curated/*"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/raw/*",
             "Condition": {"StringEquals": {"s3:ExistingObjectTag/Project": "Alpha"}}}]}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let statements = &subject.written.statements;
    let mut hits = vec![];
    for (number, statement) in statements.iter().enumerate().filter(|(_, statement)| statement.allows()) {
        let by = statements.iter().enumerate().find(|(other_number, other)| {
            *other_number != number
                && shadows(other, statement)
                // Of two that shadow each other the later one is idle.
                && (other.denies() || *other_number < number || !shadows(statement, other))
        });
        let Some((_, by)) = by else { continue };
        let name = by.statement.name();
        let (message, there) = if by.denies() {
            (format!("statement `{name}` denies all of this: it gives nothing"), "it is denied here")
        } else {
            (format!("statement `{name}` allows all of this already"), "it is allowed here")
        };
        hits.push(Hit::at(&statement.pointer, message).related(At::Value(by.pointer.clone()), there));
    }
    hits
}

/// Whether a statement leaves nothing for an Allow to do. Equal ones are another rule's.
fn shadows(by: &WrittenStatement, statement: &WrittenStatement) -> bool {
    let conditions = &by.statement.conditions;
    let free = conditions.is_empty() || (by.allows() && *conditions == statement.statement.conditions);
    free && !says_the_same(&by.statement, &statement.statement)
        && covers_actions_of(by, statement)
        && covers_resources_of(by, statement)
        && covers_principals_of(by, statement)
}
