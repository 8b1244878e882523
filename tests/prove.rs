//! Answers over all requests, held against single requests.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test's helpers fail the test")]

use std::collections::{BTreeMap, BTreeSet};

use hatrack::access::compare::{Comparison, Gap, Relation, compare};
use hatrack::access::principal::Caller;
use hatrack::access::request::{Context, Others};
use hatrack::access::rule::{Rule, Rules};
use hatrack::access::truth::Truth;
use hatrack::policy::{Effect, Usage, Written};
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use serde_json::{Map, Value, json};

fn rules(statements: &[Value], usage: Usage) -> Rules {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    if statements.is_empty() {
        return Rules::default();
    }
    Rules::of_written(&Written::found(&document, usage, "aws").unwrap())
}

fn identity(statements: Value) -> Rules {
    rules(statements.as_array().unwrap(), Usage::Identity)
}

fn compared(one: &Rules, other: &Rules) -> Comparison {
    compare(one, other, BTreeSet::new())
}

fn relation(one: Value, other: Value) -> Relation {
    compared(&identity(one), &identity(other)).relation
}

/// A request of which everything is known.
#[derive(Clone, Debug)]
struct Asked {
    caller: Option<Caller>,
    action: String,
    resource: String,
    context: Context,
}

impl Asked {
    fn of(gap: &Gap) -> Self {
        let witness = &gap.witness;
        let mut context = Context::new(Others::Absent);
        context.values = witness.context.clone();
        if let Some(caller) = &witness.principal {
            caller.describe(&mut context);
        }
        Self {
            caller: witness.principal.clone(),
            action: witness.action.clone(),
            resource: witness.resource.clone(),
            context,
        }
    }

    fn lies_in(&self, rule: &Rule) -> bool {
        self.caller.as_ref().is_none_or(|caller| rule.covers_caller(caller).is_some())
            && rule.covers_action(&self.action.to_lowercase())
            && rule.covers_resource(&self.resource, &self.context) == Truth::Yes
            && rule.comparisons.iter().all(|test| test.holds(&self.context) == Truth::Yes)
    }

    fn allowed(&self, rules: &Rules) -> bool {
        let any = |effect| rules.rules.iter().any(|rule| rule.effect == effect && self.lies_in(rule));
        any(Effect::Allow) && !any(Effect::Deny)
    }
}

fn confirm(one: &Rules, other: &Rules, found: &Comparison) {
    for (gap, allowing, refusing) in [(&found.gained, other, one), (&found.lost, one, other)] {
        let Some(gap) = gap else { continue };
        let asked = Asked::of(gap);
        assert!(asked.allowed(allowing) && !asked.allowed(refusing), "{asked:?}");
        assert!(asked.lies_in(&allowing.rules[gap.statement]), "{asked:?}");
        assert_eq!(allowing.rules[gap.statement].effect, Effect::Allow);
    }
}

const PREFIX: &str = "s3:prefix";
const TAGS: &str = "aws:TagKeys";

