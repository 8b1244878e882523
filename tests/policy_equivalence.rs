//! Which policy documents mean the same: pairs as texts, as people and AWS write them; and random documents, spelled in
//! random ways and packed, whose decisions must not change.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use hatrack::diagnostic::{Diagnostic, Source, has_errors};
use hatrack::policy::{Document, DocumentKind, Effect, Element, partition_of};
use hatrack::spec::document::parse_document;
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Equal,
    Different,
    NoPolicy,
}
use Outcome::{Different, Equal, NoPolicy};

/// Reads two texts as `hatrack policy diff` does.
fn compare(one: &str, other: &str) -> Outcome {
    compare_as(None, one, other)
}

/// The same with `--kind`.
fn compare_as(kind: Option<DocumentKind>, one: &str, other: &str) -> Outcome {
    let read = |text: &str| -> Result<Value, Vec<Diagnostic>> {
        let (node, found) = parse_document(&Arc::new(Source { name: "p".into(), text: text.into() }));
        if has_errors(&found) { Err(found) } else { Ok(node.unwrap().to_json()) }
    };
    let (Ok(one), Ok(other)) = (read(one), read(other)) else { return NoPolicy };
    let partition = partition_of([&one, &other]).unwrap_or_else(|| "aws".to_owned());
    let read = |json| Document::read_as_aws(json, &partition, kind);
    match (read(&one), read(&other)) {
        (Ok(one), Ok(other)) if one == other => Equal,
        (Ok(_), Ok(_)) => Different,
        _ => NoPolicy,
    }
}

