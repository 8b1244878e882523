//! OIDC sign-in without a word on the audience.

use crate::diagnostic::Severity;
use crate::lint::guard::speaks_of;
use crate::lint::provider::{Claims, provider};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "trust-oidc-without-audience",
    severity: Severity::Warning,
    sentence: "A trust policy takes OIDC tokens that were made for somebody else.",
    why: "A token says for whom it was made. Without a condition on that, a token which somebody got for another \
          application, or another identity pool, of the same provider is as good.",
    help: "add a condition on the provider's `:aud`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated":
                "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                "token.actions.githubusercontent.com:sub": "repo:acme/jobs:ref:refs/heads/main"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated":
                "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": "repo:acme/jobs:ref:refs/heads/main"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let web = subject.allows().filter(|s| {
        subject.written.usage == Usage::Trust && speaks_of(s, "sts:assumerolewithwebidentity")
    });
    let hits = web.flat_map(|s| {
        let open = s.principals.iter().filter_map(|p| Some((p, provider(p)?)));
        open.filter(|(_, host)| !Claims { statement: s, host }.names_audience()).map(|(p, host)| {
            let message = format!("a token that `{host}` made for any audience is taken");
            Hit::at(&p.pointer, message).help(format!("add a condition on `{host}:{}`", audience(host)))
        })
    });
    hits.collect()
}

fn audience(host: &str) -> &'static str {
    if matches!(host, "www.amazon.com" | "graph.facebook.com") { "app_id" } else { "aud" }
}
