//! Conditions that contradict each other, so that their statement never applies.

use super::{is_open, values};
use crate::policy::catalogue::condition_key;
use crate::policy::condition::{Family, Operator, Test};
use crate::policy::glob;
use crate::policy::overlap::overlap;
use crate::policy::{Problem, WrittenStatement, WrittenTest};

pub(super) fn check(statement: &WrittenStatement) -> Vec<Problem> {
    let mut problems = vec![];
    let mut rest = statement.tests.as_slice();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        for second in more.iter().filter(|second| second.is_of(&first.key.text)) {
            if !contradict(first, second) && !contradict(second, first) {
                continue;
            }
            let (one, other) = (&first.word.text, &second.word.text);
            let never = if statement.allows() { "allows" } else { "denies" };
            let message = format!(
                "`{one}` and `{other}` cannot both be met by one `{}`, so the statement never {never}",
                first.key.text
            );
            problems.push(Problem::at_key("contradictory-condition", &second.key.pointer, message).warning());
        }
    }
    problems
}

/// Whether no request meets both, looked at from the first.
fn contradict(one: &WrittenTest, other: &WrittenTest) -> bool {
    let (Some(first), Some(second)) = (one.operator, other.operator) else { return false };
    let single = condition_key(&one.key.text).is_none_or(|key| !key.many);
    let open = one.values.iter().chain(&other.values).any(|value| is_open(&value.text));
    if first.test == Test::Null {
        let absent = one.values.iter().all(|v| v.text == "true") && !one.values.is_empty();
        let asked = second.quantifier.is_none() && !second.if_exists && !second.test.is_negated();
        return absent && asked && second.test != Test::Null;
    }
    if open || !single || first.quantifier.is_some() || second.quantifier.is_some() {
        return false;
    }
    // If both are also met by an absent key, they do not contradict each other.
    let strict = |operator: Operator| !operator.if_exists && !operator.test.is_negated();
    if !strict(first) && !strict(second) {
        return false;
    }
    let pairs = || one.values.iter().flat_map(|a| other.values.iter().map(move |b| (&a.text, &b.text)));
    match (kind(first.test), kind(second.test)) {
        (Some(Kind::Text { negated: false, .. }), Some(Kind::Text { negated: false, .. })) => {
            !pairs().any(|(a, b)| {
                overlap(&pattern(first.test, a, second.test), &pattern(second.test, b, first.test))
            })
        }
        (Some(Kind::Text { negated: false, like: false }), Some(Kind::Text { negated: true, .. })) => {
            one.values.iter().all(|a| {
                other.values.iter().any(|b| {
                    let excluded = pattern(second.test, &b.text, first.test);
                    // An exact value is excluded by what covers it.
                    if excluded.contains(['*', '?']) && is_like(second.test) {
                        glob(&excluded, &pattern_text(first.test, &a.text, second.test))
                    } else {
                        b.text == a.text || (folds(second.test) && b.text.eq_ignore_ascii_case(&a.text))
                    }
                })
            })
        }
        (Some(Kind::Truth), Some(Kind::Truth)) => !pairs().any(|(a, b)| a == b),
        (Some(Kind::Below), Some(Kind::Above)) => {
            let most = one.values.iter().map(|v| amount(first.test, &v.text)).collect::<Option<Vec<_>>>();
            let least = other.values.iter().map(|v| amount(second.test, &v.text)).collect::<Option<Vec<_>>>();
            let (Some(most), Some(least)) = (most, least) else { return false };
            let most = most.into_iter().fold(f64::NEG_INFINITY, f64::max);
            let least = least.into_iter().fold(f64::INFINITY, f64::min);
            let touching = first.test.word().ends_with("Equals") && second.test.word().ends_with("Equals");
            most < least || (!touching && most <= least)
        }
        _ => false,
    }
}

enum Kind {
    Text { negated: bool, like: bool },
    Truth,
    Below,
    Above,
}

fn kind(test: Test) -> Option<Kind> {
    match test.family() {
        Family::Text => Some(Kind::Text { negated: test.is_negated(), like: is_like(test) }),
        Family::Truth => Some(Kind::Truth),
        Family::Number | Family::Date if test.word().contains("LessThan") => Some(Kind::Below),
        Family::Number | Family::Date if test.word().contains("GreaterThan") => Some(Kind::Above),
        _ => None,
    }
}

fn is_like(test: Test) -> bool {
    matches!(test, Test::StringLike | Test::StringNotLike)
}

fn folds(test: Test) -> bool {
    matches!(test, Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase)
}

/// A value as a glob: characters of an exact one stand for themselves.
fn pattern(test: Test, value: &str, beside: Test) -> String {
    let value = pattern_text(test, value, beside);
    // A star in an exact value is that very character, and `?` covers it; so nothing is called a contradiction
    // that is none.
    if is_like(test) { value } else { value.replace('*', "?") }
}

fn pattern_text(test: Test, value: &str, beside: Test) -> String {
    if folds(test) || folds(beside) { value.to_ascii_lowercase() } else { value.to_owned() }
}

#[expect(clippy::cast_precision_loss, reason = "seconds and small numbers are exact")]
fn amount(test: Test, text: &str) -> Option<f64> {
    if test.family() == Family::Number {
        return text.parse().ok();
    }
    let day =
        text.parse::<jiff::civil::Date>().ok().and_then(|day| values::instant(&format!("{day}T00:00:00Z")));
    let instant = values::instant(text).or(day).map(|instant| instant.as_second() as f64);
    instant.or_else(|| text.parse().ok())
}
