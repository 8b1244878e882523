//! Claims are proven for all requests, or refuted by one.

use hatrack::access::claim::{Checked, Verdict, check};
use hatrack::access::landscape::Landscape;

use crate::estate;

const ACCOUNT: &str = "111122223333";
const LAKE: &str = "444455556666";

fn verdicts(environments: &[(&str, &str, &str)]) -> Vec<Checked> {
    let lowered = estate(environments);
    let landscape = Landscape::new(&lowered.wanted);
    assert!(!lowered.assertions.is_empty());
    lowered.assertions.iter().map(|assertion| check(assertion, &landscape)).collect()
}

/// One claim on one environment: `holds`, `empty`, `unproven: …`, or who breaks it, with what, and which statements
/// decided.
pub fn said(body: &str) -> String {
    told(&verdicts(&[("one", ACCOUNT, body)])[0])
}

fn told(checked: &Checked) -> String {
    match &checked.verdict {
        Verdict::Holds => "holds".to_owned(),
        Verdict::Empty(_) => "empty".to_owned(),
        Verdict::Unproven(reasons) => format!("unproven: {}", reasons.iter().next().unwrap()),
        Verdict::Broken(all) => {
            let each = all.iter().map(|broken| {
                let statements = broken.statements.iter().map(|s| format!(" {}#{}", s.document, s.number));
                let missing = broken.missing.iter().map(|leg| format!(" no {}", leg.word()));
                let why: String = statements.chain(missing).collect();
                format!("{} {} {}:{why}", broken.who, broken.request.action, broken.request.resource)
            });
            each.collect::<Vec<_>>().join("\n")
        }
    }
}

