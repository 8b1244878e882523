//! What validation says, statement by statement, and what it does not say.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

use hatrack::diagnostic::Severity::{self, Error, Warning};
use hatrack::policy::{Problem, Usage, Written};
use serde_json::{Value, json};

fn check(json: &Value, usage: Usage) -> Vec<Problem> {
    let (written, mut problems) = Written::read(json, usage, "aws");
    problems.extend(written.iter().flat_map(|written| written.check("aws")));
    problems
}

/// A statement of a policy, and what is said of it: rule, severity, pointer, a word of message or help.
#[track_caller]
fn says(statement: &Value, expected: &[(&str, Severity, &str, &str)]) {
    said(check(statement, Usage::Identity), statement, expected);
}

#[track_caller]
fn said(problems: Vec<Problem>, of: &Value, expected: &[(&str, Severity, &str, &str)]) {
    assert_eq!(problems.len(), expected.len(), "{of}: {problems:#?}");
    for (rule, severity, pointer, word) in expected {
        let fits = |p: &Problem| {
            let text = format!("{} {}", p.message, p.help.as_deref().unwrap_or_default());
            p.rule == *rule && p.severity == *severity && p.pointer == *pointer && text.contains(word)
        };
        assert!(problems.iter().any(fits), "{of}: no {rule} at {pointer} ({word}) in {problems:#?}");
    }
    for problem in &problems {
        assert!(of.pointer(&problem.pointer).is_some() || problem.pointer.is_empty(), "{problem:?}");
        assert!(!problem.message.ends_with('.'), "{problem:?}");
    }
}

