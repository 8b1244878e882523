//! Block Public Access keeps others out of a bucket whose policy is public, and nobody else.

use hatrack::access::decide::{Leg, Outcome};
use hatrack::access::landscape::Landscape;
use hatrack::access::principal::Caller;
use hatrack::access::request::{Context, Others, Request};

use crate::estate;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const PARTNER: &str = "arn:aws:iam::999988887777:role/Partner";

/// What comes of a caller's reading of an object under a bucket's policy, and what is missing.
fn asked(block: &str, policy: &str, who: &str) -> (Outcome, Vec<Leg>) {
    let body = format!(
        "users:\n  alice: {{}}\nbuckets:\n  acme-lake: {{ public_access_block: {block}, policy: [{policy}] }}\n"
    );
    let lowered = estate(&[("one", "111122223333", &body)]);
    let landscape = Landscape::new(&lowered.wanted);
    let request = Request {
        caller: Caller::parse(who).unwrap(),
        action: "s3:GetObject".to_owned(),
        resource: "arn:aws:s3:::acme-lake/x".to_owned(),
        resource_account: None,
        context: Context::new(Others::Absent),
    };
    let decision = landscape.decide(request).decision;
    (decision.outcome, decision.missing)
}

const OPEN: &str =
    r#"{ Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-lake/*" }"#;
const NAMED: &str = r#"{ Effect: Allow, Principal: { AWS: "999988887777" }, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-lake/*" }"#;
const IN_ORG: &str = r#"{ Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-lake/*", Condition: { StringEquals: { "aws:ResourceAccount": "111122223333", "aws:PrincipalAccount": "999988887777" } } }"#;
const ALL_ON: &str = "{}";
const UNRESTRICTED: &str = "{ restrict_public_buckets: false, block_public_policy: false }";

#[test]
fn a_public_policy_reaches_nobody_else_while_it_is_restricted() {
    let kept_out = (Outcome::ImplicitlyDenied, vec![Leg::Block]);
    assert_eq!(asked(ALL_ON, OPEN, "anonymous"), kept_out);
    let (outcome, missing) = asked(ALL_ON, OPEN, PARTNER);
    assert_eq!(outcome, Outcome::ImplicitlyDenied);
    assert!(missing.contains(&Leg::Block), "{missing:?}");
    // Not even what another statement gives to one account.
    assert_eq!(asked(ALL_ON, &format!("{OPEN}, {NAMED}"), PARTNER).0, Outcome::ImplicitlyDenied);
    for who in [ALICE, "glue.amazonaws.com"] {
        assert_eq!(asked(ALL_ON, OPEN, who).0, Outcome::Allowed, "{who}");
    }
}

#[test]
fn what_is_not_restricted_or_not_public_is_as_the_policy_says() {
    assert_eq!(asked(UNRESTRICTED, OPEN, "anonymous").0, Outcome::Allowed);
    for policy in [NAMED, IN_ORG] {
        assert!(!asked(ALL_ON, policy, PARTNER).1.contains(&Leg::Block), "{policy}");
    }
}

#[test]
fn a_claim_about_outsiders_holds_as_long_as_they_are_kept_out() {
    let verdict = |block: &str| {
        let claim = "assert: [{ nobody: { except: account/one }, can: read-data, on: \"s3://acme-lake/*\" }]";
        let body =
            format!("buckets:\n  acme-lake: {{ public_access_block: {block}, policy: [{OPEN}] }}\n{claim}\n");
        crate::claims::said(&body)
    };
    assert_eq!(verdict(ALL_ON), "holds");
    assert!(verdict(UNRESTRICTED).contains("s3:GetObject"), "{}", verdict(UNRESTRICTED));
}
