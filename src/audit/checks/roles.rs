//! Roles that nobody wears, and identity providers that nothing trusts.

use super::{day, days};
use crate::audit::{Check, Measure};
use crate::diagnostic::Severity;

/// How long before its end the metadata of a SAML provider is news.
const ENDS_DAYS: i64 = 30;

pub(super) static UNUSED: Check = Check {
    id: "role-unused",
    severity: Severity::Suggestion,
    sentence: "A role has not been used for more than 90 days (`--role-days`).",
    why: "What nobody uses can only be misused. AWS keeps the last use for 400 days.",
    help: "if it is still needed, say so in the ignore file; else take it out of the file, or delete it",
    source: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html",
    look: |facts, measure, seen| {
        let Some(roles) = seen.known(&facts.roles) else { return };
        for (name, role) in roles {
            let last = role.used.unwrap_or(role.since);
            if measure.is_over(last, measure.limits.role_days) {
                let age = days(measure.days_since(last));
                let message = match role.used {
                    Some(_) => format!("was last used {age} ago"),
                    None => format!("was made {age} ago, and AWS knows of no use"),
                };
                seen.hit(format!("role/{name}"), message);
            }
        }
    },
};

pub(super) static PROVIDER_UNTRUSTED: Check = Check {
    id: "provider-untrusted",
    severity: Severity::Suggestion,
    sentence: "No role trusts an identity provider of the account.",
    why: "It is there for nobody now, and the next role that trusts it may trust more than its author knows.",
    help: "delete the provider, or find out who is about to use it",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers.html",
    look: |facts, _, seen| {
        let Some(providers) = seen.known(&facts.providers) else { return };
        for provider in providers.iter().filter(|provider| !provider.trusted) {
            seen.hit(subject(&provider.arn), "no trust policy names it");
        }
    },
};

pub(super) static PROVIDER_ENDS: Check = Check {
    id: "provider-ends",
    severity: Severity::Warning,
    sentence: "The metadata of a SAML provider ends within 30 days, or has ended.",
    why: "After that day nobody signs in through it.",
    help: "upload new metadata of the identity provider",
    source: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_SAMLProviderListEntry.html",
    look: |facts, measure, seen| {
        let Some(providers) = seen.known(&facts.providers) else { return };
        for provider in providers {
            if let Some(end) = provider.valid_until.filter(|end| is_near(*end, measure)) {
                seen.hit(subject(&provider.arn), format!("its metadata is valid until {}", day(end)));
            }
        }
    },
};

fn is_near(end: jiff::Timestamp, measure: &Measure) -> bool {
    end.duration_since(measure.now).as_hours() < ENDS_DAYS * 24
}

/// `oidc-provider/token.actions.githubusercontent.com`, `saml-provider/Corp`.
fn subject(arn: &str) -> String {
    arn.splitn(6, ':').nth(5).unwrap_or(arn).to_owned()
}
