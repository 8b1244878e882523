//! What nobody said of a request is named, and only where the answer hangs on it.

use hatrack::access::decide::{Outcome, Unseen};
use hatrack::access::landscape::Landscape;
use hatrack::access::principal::Caller;
use hatrack::access::request::{Context, Others, Request};

use crate::estate;

const ACCOUNT: &str = "111122223333";

/// The answer to alice's reading of an object, whether it hangs on something, and on which keys.
fn asked(policies: &str, bucket: &str) -> (Outcome, bool, Vec<String>) {
    let body =
        format!("users:\n  alice: {{ inline: {{ {policies} }} }}\nbuckets:\n  acme-lake: {{ {bucket} }}\n");
    let lowered = estate(&[("one", ACCOUNT, &body)]);
    let landscape = Landscape::new(&lowered.wanted);
    let explained = landscape.decide(Request {
        caller: Caller::parse(&format!("arn:aws:iam::{ACCOUNT}:user/alice")).unwrap(),
        action: "s3:GetObject".to_owned(),
        resource: "arn:aws:s3:::acme-lake/x".to_owned(),
        resource_account: None,
        context: Context::new(Others::Unknown),
    });
    let decision = explained.decision;
    assert!(
        decision.unseen.contains(&Unseen::Scps),
        "service control policies are never silently passed over"
    );
    (decision.outcome, decision.depends, decision.unknown_keys.into_iter().collect())
}

const ALL: &str = r#"all: [{ Effect: Allow, Action: "s3:*", Resource: "*" }]"#;
const TAGGED: &str = r#"tagged: [{ Effect: Allow, Action: s3:GetObject, Resource: "*", Condition: { StringEquals: { "s3:ExistingObjectTag/team": data } } }]"#;
const TLS: &str = r#"policy: [{ Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::acme-lake/*", Condition: { Bool: { "aws:SecureTransport": "false" } } }]"#;

#[test]
fn a_grant_under_an_unknown_condition_is_no_grant() {
    let keys = vec!["s3:ExistingObjectTag/team".to_owned()];
    assert_eq!(asked(TAGGED, ""), (Outcome::ImplicitlyDenied, true, keys));
}

#[test]
fn what_is_allowed_in_any_case_hangs_on_no_key() {
    assert_eq!(asked(&format!("{ALL}, {TAGGED}"), ""), (Outcome::Allowed, false, vec![]));
}

#[test]
fn a_denial_that_may_apply_is_taken_to() {
    let keys = vec!["aws:SecureTransport".to_owned()];
    assert_eq!(asked(&format!("{ALL}, {TAGGED}"), TLS), (Outcome::ExplicitlyDenied, true, keys));
}
