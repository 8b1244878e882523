//! `hatrack why`, `can` and `who-can`: two accounts that share a bucket and a role.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;

const ANALYTICS: &str = r#"environment: analytics
account: "111122223333"
region: eu-west-1
groups:
  DataScientists: { policies: [AmazonS3ReadOnlyAccess] }
policies:
  ceiling:
    statements:
      - { Sid: OnlyS3, Effect: Allow, Action: "s3:*", Resource: "*" }
users:
  alice: { groups: [DataScientists] }
  bob:
    boundary: ceiling
    inline:
      roles:
        - { Sid: TakeOn, Effect: Allow, Action: "sts:AssumeRole", Resource: "*" }
roles:
  GlueEtl:
    trust: glue
    inline:
      lake:
        - Sid: ReadLake
          Effect: Allow
          Action: s3:GetObject
          Resource: arn:aws:s3:::acme-lake/raw/*
        - Sid: TakeOn
          Effect: Allow
          Action: sts:AssumeRole
          Resource: arn:aws:iam::444455556666:role/LakeReader
buckets:
  acme-scratch: {} # hatrack: allow(bucket-without-policy): nothing is in it yet
"#;

const LAKE: &str = r#"environment: lake
account: "444455556666"
region: eu-west-1
roles:
  LakeReader:
    trust: { role: analytics/GlueEtl }
    inline:
      read:
        - Sid: Read
          Effect: Allow
          Action: s3:GetObject
          Resource: arn:aws:s3:::acme-lake/*
buckets:
  acme-lake:
    policy:
      - Sid: Etl
        Effect: Allow
        Principal: { AWS: "arn:aws:iam::111122223333:role/GlueEtl" }
        Action: s3:GetObject
        Resource: arn:aws:s3:::acme-lake/*
      - Sid: Partner
        Effect: Allow
        Principal: { AWS: "arn:aws:iam::999988887777:root" }
        Action: s3:GetObject
        Resource: arn:aws:s3:::acme-lake/shared/*
        Condition: { StringEquals: { "aws:PrincipalTag/project": lake } }
      - Sid: OnlyTls
        Effect: Deny
        Principal: "*"
        Action: s3:*
        Resource: [arn:aws:s3:::acme-lake, arn:aws:s3:::acme-lake/*]
        Condition: { Bool: { aws:SecureTransport: false } }
"#;

const LAKE_FILE: &str = "environments/lake.yaml";
const TLS: &str = " --context aws:SecureTransport=true";

fn two_accounts() -> Project {
    Project::new(&[("environments/analytics.yaml", ANALYTICS), (LAKE_FILE, LAKE)])
}

fn ask(project: &Project, question: &str) -> Run {
    project.run(&question.split(' ').collect::<Vec<_>>())
}

fn parsed(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|why| panic!("{why}:\n{}", run.shown()))
}

#[test]
fn answers_are_explained() {
    let project = two_accounts();
    for (name, question) in [
        ("why-allowed", format!("why role/GlueEtl s3:getobject s3://acme-lake/raw/x{TLS}")),
        ("why-depends", "why role/GlueEtl s3:GetObject s3://acme-lake/raw/x".to_owned()),
        (
            "why-denied",
            "why lake/role/LakeReader s3:GetObject s3://acme-lake/x --context aws:SecureTransport=false"
                .to_owned(),
        ),
        ("why-across-accounts", format!("why user/alice s3:GetObject s3://acme-lake/raw/x{TLS}")),
        ("why-near-miss", format!("why role/GlueEtl s3:GetObject s3://acme-lake/curated/x{TLS}")),
        ("why-managed-policy", "why user/alice s3:GetObject s3://acme-scratch/x".to_owned()),
        ("why-boundary", "why user/bob sts:AssumeRole role/LakeReader".to_owned()),
        ("why-assume", "why role/GlueEtl sts:AssumeRole role/LakeReader".to_owned()),
        ("why-service", "why glue.amazonaws.com sts:AssumeRole role/GlueEtl".to_owned()),
        ("why-unknown-bucket", "why user/alice s3:GetObject s3://elsewhere/x".to_owned()),
        ("why-partner", "why 999988887777 s3:GetObject s3://acme-lake/shared/x".to_owned()),
        (
            "why-nobody",
            "why anonymous s3:GetObject s3://acme-lake/raw/x --without aws:SecureTransport".to_owned(),
        ),
        ("why-markdown", format!("why user/alice s3:GetObject s3://acme-lake/raw/x{TLS} --format markdown")),
        ("why-json", format!("why user/alice s3:GetObject s3://acme-lake/raw/x{TLS} --format json")),
    ] {
        let run = ask(&project, &question);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}: {}", run.shown());
        screen(name, &run);
    }
}

#[test]
fn a_yes_or_a_no_is_an_exit_code() {
    let project = two_accounts();
    for (name, code, question) in [
        ("can-yes-on-one-leg", 0, format!("can lake/role/LakeReader s3:GetObject s3://acme-lake/x{TLS}")),
        ("can-yes", 0, format!("can role/GlueEtl s3:GetObject s3://acme-lake/raw/x{TLS}")),
        ("can-no", 3, format!("can user/alice s3:GetObject s3://acme-lake/raw/x{TLS}")),
        ("can-depends", 3, "can role/GlueEtl s3:GetObject s3://acme-lake/raw/x".to_owned()),
    ] {
        let run = ask(&project, &question);
        assert_eq!((run.code, run.stderr.as_str()), (code, ""), "{name}: {}", run.shown());
        assert_eq!(run.stdout.lines().count(), 1, "{name}: {}", run.shown());
        screen(name, &run);
        let json = parsed(&ask(&project, &format!("{question} --format json")));
        assert_eq!(json["allowed"], json!(code == 0), "{name}: {json:#}");
    }
}

#[test]
fn questions_that_cannot_be_asked() {
    let project = two_accounts();
    for (name, question) in [
        ("ask-principal-unknown", "why user/alcie s3:GetObject s3://acme-lake/x"),
        ("ask-principal-bare", "why alice s3:GetObject s3://acme-lake/x"),
        ("ask-principal-group", "why group/DataScientists s3:GetObject s3://acme-lake/x"),
        ("ask-principal-service", "why gleu.amazonaws.com s3:GetObject s3://acme-lake/x"),
        ("ask-principal-environment", "why analytic/role/GlueEtl s3:GetObject s3://acme-lake/x"),
        ("ask-principal-bucket", "why bucket/acme-lake s3:GetObject s3://acme-lake/x"),
        ("ask-principal-pattern", "why arn:aws:iam::111122223333:role/* s3:GetObject s3://acme-lake/x"),
        ("ask-action-unknown", "why user/alice s3:GetObjects s3://acme-lake/x"),
        ("ask-action-pattern", "why user/alice s3:Get* s3://acme-lake/x"),
        ("ask-action-word", "can user/alice read-data s3://acme-lake/x"),
        ("ask-resource-object", "can user/alice s3:GetObject bucket/acme-lake"),
        ("ask-resource-bucket", "can user/alice s3:ListBucket s3://acme-lake/raw/"),
        ("ask-resource-nothing", "can user/alice s3:ListAllMyBuckets s3://acme-lake"),
        ("ask-resource-everything", "can user/alice s3:GetObject *"),
        ("ask-resource-pattern", "can user/alice s3:GetObject s3://acme-lake/raw/*"),
        ("ask-resource-unknown", "can user/alice sts:AssumeRole role/LakeRaeder"),
        ("ask-resource-no", "can user/alice s3:GetObject acme-lake"),
        ("ask-context", "can user/alice s3:GetObject s3://acme-lake/x --context team"),
        (
            "ask-twice",
            "can user/alice s3:GetObject s3://acme-lake/x --context aws:SourceIp=1.2.3.4 --without aws:SourceIP",
        ),
        ("ask-at", "can user/alice s3:GetObject s3://acme-lake/x --at yesterday"),
        ("ask-on", "can user/alice s3:GetObject s3://acme-lake/x --on plans"),
        ("ask-word-on-nothing", "who-can read-data role/GlueEtl"),
        ("ask-word-unknown", "who-can read s3://acme-lake/x"),
    ] {
        let run = ask(&project, question);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{name}: {}", run.shown());
        screen(name, &run);
    }
}

/// The legs that `why` names, once the grant of one side is taken out.
fn missing(project: &Project, question: &str) -> Vec<String> {
    let json = parsed(&ask(project, &format!("{question} --format json")));
    assert_eq!((&json["decision"], &json["allowed"]), (&json!("implicitDeny"), &json!(false)), "{json:#}");
    let legs = json["missing"].as_array().unwrap().iter();
    legs.map(|leg| format!("{}: {}", leg["leg"].as_str().unwrap(), leg["text"].as_str().unwrap())).collect()
}

/// Two of everything that has to agree across accounts, and what is said when one of the two is gone.
#[test]
fn the_leg_that_is_missing_is_named() {
    let read = format!("why role/GlueEtl s3:GetObject s3://acme-lake/raw/x{TLS}");
    let become_it = "why role/GlueEtl sts:AssumeRole role/LakeReader".to_owned();
    for (question, file, from, to, expected) in [
        (
            &read,
            LAKE_FILE,
            "role/GlueEtl\" }",
            "role/Other\" }",
            "resource_policy: the policy of bucket/acme-lake in account 444455556666 (lake) does not name role/GlueEtl \
             of account 111122223333 (analytics)",
        ),
        (
            &read,
            "environments/analytics.yaml",
            "acme-lake/raw/*",
            "acme-lake/other/*",
            "identity_policies: no policy of role/GlueEtl allows s3:GetObject on arn:aws:s3:::acme-lake/raw/x",
        ),
        (
            &become_it,
            LAKE_FILE,
            "trust: { role: analytics/GlueEtl }",
            "trust: ec2",
            "trust_policy: the trust policy of role/LakeReader in account 444455556666 (lake) does not name \
             role/GlueEtl of account 111122223333 (analytics)",
        ),
        (
            &become_it,
            "environments/analytics.yaml",
            "Action: sts:AssumeRole\n",
            "Action: sts:TagSession\n",
            "identity_policies: no policy of role/GlueEtl allows sts:AssumeRole on \
             arn:aws:iam::444455556666:role/LakeReader",
        ),
    ] {
        let project = two_accounts();
        let before = parsed(&ask(&project, &format!("{question} --format json")));
        assert_eq!(before["allowed"], json!(true), "{before:#}");
        replace(&project, file, from, to);
        assert_eq!(missing(&project, question), [expected], "{from}");
    }
}

#[test]
fn a_bucket_without_policy_is_no_wall_of_words() {
    let project = two_accounts();
    let text = project.read(LAKE_FILE);
    let (before, _) = text.split_once("    policy:\n").unwrap();
    project.write(LAKE_FILE, before.replace("acme-lake:", "acme-lake: {}"));
    assert_eq!(
        missing(&project, "why role/GlueEtl s3:GetObject s3://acme-lake/raw/x"),
        [
            "resource_policy: bucket/acme-lake in account 444455556666 (lake) has no policy that lets role/GlueEtl of \
          account 111122223333 (analytics) in"
        ]
    );
}

/// Without either, both ways in are told at once.
#[test]
fn trust_and_policy_are_both_missing() {
    let project = two_accounts();
    let told = missing(&project, "why user/alice sts:AssumeRole analytics/role/GlueEtl");
    assert_eq!(
        told,
        [
            "trust_policy: the trust policy of role/GlueEtl does not name user/alice",
            "identity_policies: no policy of user/alice allows sts:AssumeRole on \
             arn:aws:iam::111122223333:role/GlueEtl either: one is needed if the trust policy names the account, and \
             none if it names user/alice itself"
        ]
    );
    // Whose own policy allows it lacks the trust alone, and the other way round.
    let told = missing(&project, "why user/bob sts:AssumeRole analytics/role/GlueEtl");
    assert!(told[0].starts_with("trust_policy: "), "{told:?}");
    replace(
        &project,
        "environments/analytics.yaml",
        "    trust: glue\n",
        "    trust: { account: analytics }\n",
    );
    let told = missing(&project, "why user/alice sts:AssumeRole analytics/role/GlueEtl");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("identity_policies: ") && !told[0].contains("either"), "{told:?}");
}

#[test]
fn the_same_is_asked_of_files_plans_and_accounts() {
    let project = two_accounts();
    let question =
        format!("can role/GlueEtl s3:GetObject s3://acme-lake/raw/x{TLS} --account-file account.json");
    let code = |on: &str| ask(&project, &format!("{question} --on {on}")).code;
    assert_eq!([code("spec"), code("plan"), code("live")], [1, 0, 1], "nobody is there yet");
    let run = ask(&project, "apply --yes --account-file account.json");
    assert_eq!(run.code, 0, "{}", run.shown());
    assert_eq!([code("spec"), code("plan"), code("live"), code("account.json")], [0, 0, 0, 0]);
    replace(&project, LAKE_FILE, "111122223333:role/GlueEtl\" }", "444455556666:role/LakeReader\" }");
    assert_eq!([code("spec"), code("plan"), code("live")], [3, 3, 0], "the account still lets it in");
    screen("why-live", &ask(&project, &format!("{} --on live", question.replacen("can", "why", 1))));
    screen("why-plan", &ask(&project, &format!("{} --on plan", question.replacen("can", "why", 1))));
    // An account file needs no project.
    let elsewhere = Project::new(&[("account.json", &project.read("account.json"))]);
    let run = ask(
        &elsewhere,
        &format!("can role/GlueEtl s3:GetObject s3://acme-lake/raw/x{TLS} --on account.json"),
    );
    assert_eq!(run.code, 0, "{}", run.shown());
    let run =
        ask(&elsewhere, "can analytics/role/GlueEtl s3:GetObject s3://acme-lake/raw/x --on account.json");
    assert_eq!(run.code, 1, "{}", run.shown());
    assert!(run.stderr.contains("write the ARN"), "{}", run.stderr);
}

#[test]
fn dates_are_given() {
    let project = two_accounts();
    let until = "          Resource: arn:aws:s3:::acme-lake/raw/*\n          Condition: { DateLessThan: { aws:CurrentTime: \"2027-01-31T00:00:00Z\" } }\n";
    replace(
        &project,
        "environments/analytics.yaml",
        "          Resource: arn:aws:s3:::acme-lake/raw/*\n",
        until,
    );
    let code = |at: &str| {
        ask(&project, &format!("can role/GlueEtl s3:GetObject s3://acme-lake/raw/x{TLS}{at}")).code
    };
    assert_eq!([code(" --at 2027-01-30"), code(" --at 2027-01-31"), code("")], [0, 3, 3]);
    assert_eq!([code(" --at 2027-01-30T23:59:59Z"), code(" --at 2027-01-30T23:59:59-02:00")], [0, 3]);
}

#[test]
fn who_can_is_a_table() {
    let project = two_accounts();
    for (name, question) in [
        ("who-can", format!("who-can s3:GetObject s3://acme-lake/raw/x{TLS}")),
        ("who-can-depends", "who-can s3:GetObject s3://acme-lake/shared/x".to_owned()),
        ("who-can-word", "who-can read-data s3://acme-scratch/x".to_owned()),
        ("who-can-pattern", format!("who-can s3:GetObject s3://acme-lake/*{TLS}")),
        ("who-can-assume", "who-can sts:AssumeRole role/LakeReader".to_owned()),
        ("who-can-nobody", "who-can s3:PutObject s3://acme-lake/raw/x".to_owned()),
        ("who-can-csv", format!("who-can s3:GetObject s3://acme-lake/shared/x{TLS} --csv")),
        ("who-can-json", format!("who-can s3:GetObject s3://acme-lake/raw/x{TLS} --format json")),
        ("who-can-markdown", format!("who-can s3:GetObject s3://acme-lake/raw/x{TLS} --format markdown")),
    ] {
        let run = ask(&project, &question);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}: {}", run.shown());
        screen(name, &run);
        assert_eq!(ask(&project, &question).stdout, run.stdout, "{name}: the same again");
    }
}

/// Whoever `can` do it or can take on a role that can, and nobody else.
#[test]
fn who_can_agrees_with_can() {
    let project = two_accounts();
    let question = "s3:GetObject s3://acme-lake/raw/x --context aws:SecureTransport=true";
    let json = parsed(&ask(&project, &format!("who-can {question} --format json")));
    let lines = json["principals"].as_array().unwrap();
    let themselves: BTreeSet<&str> = lines
        .iter()
        .filter(|line| line["roles"] == json!([]) && line["certain"] == json!(true))
        .map(|line| line["name"].as_str().unwrap())
        .collect();
    for who in ["user/alice", "user/bob", "role/GlueEtl", "role/LakeReader"] {
        let code = ask(&project, &format!("can {who} {question}")).code;
        assert_eq!(themselves.contains(who), code == 0, "{who}: {json:#}");
    }
    assert_eq!(themselves.len(), 2, "{json:#}");
}
