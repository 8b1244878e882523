//! What a bucket policy's statements mean for the bucket, its objects, and those who administer it.

use super::{Subject, guard};
use crate::policy::condition::Test;
use crate::policy::{Usage, WrittenStatement, WrittenTest, arn, glob};
use crate::state::{AccountId, Kind};

/// What a statement is on, of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The bucket itself.
    Bucket,
    /// All of its objects.
    Objects,
}

/// Whether a statement is on the bucket itself, or on all its objects. `name` is the bucket's, if it is known.
pub(super) fn is_on(statement: &WrittenStatement, part: Part, name: Option<&str>) -> bool {
    let mut named = statement.resources.iter().map(|spot| spot.text.as_str());
    if statement.is_not_resource() {
        !named.any(|text| covers(text, part, name))
    } else {
        named.any(|text| covers(text, part, name))
    }
}

fn covers(resource: &str, part: Part, name: Option<&str>) -> bool {
    if resource == "*" {
        return true;
    }
    let Some([.., pattern]) = arn::split(resource) else { return false };
    match (part, name) {
        (Part::Bucket, Some(name)) => glob(pattern, name),
        (Part::Objects, Some(name)) => pattern.ends_with('*') && glob(pattern, &format!("{name}/")),
        (Part::Bucket, None) => !pattern.contains('/'),
        (Part::Objects, None) => pattern.strip_suffix('*').is_some_and(|begin| match begin.split_once('/') {
            Some((_, key)) => key.chars().all(|c| c == '*'),
            None => true,
        }),
    }
}

/// Who is left to administer a bucket of which a statement denies the change of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Somebody may be.
    Somebody,
    /// Whoever comes through a network or endpoint.
    Network,
    /// Nobody but the account's root user.
    Nobody,
}

/// Who is left when a statement denies.
pub(super) fn left(statement: &WrittenStatement, subject: &Subject<'_>) -> Left {
    let name = name_of(subject);
    let account = subject.home.account.as_ref().map(AccountId::as_str);
    let everybody = guard::is_for_everybody(statement) || exempts_in_vain(statement);
    let administers =
        guard::speaks_of(statement, "s3:putbucketpolicy") && is_on(statement, Part::Bucket, name);
    if !statement.denies() || !everybody || !administers {
        return Left::Somebody;
    }
    let mut left = Left::Nobody;
    for test in &statement.tests {
        if is_of_network(test) {
            left = Left::Network;
        } else if !holds_for_administrators(test, account) {
            return Left::Somebody;
        }
    }
    left
}

/// Whether nobody whom `NotPrincipal` names is really let off: AWS also asks for the root of the account.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
fn exempts_in_vain(statement: &WrittenStatement) -> bool {
    statement.is_not_principal()
        && statement.principals.iter().all(|p| match p.kind.as_str() {
            "AWS" => p.value != "*" && !p.value.ends_with(":root"),
            "Service" => true,
            _ => false,
        })
}

/// Whether a test holds for whoever does not come from the right network.
fn is_of_network(test: &WrittenTest) -> bool {
    let keys = ["aws:SourceVpc", "aws:SourceVpce", "aws:VpceAccount", "aws:VpceOrgID", "aws:VpceOrgPaths"];
    let of_key = keys.iter().any(|key| test.is_of(key));
    let absent = test.operator.is_some_and(|o| o.test == Test::Null) && test.has_value("true");
    of_key && (guard::excludes(test) || absent)
}

/// Keys that a request to change a bucket's policy never has, made by a person or a tool.
const ABSENT: [&str; 8] = [
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-acl",
    "s3:prefix",
];

/// Whether a test holds for every administrator there could be, so that it lets nobody off.
fn holds_for_administrators(test: &WrittenTest, account: Option<&str>) -> bool {
    let Some(operator) = test.operator else { return false };
    if operator.test == Test::Null {
        return ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:userid"].iter().any(|key| test.is_of(key))
            && test.has_value("false")
            && !test.has_value("true");
    }
    if guard::asks(test, "aws:PrincipalIsAWSService", "false") {
        return true;
    }
    if !guard::excludes(test) {
        return false;
    }
    ABSENT.iter().any(|key| test.is_of(key))
        || test.values.iter().all(|value| never_is(test, &value.text, account))
}

/// Whether no request of an administrator has this value of the key. Nobody administers a bucket from an account that
/// does not own it, whatever is allowed there.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html>
fn never_is(test: &WrittenTest, value: &str, account: Option<&str>) -> bool {
    let of_others = |named: &str| arn::is_account(named) && account.is_some_and(|own| own != named);
    let literal = !guard::has_wildcards(test);
    let wild = value.contains(['*', '?']);
    if value.contains("${") || value.is_empty() {
        return value.is_empty();
    }
    if test.is_of("aws:PrincipalArn") {
        if literal && wild {
            return true;
        }
        let Some([_, _, service, _, named, resource]) = arn::split(value) else { return !wild };
        return of_others(named)
            || (service == "sts" && resource.starts_with("assumed-role/"))
            || (service == "iam" && resource.starts_with("group/"))
            || !(service.contains('*') || matches!(service, "iam" | "sts"));
    }
    if test.is_of("aws:PrincipalAccount") {
        return of_others(value) || ((literal || !wild) && !arn::is_account(value));
    }
    if test.is_of("aws:PrincipalOrgID") {
        return (literal || !wild) && (wild || !value.starts_with("o-"));
    }
    test.is_of("aws:userid") && ((literal && wild) || value.starts_with("arn:"))
}

/// Whether a document is the policy of a bucket or of another resource.
pub(super) fn is_resource_policy(subject: &Subject<'_>) -> bool {
    !matches!(subject.written.usage, Usage::Identity | Usage::Trust)
}

/// The bucket that a document is the policy of, if it stands in an environment or account.
pub(super) fn name_of<'a>(subject: &Subject<'a>) -> Option<&'a str> {
    subject.holder.filter(|id| id.kind == Kind::Bucket).map(|id| id.name.as_str())
}

/// Whether a document that stands alone is rather the policy of a VPC endpoint: it asks whose the resources are, which
/// a bucket knows of itself.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
pub(super) fn is_of_endpoint(subject: &Subject<'_>) -> bool {
    let keys = ["aws:ResourceOrgID", "aws:ResourceOrgPaths", "aws:ResourceAccount"];
    let asks = |test: &WrittenTest| {
        keys.iter().any(|key| test.is_of(key)) && !test.values.iter().any(|v| v.text.contains('$'))
    };
    name_of(subject).is_none() && subject.allows().any(|s| s.tests.iter().any(asks))
}

/// Whether a statement has to do with S3.
pub(super) fn is_of_s3(statement: &WrittenStatement) -> bool {
    let s3 = |text: &str| text.get(..3).is_some_and(|service| service.eq_ignore_ascii_case("s3:"));
    let on_s3 = || {
        statement
            .resources
            .iter()
            .any(|spot| arn::split(&spot.text).is_some_and(|[_, _, service, ..]| service == "s3"))
    };
    let all = statement.is_not_action() || statement.actions.iter().any(|spot| spot.text == "*");
    (!statement.is_not_action() && statement.actions.iter().any(|spot| s3(&spot.text))) || (all && on_s3())
}
