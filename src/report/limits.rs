//! Conditions in words: `only with MFA`, `only from 10.0.0.0/8`.

use crate::access::delta::{Limit, Test};

/// When access holds: `only with MFA`.
pub(super) fn limit(limit: &Limit) -> String {
    match limit {
        Limit::OnlyIf(tests) => format!("only {}", all(tests, true)),
        Limit::NotWhile(tests) => match tests.as_slice() {
            [test] => format!("only {}", phrase(test, false)),
            tests => format!("not {}", all(tests, true)),
        },
        Limit::OtherThan(pattern, tests) => {
            let pattern = pattern.as_deref().map(super::terminal::readable).unwrap_or_default();
            let tests = if tests.is_empty() { String::new() } else { all(tests, true) };
            let gap = if pattern.is_empty() || tests.is_empty() { "" } else { " " };
            format!("other than {pattern}{gap}{tests}")
        }
        Limit::AsFarAs(what) => format!("as far as {what}"),
    }
}

fn all(tests: &[Test], holds: bool) -> String {
    let phrases: Vec<String> = tests.iter().map(|test| phrase(test, holds)).collect();
    phrases.join(" and ")
}

/// One test as it holds, or as it does not.
pub(super) fn phrase(test: &Test, holds: bool) -> String {
    let Test { operator, key, values } = test;
    let plain = operator.rsplit(':').next().unwrap_or(operator).trim_end_matches("IfExists");
    let is = plain.contains("Not") != holds;
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let listed = listed(&values);
    let truth = values.as_slice() == ["true"];
    let (name, tag) = key.split_once('/').unwrap_or((key, ""));
    match (name, plain) {
        ("aws:multifactorauthpresent", "Bool") => with(truth == holds, "MFA"),
        ("aws:multifactorauthpresent", "Null") => with(truth != holds, "MFA"),
        ("aws:multifactorauthage", _) => format!("by the age of MFA ({plain} {listed} seconds)"),
        ("aws:securetransport", "Bool") if truth == holds => "over TLS".to_owned(),
        ("aws:securetransport", "Bool") => "without TLS".to_owned(),
        ("aws:viaawsservice", "Bool") if truth == holds => "through an AWS service".to_owned(),
        ("aws:viaawsservice", "Bool") => "not through an AWS service".to_owned(),
        ("aws:principalisawsservice", "Bool") if truth == holds => "for AWS services".to_owned(),
        ("aws:principalisawsservice", "Bool") => "for others than AWS services".to_owned(),
        ("aws:sourceip", _) => from(is, "", &listed),
        ("aws:sourcevpc", _) => from(is, "VPC ", &listed),
        ("aws:sourcevpce", _) => from(is, "VPC endpoint ", &listed),
        ("aws:principalorgid", _) => from(is, "organization ", &listed),
        ("aws:principalaccount" | "aws:sourceaccount", _) => from(is, "account ", &listed),
        ("aws:principalarn" | "aws:sourcearn", _) => from(is, "", &listed),
        ("aws:requestedregion", _) if is => format!("in {listed}"),
        ("aws:requestedregion", _) => format!("outside of {listed}"),
        ("iam:passedtoservice", _) if is => format!("to {listed}"),
        ("iam:passedtoservice", _) => format!("to others than {listed}"),
        ("iam:awsservicename", _) if is => format!("for {listed}"),
        ("aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast", _) if is => {
            format!("through {listed}")
        }
        ("s3:prefix", _) if is => format!("under {listed}"),
        ("aws:currenttime", "DateLessThan" | "DateLessThanEquals") if holds => format!("until {listed}"),
        ("aws:currenttime", "DateGreaterThan" | "DateGreaterThanEquals") if holds => {
            format!("from {listed} on")
        }
        ("aws:currenttime", "DateLessThan" | "DateLessThanEquals") => format!("from {listed} on"),
        ("aws:currenttime", "DateGreaterThan" | "DateGreaterThanEquals") => format!("until {listed}"),
        ("aws:resourcetag" | "s3:existingobjecttag" | "iam:resourcetag" | "ec2:resourcetag", _)
            if plain.starts_with("String") =>
        {
            format!("on what is {}tagged {tag} = {listed}", if is { "" } else { "not " })
        }
        ("aws:principaltag", _) if plain.starts_with("String") => {
            format!("for who is {}tagged {tag} = {listed}", if is { "" } else { "not " })
        }
        ("aws:requesttag", _) if plain.starts_with("String") => {
            format!("with {}the tag {tag} = {listed}", if is { "" } else { "other than " })
        }
        (_, "Null") if truth == holds => format!("without `{key}`"),
        (_, "Null") => format!("with `{key}`"),
        _ if is && (plain.starts_with("String") || plain.starts_with("Arn") || plain == "Bool") => {
            format!("if `{key}` is {listed}")
        }
        _ if plain.starts_with("String") || plain.starts_with("Arn") || plain == "Bool" => {
            format!("if `{key}` is not {listed}")
        }
        _ if holds => format!("if `{key}` {plain} {listed}"),
        _ => format!("unless `{key}` {plain} {listed}"),
    }
}

