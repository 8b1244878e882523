//! Drift.

use hatrack::report::Class;
use hatrack::state::*;

use crate::account::*;

fn eventful_reports() -> Reports {
    let (declared, found) = eventful();
    reports_of(&declared, &found, eventful_scope(&declared), &[], &[], |_| {})
}

#[test]
fn at_a_terminal() {
    let text = eventful_reports().drift.terminal(PLAIN);
    assert_fits(&text, 80);
    insta::assert_snapshot!(text);
}

#[test]
fn in_colour() {
    insta::assert_snapshot!(eventful_reports().drift.terminal(COLOUR).replace('\u{1b}', "␛"));
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!(eventful_reports().drift.markdown());
}

#[test]
fn as_json() {
    insta::assert_snapshot!(eventful_reports().drift.json());
}

#[test]
fn each_class_is_told_apart() {
    let drift = eventful_reports().drift;
    assert!(drift.has_drift());
    let class = |address: &str, setting: Option<&str>, field: Option<&str>| {
        let same = |f: &&hatrack::report::Finding| {
            f.address == address && f.setting.as_deref() == setting && f.field.as_deref() == field
        };
        let found: Vec<_> = drift.drift.iter().filter(same).collect();
        assert_eq!(found.len(), 1, "{address} {setting:?} {field:?}");
        (found[0].class, found[0].drift)
    };
    assert_eq!(class("user/cy", None, None), (Class::Deleted, true));
    assert_eq!(class("user/bert", None, None), (Class::Unmanaged, true));
    assert_eq!(class("group/Analysis", None, Some("name")), (Class::Modified, true));
    assert_eq!(class("group/DataScientists", Some("attached/require-mfa"), None), (Class::Deleted, true));
    assert_eq!(
        class("group/DataScientists", Some("attached/AdministratorAccess"), None),
        (Class::Unmanaged, true)
    );
    assert_eq!(class("group/DataScientists", Some("inline/data"), None), (Class::Modified, true));
    assert_eq!(class("user/alice", Some("access-key/AKIAIOSFODNN7EXAMPLE"), None), (Class::Unmanaged, true));
    assert_eq!(class("role/GlueEtl", None, Some("trust")), (Class::Modified, true));
    assert_eq!(class("role/handmade", None, None), (Class::Unmanaged, false));
    assert_eq!(class("role/stack-role", None, None), (Class::Foreign, false));
    assert!(!drift.drift.iter().any(|f| f.address == "role/legacy-etl"), "ignored with a reason");
}

#[test]
fn what_something_undeclared_may_do_is_shown() {
    let statements = serde_json::json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }]);
    let stray = role("lambda.amazonaws.com", [inline("everything", statements), aws("AdministratorAccess")]);
    let found = state([(id(Kind::Role, "stray"), stray)]);
    insta::assert_snapshot!(reports(&state([]), &found).drift.terminal(PLAIN));
}

#[test]
fn what_nobody_answers_for_counts_when_the_whole_account_is_answered_for() {
    let declared = state([]);
    let found = state([(id(Kind::Role, "handmade"), Resource::new(role("ec2.amazonaws.com", []).core, []))]);
    assert!(!reports(&declared, &found).drift.has_drift());
    let whole = Scope { whole_account: true, ..scope(&declared) };
    let drift = reports_of(&declared, &found, whole, &[], &[], |_| {}).drift;
    assert!(drift.has_drift());
    insta::assert_snapshot!(drift.terminal(PLAIN));
}
