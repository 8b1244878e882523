//! Who gains and loses what between two estates: nothing that was there already, and nothing that something else denies.

use hatrack::access::delta::{AccessDelta, Line, Rank, Resources, Turn, Who, delta};
use hatrack::access::landscape::Landscape;
use hatrack::policy::AccessWord;

use crate::estate;

const ACCOUNT: &str = "111122223333";

fn change(before: &str, after: &str) -> AccessDelta {
    let (before, after) = (estate(&[("one", ACCOUNT, before)]), estate(&[("one", ACCOUNT, after)]));
    delta(&Landscape::new(&before.wanted), &Landscape::new(&after.wanted))
}

/// `read-data s3 arn:aws:s3:::b/*: user/alice`, and what there is to say besides.
fn said(lines: &[Line]) -> Vec<String> {
    lines
        .iter()
        .map(|line| {
            let who = match &line.who {
                Who::Members { group, users, others } => {
                    format!("{} of {} in {}", users.len(), users.len() + others.len(), group.address())
                }
                Who::Identities(ids) => ids.iter().map(|id| id.address()).collect::<Vec<_>>().join(" "),
                Who::Outside(named) => format!("{named:?}"),
            };
            let on = match &line.resources {
                Resources::Of(text) => text.clone(),
                Resources::AllBut(texts) => format!("not {}", texts.join(" ")),
            };
            let doubt = if line.doubt.is_some() { "?" } else { "" };
            format!("{} {} {on}: {who}{doubt}", line.word, line.services.join(" "))
        })
        .collect()
}

#[track_caller]
fn gained(before: &str, after: &str, expected: &[&str]) {
    let found = change(before, after);
    assert_eq!(said(&found.gained), expected, "gained");
    assert_eq!(said(&found.lost), [""; 0], "lost");
    // The other way around, the same is lost.
    assert_eq!(said(&change(after, before).lost), expected, "lost again");
}

fn role(statements: &str) -> String {
    format!("roles:\n  Etl:\n    trust: glue\n    inline:\n      data: [{statements}]\n")
}

fn allow(action: &str, resource: &str) -> String {
    format!("{{ Effect: Allow, Action: [{action}], Resource: [\"{resource}\"] }}")
}

fn deny(action: &str, resource: &str, more: &str) -> String {
    format!("{{ Effect: Deny, Action: [{action}], Resource: [\"{resource}\"]{more} }}")
}

const OBJECTS: &str = "arn:aws:s3:::acme/*";

#[test]
fn what_a_statement_gives_is_gained() {
    gained(
        &role(&allow("s3:PutObject", OBJECTS)),
        &role(&allow("s3:PutObject, s3:GetObject", OBJECTS)),
        &["read-data s3 arn:aws:s3:::acme/*: role/Etl"],
    );
}

#[test]
fn what_was_allowed_another_way_is_no_gain() {
    let wide = allow("s3:Get*", "*");
    let both = format!("{wide}, {}", allow("s3:GetObject", OBJECTS));
    let found = change(&role(&wide), &role(&both));
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(found.without_effect.len(), 1);
}

#[test]
fn two_patterns_that_together_cover_a_third_are_seen_through() {
    let halves = |tail: &str| {
        format!(
            "{{ Effect: Allow, Action: [s3:GetObject], Resource: [\"arn:aws:s3:::acme/a*\"] }}, {{ Effect: Allow, \
             Action: [s3:GetObject], Resource: [\"arn:aws:s3:::*/a?\"] }}{tail}"
        )
    };
    let more = halves(&format!(", {}", allow("s3:GetObject", "arn:aws:s3:::acme/a?")));
    assert!(change(&role(&halves("")), &role(&more)).is_empty());
    // What overlaps and goes further is a gain, and proven to be.
    let further = halves(&format!(", {}", allow("s3:GetObject", "arn:aws:s3:::acme/?b")));
    gained(&role(&halves("")), &role(&further), &["read-data s3 arn:aws:s3:::acme/?b: role/Etl"]);
}

