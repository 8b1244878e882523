//! The index of the estate: which environments there are, where they live, what they declare.

use std::collections::{BTreeMap, BTreeSet};

use super::{EnvironmentInfo, key_place, place};
use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::spec::read::{Loaded, SECTIONS};
use crate::state::{AccountId, Kind, Partition, ResourceId, iam_arn};

/// Longest name of an environment: it is part of paths and of a tag.
const ENVIRONMENT_NAME_MAX: usize = 32;

/// Everything that can be referred to.
pub(super) struct Estate<'a> {
    /// The environments that could be read.
    pub homes: Vec<Home<'a>>,
    unread: &'a BTreeSet<String>,
}

/// One environment and where it lives.
pub(super) struct Home<'a> {
    /// Its header.
    pub info: EnvironmentInfo,
    /// What it says.
    pub loaded: &'a Loaded,
}

/// What a reference to a role or user led to.
pub(super) enum Sought {
    /// Here it is.
    Found {
        /// Its account.
        account: AccountId,
        /// Its ARN, with its path.
        arn: String,
    },
    /// Nobody can say: its file could not be read.
    Unread,
    /// There is none.
    Missing {
        /// What is wrong.
        message: String,
        /// The way out.
        help: String,
    },
}

impl<'a> Estate<'a> {
    /// Reads the headers and finds names that collide.
    pub fn new(loaded: &'a [Loaded], unread: &'a BTreeSet<String>) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = vec![];
        let mut names: BTreeMap<&str, Span> = BTreeMap::new();
        let mut homes: Vec<Home<'a>> = vec![];
        for one in loaded {
            let name = one.environment.environment.as_str();
            let span = place(&one.tree, "/environment");
            if let Some(first) = names.get(name) {
                diagnostics.push(
                    Diagnostic::error(Some(span), format!("there are two environments named `{name}`"))
                        .related(first.clone(), "the first is here"),
                );
                continue;
            }
            names.insert(name, span);
            if let Some(info) = header(one, &mut diagnostics) {
                homes.push(Home { info, loaded: one });
            }
        }
        collisions(&homes, &mut diagnostics);
        (Self { homes, unread }, diagnostics)
    }

    /// The environment of a name.
    pub fn home(&self, name: &str) -> Option<&Home<'a>> {
        self.homes.iter().find(|home| home.info.name == name)
    }

    /// Whether an environment of that name exists but could not be read.
    pub fn is_unread(&self, name: &str) -> bool {
        self.unread.contains(name)
    }

    /// What to say of a name that is no environment.
    pub fn no_such_environment(&self, name: &str) -> (String, String) {
        let names = self.homes.iter().map(|home| home.info.name.as_str());
        let help = did_you_mean(name, names.clone()).map_or_else(
            || format!("there are: {}", names.collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        (format!("there is no environment `{name}`"), help)
    }

    /// The role or user that `Name`, `environment/Name` or an ARN refers to.
    pub fn identity(&self, here: &Home<'_>, kind: Kind, text: &str) -> Sought {
        if text.starts_with("arn:") {
            return identity_by_arn(here, kind, text);
        }
        let (home, name) = match text.split_once('/') {
            None => (Some(here), text),
            Some((environment, name)) => {
                if self.is_unread(environment) {
                    return Sought::Unread;
                }
                let Some(home) = self.home(environment) else {
                    let (message, help) = self.no_such_environment(environment);
                    return Sought::Missing { message, help };
                };
                (Some(home), name)
            }
        };
        let home = home.unwrap_or(here);
        let environment = &home.loaded.environment;
        let names: Vec<&str> = match kind {
            Kind::User => environment.users.keys().map(String::as_str).collect(),
            _ => environment.roles.keys().map(String::as_str).collect(),
        };
        if !names.contains(&name) {
            let message = format!("environment `{}` has no {kind} `{name}`", home.info.name);
            let help = match did_you_mean(name, names.iter().copied()) {
                Some(near) if text.contains('/') => format!("did you mean `{}/{near}`?", home.info.name),
                Some(near) => format!("did you mean `{near}`?"),
                None => self.elsewhere(kind, name).map_or_else(
                    || format!("declare it there, or write the ARN of a {kind} that is not in this estate"),
                    |found| format!("did you mean `{found}`?"),
                ),
            };
            return Sought::Missing { message, help };
        }
        if home.info.partition != here.info.partition {
            return Sought::Missing {
                message: format!(
                    "`{text}` is in partition `{}`, this environment in `{}`",
                    home.info.partition, here.info.partition
                ),
                help: "AWS keeps partitions apart: no identity reaches from one into another".to_owned(),
            };
        }
        let path = match kind {
            Kind::User => environment.users.get(name).and_then(|body| body.path.as_deref()),
            _ => environment.roles.get(name).and_then(|body| body.path.as_deref()),
        };
        let path = path.unwrap_or("/");
        let id = ResourceId::new(&home.info.account, kind, name);
        Sought::Found { account: home.info.account.clone(), arn: iam_arn(&home.info.partition, &id, path) }
    }

    /// An environment that does have such a name.
    fn elsewhere(&self, kind: Kind, name: &str) -> Option<String> {
        let has = |home: &&Home<'_>| match kind {
            Kind::User => home.loaded.environment.users.contains_key(name),
            _ => home.loaded.environment.roles.contains_key(name),
        };
        self.homes.iter().find(has).map(|home| format!("{}/{name}", home.info.name))
    }
}

