//! What buckets deny: the difference alone, who gains or loses by it, and where an exception stands.

use std::collections::BTreeSet;

use hatrack::access::delta::{AccessDelta, Denial, Limit, Line, Rank, Resources, Who, delta, delta_among};
use hatrack::access::landscape::Landscape;
use hatrack::access::principal::Named;
use hatrack::policy::AccessWord;

use crate::estate;

const ACCOUNT: &str = "111122223333";
const LAKE: &str = "444455556666";

fn change(before: &str, after: &str) -> AccessDelta {
    across(&[("one", ACCOUNT, before)], &[("one", ACCOUNT, after)])
}

fn across(before: &[(&str, &str, &str)], after: &[(&str, &str, &str)]) -> AccessDelta {
    let (before, after) = (estate(before), estate(after));
    delta(&Landscape::new(&before.wanted), &Landscape::new(&after.wanted))
}

fn names(all: &[Who]) -> Vec<String> {
    let of = |who: &Who| match who {
        Who::Members { group, users, others: _ } => vec![format!("{} ({})", group.address(), users.len())],
        Who::Identities(ids) => ids.iter().map(|id| id.address()).collect(),
        Who::Outside(named) => vec![format!("{named:?}")],
    };
    let mut names: Vec<String> = all.iter().flat_map(of).collect();
    names.sort();
    names
}

fn patterns(denial: &Denial) -> Vec<String> {
    let of = |resources: &Resources| match resources {
        Resources::Of(text) => text.clone(),
        Resources::AllBut(texts) => format!("not {}", texts.join(" ")),
    };
    denial.resources.iter().map(of).collect()
}

const TLS: &str = r#"{ Effect: Deny, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::acme", "arn:aws:s3:::acme/*"], Condition: { Bool: { aws:SecureTransport: "false" } } }"#;

fn deny(resources: &str) -> String {
    format!("{{ Effect: Deny, Principal: \"*\", Action: s3:GetObject, Resource: [{resources}] }}")
}

fn bucket(statements: &[&str]) -> String {
    format!(
        "buckets:\n  acme: {{ tags: {{ classification: confidential }}, policy: [{}] }}\n",
        statements.join(", ")
    )
}

fn object(path: &str) -> String {
    format!("\"arn:aws:s3:::acme/{path}\"")
}

/// Users, roles and a group who may read what is in the bucket, or not.
fn people() -> String {
    let read = |resource: &str| format!("{{ Effect: Allow, Action: s3:GetObject, Resource: {resource} }}");
    let (all, pii, raw, every) =
        (read(&object("*")), read(&object("pii/*")), read(&object("raw/*")), read("\"*\""));
    let refused = format!("{every}, {{ Effect: Deny, Action: \"s3:*\", Resource: {} }}", object("pii/*"));
    format!(
        "policies:\n  queues: {{ statements: [{{ Effect: Allow, Action: \"sqs:*\", Resource: \"*\" }}] }}\ngroups:\n  \
         Readers: {{ inline: {{ own: [{all}] }} }}\nusers:\n  alice: {{ groups: [Readers] }}\n  bob: {{ groups: [Readers] \
         }}\n  cy: {{}}\nroles:\n  Pii: {{ trust: glue, inline: {{ own: [{pii}] }} }}\n  Raw: {{ trust: glue, inline: {{ \
         own: [{raw}] }} }}\n  Refused: {{ trust: glue, inline: {{ own: [{refused}] }} }}\n  Bounded: {{ trust: glue, \
         boundary: queues, inline: {{ own: [{every}] }} }}\n  Every: {{ trust: glue, inline: {{ own: [{every}] }} }}\n"
    )
}

#[test]
fn a_deny_that_goes_is_gained_by_those_who_may_otherwise() {
    let (shut, open) = (bucket(&[TLS, &deny(&object("pii/*"))]), bucket(&[TLS]));
    let with = |bucket: &str| format!("{bucket}{}", people());
    let found = change(&with(&shut), &with(&open));
    assert_eq!((found.denials.len(), found.gained.len(), found.lost.len()), (1, 0, 0), "{found:#?}");
    let denial = &found.denials[0];
    assert!(!denial.comes);
    assert_eq!(denial.rank, Rank::Sensitive);
    assert_eq!(names(&denial.affected), ["group/Readers (2)", "role/Every", "role/Pii"]);
    assert!(denial.perhaps.is_empty());
    // What still is denied without TLS is not given back.
    assert!(matches!(denial.limits.as_slice(), [Limit::NotWhile(_)]), "{:?}", denial.limits);
    // The other way around, they lose it.
    let found = change(&with(&open), &with(&shut));
    assert!(found.denials[0].comes);
    assert_eq!(names(&found.denials[0].affected), ["group/Readers (2)", "role/Every", "role/Pii"]);
}

