//! Condition keys: which exist, what their values are, and with which actions they come.

use super::global_keys::{self, Reach};
use super::service::{Action, elsewhere, service};
use crate::policy::glob;

/// A condition key.
#[derive(Debug)]
pub struct ConditionKey {
    /// As AWS writes it. A part in `${…}` or `<…>`, or `tag-key` at the end, stands for the author's text.
    pub name: &'static str,
    /// What its values are.
    pub kind: KeyKind,
    /// Whether a request can have several values of it.
    pub many: bool,
}

/// What the values of a condition key are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// Compared with the `String` operators.
    Text,
    /// Compared with the `Arn` operators; `String` ones work, too.
    Arn,
    /// `true` or `false`.
    Bool,
    /// Compared with the `Numeric` operators.
    Number,
    /// Compared with the `Date` operators.
    Date,
    /// Compared with `IpAddress` and `NotIpAddress`.
    Ip,
    /// Compared with `BinaryEquals`.
    Binary,
    /// Seen in a managed policy of AWS, and not in its reference.
    Unknown,
}

/// Whether requests for an action have a condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// In every request that is signed.
    Always,
    /// In some requests.
    Sometimes,
    /// In none, as far as AWS's reference goes.
    No,
}

/// What tokens of any OpenID Connect provider have.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif>
static CLAIMS: [ConditionKey; 6] = [
    ConditionKey { name: "${Provider}:amr", kind: KeyKind::Text, many: true },
    ConditionKey { name: "${Provider}:aud", kind: KeyKind::Text, many: false },
    ConditionKey { name: "${Provider}:azp", kind: KeyKind::Text, many: false },
    ConditionKey { name: "${Provider}:email", kind: KeyKind::Text, many: false },
    ConditionKey { name: "${Provider}:oaud", kind: KeyKind::Text, many: false },
    ConditionKey { name: "${Provider}:sub", kind: KeyKind::Text, many: false },
];

/// Any other claim, of a provider whose claims AWS does not list.
static OTHER_CLAIM: ConditionKey =
    ConditionKey { name: "${Provider}:${Claim}", kind: KeyKind::Unknown, many: false };

/// Claims of OpenID Connect and of SAML that a session keeps.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
const SESSION_CLAIMS: [&str; 7] = ["amr", "app_id", "aud", "id", "oaud", "sub", "user_id"];
const SAML_SESSION_CLAIMS: [&str; 3] = ["namequalifier", "sub", "sub_type"];

/// The condition key that this is, whatever its case: a global one, one of a service, or a claim of an identity
/// provider (`token.actions.githubusercontent.com:sub`). One with the author's text in it is found as its
/// template: `aws:ResourceTag/team` is `aws:ResourceTag/${TagKey}`.
pub fn condition_key(key: &str) -> Option<&'static ConditionKey> {
    if let Some(global) = global_keys::find(key) {
        return Some(&global.key);
    }
    let (prefix, claim) = key.split_once(':')?;
    let own = service(prefix).and_then(|service| service.key(key));
    if let Some(found) = own.or_else(|| elsewhere(prefix).find_map(|service| service.key(key))) {
        return Some(found);
    }
    // A service has no dot in its prefix, a provider's host does.
    if !prefix.contains('.') || claim.is_empty() {
        return None;
    }
    let template = format!("${{Provider}}:{claim}");
    let standard = CLAIMS.iter().find(|known| known.name.eq_ignore_ascii_case(&template));
    standard.or_else(|| elsewhere(prefix).next().is_none().then_some(&OTHER_CLAIM))
}

/// Whether every signed request has this key, so that a condition on it never meets its absence: where AWS's page
/// says that a key is always, or for all signed requests, in the context.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
pub fn always_present(key: &str) -> bool {
    global_keys::find(key).is_some_and(|global| global.reach == Reach::Always)
}

/// The keys that are not of one service: `aws:` keys, and those that a role session of EC2, Lambda, Glue or
/// Systems Manager brings to any service.
pub fn global_keys() -> impl Iterator<Item = &'static ConditionKey> {
    global_keys::ALL.iter().map(|global| &global.key)
}

impl ConditionKey {
    /// Whether a key in a policy is this one, whatever its case.
    pub fn is(&self, key: &str) -> bool {
        stands_for(self.name, key)
    }
}

impl Action {
    /// Whether requests for this action have a condition key. `No` is only said of keys that AWS lists by
    /// action: those of services, and tags of resources and requests.
    pub fn supports(&self, key: &str) -> Support {
        let global = global_keys::find(key).map(|global| global.reach);
        match global {
            Some(Reach::Always) => Support::Always,
            Some(Reach::Sometimes) => Support::Sometimes,
            Some(Reach::Listed) | None if !self.listed || self.lists(key) || self.is_federated_by(key) => {
                Support::Sometimes
            }
            Some(Reach::Listed) | None => Support::No,
        }
    }

    /// Whether the reference lists the key with the action or with a type of resource it takes.
    pub fn lists(&self, key: &str) -> bool {
        let lists = |keys: &[&str]| keys.iter().any(|known| stands_for(known, key));
        lists(&self.keys)
            || self.resources.iter().any(|used| {
                let of_type = || service(self.service).and_then(|service| service.resource_type(used.name));
                lists(&used.keys) || of_type().is_some_and(|resource| lists(&resource.keys))
            })
    }

    /// Whether the reference lists the key with the action itself, and not only with a type of resource it takes.
    pub fn lists_itself(&self, key: &str) -> bool {
        let lists = |keys: &[&str]| keys.iter().any(|known| stands_for(known, key));
        lists(&self.keys) || self.resources.iter().any(|used| lists(&used.keys))
    }

    /// A provider's claims come with the request that trades its token for credentials, and some of them with
    /// every request of the session.
    fn is_federated_by(&self, key: &str) -> bool {
        let Some((prefix, claim)) = key.split_once(':') else { return false };
        let among = |claims: &[&str]| claims.iter().any(|known| known.eq_ignore_ascii_case(claim));
        if prefix.eq_ignore_ascii_case("saml") {
            return among(&SAML_SESSION_CLAIMS);
        }
        let trades = self.service == "sts" && self.name == "AssumeRoleWithWebIdentity";
        prefix.contains('.') && (trades || among(&SESSION_CLAIMS))
    }
}

/// Whether a name from the data, a template perhaps, stands for a name in a policy, whatever its case.
pub(super) fn stands_for(known: &str, written: &str) -> bool {
    let pattern = pattern(known);
    match pattern {
        Some(pattern) => glob(&pattern, &written.to_ascii_lowercase()),
        None => known.eq_ignore_ascii_case(written),
    }
}

/// The glob of a template; none if the name is not one.
fn pattern(known: &str) -> Option<String> {
    let mut pattern = String::new();
    let mut rest = known.strip_suffix("tag-key").unwrap_or(known);
    let ends_in_any = rest.len() < known.len();
    loop {
        let (at, close) = match (rest.find("${"), rest.find('<')) {
            (Some(at), _) => (at, '}'),
            (None, Some(at)) => (at, '>'),
            (None, None) => break,
        };
        let (before, after) = rest.split_at_checked(at)?;
        let (_, after) = after.split_once(close)?;
        pattern.push_str(before);
        pattern.push_str("?*");
        rest = after;
    }
    if pattern.is_empty() && !ends_in_any {
        return None;
    }
    pattern.push_str(rest);
    pattern.push_str(if ends_in_any { "?*" } else { "" });
    pattern.make_ascii_lowercase();
    Some(pattern)
}
