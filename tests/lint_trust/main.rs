//! The rules on trust policies and on policies of resources: what each finds, and what looks like it and is none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod bucket;
mod tls;
mod trust;

use std::collections::BTreeSet;
use std::sync::Arc;

use hatrack::diagnostic::Source;
use hatrack::lint::{self, Home};
use hatrack::policy::{Usage, Written};
use hatrack::spec::document::parse_document;
use jiff::civil::date;

const ACCOUNT: &str = "111122223333";

/// The rules that a document breaks, of those that these tests are about.
fn broken(usage: Usage, statements: &str, account: Option<&str>) -> BTreeSet<&'static str> {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    let (node, wrong) = parse_document(&Arc::new(Source { name: "policy.json".into(), text }));
    assert_eq!(wrong, [], "{statements}");
    let node = node.unwrap();
    let (written, problems) = Written::read(&node.to_json(), usage, "aws");
    assert_eq!(problems, [], "{statements}");
    let account = account.map(|id| id.parse().unwrap());
    let home = Home { accounts: account.iter().cloned().collect(), account, ..Home::default() };
    let today = date(2026, 11, 21);
    let single = lint::Single {
        written: written.as_ref(),
        problems: &problems,
        node: &node,
        ceiling: false,
        home: &home,
        today,
    };
    lint::document(single).findings.iter().filter_map(|finding| finding.rule).collect()
}

/// Every statement breaks the rule, or none does.
fn each(usage: Usage, rule: &str, breaks: bool, statements: &[String]) {
    let wrong: Vec<_> = statements
        .iter()
        .filter_map(|statement| {
            let broken = broken(usage, statement, Some(ACCOUNT));
            (broken.contains(rule) != breaks).then(|| format!("{statement}: {broken:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{rule} {breaks}\n{}", wrong.join("\n"));
}

fn trust(principal: &str, action: &str, condition: &str) -> String {
    let condition =
        if condition.is_empty() { String::new() } else { format!(r#", "Condition": {condition}"#) };
    format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": {action}{condition}}}"#)
}

fn assume(principal: &str, condition: &str) -> String {
    trust(principal, r#""sts:AssumeRole""#, condition)
}

const LAKE: &str = r#"["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"]"#;

/// A statement of a bucket's policy.
fn statement(effect: &str, principal: &str, action: &str, resource: &str, condition: &str) -> String {
    let condition =
        if condition.is_empty() { String::new() } else { format!(r#", "Condition": {condition}"#) };
    format!(r#"{{"Effect": "{effect}", {principal}, "Action": {action}, "Resource": {resource}{condition}}}"#)
}

fn deny(condition: &str) -> String {
    statement("Deny", r#""Principal": "*""#, r#""s3:*""#, LAKE, condition)
}

fn public(action: &str, condition: &str) -> String {
    statement("Allow", r#""Principal": "*""#, action, LAKE, condition)
}
