//! Rules on conditions, on repetition, on what is spelled out: variants that must trip and near misses that must not.
//!
//! A case is written `usage effect actions @resources | condition`, statements joined by ` && `: `i` is an identity
//! policy, `t` a trust policy, `b` a bucket policy; `!` before the actions makes them `NotAction`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod dates;
mod guards;
mod keys;
mod literals;
mod repetition;
mod secrets;
mod tags;
mod values;

use std::sync::Arc;

use hatrack::diagnostic::{Diagnostic, Source};
use hatrack::lint::{self, Home};
use hatrack::policy::{Usage, Written};
use hatrack::spec::source::parse;
use jiff::civil::{Date, date};

/// The day on which the rules look.
pub const TODAY: Date = date(2026, 11, 21);
const HEADER: &str = "environment: analytics\naccount: \"111122223333\"\nregion: eu-west-1\n";

/// A file.
pub fn source(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { name: name.to_owned(), text: text.to_owned() })
}

fn quoted_list(words: &str) -> String {
    let words: Vec<_> = words.split(',').map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", words.join(", "))
}

/// From a case to the document and what it is for.
fn written(case: &str) -> (Usage, String) {
    let (usage, _) = case.split_once(' ').unwrap();
    let statements: Vec<_> = case
        .split(" && ")
        .map(|statement| {
            let rest = statement.strip_prefix(usage).unwrap_or(statement).trim_start();
            let (head, condition) = rest.split_once(" | ").unwrap_or((rest, "{}"));
            let mut words = head.split_whitespace();
            let effect = match words.next().unwrap() {
                "allow" => "Allow",
                "deny" => "Deny",
                other => panic!("{other} is no effect in `{case}`"),
            };
            let actions = words.next().unwrap();
            let (word, actions) = match actions.strip_prefix('!') {
                Some(actions) => ("NotAction", actions),
                None => ("Action", actions),
            };
            let resources = words.next().map(|resources| quoted_list(resources.strip_prefix('@').unwrap()));
            let (principal, resources) = match usage {
                "i" => (String::new(), resources.unwrap_or("[\"*\"]".to_owned())),
                "t" => ("Principal: {AWS: \"111122223333\"}, ".to_owned(), String::new()),
                "b" => {
                    let all = quoted_list("arn:aws:s3:::acme-alpha,arn:aws:s3:::acme-alpha/*");
                    ("Principal: \"*\", ".to_owned(), resources.unwrap_or(all))
                }
                other => panic!("{other} is no usage in `{case}`"),
            };
            let resource = if usage == "t" { String::new() } else { format!("Resource: {resources}, ") };
            let actions = quoted_list(actions);
            let condition =
                if condition == "{}" { String::new() } else { format!("Condition: {{{condition}}}") };
            format!("{{Effect: {effect}, {principal}{word}: {actions}, {resource}{condition}}}")
        })
        .collect();
    let usage = match usage {
        "i" => Usage::Identity,
        "t" => Usage::Trust,
        _ => Usage::Bucket,
    };
    (usage, format!("{{Version: \"2012-10-17\", Statement: [{}]}}", statements.join(", ")))
}

/// What is found in a document that stands alone.
pub fn in_document(usage: Usage, text: &str) -> Vec<Diagnostic> {
    let (node, wrong) = parse(&source("policy.yaml", text));
    let node = node.unwrap_or_else(|| panic!("{text}: {wrong:?}"));
    let (written, problems) = Written::read(&node.to_json(), usage, "aws");
    let home = Home::default();
    let (written, problems) = (written.as_ref(), problems.as_slice());
    lint::document(lint::Single { written, problems, node: &node, ceiling: false, home: &home, today: TODAY })
        .findings
}

/// What is found in an environment.
pub fn in_environment(body: &str, templates: &[&str]) -> Vec<Diagnostic> {
    let environment = source("environments/analytics.yaml", &format!("{HEADER}{body}"));
    let lake =
        source("environments/lake.yaml", "environment: lake\naccount: \"444455556666\"\nregion: eu-west-1\n");
    let templates: Vec<_> = templates
        .iter()
        .map(|text| {
            let name = text.lines().find_map(|line| line.strip_prefix("template: ")).unwrap();
            source(&format!("templates/{name}.yaml"), text)
        })
        .collect();
    let (lowered, mut found) = hatrack::spec::load(&[environment, lake], &templates);
    let lowered = lowered.unwrap_or_else(|| panic!("{body}: {found:?}"));
    found.extend(lint::estate(lint::Estate { lowered: &lowered, today: TODAY }).findings);
    found
}

fn check(rule: &str, cases: &[&str], must: bool) {
    let wrong: Vec<_> = cases
        .iter()
        .filter_map(|case| {
            let (usage, text) = written(case);
            let found = in_document(usage, &text);
            let grammar = found.iter().find(|d| d.rule == Some("policy-grammar"));
            assert_eq!(grammar, None, "{case}");
            let trips = found.iter().any(|d| d.rule == Some(rule));
            (trips != must).then(|| {
                let said: Vec<_> = found.iter().map(|d| (d.rule, d.message.as_str())).collect();
                format!("{case}\n    found {said:?}")
            })
        })
        .collect();
    let words = if must { "should break" } else { "should keep" };
    assert!(wrong.is_empty(), "{words} {rule}:\n{}", wrong.join("\n"));
}

/// Each of these breaks the rule.
pub fn trip(rule: &str, cases: &[&str]) {
    assert!(cases.len() >= 6);
    check(rule, cases, true);
}

/// None of these breaks the rule.
pub fn keep(rule: &str, cases: &[&str]) {
    assert!(cases.len() >= 6);
    check(rule, cases, false);
}
