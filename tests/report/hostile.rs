//! Names, tags and documents that someone chose to do harm.

use hatrack::plan::{Hazard, Investigation, TrailEvent};
use hatrack::policy::Policy;
use hatrack::report::{ApplyReport, DriftReport, harmless};
use hatrack::spec::ignore_file::IgnoreEntry;
use hatrack::state::*;

use crate::account::*;

const NAME: &str = "evil\u{1b}]0;owned\u{7}\n+ role/forged\u{202e}\u{200b}\u{9b}31m|`<b>@all";

fn hostile() -> Reports {
    let settings = || {
        vec![
            tag(NAME, NAME),
            aws(NAME),
            Setting::Inline { name: NAME.into(), document: Policy::Unreadable(NAME.into()) },
            Setting::Credential { kind: CredentialKind::AccessKey, id: NAME.into() },
        ]
    };
    let declared = state([
        (id(Kind::Role, NAME), role("ec2.amazonaws.com", settings())),
        (id(Kind::User, "b"), user([tag("note", "fine for now, and for long")])),
    ]);
    let found = state([
        (id(Kind::User, NAME), user(settings())),
        (id(Kind::User, "b"), user(settings().into_iter().chain([tag("note", NAME)]))),
        (id(Kind::User, &format!("{NAME}2")), Resource::new(Core::User { path: NAME.into() }, settings())),
    ]);
    let unread =
        [Unread { what: Blind::Setting(id(Kind::Bucket, NAME), SettingKey::Ownership), reason: NAME.into() }];
    reports_of(&declared, &found, scope(&declared), &unread, &[], |hazards| {
        hazards.push(Hazard::CallerLosesRights { caller: NAME.into(), how: NAME.into() });
    })
}

/// Markdown without its code spans.
fn without_code(text: &str) -> String {
    let (mut bare, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['`', '\\']) {
        bare.push_str(&rest[..at]);
        if rest[at..].starts_with('\\') {
            let end = rest[at + 1..].char_indices().nth(1).map_or(rest.len(), |(next, _)| at + 1 + next);
            rest = &rest[end..];
            continue;
        }
        let ticks = rest[at..].chars().take_while(|c| *c == '`').count();
        let body = &rest[at + ticks..];
        let mut runs = body.char_indices().filter(|(_, c)| *c == '`').map(|(i, _)| i);
        let closes = |i: &usize| {
            let run = body[*i..].chars().take_while(|c| *c == '`').count();
            run == ticks && !body[..*i].ends_with('`')
        };
        rest = runs.find(closes).map_or("", |i| &body[i + ticks..]);
    }
    bare + rest
}

/// Told by a hostile trail, and partly ignored for a hostile reason.
fn told(reports: &Reports) -> DriftReport {
    let mut drift = reports.drift.clone();
    let event = || TrailEvent {
        name: NAME.into(),
        at: "2026-11-28T14:03:07Z".parse().unwrap(),
        arn: NAME.into(),
        source_ip: NAME.into(),
        by_hatrack: false,
        named: Default::default(),
    };
    let places: Vec<usize> = (0..drift.drift.len()).collect();
    let answers = places.iter().map(|_| Some(event())).collect();
    let account = id(Kind::User, "b").account;
    let silent = [((account, NAME.to_owned()), NAME.to_owned())].into();
    drift.told(&places, &Investigation { answers, silent, cut: 0 });
    let entry = IgnoreEntry {
        environment: "analytics".into(),
        address: "user/b/*".into(),
        reason: NAME.into(),
        until: jiff::civil::date(2026, 12, 24),
        by: Some(NAME.into()),
        place: NAME.into(),
    };
    drift.ignore(&[entry], jiff::civil::date(2026, 11, 28), true);
    assert!(drift.summary.ignored > 0 && drift.summary.drift > 0);
    drift
}

#[test]
fn nothing_escapes_onto_a_terminal() {
    let reports = hostile();
    let told = told(&reports);
    let journal = hatrack::apply::Journal::default();
    let apply = ApplyReport::new(&reports.planned, &journal, reports.drift.drift.clone(), &[]);
    let all = [
        reports.plan.terminal(PLAIN),
        reports.drift.terminal(PLAIN),
        told.terminal(PLAIN),
        apply.terminal(PLAIN),
        reports.plan.markdown(),
        reports.drift.markdown(),
        told.markdown(),
        told.brief(),
        told.subject(),
        apply.markdown(),
        reports.plan.json(),
        reports.drift.json(),
        told.json(),
        apply.json(),
    ];
    for text in all {
        let bare = text.replace('\n', "").replace("⚠\u{fe0f}", "");
        assert_eq!(harmless(&bare), bare);
        assert!(!text.lines().any(|line| line.trim_start().starts_with("+ role/forged")), "{text}");
    }
}

#[test]
fn json_gives_the_names_back() {
    let json: serde_json::Value = serde_json::from_str(&hostile().plan.json()).unwrap();
    let addresses: Vec<_> = json["environments"][0]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["address"].clone())
        .collect();
    assert!(addresses.contains(&format!("role/{NAME}").into()), "{addresses:?}");
}

#[test]
fn markdown_cannot_be_broken_out_of() {
    for drift in [told(&hostile()).markdown(), told(&hostile()).brief()] {
        let outside: Vec<&str> = drift.split("```").step_by(2).collect();
        // What is code is as it was, and nothing else has a meaning.
        let bare = without_code(&outside.concat());
        assert!(bare.contains("role/forged"), "{drift}");
        assert!(!bare.contains("<b>") && !bare.contains("@all"), "{drift}");
    }
    let text = hostile().plan.markdown();
    assert!(!text.replace("<b>", "").contains("</b>"));
    let outside: Vec<&str> = text.split("```").step_by(2).collect();
    assert!(!outside.concat().contains("@all|"));
    insta::assert_snapshot!(text);
}

#[test]
fn a_wrapped_line_cannot_look_like_a_change() {
    for pad in 1..80 {
        let value = format!("{} + role/forged - role/gone ~ x", "x".repeat(pad));
        let declared = state([(id(Kind::User, "b"), user([tag("note", &value)]))]);
        let text = reports(&declared, &state([])).plan.terminal(PLAIN);
        for line in text.lines().map(str::trim_start).filter(|line| line.starts_with(['+', '-', '~'])) {
            assert!(line.starts_with("+ user/b") || line.starts_with("+ 2 tags"), "{text}");
        }
    }
}
