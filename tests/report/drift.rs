//! Drift.

use hatrack::plan::{Investigation, TrailEvent};
use hatrack::report::{Class, DriftReport};
use hatrack::spec::ignore_file::IgnoreEntry;
use hatrack::state::*;
use jiff::civil::date;

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

fn entry(address: &str, until: jiff::civil::Date) -> IgnoreEntry {
    IgnoreEntry {
        environment: "analytics".into(),
        address: address.into(),
        reason: "INC-4711, until the new loader is in".into(),
        until,
        by: Some("ann".into()),
        place: "drift-ignore.yaml:3".into(),
    }
}

const TODAY: jiff::civil::Date = date(2026, 11, 28);

fn partly_ignored() -> DriftReport {
    let mut drift = eventful_reports().drift;
    let entries = [
        entry("group/DataScientists/attached/*", date(2026, 12, 24)),
        entry("role/GlueEtl/trust", date(2026, 11, 27)),
        entry("role/Gone", TODAY),
    ];
    drift.ignore(&entries, TODAY, true);
    drift
}

#[test]
fn what_is_ignored_is_told_and_does_not_count() {
    let (all, some) = (eventful_reports().drift, partly_ignored());
    assert_eq!(some.summary.ignored, 2);
    assert_eq!(some.summary.drift, all.summary.drift - 2);
    assert_eq!(some.summary.not_counted, all.summary.not_counted);
    let codes: Vec<&str> = some.notes.iter().map(|note| note.code.as_str()).collect();
    assert!(codes.ends_with(&["ignore-expired", "ignore-unused"]), "{codes:?}");
    insta::assert_snapshot!("ignored_at_a_terminal", some.terminal(PLAIN));
    insta::assert_snapshot!("ignored_as_markdown", some.markdown());
}

#[test]
fn an_entry_holds_to_the_end_of_its_day_and_in_its_environment() {
    let drift = |entry: IgnoreEntry| {
        let mut drift = eventful_reports().drift;
        drift.ignore(&[entry], TODAY, true);
        drift.summary.ignored
    };
    assert_eq!(drift(entry("role/GlueEtl/trust", TODAY)), 1);
    assert_eq!(drift(entry("role/GlueEtl/trust", date(2026, 11, 27))), 0);
    assert_eq!(drift(entry("role/GlueEtl", TODAY)), 0, "the role itself is as declared");
    assert_eq!(drift(IgnoreEntry { environment: "lake".into(), ..entry("role/GlueEtl/trust", TODAY) }), 0);
}

#[test]
fn when_all_is_ignored_there_is_no_drift() {
    let mut drift = eventful_reports().drift;
    drift.ignore(&[entry("*", TODAY)], TODAY, true);
    assert!(!drift.has_drift());
    assert_eq!(drift.outcome(), "none");
    assert_eq!(drift.summary.ignored, eventful_reports().drift.summary.drift);
}

#[test]
fn an_entry_is_not_called_unused_when_not_all_was_looked_at() {
    let mut drift = eventful_reports().drift;
    drift.ignore(&[entry("role/Gone", TODAY)], TODAY, false);
    assert!(!drift.notes.iter().any(|note| note.code == "ignore-unused"));
}

/// As if CloudTrail told of the first two findings it was asked about, and of no other.
fn told() -> DriftReport {
    let (declared, found) = eventful();
    let mut drift = eventful_reports().drift;
    let asked = drift.questions(&found, &declared);
    let event = |by_hatrack: bool| TrailEvent {
        name: "AttachRolePolicy".into(),
        at: "2026-11-28T14:03:07Z".parse().unwrap(),
        arn: "arn:aws:iam::111122223333:user/mallory".into(),
        source_ip: "192.0.2.7".into(),
        by_hatrack,
        named: Default::default(),
    };
    let answers = (0..asked.len()).map(|at| (at < 2).then(|| event(at == 1))).collect();
    let places: Vec<usize> = asked.iter().map(|(place, _)| *place).collect();
    drift.told(&places, &Investigation { answers, cut: 1, ..Investigation::default() });
    drift
}

