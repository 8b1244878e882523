//! Faulty policies and their mended twins: each fault is found under its rule's name, and nothing is found in a twin.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use hatrack::diagnostic::Source;
use hatrack::lint::{self, Home, rules};
use hatrack::policy::{DocumentKind, Written};
use hatrack::spec::document::parse_document;
use jiff::civil::date;
use serde_json::Value;

fn found(case: &Value, document: &Value) -> Vec<String> {
    let text = serde_json::to_string_pretty(document).unwrap();
    let (node, wrong) = parse_document(&Arc::new(Source { name: "policy.json".into(), text }));
    assert_eq!(wrong, []);
    let node = node.unwrap();
    let kind = DocumentKind::of(document);
    assert_eq!(case["kind"], kind.word(), "the kind is told from the document");
    let (written, problems) = Written::read(document, kind.usage(), "aws");
    let text = |key: &str| case[key].as_str().map(str::to_owned);
    let account = text("account").map(|id| id.parse().unwrap());
    let home = Home {
        accounts: account.iter().cloned().collect(),
        account,
        region: text("region"),
        partition: Some("aws".to_owned()),
    };
    let today = date(2026, 11, 21);
    let single = lint::Single {
        written: written.as_ref(),
        problems: &problems,
        node: &node,
        ceiling: false,
        home: &home,
        today,
    };
    let report = lint::document(single);
    report.findings.iter().map(|d| format!("{}: {}", d.rule.unwrap(), d.message)).collect()
}

#[test]
fn faults_are_found_and_twins_are_clean() {
    let mut wrong = vec![];
    let mut cases = 0;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faulty");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let case: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let rule = case["rule"].as_str().unwrap();
        if rules::find(rule).is_none() {
            wrong.push(format!("{name}: there is no rule {rule}"));
        }
        let faulty = found(&case, &case["faulty"]);
        if !faulty.iter().any(|said| said.starts_with(&format!("{rule}: "))) {
            wrong.push(format!("{name}: {rule} is not found, but {faulty:#?}"));
        }
        let mended = found(&case, &case["mended"]);
        if !mended.is_empty() {
            wrong.push(format!("{name}: in the mended twin there is still {mended:#?}"));
        }
        cases += 1;
    }
    assert!(cases > 40);
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}