#[test]
fn of_a_deny_that_is_changed_only_the_difference_is_told() {
    let with = |resources: &str| format!("{}{}", bucket(&[&deny(resources)]), people());
    let (pii, less, more) =
        (object("pii/*"), object("pii/x/*"), format!("{}, {}", object("pii/*"), object("raw/*")));
    let found = change(&with(&pii), &with(&less));
    assert_eq!(found.denials.len(), 1, "{:#?}", found.denials);
    assert_eq!(patterns(&found.denials[0]), ["arn:aws:s3:::acme/pii/*"]);
    assert_eq!(found.denials[0].except, ["arn:aws:s3:::acme/pii/x/*"]);
    assert_eq!(names(&found.denials[0].affected), ["group/Readers (2)", "role/Every", "role/Pii"]);
    let found = change(&with(&pii), &with(&more));
    assert_eq!(found.denials.len(), 1, "{:#?}", found.denials);
    assert_eq!(patterns(&found.denials[0]), ["arn:aws:s3:::acme/raw/*"]);
    assert_eq!(
        names(&found.denials[0].affected),
        ["group/Readers (2)", "role/Every", "role/Raw", "role/Refused"]
    );
}

#[test]
fn actions_and_conditions_that_are_added_are_the_difference_as_well() {
    let with = |action: &str, more: &str| {
        let deny = format!(
            "{{ Effect: Deny, Principal: \"*\", Action: [{action}], Resource: {}{more} }}",
            object("pii/*")
        );
        format!("{}{}", bucket(&[&deny]), people())
    };
    let found = change(&with("s3:GetObject", ""), &with("s3:GetObject, s3:PutObject", ""));
    assert_eq!(found.denials.len(), 1, "{:#?}", found.denials);
    assert_eq!(found.denials[0].words, [AccessWord::WriteData]);
    assert_eq!(names(&found.denials[0].affected), [""; 0], "nobody may write");
    let tls = ", Condition: { Bool: { aws:SecureTransport: \"false\" } }";
    let found = change(&with("s3:GetObject", ""), &with("s3:GetObject", tls));
    assert_eq!(found.denials.len(), 1, "{:#?}", found.denials);
    assert!(!found.denials[0].comes);
    assert!(matches!(found.denials[0].limits.as_slice(), [Limit::NotWhile(_)]));
    // One statement said as two denies the same.
    let two = |first: &str, second: &str| {
        format!("{}{}", bucket(&[&deny(&object(first)), &deny(&object(second))]), people())
    };
    let one = format!("{}{}", bucket(&[&deny(&format!("{}, {}", object("a/*"), object("b/*")))]), people());
    assert!(change(&one, &two("a/*", "b/*")).is_empty());
}

#[test]
fn a_deny_for_all_but_somebody_names_who_loses() {
    let only = format!(
        "{{ Effect: Deny, Principal: \"*\", Action: s3:GetObject, Resource: {}, Condition: {{ StringNotEquals: {{ \
         aws:PrincipalArn: \"arn:aws:iam::111122223333:role/Pii\" }} }} }}",
        object("pii/*")
    );
    let with = |bucket: &str| format!("{bucket}{}", people());
    let found = change(&with(&bucket(&[TLS])), &with(&bucket(&[TLS, &only])));
    assert_eq!(found.denials.len(), 1);
    assert_eq!(names(&found.denials[0].affected), ["group/Readers (2)", "role/Every"]);
}

#[test]
fn who_is_let_in_by_the_bucket_alone_loses_as_well() {
    let allow = "{ Effect: Allow, Principal: { AWS: \"arn:aws:iam::111122223333:user/cy\" }, Action: s3:GetObject, \
                 Resource: \"arn:aws:s3:::acme/*\" }";
    let with = |statements: &[&str]| format!("{}{}", bucket(statements), people());
    let found = change(&with(&[allow]), &with(&[allow, &deny(&object("raw/*"))]));
    assert_eq!(
        names(&found.denials[0].affected),
        ["group/Readers (2)", "role/Every", "role/Raw", "role/Refused", "user/cy"]
    );
}