#[test]
fn what_is_denied_is_not_gained() {
    let denied = |more: &str| role(&format!("{}{more}", deny("s3:*", "*", "")));
    let found = change(&denied(""), &denied(&format!(", {}", allow("s3:GetObject", OBJECTS))));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_deny_that_goes_gives_back_what_it_took() {
    let allow = allow("s3:GetObject", OBJECTS);
    let both = role(&format!("{allow}, {}", deny("s3:Get*", "*", "")));
    let found = change(&both, &role(&allow));
    assert_eq!(said(&found.gained), ["read-data s3 arn:aws:s3:::acme/*: role/Etl"]);
    assert_eq!(found.gained[0].because.len(), 1);
}

#[test]
fn a_boundary_keeps_what_it_does_not_allow() {
    let bounded = |statements: &str| {
        format!(
            "policies:\n  edge:\n    statements: [{{ Effect: Allow, Action: \"sqs:*\", Resource: \"*\" }}]\nroles:\n  Etl:\n    trust: \
             glue\n    boundary: edge\n    inline:\n      data: [{statements}]\n"
        )
    };
    let before = bounded(&allow("s3:PutObject", OBJECTS));
    let after = bounded(&allow("s3:PutObject, s3:GetObject, sqs:SendMessage", "*"));
    let found = change(&before, &after);
    assert_eq!(said(&found.gained), ["write-data sqs *: role/Etl"]);
}

#[test]
fn who_has_it_another_way_is_counted_out() {
    let people = |policies: &str| {
        format!(
            "groups:\n  Readers:\n    policies: [{policies}]\nusers:\n  alice: {{ groups: [Readers], policies: \
             [AmazonS3ReadOnlyAccess] }}\n  bob: {{ groups: [Readers] }}\n  cy: {{ groups: [Readers] }}\n"
        )
    };
    gained(
        &people(""),
        &people("AmazonS3ReadOnlyAccess"),
        &[
            "list s3 s3-object-lambda *: 2 of 3 in group/Readers",
            "read-data s3 s3-object-lambda *: 2 of 3 in group/Readers",
        ],
    );
}

#[test]
fn a_deny_without_mfa_leaves_what_is_done_with_it() {
    let guard = deny("s3:*", "*", ", Condition: { BoolIfExists: { aws:MultiFactorAuthPresent: \"false\" } }");
    let found = change(&role(&guard), &role(&format!("{guard}, {}", allow("s3:GetObject", OBJECTS))));
    assert_eq!(said(&found.gained), ["read-data s3 arn:aws:s3:::acme/*: role/Etl"]);
    assert_eq!(found.gained[0].limits.len(), 1);
    // And whoever had it loses what is done without.
    let found = change(
        &role(&allow("s3:GetObject", OBJECTS)),
        &role(&format!("{guard}, {}", allow("s3:GetObject", OBJECTS))),
    );
    assert_eq!(said(&found.lost), ["read-data s3 arn:aws:s3:::acme/*: role/Etl"]);
    assert_eq!((found.lost[0].because.len(), found.gained.len()), (1, 0));
}

#[test]
fn moving_a_statement_to_another_document_changes_nothing() {
    let policy = format!(
        "policies:\n  readers:\n    statements: [{}]\nroles:\n  Etl:\n    trust: glue\n    policies: [readers]\n",
        allow("s3:GetObject", OBJECTS)
    );
    let found = change(&role(&allow("s3:GetObject", OBJECTS)), &policy);
    assert!(found.is_empty(), "{found:?}");
    assert_eq!(found.without_effect.len(), 2);
}

fn bucket(statement: &str) -> String {
    format!("buckets:\n  acme:\n    policy:\n      - {statement}\n")
}

const NOTHING: &str = "buckets: { acme: {} }\n";

#[test]
fn other_accounts_and_everybody_stand_first() {
    let to = |principal: &str, more: &str| {
        bucket(&format!(
            "{{ Effect: Allow, Principal: {principal}, Action: s3:GetObject, Resource: \"{OBJECTS}\"{more} }}"
        ))
    };
    let rank = |after: &str| {
        let found = change(NOTHING, after);
        assert_eq!(found.gained.len(), 1, "{found:?}");
        found.gained[0].rank
    };
    assert_eq!(rank(&to("{ AWS: \"999988887777\" }", "")), Rank::External);
    let open = to("\"*\"", "")
        + "    public_access_block: { block_public_policy: false, restrict_public_buckets: false }\n";
    assert_eq!(rank(&open), Rank::Public);
    let organization = ", Condition: { StringEquals: { aws:PrincipalOrgID: o-abcdefghij } }";
    assert_eq!(rank(&to("\"*\"", organization)), Rank::External);
    // What the account's own policies decide is not given by naming the account.
    assert!(change(NOTHING, &to("{ AWS: \"111122223333\" }", "")).is_empty());
}

#[test]
fn what_a_bucket_denies_is_said_once() {
    let tls = "{ Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: \"arn:aws:s3:::acme/*\", Condition: { Bool: { \
               aws:SecureTransport: \"false\" } } }";
    let found = change(NOTHING, &bucket(tls));
    assert_eq!((found.denials.len(), found.gained.len(), found.lost.len()), (1, 0, 0));
    assert!(found.denials[0].comes && found.denials[0].words.contains(&AccessWord::ReadData));
    // Of a bucket that comes with it, nobody had anything before.
    assert!(change("roles: {}\n", &bucket(tls)).is_empty());
}

#[test]
fn content_that_tags_call_sensitive_is_marked() {
    let tagged = |value: &str| {
        let bucket = format!("buckets:\n  acme: {{ tags: {{ classification: {value} }} }}\n");
        let (before, after) =
            (role(&allow("s3:PutObject", "*")), role(&allow("s3:PutObject, s3:GetObject", "*")));
        change(&format!("{bucket}{before}"), &format!("{bucket}{after}")).gained[0].rank
    };
    assert_eq!(tagged("PII"), Rank::Sensitive);
    assert_eq!(tagged("internal"), Rank::Rest);
}

#[test]
fn assuming_a_role_takes_both_sides() {
    let estate = |trust: &str, may: &str| {
        format!(
            "roles:\n  Deploy:\n    trust: {trust}\n    inline:\n      all: [{{ Effect: Allow, Action: \"*\", Resource: \
             \"*\" }}]\nusers:\n  alice:\n    inline:\n      own: [{may}]\n"
        )
    };
    let may = allow("sts:AssumeRole", "arn:aws:iam::111122223333:role/Deploy");
    let other = allow("sqs:ListQueues", "*");
    let (open, shut) = ("[{ account: \"111122223333\" }]", "ec2");
    let edges = |before: &str, after: &str| {
        let found = change(before, after);
        found.edges.iter().map(|edge| (edge.turn, edge.role.name.clone(), edge.mighty)).collect::<Vec<_>>()
    };
    let none: Vec<(Turn, String, bool)> = vec![];
    assert_eq!(edges(&estate(shut, &other), &estate(shut, &may)), none);
    assert_eq!(
        edges(&estate(open, &other), &estate(open, &may)),
        [(Turn::Gained, "Deploy".to_owned(), true)]
    );
    assert_eq!(edges(&estate(shut, &may), &estate(open, &may)), [(Turn::Gained, "Deploy".to_owned(), true)]);
    assert_eq!(edges(&estate(open, &may), &estate(shut, &may)), [(Turn::Lost, "Deploy".to_owned(), true)]);
}

#[test]
fn passing_a_role_to_what_runs_code_is_a_way_to_be_it() {
    let people = |actions: &str| {
        format!(
            "roles:\n  Train:\n    trust: sagemaker\n  Other:\n    trust: ec2\nusers:\n  alice:\n    inline:\n      own: \
             [{}]\n",
            allow(actions, "*")
        )
    };
    let found = change(&people("sqs:ListQueues"), &people("sqs:ListQueues, iam:PassRole"));
    assert!(found.escalations.is_empty(), "nothing runs code: {:?}", found.escalations);
    let found = change(&people("iam:PassRole"), &people("iam:PassRole, sagemaker:CreateTrainingJob"));
    assert_eq!(found.escalations.len(), 1);
    let names: Vec<_> = found.escalations[0].known.iter().map(|id| id.name.as_str()).collect();
    assert_eq!(names, ["Train"]);
    assert_eq!(found.escalations[0].methods.len(), 1);
    // Whoever may do everything has no further way to it.
    let found = change(&people("iam:PassRole"), &people("\"*\""));
    assert_eq!(found.escalations.len(), 1);
    assert!(found.escalations[0].administrator);
}

#[test]
fn a_deny_of_a_bucket_keeps_a_role_from_what_it_is_given() {
    let shut = bucket(
        "{ Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: \"arn:aws:s3:::acme/*\", Condition: { \
         StringNotEquals: { aws:PrincipalArn: \"arn:aws:iam::111122223333:role/Only\" } } }",
    );
    let before = format!("{shut}{}", role(&allow("sqs:ListQueues", "*")));
    let after = format!(
        "{shut}{}",
        role(&format!("{}, {}", allow("sqs:ListQueues", "*"), allow("s3:GetObject", OBJECTS)))
    );
    let found = change(&before, &after);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn another_accounts_bucket_has_a_say() {
    const OPEN: &str = r#"policy: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::111122223333:role/Etl" }, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-lake/*" }]"#;
    let read = role(r#"{ Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::acme-lake/*" }"#);
    let both = |policy: &str| {
        let lake = format!("buckets:\n  acme-lake: {{ {policy} }}\n");
        let before = format!("{lake}roles: {{}}\n");
        let (before, after) = (
            estate(&[
                ("one", ACCOUNT, "roles:\n  Etl: { trust: glue }\n"),
                ("lake", "444455556666", &before),
            ]),
            estate(&[("one", ACCOUNT, &read), ("lake", "444455556666", &before)]),
        );
        said(&delta(&Landscape::new(&before.wanted), &Landscape::new(&after.wanted)).gained)
    };
    let own = r#"policy: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::999988887777:root" }, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-lake/*" }]"#;
    assert_eq!(both(""), [""; 0]);
    assert_eq!(both(own), [""; 0]);
    assert_eq!(both(OPEN), ["read-data s3 arn:aws:s3:::acme-lake/*: role/Etl"]);
}

#[test]
fn block_public_access_keeps_a_public_policy_to_the_account() {
    let open =
        r#"{ Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/*" }"#;
    let named = r#"{ Effect: Allow, Principal: { AWS: "999988887777" }, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/*" }"#;
    let bucket = |block: &str, policy: &str| {
        format!("buckets:\n  acme: {{ public_access_block: {block}, policy: [{policy}] }}\n")
    };
    let off = "{ block_public_policy: false, restrict_public_buckets: false }";
    let read = |who: &str| vec![format!("read-data s3 arn:aws:s3:::acme/*: {who}")];
    let everybody = read("Everyone");
    // Switched off, a policy that was there all along lets everybody in.
    let found = change(&bucket("{}", open), &bucket(off, open));
    assert_eq!((said(&found.gained), said(&found.lost)), (everybody.clone(), vec![]));
    assert_eq!(found.gained[0].rank, Rank::Public);
    let found = change(&bucket(off, open), &bucket("{}", open));
    assert_eq!((said(&found.gained), said(&found.lost)), (vec![], everybody));
    // While it is on, the account's own people gain, and nobody else.
    let found = change("buckets:\n  acme: {}\n", &bucket("{}", open));
    assert_eq!((said(&found.gained), said(&found.lost)), (read("Account(\"111122223333\")"), vec![]));
    assert_eq!(found.gained[0].rank, Rank::Rest);
    // A public policy shuts out the one that was let in by name.
    let found = change(&bucket("{}", named), &bucket("{}", &format!("{named}, {open}")));
    assert_eq!(said(&found.lost), read("Account(\"999988887777\")"));
}
