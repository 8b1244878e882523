//! Plans.

use hatrack::plan::Hazard;
use hatrack::policy::Policy;
use hatrack::report::Terminal;
use hatrack::state::*;

use crate::account::*;

fn eventful_reports() -> Reports {
    let (declared, found) = eventful();
    let unread = [Unread {
        what: Blind::Setting(id(Kind::Bucket, "acme-alpha"), SettingKey::Ownership),
        reason: "access denied: s3:GetBucketOwnershipControls".into(),
    }];
    let callers = [("arn:aws:iam::111122223333:user/alice".into(), Some(id(Kind::User, "alice")))];
    reports_of(&declared, &found, eventful_scope(&declared), &unread, &callers, |_| {})
}

#[test]
fn every_symbol_and_setting() {
    let text = eventful_reports().plan.terminal(PLAIN);
    assert_fits(&text, 80);
    insta::assert_snapshot!(text);
}

#[test]
fn in_colour() {
    let text = eventful_reports().plan.terminal(COLOUR);
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn as_markdown() {
    insta::assert_snapshot!(eventful_reports().plan.markdown());
}

#[test]
fn as_json() {
    let json = eventful_reports().plan.json();
    insta::assert_snapshot!(json);
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(read["format_version"], 1);
    assert_eq!(json, eventful_reports().plan.json(), "the same plan, the same bytes");
}

#[test]
fn no_changes() {
    let (declared, _) = eventful();
    let reports = reports(&declared, &declared);
    assert!(reports.plan.is_empty());
    insta::assert_snapshot!(reports.plan.terminal(PLAIN));
    insta::assert_snapshot!(reports.drift.terminal(PLAIN));
}

#[test]
fn every_hazard_with_its_way_out() {
    let (declared, found) = eventful();
    let text = reports_of(&declared, &found, eventful_scope(&declared), &[], &[], |hazards| {
        let id = id(Kind::Role, "X");
        hazards.clear();
        hazards.extend([
            Hazard::Deletes(id.clone()),
            Hazard::Replaces(id.clone(), vec!["path".into()]),
            Hazard::Adopts(id.clone()),
            Hazard::TakesOver(id.clone(), "CloudFormation stack `network`".into()),
            Hazard::RemovesCredential(id.clone(), "access-key/AKIA".into()),
            Hazard::BrieflyOpen(id.clone(), "boundary".into()),
            Hazard::BreaksTrust { by: crate::account::id(Kind::Role, "Y"), principal: id },
            Hazard::ManyDeletions { deleted: 12, of: 20 },
            Hazard::CallerLosesRights {
                caller: "arn:aws:iam::111122223333:user/alice".into(),
                how: "user/alice loses sign-in".into(),
            },
        ]);
    });
    let text = text.plan.terminal(PLAIN);
    let hazards = text.split_once("9 hazards").unwrap().1;
    insta::assert_snapshot!(hazards);
}

#[test]
fn a_wall_of_changes_stays_readable() {
    let resources = (0..300).map(|n| {
        let settings = [
            Setting::Membership(id(Kind::Group, "DataScientists")),
            tag("Project", "alpha"),
            tag("cost-centre", "4711"),
        ];
        (id(Kind::User, &format!("scientist-{n:03}")), user(settings))
    });
    let group = (id(Kind::Group, "DataScientists"), group([]));
    let declared = state(resources.chain([group]));
    let reports = reports(&declared, &state([]));
    let text = reports.plan.terminal(PLAIN);
    assert_fits(&text, 80);
    for n in 0..300 {
        assert!(text.contains(&format!("+ user/scientist-{n:03} ")));
    }
    assert!(text.contains("Plan: 301 to create (601 operations)"), "{text}");
    assert!(text.lines().count() < 3 * 300 + 20, "{} lines", text.lines().count());
    insta::assert_snapshot!(text.lines().take(12).collect::<Vec<_>>().join("\n"));
}

#[test]
fn narrow_and_wide_terminals() {
    for width in [40, 60, 100, 160] {
        let text = eventful_reports().plan.terminal(Terminal { width, ..PLAIN });
        assert_fits(&text, width);
    }
}

#[test]
fn objections_say_the_way_out() {
    let declared = state([
        (id(Kind::Role, "theirs"), role("ec2.amazonaws.com", [])),
        (id(Kind::Role, "nobodys"), role("ec2.amazonaws.com", [])),
        (id(Kind::Role, "glueetl"), role("ec2.amazonaws.com", [])),
    ]);
    let bare = |settings: Vec<Setting>| Resource::new(role("ec2.amazonaws.com", []).core, settings);
    let found = state([
        (id(Kind::Role, "theirs"), bare(vec![tag("aws:cloudformation:stack-name", "network")])),
        (id(Kind::Role, "nobodys"), bare(vec![])),
        (id(Kind::Role, "GlueEtl"), bare(vec![])),
    ]);
    let reports = reports(&declared, &found);
    assert!(!reports.plan.is_empty());
    insta::assert_snapshot!(reports.plan.terminal(PLAIN));
    insta::assert_snapshot!(reports.drift.terminal(PLAIN));
}

#[test]
fn why_there_is_no_plan() {
    use hatrack::plan::Unplannable;
    let role = id(Kind::Role, "X");
    let all = [
        Unplannable::Missing {
            by: role.clone(),
            setting: Some(SettingKey::Attached(PolicyReference::Customer(id(Kind::Policy, "gone")))),
            missing: id(Kind::Policy, "gone"),
        },
        Unplannable::Missing { by: role.clone(), setting: None, missing: id(Kind::Role, "gone") },
        Unplannable::WouldReplaceData { id: id(Kind::Bucket, "acme"), fields: vec!["region"] },
        Unplannable::HeldElsewhere { target: role.clone(), by: id(Kind::Group, "Theirs") },
        Unplannable::NotEmpty { id: id(Kind::Bucket, "acme"), setting: SettingKey::Objects },
        Unplannable::Cycle(vec![role.clone(), id(Kind::Role, "Y")]),
        Unplannable::Diverges(vec![role]),
    ];
    let said: Vec<_> = all.iter().map(hatrack::report::unplannable).collect();
    insta::assert_snapshot!(hatrack::report::said_terminal(&said, PLAIN));
}

#[test]
fn what_follows_a_replacement_is_shown() {
    let group = |path: &str| {
        let policy = Core::Policy {
            path: path.into(),
            description: String::new(),
            document: policy(
                hatrack::policy::Usage::Identity,
                serde_json::json!([{ "Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*" }]),
            ),
        };
        let guard = id(Kind::Policy, "guard");
        let attached = Setting::Attached(PolicyReference::Customer(guard.clone()));
        state([
            (guard, Resource::new(policy, [])),
            (id(Kind::Group, "DataScientists"), crate::account::group([attached])),
        ])
    };
    let reports = reports(&group("/hatrack/analytics/new/"), &group("/hatrack/analytics/"));
    insta::assert_snapshot!(reports.plan.terminal(PLAIN));
}

#[test]
fn environments_that_share_an_account_are_told_apart() {
    use hatrack::report::{EnvironmentLine, Inputs, PlanReport};
    let account = account();
    let mut lab = group([]);
    lab.core = Core::Group { path: mark_path("lab") };
    let declared = state([(id(Kind::Group, "Analysts"), group([])), (id(Kind::Group, "Lab"), lab)]);
    let settled = settle(&declared, &[scope(&declared)], &state([]), &[]);
    let plan = hatrack::plan::plan(&settled.wanted, &state([]), &[], &settled.untouchable).unwrap();
    let line = |name, source| EnvironmentLine { name, account: &account, region: "eu-west-1", source };
    let environments =
        [line("analytics", "environments/analytics.yaml"), line("lab", "environments/lab.yaml")];
    let inputs = Inputs {
        unreached: &[],
        shard: None,
        bridges: &[],
        homes: &Default::default(),
        claims: &[],
        by_hand: &[],
        environments: &environments,
        estate: &environments,
        origin: &|_, _| None,
        plan: &plan,
        settled: &settled,
        hazards: &[],
        unread: &[],
        reading_notes: &["credentials are as of 10:02, from the credential report".into()],
        aws: &hatrack::plan::AwsComparison::default(),
        findings: &[],
        access: &hatrack::access::delta::AccessDelta::default(),
    };
    insta::assert_snapshot!(PlanReport::new(&inputs).terminal(PLAIN));
}

#[test]
fn operations_in_words() {
    let steps = eventful_reports().plan.steps;
    let lines: Vec<_> = steps.iter().map(|step| step.text.as_str()).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

/// A role and a bucket that are nearly full, and a user that is not.
fn nearly_full() -> Reports {
    let nine = (0..9).map(|n| aws(&format!("P{n}")));
    let found = state([(id(Kind::Role, "GlueEtl"), role("glue.amazonaws.com", nine.clone().take(1)))]);
    let words = Policy::Unreadable("x".repeat(17_000));
    let declared = state([
        (id(Kind::User, "alice"), user([tag("Project", "alpha")])),
        (id(Kind::Role, "GlueEtl"), role("glue.amazonaws.com", nine)),
        (id(Kind::Bucket, "acme-alpha"), bucket([Setting::BucketPolicy(words)])),
    ]);
    reports(&declared, &found)
}

#[test]
fn meters_that_are_half_full_are_shown() {
    let plan = nearly_full().plan;
    let lines = |terminal| -> Vec<String> {
        let text = plan.terminal(terminal);
        text.lines().filter(|line| line.contains("quotas")).map(|line| line.trim().to_owned()).collect()
    };
    let worth = ["quotas: managed 9/10", "quotas: bucket 16.7/20 KB"];
    assert_eq!(lines(PLAIN), worth);
    let all = [
        "quotas: tags 2/50",
        "quotas: managed 9/10",
        "quotas: bucket 16.7/20 KB · tags 1/50",
        "quotas of the account: users 1/5,000",
    ];
    assert_eq!(lines(Terminal { detail: true, ..PLAIN }), all);
    let markdown = plan.markdown();
    let nearly = "| of | used |\n|---|---|\n| `role/GlueEtl` | managed 9/10 |\n| `bucket/acme-alpha` | bucket 16.7/20 KB |\n\n";
    assert!(markdown.contains(nearly), "{markdown}");
    let json: serde_json::Value = serde_json::from_str(&plan.json()).unwrap();
    let meter = |quota: &str| {
        json["meters"].as_array().unwrap().iter().find(|meter| meter["quota"] == quota).cloned().unwrap()
    };
    assert_eq!(
        meter("managed-policies-per-role"),
        serde_json::json!({
            "quota": "managed-policies-per-role", "account": "111122223333", "of": "role/GlueEtl",
            "used": 9, "limit": 10, "assumed": true,
        })
    );
    assert_eq!(meter("users")["of"], serde_json::Value::Null);
}