fn with(there: bool, what: &str) -> String {
    format!("{} {what}", if there { "with" } else { "without" })
}

fn from(is: bool, what: &str, listed: &str) -> String {
    format!("from {}{what}{listed}", if is { "" } else { "elsewhere than " })
}

/// Values told by name where they are few.
fn listed(values: &[&str]) -> String {
    const TOLD_MAX: usize = 3;
    let told = values.iter().take(TOLD_MAX).copied().collect::<Vec<_>>().join(", ");
    match values.len().checked_sub(TOLD_MAX) {
        None | Some(0) => told,
        Some(more) => format!("{told} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(operator: &str, key: &str, values: &[&str]) -> Test {
        Test {
            operator: operator.to_owned(),
            key: key.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        }
    }

    #[test]
    fn a_deny_without_mfa_leaves_what_is_done_with_it() {
        let deny = |operator: &str, value: &str| {
            limit(&Limit::NotWhile(vec![test(operator, "aws:multifactorauthpresent", &[value])]))
        };
        assert_eq!(deny("BoolIfExists", "false"), "only with MFA");
        assert_eq!(deny("Null", "true"), "only with MFA");
        assert_eq!(deny("Bool", "true"), "only without MFA");
    }

    #[test]
    fn conditions_as_people_say_them() {
        for (operator, key, values, expected) in [
            ("IpAddress", "aws:sourceip", &["10.0.0.0/8"][..], "only from 10.0.0.0/8"),
            ("NotIpAddress", "aws:sourceip", &["10.0.0.0/8"], "only from elsewhere than 10.0.0.0/8"),
            ("Bool", "aws:securetransport", &["true"], "only over TLS"),
            ("StringEquals", "aws:principaltag/team", &["ds"], "only for who is tagged team = ds"),
            ("StringEquals", "x:y", &["a", "b", "c", "d"], "only if `x:y` is a, b, c and 1 more"),
            ("StringNotEquals", "x:y", &["a"], "only if `x:y` is not a"),
            ("NumericLessThan", "s3:max-keys", &["10"], "only if `s3:max-keys` NumericLessThan 10"),
        ] {
            assert_eq!(limit(&Limit::OnlyIf(vec![test(operator, key, values)])), expected);
        }
    }

    #[test]
    fn several_together() {
        let tests = vec![
            test("StringNotEquals", "aws:principalaccount", &["111122223333"]),
            test("BoolIfExists", "aws:principalisawsservice", &["false"]),
        ];
        assert_eq!(
            limit(&Limit::NotWhile(tests)),
            "not from elsewhere than account 111122223333 and for others than AWS services"
        );
    }
}