/// A document of one statement, some of whose elements are replaced by those of `json`.
fn but(json: &str) -> String {
    let mut statement = json!({
        "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "arn:aws:s3:::lake/*",
    });
    let changes: Value = serde_json::from_str(&format!("{{{json}}}")).expect(json);
    for (element, value) in changes.as_object().unwrap() {
        if value.is_null() {
            statement.as_object_mut().unwrap().shift_remove(element);
        } else {
            statement[element] = value.clone();
        }
    }
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

/// Name, elements of the one statement, elements of the other, what they are to each other.
const STATEMENTS: &[(&str, &str, &str, Outcome)] = &[
    ("one action, or a list of one", r#""Action": "s3:*""#, r#""Action": ["s3:*"]"#, Equal),
    ("one resource, or a list of one", r#""Resource": "*""#, r#""Resource": ["*"]"#, Equal),
    ("order of actions", r#""Action": ["a:B", "a:C"]"#, r#""Action": ["a:C", "a:B"]"#, Equal),
    ("order of globs", r#""Action": ["a:Get*", "a:*"]"#, r#""Action": ["a:*", "a:Get*"]"#, Equal),
    ("an action twice", r#""Action": ["a:B", "a:B"]"#, r#""Action": "a:B""#, Equal),
    ("case of actions", r#""Action": "s3:GETobject""#, r#""Action": "s3:GetObject""#, Equal),
    ("case of the service", r#""Action": "S3:GetObject""#, r#""Action": "s3:GetObject""#, Equal),
    ("an action twice but for case", r#""Action": ["a:B", "A:b"]"#, r#""Action": "a:b""#, Equal),
    (
        "case of excepted actions",
        r#""Action": null, "NotAction": "IAM:*""#,
        r#""Action": null, "NotAction": ["iam:*"]"#,
        Equal,
    ),
    ("an action less", r#""Action": ["a:B", "a:C"]"#, r#""Action": "a:B""#, Different),
    ("a glob and what it covers", r#""Action": ["a:B", "a:*"]"#, r#""Action": "a:*""#, Different),
    ("all but, and only", r#""Action": "iam:*""#, r#""Action": null, "NotAction": "iam:*""#, Different),
    (
        "order of resources",
        r#""Resource": ["arn:aws:s3:::a", "arn:aws:s3:::b"]"#,
        r#""Resource": ["arn:aws:s3:::b", "arn:aws:s3:::a"]"#,
        Equal,
    ),
    ("a resource twice", r#""Resource": ["*", "*"]"#, r#""Resource": "*""#, Equal),
    (
        "case of resources",
        r#""Resource": "arn:aws:s3:::a/K""#,
        r#""Resource": "arn:aws:s3:::a/k""#,
        Different,
    ),
    ("a slash more", r#""Resource": "arn:aws:s3:::a""#, r#""Resource": "arn:aws:s3:::a/*""#, Different),
    (
        "resource of another partition",
        r#""Resource": "arn:aws:s3:::a""#,
        r#""Resource": "arn:aws-cn:s3:::a""#,
        Different,
    ),
    (
        "all resources but, and only",
        r#""Resource": "*""#,
        r#""Resource": null, "NotResource": "*""#,
        Different,
    ),
    ("effect", r#""Effect": "Deny""#, r#""Effect": "Allow""#, Different),
    ("no Sid and an empty one", r#""Sid": """#, "", Equal),
    ("another Sid", r#""Sid": "A""#, r#""Sid": "B""#, Different),
    ("case of Sids", r#""Sid": "A""#, r#""Sid": "a""#, Different),
    ("a Sid and none", r#""Sid": "A""#, "", Different),
    (
        "account and root",
        r#""Principal": {"AWS": "111122223333"}"#,
        r#""Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#,
        Equal,
    ),
    (
        "account and root in a list",
        r#""Principal": {"AWS": ["111122223333"]}"#,
        r#""Principal": {"AWS": ["arn:aws:iam::111122223333:root", "111122223333"]}"#,
        Equal,
    ),
    (
        "account in China",
        r#""Resource": "arn:aws-cn:s3:::a", "Principal": {"AWS": "111122223333"}"#,
        r#""Resource": "arn:aws-cn:s3:::a", "Principal": {"AWS": "arn:aws-cn:iam::111122223333:root"}"#,
        Equal,
    ),
    (
        "account in GovCloud",
        r#""Resource": "*", "Principal": {"AWS": "111122223333"}"#,
        r#""Resource": "*", "Principal": {"AWS": "arn:aws-us-gov:iam::111122223333:root"}"#,
        Equal,
    ),
    (
        "root of another partition",
        r#""Resource": "*", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}"#,
        r#""Resource": "*", "Principal": {"AWS": "arn:aws-cn:iam::111122223333:root"}"#,
        Different,
    ),
    (
        "root of another account",
        r#""Principal": {"AWS": "111122223333"}"#,
        r#""Principal": {"AWS": "444455556666"}"#,
        Different,
    ),
    (
        "account and a role of it",
        r#""Principal": {"AWS": "111122223333"}"#,
        r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}"#,
        Different,
    ),
    ("everyone", r#""Principal": "*""#, r#""Principal": {"AWS": "*"}"#, Equal),
    ("everyone in a list", r#""Principal": "*""#, r#""Principal": {"AWS": ["*"]}"#, Equal),
    ("everyone and every service", r#""Principal": "*""#, r#""Principal": {"Service": "*"}"#, Different),
    ("nobody of a type", r#""Principal": {"AWS": "*", "Service": []}"#, r#""Principal": "*""#, Equal),
    (
        "order of principals",
        r#""Principal": {"Service": ["a.b", "c.d"]}"#,
        r#""Principal": {"Service": ["c.d", "a.b"]}"#,
        Equal,
    ),
    (
        "order of types",
        r#""Principal": {"Service": "a.b", "AWS": "*"}"#,
        r#""Principal": {"AWS": "*", "Service": "a.b"}"#,
        Equal,
    ),
    ("all principals but, and only", r#""Principal": "*""#, r#""NotPrincipal": "*""#, Different),
    (
        "a deleted role and one of its name",
        r#""Principal": {"AWS": "AROAEXAMPLEEXAMPLE12"}"#,
        r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/r"}"#,
        Different,
    ),
    (
        "two deleted users",
        r#""Principal": {"AWS": "AIDAEXAMPLEEXAMPLE12"}"#,
        r#""Principal": {"AWS": "AIDAEXAMPLEEXAMPLE34"}"#,
        Different,
    ),
    ("no condition", r#""Condition": {}"#, "", Equal),
    ("a condition on nothing", r#""Condition": {"StringEquals": {}}"#, "", Equal),
    ("a condition and none", r#""Condition": {"Bool": {"a:b": "true"}}"#, "", Different),
    (
        "case of operators",
        r#""Condition": {"stringequals": {"a:b": "c"}}"#,
        r#""Condition": {"StringEquals": {"a:b": "c"}}"#,
        Equal,
    ),
    (
        "case of quantifiers",
        r#""Condition": {"forallvalues:stringlike": {"a:b": "c"}}"#,
        r#""Condition": {"ForAllValues:StringLike": {"a:b": "c"}}"#,
        Equal,
    ),
    (
        "case of keys",
        r#""Condition": {"StringEquals": {"AWS:sourceaccount": "c"}}"#,
        r#""Condition": {"StringEquals": {"aws:SourceAccount": "c"}}"#,
        Equal,
    ),
    (
        "case of tags in keys",
        r#""Condition": {"StringEquals": {"aws:PrincipalTag/TEAM": "c"}}"#,
        r#""Condition": {"StringEquals": {"aws:PrincipalTag/team": "c"}}"#,
        Equal,
    ),
    (
        "case of values",
        r#""Condition": {"StringEquals": {"a:b": "C"}}"#,
        r#""Condition": {"StringEquals": {"a:b": "c"}}"#,
        Different,
    ),
    (
        "case that is ignored",
        r#""Condition": {"StringEqualsIgnoreCase": {"a:b": "C"}}"#,
        r#""Condition": {"StringEqualsIgnoreCase": {"a:b": "c"}}"#,
        Equal,
    ),
    (
        "one value, or a list of one",
        r#""Condition": {"StringLike": {"a:b": ["c"]}}"#,
        r#""Condition": {"StringLike": {"a:b": "c"}}"#,
        Equal,
    ),
    (
        "order of values",
        r#""Condition": {"StringLike": {"a:b": ["c", "d", "c"]}}"#,
        r#""Condition": {"StringLike": {"a:b": ["d", "c"]}}"#,
        Equal,
    ),
    (
        "order of operators and keys",
        r#""Condition": {"StringLike": {"a:b": "c", "a:d": "e"}, "Bool": {"a:b": "true"}}"#,
        r#""Condition": {"Bool": {"a:b": "true"}, "StringLike": {"a:d": "e", "a:b": "c"}}"#,
        Equal,
    ),
    (
        "truth without quotes",
        r#""Condition": {"Bool": {"a:b": true}}"#,
        r#""Condition": {"Bool": {"a:b": "true"}}"#,
        Equal,
    ),
    (
        "case of truth",
        r#""Condition": {"Bool": {"a:b": "True"}}"#,
        r#""Condition": {"Bool": {"a:b": ["TRUE"]}}"#,
        Equal,
    ),
    (
        "truth and its contrary",
        r#""Condition": {"Bool": {"a:b": true}}"#,
        r#""Condition": {"Bool": {"a:b": false}}"#,
        Different,
    ),
    (
        "truth as text",
        r#""Condition": {"StringEquals": {"a:b": "True"}}"#,
        r#""Condition": {"StringEquals": {"a:b": "true"}}"#,
        Different,
    ),
    (
        "absence",
        r#""Condition": {"Null": {"a:b": "True"}}"#,
        r#""Condition": {"Null": {"a:b": true}}"#,
        Equal,
    ),
    (
        "a number without quotes",
        r#""Condition": {"NumericLessThan": {"a:b": 3600}}"#,
        r#""Condition": {"NumericLessThan": {"a:b": "3600"}}"#,
        Equal,
    ),
    (
        "zeros of a number",
        r#""Condition": {"NumericLessThan": {"a:b": "1.50"}}"#,
        r#""Condition": {"NumericLessThan": {"a:b": 1.5}}"#,
        Equal,
    ),
    (
        "digits as text",
        r#""Condition": {"StringEquals": {"a:b": "01"}}"#,
        r#""Condition": {"StringEquals": {"a:b": "1"}}"#,
        Different,
    ),
    (
        "an address and its range",
        r#""Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.1"}}"#,
        r#""Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.1/32"}}"#,
        Equal,
    ),
    (
        "spelling of IPv6",
        r#""Condition": {"NotIpAddress": {"aws:SourceIp": "2001:DB8:0:0::1/128"}}"#,
        r#""Condition": {"NotIpAddress": {"aws:SourceIp": "2001:db8::1"}}"#,
        Equal,
    ),
    (
        "another range",
        r#""Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
        r#""Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/16"}}"#,
        Different,
    ),
    (
        "if it exists",
        r#""Condition": {"StringLike": {"a:b": "c"}}"#,
        r#""Condition": {"StringLikeIfExists": {"a:b": "c"}}"#,
        Different,
    ),
    (
        "like and equals",
        r#""Condition": {"StringLike": {"a:b": "c"}}"#,
        r#""Condition": {"StringEquals": {"a:b": "c"}}"#,
        Different,
    ),
    (
        "two words for one test of ARNs",
        r#""Condition": {"ArnLike": {"a:b": "c"}}"#,
        r#""Condition": {"ArnEquals": {"a:b": "c"}}"#,
        Different,
    ),
    (
        "all and any",
        r#""Condition": {"ForAllValues:StringLike": {"a:b": "c"}}"#,
        r#""Condition": {"ForAnyValue:StringLike": {"a:b": "c"}}"#,
        Different,
    ),
    ("no value and no key", r#""Condition": {"StringLike": {"a:b": []}}"#, "", Different),
    (
        "one operator in two spellings",
        r#""Condition": {"StringLike": {"a:b": "c"}, "stringlike": {"a:d": "e"}}"#,
        "",
        NoPolicy,
    ),
    ("one key in two spellings", r#""Condition": {"StringLike": {"a:b": "c", "A:B": "d"}}"#, "", NoPolicy),
    ("effect in small letters", r#""Effect": "allow""#, "", NoPolicy),
    ("no effect", r#""Effect": null"#, "", NoPolicy),
    ("an unknown element", r#""Comment": "x""#, "", NoPolicy),
    ("an element in small letters", r#""Action": null, "action": "s3:*""#, "", NoPolicy),
    ("no action", r#""Action": null"#, "", NoPolicy),
    ("an empty list of actions", r#""Action": []"#, "", NoPolicy),
    ("action and its contrary", r#""NotAction": "iam:*""#, "", NoPolicy),
    ("resource and its contrary", r#""NotResource": "*""#, "", NoPolicy),
    ("principal and its contrary", r#""Principal": "*", "NotPrincipal": "*""#, "", NoPolicy),
    ("an action that is a number", r#""Action": 1"#, "", NoPolicy),
    ("a principal that is plain text", r#""Principal": "111122223333""#, "", NoPolicy),
    ("a condition that is a list", r#""Condition": []"#, "", NoPolicy),
    ("an unknown operator", r#""Condition": {"StringIs": {"a:b": "c"}}"#, "", NoPolicy),
    ("a value that is nothing", r#""Condition": {"StringLike": {"a:b": null}}"#, "", NoPolicy),
    (
        "one instant",
        r#""Condition": {"DateLessThan": {"a:b": "2027-01-31T00:00:00Z"}}"#,
        r#""Condition": {"DateLessThan": {"a:b": ["2027-01-31T01:00:00.0+01:00", "2027-01-31T00:00Z"]}}"#,
        Equal,
    ),
    (
        "another instant",
        r#""Condition": {"DateLessThan": {"a:b": "2027-01-31T00:00:00Z"}}"#,
        r#""Condition": {"DateLessThan": {"a:b": "2027-01-31T00:00:00+01:00"}}"#,
        Different,
    ),
    (
        "an instant as AWS does not take it",
        r#""Condition": {"DateLessThan": {"a:b": "2027-01-31T00:00:00Z"}}"#,
        r#""Condition": {"DateLessThan": {"a:b": "2027-01-31 00:00:00Z"}}"#,
        Different,
    ),
    (
        "dates as text",
        r#""Condition": {"StringEquals": {"a:b": "2027-01-31T00:00:00Z"}}"#,
        r#""Condition": {"StringEquals": {"a:b": "2027-01-31T00:00Z"}}"#,
        Different,
    ),
    ("case of a type of principal", r#""Principal": {"aws": "111122223333"}"#, "", NoPolicy),
    ("an unknown type of principal", r#""Principal": {"Group": "g"}"#, "", NoPolicy),
    (
        "part of a principal left open",
        r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/*"}"#,
        "",
        NoPolicy,
    ),
    ("an empty principal", r#""Principal": {"AWS": [""]}"#, "", NoPolicy),
    ("an empty action", r#""Action": ["s3:GetObject", ""]"#, "", NoPolicy),
    ("an action of no service", r#""Action": "GetObject""#, "", NoPolicy),
    ("an empty resource", r#""Resource": """#, "", NoPolicy),
    ("a resource that is a mere name", r#""Resource": "lake""#, "", NoPolicy),
    ("an ARN in capitals", r#""Resource": "ARN:aws:s3:::lake""#, "", NoPolicy),
    (
        "a resource of API Gateway",
        r#""Principal": "*", "Resource": "execute-api:/prod""#,
        r#""Principal": "*", "Resource": ["execute-api:/prod"]"#,
        Equal,
    ),
    ("neither resource nor principal", r#""Resource": null"#, "", NoPolicy),
    ("a Sid that IAM does not take", r#""Sid": "Read lake""#, "", NoPolicy),
    (
        "a Sid that S3 takes",
        r#""Principal": "*", "Sid": "Read lake""#,
        r#""Principal": {"AWS": "*"}, "Sid": "Read lake""#,
        Equal,
    ),
    ("a character that IAM does not take", r#""Resource": "arn:aws:s3:::lake/\u65e5""#, "", NoPolicy),
    ("Latin-1", r#""Resource": "arn:aws:s3:::lake/\u00e9""#, r#""Resource": ["arn:aws:s3:::lake/é"]"#, Equal),
];

/// Elements of a statement, what the document is said to be for, and whether it then is a policy.
const KINDS: &[(&str, DocumentKind, bool)] = &[
    ("", DocumentKind::Identity, true),
    ("", DocumentKind::Boundary, true),
    ("", DocumentKind::Trust, false),
    ("", DocumentKind::Resource, false),
    (r#""Principal": "*""#, DocumentKind::Resource, true),
    (r#""Principal": "*""#, DocumentKind::Identity, false),
    (r#""Principal": "*", "Resource": null"#, DocumentKind::Resource, true),
    (r#""Principal": "*", "Resource": null"#, DocumentKind::Boundary, false),
    (r#""Principal": "*", "Resource": null"#, DocumentKind::Trust, false),
    (r#""Principal": "*", "Resource": null, "Action": "STS:AssumeRole""#, DocumentKind::Trust, true),
    (r#""Principal": "*", "Action": "sts:AssumeRole""#, DocumentKind::Trust, false),
    (r#""NotPrincipal": {"AWS": "*"}, "Resource": null, "Action": "sts:*""#, DocumentKind::Trust, false),
    (r#""NotPrincipal": {"AWS": "*"}"#, DocumentKind::Resource, true),
];

#[test]
fn kinds() {
    for (elements, kind, wanted) in KINDS {
        let text = but(elements);
        let outcome = if *wanted { Equal } else { NoPolicy };
        assert_eq!(compare_as(Some(*kind), &text, &text), outcome, "{} {text}", kind.word());
        assert_eq!(compare(&text, &text), Equal, "{text}");
    }
}

#[test]
fn statements() {
    for (name, one, other, wanted) in STATEMENTS {
        let (one, other) = (but(one), but(other));
        assert_eq!(compare(&one, &other), *wanted, "{name}\n{one}\n{other}");
        assert_eq!(compare(&other, &one), *wanted, "{name}, the other way round");
        if *wanted != NoPolicy {
            assert_eq!(compare(&one, &one), Equal, "{name}, with itself");
        }
    }
}

const PLAIN: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}"#;

/// Name, one text, another, what they are to each other.
const TEXTS: &[(&str, &str, &str, Outcome)] = &[
    (
        "order of keys",
        PLAIN,
        r#"{"Statement": [{"Resource": "*", "Action": "s3:GetObject", "Effect": "Allow"}], "Version": "2012-10-17"}"#,
        Equal,
    ),
    (
        "white space",
        PLAIN,
        "\u{feff}\r\n{\t\"Version\":\"2012-10-17\",\r\n\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"}]}\r\n",
        Equal,
    ),
    (
        "escapes",
        PLAIN,
        r#"{"Version": "2012-10-17", "State\u006dent": [{"Effect": "\u0041llow", "Action": "s3:GetObject", "Resource": "\u002a"}]}"#,
        Equal,
    ),
    (
        "one statement, or a list of one",
        PLAIN,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}"#,
        Equal,
    ),
    (
        "a statement twice",
        PLAIN,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, {"Effect": "Allow", "Action": ["s3:getobject"], "Resource": "*"}]}"#,
        Equal,
    ),
    (
        "as YAML",
        PLAIN,
        "Version: \"2012-10-17\"\nStatement:\n  - Effect: Allow\n    Action: s3:GetObject # one\n    Resource: \"*\"\n",
        Equal,
    ),
    (
        "as get-policy-version shows it",
        PLAIN,
        r#"{"PolicyVersion": {"VersionId": "v3", "Document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}]}}}"#,
        Equal,
    ),
    (
        "as get-bucket-policy shows it",
        PLAIN,
        r#"{"Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\"}]}"}"#,
        Equal,
    ),
    (
        "as the API sends it",
        PLAIN,
        "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGetObject%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D",
        Equal,
    ),
    (
        "no version",
        r#"{"Version": "2008-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#,
        r#"{"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#,
        Equal,
    ),
    (
        "another version",
        PLAIN,
        r#"{"Version": "2008-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}"#,
        Different,
    ),
    (
        "an id",
        PLAIN,
        r#"{"Version": "2012-10-17", "Id": "x", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}"#,
        Different,
    ),
    (
        "order of statements",
        r#"{"Statement": [{"Effect": "Deny", "Action": "a:*", "Resource": "*"}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#,
        r#"{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "a:*", "Resource": "*"}]}"#,
        Equal,
    ),
    (
        "a statement more",
        PLAIN,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}, {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]}"#,
        Different,
    ),
    (
        "an unknown version",
        PLAIN,
        r#"{"Version": "2012-10-18", "Statement": [{"Effect": "Allow", "Action": "a:*", "Resource": "*"}]}"#,
        NoPolicy,
    ),
    ("no statement", PLAIN, r#"{"Version": "2012-10-17"}"#, NoPolicy),
    ("an empty list of statements", PLAIN, r#"{"Version": "2012-10-17", "Statement": []}"#, NoPolicy),
    ("a statement that is nothing", PLAIN, r#"{"Version": "2012-10-17", "Statement": null}"#, NoPolicy),
    (
        "an unknown element",
        PLAIN,
        r#"{"Version": "2012-10-17", "Comment": "x", "Statement": [{"Effect": "Allow", "Action": "a:*", "Resource": "*"}]}"#,
        NoPolicy,
    ),
    (
        "a key twice",
        PLAIN,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}"#,
        NoPolicy,
    ),
    (
        "a comma too many",
        PLAIN,
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},]}"#,
        NoPolicy,
    ),
    ("a comment", PLAIN, "{\"Version\": \"2012-10-17\", // x\n \"Statement\": []}", NoPolicy),
    ("nothing at all", PLAIN, "", NoPolicy),
    ("a list", PLAIN, r#"[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]"#, NoPolicy),
    ("not a policy, with itself", "{}", "{}", NoPolicy),
    (
        "one Sid for two statements",
        PLAIN,
        r#"{"Statement": [{"Sid": "A", "Effect": "Allow", "Action": "a:B", "Resource": "*"}, {"Sid": "A", "Effect": "Deny", "Action": "a:C", "Resource": "*"}]}"#,
        NoPolicy,
    ),
    (
        "a list of one document",
        PLAIN,
        r#"[{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}]"#,
        NoPolicy,
    ),
];

#[test]
fn texts() {
    for (name, one, other, wanted) in TEXTS {
        assert_eq!(compare(one, other), *wanted, "{name}\n{one}\n{other}");
        assert_eq!(compare(other, one), *wanted, "{name}, the other way round");
    }
}

const ACTIONS: [&str; 7] =
    ["s3:GetObject", "s3:Get*", "s3:*", "s3:PutObject", "s3:Put?bject", "glue:GetTable", "*"];
const RESOURCES: [&str; 6] =
    ["arn:aws:s3:::a", "arn:aws:s3:::a/*", "arn:aws:s3:::a/x", "arn:aws:s3:::?/x", "arn:aws:s3:::b*", "*"];
const PRINCIPALS: [(&str, &str); 4] = [
    ("AWS", "111122223333"),
    ("AWS", "arn:aws:iam::111122223333:role/r"),
    ("AWS", "*"),
    ("Service", "glue.amazonaws.com"),
];
const TAGS: [&str; 2] = ["red", "blue"];

/// Which of some values, as bits, at least one of them.
fn some(count: u32) -> impl Strategy<Value = u32> {
    1..(1_u32 << count)
}

fn chosen<T: Copy>(values: &[T], bits: u32) -> Vec<T> {
    values.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, value)| *value).collect()
}

fn statement() -> impl Strategy<Value = Value> {
    // From few choices, so that statements have lists in common and can be put together.
    let few =
        |masks: &'static [u32], all: u32| prop_oneof![4 => proptest::sample::select(masks), 1 => some(all)];
    let principals = proptest::sample::select(&[0, 0, 0b1, 0b1000, 0b110][..]);
    let tags = proptest::sample::select(&[0, 0, 0b1, 0b11][..]);
    let lists = (few(&[0b1, 0b1010, 0b1000000], 7), few(&[0b10, 0b1001, 0b100000], 6), principals, tags);
    (lists, any::<bool>(), 0..3_u8, 0..3_u8, proptest::option::weighted(0.2, 0..3_u8)).prop_map(
        |((actions, resources, principals, tags), allow, not_action, not_resource, sid)| {
            let mut statement = json!({"Effect": if allow { "Allow" } else { "Deny" }});
            // Mostly the plain elements: those are what is packed.
            let action = if not_action == 0 { "NotAction" } else { "Action" };
            let resource = if not_resource == 0 { "NotResource" } else { "Resource" };
            statement[action] = json!(chosen(&ACTIONS, actions));
            statement[resource] = json!(chosen(&RESOURCES, resources));
            let mut named = serde_json::Map::new();
            for (kind, value) in chosen(&PRINCIPALS, principals) {
                named.entry(kind).or_insert(json!([])).as_array_mut().unwrap().push(json!(value));
            }
            if !named.is_empty() {
                statement["Principal"] = named.into();
            }
            if tags > 0 {
                statement["Condition"] =
                    json!({"StringEquals": {"aws:PrincipalTag/Colour": chosen(&TAGS, tags)}});
            }
            if let Some(sid) = sid {
                statement["Sid"] = json!(format!("S{sid}"));
            }
            statement
        },
    )
}

fn document() -> impl Strategy<Value = Value> {
    proptest::collection::vec(statement(), 1..8).prop_map(|mut statements| {
        let mut sids = BTreeSet::new();
        for statement in &mut statements {
            // IAM refuses a document that has one Sid twice.
            if !statement["Sid"].is_null() && !sids.insert(statement["Sid"].to_string()) {
                statement.as_object_mut().unwrap().shift_remove("Sid");
            }
        }
        json!({"Version": "2012-10-17", "Statement": statements})
    })
}

/// Numbers one after the other, the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            list.swap(at, self.roll(at + 1));
        }
    }

    fn case(&mut self, text: &str) -> String {
        let each = |c: char| if self.roll(2) == 0 { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        text.chars().map(each).collect()
    }
}

/// The same said in another way.
fn respelled(json: &Value, at: &str, dice: &mut Dice) -> Value {
    match json {
        Value::Object(object) => {
            let mut entries: Vec<_> = object
                .iter()
                .map(|(key, value)| {
                    let folded = matches!(at, "Condition" | "StringEquals");
                    let spelled = if folded { dice.case(key) } else { key.clone() };
                    (spelled, respelled(value, key, dice))
                })
                .collect();
            dice.shuffle(&mut entries);
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(list) => {
            let mut list: Vec<_> = list.iter().map(|item| respelled(item, at, dice)).collect();
            let twice = list[dice.roll(list.len())].clone();
            if dice.roll(2) == 0 && twice.get("Sid").is_none() {
                list.push(twice);
            }
            dice.shuffle(&mut list);
            if list.len() == 1 && dice.roll(2) == 0 { list.remove(0) } else { list.into() }
        }
        Value::String(text) => match at {
            "Action" | "NotAction" => dice.case(text).into(),
            "AWS" if text == "111122223333" && dice.roll(2) == 0 => "arn:aws:iam::111122223333:root".into(),
            _ => text.as_str().into(),
        },
        other => other.clone(),
    }
}

/// Who asks for what: principal's type and name, action, resource, and the value of the tag.
type Request<'a> = (&'a str, &'a str, &'a str, &'a str, Option<&'a str>);

/// Nothing, allowed or denied, straight from the definition.
fn decision(document: &Document, (kind, who, action, resource, tag): Request<'_>) -> Option<Effect> {
    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) if matches(rest, text) => true,
            (Some((b'*', _)), Some((_, tail))) => matches(pattern, tail),
            (Some((p, rest)), Some((t, tail))) => (*p == b'?' || p == t) && matches(rest, tail),
            _ => false,
        }
    }
    let is = |element_is_not: bool, any: bool| any != element_is_not;
    let applies = |statement: &&hatrack::policy::Statement| {
        let action_lower = action.to_ascii_lowercase();
        let acts = statement.action.value().iter();
        let acts = acts
            .map(|a| a.as_str().to_ascii_lowercase())
            .any(|a| matches(a.as_bytes(), action_lower.as_bytes()));
        let on = statement.resource.as_ref().unwrap();
        let on_it = on.value().iter().any(|r| matches(r.as_bytes(), resource.as_bytes()));
        let by = match &statement.principal {
            None => true,
            Some(Element::Is(named)) => {
                let values = named.get(kind);
                values.is_some_and(|values| values.contains(who) || (kind == "AWS" && values.contains("*")))
            }
            Some(Element::IsNot(_)) => panic!("not generated"),
        };
        let keys = statement.conditions.values().flat_map(|keys| keys.values());
        let holds = keys.into_iter().all(|values| tag.is_some_and(|tag| values.contains(tag)));
        is(statement.action.is_not(), acts) && is(on.is_not(), on_it) && by && holds
    };
    // Deny is the greater of the two.
    document.statements.iter().filter(applies).map(|statement| statement.effect).max()
}

fn requests() -> impl Iterator<Item = Request<'static>> {
    let who = [
        ("AWS", "arn:aws:iam::111122223333:root"),
        ("AWS", "arn:aws:iam::111122223333:role/r"),
        ("AWS", "arn:aws:iam::444455556666:root"),
        ("Service", "glue.amazonaws.com"),
    ];
    let actions =
        ["s3:GetObject", "s3:GetTags", "s3:PutObject", "s3:DeleteObject", "glue:GetTable", "ec2:Run"];
    let resources =
        ["arn:aws:s3:::a", "arn:aws:s3:::a/x", "arn:aws:s3:::a/y", "arn:aws:s3:::b/x", "arn:aws:s3:::c"];
    let tags = [None, Some("red"), Some("blue")];
    who.into_iter().flat_map(move |(kind, who)| {
        actions.into_iter().flat_map(move |action| {
            resources
                .into_iter()
                .flat_map(move |resource| tags.into_iter().map(move |tag| (kind, who, action, resource, tag)))
        })
    })
}

fn read(json: &Value) -> Document {
    Document::read_as_aws(json, "aws", None).unwrap_or_else(|problems| panic!("{json}: {problems:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn spelling_does_not_matter(json in document(), seed in any::<u64>()) {
        let other = respelled(&json, "", &mut Dice(seed));
        prop_assert_eq!(read(&json), read(&other), "{}\n{}", json, other);
        prop_assert_eq!(compare(&json.to_string(), &other.to_string()), Equal);
    }

    #[test]
    fn what_is_printed_is_what_was_read(json in document()) {
        let document = read(&json);
        prop_assert_eq!(&read(&document.to_json()), &document);
    }

    #[test]
    fn packing_changes_no_decision(json in document()) {
        let document = read(&json);
        for packed in [document.packed(), document.packed_without_sids()] {
            for request in requests() {
                prop_assert_eq!(
                    decision(&packed, request), decision(&document, request),
                    "{:?}\n{}\n{}", request, document.to_text(), packed.to_text()
                );
            }
            prop_assert!(packed.to_text().len() <= document.to_text().len());
            prop_assert_eq!(&packed.packed(), &packed, "packed twice");
            prop_assert_eq!(&read(&packed.to_json()), &packed);
        }
    }
}
