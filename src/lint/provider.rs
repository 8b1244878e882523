//! OIDC providers: which are shared, and what a condition says of the tokens they sign.

use super::guard::{has_wildcards, names};
use crate::policy::{Spot, WrittenPrincipal, WrittenStatement, WrittenTest};

/// Providers that sign tokens for everybody's workloads, by the beginning and the end of their names.
const SHARED: [(&str, &str); 14] = [
    ("token.actions.githubusercontent.com", ""),
    ("gitlab.com", ""),
    ("app.terraform.io", ""),
    ("oidc.circleci.com/", ""),
    ("api.bitbucket.org/", ""),
    ("agent.buildkite.com", ""),
    ("api.pulumi.com", ""),
    ("oidc.vercel.com", ""),
    ("vstoken.dev.azure.com", ""),
    ("app.spacelift.io", ""),
    ("accounts.google.com", ""),
    ("oidc.eks.", ""),
    ("oidc-eks.", ""),
    ("", ".app.spacelift.io"),
];

/// Claims beside the subject that say whose token it is.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
const OF_OWNER: [&str; 12] = [
    "sub",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "job_workflow_ref",
    "enterprise",
    "enterprise_id",
    "project_id",
    "project_path",
    "namespace_id",
    "email",
];

/// The name of the OIDC provider that a principal is, as condition keys begin with it.
pub(super) fn provider(principal: &WrittenPrincipal) -> Option<&str> {
    let value = principal.value.as_str();
    if principal.kind != "Federated" || value.contains(":saml-provider/") {
        return None;
    }
    match value.split_once(":oidc-provider/") {
        Some((_, host)) => Some(host),
        None => (!value.contains(':')).then_some(value),
    }
}

/// What a statement asks of the tokens of one provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claims<'a> {
    /// The statement.
    pub statement: &'a WrittenStatement,
    /// The provider's name.
    pub host: &'a str,
}

/// Whose tokens are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subjects<'a> {
    /// Those of somebody in particular, or all of a provider that is nobody else's.
    Known,
    /// Those that this pattern fits, which is too wide.
    Open(&'a Spot),
    /// Also those of guests.
    Guests,
    /// Anybody's.
    Anybody,
}

impl<'a> Claims<'a> {
    fn of(self, claim: &'a str) -> impl Iterator<Item = &'a WrittenTest> {
        self.statement.tests.iter().filter(move |test| {
            let key = test.key.text.as_str();
            let of_host =
                key.get(..self.host.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(self.host));
            let rest = key.get(self.host.len()..).and_then(|rest| rest.strip_prefix(':'));
            // A token has each claim in any case, so a quantifier changes nothing.
            let sure = names(test) && !test.operator.is_some_and(|o| o.if_exists);
            of_host && sure && rest.is_some_and(|rest| rest.eq_ignore_ascii_case(claim))
        })
    }

    /// Whether it is asked for whom a token was made.
    pub(super) fn names_audience(self) -> bool {
        ["aud", "oaud", "app_id", "azp"].into_iter().any(|claim| self.of(claim).next().is_some())
    }

    /// Whose tokens are taken.
    pub(super) fn subjects(self) -> Subjects<'a> {
        let tests: Vec<_> = OF_OWNER.into_iter().flat_map(|claim| self.of(claim)).collect();
        let open =
            |test: &&'a WrittenTest| test.values.iter().find(|v| has_wildcards(test) && is_open(&v.text));
        if self.host == "cognito-identity.amazonaws.com" {
            let known = !tests.is_empty() || self.of("amr").next().is_some();
            return if known { Subjects::Known } else { Subjects::Guests };
        }
        let shared =
            SHARED.iter().any(|(begin, end)| self.host.starts_with(begin) && self.host.ends_with(end));
        // To Google an audience is one application or service account.
        let app = self.host == "accounts.google.com" && self.names_audience();
        match tests.iter().find(|test| open(test).is_none()) {
            Some(_) => Subjects::Known,
            None if !shared || app => Subjects::Known,
            None => tests.iter().find_map(open).map_or(Subjects::Anybody, Subjects::Open),
        }
    }
}

/// Whether a pattern of subjects leaves open who owns what the token was made for.
fn is_open(pattern: &str) -> bool {
    let Some(first) = pattern.find(['*', '?']) else { return false };
    let owners = [
        ("repo:", '/'),
        ("project_path:", '/'),
        ("repository_owner:", ':'),
        ("organization:", ':'),
        ("org/", '/'),
        ("system:serviceaccount:", '\0'),
    ];
    match owners.into_iter().find_map(|(label, end)| Some((pattern.strip_prefix(label)?, end))) {
        // A namespace or an account of a pod is one within the own cluster.
        Some((rest, '\0')) => rest.chars().all(|c| "*?:".contains(c)),
        Some((rest, end)) => rest.split(end).next().unwrap_or_default().contains(['*', '?']),
        None => first == 0,
    }
}
