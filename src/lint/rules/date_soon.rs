//! A date on which access ends before long.

use crate::diagnostic::Severity;
use crate::lint::dates::{Turn, is_past, is_within, turn, words};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "date-soon",
    severity: Severity::Suggestion,
    sentence: "Access ends within 30 days, by the date in a condition.",
    why: "On that day something stops working, and nobody who is called at night thinks of a date in a policy. Better to \
          decide now whether it is to go on.",
    help: "give it a new date if access is to go on, and tell those whom it concerns if not",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws-dates.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"DateLessThan": {"aws:CurrentTime": "2026-12-01T00:00:00Z"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"DateLessThan": {"aws:CurrentTime": "2999-12-01T00:00:00Z"}}}}"#,
    ),
    check: Check::Document(check),
};

/// How long before the end one would want to know.
const DAYS: i32 = 30;

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let today = subject.today;
    let statements = &subject.written.statements;
    let turns: Vec<_> = statements
        .iter()
        .flat_map(|statement| statement.tests.iter().filter_map(move |test| Some((statement, test, turn(test)?))))
        .collect();
    // A window that is still to open has just been written, and is written anew when it closes.
    let opens = turns.iter().any(|(statement, _, turn)| match turn {
        Turn::Ends(end) => statement.denies() && !is_past(*end, today),
        Turn::Begins(begin) => statement.allows() && !is_past(*begin, today),
    });
    if opens {
        return vec![];
    }
    let ending = turns.iter().filter_map(|(statement, test, turn)| {
        let end = match turn {
            Turn::Ends(end) if statement.allows() => end,
            Turn::Begins(begin) if statement.denies() => begin,
            Turn::Ends(_) | Turn::Begins(_) => return None,
        };
        let then = if statement.allows() { "allows nothing after" } else { "denies from" };
        let value = test.values.first()?;
        let message = format!("this {then} {}", words(*end));
        is_within(*end, today, DAYS).then(|| Hit::at(&value.pointer, message))
    });
    ending.collect()
}
