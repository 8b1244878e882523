//! No plan takes from the caller, or from those who are to be called in an emergency, the control of what it touches.

use hatrack::access::principal::Caller;
use hatrack::plan::{Guardian, Hazard, Surroundings, hazards, plan};
use hatrack::state::settle;

use crate::estate;

const ACCOUNT: &str = "111122223333";

fn guardian(name: &str) -> Guardian {
    let caller = Caller::parse(&format!("arn:aws:iam::{ACCOUNT}:role/{name}")).unwrap();
    Guardian { role: "break glass", caller }
}

/// What of the lockouts a change from one environment to the other brings: resource, and actions lost.
fn lockouts(found: &str, wanted: &str, guardians: &[Guardian]) -> Vec<(String, Vec<String>, String)> {
    let (found, wanted) = (estate(&[("one", ACCOUNT, found)]), estate(&[("one", ACCOUNT, wanted)]));
    let settled = settle(&wanted.wanted, &wanted.scopes, &found.wanted, &[]);
    assert!(settled.objections.is_empty(), "{:?}", settled.objections);
    let planned = plan(&settled.wanted, &found.wanted, &settled.renames, &settled.untouchable).unwrap();
    assert!(!planned.steps.is_empty());
    let around = Surroundings {
        guardians,
        wanted: &settled.wanted,
        found: &found.wanted,
        notes: &settled.notes,
        untouchable: &settled.untouchable,
        callers: &[],
    };
    let all = hazards(&planned, &around);
    all.iter()
        .filter_map(|hazard| match hazard {
            Hazard::LocksOut { resource, who: _, actions, why } => {
                let word = hazard.needs_acceptance().unwrap();
                assert_eq!(word, format!("lockout:{}", resource.address()));
                Some((resource.address(), actions.clone(), why.clone()))
            }
            _ => None,
        })
        .collect()
}

const ADMIN: &str = "
roles:
  Admin:
    trust: [{ account: \"111122223333\" }]
    inline:
      all: [{ Effect: Allow, Action: \"*\", Resource: \"*\" }]
";

fn with(more: &str) -> String {
    format!("{ADMIN}{more}")
}

const BUCKET: &str = "
buckets:
  acme-lake: {}
";

fn bucket(statement: &str) -> String {
    with(&format!(
        "
buckets:
  acme-lake:
    policy:
      - Sid: Shut
        Effect: Deny
        Principal: \"*\"
        Action: s3:*
        Resource: [arn:aws:s3:::acme-lake, arn:aws:s3:::acme-lake/*]
{statement}"
    ))
}

#[test]
fn a_bucket_policy_that_shuts_everybody_out() {
    let all =
        ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"].map(str::to_owned).to_vec();
    let shut = bucket("");
    let expected = vec![(
        "bucket/acme-lake".to_owned(),
        all,
        "denied by statement Shut in policy of bucket/acme-lake".to_owned(),
    )];
    assert_eq!(lockouts(&with(BUCKET), &shut, &[guardian("Admin")]), expected);
    // Also when the bucket is made with it.
    assert_eq!(lockouts(ADMIN, &shut, &[guardian("Admin")]), expected);
    // Nobody has to keep it.
    assert_eq!(lockouts(ADMIN, &shut, &[]), []);
}

#[test]
fn a_bucket_policy_that_spares_the_keeper_or_may() {
    let spared = "        Condition: { ArnNotEquals: { \"aws:PrincipalArn\": \"arn:aws:iam::111122223333:role/Admin\" } }";
    assert_eq!(lockouts(&with(BUCKET), &bucket(spared), &[guardian("Admin")]), []);
    let tls = "        Condition: { Bool: { \"aws:SecureTransport\": \"false\" } }";
    assert_eq!(lockouts(&with(BUCKET), &bucket(tls), &[guardian("Admin")]), []);
    // Nobody knows from where the keeper will ask.
    let address = "        Condition: { NotIpAddress: { \"aws:SourceIp\": 203.0.113.0/24 } }";
    assert_eq!(lockouts(&with(BUCKET), &bucket(address), &[guardian("Admin")]), []);
}

#[test]
fn who_never_had_it_loses_nothing() {
    assert_eq!(
        lockouts(&with(BUCKET), &bucket(""), &[guardian("Stranger")]).len(),
        1,
        "nothing is known of it"
    );
    let found = with("  Poor: { trust: ec2 }\nbuckets: { acme-lake: {} }\n");
    let wanted = bucket("").replace("buckets:", "  Poor: { trust: ec2 }\nbuckets:");
    assert_eq!(lockouts(&found, &wanted, &[guardian("Poor")]), []);
}

#[test]
fn the_keeper_loses_its_own_rights() {
    let less = ADMIN.replace("Action: \"*\"", "NotAction: [\"iam:*\"]");
    let [(resource, actions, why)] = lockouts(ADMIN, &less, &[guardian("Admin")]).try_into().unwrap();
    assert_eq!((resource.as_str(), why.as_str()), ("role/Admin", "nothing allows it any more"));
    assert!(actions.contains(&"iam:PutRolePolicy".to_owned()), "{actions:?}");
}

#[test]
fn nobody_can_take_the_role_on_any_more() {
    let people = "
users:
  alice: { inline: { on: [{ Effect: Allow, Action: \"sts:AssumeRole\", Resource: \"*\" }] } }
";
    let moved = with(people).replace("{ account: \"111122223333\" }", "{ service: ec2 }");
    let [(resource, actions, _)] = lockouts(&with(people), &moved, &[guardian("Admin")]).try_into().unwrap();
    assert_eq!((resource.as_str(), actions), ("role/Admin", vec!["sts:AssumeRole".to_owned()]));
    let narrowed = with(people).replace("{ account: \"111122223333\" }", "{ user: alice }");
    assert_eq!(lockouts(&with(people), &narrowed, &[guardian("Admin")]), []);
}
