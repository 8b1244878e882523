//! A bucket that is open to everybody.

use crate::access::public::NARROWING;
use crate::diagnostic::Severity;
use crate::lint::bucket::{is_of_s3, is_resource_policy};
use crate::lint::guard::{everybody, is_fenced, is_of_one_account, narrows, speaks_of};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenStatement, WrittenTest};

macro_rules! only_tls {
    () => {
        r#"{"Sid": "OnlyTls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#
    };
}

pub(super) static RULE: Rule = Rule {
    id: "bucket-public",
    severity: Severity::SecurityWarning,
    sentence: "A bucket policy lets everybody in.",
    why: "`Principal: \"*\"` with `Allow` is everybody on the internet, signed in or not. Only a condition with fixed \
          values on who or where changes that. With Block Public Access, AWS refuses such a policy, or overrules it.",
    help: "name the accounts or roles, or add a condition on `aws:PrincipalOrgID`, `aws:SourceVpce` or `aws:SourceIp`",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
    trips: Example::Policy(
        Usage::Bucket,
        concat!(
            r#"{"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::acme-lake/*"}, "#,
            only_tls!(),
            "]}"
        ),
    ),
    passes: Example::Policy(
        Usage::Bucket,
        concat!(
            r#"{"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::acme-lake/*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}, "#,
            only_tls!(),
            "]}"
        ),
    ),
    check: Check::Document(check),
};

const SOURCE_IP: &str = "aws:SourceIp";

/// Keys by which a denial elsewhere keeps others out.
const FENCES: [&str; 6] = [
    "aws:PrincipalOrgID",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:SourceVpc",
    "aws:SourceVpce",
    SOURCE_IP,
];

/// What may be done, by actions that stand for it.
const DEEDS: [(&str, &[&str]); 5] = [
    ("read objects", &["s3:getobject", "s3:getobjectversion"]),
    ("write objects", &["s3:putobject"]),
    ("delete objects", &["s3:deleteobject", "s3:deleteobjectversion"]),
    ("list what there is", &["s3:listbucket", "s3:listbucketversions"]),
    ("administer the bucket", &["s3:putbucketpolicy", "s3:deletebucketpolicy", "s3:putbucketacl", "s3:putobjectacl"]),
];

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let all = &subject.written.statements;
    let open = subject.allows().filter(|s| {
        is_resource_policy(subject)
            && is_of_s3(s)
            && !s.tests.iter().any(is_guard)
            && !is_fenced(s, all, &FENCES)
    });
    let hits = open.filter_map(|s| {
        let everybody = everybody(s)?;
        let loose = s.tests.iter().filter(|test| narrows(test));
        let loose = loose.into_iter().find(|test| NARROWING.iter().any(|key| test.is_of(key)));
        let deeds = deeds(s);
        let message = match loose {
            Some(test) => format!("AWS counts this as public, since it leaves `{}` open: all it fits may {deeds}", test.key.text),
            None => format!("everybody on the internet may {deeds}"),
        };
        Some(Hit::at(&everybody.pointer, message))
    });
    hits.collect()
}

fn deeds(statement: &WrittenStatement) -> String {
    let given = DEEDS.iter().filter(|(_, actions)| actions.iter().any(|action| speaks_of(statement, action)));
    let given: Vec<&str> = given.map(|(deed, _)| *deed).collect();
    match given.split_last() {
        None => statement.actions.first().map_or("do this".to_owned(), |spot| format!("use `{}`", spot.text)),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// Whether a test keeps a statement from being public.
pub(super) fn is_guard(test: &WrittenTest) -> bool {
    let all = |fits: &dyn Fn(&str) -> bool| test.values.iter().all(|value| fits(&value.text));
    narrows(test)
        && if test.is_of(SOURCE_IP) {
            all(&is_narrow)
        } else {
            // A session's id is the role's, a colon, and a name that the session gives itself.
            NARROWING.iter().any(|key| test.is_of(key))
                && is_of_one_account(test)
                && (!test.is_of("aws:userid") || all(&|value| !value.contains('*')))
        }
}

/// Whether a range of addresses is no more than AWS takes for a network of one's own: /8, or /32 for IPv6. What is no
/// range is told elsewhere.
fn is_narrow(range: &str) -> bool {
    let Some((address, bits)) = range.split_once('/') else { return true };
    let least = if address.contains(':') { 32 } else { 8 };
    bits.parse::<u8>().is_ok_and(|bits| bits >= least)
}
