//! Claims are proven for all requests, or refuted by one.

use hatrack::access::claim::{Checked, Onward, Verdict, check};
use hatrack::access::landscape::Landscape;

use crate::estate;

const ACCOUNT: &str = "111122223333";
const LAKE: &str = "444455556666";

fn verdicts(environments: &[(&str, &str, &str)]) -> Vec<Checked> {
    let lowered = estate(environments);
    let landscape = Landscape::new(&lowered.wanted);
    assert!(!lowered.assertions.is_empty());
    let mut onward = Onward::default();
    lowered.assertions.iter().map(|assertion| check(assertion, &landscape, &mut onward)).collect()
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
fn what_no_action_needs_is_not_proven() {
    let objects = people("{ who: user/bob, can: administer, on: \"s3://acme-lake/*\" }");
    assert!(objects.starts_with("unproven: nothing of what `administer` stands for"), "{objects}");
}

#[test]
fn a_bucket_and_its_objects_are_one_thing() {
    let of = |allowed: &str, claim: &str| {
        said(&format!(
            "
users:
  ann: {{ inline: {{ on: [{{ Effect: Allow, Action: {allowed}, Resource: \"*\" }}] }} }}
buckets: {{ acme-lake: {{}} }}
assert: [{claim}]
"
        ))
    };
    let read = "{ who: user/ann, can: read-data, on: bucket/acme-lake }";
    assert_eq!(of("s3:GetObject", read), "holds");
    assert!(of("s3:ListBucket", read).starts_with("user/ann s3:GetObject arn:aws:s3:::acme-lake/"));
    let administer = "{ who: user/ann, can: administer, on: bucket/acme-lake }";
    assert_eq!(of("s3:PutBucketPolicy", administer), "holds");
    assert!(of("s3:GetObject", administer).starts_with("user/ann s3:PutBucketPolicy arn:aws:s3:::acme-lake"));
    let both = "{ who: user/ann, can: [read-data, administer], on: bucket/acme-lake }";
    assert!(of("s3:GetObject", both).starts_with("user/ann s3:PutBucketPolicy"));
    // What is known to be needed of one bucket says nothing of another's objects.
    let two = "{ who: user/ann, can: administer, on: [bucket/acme-lake, \"arn:aws:s3:::other/*\"] }";
    assert!(of("s3:*", two).starts_with("unproven: "), "{}", of("s3:*", two));
}

const ADMINS: &str = "
users:
  ann: { inline: { on: [{ Effect: Allow, Action: \"sts:AssumeRole\", Resource: \"*\" }] } }
  bob: {}
roles:
  PlainAdmin:
    trust: [{ account: \"111122223333\" }]
    inline: { all: [{ Effect: Allow, Action: \"*\", Resource: \"*\" }] }
";

fn admins(claim: &str) -> String {
    said(&format!("{ADMINS}\nassert: [{claim}]\n"))
}

#[test]
fn only_roles_that_there_are_can_be_become() {
    assert_eq!(admins("{ nobody: true, can: become, role: \"*Adminn*\" }"), "empty");
    assert_eq!(admins("{ who: user/ann, cannot: become, role: \"*Adminn\" }"), "empty");
    assert_eq!(admins("{ who: user/ann, can: become, role: \"*Adminn\" }"), "empty");
    assert_eq!(admins("{ nobody: true, can: become, role: [\"Adm*\", \"x?\"] }"), "empty");
    let broken = admins("{ nobody: { except: role/PlainAdmin }, can: become, role: \"*\" }");
    assert_eq!(
        broken,
        "user/ann sts:AssumeRole arn:aws:iam::111122223333:role/PlainAdmin: user/ann inline/on#0 trust \
         policy of role/PlainAdmin#0"
    );
    assert_eq!(admins("{ who: user/ann, can: become, role: \"*Admin\" }"), "holds");
    assert!(
        admins("{ who: user/bob, can: become, role: \"*Admin\" }").starts_with("user/bob sts:AssumeRole")
    );
}

#[test]
fn roles_that_could_not_be_read_are_not_absent() {
    let body = format!("{ADMINS}\nassert: [{{ who: user/bob, cannot: become, role: \"*Adminn\" }}]\n");
    let mut lowered = estate(&[("one", ACCOUNT, &body)]);
    for extent in lowered.wanted.accounts.values_mut() {
        extent.kinds.remove(&hatrack::state::Kind::Role);
    }
    let checked = check(&lowered.assertions[0], &Landscape::new(&lowered.wanted), &mut Onward::default());
    assert_eq!(told(&checked), format!("unproven: not all roles of account {ACCOUNT} could be read"));
    assert!(checked.idle.is_empty(), "{:?}", checked.idle);
}

#[test]
fn a_pattern_that_fits_no_role_beside_one_that_does() {
    let checked = verdicts(&[(
        "one",
        ACCOUNT,
        &format!(
            "{ADMINS}\nassert: [{{ who: user/bob, cannot: become, role: [\"*Admin\", \"*Adminn\"] }}]\n"
        ),
    )]);
    assert_eq!(told(&checked[0]), "holds");
    let idle: Vec<&str> = checked[0].idle.iter().map(String::as_str).collect();
    assert_eq!(idle, ["no role, declared or found, fits `*Adminn`"]);
}

#[test]
fn roles_of_accounts_that_nobody_knows() {
    let partner =
        admins("{ who: user/ann, cannot: become, role: \"arn:aws:iam::444455556666:role/Partner\" }");
    assert!(
        partner.starts_with("user/ann sts:AssumeRole arn:aws:iam::444455556666:role/Partner"),
        "{partner}"
    );
    let anywhere = admins("{ who: user/ann, cannot: become, role: \"arn:aws:iam::*:role/Nope\" }");
    assert!(anywhere.starts_with("user/ann sts:AssumeRole arn:aws:iam::"), "{anywhere}");
    assert!(!anywhere.contains(ACCOUNT), "the account is known, and has none of that name: {anywhere}");
    assert_eq!(admins("{ who: user/bob, cannot: become, role: \"arn:aws:iam::*:role/Nope\" }"), "holds");
}

const CHAIN: &str = "
groups:
  Team: { inline: { on: [{ Effect: Allow, Action: \"sts:AssumeRole\", Resource: \"arn:aws:iam::111122223333:role/Step\" }] } }
users:
  pia: { groups: [Team] }
  bob: {}
roles:
  Step:
    trust: [{ account: \"111122223333\" }]
    inline: { on: [{ Effect: Allow, Action: \"sts:AssumeRole\", Resource: \"arn:aws:iam::111122223333:role/Writer\" }] }
  Writer:
    trust: [{ role: Step }]
    inline: { put: [{ Effect: Allow, Action: \"s3:PutObject\", Resource: \"arn:aws:s3:::acme-lake/*\" }] }
  Back:
    trust: [{ role: Writer }, { role: Back }]
buckets: { acme-lake: {} }
";

/// Who breaks it, and through which roles.
fn ways(body: &str) -> Vec<String> {
    match &verdicts(&[("one", ACCOUNT, body)])[0].verdict {
        Verdict::Broken(all) => all
            .iter()
            .map(|broken| format!("{} {} {}", broken.who, broken.through.join(" "), broken.request.action))
            .collect(),
        Verdict::Holds => vec![],
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_done_through_roles_is_done() {
    let of = |claim: &str| ways(&format!("{CHAIN}\nassert: [{claim}]\n"));
    let write = "write-data, on: \"s3://acme-lake/*\"";
    assert_eq!(
        of(&format!("{{ who: user/pia, cannot: {write} }}")),
        ["user/pia role/Step role/Writer s3:PutObject"]
    );
    assert_eq!(of(&format!("{{ who: group/Team, cannot: {write} }}")).len(), 1);
    assert!(of(&format!("{{ who: user/bob, cannot: {write} }}")).is_empty());
    assert!(of("{ who: user/pia, cannot: delete-data, on: \"s3://acme-lake/*\" }").is_empty());
    // A role that is meant itself is told of by itself, and not again for those who can be it.
    assert_eq!(
        of(&format!("{{ who: [user/pia, role/Writer], cannot: {write} }}")),
        ["role/Writer  s3:PutObject"]
    );
    assert_eq!(of(&format!("{{ nobody: true, can: {write} }}")), ["role/Writer  s3:PutObject"]);
    // Whoever acts as a role that is excepted is excepted.
    assert!(of(&format!("{{ nobody: {{ except: role/Writer }}, can: {write} }}")).is_empty());
    assert_eq!(of("{ who: user/pia, cannot: become, role: Writer }"), ["user/pia role/Step sts:AssumeRole"]);
}

#[test]
fn both_sides_must_let_one_take_a_role_on() {
    let of = |side: &str, trust: &str| {
        ways(&format!(
            "
users:
  pia: {{ inline: {{ on: [{{ Effect: {side}, Action: \"sts:AssumeRole\", Resource: \"*\" }}] }} }}
roles:
  Writer:
    trust: [{trust}]
    inline: {{ put: [{{ Effect: Allow, Action: \"s3:PutObject\", Resource: \"*\" }}] }}
assert: [{{ who: user/pia, cannot: \"s3:PutObject\", on: \"*\" }}]
"
        ))
        .len()
    };
    let all = format!("{{ account: \"{ACCOUNT}\" }}");
    assert_eq!(of("Allow", &all), 1);
    assert_eq!(of("Deny", &all), 0);
    assert_eq!(of("Allow", "{ service: glue }"), 0);
    // A condition that can be met is no obstacle.
    assert_eq!(of("Allow", &format!("{{ account: \"{ACCOUNT}\", require_mfa: true }}")), 1);
}

#[test]
fn strangers_whom_a_role_trusts_act_as_it() {
    let body = "
roles:
  Writer:
    trust: [{ account: \"444455556666\" }]
    inline: { put: [{ Effect: Allow, Action: \"s3:PutObject\", Resource: \"*\" }] }
assert: [{ who: outside, cannot: \"s3:PutObject\", on: \"*\" }]
";
    assert_eq!(ways(body), ["whoever account 444455556666 lets role/Writer s3:PutObject"]);
}

/// Everything wrong with one claim on the people's environment.
fn wrong(claim: &str) -> Vec<String> {
    let text =
        format!("environment: one\naccount: \"{ACCOUNT}\"\nregion: eu-west-1\n{PEOPLE}\nassert: [{claim}]\n");
    let source = hatrack::diagnostic::Source { name: "environments/one.yaml".to_owned(), text };
    let (_, said) = hatrack::spec::load(&[std::sync::Arc::new(source)], &[]);
    said.into_iter().map(|said| format!("{} | {}", said.message, said.help.join("; "))).collect()
}

#[test]
fn what_cannot_be_on_what_is_named_is_a_mistake() {
    for (claim, message) in [
        (
            "nobody: true, can: read-data, on: \"s3://acme-lake\"",
            "`read-data` cannot be on the bucket itself | write `s3://acme-lake/*` for what is in it, or \
             `bucket/acme-lake` for both",
        ),
        (
            "who: user/ann, can: \"s3:GetObject\", on: \"s3://acme-lake\"",
            "`s3:GetObject` cannot be on the bucket",
        ),
        (
            "who: user/ann, cannot: \"s3:GetObject\", on: \"arn:aws:s3:::acme-lake\"",
            "`s3:GetObject` cannot be on the bucket itself | write `arn:aws:s3:::acme-lake/*`",
        ),
        // One act can be on it, and another cannot.
        (
            "nobody: true, can: [list, read-data], on: \"s3://acme-lake\"",
            "`read-data` cannot be on the bucket itself",
        ),
        (
            "nobody: true, can: [list, read-data], on: [\"s3://acme-lake\", \"arn:aws:s3:::other/*\"]",
            "`read-data` cannot be on the bucket itself",
        ),
        (
            "nobody: true, can: \"s3:ListBucket\", on: \"s3://acme-lake/*\"",
            "`s3:ListBucket` cannot be on what is in a bucket | write `s3://acme-lake` for the bucket itself",
        ),
        (
            "nobody: true, can: read-data, on: \"arn:aws:dynamodb:*:*:tabel/*\"",
            "`read-data` cannot be on `arn:aws:dynamodb:*:*:tabel/*` | ",
        ),
        (
            "who: user/ann, cannot: \"sagemaker:CreatePresignedDomainUrl\", on: \"s3://acme-lake/*\"",
            "`sagemaker:CreatePresignedDomainUrl` cannot be on `s3://acme-lake/*`",
        ),
        ("nobody: true, can: [\"kms:Decrypt\", list], on: bucket/acme-lake", "`kms:Decrypt` cannot be on"),
    ] {
        let said = wrong(&format!("{{ {claim} }}"));
        assert!(said.len() == 1 && said[0].starts_with(message), "{claim}: {said:#?}");
    }
}

#[test]
fn what_can_be_on_what_is_named() {
    for claim in [
        "nobody: true, can: [list, read-data], on: [\"s3://acme-lake\", \"s3://acme-lake/*\"]",
        "nobody: true, can: read-data, on: bucket/acme-lake",
        "nobody: true, can: read-data, on: [\"s3://acme-lake\", \"s3://acme-lake/*\"]",
        "nobody: true, can: [\"kms:Decrypt\", read-data], on: [\"s3://acme-lake\", \"s3://acme-lake/*\", \"arn:aws:kms:*:*:key/*\"]",
        "nobody: true, can: [read-data, administer], on: bucket/acme-lake",
        "nobody: true, can: read-data, on: \"*\"",
        "nobody: true, can: \"s3:ListAllMyBuckets\", on: \"*\"",
        "nobody: true, can: \"*\", on: \"s3://acme-lake\"",
        "nobody: true, can: \"s3:*\", on: \"s3://acme-lake\"",
        "nobody: true, can: read-data, on: \"arn:aws:s3:::acme-*\"",
        "nobody: true, can: read-data, on: \"arn:aws:*:*:*:*\"",
        "nobody: true, can: read-data, on: \"arn:aws:dynamodb:*:*:table/*\"",
        "nobody: true, can: [read-data, \"kms:Decrypt\"], on: [bucket/acme-lake, \"arn:aws:kms:*:*:key/*\"]",
        "who: user/ann, can: [list, \"s3:ListBucket\"], on: \"s3://acme-lake/curated/*\"",
        "nobody: true, can: administer, on: \"arn:aws:iam::111122223333:role/*\"",
        "nobody: true, can: \"sts:AssumeRole\", on: \"arn:aws:iam::*:role/*\"",
        "nobody: true, can: administer, on: \"arn:aws:catalog:*:*:portfolio/*\"",
    ] {
        let said = wrong(&format!("{{ {claim} }}"));
        assert!(said.is_empty(), "{claim}: {said:#?}");
    }
}

#[test]
fn values_that_no_request_has() {
    for (when, message) in [
        ("\"aws:MultiFactorAuthPresent\": \"yes\"", "`yes` is no value of `aws:MultiFactorAuthPresent`"),
        ("\"aws:SourceIp\": [203.0.113.7, 10.0.0.0/8]", "`10.0.0.0/8` is a range"),
        ("\"aws:SourceIp\": 10.0.0.300", "`10.0.0.300` is no value"),
        ("\"aws:CurrentTime\": tomorrow", "`tomorrow` is no value"),
    ] {
        let claim = "{ who: user/ann, can: read-data, on: \"s3://acme-lake/*\", when: { ";
        let said = wrong(&format!("{claim}{when} }} }}"));
        assert!(said.len() == 1 && said[0].starts_with(message), "{when}: {said:#?}");
    }
}

#[test]
fn parts_that_claim_nothing() {
    let idle = |who: &str, verb: &str| {
        let claim = format!("{{ who: {who}, {verb}: read-data, on: \"s3://acme-lake/curated/*\" }}");
        let checked = verdicts(&[("one", ACCOUNT, &format!("{PEOPLE}\nassert: [{claim}]\n"))]);
        checked[0].idle.iter().cloned().collect::<Vec<_>>().join("; ")
    };
    assert_eq!(idle("user/ann", "can"), "");
    assert!(
        idle("[user/ann, outside]", "can")
            .starts_with("what `outside` must be able to do is known of nobody")
    );
    assert!(idle("everyone", "can").contains("of nobody but users and roles of the accounts at hand"));
    assert_eq!(idle("[user/ann, outside]", "cannot"), "");
    assert_eq!(
        idle("[user/ann, \"user/ext-*\"]", "cannot"),
        "`user/ext-*` is nobody: no user or role is meant"
    );
}

#[test]
fn the_deny_that_a_key_under_when_meets_is_named() {
    let broken = said(
        "
users:
  ann: { inline: { read: [{ Effect: Allow, Action: s3:GetObject, Resource: \"*\" }] } }
buckets:
  acme-lake:
    policy:
      - Sid: Tls
        Effect: Deny
        Principal: \"*\"
        Action: s3:*
        Resource: arn:aws:s3:::acme-lake/*
        Condition: { Bool: { \"aws:SecureTransport\": \"false\" } }
assert: [{ who: user/ann, can: read-data, on: \"s3://acme-lake/*\", when: { \"aws:SecureTransport\": false } }]
",
    );
    assert!(broken.ends_with(": policy of bucket/acme-lake#0"), "{broken}");
}
