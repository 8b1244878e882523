//! What became of an apply.

use hatrack::apply::{Journal, Outcome, WhyNot};
use hatrack::report::ApplyReport;
use hatrack::state::*;

use crate::account::*;

fn partial() -> ApplyReport {
    let declared = state([
        (id(Kind::Group, "DataScientists"), group([aws("AmazonS3ReadOnlyAccess")])),
        (id(Kind::User, "cy"), user([Setting::Membership(id(Kind::Group, "DataScientists"))])),
        (id(Kind::Role, "GlueEtl"), role("glue.amazonaws.com", [aws("service-role/AWSGlueServiceRole")])),
    ]);
    let reports = reports(&declared, &state([]));
    let denied = "user alice is not authorized to perform iam:CreateRole on role GlueEtl".to_owned();
    let outcomes =
        reports.planned.steps.iter().map(|step| match (step.operation.target.kind, &step.operation.verb) {
            (Kind::Group, Verb::Create { .. }) => Outcome::Done,
            (Kind::Group, _) => {
                Outcome::Unknown(Refusal::Lost { message: "the connection was reset".into() })
            }
            (Kind::Role, Verb::Create { .. }) => Outcome::Failed(Refusal::Denied { message: denied.clone() }),
            (Kind::Role, _) => Outcome::NotStarted(WhyNot::Requires(step.requires[0])),
            (_, Verb::Create { .. }) => Outcome::NotStarted(WhyNot::Interrupted),
            _ => Outcome::NotStarted(WhyNot::CredentialsGone),
        });
    let journal = Journal { outcomes: outcomes.collect() };
    ApplyReport::new(&reports.planned, &journal, reports.drift.drift, &[])
}

#[test]
fn partial_failure() {
    assert!(!partial().is_complete());
    let text = partial().terminal(PLAIN);
    assert_fits(&text, 80);
    insta::assert_snapshot!(text);
    insta::assert_snapshot!(partial().markdown());
    insta::assert_snapshot!(partial().json());
}

#[test]
fn all_done() {
    let declared = state([(id(Kind::Group, "DataScientists"), group([aws("AmazonS3ReadOnlyAccess")]))]);
    let planned = reports(&declared, &state([])).planned;
    let journal = Journal { outcomes: vec![Outcome::Done; planned.steps.len()] };
    let report = ApplyReport::new(&planned, &journal, vec![], &[]);
    assert!(report.is_complete());
    insta::assert_snapshot!(report.terminal(PLAIN));
}

#[test]
fn all_done_but_not_all_seen() {
    let declared = state([(id(Kind::Group, "DataScientists"), group([]))]);
    let planned = reports(&declared, &state([])).planned;
    let journal = Journal { outcomes: vec![Outcome::Done; planned.steps.len()] };
    let unread = [Unread { what: Blind::Kind(account(), Kind::Group), reason: "access denied".into() }];
    let report = ApplyReport::new(&planned, &journal, vec![], &unread);
    assert!(!report.is_complete());
    insta::assert_snapshot!(report.terminal(PLAIN));
    insta::assert_snapshot!(report.markdown());
}