/// Conditions of which any few may stand together.
fn conditions() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("StringEquals", PREFIX, json!(["a", "B"])),
        ("StringLike", PREFIX, json!(["a*", "?"])),
        ("StringNotLike", PREFIX, json!("*a")),
        ("StringEqualsIgnoreCase", PREFIX, json!(["A", "b"])),
        ("StringNotEqualsIfExists", PREFIX, json!("b")),
        ("StringLikeIfExists", PREFIX, json!("b*")),
        ("StringEquals", PREFIX, json!("${aws:username}")),
        ("StringLike", PREFIX, json!("${aws:username}*")),
        ("StringNotEquals", "aws:username", json!("a")),
        ("Null", PREFIX, json!("true")),
        ("Null", PREFIX, json!("false")),
        ("Bool", "aws:MultiFactorAuthPresent", json!("true")),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", json!("false")),
        ("NumericLessThan", "s3:max-keys", json!("5")),
        ("NumericLessThanEquals", "s3:max-keys", json!("5")),
        ("NumericNotEquals", "s3:max-keys", json!(["5", "7"])),
        ("NumericGreaterThanIfExists", "s3:max-keys", json!("4.5")),
        ("IpAddress", "aws:SourceIp", json!(["10.0.0.0/8", "2001:db8::/32"])),
        ("NotIpAddress", "aws:SourceIp", json!("10.1.0.0/16")),
        ("IpAddressIfExists", "aws:SourceIp", json!("10.1.0.0/16")),
        ("DateLessThan", "aws:TokenIssueTime", json!("2027-01-01T00:00:00Z")),
        ("DateGreaterThanEquals", "aws:TokenIssueTime", json!("2027-01-01T00:00:00Z")),
        ("ForAllValues:StringEquals", TAGS, json!(["a", "b"])),
        ("ForAllValues:StringNotEquals", TAGS, json!("b")),
        ("ForAnyValue:StringEquals", TAGS, json!(["b", "c"])),
        ("ForAnyValue:StringNotLike", TAGS, json!("a*")),
        ("ForAnyValue:StringEqualsIfExists", TAGS, json!("c")),
        ("StringEquals", TAGS, json!("a")),
        ("StringNotEquals", TAGS, json!("a")),
        ("Null", TAGS, json!("false")),
        ("ArnLike", "aws:SourceArn", json!("arn:aws:s3:::a*")),
        ("ArnNotLike", "aws:SourceArn", json!("arn:*:s3:::*")),
        ("StringLike", "aws:SourceArn", json!("arn:aws:*:a")),
    ]
}