#[test]
fn a_loss_of_what_is_denied_from_now_on_is_told() {
    let with = |bucket: &str, may: &str| {
        format!("{bucket}roles:\n  Etl: {{ trust: glue, inline: {{ own: [{may}] }} }}\n")
    };
    let read = format!("{{ Effect: Allow, Action: s3:GetObject, Resource: {} }}", object("pii/*"));
    let other = "{ Effect: Allow, Action: sqs:ListQueues, Resource: \"*\" }";
    let found = change(&with(&bucket(&[TLS]), &read), &with(&bucket(&[TLS, &deny(&object("pii/*"))]), other));
    assert_eq!(found.lost.len(), 1, "{found:#?}");
    assert_eq!(found.lost[0].word, AccessWord::ReadData);
}

fn of(lines: &[Line], word: AccessWord) -> Vec<&Line> {
    lines.iter().filter(|line| line.word == word).collect()
}

#[test]
fn an_exception_stands_on_the_actions_and_the_resources_that_it_is_about() {
    let role = |actions: &str, resource: &str| {
        format!(
            "roles:\n  Etl: {{ trust: glue, inline: {{ own: [{{ Effect: Allow, Action: [{actions}], Resource: \
             \"{resource}\" }}] }} }}\n"
        )
    };
    let both = bucket(&[TLS, &deny(&object("pii/*"))]);
    let with = |role: &str| format!("{both}{role}");
    let before = with(&role("sqs:ListQueues", "*"));
    let actions = "sqs:ListQueues, s3:GetObject, s3:GetObjectVersion, s3:PutObject";
    let found = change(&before, &with(&role(actions, "arn:aws:s3:::acme/*")));
    let of_action = |found: &AccessDelta, action: &str| -> Line {
        found.gained.iter().find(|line| line.actions.iter().any(|own| own == action)).unwrap().clone()
    };
    assert_eq!(of_action(&found, "s3:GetObject").except, ["arn:aws:s3:::acme/pii/*"]);
    assert!(of_action(&found, "s3:GetObjectVersion").except.is_empty());
    assert!(of_action(&found, "s3:PutObject").except.is_empty());
    assert!(matches!(of_action(&found, "s3:PutObject").limits.as_slice(), [Limit::NotWhile(_)]));
    // Of everything, one bucket asks for TLS.
    let found = change(&before, &with(&role(actions, "*")));
    assert_eq!(of_action(&found, "s3:GetObject").except, ["arn:aws:s3:::acme/pii/*"]);
    assert!(of_action(&found, "s3:PutObject").except.is_empty());
    let limits = of_action(&found, "s3:PutObject").limits;
    assert!(
        matches!(limits.as_slice(), [Limit::On(on, _)] if on.contains(&"arn:aws:s3:::acme/*".to_owned()))
    );
    assert!(found.gained.iter().all(|line| line.doubt.is_none()), "{:#?}", found.gained);
    // What is about other services has nothing to do with it.
    let found = change(&before, &with(&role("sqs:ListQueues, sqs:SendMessage, s3:GetObject", "*")));
    assert!(of(&found.gained, AccessWord::WriteData)[0].limits.is_empty());
}

#[test]
fn what_a_bucket_gives_by_itself_is_limited_by_what_it_denies() {
    let allow = "{ Effect: Allow, Principal: { AWS: \"arn:aws:iam::111122223333:user/cy\" }, Action: s3:GetObject, \
                 Resource: \"arn:aws:s3:::acme/*\" }";
    let users = "users:\n  cy: {}\n";
    let pii = deny(&object("pii/*"));
    let found = change(
        &format!("{}{users}", bucket(&[TLS, &pii])),
        &format!("{}{users}", bucket(&[TLS, &pii, allow])),
    );
    assert_eq!(found.gained.len(), 1, "{found:#?}");
    assert_eq!(found.gained[0].except, ["arn:aws:s3:::acme/pii/*"]);
    assert!(matches!(found.gained[0].limits.as_slice(), [Limit::NotWhile(_)]));
}

#[test]
fn an_account_that_is_let_in_as_a_whole_takes_nothing_from_its_role() {
    let to = |principal: &str| {
        bucket(&[&format!(
            "{{ Effect: Allow, Principal: {{ AWS: \"{principal}\" }}, Action: s3:GetObject, Resource: {} }}",
            object("out/*")
        )])
    };
    let role = "arn:aws:iam::999988887777:role/P";
    let found = change(&to(role), &to("999988887777"));
    assert!(found.lost.is_empty(), "{:#?}", found.lost);
    assert_eq!(found.gained.len(), 1);
    assert_eq!(found.gained[0].who, Who::Outside(Named::Account("999988887777".to_owned())));
    assert!(matches!(found.gained[0].limits.as_slice(), [Limit::SameFor(same)] if same.len() == 1));
    // And back, the account loses, but the role does not gain.
    let found = change(&to("999988887777"), &to(role));
    assert!(found.gained.is_empty(), "{:#?}", found.gained);
    assert_eq!(found.lost.len(), 1);
    // Whoever gains the account more than the role had, gains it for the role as well.
    let wide = to("999988887777").replace("out/", "");
    let found = change(&to(role), &wide);
    assert_eq!((found.gained.len(), found.lost.len()), (1, 0), "{found:#?}");
    assert!(!found.gained[0].limits.iter().any(|limit| matches!(limit, Limit::SameFor(_))));
}