fn allow(action: &Value, resource: &Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

fn on(action: &str, resource: &str) -> Value {
    allow(&json!(action), &json!(resource))
}

fn when(condition: &Value) -> Value {
    json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": condition})
}

#[test]
fn actions() {
    let unknown = |action: &str, rule: &str, word: &str| {
        says(&on(action, "*"), &[(rule, Error, "/Action", word)]);
    };
    unknown("s3:GetObjects", "unknown-action", "did you mean `s3:GetObject`?");
    unknown("S3:LISTOBJECTSV2", "unknown-action", "did you mean `s3:ListBucket`?");
    unknown("s3:Gett*", "unknown-action", "did you mean `s3:Get*`?");
    unknown("s3:Lits*", "unknown-action", "did you mean `s3:List*`?");
    unknown("s3:??", "unknown-action", "covers no action");
    unknown("s3:Xyzzy", "unknown-action", "has no action `Xyzzy`");
    unknown("lamda:InvokeFunction", "unknown-service", "did you mean `lambda:InvokeFunction`?");
    unknown("stepfunctions:*", "unknown-service", "did you mean `states:*`?");
    unknown("qqqqqqqq:Do", "unknown-service", "no service `qqqqqqqq`");
    for known in
        ["s3:getobject", "S3:GetObject", "s3:?etObject", "*", "deeplens:AnythingAtAll", "s3:*", "sts:*"]
    {
        says(&on(known, "*"), &[]);
    }
    let not = json!({"Effect": "Deny", "NotAction": ["iam:*", "stss:*"], "Resource": "*"});
    says(&not, &[("unknown-service", Error, "/NotAction/1", "did you mean `sts:*`?")]);
    let trust = json!({"Effect": "Allow", "Principal": "*", "Action": "sts:Asume*"});
    let expected = [("unknown-action", Error, "/Action", "covers no action")];
    said(check(&trust, Usage::Trust), &trust, &expected);
}

#[test]
fn actions_and_resources() {
    let rule = "action-resource-mismatch";
    let bucket = "arn:aws:s3:::acme-alpha";
    let objects = "arn:aws:s3:::acme-alpha/*";
    says(&on("s3:ListBucket", objects), &[(rule, Error, "/Action", "write `arn:aws:s3:::acme-alpha`")]);
    says(&on("s3:GetObject", bucket), &[(rule, Error, "/Action", "write `arn:aws:s3:::acme-alpha/*`")]);
    says(&on("s3:ListAllMyBuckets", bucket), &[(rule, Error, "/Action", "only `*` covers it")]);
    says(&on("s3:ListAllMyBuckets", objects), &[(rule, Warning, "/Action", "only `*` covers it")]);
    says(&on("ec2:DescribeInstances", "arn:aws:ec2:*:*:instance/i-1"), &[(rule, Error, "/Action", "`*`")]);
    says(&on("s3:GetObject", "arn:aws:iam::111122223333:role/r"), &[(rule, Error, "/Action", "`object`")]);
    says(&on("s3:ListBucket*", objects), &[(rule, Error, "/Action", "never matches")]);
    let two = allow(&json!(["s3:GetObject", "s3:ListBucket"]), &json!(objects));
    says(&two, &[(rule, Error, "/Action/1", "`s3:ListBucket` never matches")]);
    let deny = json!({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": objects});
    says(&deny, &[(rule, Error, "/Action", "write `arn:aws:s3:::acme-alpha`")]);
    let policy = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": objects});
    said(check(&policy, Usage::Bucket), &policy, &[(rule, Error, "/Action", "bucket")]);
    for (action, resource) in [
        ("s3:ListBucket", bucket),
        ("s3:ListBucket", "arn:aws:s3:::acme-*"),
        ("s3:GetObject", "arn:aws:s3:::acme-*"),
        ("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/Bucket}"),
        ("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:accesspoint/a/object/*"),
        ("s3:*", objects),
        ("s3:Get*", objects),
        ("s3:ListAllMyBuckets", "arn:aws:s3:::*"),
        ("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:/aws/lambda/*"),
        ("logs:CreateLogStream", "arn:aws:logs:eu-west-1:111122223333:log-group:/acme:*"),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/team/*"),
        ("ec2:RunInstances", "arn:aws:ec2:eu-west-1::image/ami-*"),
        ("ssm:SendCommand", "arn:aws:ssm:eu-west-1::document/AWS-RunShellScript"),
        ("dynamodb:Query", "arn:aws:dynamodb:eu-west-1:111122223333:table/t/index/*"),
        ("sagemaker:CreateTrainingJob", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/*"),
    ] {
        says(&on(action, resource), &[]);
    }
    says(&json!({"Effect": "Deny", "Action": "s3:ListBucket", "NotResource": objects}), &[]);
    says(&json!({"Effect": "Deny", "NotAction": "s3:ListBucket", "Resource": objects}), &[]);
    says(&allow(&json!("s3:ListBucket"), &json!([objects, bucket])), &[]);
    says(&allow(&json!("s3:ListBucket"), &json!([objects, "*"])), &[]);
}

#[test]
fn arns() {
    let rule = "malformed-arn";
    let wrong = |arn: &str, severity: Severity, word: &str| {
        says(&on("*", arn), &[(rule, severity, "/Resource", word)]);
    };
    wrong("arn:aws:s3:eu-west-1::acme", Error, "write `arn:aws:s3:::acme`");
    wrong("arn:aws:s3::111122223333:acme", Error, "write `arn:aws:s3:::acme`");
    wrong("arn:aws:iam:eu-west-1:111122223333:role/r", Error, "has no region");
    wrong("arn:aws:iam:::role/r", Error, "write `arn:aws:iam::*:role/r`");
    wrong("arn:aws:iam:::role/*", Warning, "names no account");
    wrong("arn:aws:sagemaker::111122223333:endpoint/e", Error, "names no region");
    wrong("arn:aws:iam::1111222233:role/r", Error, "twelve digits");
    wrong("arn:aws:sagemaker:eu-wset-1:111122223333:endpoint/e", Error, "did you mean `eu-west-1`?");
    wrong("arn:aws:sagemaker:cn-north-1:111122223333:endpoint/e", Error, "is in partition `aws-cn`");
    wrong("arn:aws-cn:s3:::acme", Error, "write `arn:aws:s3:::acme`");
    wrong("arn:aws:s33:::acme", Error, "did you mean `s3`?");
    for fine in [
        "arn:aws:s3:::acme",
        "arn:aws:s3:::acme/${aws:username}/*",
        "arn:aws:iam::*:role/r",
        "arn:aws:iam::aws:policy/ReadOnlyAccess",
        "arn:aws:iam:*:111122223333:role/r",
        "arn:*:s3:::acme",
        "arn:aws:sagemaker:eu-*:111122223333:endpoint/e",
        "arn:aws:ssm:eu-west-1::parameter/aws/service/ami",
        "arn:aws:ec2:eu-west-1::image/ami-1",
        "arn:aws:cloudfront::111122223333:distribution/E1",
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/a/1",
    ] {
        says(&on("*", fine), &[]);
    }
}

#[test]
fn condition_keys() {
    let unknown = |key: &str, word: &str| {
        let pointer = format!("/Condition/StringEquals/{}", key.replace('/', "~1"));
        says(
            &when(&json!({"StringEquals": {key: "x"}})),
            &[("unknown-condition-key", Error, &pointer, word)],
        );
    };
    unknown("aws:PrincipleTag/Team", "did you mean `aws:PrincipalTag/Team`?");
    unknown("aws:SourceVpcEndpoint", "condition key");
    unknown("s3:prefx", "did you mean `s3:prefix`?");
    unknown("SourceVpc", "did you mean `aws:SourceVpc`?");
    unknown("awss:SourceVpc", "did you mean `aws:SourceVpc`?");
    unknown("s3:ExistingObjectTags/class", "did you mean `s3:ExistingObjectTag/class`?");
    for known in [
        "aws:PrincipalTag/Team",
        "AWS:principaltag/Team",
        "s3:prefix",
        "S3:PREFIX",
        "lambda:SourceFunctionArn",
        "ec2:SourceInstanceArn",
    ] {
        says(&when(&json!({"StringEquals": {known: "x"}})), &[]);
    }
    let trust = |key: &str| {
        json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {key: "x"}},
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/login.example.com"}})
    };
    for claim in ["login.example.com:sub", "login.example.com/realm:aud", "login.example.com:groups"] {
        let trust = trust(claim);
        said(check(&trust, Usage::Trust), &trust, &[]);
    }
    let foreign = |operator: &str, key: &str, action: &str, word: &str| {
        let json = json!({"Effect": "Allow", "Action": action, "Resource": "*",
            "Condition": {operator: {key: "x"}}});
        let pointer = format!("/Condition/{operator}/{key}");
        let expected = [("condition-key-not-for-action", Warning, pointer.as_str(), word)];
        says(&json, if word.is_empty() { &[] } else { &expected });
    };
    foreign("StringEquals", "s3:prefix", "s3:GetObject", "never allows anything");
    foreign("StringNotEquals", "s3:prefix", "s3:GetObject", "always met");
    foreign("StringEqualsIfExists", "s3:prefix", "s3:Put*", "always met");
    foreign("StringEquals", "s3:prefix", "s3:*", "");
    foreign("StringEquals", "s3:prefix", "s3:ListBucket", "");
    foreign("StringEquals", "s3:prefix", "*", "");
    foreign("StringEquals", "aws:PrincipalOrgPaths", "s3:GetObject", "");
}

#[test]
fn operators_and_values() {
    let says_at =
        |condition: Value, expected: &[(&str, Severity, &str, &str)]| says(&when(&condition), expected);
    let mismatch = |operator: &str, key: &str, value: &str, word: &str| {
        let pointer = format!("/Condition/{operator}");
        says_at(
            json!({operator: {key: value}}),
            &[("operator-type-mismatch", Error, pointer.as_str(), word)],
        );
    };
    mismatch("NumericEquals", "aws:username", "1", "a `String` operator");
    mismatch("Bool", "aws:PrincipalOrgID", "true", "a `String` operator");
    mismatch("IpAddress", "aws:SourceVpc", "10.0.0.0/8", "a `String` operator");
    mismatch("DateLessThan", "aws:MultiFactorAuthAge", "2027-01-31T00:00:00Z", "a `Numeric` operator");
    mismatch("ArnLike", "aws:SourceIp", "arn:aws:s3:::x", "`IpAddress`");
    mismatch("StringLike", "aws:SourceIp", "203.0.113.*", "no range is met");
    says_at(
        json!({"StringEquals": {"aws:SecureTransport": "true"}}),
        &[("operator-type-mismatch", Warning, "/Condition/StringEquals", "take `Bool`")],
    );
    for (operator, key, value) in [
        ("StringEquals", "s3:max-keys", "10"),
        ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x"),
        ("ArnLike", "aws:SourceArn", "arn:aws:s3:::x"),
        ("NumericLessThan", "aws:EpochTime", "1800000000"),
        ("DateLessThan", "aws:EpochTime", "1800000000"),
        ("NumericLessThan", "aws:PrincipalTag/Level", "3"),
        ("Null", "aws:SourceIp", "true"),
        ("DateGreaterThan", "aws:PrincipalTag/Until", "2027-01-31"),
    ] {
        says_at(json!({operator: {key: value}}), &[]);
    }
    let value = |operator: &str, key: &str, value: &str, expected: Option<(Severity, &str)>| {
        let pointer = format!("/Condition/{operator}/{key}");
        let expected = expected.map(|(severity, word)| ("malformed-value", severity, pointer.as_str(), word));
        says_at(json!({operator: {key: value}}), expected.as_slice());
    };
    for date in ["2027", "2027-01", "2027-01-31", "2027-01-31T08:00Z", "2027-01-31T08:00:00Z", "1800000000"] {
        value("DateLessThan", "aws:CurrentTime", date, None);
    }
    for date in ["2027-01-31T08:00:00.123+01:00", "2027-01-31t08:00:00z"] {
        value("DateLessThan", "aws:CurrentTime", date, None);
    }
    for date in
        ["2027-02-30", "2027-13", "31.1.2027", "2027-01-31T25:00:00Z", "2027-01-31T08:00:00", "", "soon"]
    {
        value("DateLessThan", "aws:CurrentTime", date, Some((Error, "compares with a date")));
    }
    for address in ["203.0.113.1", "203.0.113.0/24", "2001:db8::/32", "::1", "0.0.0.0/0"] {
        value("IpAddress", "aws:SourceIp", address, None);
    }
    for address in ["10.0.0.0/33", "10.0.0", "10.0.0.256", "example.com", "10.0.0.*"] {
        value("IpAddress", "aws:SourceIp", address, Some((Error, "an address or a range")));
    }
    value("IpAddress", "aws:SourceIp", "198.51.100.1/24", Some((Warning, "it means `198.51.100.0/24`")));
    value("StringEquals", "aws:PrincipalAccount", "111122223333", None);
    value("StringEquals", "aws:PrincipalAccount", "11112222333", Some((Error, "twelve digits")));
    value("StringLike", "aws:PrincipalAccount", "1111*", None);
    value("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5", None);
    value("StringEquals", "aws:PrincipalOrgID", "o-ACME", Some((Error, "o-exampleorgid")));
    value("StringEquals", "aws:RequestedRegion", "eu-west-1", None);
    value("StringEquals", "aws:RequestedRegion", "eu-wset-1", Some((Error, "did you mean `eu-west-1`?")));
    value("StringLike", "aws:RequestedRegion", "eu-*", None);
    value("ArnLike", "aws:PrincipalArn", "*", None);
    value("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x", None);
    value("ArnLike", "aws:PrincipalArn", "role/x", Some((Error, "six parts")));
    value("StringEquals", "aws:PrincipalAccount", "${aws:ResourceAccount}", None);
    value("StringEquals", "s3:prefix", "", None);
    value("StringEquals", "aws:SourceVpce", "vpce-0a1b2c3d", None);
    value("StringEquals", "aws:SourceVpce", "vpc-0a1b2c3d", Some((Error, "`vpce-`")));
    value("StringEquals", "aws:SourceVpc", "vpce-0a1b2c3d", Some((Error, "`vpc-`")));
    value("StringLike", "aws:SourceVpce", "vpce-*", None);
    value("IpAddress", "aws:SourceIp", "172.16.0.0/12", Some((Warning, "`aws:VpcSourceIp`")));
    value("IpAddress", "aws:VpcSourceIp", "172.16.0.0/12", None);
    value("NumericLessThan", "aws:MultiFactorAuthAge", "an hour", Some((Error, "compares with a number")));
    value("Bool", "aws:SecureTransport", "no", Some((Error, "true or false")));
}

#[test]
fn variables() {
    let resource = |name: &str| on("s3:GetObject", &format!("arn:aws:s3:::acme/{name}/x"));
    let bad = |text: &str, rule: &str, word: &str| says(&resource(text), &[(rule, Error, "/Resource", word)]);
    bad("${aws:usernam}", "unknown-variable", "did you mean `${aws:username}`?");
    bad("${aws:TagKeys}", "unknown-variable", "several values");
    bad("${}", "variable-not-expanded", "is no variable");
    bad("${aws:username", "variable-not-expanded", "no closing brace");
    bad("${aws:PrincipalTag/team, none}", "variable-not-expanded", "with a default");
    for fine in [
        "${aws:username}",
        "${AWS:UserName}",
        "${aws:PrincipalTag/team, 'none'}",
        "${*}",
        "${?}",
        "${$}",
        "${saml:sub}",
        "${cognito-identity.amazonaws.com:sub}",
    ] {
        says(&resource(fine), &[]);
    }
    let account = on("iam:PassRole", "arn:aws:iam::${aws:PrincipalAccount}:role/r");
    says(&account, &[("variable-not-expanded", Warning, "/Resource", "the account")]);
    let old = |version: &str| {
        json!({"Version": version, "Statement": {"Effect": "Allow", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::acme/${aws:username}/*",
            "Condition": {"StringEquals": {"s3:ExistingObjectTag/o": "${aws:username}"}}}})
    };
    let expected = [
        ("variable-not-expanded", Error, "/Statement/Resource", "2012-10-17"),
        (
            "variable-not-expanded",
            Error,
            "/Statement/Condition/StringEquals/s3:ExistingObjectTag~1o",
            "2012-10-17",
        ),
    ];
    says(&old("2008-10-17"), &expected);
    says(&old("2012-10-17"), &[]);
    let number = when(&json!({"NumericLessThan": {"s3:max-keys": "${aws:PrincipalTag/most}"}}));
    let expected =
        ("variable-not-expanded", Error, "/Condition/NumericLessThan/s3:max-keys", "expands no variable");
    says(&number, &[expected]);
}

#[test]
fn service_principals() {
    let trust = |service: &str, expected: &[(&str, Severity, &str, &str)]| {
        let json = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}});
        said(check(&json, Usage::Trust), &json, expected);
    };
    let rule = "unknown-service-principal";
    let at = "/Principal/Service";
    for known in ["ec2.amazonaws.com", "ec2.amazonaws.com.cn", "logs.eu-west-1.amazonaws.com"] {
        trust(known, &[]);
    }
    trust("lamda.amazonaws.com", &[(rule, Error, at, "did you mean `lambda.amazonaws.com`?")]);
    trust("ec2.amazon.com", &[(rule, Error, at, "did you mean `ec2.amazonaws.com`?")]);
    trust("lambda.amazonaws.co", &[(rule, Error, at, "did you mean `lambda.amazonaws.com`?")]);
    trust("qqqqqqqqqqqqqq.example.com", &[(rule, Error, at, "ends in `.amazonaws.com`")]);
    trust("qqqqqqqqqqqqqq.amazonaws.com", &[(rule, Warning, at, "look it up")]);
}

#[test]
fn documents() {
    let whole = json!({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}});
    says(&whole, &[("missing-version", Error, "", "2012-10-17")]);
    let trust = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"AWS": "111122223333"}}});
    said(check(&trust, Usage::Trust), &trust, &[("missing-version", Warning, "", "2012-10-17")]);
    let size = |usage: Usage, statement: Value| {
        let (written, _) = Written::read(&statement, usage, "aws");
        written.unwrap().size_problems().into_iter().map(|problem| problem.severity).next()
    };
    let long = |length: usize, resource: Value| {
        let mut json = json!({"Effect": "Deny", "Action": "sts:*", "Principal": "*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/t": "x".repeat(length)}}});
        json.as_object_mut().unwrap().extend(resource.as_object().cloned().unwrap());
        json
    };
    let (nothing, all) = (json!({}), json!({"Resource": "*"}));
    assert_eq!(size(Usage::Bucket, long(20_000, all.clone())), None);
    assert_eq!(size(Usage::Bucket, long(20_480, all.clone())), Some(Error));
    assert_eq!(size(Usage::Trust, long(1_800, nothing.clone())), None);
    assert_eq!(size(Usage::Trust, long(3_900, nothing.clone())), Some(Warning));
    assert_eq!(size(Usage::Trust, long(4_096, nothing)), Some(Error));
    let identity = |length: usize| {
        let mut json = long(length, all.clone());
        json.as_object_mut().unwrap().remove("Principal");
        size(Usage::Identity, json)
    };
    assert_eq!((identity(5_900), identity(6_144)), (None, Some(Warning)));
}

#[test]
fn contradictions() {
    let never = |condition: Value, contradicts: bool| {
        let problems = check(&when(&condition), Usage::Identity);
        let found = problems.iter().filter(|p| p.rule == "contradictory-condition").count();
        assert_eq!(found, usize::from(contradicts), "{condition}: {problems:#?}");
    };
    let key = "aws:PrincipalTag/team";
    never(json!({"StringEquals": {key: "a"}, "StringLike": {key: "b*"}}), true);
    never(json!({"StringEquals": {key: "a"}, "StringLike": {key: "a*"}}), false);
    never(json!({"StringEquals": {key: ["a", "b1"]}, "StringLike": {key: "b*"}}), false);
    never(json!({"StringEquals": {key: "a"}, "StringLike": {key: "${aws:username}*"}}), false);
    never(json!({"StringEquals": {key: "A"}, "StringEqualsIgnoreCase": {key: "a"}}), false);
    never(json!({"StringEquals": {key: "a"}, "StringNotEquals": {key: "a"}}), true);
    never(json!({"StringEquals": {key: "a"}, "StringNotEquals": {key: "b"}}), false);
    never(json!({"StringEquals": {key: ["a", "b"]}, "StringNotLike": {key: "a*"}}), false);
    never(json!({"StringEquals": {key: "a1"}, "StringNotLike": {key: "a*"}}), true);
    never(json!({"StringEquals": {key: "a"}, "Null": {key: "true"}}), true);
    never(json!({"StringEquals": {key: "a"}, "Null": {key: "false"}}), false);
    never(json!({"StringEqualsIfExists": {key: "a"}, "Null": {key: "true"}}), false);
    never(json!({"StringNotEquals": {key: "a"}, "Null": {key: "true"}}), false);
    never(json!({"StringEqualsIfExists": {key: "a"}, "StringLikeIfExists": {key: "b"}}), false);
    never(
        json!({"Bool": {"aws:SecureTransport": "true"}, "BoolIfExists": {"aws:SecureTransport": "false"}}),
        true,
    );
    never(
        json!({"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "ForAnyValue:StringEquals": {"aws:TagKeys": "b"}}),
        false,
    );
    let age = "aws:MultiFactorAuthAge";
    never(json!({"NumericLessThan": {age: "10"}, "NumericGreaterThan": {age: "20"}}), true);
    never(json!({"NumericLessThan": {age: "10"}, "NumericGreaterThanEquals": {age: "10"}}), true);
    never(json!({"NumericLessThanEquals": {age: "10"}, "NumericGreaterThanEquals": {age: "10"}}), false);
    let time = "aws:CurrentTime";
    let from = "2027-02-01T00:00:00Z";
    never(json!({"DateGreaterThan": {time: from}, "DateLessThan": {time: "2027-01-01T00:00:00Z"}}), true);
    never(json!({"DateGreaterThan": {time: from}, "DateLessThan": {time: "2027-03-01"}}), false);
    never(json!({"StringEquals": {key: "a"}, "StringLike": {"aws:PrincipalTag/Team": "b"}}), true);
}
