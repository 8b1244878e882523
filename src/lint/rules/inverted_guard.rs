//! A guard the wrong way round.

use crate::diagnostic::Severity;
use crate::lint::facts::{
    TEXT_DIFFERS, TEXT_MATCHES, asks_truth, compares, has_only_actions, is_of_all_actions,
};
use crate::lint::guard::{is_for_everybody, speaks_of};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::condition::Test;
use crate::policy::{Usage, WrittenStatement, WrittenTest};

pub(super) static RULE: Rule = Rule {
    id: "inverted-guard",
    severity: Severity::SecurityWarning,
    sentence: "A guard stands the wrong way round: it denies whom it should let in, or lets in whom it should keep out.",
    why: "`Deny` when the request is encrypted, `Allow` from everywhere but the office, `Deny` to one's own \
          organization: a Deny is written for what must not be, an Allow for what may be, and with the comparison \
          turned round the guard does the opposite. Often the guarded also lose all access.",
    help: "turn the comparison round: deny with `Not…` or `false`, allow without",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html",
    trips: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-alpha", "arn:aws:s3:::acme-alpha/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "true"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Bucket,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-alpha", "arn:aws:s3:::acme-alpha/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}"#,
    ),
    check: Check::Document(check),
};

/// What people do without MFA in order to get it.
const SELF_SERVICE: [&str; 5] = ["iam:*mfa*", "iam:changepassword", "iam:get*", "iam:list*", "sts:getsessiontoken"];

/// Keys that take AWS's own services out of a perimeter and narrow it in no other way.
const EXCEPTIONS: [&str; 3] = ["aws:PrincipalIsAWSService", "aws:ViaAWSService", "aws:PrincipalServiceName"];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let mut hits = vec![];
    for statement in &subject.written.statements {
        for test in &statement.tests {
            let said = if statement.denies() {
                of_deny(subject, statement, test)
            } else {
                of_allow(statement, test)
            };
            if let Some((message, help)) = said {
                hits.push(Hit::at_key(&test.key.pointer, message).help(help));
            }
        }
    }
    hits
}

type Said = Option<(String, String)>;

fn of_deny(subject: &Subject<'_>, statement: &WrittenStatement, test: &WrittenTest) -> Said {
    let (word, key) = (test.word.text.as_str(), test.key.text.as_str());
    if test.is_of("aws:SecureTransport") && asks_truth(test, true) {
        let message = "this denies what is encrypted in transit and leaves plain HTTP alone".to_owned();
        return Some((message, format!("write `{key}: \"false\"`")));
    }
    let newer = [Test::NumericGreaterThan, Test::NumericGreaterThanEquals];
    if test.is_of("s3:TlsVersion") && compares(test, &newer) {
        let message = "this denies the newer versions of TLS and leaves the older ones alone".to_owned();
        return Some((message, "write `NumericLessThan`".to_owned()));
    }
    let by_address = statement.tests_of("aws:SourceIp").any(|other| compares(other, &[Test::NotIpAddress]));
    if test.is_of("aws:ViaAWSService") && asks_truth(test, true) && by_address {
        let message = "this denies what AWS services do on the caller's behalf, and nothing else".to_owned();
        return Some((message, format!("write `{key}: \"false\"`")));
    }
    let alone = statement.tests.iter().all(|other| other == test || EXCEPTIONS.iter().any(|key| other.is_of(key)));
    if !alone {
        return None;
    }
    if test.is_of("aws:MultiFactorAuthPresent") && asks_truth(test, true) {
        let message = "this denies those who signed in with MFA, and nobody else".to_owned();
        return Some((message, format!("write `BoolIfExists: {{ {key}: \"false\" }}`")));
    }
    let mfa = ["aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"].iter().any(|key| test.is_of(key));
    if mfa && compares(test, &[Test::Null]) && test.has_value("false") && !test.has_value("true") {
        let message = "this denies those who signed in with MFA, and nobody else".to_owned();
        return Some((message, format!("write `Null: {{ {key}: \"true\" }}`")));
    }
    if let Some(message) = of_own(statement, test) {
        return Some((message, format!("write `{}`", turned(word))));
    }
    let identity = subject.written.usage == Usage::Identity;
    let broad = is_of_all_actions(statement) && (identity || is_for_everybody(statement));
    let matches = compares(test, &TEXT_MATCHES);
    let turned = || format!("write `{}`", turned(word));
    if matches && is_broad_perimeter(subject, test) && (broad || is_for_everybody(statement)) {
        let message = format!("this denies exactly those whose `{key}` is {}", values(test));
        return Some((message, turned()));
    }
    let network = ["aws:SourceVpce", "aws:SourceVpc"].iter().any(|key| test.is_of(key));
    let reads = !identity && is_for_everybody(statement) && speaks_of(statement, "s3:getobject");
    if matches && network && (broad || reads) {
        let message = format!("this denies exactly what comes through {}", values(test));
        return Some((message, turned()));
    }
    let addresses = ["aws:SourceIp", "aws:VpcSourceIp"].iter().any(|key| test.is_of(key));
    // Where everybody is allowed in, a list of addresses to keep out makes sense.
    let public = subject.allows().any(is_for_everybody);
    if addresses && compares(test, &[Test::IpAddress]) && broad && !public {
        let message = format!("this denies everything from {}, and nothing from elsewhere", values(test));
        return Some((message, turned()));
    }
    None
}