#[test]
fn both_sides_of_access_that_spans_accounts_are_one_line() {
    let role = |may: &str| format!("roles:\n  Etl: {{ trust: glue, inline: {{ own: [{may}] }} }}\n");
    let read = format!("{{ Effect: Allow, Action: s3:GetObject, Resource: {} }}", object("raw/*"));
    let other = "{ Effect: Allow, Action: sqs:ListQueues, Resource: \"*\" }";
    let allow = format!(
        "{{ Effect: Allow, Principal: {{ AWS: \"arn:aws:iam::111122223333:role/Etl\" }}, Action: s3:GetObject, Resource: \
         {} }}",
        object("raw/*")
    );
    let (open, shut) = (bucket(&[&allow]), "buckets: { acme: {} }\n");
    let gained = |before: (&str, &str), after: (&str, &str)| {
        let estate = |(may, bucket): (&str, &str)| (role(may), bucket.to_owned());
        let ((a, b), (c, d)) = (estate(before), estate(after));
        across(&[("one", ACCOUNT, &a), ("lake", LAKE, &b)], &[("one", ACCOUNT, &c), ("lake", LAKE, &d)])
            .gained
    };
    // Whichever side changes, or both: the role gains, by both.
    for (before, after) in [
        ((other, shut), (&*read, &*open)),
        ((other, &*open), (&*read, &*open)),
        ((&*read, shut), (&*read, &*open)),
    ] {
        let found = gained(before, after);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(matches!(&found[0].who, Who::Identities(ids) if ids.len() == 1));
        assert_eq!(found[0].with.len(), 1);
        assert!(found[0].limits.is_empty(), "{:?}", found[0].limits);
    }
    // A bucket that lets in whose own policies do not: it is said what is missing.
    let found = gained((other, shut), (other, &*open));
    assert_eq!(found.len(), 1);
    assert!(matches!(found[0].limits.as_slice(), [Limit::Until(_)]), "{:?}", found[0].limits);
}

#[test]
fn accounts_of_other_environments_are_nobody_outside() {
    let (before, after) = (
        estate(&[("one", ACCOUNT, "roles:\n  Etl: { trust: glue }\n")]),
        estate(&[("one", ACCOUNT, "roles:\n  Etl: { trust: [glue, { account: \"444455556666\" }] }\n")]),
    );
    let (before, after) = (Landscape::new(&before.wanted), Landscape::new(&after.wanted));
    assert_eq!(delta(&before, &after).gained[0].rank, Rank::External);
    let ours = BTreeSet::from([LAKE.parse().unwrap()]);
    assert_eq!(delta_among(&before, &after, &ours).gained[0].rank, Rank::Rest);
}

#[test]
fn another_accounts_role_is_affected_only_where_the_bucket_lets_it_in() {
    let role = "roles:\n  Etl: { trust: glue, inline: { own: [{ Effect: Allow, Action: s3:GetObject, Resource: \
                \"arn:aws:s3:::acme/*\" }] } }\n";
    let allow = "{ Effect: Allow, Principal: { AWS: \"111122223333\" }, Action: s3:GetObject, Resource: \
                 \"arn:aws:s3:::acme/*\" }";
    let affected = |more: &[&str]| {
        let pii = deny(&object("pii/*"));
        let denying: Vec<&str> = more.iter().copied().chain([pii.as_str()]).collect();
        let open: Vec<&str> = more.iter().copied().chain([TLS]).collect();
        let found = across(
            &[("one", ACCOUNT, role), ("lake", LAKE, &bucket(&open))],
            &[("one", ACCOUNT, role), ("lake", LAKE, &bucket(&denying))],
        );
        let comes = found.denials.iter().find(|denial| denial.comes).unwrap();
        names(&comes.affected)
    };
    assert_eq!(affected(&[allow]), ["role/Etl"]);
    assert_eq!(affected(&[]), [""; 0]);
}