#[test]
fn who_did_it_is_told_with_the_finding() {
    let told = told();
    assert_eq!(told.drift.iter().filter(|f| f.changed_by.is_some()).count(), 2);
    assert_eq!(told.summary, eventful_reports().drift.summary);
    insta::assert_snapshot!("told_at_a_terminal", told.terminal(PLAIN));
    insta::assert_snapshot!("told_as_markdown", told.markdown());
}

#[test]
fn each_finding_that_somebody_did_is_asked_about() {
    let (declared, found) = eventful();
    let drift = eventful_reports().drift;
    let asked = drift.questions(&found, &declared);
    let places: Vec<usize> = asked.iter().map(|(place, _)| *place).collect();
    for (place, finding) in drift.drift.iter().enumerate() {
        let wanted = finding.drift && finding.field.as_deref() != Some("name");
        assert_eq!(places.contains(&place), wanted, "{} {:?}", finding.address, finding.setting);
    }
}

#[test]
fn in_brief() {
    insta::assert_snapshot!(told().brief());
    insta::assert_snapshot!("in_brief_ignored", partly_ignored().brief());
}

#[test]
fn brief_is_brief_whatever_is_the_matter() {
    let declared = state(
        (0..300)
            .map(|n| (id(Kind::Role, &format!("r{n}{}", "x".repeat(900))), role("ec2.amazonaws.com", []))),
    );
    let unread: Vec<Unread> = (0..50)
        .map(|n| Unread {
            what: Blind::Setting(id(Kind::Bucket, &format!("b{n}")), SettingKey::Ownership),
            reason: "no ".repeat(400),
        })
        .collect();
    let drift = reports_of(&declared, &state([]), scope(&declared), &unread, &[], |_| {}).drift;
    let text = drift.brief();
    assert!(text.lines().count() <= 40, "{}", text.lines().count());
    assert!(text.len() < 20_000, "{}", text.len());
    assert!(text.contains("- … and 285 more (see the full report)\n"), "{text}");
    assert!(text.starts_with("**Drift: 300 findings in analytics; 50 things not checked**\n"), "{text}");
    assert_eq!(drift.outcome(), "drift");
}

#[test]
fn a_mails_subject_is_a_hundred_plain_characters() {
    let mut drift = eventful_reports().drift;
    drift.environments[0].name = format!("ünder\nstand{}", "x".repeat(200));
    let subject = drift.subject();
    assert_eq!(subject.chars().count(), 100);
    assert!(subject.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{subject}");
    assert!(subject.contains("?nder?stand"), "{subject}");
}

#[test]
fn answers_are_those_that_can_be_given() {
    let drift = eventful_reports().drift;
    let answers = |address: &str, part: Option<&str>| {
        let same = |f: &&hatrack::report::Finding| {
            f.address == address
                && (f.setting.as_deref() == part || f.field.as_deref() == part && part.is_some())
        };
        drift.drift.iter().find(same).unwrap().answers.clone()
    };
    let attached = answers("group/DataScientists", Some("attached/AdministratorAccess"));
    assert_eq!(attached.revert.unwrap(), "hatrack revert group/DataScientists/attached/AdministratorAccess");
    assert_eq!(attached.adopt.unwrap(), "hatrack adopt group/DataScientists/attached/AdministratorAccess");
    let key = answers("user/alice", Some("access-key/AKIAIOSFODNN7EXAMPLE"));
    assert!(key.revert.is_some() && key.adopt.is_none() && key.ignore.is_some());
    let nobodys = answers("role/handmade", None);
    assert!(nobodys.revert.is_none() && nobodys.ignore.is_none());
    assert_eq!(nobodys.adopt.unwrap(), "hatrack adopt role/handmade");
    let foreign = answers("role/stack-role", None);
    assert!(foreign.revert.is_none() && foreign.adopt.is_none());
    assert_eq!(answers("role/GlueEtl", Some("trust")).revert.unwrap(), "hatrack revert role/GlueEtl/trust");
}

#[test]
fn what_shards_tell_is_carried_into_the_report_of_the_whole() {
    let mut shard = told();
    shard.ignore(&[entry("role/GlueEtl/*", TODAY), entry("role/Gone", TODAY)], TODAY, true);
    assert!(shard.summary.ignored > 0);
    let carried = serde_json::from_str(&shard.json()).unwrap();
    let mut whole = eventful_reports().drift;
    whole.carry(&[carried]);
    assert_eq!(whole.json(), shard.json());
}
