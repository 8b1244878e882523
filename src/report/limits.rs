//! Conditions in words: `only with MFA`, `only from 10.0.0.0/8`.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::delta::{Limit, Test};

/// How a condition begins that only says what was and stays allowed.
pub(super) const UNCHANGED: &str = "nothing changes";

/// When access holds, what is about the same resources together.
pub(super) fn limits(limits: &[Limit]) -> Vec<String> {
    let mut said: Vec<String> = vec![];
    let mut on: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for limit in limits {
        match limit {
            Limit::On(patterns, tests) => on.entry(places(patterns)).or_default().push(not_while(tests)),
            other => said.push(self::limit(other)),
        }
    }
    let on = on.into_iter().map(|(places, whens)| format!("on {places} {}", whens.join(" and ")));
    on.chain(said).collect()
}

/// When access holds: `only with MFA`.
fn limit(limit: &Limit) -> String {
    match limit {
        Limit::OnlyIf(tests) => format!("only {}", all(tests, true)),
        Limit::NotWhile(tests) => not_while(tests),
        Limit::On(patterns, tests) => format!("on {} {}", places(patterns), not_while(tests)),
        Limit::OtherThan(pattern, tests) => {
            let on = pattern.as_deref().map(|pattern| format!(" on {}", super::terminal::readable(pattern)));
            let tests = if tests.is_empty() { String::new() } else { format!(" {}", all(tests, true)) };
            format!("{UNCHANGED}{}{tests}", on.unwrap_or_default())
        }
        Limit::SameFor(named) => {
            let told: Vec<String> =
                named.iter().map(|one| super::terminal::readable(&super::access::anybody(one))).collect();
            format!("{UNCHANGED} for {}", listed(&told.iter().map(String::as_str).collect::<Vec<_>>()))
        }
        Limit::Until(what) => format!("not until {what}"),
        Limit::AsFarAs(what) => format!("as far as {what}"),
    }
}

fn not_while(tests: &[Test]) -> String {
    let phrases: Vec<String> = tests.iter().map(|test| phrase(test, false)).collect();
    if phrases.iter().any(|phrase| phrase.starts_with("unless ")) {
        return format!("not {}", all(tests, true));
    }
    format!("only {}", phrases.join(" or "))
}

/// Whom a Deny spares by a condition: `AWS services`, `account 111122223333`.
pub(super) fn spared(test: &Test) -> Option<String> {
    let Test { operator, key, values: _ } = test;
    let plain = operator.rsplit(':').next().unwrap_or(operator).trim_end_matches("IfExists");
    let of_who = ["aws:principalisawsservice", "aws:principalaccount", "aws:principalarn"];
    let negative = plain.contains("Not") || plain == "Bool";
    let text = phrase(test, false);
    let who = text.strip_prefix("for ").filter(|who| !who.starts_with("others than "));
    who.filter(|_| of_who.contains(&key.as_str()) && negative).map(str::to_owned)
}

/// Patterns in few words: a bucket and what is in it are the bucket, and many buckets are a number.
fn places(patterns: &[String]) -> String {
    let known: BTreeSet<&str> = patterns.iter().map(String::as_str).collect();
    let whole = |pattern: &str| {
        let bucket = pattern.strip_suffix("/*");
        bucket.filter(|bucket| known.contains(bucket)).map(str::to_owned)
    };
    let folded: BTreeSet<String> =
        patterns.iter().map(|pattern| whole(pattern).unwrap_or_else(|| pattern.clone())).collect();
    if folded.len() > TOLD_MAX {
        let bucket = |pattern: &String| {
            let rest = pattern.split_once(":s3:::")?.1;
            rest.split('/').next().filter(|name| !name.contains('*')).map(str::to_owned)
        };
        let buckets: Option<BTreeSet<String>> = folded.iter().map(bucket).collect();
        if let Some(buckets) = buckets.filter(|buckets| buckets.len() > TOLD_MAX) {
            return format!("{} buckets", buckets.len());
        }
    }
    let told: Vec<String> = folded.iter().map(|pattern| super::terminal::readable(pattern)).collect();
    listed(&told.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Values told by name before the rest is counted.
const TOLD_MAX: usize = 3;

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
        ("aws:principalaccount", _) if is => format!("for account {listed}"),
        ("aws:principalaccount", _) => format!("for others than account {listed}"),
        ("aws:principalarn", _) if is => format!("for {}", identities(test)),
        ("aws:principalarn", _) => format!("for others than {}", identities(test)),
        ("aws:sourceaccount", _) => from(is, "account ", &listed),
        ("aws:sourcearn", _) => from(is, "", &listed),
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

/// ARNs of identities, in few words.
fn identities(test: &Test) -> String {
    let told: Vec<String> = test.values.iter().map(|arn| super::terminal::readable(arn)).collect();
    self::listed(&told.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Values told by name where they are few.
fn listed(values: &[&str]) -> String {
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
        assert_eq!(limit(&Limit::NotWhile(tests)), "only for account 111122223333 or for AWS services");
    }
}