/// What single requests are made of: each list is of values that some condition tells apart.
fn values() -> BTreeMap<&'static str, Vec<Option<Vec<&'static str>>>> {
    let one = |values: &[&'static str]| -> Vec<Option<Vec<&'static str>>> {
        [None].into_iter().chain(values.iter().map(|value| Some(vec![*value]))).collect()
    };
    let mut tags = one(&["a", "b", "c", "aa"]);
    tags.extend([Some(vec!["a", "b"]), Some(vec!["b", "c"]), Some(vec!["a", "d"]), Some(vec!["d", "c"])]);
    BTreeMap::from([
        (PREFIX, one(&["", "a", "A", "b", "B", "bb", "ab", "ba", "z"])),
        ("aws:username", one(&["a", "b", "z"])),
        ("aws:multifactorauthpresent", one(&["true", "false"])),
        ("s3:max-keys", one(&["4", "4.5", "4.7", "5", "6", "7", "8"])),
        ("aws:sourceip", one(&["10.0.0.1", "10.1.0.1", "11.0.0.1", "2001:db8::1", "::1"])),
        (
            "aws:tokenissuetime",
            one(&["2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]),
        ),
        ("aws:tagkeys", tags),
        (
            "aws:sourcearn",
            one(&["arn:aws:s3:::a", "arn:aws:s3:::b:a", "arn:aws-cn:s3:::a", "arn:aws:sqs:r:1:a"]),
        ),
    ])
}

const ON: [(&str, &str); 12] = [
    ("s3:GetObject", "arn:aws:s3:::lake/a"),
    ("s3:GetObject", "arn:aws:s3:::lake/a/b"),
    ("s3:GetObject", "arn:aws:s3:::lake/b"),
    ("s3:GetObject", "arn:aws:s3:::bake/z"),
    ("s3:PutObject", "arn:aws:s3:::lake/a"),
    ("s3:PutObject", "arn:aws-cn:s3:::lake/a"),
    ("s3:ListBucket", "arn:aws:s3:::lake"),
    ("s3:ListBucket", "arn:aws:s3:::bake"),
    ("s3:ListAllMyBuckets", "*"),
    ("ec2:StartInstances", "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"),
    ("ec2:DescribeInstances", "*"),
    ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:a"),
];

fn statement() -> impl Strategy<Value = Value> {
    let actions = vec![
        "s3:GetObject",
        "s3:Put*",
        "s3:*Object",
        "s3:ListBucket",
        "s3:*",
        "ec2:Start*",
        "*",
        "*:Describe*",
    ];
    let resources = vec![
        "*",
        "arn:aws:s3:::lake",
        "arn:aws:s3:::lake/*",
        "arn:aws:s3:::lake/a*",
        "arn:aws:s3:::?ake/*b",
        "arn:*:s3:::*",
        "arn:aws:s3:::lake/${aws:username}",
        "arn:aws:s3:::lake/${aws:username}/*",
        "arn:aws:ec2:*:111122223333:instance/*",
        "arn:aws:*:eu-west-1:*:*",
    ];
    let conditions = subsequence(conditions(), 0..3);
    let effect = select(vec!["Allow", "Allow", "Deny"]);
    let lists = (subsequence(actions, 1..3), subsequence(resources, 1..3));
    (effect, lists, any::<[bool; 2]>(), any::<[Index; 2]>(), conditions).prop_map(
        |(effect, (actions, resources), nots, rarely, conditions)| {
            let not = |at: usize| nots[at] && rarely[at].index(3) == 0;
            let mut condition = Map::new();
            for (operator, key, values) in conditions {
                let keys = condition.entry(operator).or_insert_with(|| json!({}));
                keys[key] = values;
            }
            let mut statement = json!({"Effect": effect, "Condition": condition});
            statement[if not(0) { "NotAction" } else { "Action" }] = json!(actions);
            statement[if not(1) { "NotResource" } else { "Resource" }] = json!(resources);
            statement
        },
    )
}

/// Requests that differ from each other in what conditions look at.
fn asked() -> impl Strategy<Value = Asked> {
    let keys: Vec<_> = values().into_iter().collect();
    let picks = prop::collection::vec(any::<Index>(), keys.len());
    (select(ON.to_vec()), picks).prop_map(move |((action, resource), picks)| {
        let mut context = Context::new(Others::Absent);
        for ((key, values), pick) in keys.iter().zip(picks) {
            if let Some(values) = pick.get(values) {
                context.values.insert((*key).to_owned(), values.iter().map(|v| (*v).to_owned()).collect());
            }
        }
        Asked { caller: None, action: action.to_owned(), resource: resource.to_owned(), context }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_where_no_request_is_found_and_what_is_found_is_a_request(
        one in prop::collection::vec(statement(), 1..4),
        other in prop::collection::vec(statement(), 1..4),
        asked in prop::collection::vec(asked(), 200),
    ) {
        let (one, other) = (rules(&one, Usage::Identity), rules(&other, Usage::Identity));
        let found = compared(&one, &other);
        confirm(&one, &other, &found);
        if let Some(reason) = &found.reason {
            prop_assert!(!reason.to_string().starts_with("internal"), "{reason}");
        }
        for asked in asked {
            let (before, after) = (asked.allowed(&one), asked.allowed(&other));
            let unknown = found.relation == Relation::Unknown;
            prop_assert!(before || !after || found.gained.is_some() || unknown, "gained {asked:?}");
            prop_assert!(after || !before || found.lost.is_some() || unknown, "lost {asked:?}");
        }
    }

    #[test]
    fn a_document_is_equivalent_to_itself_in_any_order_and_split(
        statements in prop::collection::vec(statement(), 1..5),
    ) {
        let one = rules(&statements, Usage::Identity);
        let mut split = vec![];
        for statement in statements.iter().rev() {
            let Some(actions) = statement.get("Action").and_then(Value::as_array) else {
                split.push(statement.clone());
                continue;
            };
            for action in actions {
                let mut alone = statement.clone();
                alone["Action"] = json!([action]);
                split.push(alone);
            }
        }
        prop_assert_eq!(compared(&one, &rules(&split, Usage::Identity)).relation, Relation::Equivalent);
    }
}

fn allow(action: &str, resource: &str) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

#[test]
fn an_action_is_only_on_resources_of_its_types() {
    let bucket = "arn:aws:s3:::lake";
    assert_eq!(relation(json!([allow("s3:GetObject", bucket)]), json!([])), Relation::Equivalent);
    assert_eq!(
        relation(json!([allow("s3:ListBucket", &format!("{bucket}/*"))]), json!([])),
        Relation::Equivalent
    );
    assert_eq!(relation(json!([]), json!([allow("s3:ListBucket", bucket)])), Relation::Broader);
    // Nothing in particular is covered by `*` alone.
    assert_eq!(
        relation(json!([]), json!([allow("s3:ListAllMyBuckets", "arn:aws:s3:::*")])),
        Relation::Equivalent
    );
    assert_eq!(relation(json!([]), json!([allow("s3:ListAllMyBuckets", "*")])), Relation::Broader);
    // Twelve digits are all there is of an account.
    let of = |account: &str| allow("sqs:SendMessage", &format!("arn:aws:sqs:eu-west-1:{account}:q"));
    assert_eq!(relation(json!([of("????????????")]), json!([of("*")])), Relation::Equivalent);
    assert_eq!(relation(json!([of("???????????")]), json!([])), Relation::Equivalent);
}

#[test]
fn what_the_catalogue_does_not_know_may_exist() {
    assert_eq!(relation(json!([]), json!([allow("newservice:*", "*")])), Relation::Broader);
    assert_eq!(
        relation(json!([allow("s3:*", "*")]), json!([allow("s3:NoSuchAction", "*")])),
        Relation::Narrower
    );
    assert_eq!(
        relation(json!([allow("s3:*", "*")]), json!([allow("s3:*", "*"), allow("s3:New", "*")])),
        Relation::Equivalent
    );
}

#[test]
fn a_variable_stands_for_what_it_may() {
    let home = |path: &str| allow("s3:GetObject", &format!("arn:aws:s3:::lake/{path}"));
    let own = "home/${aws:username}/*";
    assert_eq!(relation(json!([home("home/*")]), json!([home(own)])), Relation::Narrower);
    assert_eq!(relation(json!([home(own)]), json!([home(own)])), Relation::Equivalent);
    assert_eq!(relation(json!([home(own)]), json!([home("home/${aws:username}/a/*")])), Relation::Narrower);
    assert_eq!(relation(json!([home(own)]), json!([home("home/${aws:userid}/*")])), Relation::Incomparable);
    assert_eq!(
        relation(json!([home("home/bob/*")]), json!([home("home/bob/*"), home(own)])),
        Relation::Broader
    );
}

fn trust(principal: Value) -> Rules {
    let statement = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal});
    rules(&[statement], Usage::Trust)
}

#[test]
fn principals_are_part_of_the_question() {
    let aws = |arn: &str| json!({"AWS": format!("arn:aws:iam::{arn}")});
    let (account, role, other) = (
        trust(aws("111122223333:root")),
        trust(aws("111122223333:role/r")),
        trust(aws("444455556666:role/r")),
    );
    let everyone = trust(json!("*"));
    let service = trust(json!({"Service": "ec2.amazonaws.com"}));
    for (one, two, relation) in [
        (&account, &role, Relation::Narrower),
        (&role, &account, Relation::Broader),
        (&role, &other, Relation::Incomparable),
        (&everyone, &account, Relation::Narrower),
        (&everyone, &service, Relation::Narrower),
        (&service, &service, Relation::Equivalent),
    ] {
        let found = compared(one, two);
        assert_eq!(found.relation, relation, "{found:?}");
        confirm(one, two, &found);
    }
}

#[test]
fn what_follows_from_a_principal_is_no_choice_of_its_own() {
    let with = |operator: &str, key: &str, value: &str, account: &str| {
        let statement = json!({
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
            "Condition": {operator: {key: value}},
        });
        rules(&[statement], Usage::Trust)
    };
    let account = "111122223333";
    let nobody = with("StringEquals", "aws:PrincipalAccount", "444455556666", account);
    let role = with("ArnLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/data/*", account);
    let all = trust(json!({"AWS": account}));
    assert_eq!(compared(&rules(&[], Usage::Trust), &nobody).relation, Relation::Equivalent);
    let found = compared(&all, &role);
    assert_eq!(found.relation, Relation::Narrower, "{found:?}");
    let found = compared(&nobody, &role);
    confirm(&nobody, &role, &found);
    let caller = found.gained.unwrap().witness.principal.unwrap().to_string();
    assert!(caller.starts_with("arn:aws:iam::111122223333:role/data/"), "{caller}");
}

#[test]
fn an_example_names_what_it_is_on() {
    // Objects, or those of an access point: every request is on one of the two.
    for action in ["s3:GetObject", "s3:PutObject", "s3:ListBucket"] {
        let found = relation(json!([allow(action, "arn:*")]), json!([allow(action, "*")]));
        assert_eq!(found, Relation::Equivalent, "{action}");
    }
    let found = compared(&identity(json!([])), &identity(json!([allow("s3:*", "*")])));
    assert_ne!(found.gained.unwrap().witness.resource, "*");
}

#[test]
fn a_key_of_a_kind_is_there_with_a_value_of_that_kind() {
    let when = |condition: Value| {
        let mut statement = allow("s3:GetObject", "*");
        statement["Condition"] = condition;
        statement
    };
    for (key, covers) in [
        ("aws:SourceIp", json!({"IpAddress": {"aws:SourceIp": ["0.0.0.0/0", "::/0"]}})),
        ("aws:MultiFactorAuthAge", json!({"NumericLessThan": {"aws:MultiFactorAuthAge": "5"}})),
    ] {
        let rest = json!({"NumericGreaterThanEquals": {"aws:MultiFactorAuthAge": "5"}});
        let own = if key == "aws:SourceIp" { vec![when(covers)] } else { vec![when(covers), when(rest)] };
        let there = vec![when(json!({"Null": {key: "false"}}))];
        assert_eq!(relation(json!(own), json!(there)), Relation::Equivalent, "{key}");
        let absent = vec![when(json!({"Null": {key: "true"}}))];
        assert_eq!(relation(json!(own), json!(absent)), Relation::Incomparable, "{key}");
    }
}

#[test]
fn very_long_patterns_are_told_apart() {
    let object = |key: String| json!([allow("s3:GetObject", &format!("arn:aws:s3:::b/{key}"))]);
    let long = |c: &str| c.repeat(70_000);
    assert_eq!(relation(object(long("a")), object(long("b") + "*")), Relation::Incomparable);
    assert_eq!(relation(object(long("a")), object(long("a") + "*")), Relation::Broader);
}

#[test]
fn nobodys_name_has_a_star() {
    let of = |effect: &str, principal: Value, condition: Value| json!({"Effect": effect, "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition});
    let account = || json!({"AWS": "111122223333"});
    let starred = json!({"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}});
    let nobody = rules(&[], Usage::Trust);
    let found = compared(&rules(&[of("Allow", account(), starred)], Usage::Trust), &nobody);
    assert_eq!(found.relation, Relation::Equivalent, "{found:?}");
    // No root user takes on a role, and no service is of an organization.
    let root = json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:root"}});
    let found = compared(&rules(&[of("Allow", account(), root)], Usage::Trust), &nobody);
    assert_eq!(found.relation, Relation::Equivalent, "{found:?}");
    let service = json!({"Service": "sns.amazonaws.com"});
    let member = json!({"StringEquals": {"aws:PrincipalOrgID": "o-aaaaaaaaaa"}});
    let found = compared(&rules(&[of("Allow", service, member)], Usage::Trust), &nobody);
    assert_eq!(found.relation, Relation::Equivalent, "{found:?}");
}

#[test]
fn a_pattern_without_digits_takes_all_accounts_alike() {
    let with = |pattern: &str| {
        let statement = json!({
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*",
            "Condition": {"StringLike": {"aws:PrincipalArn": pattern}},
        });
        rules(&[statement], Usage::Trust)
    };
    let everyone = trust(json!("*"));
    let role = "arn:aws:iam::????????????:role/x";
    for pattern in
        ["arn:*", "arn:aws:iam::*", "*:role/x", "arn:aws:iam::*role/x*", "arn:aws:iam::?*:role/x", role]
    {
        let found = compared(&with(pattern), &everyone);
        assert_eq!(found.relation, Relation::Broader, "{pattern}: {found:?}");
    }
    let found = compared(&with("arn:aws:iam::1111*:role/x"), &everyone);
    assert_eq!(found.relation, Relation::Unknown, "{found:?}");
}
