//! Whether a resource as a policy names it could be of a type that AWS knows: whether any ARN is covered by both.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use crate::policy::catalogue::{Action, ResourceType, Service};
use crate::policy::overlap::{Class, Token, meet, token, tokens};
use crate::policy::{arn, catalogue};

/// The parts of a policy's resource that tell its type. `*` and variables can be anything.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    pub resource: Vec<Token>,
    /// Whether the last part is nothing but stars.
    pub any_name: bool,
}

impl<'a> Wanted<'a> {
    /// None for `*` and what is no ARN.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let [_, _, service, region, account, resource] = arn::split(text)?;
        let any_name = resource.chars().all(|c| c == '*');
        Some(Self { service, region, account, resource: written(resource), any_name })
    }
}

impl Wanted<'_> {
    /// Whether any text may follow at its end.
    pub(super) fn ends_open(&self) -> bool {
        self.resource.last().is_some_and(|token| token.many)
    }
}

/// The parts of a type's ARN, or nothing if any ARN will do.
#[derive(Debug)]
pub(super) struct Form {
    pub kind: &'static ResourceType,
    service: &'static str,
    region: &'static str,
    account: &'static str,
    resource: Vec<Token>,
}

/// How a resource misses the ARN of a type whose name fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Miss {
    /// The ARN has no region, and one is given.
    RegionGiven,
    /// The ARN has a region, and none is given.
    RegionMissing,
    /// The ARN has no account, and one is given.
    AccountGiven,
    /// The ARN has an account, and none is given.
    AccountMissing,
    /// The ARN has certain words there.
    Other,
}

impl Form {
    /// None for a type whose ARN is not told, or told in a form that cannot be meant.
    pub(super) fn of(service: &'static Service, kind: &'static ResourceType) -> Option<Self> {
        let [_, _, named, region, account, resource] = arn::split(kind.arn)?;
        let open = |text: &str| text.is_empty() || text.starts_with("${") || text.contains('*');
        let account_fits = open(account) || account == "aws";
        // Two ARNs in one, or parts in the wrong places.
        if !account_fits || named.contains("${") || resource.contains(", ") {
            return None;
        }
        // `bucket/${Key}` beside `bucket` tells that a bucket's name has no slash.
        let nested = format!("{}/", kind.arn);
        let slash = !service.resource_types().iter().any(|other| other.arn.starts_with(&nested));
        Some(Self { kind, service: named, region, account, resource: template(resource, slash) })
    }

    /// Whether its ARN names this service.
    pub(super) fn is_of(&self, service: &str) -> bool {
        self.service == service
    }

    /// Whether the last part could be of this type.
    pub(super) fn takes_name(&self, wanted: &Wanted<'_>) -> bool {
        self.service == wanted.service && meet(&self.resource, &wanted.resource)
    }

    /// What is wrong with region and account; nothing if an ARN of the type is covered.
    pub(super) fn misses(&self, wanted: &Wanted<'_>) -> Option<Miss> {
        let part = |form: &str, text: &str, given: Miss, missing: Miss| {
            if meet(&template(form, true), &written(text)) {
                return None;
            }
            Some(match (form, text) {
                ("", _) => given,
                (_, "") => missing,
                _ => Miss::Other,
            })
        };
        part(self.region, wanted.region, Miss::RegionGiven, Miss::RegionMissing)
            .or_else(|| part(self.account, wanted.account, Miss::AccountGiven, Miss::AccountMissing))
    }

    /// Whether an ARN of the type is covered.
    pub(super) fn fits(&self, wanted: &Wanted<'_>) -> bool {
        // What AWS makes for everybody has no account; which actions it serves is another question.
        self.takes_name(wanted) && matches!(self.misses(wanted), None | Some(Miss::AccountMissing))
    }
}

/// Whether an action could be on something that a resource pattern covers: whether one of its types has such ARNs. What
/// AWS's reference does not tell of could be anything.
pub fn could_be_on(action: &Action, pattern: &str) -> bool {
    let Action { service, name: _, level: _, resources, keys: _, listed } = action;
    let Some(wanted) = Wanted::of(pattern) else { return true };
    if !listed {
        return true;
    }
    let own = |form: &Form| resources.iter().any(|resource| resource.name == form.kind.name);
    forms(service).iter().any(|form| own(form) && form.fits(&wanted))
}

/// The types that a service has, as far as their ARNs are told.
pub(super) fn forms(prefix: &str) -> &'static [Form] {
    /// Prefix → its types, made when first asked for.
    static ALL: LazyLock<BTreeMap<&str, OnceLock<Vec<Form>>>> =
        LazyLock::new(|| catalogue::prefixes().map(|prefix| (prefix, OnceLock::new())).collect());
    let Some(service) = catalogue::service(prefix) else { return &[] };
    let Some(known) = ALL.get(service.prefix) else { return &[] };
    known.get_or_init(|| service.resource_types().iter().filter_map(|kind| Form::of(service, kind)).collect())
}

/// `${Name}` is any text that is not empty; at the very end it has a slash only if one is possible there.
fn template(text: &str, slash: bool) -> Vec<Token> {
    let mut out = vec![];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.extend(tokens(before));
        let (_, after) = after.split_once('}').unwrap_or((after, ""));
        let class = if slash || !after.is_empty() { Class::Any } else { Class::NoSlash };
        out.extend([Token { class, many: false }, Token { class, many: true }]);
        rest = after;
    }
    out.extend(tokens(rest));
    out
}

/// A part as a policy writes it; what a variable stands for can be anything.
fn written(text: &str) -> Vec<Token> {
    let mut out = vec![];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.extend(tokens(before));
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push(token(if ["*", "?", "$"].contains(&name) { '?' } else { '*' }));
        rest = after;
    }
    out.extend(tokens(rest));
    out
}
