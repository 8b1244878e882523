//! Suppressions: what a comment covers, how long, and what is said of comments that do nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::sync::Arc;

use hatrack::diagnostic::Source;
use hatrack::lint::{self, Report};
use jiff::civil::date;

const HEADER: &str = "environment: analytics\naccount: \"111122223333\"\nregion: eu-west-1\n";

fn lint(body: &str) -> Report {
    let source = Source { name: "environments/analytics.yaml".into(), text: format!("{HEADER}{body}") };
    let (lowered, wrong) = hatrack::spec::load(&[Arc::new(source)], &[]);
    let lowered = lowered.unwrap_or_else(|| panic!("{wrong:?}"));
    lint::estate(lint::Estate { lowered: &lowered, today: date(2026, 11, 21) })
}

/// Rules found, with their lines in the body, and how many findings are suppressed.
fn told(body: &str) -> (Vec<String>, usize) {
    let report = lint(body);
    let header = HEADER.matches('\n').count();
    let line = |d: &hatrack::diagnostic::Diagnostic| d.span.as_ref().unwrap().line_column().0 - header;
    let found = report.findings.iter().map(|d| format!("{}:{}", line(d), d.rule.unwrap())).collect();
    (found, report.suppressed.len())
}

#[test]
fn a_comment_at_the_end_of_a_line_covers_that_line() {
    let body = "users:\n  alice:\n    policies: [AmazonEC2ReadOnlyAccess]  # hatrack: allow(user-direct-policy): why\n  \
                bob:\n    policies: [AmazonEC2ReadOnlyAccess]\n";
    assert_eq!(told(body), (vec!["5:user-direct-policy".to_owned()], 1));
}

#[test]
fn a_comment_on_its_own_line_covers_the_block_below_and_nothing_else() {
    for comment_before in ["alice", "bob"] {
        let mut body = "users:\n".to_owned();
        for user in ["alice", "bob"] {
            if user == comment_before {
                body += "  # hatrack: allow(user-direct-policy): why\n  # another word\n";
            }
            body += &format!("  {user}:\n\n    policies:\n    - AmazonEC2ReadOnlyAccess\n");
        }
        let (rules, suppressed) = told(&body);
        assert_eq!(suppressed, 1, "{body}");
        let other = if comment_before == "alice" { 11 } else { 5 };
        assert_eq!(rules, [format!("{other}:user-direct-policy")], "{body}");
    }
    let all = "# hatrack: allow(user-direct-policy): why\nusers:\n  alice: { policies: [AmazonEC2ReadOnlyAccess] }\n  \
               bob: { policies: [AmazonEC2ReadOnlyAccess] }\n";
    assert_eq!(told(all), (vec![], 2));
}

#[test]
fn a_date_ends_a_suppression_after_its_last_day() {
    let body = |until: &str| {
        format!(
            "users:\n  # hatrack: allow(user-direct-policy) until {until}: why\n  alice: {{ policies: \
             [AmazonEC2ReadOnlyAccess] }}\n"
        )
    };
    assert_eq!(told(&body("2026-11-21")), (vec![], 1));
    let (found, suppressed) = told(&body("2026-11-20"));
    assert_eq!((found, suppressed), (vec!["2:suppression-expired".into(), "3:user-direct-policy".into()], 0));
    assert_eq!(told(&body("2026-13-01")).0, ["2:suppression-malformed", "3:user-direct-policy"]);
}

#[test]
fn what_does_nothing_is_said() {
    assert_eq!(
        told("users:\n  # hatrack: allow(user-direct-policy): why\n  alice: {}\n").0,
        ["2:suppression-unused"]
    );
    let two = "users:\n  # hatrack: allow(user-direct-policy, not-action-allow): why\n  alice: { policies: \
               [AmazonEC2ReadOnlyAccess] }\n";
    let report = lint(two);
    assert_eq!(report.suppressed.len(), 1);
    assert_eq!(report.findings.len(), 1);
    assert!(report.findings[0].message.contains("not-action-allow"), "{:?}", report.findings);
    for (comment, rule) in [
        ("# hatrack: allow(user-direct-policy)", "suppression-without-reason"),
        ("# hatrack: allow(user-direct-policy):  ", "suppression-without-reason"),
        ("# hatrack: allow(user-direct-policie): why", "suppression-unknown-rule"),
        ("# hatrack: deny(x): why", "suppression-malformed"),
        ("# hatrack: allow(user-direct-policy: why", "suppression-malformed"),
    ] {
        let body = format!("users:\n  {comment}\n  alice: {{}}\n");
        assert_eq!(told(&body).0, [format!("2:{rule}")], "{comment}");
    }
}

#[test]
fn text_is_no_comment() {
    let body =
        "roles:\n  R:\n    trust: ec2\n    description: \"see # hatrack: allow(user-direct-policy): no\"\n";
    assert_eq!(told(body), (vec![], 0));
}
