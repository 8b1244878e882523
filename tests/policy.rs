//! Policy documents: what is equal, what is refused and where, and that nothing is lost on the way.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers fail the test"
)]

use std::collections::{BTreeMap, BTreeSet};

use hatrack::policy::{
    Change, Document, Effect, Element, Folded, Policy, Problem, Statement, Usage, Version, diff,
    document_changes, element_changes,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn read(json: &Value, usage: Usage) -> Result<Document, Vec<Problem>> {
    Document::read(json, usage, "aws")
}

fn found(json: &Value) -> Policy {
    Policy::from_text(&json.to_string(), "aws")
}

fn with(statement: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// A statement with one part replaced or added; null leaves it out.
fn but(part: &str, value: Value) -> Value {
    let mut statement = json!({
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}
    });
    if value.is_null() {
        statement.as_object_mut().unwrap().shift_remove(part);
    } else {
        statement[part] = value;
    }
    with(statement)
}

#[test]
fn what_means_the_same_is_equal() {
    let condition = |json: Value| but("Condition", json);
    let principal = |json: Value| but("Principal", json);
    let two = |a: &str, b: &str| {
        let s = |sid: &str| json!({"Sid": sid, "Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        json!({"Version": "2012-10-17", "Statement": [s(a), s(b)]})
    };
    let one = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let root = "arn:aws:iam::111122223333:root";
    let pairs = [
        ("one or a list of one", but("Action", json!("s3:Get")), but("Action", json!(["s3:Get"]))),
        ("order of actions", but("Action", json!(["s3:A", "s3:B"])), but("Action", json!(["s3:B", "s3:A"]))),
        ("an action twice", but("Action", json!(["s3:A", "s3:A"])), but("Action", json!("s3:A"))),
        ("case of actions", but("Action", json!("S3:getobject")), but("Action", json!("s3:GetObject"))),
        ("actions twice but for case", but("Action", json!(["s3:a", "s3:A"])), but("Action", json!("s3:A"))),
        ("order of resources", but("Resource", json!(["a", "b"])), but("Resource", json!(["b", "a", "b"]))),
        ("a single statement", with(one.clone()), json!({"Version": "2012-10-17", "Statement": one})),
        ("order of statements", two("a", "b"), two("b", "a")),
        ("a statement twice", with(one.clone()), json!({"Version": "2012-10-17", "Statement": [one, one]})),
        ("no version", json!({"Statement": one}), json!({"Version": "2008-10-17", "Statement": one})),
        ("an empty Sid", but("Sid", json!("")), but("Sid", Value::Null)),
        ("everyone", principal(json!("*")), principal(json!({"AWS": "*"}))),
        ("everyone in a list", principal(json!("*")), principal(json!({"AWS": ["*"]}))),
        ("an account", principal(json!({"AWS": "111122223333"})), principal(json!({"AWS": root}))),
        (
            "no one of a type",
            principal(json!({"AWS": root, "Service": []})),
            principal(json!({"AWS": [root]})),
        ),
        ("no principal at all", principal(json!({"AWS": []})), principal(Value::Null)),
        ("no condition", condition(json!({})), condition(Value::Null)),
        ("a condition on nothing", condition(json!({"Bool": {}})), condition(Value::Null)),
        (
            "case of operators",
            condition(json!({"stringequals": {"a:b": "c"}})),
            condition(json!({"StringEquals": {"a:b": "c"}})),
        ),
        (
            "case of condition keys",
            condition(json!({"StringEquals": {"AWS:principaltag/project": "c"}})),
            condition(json!({"StringEquals": {"aws:PrincipalTag/Project": "c"}})),
        ),
        (
            "true and truth",
            condition(json!({"Bool": {"a:b": true}})),
            condition(json!({"Bool": {"a:b": ["True"]}})),
        ),
        (
            "null and truth",
            condition(json!({"ForAnyValue:Null": {"a:b": "FALSE"}})),
            condition(json!({"ForAnyValue:Null": {"a:b": false}})),
        ),
        (
            "numbers",
            condition(json!({"NumericLessThan": {"a:b": 3600}})),
            condition(json!({"NumericLessThan": {"a:b": "3600"}})),
        ),
        (
            "condition values twice",
            condition(json!({"StringLike": {"a:b": ["x", "y", "x"]}})),
            condition(json!({"StringLike": {"a:b": ["y", "x"]}})),
        ),
    ];
    for (what, left, right) in pairs {
        let (left, right) = (found(&left), found(&right));
        assert!(left.document().is_some(), "{what}: {left:?}");
        assert_eq!(left, right, "{what}");
    }
}

#[test]
fn what_means_something_else_is_not_equal() {
    let condition = |json: Value| but("Condition", json);
    let principal = |json: Value| but("Principal", json);
    let one = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let bare = |element: &str| with(json!({"Effect": "Deny", element: "s3:*", "Resource": "*"}));
    let pairs = [
        ("version", json!({"Statement": one}), with(one.clone())),
        ("id", json!({"Id": "a", "Statement": one}), json!({"Id": "b", "Statement": one})),
        ("sid", but("Sid", json!("a")), but("Sid", json!("A"))),
        ("effect", but("Effect", json!("Deny")), but("Effect", json!("Allow"))),
        ("not", bare("Action"), bare("NotAction")),
        ("case of resources", but("Resource", json!("arn:A")), but("Resource", json!("arn:a"))),
        (
            "root of another partition",
            principal(json!({"AWS": "111122223333"})),
            principal(json!({"AWS": "arn:aws-cn:iam::111122223333:root"})),
        ),
        ("an account and a service", principal(json!({"AWS": "a.b"})), principal(json!({"Service": "a.b"}))),
        (
            "case of condition values",
            condition(json!({"StringEquals": {"a:b": "True"}})),
            condition(json!({"StringEquals": {"a:b": "true"}})),
        ),
        (
            "a variable where truth is compared",
            condition(json!({"Bool": {"a:b": "${aws:PrincipalTag/X}"}})),
            condition(json!({"Bool": {"a:b": "${aws:principaltag/x}"}})),
        ),
        (
            "if exists",
            condition(json!({"StringEquals": {"a:b": "c"}})),
            condition(json!({"StringEqualsIfExists": {"a:b": "c"}})),
        ),
        ("no value and no key", condition(json!({"StringEquals": {"a:b": []}})), condition(Value::Null)),
    ];
    for (what, left, right) in pairs {
        let (left, right) = (found(&left), found(&right));
        assert!(left.document().is_some() && right.document().is_some(), "{what}: {left:?} {right:?}");
        assert_ne!(left, right, "{what}");
    }
    let everybody_but =
        with(json!({"Effect": "Deny", "NotPrincipal": {}, "Action": "s3:*", "Resource": "*"}));
    let nobody = with(json!({"Effect": "Deny", "Principal": {}, "Action": "s3:*", "Resource": "*"}));
    assert_ne!(found(&everybody_but), found(&nobody));
    assert_eq!(Policy::from_text(&found(&everybody_but).to_text(), "aws"), found(&everybody_but));
    assert!(found(&everybody_but).to_text().contains(r#""NotPrincipal":{}"#));
}

#[test]
fn what_does_not_fit_is_kept_as_it_is() {
    let texts = [
        String::new(),
        "{}".to_owned(),
        "not JSON, 100%".to_owned(),
        "[]".to_owned(),
        but("Effect", json!("allow")).to_string(),
        but("Action", Value::Null).to_string(),
        but("NotAction", json!("s3:*")).to_string(),
        but("Actions", json!("s3:*")).to_string(),
        but("Action", json!([1])).to_string(),
        but("Condition", json!({"Bool": {"a:b": null}})).to_string(),
        but("Condition", json!({"StringEquals": {"a:b": "c"}, "stringEquals": {"a:b": "d"}})).to_string(),
        but("Condition", json!({"StringEquals": {"a:b": "c", "A:B": "d"}})).to_string(),
        json!({"Version": "2020-01-01", "Statement": []}).to_string(),
        r#"{"Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}]}"#
            .to_owned(),
        format!("{}{}", r#"{"Statement":"#.repeat(10_000), "}".repeat(10_000)),
    ];
    for text in texts {
        let policy = Policy::from_text(&text, "aws");
        assert_eq!(policy, Policy::Unreadable(text.clone()));
        assert_eq!(policy.to_text(), text);
        let kept = serde_json::to_value(&policy).unwrap();
        assert_eq!(kept, Value::String(text));
        assert_eq!(serde_json::from_value::<Policy>(kept).unwrap(), policy);
    }
    let wrong =
        serde_json::from_str::<Policy>(r#"{"Statement": [{"Effect": "Maybe"}]}"#).unwrap_err().to_string();
    assert!(wrong.contains("`Maybe` is no effect (at `/Statement/0/Effect`)"), "{wrong}");
}

#[test]
fn percent_encoding_is_undone_only_where_it_is() {
    let plain = but("Condition", json!({"StringLike": {"s3:prefix": "a+b%20c/é"}})).to_string();
    let encoded: String = plain
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    let with_plus = encoded.replace("%2B", "+");
    let expected = Policy::from_text(&plain, "aws");
    assert!(expected.document().is_some());
    assert!(expected.to_text().contains("a+b%20c/é"));
    for text in [encoded, with_plus, format!(" \n{plain}\n")] {
        assert_eq!(Policy::from_text(&text, "aws"), expected);
    }
    assert_eq!(Policy::from_text("%7Bnot", "aws"), Policy::Unreadable("{not".to_owned()));
    assert_eq!(Policy::from_text("%FF%7B", "aws"), Policy::Unreadable("%FF%7B".to_owned()));
}

#[test]
fn the_smallest_usual_spelling() {
    let authored = json!({"Statement": [
        {"Resource": ["*"], "Action": ["s3:PutObject", "s3:GetObject"], "Effect": "Allow", "Sid": "b"},
        {"Principal": {"AWS": ["*"]}, "Effect": "Deny", "NotAction": ["s3:*"],
         "NotResource": "arn:aws:s3:::b", "Sid": "a",
         "Condition": {"bool": {"aws:SecureTransport": [false]}}},
    ], "Id": "i", "Version": "2012-10-17"});
    let Policy::Normal(document) = found(&authored) else { panic!("not read") };
    let text = concat!(
        r#"{"Version":"2012-10-17","Id":"i","Statement":["#,
        r#"{"Sid":"a","Effect":"Deny","Principal":"*","NotAction":"s3:*","NotResource":"arn:aws:s3:::b","#,
        r#""Condition":{"Bool":{"aws:SecureTransport":"false"}}},"#,
        r#"{"Sid":"b","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}]}"#,
    );
    assert_eq!(document.to_text(), text);
    assert_eq!(document.size(), text.len());
    let spaced = Document::new(Version::V2012, Some("a b\tc".to_owned()), vec![]);
    assert_eq!(spaced.size(), r#"{"Version":"2012-10-17","Id":"ab\tc","Statement":[]}"#.len());
}

#[test]
fn authored_forms() {
    let one = json!({"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"});
    let whole = read(&with(one.clone()), Usage::Identity).unwrap();
    assert_eq!(whole.version, Version::V2012);
    assert_eq!(read(&one, Usage::Identity), Ok(whole.clone()));
    assert_eq!(read(&json!([one]), Usage::Identity), Ok(whole));
    let old = json!({"Version": "2008-10-17", "Statement": one});
    assert_eq!(read(&old, Usage::Identity).unwrap().version, Version::V2008);
}

/// Pointer, whether the key is at fault, and a word of the message or the help.
type Expected = (&'static str, bool, &'static str);

fn expect(usage: Usage, json: Value, expected: &[Expected]) {
    let problems =
        read(&json, usage).map_or_else(|problems| problems, |d| panic!("{json} was read as {d:?}"));
    assert_eq!(problems.len(), expected.len(), "{json}: {problems:#?}");
    for (pointer, at_key, word) in expected {
        let fits = |p: &Problem| {
            p.pointer == *pointer
                && p.at_key == *at_key
                && format!("{} {}", p.message, p.help.as_deref().unwrap_or_default()).contains(word)
        };
        assert!(problems.iter().any(fits), "{json}: no {pointer} ({word}) in {problems:#?}");
    }
    for problem in problems {
        assert!(!problem.message.ends_with('.') && !problem.message.starts_with(char::is_uppercase));
        assert!(problem.at_key || problem.pointer.is_empty() || json.pointer(&problem.pointer).is_some());
    }
}

#[test]
fn problems_of_documents() {
    let one = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    let expect = |json: Value, expected: &[Expected]| expect(Usage::Identity, json, expected);
    expect(json!("x"), &[("", false, "a list of statements")]);
    expect(json!(null), &[("", false, "a list of statements")]);
    expect(json!([]), &[("", false, "at least one statement")]);
    expect(json!({}), &[("", false, "no `Statement`")]);
    expect(json!({"Version": "2012-10-17", "Statement": []}), &[("/Statement", false, "at least one")]);
    expect(json!({"Version": "2012-10-17"}), &[("", false, "no `Statement`")]);
    expect(json!({"Version": "2012-10-18", "Statement": one}), &[("/Version", false, "2012-10-17")]);
    expect(json!({"Version": 2012, "Statement": one}), &[("/Version", false, "`2012`")]);
    expect(json!({"Version": "2012-10-17", "Id": 1, "Statement": one}), &[("/Id", false, "text")]);
    expect(
        json!({"Version": "2012-10-17", "Statment": one}),
        &[("/Statment", true, "did you mean `Statement`")],
    );
    expect(
        json!({"Statment": "x"}),
        &[("/Statment", true, "did you mean `Statement`"), ("/Statment", false, "an object, not text")],
    );
    expect(json!([one, "x"]), &[("/1", false, "a statement is an object, not text")]);
    let sid = json!({"Sid": "a", "Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    expect(json!([sid, sid]), &[("/1/Sid", false, "unique")]);
}

#[test]
fn problems_of_statements() {
    let expect = |json: Value, expected: &[Expected]| expect(Usage::Identity, json, expected);
    let but = |part: &str, value: Value| {
        let mut statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
        if value.is_null() {
            statement.as_object_mut().unwrap().shift_remove(part);
        } else {
            statement[part] = value;
        }
        statement
    };
    expect(but("Condtion", json!({})), &[("/Condtion", true, "did you mean `Condition`")]);
    expect(but("a/b~c", json!(1)), &[("/a~1b~0c", true, "the elements are `Sid`")]);
    expect(
        json!({"effect": "Allow", "Actions": "s3", "Resource": "*"}),
        &[
            ("/effect", true, "did you mean `Effect`"),
            ("/Actions", true, "did you mean `Action`"),
            ("/Actions", false, "`s3` is no action"),
        ],
    );
    expect(but("Effect", Value::Null), &[("", false, "no `Effect`")]);
    expect(but("Effect", json!("allow")), &[("/Effect", false, "did you mean `Allow`")]);
    expect(but("Effect", json!(true)), &[("/Effect", false, "`Allow` or `Deny`")]);
    expect(but("Action", Value::Null), &[("", false, "no `Action`")]);
    expect(but("NotAction", json!("s3:*")), &[("/NotAction", true, "not both")]);
    expect(but("Action", json!([])), &[("/Action", false, "empty")]);
    expect(but("Action", json!(1)), &[("/Action", false, "not a number")]);
    expect(
        but("Action", json!(["s3:*", 1, null])),
        &[("/Action/1", false, "not a number"), ("/Action/2", false, "not nothing")],
    );
    expect(
        but("Action", json!(["s3", "s3:", ":x", "s3:a:b", "s*:x", "s3:Get_x"])),
        &[
            ("/Action/0", false, "`s3`"),
            ("/Action/1", false, "`s3:`"),
            ("/Action/2", false, "`:x`"),
            ("/Action/3", false, "`s3:a:b`"),
            ("/Action/4", false, "`s*:x`"),
            ("/Action/5", false, "`s3:Get_x`"),
        ],
    );
    expect(but("Resource", Value::Null), &[("", false, "no `Resource`")]);
    expect(but("NotResource", json!("*")), &[("/NotResource", true, "not both")]);
    expect(
        but("Resource", json!(["b", "arn:aws:logs:*", "arn:aws:*:::x", "arn:aws:s3:::"])),
        &[
            ("/Resource/0", false, "six parts"),
            ("/Resource/1", false, "six parts"),
            ("/Resource/2", false, "service"),
            ("/Resource/3", false, "does not name its resource"),
        ],
    );
    expect(
        but("Resource", json!("arn:aws-cn:s3:::b/*")),
        &[("/Resource", false, "write `arn:aws:s3:::b/*`")],
    );
    expect(but("Principal", json!("*")), &[("/Principal", true, "identity policy")]);
    expect(but("Sid", json!("a b")), &[("/Sid", false, "letters and digits only: `ab`")]);
    expect(but("Sid", json!("é")), &[("/Sid", false, "letters and digits only")]);
    expect(but("Sid", json!(["a"])), &[("/Sid", false, "not a list")]);
    expect(
        json!([but("Action", json!("x")), but("Sid", json!("-"))]),
        &[("/0/Action", false, "`x`"), ("/1/Sid", false, "`-`")],
    );
    expect(but("Resource", json!("arn:aws:s3:::b/\u{2013}")), &[("/Resource", false, "U+2013")]);
    for fine in [
        json!("arn:*:s3:::b"),
        json!("arn:${aws:Partition}:s3:::b"),
        json!("arn:aws:s3:::b/${aws:username}/*"),
        json!("arn:aws:iam::*:role/x"),
        json!(["arn:aws:s3:::é"]),
    ] {
        assert_eq!(read(&but("Resource", fine), Usage::Identity).map(|_| ()), Ok(()));
    }
}

#[test]
fn problems_of_conditions() {
    let expect = |condition: Value, expected: &[Expected]| {
        let statement = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition});
        expect(Usage::Identity, statement, expected);
    };
    expect(json!("x"), &[("/Condition", false, "operators")]);
    expect(
        json!({"StringEqual": {"a:b": "c"}}),
        &[("/Condition/StringEqual", true, "did you mean `StringEquals`")],
    );
    expect(
        json!({"ForAllValue:StringLike": {"a:b": "c"}}),
        &[("/Condition/ForAllValue:StringLike", true, "did you mean `ForAllValues:StringLike`")],
    );
    expect(
        json!({"NullIfExists": {"a:b": "true"}}),
        &[("/Condition/NullIfExists", true, "no condition operator")],
    );
    expect(json!({"Bool": "true"}), &[("/Condition/Bool", false, "keys and values")]);
    expect(json!({"Bool": {}}), &[("/Condition/Bool", false, "no key")]);
    expect(json!({"Bool": {"aws/x": true}}), &[("/Condition/Bool/aws~1x", true, "service before a colon")]);
    expect(json!({"Bool": {"a:b": "yes"}}), &[("/Condition/Bool/a:b", false, "true or false, not `yes`")]);
    expect(json!({"StringLike": {"a:b": []}}), &[("/Condition/StringLike/a:b", false, "no value")]);
    expect(
        json!({"StringLike": {"a:b": ["x", {"c": 1}, null]}}),
        &[
            ("/Condition/StringLike/a:b/1", false, "not an object"),
            ("/Condition/StringLike/a:b/2", false, "not nothing"),
        ],
    );
    expect(json!({"StringLike": {"a:b": "x", "A:B": "y"}}), &[("/Condition/StringLike/A:B", true, "twice")]);
    expect(json!({"Bool": {"a:b": true}, "bool": {"a:c": true}}), &[("/Condition/bool", true, "twice")]);
    expect(json!({"NumericEquals": {"a:b": "x"}}), &[("/Condition/NumericEquals/a:b", false, "a number")]);
    expect(
        json!({"StringEquals": {"a:b": 1234567890123456_i64}}),
        &[("/Condition/StringEquals/a:b", false, "put it in quotes")],
    );
    let fine = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {
        "bool": {"a:b": "${aws:PrincipalTag/On}"}, "ForAnyValue:StringLikeIfExists": {"a:b": ["c", 1, true]},
        "NumericLessThan": {"aws:MultiFactorAuthAge": 3600.5},
    }});
    let document = read(&fine, Usage::Identity).unwrap();
    assert!(document.to_text().contains(r#""ForAnyValue:StringLikeIfExists":{"a:b":["1","c","true"]}"#));
}

#[test]
fn problems_of_principals() {
    let trust =
        |principal: Value| json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal});
    let expect_aws = |value: &str, word: &'static str| {
        expect(Usage::Trust, trust(json!({"AWS": [value]})), &[("/Principal/AWS/0", false, word)]);
    };
    expect_aws("11112222333", "twelve digits");
    expect_aws("ec2.amazonaws.com", "under `Service`");
    expect_aws("arn:aws:iam::111122223333:group/g", "a group is no principal");
    expect_aws("arn:aws:iam::111122223333:role/*", "wildcard");
    expect_aws("arn:aws:iam::111122223333:role/", "assumed role");
    expect_aws("arn:aws:iam::111122223333:root/x", "root");
    expect_aws("arn:aws:iam::1:user/x", "no AWS principal");
    expect_aws("arn:aws:iam::111122223333:user/${aws:username}", "no AWS principal");
    expect_aws("arn:aws:sts::111122223333:assumed-role/x", "no AWS principal");
    expect_aws("arn:aws:s3:::b", "no AWS principal");
    expect_aws("arn:aws-cn:iam::111122223333:root", "write `arn:aws:iam::111122223333:root`");
    expect_aws("AROAEXAMPLEEXAMPLE12", "deleted");
    let trust_problem =
        |principal: Value, expected: &[Expected]| expect(Usage::Trust, trust(principal), expected);
    trust_problem(json!("x"), &[("/Principal", false, "`*` or an object")]);
    trust_problem(json!({}), &[("/Principal", false, "nobody")]);
    trust_problem(json!({"AWS": []}), &[("/Principal/AWS", false, "empty")]);
    trust_problem(json!({"AWS": 111122223333_u64}), &[("/Principal/AWS", false, "`\"111122223333\"`")]);
    trust_problem(json!({"aws": "*"}), &[("/Principal/aws", true, "did you mean `AWS`")]);
    trust_problem(
        json!({"AWS": 1.5, "Service": "ec2"}),
        &[("/Principal/AWS", false, "number"), ("/Principal/Service", false, "write `ec2.amazonaws.com`")],
    );
    trust_problem(json!({"Service": "*.amazonaws.com"}), &[("/Principal/Service", false, "no service")]);
    trust_problem(json!({"Federated": "x"}), &[("/Principal/Federated", false, "SAML or OIDC")]);
    trust_problem(json!({"CanonicalUser": "x"}), &[("/Principal/CanonicalUser", false, "64")]);
    for fine in [
        json!("*"),
        json!({"AWS": ["*", "111122223333", "arn:aws:iam::111122223333:role/a/b"]}),
        json!({"AWS": "arn:aws:iam::111122223333:root"}),
        json!({"AWS": "arn:aws:sts::111122223333:assumed-role/r/s"}),
        json!({"AWS": "arn:aws:sts::111122223333:federated-user/f"}),
        json!({"Service": ["ec2.amazonaws.com", "logs.eu-west-1.amazonaws.com"]}),
        json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}),
        json!({"Federated": ["accounts.google.com", "arn:aws:iam::111122223333:saml-provider/x"]}),
        json!({"CanonicalUser": "0123456789abcdef".repeat(4)}),
    ] {
        assert_eq!(read(&trust(fine), Usage::Trust).map(|_| ()), Ok(()));
    }
}

#[test]
fn problems_by_usage() {
    let everyone = "*";
    let deny = "Deny";
    expect(
        Usage::Trust,
        json!({"Effect": deny, "NotPrincipal": everyone, "Action": "sts:*", "Resource": "*"}),
        &[("/NotPrincipal", true, "cannot have"), ("/Resource", true, "trust policy")],
    );
    expect(Usage::Trust, json!({"Effect": deny, "Action": "sts:*"}), &[("", false, "no `Principal`")]);
    let actions =
        json!(["sts:assumerole", "sts:Tag*", "sts:AssumeRol", "sts:GetFederationToken", "s3:*", "*"]);
    expect(
        Usage::Trust,
        json!({"Effect": deny, "Principal": everyone, "Action": actions}),
        &[
            ("/Action/2", false, "did you mean `sts:AssumeRole`"),
            ("/Action/3", false, "no action of a trust policy"),
            ("/Action/4", false, "no action of a trust policy"),
            ("/Action/5", false, "no action of a trust policy"),
        ],
    );
    expect(
        Usage::Bucket,
        json!({"Effect": deny, "Action": "s3:*"}),
        &[("", false, "no `Principal`"), ("", false, "no `Resource`")],
    );
    let bucket = json!({
        "Sid": "any text: 1", "Effect": deny, "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:*",
        "NotResource": "arn:aws:s3:::b/*"
    });
    assert_eq!(read(&bucket, Usage::Bucket).map(|_| ()), Ok(()));
}

#[test]
fn principals_of_a_document() {
    let (a, b) = ("arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/b");
    let document = found(&json!({"Statement": [
        {"Sid": "both", "Effect": "Allow", "Principal": {"AWS": [a, b]}, "Action": "sts:AssumeRole"},
        {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": a}, "Action": "sts:AssumeRole"},
        {"Sid": "service", "Effect": "Allow", "Principal": {"AWS": a, "Service": "x.y"},
         "Action": "sts:AssumeRole"},
        {"Sid": "not", "Effect": "Deny", "NotPrincipal": {"AWS": [a, "AIDAEXAMPLEEXAMPLE12"]},
         "Action": "sts:*"},
        {"Sid": "gone", "Effect": "Deny", "Principal": {"AWS": "AROAEXAMPLEEXAMPLE12"}, "Action": "sts:*"},
    ]}));
    let document = document.document().unwrap();
    assert_eq!(document.aws_principals(), BTreeSet::from([a, b, "AROAEXAMPLEEXAMPLE12"]));
    assert_eq!(
        document.dangling_principals(),
        BTreeSet::from(["AIDAEXAMPLEEXAMPLE12", "AROAEXAMPLEEXAMPLE12"])
    );
    assert!(document.denies() && !document.only_denies());

    assert_eq!(document.without_principals(&BTreeSet::from(["x".to_owned()])), None);
    let without = document.without_principals(&BTreeSet::from([a.to_owned()])).unwrap();
    let left: Vec<_> = without.statements.iter().map(Statement::name).collect();
    assert_eq!(left, ["both", "gone", "not", "service"]);
    assert_eq!(without.aws_principals(), BTreeSet::from([b, "AROAEXAMPLEEXAMPLE12"]));

    let renamed = document.with_principals_renamed(&|name| (name == a).then(|| b.to_owned()));
    assert_eq!(renamed.aws_principals(), BTreeSet::from([b, "AROAEXAMPLEEXAMPLE12"]));
    assert!(!renamed.to_text().contains(a));
}

fn summary(found: &Value, wanted: &Value) -> Vec<String> {
    let (found, wanted) = (self::found(found), self::found(wanted));
    let changes = diff(found.document().unwrap(), wanted.document().unwrap());
    let line = |change: &hatrack::policy::StatementChange| match &change.change {
        Change::Added(_) => format!("+ {}", change.name),
        Change::Removed(_) => format!("- {}", change.name),
        Change::Same(_) => format!("= {}", change.name),
        Change::Changed { found, wanted } => {
            let elements = element_changes(found, wanted)
                .into_iter()
                .map(|e| format!("{} -{:?} +{:?} {}", e.element, e.removed, e.added, e.kept));
            format!("~ {}: {}", change.name, elements.collect::<Vec<_>>().join("; "))
        }
    };
    changes.iter().map(line).collect()
}

#[test]
fn statements_are_paired() {
    fn allow(sid: &str, action: Value, resource: &str) -> Value {
        json!({"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource})
    }
    let all = |statements: &[&Value]| json!({"Version": "2012-10-17", "Statement": statements});
    let data = "arn:aws:s3:::data/*";
    assert_eq!(
        summary(
            &all(&[
                &allow("Keep", json!("s3:ListBucket"), "*"),
                &allow("Read", json!(["s3:GetObject", "s3:PutObject"]), data),
                &allow("", json!(["ec2:StartInstances", "ec2:StopInstances"]), "*"),
                &allow("", json!("glue:GetTable"), "*"),
            ]),
            &all(&[
                &allow("Keep", json!("S3:listbucket"), "*"),
                &allow("Read", json!(["s3:getobject", "s3:DeleteObject"]), data),
                &allow("", json!(["ec2:StartInstances", "ec2:StopInstances", "ec2:RunInstances"]), "*"),
                &allow("", json!("athena:GetTable"), "*"),
            ]),
        ),
        [
            "+ Allow athena:GetTable",
            "~ Allow ec2:RunInstances, …: Action -[] +[\"ec2:RunInstances\"] 2",
            "= Keep",
            "~ Read: Action -[\"s3:PutObject\"] +[\"s3:DeleteObject\"] 1",
            "- Allow glue:GetTable",
        ]
    );
    let new_sid = (all(&[&allow("A", json!("s3:*"), data)]), all(&[&allow("B", json!("s3:*"), data)]));
    assert_eq!(summary(&new_sid.0, &new_sid.1), ["~ B: Sid -[\"A\"] +[\"B\"] 0"]);
}

#[test]
fn elements_are_compared() {
    let one = |json: Value| {
        let policy = found(&with(json));
        policy.document().unwrap().statements[0].clone()
    };
    let found_one = one(json!({"Sid": "s", "Effect": "Allow", "Principal": "*", "Action": "s3:*",
        "Resource": "arn:aws:s3:::b",
        "Condition": {"StringLike": {"S3:prefix": ["a", "b"]}, "Bool": {"aws:SecureTransport": "true"}}}));
    let wanted_one = one(json!({"Sid": "s", "Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"},
        "NotAction": "s3:*", "Resource": "arn:aws:s3:::b",
        "Condition": {"StringLike": {"s3:prefix": ["b", "c"]}, "Null": {"aws:x": []}}}));
    let changes = element_changes(&found_one, &wanted_one);
    let lines: Vec<_> =
        changes.iter().map(|e| format!("{}: {:?} {:?} {}", e.element, e.removed, e.added, e.kept)).collect();
    assert_eq!(
        lines,
        [
            r#"Effect: ["Allow"] ["Deny"] 0"#,
            r#"NotPrincipal AWS: [] ["arn:aws:iam::111122223333:root"] 0"#,
            r#"NotAction: [] ["s3:*"] 0"#,
            r#"Condition Null aws:x: [] ["[]"] 0"#,
            r#"Condition StringLike s3:prefix: ["a"] ["c"] 1"#,
            r#"Principal AWS: ["*"] [] 0"#,
            r#"Action: ["s3:*"] [] 0"#,
            r#"Condition Bool aws:SecureTransport: ["true"] [] 0"#,
        ]
    );
    let document = |version, id: &str| Document::new(version, Some(id.to_owned()), vec![]);
    let changes = document_changes(&document(Version::V2008, ""), &document(Version::V2012, "x"));
    let elements: Vec<_> =
        changes.iter().map(|c| (c.element.as_str(), c.removed.len(), c.added.len())).collect();
    assert_eq!(elements, [("Version", 1, 1), ("Id", 0, 1)]);
}

// ---- Properties ------------------------------------------------------------------------------------------

fn actions(words: &'static [&'static str]) -> impl Strategy<Value = Element<BTreeSet<Folded>>> {
    let set = prop::collection::btree_set(prop::sample::select(words), 1..4);
    (any::<bool>(), set).prop_map(|(is, set)| {
        let set = set.into_iter().map(|word| Folded(word.to_owned())).collect();
        if is { Element::Is(set) } else { Element::IsNot(set) }
    })
}

fn texts(words: &'static [&'static str]) -> impl Strategy<Value = BTreeSet<String>> {
    prop::collection::btree_set(prop::sample::select(words).prop_map(str::to_owned), 1..4)
}

fn conditions() -> impl Strategy<Value = BTreeMap<String, BTreeMap<Folded, BTreeSet<String>>>> {
    let operators =
        &["StringEquals", "ForAllValues:StringLike", "ArnLikeIfExists", "DateLessThan", "IpAddress"];
    let keys = &["aws:SourceIp", "aws:PrincipalTag/Project", "s3:prefix", "a.b/c:sub"];
    let key = prop::sample::select(&keys[..]).prop_map(|key| Folded(key.to_owned()));
    let values = prop::collection::btree_set("[ -~\u{A0}-\u{FF}\t\n]{0,6}", 1..4);
    let keys = prop::collection::btree_map(key, values, 1..3);
    prop::collection::btree_map(prop::sample::select(&operators[..]).prop_map(str::to_owned), keys, 0..3)
}

fn statements(usage: Usage) -> impl Strategy<Value = Vec<Statement>> {
    let words: &[&str] = match usage {
        Usage::Trust => &["sts:AssumeRole", "sts:TagSession", "sts:*", "sts:AssumeRoleWithSAML"],
        Usage::Identity | Usage::Bucket => &["*", "s3:GetObject", "s3:Put*", "ec2:?", "sagemaker:ListTags"],
    };
    let resources =
        &["*", "arn:aws:s3:::b", "arn:*:s3:::b/${aws:username}/*", "arn:aws:iam::111122223333:role/r"];
    let resource = (any::<bool>(), texts(resources))
        .prop_map(|(is, set)| if is { Element::Is(set) } else { Element::IsNot(set) });
    let aws = &["*", "arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/u"];
    let service = &["ec2.amazonaws.com", "glue.amazonaws.com"];
    let principal =
        (any::<bool>(), texts(aws), prop::option::of(texts(service))).prop_map(move |(is, aws, service)| {
            let mut principals = BTreeMap::from([("AWS".to_owned(), aws)]);
            principals.extend(service.map(|values| ("Service".to_owned(), values)));
            if is || usage == Usage::Trust { Element::Is(principals) } else { Element::IsNot(principals) }
        });
    let effect = prop::sample::select(vec![Effect::Allow, Effect::Deny]);
    let statement =
        (any::<bool>(), effect, principal, actions(words), resource, conditions()).prop_map(move |parts| {
            let (named, effect, principal, action, resource, conditions) = parts;
            let sid = named.then(String::new);
            let principal = (usage != Usage::Identity).then_some(principal);
            let resource = (usage != Usage::Trust).then_some(resource);
            Statement { sid, effect, principal, action, resource, conditions }
        });
    prop::collection::vec(statement, 1..5).prop_map(|mut statements| {
        for (index, statement) in statements.iter_mut().enumerate() {
            statement.sid = statement.sid.take().map(|_| format!("S{index}"));
        }
        statements
    })
}

fn documents() -> impl Strategy<Value = (Usage, Document)> {
    prop::sample::select(vec![Usage::Identity, Usage::Trust, Usage::Bucket]).prop_flat_map(|usage| {
        let version = prop::sample::select(vec![Version::V2008, Version::V2012]);
        let id = prop::option::of("[a-z ]{1,5}");
        (version, id, statements(usage)).prop_map(move |(v, id, s)| (usage, Document::new(v, id, s)))
    })
}

/// JSON made of the words of the grammar, so that it is often nearly a policy.
fn nearly() -> impl Strategy<Value = Value> {
    let words = [
        "Version",
        "2012-10-17",
        "Id",
        "Statement",
        "Sid",
        "Effect",
        "Allow",
        "Principal",
        "NotPrincipal",
        "AWS",
        "*",
        "Action",
        "s3:Get",
        "Resource",
        "NotResource",
        "Condition",
        "Bool",
        "StringLike",
        "stringlike",
        "aws:x",
        "AWS:X",
        "111122223333",
        "${a:b}",
        "",
    ];
    let word = prop::sample::select(words.to_vec());
    let leaf = prop_oneof![
        8 => word.clone().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        let pair = (word.clone().prop_map(str::to_owned), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            prop::collection::vec(pair, 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// A found statement in which any one part is anything at all.
fn disturbed() -> impl Strategy<Value = Value> {
    let parts =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition"];
    (prop::sample::select(parts.to_vec()), nearly()).prop_map(|(part, value)| but(part, value))
}

fn holds(policy: &Policy) -> Result<(), TestCaseError> {
    let kept = serde_json::to_string(policy).unwrap();
    prop_assert_eq!(&serde_json::from_str::<Policy>(&kept).unwrap(), policy);
    if policy.document().is_some() {
        prop_assert_eq!(&Policy::from_text(&policy.to_text(), "aws"), policy);
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_is_printed_is_read_again((usage, document) in documents()) {
        prop_assert_eq!(read(&document.to_json(), usage), Ok(document.clone()));
        let policy = Policy::Normal(document.clone());
        prop_assert_eq!(&Policy::from_text(&document.to_text(), "aws"), &policy);
        prop_assert_eq!(Policy::from_text(&format!(" {:#}", document.to_json()), "aws"), policy.clone());
        holds(&policy)?;
    }

    #[test]
    fn any_text_is_kept(text in any::<String>()) {
        let policy = Policy::from_text(&text, "aws");
        holds(&policy)?;
    }

    #[test]
    fn any_json_is_taken(json in prop_oneof![nearly(), disturbed()]) {
        holds(&found(&json))?;
        for usage in [Usage::Identity, Usage::Trust, Usage::Bucket] {
            match read(&json, usage) {
                Ok(document) => prop_assert_eq!(read(&document.to_json(), usage), Ok(document)),
                Err(problems) => {
                    prop_assert!(!problems.is_empty());
                    for problem in problems {
                        prop_assert!(json.pointer(&problem.pointer).is_some(), "{:?}", problem);
                    }
                }
            }
        }
    }

    #[test]
    fn a_difference_accounts_for_every_statement((_, found) in documents(), (_, wanted) in documents()) {
        let (mut left, mut right) = (vec![], vec![]);
        for change in diff(&found, &wanted) {
            match change.change {
                Change::Added(s) => right.push(s),
                Change::Removed(s) => left.push(s),
                Change::Same(s) => {
                    left.push(s.clone());
                    right.push(s);
                }
                Change::Changed { found, wanted } => {
                    prop_assert!(!element_changes(&found, &wanted).is_empty());
                    left.push(found);
                    right.push(wanted);
                }
            }
        }
        left.sort();
        right.sort();
        prop_assert_eq!(left, found.statements.clone());
        prop_assert_eq!(right, wanted.statements);
        prop_assert!(diff(&found, &found).iter().all(|c| matches!(c.change, Change::Same(_))));
    }
}
