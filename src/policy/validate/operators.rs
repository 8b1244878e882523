//! Operators that do not compare what their key's values are.

use crate::policy::catalogue::{KeyKind, condition_key};
use crate::policy::condition::Family;
use crate::policy::{Problem, WrittenStatement, WrittenTest};

pub(super) fn check(statement: &WrittenStatement) -> Vec<Problem> {
    statement.tests.iter().filter_map(one).collect()
}

fn one(test: &WrittenTest) -> Option<Problem> {
    let operator = test.operator?;
    let key = condition_key(&test.key.text)?;
    let family = operator.test.family();
    let (kind, right) = match key.kind {
        KeyKind::Text => ("text", "a `String` operator"),
        KeyKind::Arn => ("an ARN", "`ArnLike`"),
        KeyKind::Bool => ("true or false", "`Bool`"),
        KeyKind::Number => ("a number", "a `Numeric` operator"),
        KeyKind::Date => ("a date", "a `Date` operator"),
        KeyKind::Ip => ("an IP address", "`IpAddress` or `NotIpAddress`"),
        KeyKind::Binary => ("binary", "`BinaryEquals`"),
        KeyKind::Unknown => return None,
    };
    // Tags and encryption contexts hold what their owner puts there: a number, a date, an ARN.
    let owned = key.kind == KeyKind::Text && (key.name.contains("${") || key.name.contains('<'));
    if owned || compares(family, key.kind, key.name) {
        return None;
    }
    let as_text = family == Family::Text;
    let message = match key.kind {
        KeyKind::Ip if as_text => {
            format!("`{}` compares `{}` letter by letter, and no range is met", test.word.text, test.key.text)
        }
        _ if as_text => format!("`{}` compares `{}` as text, which is {kind}", test.word.text, test.key.text),
        _ => format!("`{}` does not compare with `{}`, which is {kind}", test.word.text, test.key.text),
    };
    let problem = Problem::at_key("operator-type-mismatch", &test.word.pointer, message);
    let problem = problem.help(format!("take {right}"));
    Some(if as_text && key.kind != KeyKind::Ip { problem.warning() } else { problem })
}

/// Whether values of a kind can be compared so. AWS's own policies compare some of their services' numbers and truths
/// as text, which works as long as the text is the same; of a global key AWS's pages have the operators.
fn compares(family: Family, kind: KeyKind, name: &str) -> bool {
    let global = name.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"));
    match (family, kind) {
        (Family::Text, KeyKind::Bool | KeyKind::Date | KeyKind::Ip) => !global,
        (Family::Presence | Family::Text, _) => true,
        (Family::Number, KeyKind::Number) | (Family::Date, KeyKind::Date) => true,
        (Family::Truth, KeyKind::Bool) | (Family::Binary, KeyKind::Binary) => true,
        (Family::Ip, KeyKind::Ip) | (Family::Arn, KeyKind::Arn) => true,
        // Seconds since 1970.
        (Family::Number, KeyKind::Date) => name.eq_ignore_ascii_case("aws:EpochTime"),
        // Where the reference has text, the name can still tell that it is an ARN.
        (Family::Arn, KeyKind::Text) => name.to_ascii_lowercase().contains("arn"),
        _ => false,
    }
}