impl Home<'_> {
    /// An error at a place; if the place is in a template, the holder it was used for is named as well.
    pub fn said(&self, span: Span, pointer: &str, message: impl Into<String>) -> Diagnostic {
        let diagnostic = Diagnostic::error(Some(span.clone()), message);
        if span.source.name == self.info.source {
            return diagnostic;
        }
        diagnostic.related(self.holder_key(pointer), "the template is used here")
    }

    /// The place a person edits for what stands at a pointer: its own, or the holder's key if it came from a
    /// template.
    pub fn origin(&self, span: Span, pointer: &str) -> Span {
        if span.source.name == self.info.source { span } else { self.holder_key(pointer) }
    }

    fn holder_key(&self, pointer: &str) -> Span {
        let holder: Vec<&str> = pointer.splitn(4, '/').take(3).collect();
        key_place(&self.loaded.tree, &holder.join("/"))
    }
}

/// A role or user outside the estate, by ARN.
fn identity_by_arn(here: &Home<'_>, kind: Kind, arn: &str) -> Sought {
    let missing = |message: String| Sought::Missing {
        message,
        help: format!("the ARN of a {kind} is `arn:{}:iam::ACCOUNT:{kind}/NAME`", here.info.partition),
    };
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, "iam", "", account, resource] = parts.as_slice() else {
        return missing(format!("`{arn}` is not the ARN of a {kind}"));
    };
    if *partition != here.info.partition.as_str() {
        return missing(format!("`{arn}` is in partition `{partition}`, not `{}`", here.info.partition));
    }
    let named = resource.strip_prefix(kind.word()).and_then(|rest| rest.strip_prefix('/'));
    match (account.parse::<AccountId>(), named) {
        (Ok(account), Some(name)) if !name.is_empty() && !name.contains('*') => {
            Sought::Found { account, arn: arn.to_owned() }
        }
        (Err(message), _) => missing(message),
        _ => missing(format!("`{arn}` is not the ARN of a {kind}")),
    }
}

/// Reads name, account and region.
fn header(one: &Loaded, diagnostics: &mut Vec<Diagnostic>) -> Option<EnvironmentInfo> {
    let environment = &one.environment;
    let mut wrong = |key: &str, message: String, help: &str| {
        let span = place(&one.tree, &format!("/{key}"));
        diagnostics.push(Diagnostic::error(Some(span), message).help(help));
    };
    let name = &environment.environment;
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !name.starts_with(letters)
        || !name.chars().all(|c| letters(c) || c == '-')
        || name.len() > ENVIRONMENT_NAME_MAX
    {
        let help = "lower-case letters, digits and hyphens, beginning with a letter or digit, at most 32";
        wrong("environment", format!("`{name}` cannot name an environment"), help);
    }
    if !is_region(&environment.region) {
        wrong(
            "region",
            format!("`{}` is no region", environment.region),
            "a region is `eu-west-1` or the like",
        );
    }
    let account = match environment.account.parse::<AccountId>() {
        Ok(account) => account,
        Err(message) => {
            let help = "write all twelve digits in quotation marks: account: \"111122223333\"";
            wrong("account", message.split(": ").next().unwrap_or_default().to_owned(), help);
            return None;
        }
    };
    Some(EnvironmentInfo {
        name: name.clone(),
        account,
        region: environment.region.clone(),
        partition: Partition::of_region(&environment.region),
        assume_role: environment.assume_role.clone(),
        source: one.tree.span.source.name.clone(),
    })
}

/// `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`: words and a number, joined by hyphens.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |p: &&str| !p.is_empty() && p.chars().all(|c| c.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            (2..=3).contains(&words.len())
                && words.iter().all(|p| word(p))
                && !number.is_empty()
                && number.len() <= 2
                && number.chars().all(|c| c.is_ascii_digit())
        }
        None => false,
    }
}

/// Finds resources declared twice, and IAM names that differ only in case.
fn collisions(homes: &[Home<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let mut taken: BTreeMap<(String, Kind, String), (&Home<'_>, ResourceId, Span)> = BTreeMap::new();
    for home in homes {
        for (section, word) in SECTIONS {
            let Ok(kind) = word.parse::<Kind>() else { continue };
            for name in home.names(section) {
                let id = ResourceId::new(&home.info.account, kind, name);
                let span = key_place(&home.loaded.tree, &super::under(&format!("/{section}"), name));
                // Bucket names are unique in a partition, all others in their account.
                let (space, folded) = if kind.ignores_case() {
                    (home.info.account.to_string(), name.to_ascii_lowercase())
                } else {
                    (home.info.partition.to_string(), name.to_owned())
                };
                let key = (space, kind, folded);
                let Some((other, first, first_span)) = taken.get(&key) else {
                    taken.insert(key, (home, id, span));
                    continue;
                };
                let message = if first.name != id.name {
                    format!("{kind} `{name}` and {kind} `{}` differ only in case", first.name)
                } else {
                    format!("{kind} `{name}` is declared by environment `{}`, too", other.info.name)
                };
                let help = if kind == Kind::Bucket {
                    "a bucket's name is unique in all of AWS: let one environment declare it"
                } else if first.name != id.name {
                    "AWS takes them for one name"
                } else {
                    "both are in one account: let one environment declare it"
                };
                diagnostics.push(
                    Diagnostic::error(Some(span), message)
                        .related(first_span.clone(), "the first is here")
                        .help(help),
                );
            }
        }
    }
}

impl Home<'_> {
    /// The names in a section.
    fn names(&self, section: &str) -> Vec<&str> {
        let environment = &self.loaded.environment;
        match section {
            "groups" => environment.groups.keys().map(String::as_str).collect(),
            "users" => environment.users.keys().map(String::as_str).collect(),
            "policies" => environment.policies.keys().map(String::as_str).collect(),
            "roles" => environment.roles.keys().map(String::as_str).collect(),
            "buckets" => environment.buckets.keys().map(String::as_str).collect(),
            _ => vec![],
        }
    }
}