/// A denial of what is as it should be: the caller's own, within the boundary, encrypted with KMS.
fn of_own(statement: &WrittenStatement, test: &WrittenTest) -> Option<String> {
    let key = test.key.text.as_str();
    let matches = compares(test, &TEXT_MATCHES) || compares(test, &[Test::ArnEquals, Test::ArnLike]);
    if !matches || test.values.is_empty() {
        return None;
    }
    let all = |fits: &dyn Fn(&str) -> bool| test.values.iter().all(|value| fits(&value.text.to_ascii_lowercase()));
    let caller = |value: &str| {
        ["${aws:username}", "${aws:userid}"].contains(&value)
            || (value.starts_with("${aws:principaltag/") && value.ends_with('}'))
    };
    let tag = ["aws:ResourceTag/", "ec2:ResourceTag/"].iter().any(|key| test.is_of(key));
    if tag && all(&caller) {
        return Some(format!("this denies exactly what is the caller's own, by {}", values(test)));
    }
    let makes = ["iam:createrole", "iam:createuser"].iter().any(|action| speaks_of(statement, action));
    if test.is_of("iam:PermissionsBoundary") && makes {
        return Some(format!("this denies making identities within the boundary {}, and no others", values(test)));
    }
    let kms = test.is_of("s3:x-amz-server-side-encryption") && all(&|value| value.starts_with("aws:kms"));
    (kms && speaks_of(statement, "s3:putobject"))
        .then(|| format!("this denies exactly the uploads whose `{key}` is {}", values(test)))
}

/// Whether a key and its values draw the line around one's own organization or account.
fn is_broad_perimeter(subject: &Subject<'_>, test: &WrittenTest) -> bool {
    let organization = ["aws:PrincipalOrgID", "aws:ResourceOrgID", "aws:PrincipalOrgPaths", "aws:ResourceOrgPaths"];
    let account = ["aws:PrincipalAccount", "aws:ResourceAccount"].iter().any(|key| test.is_of(key));
    let home = subject.home;
    let ours = home.account.is_none()
        || test.values.iter().any(|value| home.accounts.iter().any(|account| account.as_str() == value.text));
    organization.iter().any(|key| test.is_of(key)) || (account && ours)
}

fn of_allow(statement: &WrittenStatement, test: &WrittenTest) -> Said {
    let (word, key) = (test.word.text.as_str(), test.key.text.as_str());
    if test.is_of("aws:SecureTransport") && asks_truth(test, false) {
        let message = "this allows over plain HTTP only".to_owned();
        return Some((message, format!("write `{key}: \"true\"`, or deny what is `\"false\"`")));
    }
    if test.is_of("aws:MultiFactorAuthPresent")
        && asks_truth(test, false)
        && !has_only_actions(statement, &SELF_SERVICE)
    {
        let message = "this allows those who signed in without MFA, and nobody with it".to_owned();
        return Some((message, format!("write `Bool: {{ {key}: \"true\" }}`")));
    }
    let older = [Test::NumericLessThan, Test::NumericLessThanEquals];
    if test.is_of("s3:TlsVersion") && compares(test, &older) {
        let message = "this allows over old versions of TLS only".to_owned();
        return Some((message, "write `NumericGreaterThanEquals`".to_owned()));
    }
    let other = |comparison: &[Test]| {
        statement.tests.iter().any(|other| other.is_of(key) && compares(other, comparison))
    };
    let addresses = ["aws:SourceIp", "aws:VpcSourceIp"].iter().any(|key| test.is_of(key));
    if addresses && compares(test, &[Test::NotIpAddress]) && !other(&[Test::IpAddress]) {
        let message = format!("this allows from everywhere but {}", values(test));
        return Some((message, format!("write `{}`", turned(word))));
    }
    let organization = ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"].iter().any(|key| test.is_of(key))
        || (test.is_of("aws:PrincipalAccount") && is_for_everybody(statement));
    if organization && compares(test, &TEXT_DIFFERS) && !other(&TEXT_MATCHES) {
        let message = format!("this allows everyone but those whose `{key}` is {}", values(test));
        return Some((message, format!("write `{}`", turned(word))));
    }
    None
}

/// The operator that says the opposite.
fn turned(word: &str) -> String {
    let word = word.strip_suffix("IfExists").unwrap_or(word);
    match word.rsplit_once("Not") {
        Some((before, after)) => format!("{before}{after}"),
        None => match word.rsplit_once("String") {
            Some((before, after)) => format!("{before}StringNot{after}"),
            None => word.replace("IpAddress", "NotIpAddress"),
        },
    }
}

fn values(test: &WrittenTest) -> String {
    crate::lint::facts::quoted(test.values.iter().map(|value| value.text.as_str()))
}
