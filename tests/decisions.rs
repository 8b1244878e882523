//! Decisions that AWS's documentation gives, `tests/decisions/documented.jsonl`: each row a case as `hatrack decide --batch`
//! reads it, with what must come out, the page that says so, and why.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hatrack::access::batch;
use serde_json::{Map, Value};

/// A row of the table: the case, and what is known of it.
struct Row {
    id: String,
    case: String,
    expected: String,
    page: String,
    why: String,
}

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decisions/documented.jsonl");
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(row).collect()
}

fn row(line: &str) -> Row {
    let mut case: Map<String, Value> = serde_json::from_str(line).expect(line);
    let mut take = |key: &str| case.shift_remove(key).unwrap_or_else(|| panic!("no `{key}` in {line}"));
    let [expected, page, why] =
        ["expected", "page", "why"].map(|key| take(key).as_str().unwrap_or_default().to_owned());
    let id = case["id"].as_str().unwrap().to_owned();
    Row { id, case: Value::Object(case).to_string(), expected, page, why }
}

#[test]
fn the_table_is_whole() {
    let rows = rows();
    assert!(rows.len() > 450, "only {} rows", rows.len());
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "an id stands twice");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        *counts.entry(&row.expected).or_default() += 1;
        assert!(row.page.starts_with("https://docs.aws.amazon.com/"), "{}: no page of AWS", row.id);
        assert!(!row.why.is_empty(), "{}: no why", row.id);
    }
    let kinds: Vec<&str> = counts.keys().copied().collect();
    assert_eq!(kinds, ["allowed", "explicitDeny", "implicitDeny"]);
    assert!(counts.values().all(|count| *count >= 50), "{counts:?}");
}

#[test]
fn every_decision_is_as_documented() {
    let rows = rows();
    let mut wrong = vec![];
    for row in &rows {
        let text = batch::answer(&row.case);
        let answer: Value =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{}: not JSON: {text}", row.id));
        assert_eq!(answer["id"], row.id.as_str(), "the answer is to another case: {text}");
        if answer["decision"] != row.expected.as_str() {
            let Row { id, case: _, expected, page, why } = row;
            wrong.push(format!("{id}: expected {expected}, {why}\n    {page}\n    got {text}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} decisions differ:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// A decision that says nothing of how it came about helps nobody.
#[test]
fn every_explicit_deny_has_a_reason() {
    for row in rows().iter().filter(|row| row.expected == "explicitDeny") {
        let answer: Value = serde_json::from_str(&batch::answer(&row.case)).unwrap();
        let reasons =
            answer["reasons"].as_array().unwrap_or_else(|| panic!("{}: no reasons in {answer}", row.id));
        assert!(!reasons.is_empty(), "{}: no reason in {answer}", row.id);
    }
}
