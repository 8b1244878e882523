//! What `hatrack plan` says first: who gains and who loses what.

use super::*;

const ESTATE: &str = r#"environment: analytics
account: "111122223333"
region: eu-west-1
groups:
  Readers:
    inline: { own: { Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-lake/*" } }
users:
  alice: { groups: [Readers] }
  bob: { groups: [Readers] }
  cy:
roles:
  Etl:
    trust: glue
    inline: { own: { Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::acme-lake" } }
buckets:
  acme-lake:
    tags: { classification: confidential }
    policy:
      - Sid: OnlyTls
        Effect: Deny
        Principal: "*"
        Action: s3:*
        Resource: [arn:aws:s3:::acme-lake, arn:aws:s3:::acme-lake/*]
        Condition: { Bool: { aws:SecureTransport: "false" } }
      - Sid: Pii
        Effect: Deny
        Principal: "*"
        Action: s3:GetObject
        Resource: [arn:aws:s3:::acme-lake/pii/*]
"#;

const FILE: &str = "environments/analytics.yaml";

/// What the plan says of access once this is replaced by that, on one line.
fn access(old: &str, new: &str) -> String {
    let project = Project::new(&[(FILE, ESTATE)]);
    let run = project.run(&["apply", "--yes", "--account-file", "account.json"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    replace(&project, FILE, old, new);
    let run = project.run(&["plan", "--account-file", "account.json"]);
    let start = run.stdout.find("Access:").unwrap_or_else(|| panic!("{}", run.shown()));
    let text = run.stdout[start..].split("not evaluated").next().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn who_gains_by_a_deny_that_gives_way_is_counted_and_named() {
    assert_eq!(
        access("lake/pii/*]", "lake/pii/x/*]"),
        "Access: 2 principals gain, nobody loses; what a bucket denies changes + sensitive: everyone is no longer \
         denied: read-data on s3://acme-lake/pii/*, but for s3://acme-lake/pii/x/*, only over TLS; gained by \
         group/Readers (2 users: alice, bob) · policy of bucket/acme-lake #2 Pii"
    );
    assert_eq!(
        access("lake/pii/*]", "lake/pii/*, arn:aws:s3:::acme-lake/raw/*]"),
        "Access: nobody gains, 2 principals lose; what a bucket denies changes - sensitive: everyone is denied: \
         read-data on s3://acme-lake/raw/*, only over TLS; lost by group/Readers (2 users: alice, bob) · policy of \
         bucket/acme-lake #2 Pii"
    );
}

#[test]
fn a_deny_that_moves_for_nobody_here_is_not_said_to_be_for_nobody() {
    let said = access("s3:GetObject\n        Resource", "s3:PutObject\n        Resource");
    assert!(said.contains("2 principals gain; what buckets deny changes in 2 ways"), "{said}");
    assert!(
        said.contains("write-data on s3://acme-lake/pii/*, only over TLS; lost by no user or role here"),
        "{said}"
    );
}

#[test]
fn an_exception_is_about_its_actions_and_its_bucket() {
    let said = access("  cy:\n", "  cy: { policies: [AmazonS3FullAccess] }\n");
    assert!(said.contains("; s3:GetObject not on s3://acme-lake/pii/*"), "{said}");
    assert!(
        said.contains("write-data s3, s3-object-lambda on everything; s3 on s3://acme-lake only over TLS"),
        "{said}"
    );
    assert!(!said.contains("everything except"), "{said}");
}