const PEOPLE: &str = "
groups:
  Readers:
    inline:
      read: [{ Effect: Allow, Action: \"s3:Get*\", Resource: \"arn:aws:s3:::acme-lake/curated/*\" }]
users:
  ann: { groups: [Readers] }
  bob: {}
buckets:
  acme-lake: {}
";

fn people(claim: &str) -> String {
    said(&format!("{PEOPLE}\nassert: [{claim}]\n"))
}

#[test]
fn nobody_but() {
    let pii = r#"{ nobody: true, can: read-data, on: "s3://acme-lake/pii/*" }"#;
    assert_eq!(people(pii), "holds");
    let curated = r#"{ nobody: true, can: read-data, on: "s3://acme-lake/curated/*" }"#;
    let broken = people(curated);
    assert!(broken.starts_with("user/ann s3:Get"), "{broken}");
    assert!(broken.ends_with("arn:aws:s3:::acme-lake/curated/: group/Readers inline/read#0"), "{broken}");
    let spared = r#"{ nobody: { except: group/Readers }, can: read-data, on: "s3://acme-lake/curated/*" }"#;
    assert_eq!(people(spared), "holds");
    let written = r#"{ nobody: true, can: write-data, on: "s3://acme-lake/*" }"#;
    assert_eq!(people(written), "holds");
}

#[test]
fn these_must_be_able_to() {
    let able = r#"{ who: group/Readers, can: read-data, on: "s3://acme-lake/curated/*" }"#;
    assert_eq!(people(able), "holds");
    let more = r#"{ who: group/Readers, can: read-data, on: "s3://acme-lake/*" }"#;
    let broken = people(more);
    assert!(broken.starts_with("user/ann s3:GetObject arn:aws:s3:::acme-lake/"), "{broken}");
    assert!(broken.ends_with(": no identity_policies"), "{broken}");
    let nobody = r#"{ who: user/bob, can: read-data, on: "s3://acme-lake/curated/*" }"#;
    assert!(people(nobody).starts_with("user/bob s3:GetObject"));
}

#[test]
fn a_deny_that_breaks_the_teams_morning() {
    let with = |condition: &str, when: &str| {
        said(&format!(
            "
users:
  ann:
    inline:
      read: [{{ Effect: Allow, Action: s3:GetObject, Resource: \"*\" }}]
buckets:
  acme-lake:
    policy:
      - Sid: Shut
        Effect: Deny
        Principal: \"*\"
        Action: s3:*
        Resource: arn:aws:s3:::acme-lake/*
        Condition: {condition}
assert: [{{ who: user/ann, can: read-data, on: \"s3://acme-lake/*\" {when} }}]
"
        ))
    };
    assert_eq!(with("{ Bool: { \"aws:SecureTransport\": \"false\" } }", ""), "holds");
    let mfa = "{ BoolIfExists: { \"aws:MultiFactorAuthPresent\": \"false\" } }";
    assert!(with(mfa, "").ends_with("policy of bucket/acme-lake#0"), "{}", with(mfa, ""));
    assert_eq!(with(mfa, ", when: { \"aws:MultiFactorAuthPresent\": \"true\" }"), "holds");
    let from = "{ NotIpAddress: { \"aws:SourceIp\": 203.0.113.0/24 } }";
    assert!(with(from, "").starts_with("user/ann"));
    assert_eq!(with(from, ", when: { \"aws:SourceIp\": [203.0.113.7, 203.0.113.8] }"), "holds");
    assert!(with(from, ", when: { \"aws:SourceIp\": [203.0.113.7, 198.51.100.1] }").starts_with("user/ann"));
}

#[test]
fn strangers() {
    let with = |principal: &str, condition: &str| {
        said(&format!(
            "
buckets:
  acme-lake:
    public_access_block: {{ block_public_policy: false, restrict_public_buckets: false }}
    policy:
      - Effect: Allow
        Principal: {principal}
        Action: s3:GetObject
        Resource: arn:aws:s3:::acme-lake/*
        {condition}
assert: [{{ nobody: {{ except: account/{ACCOUNT} }}, can: read-data, on: \"s3://acme-lake/*\" }}]
"
        ))
    };
    assert!(
        with("\"*\"", "").contains("everybody s3:GetObject arn:aws:s3:::acme-lake/"),
        "{}",
        with("\"*\"", "")
    );
    assert!(
        with("{ AWS: \"444455556666\" }", "").starts_with("whoever account 444455556666 lets s3:GetObject")
    );
    let role = "Condition: { ArnLike: { \"aws:PrincipalArn\": \"arn:aws:iam::444455556666:role/x\" } }";
    assert!(
        with("{ AWS: \"444455556666\" }", role).starts_with("whoever account 444455556666 lets s3:GetObject")
    );
    assert_eq!(with(&format!("{{ AWS: \"{ACCOUNT}\" }}"), ""), "holds");
    let there = "Condition: { StringEquals: { \"aws:PrincipalAccount\": \"777788889999\" } }";
    assert!(
        with("\"*\"", there).starts_with("whoever account 777788889999 lets"),
        "{}",
        with("\"*\"", there)
    );
    let own = format!("Condition: {{ StringEquals: {{ \"aws:PrincipalAccount\": \"{ACCOUNT}\" }} }}");
    assert_eq!(with("\"*\"", &own), "holds");
}

#[test]
fn both_legs_across_accounts() {
    let lake = |policy: &str| format!("buckets:\n  acme-lake: {{ {policy} }}\n");
    let open = r#"policy: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::111122223333:role/Etl" }, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-lake/*" }]"#;
    let etl = |claim: &str| {
        format!(
            "roles:\n  Etl:\n    trust: glue\n    inline:\n      read: [{{ Effect: Allow, Action: s3:GetObject, Resource: \"*\" }}]\nassert: [{claim}]\n"
        )
    };
    let able = etl(r#"{ who: role/Etl, can: read-data, on: "s3://acme-lake/*" }"#);
    let run = |policy: &str| told(&verdicts(&[("one", ACCOUNT, &able), ("lake", LAKE, &lake(policy))])[0]);
    assert_eq!(run(open), "holds");
    assert!(run("").ends_with(": no resource_policy"), "{}", run(""));
}

#[test]
fn becoming() {
    let body = |claim: &str| {
        said(&format!(
            "
users:
  ann: {{ inline: {{ on: [{{ Effect: Allow, Action: \"sts:AssumeRole\", Resource: \"arn:aws:iam::*:role/*\" }}] }} }}
roles:
  BigAdmin: {{ trust: [{{ account: \"{ACCOUNT}\" }}] }}
  Etl: {{ trust: glue }}
assert: [{claim}]
"
        ))
    };
    let broken = body(r#"{ who: user/ann, cannot: become, role: "*Admin*" }"#);
    assert!(
        broken.starts_with(&format!("user/ann sts:AssumeRole arn:aws:iam::{ACCOUNT}:role/BigAdmin:")),
        "{broken}"
    );
    assert_eq!(body("{ who: user/ann, cannot: become, role: Etl }"), "holds");
}

#[test]
fn about_nobody() {
    let empty = people(r#"{ who: "user/ext-*", cannot: read-data, on: "s3://acme-lake/*" }"#);
    assert_eq!(empty, "empty");
}

#[test]
fn a_session_is_its_role_and_more() {
    let session = |claim: &str| {
        said(&format!(
            "
roles:
  Etl: {{ trust: glue }}
buckets:
  acme-lake:
    policy:
      - Effect: Allow
        Principal: {{ AWS: \"arn:aws:sts::{ACCOUNT}:assumed-role/Etl/nightly\" }}
        Action: s3:GetObject
        Resource: arn:aws:s3:::acme-lake/*
assert: [{claim}]
"
        ))
    };
    assert!(
        session("{ nobody: true, can: read-data, on: \"s3://acme-lake/*\" }")
            .starts_with("role/Etl s3:GetObject")
    );
    assert_eq!(
        session("{ nobody: { except: role/Etl }, can: read-data, on: \"s3://acme-lake/*\" }"),
        "holds"
    );
}

#[test]
fn what_cannot_be_done_to_a_target_is_not_proven() {
    let bucket = people("{ who: user/bob, can: read-data, on: \"s3://acme-lake\" }");
    assert!(bucket.starts_with("unproven: nothing of what is claimed"), "{bucket}");
}
