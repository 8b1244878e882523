//! What several rules ask of statements: what a test says of a request that lacks its key, and what one pattern
//! covers of another.

use super::guard::is_for_everybody;
use crate::policy::condition::{Operator, Quantifier, Test};
use crate::policy::{Element, WrittenStatement, WrittenTest, arn, covers};

/// Whether a request that lacks the key fulfils the test.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html>
pub(super) fn passes_when_absent(test: &WrittenTest) -> bool {
    let Some(Operator { quantifier, test: comparison, if_exists }) = test.operator else { return false };
    match (comparison, quantifier) {
        (Test::Null, _) => test.has_value("true"),
        (_, Some(Quantifier::ForAllValues)) => true,
        (_, Some(Quantifier::ForAnyValue)) => if_exists,
        (_, None) => if_exists || comparison.is_negated(),
    }
}

/// Whether a statement applies only to requests that have this key; one that ends in `/` stands for all that begin so.
pub(super) fn requires_key(statement: &WrittenStatement, key: &str) -> bool {
    statement.tests_of(key).any(|test| test.operator.is_some() && !passes_when_absent(test))
}

/// Whether a test is a plain one of these comparisons, with or without `IfExists`.
pub(super) fn compares(test: &WrittenTest, comparisons: &[Test]) -> bool {
    test.operator.is_some_and(|operator| comparisons.contains(&operator.test))
}

/// Comparisons of text that hold if a value matches.
pub(super) const TEXT_MATCHES: [Test; 3] =
    [Test::StringEquals, Test::StringEqualsIgnoreCase, Test::StringLike];

/// Comparisons of text that hold if no value matches.
pub(super) const TEXT_DIFFERS: [Test; 3] =
    [Test::StringNotEquals, Test::StringNotEqualsIgnoreCase, Test::StringNotLike];

/// Whether a test asks that a key of truth has just this value.
pub(super) fn asks_truth(test: &WrittenTest, truth: bool) -> bool {
    let (same, other) = if truth { ("true", "false") } else { ("false", "true") };
    let bool_like = compares(test, &[Test::Bool]) || compares(test, &TEXT_MATCHES);
    bool_like && test.has_value(same) && !test.has_value(other)
}

/// Whether all actions of a service, or of all services, are meant.
pub(super) fn is_of_all_actions(statement: &WrittenStatement) -> bool {
    statement.is_not_action() || statement.actions.iter().any(|a| a.text == "*" || a.text.ends_with(":*"))
}

/// Whether all actions of a statement are among these patterns, given in lower case.
pub(super) fn has_only_actions(statement: &WrittenStatement, patterns: &[&str]) -> bool {
    !statement.is_not_action()
        && statement.actions.iter().all(|a| {
            let action = a.text.to_ascii_lowercase();
            patterns.iter().any(|pattern| covers(pattern, &action))
        })
}

/// Whether one action pattern matches every action that another does, whatever their case.
pub(super) fn covers_action(pattern: &str, other: &str) -> bool {
    covers(&pattern.to_ascii_lowercase(), &other.to_ascii_lowercase())
}

/// Whether one resource pattern matches every resource that another does. Up to the fifth colon a `*` stays within
/// its part of the ARN.
pub(super) fn covers_resource(pattern: &str, other: &str) -> bool {
    if pattern == "*" || pattern == other {
        return true;
    }
    let (Some(pattern), Some(other)) = (arn::split(pattern), arn::split(other)) else { return false };
    pattern.iter().zip(other).all(|(pattern, other)| covers(pattern, other))
}

/// Whether a statement speaks of every action that another speaks of.
pub(super) fn covers_actions_of(one: &WrittenStatement, other: &WrittenStatement) -> bool {
    let each_covered = || {
        other.actions.iter().all(|action| one.actions.iter().any(|p| covers_action(&p.text, &action.text)))
    };
    match (one.is_not_action(), other.is_not_action()) {
        (false, false) => each_covered(),
        (false, true) => one.actions.iter().any(|action| action.text == "*"),
        (true, true) => one
            .actions
            .iter()
            .all(|action| other.actions.iter().any(|p| covers_action(&p.text, &action.text))),
        // Only whole names: two patterns may overlap without one covering the other.
        (true, false) => other.actions.iter().all(|action| {
            !action.text.contains(['*', '?'])
                && !one.actions.iter().any(|p| covers_action(&p.text, &action.text))
        }),
    }
}

/// Whether a statement speaks of every resource that another speaks of.
pub(super) fn covers_resources_of(one: &WrittenStatement, other: &WrittenStatement) -> bool {
    let everything = |statement: &WrittenStatement| {
        !statement.is_not_resource() && statement.resources.iter().any(|resource| resource.text == "*")
    };
    match (&one.statement.resource, &other.statement.resource) {
        (None, None) => true,
        (Some(Element::Is(_)), Some(Element::Is(wanted))) => {
            wanted.iter().all(|text| one.resources.iter().any(|p| covers_resource(&p.text, text)))
        }
        (Some(mine), Some(theirs)) => everything(one) || mine == theirs,
        _ => false,
    }
}

/// Whether a statement speaks of every principal that another speaks of.
pub(super) fn covers_principals_of(one: &WrittenStatement, other: &WrittenStatement) -> bool {
    one.statement.principal == other.statement.principal
        || (is_for_everybody(one) && other.statement.principal.is_some())
}

/// A list of the author's words, in back-ticks.
pub(super) fn quoted<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pattern_covers_another() {
        for (pattern, other) in [
            ("*", "s3:*"),
            ("s3:Get*", "S3:getobject"),
            ("s3:Get*", "s3:GetObject*"),
            ("s3:Get?bject", "s3:GetObject"),
            ("s3:GetObject", "S3:GETOBJECT"),
        ] {
            assert!(covers_action(pattern, other), "{pattern} {other}");
        }
        for (pattern, other) in
            [("s3:Get?", "s3:Get*"), ("s3:Get*", "s3:*"), ("s3:GetObject", "s3:GetObjectTagging")]
        {
            assert!(!covers_action(pattern, other), "{pattern} {other}");
        }
        for (pattern, other) in [
            ("*", "arn:aws:s3:::a"),
            ("arn:aws:s3:::a/*", "arn:aws:s3:::a/b/*"),
            ("arn:aws:s3:::*", "arn:aws:s3:::a:b"),
            ("arn:aws:sqs:*:111122223333:q", "arn:aws:sqs:eu-west-1:111122223333:q"),
        ] {
            assert!(covers_resource(pattern, other), "{pattern} {other}");
        }
        for (pattern, other) in [
            ("arn:aws:s3:::a/*", "arn:aws:s3:::a"),
            ("arn:aws:sqs:*:q", "arn:aws:sqs:eu-west-1:111122223333:q"),
            ("arn:aws:s3:::A/*", "arn:aws:s3:::a/b"),
            ("arn:aws:s3:::${*}", "arn:aws:s3:::${abc}"),
        ] {
            assert!(!covers_resource(pattern, other), "{pattern} {other}");
        }
    }
}
