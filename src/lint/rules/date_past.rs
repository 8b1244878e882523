//! A date that has decided the matter.

use crate::diagnostic::Severity;
use crate::lint::dates::{Turn, is_past, turn, words};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenStatement};

pub(super) static RULE: Rule = Rule {
    id: "date-past",
    severity: Severity::Warning,
    sentence: "A condition compares the time with a moment that is past, so that its answer no longer changes.",
    why: "A statement that was to end has ended and gives, or denies, nothing any more; a Deny that was to begin has begun \
          and does not end. What was meant to be temporary is permanent now, one way or the other.",
    help: "take the statement away, or give it a new date",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws-dates.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"DateLessThan": {"aws:CurrentTime": "2020-07-01T00:00:00Z"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"DateLessThan": {"aws:CurrentTime": "2999-07-01T00:00:00Z"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    subject.written.statements.iter().flat_map(|statement| of_statement(subject, statement)).collect()
}

fn of_statement(subject: &Subject<'_>, statement: &WrittenStatement) -> Option<Hit> {
    let turns: Vec<_> = statement.tests.iter().filter_map(|test| Some((test, turn(test)?))).collect();
    let ended = turns.iter().find_map(|(test, turn)| match turn {
        Turn::Ends(end) if is_past(*end, subject.today) => Some((*test, *end)),
        _ => None,
    });
    let at = |test: &crate::policy::WrittenTest| test.values.first().map_or(test.key.pointer.clone(), |v| v.pointer.clone());
    if let Some((test, end)) = ended {
        let then = if statement.allows() { "this allows nothing any more" } else { "this denies nothing any more" };
        let message = format!("`{}` ended on {}: {then}", test.key.text, words(end));
        let help = if statement.allows() {
            "take the statement away, or give it a new date"
        } else {
            "take the statement away if the ban is over, or give it a new date"
        };
        return Some(Hit::at(&at(test), message).help(help));
    }
    // A start in the past is how an Allow normally looks; a Deny with an end, too, is a ban for a while.
    if statement.denies()
        && let [(test, Turn::Begins(begin))] = turns.as_slice()
        && is_past(*begin, subject.today)
    {
        let message = format!("the moment {} is past: this always denies now", words(*begin));
        let help = "if access has ended for good, take away what gave it; otherwise give a new date";
        return Some(Hit::at(&at(test), message).help(help));
    }
    None
}
