//! OIDC sign-in by whoever uses a shared provider.

use crate::diagnostic::Severity;
use crate::lint::guard::speaks_of;
use crate::lint::provider::{Claims, Subjects, provider};
use crate::lint::{At, Check, Example, Hit, Rule, Subject};
use crate::policy::{Usage, WrittenStatement};

pub(super) static RULE: Rule = Rule {
    id: "trust-oidc-without-subject",
    severity: Severity::SecurityWarning,
    sentence: "A trust policy lets everybody assume the role who uses the same OIDC provider.",
    why: "GitHub, GitLab, Terraform Cloud and the like sign tokens for all of their customers, a cluster for all of its \
          pods. Only the subject says whose workflow, project or pod it is; without it, anybody's may assume the role. \
          A Cognito pool signs in guests as well, unless `amr` is asked for.",
    help: "add a condition on the provider's `:sub` that names the organization and repository, project or pod",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated":
                "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated":
                "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/jobs:*"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let web = subject.allows().filter(|s| {
        subject.written.usage == Usage::Trust && speaks_of(s, "sts:assumerolewithwebidentity")
    });
    web.flat_map(of_statement).collect()
}

fn of_statement(statement: &WrittenStatement) -> Vec<Hit> {
    let providers = statement.principals.iter().filter_map(|p| Some((p, provider(p)?)));
    let hits = providers.filter_map(|(principal, host)| {
        let help = format!("say whose: add a condition on `{host}:sub`");
        let hit = match (Claims { statement, host }).subjects() {
            Subjects::Known => return None,
            Subjects::Open(spot) => {
                let message = format!("`{}` leaves open whose token of `{host}` it is", spot.text);
                Hit::new(At::Value(spot.pointer.clone()), message)
            }
            Subjects::Guests => {
                let message = "guests who never signed in may assume the role as well";
                let help = "add `ForAnyValue:StringLike: { cognito-identity.amazonaws.com:amr: authenticated }`";
                return Some(Hit::at(&principal.pointer, message).help(help));
            }
            Subjects::Anybody => {
                let message = format!("everybody who gets a token from `{host}` may assume the role");
                Hit::at(&principal.pointer, message)
            }
        };
        Some(hit.help(help))
    });
    hits.collect()
}
