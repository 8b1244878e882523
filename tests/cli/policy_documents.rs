//! `hatrack policy`: single documents.

use super::*;

const ONE: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Sid": "Write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::lake/*"},
  {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject", "s3:Get*"], "Resource": ["*"]},
  {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"}
]}
"#;

const OTHER: &str = "Version: \"2012-10-17\"
Statement:
  - { Effect: Allow, Action: [s3:get*, s3:ListBucket, s3:GetObject], Resource: \"*\" }
  - { Effect: Allow, Action: s3:GetObject, Resource: \"arn:aws:s3:::lake/*\" }
  - { Sid: Write, Effect: Allow, Action: S3:PUTOBJECT, Resource: \"arn:aws:s3:::lake/*\" }
";

const TRUST: &str = r#"{"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
  "Principal": {"AWS": ["111122223333", "AROAEXAMPLEEXAMPLE12"]}}]}"#;

/// A key as a number and as text.
const UNKNOWN: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*",
  "Condition": {"NumericLessThan": {"s3:max-keys": "5"}, "StringLike": {"s3:max-keys": "1??"}}}]}"#;

fn documents() -> Project {
    Project::new(&[
        ("one.json", ONE),
        ("other.yaml", OTHER),
        ("changed.json", &ONE.replace("s3:PutObject", "s3:DeleteObject").replace("\"Write\"", "\"Remove\"")),
        ("named.json", &ONE.replace("\"Write\"", "\"Put\"")),
        ("trust.json", TRUST),
        ("trust-now.json", &TRUST.replace("AROAEXAMPLEEXAMPLE12", "arn:aws:iam::111122223333:role/r")),
        ("trust-wide.json", &TRUST.replace("AROAEXAMPLEEXAMPLE12", "arn:aws:iam::444455556666:role/lake/r")),
        ("narrower.json", &ONE.replace("s3:PutObject", "s3:Put*Object")),
        ("unknown.json", UNKNOWN),
        ("comma.json", "{\"Version\": \"2012-10-17\",\n \"Statement\": [],\n}\n"),
        ("wrong.json", "{\"Statement\": [\n  {\"effect\": \"allow\", \"Resource\": \"*\", \"Action\": []}]}"),
    ])
}

#[test]
fn differences() {
    let project = documents();
    for (name, code, arguments) in [
        ("policy-diff-same", 0, vec!["one.json", "other.yaml"]),
        ("policy-diff-changed", 2, vec!["one.json", "changed.json"]),
        ("policy-diff-changed-json", 2, vec!["one.json", "changed.json", "--format", "json"]),
        ("policy-diff-changed-markdown", 2, vec!["one.json", "changed.json", "--format", "markdown"]),
        ("policy-diff-named", 2, vec!["one.json", "named.json"]),
        ("policy-diff-deleted-role", 2, vec!["trust.json", "trust-now.json"]),
        ("policy-diff-no-policy", 1, vec!["comma.json", "wrong.json"]),
        ("policy-diff-no-file", 1, vec!["one.json", "two.json"]),
        ("policy-diff-stdin-twice", 1, vec!["-", "-"]),
    ] {
        let run = project.run(&[vec!["policy", "diff"], arguments].concat());
        assert_eq!(run.code, code, "{name}: {}", run.shown());
        screen(name, &run);
    }
}

#[test]
fn which_allows_more() {
    let project = documents();
    for (name, code, arguments) in [
        ("policy-compare-equivalent", 0, vec!["one.json", "other.yaml"]),
        ("policy-compare-changed", 2, vec!["one.json", "changed.json"]),
        ("policy-compare-changed-json", 2, vec!["one.json", "changed.json", "--format", "json"]),
        ("policy-compare-changed-markdown", 2, vec!["one.json", "changed.json", "--format", "markdown"]),
        ("policy-compare-trust", 2, vec!["trust.json", "trust-wide.json"]),
        ("policy-compare-narrower", 0, vec!["one.json", "narrower.json"]),
        ("policy-compare-unknown", 1, vec!["unknown.json", "one.json"]),
        ("policy-compare-no-policy", 1, vec!["comma.json", "wrong.json"]),
    ] {
        let run = project.run(&[vec!["policy", "compare"], arguments].concat());
        assert_eq!(run.code, code, "{name}: {}", run.shown());
        screen(name, &run);
    }
}

#[test]
fn formats() {
    let project = documents();
    for (name, code, arguments) in [
        ("policy-fmt", 0, vec!["one.json"]),
        ("policy-fmt-pack", 0, vec!["one.json", "--pack"]),
        ("policy-fmt-check", 2, vec!["--check", "one.json", "trust.json"]),
        ("policy-fmt-yaml-not-written", 1, vec!["--write", "one.json", "other.yaml"]),
    ] {
        let run = project.run(&[vec!["policy", "fmt"], arguments].concat());
        assert_eq!(run.code, code, "{name}: {}", run.shown());
        screen(name, &run);
    }
    assert_eq!(project.read("one.json"), ONE, "a refusal of one file leaves the others alone");
}

#[test]
fn what_was_written_is_as_it_should_be() {
    let project = documents();
    let printed = project.run(&["policy", "fmt", "one.json"]);
    let run = project.run(&["policy", "fmt", "--write", "one.json"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "one.json\n"));
    assert_eq!(project.read("one.json"), printed.stdout);
    let again = project.run(&["policy", "fmt", "--check", "one.json"]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""));
    assert_eq!(project.run(&["policy", "diff", "one.json", "other.yaml"]).code, 0);
}

#[test]
fn packed_to_fit_its_quota() {
    let statement =
        |n: usize| format!(r#"{{"Sid": "S{n}", "Effect": "Allow", "Action": "s3:Get{n}", "Resource": "*"}}"#);
    let all: Vec<String> = (0..120).map(statement).collect();
    let large = format!(r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#, all.join(",\n"));
    let project = Project::new(&[("large.json", &large)]);
    let run = project.run(&["policy", "fmt", "large.json"]);
    assert!(run.stderr.contains("too large); packed "), "{}", run.stderr);
    let run = project.run(&["policy", "fmt", "--pack", "large.json"]);
    assert_eq!(run.stdout.matches("Effect").count(), 1, "{}", run.stdout);
    assert!(!run.stderr.contains("too large"), "{}", run.stderr);
}

#[test]
fn a_document_over_its_quota_is_packed_on_its_way_to_the_account() {
    let one = |n: usize| {
        format!(
            "      - {{ Sid: S{n}, Effect: Deny, Action: s3:*, Resource: \"arn:aws:s3:::acme-{n}/*\" }}\n"
        )
    };
    let statements: String = (0..100).map(one).collect();
    let head = "environment: one\naccount: \"111122223333\"\nregion: eu-west-1\n";
    let project =
        Project::new(&[(FILE, &format!("{head}policies:\n  wide:\n    statements:\n{statements}"))]);
    let run = on_file(&project, &["apply", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    assert_eq!(project.read("account.json").matches("\"Effect\"").count(), 1);
    assert_eq!(on_file(&project, &["plan"]).code, 0, "planned again, nothing is left to do");
}
