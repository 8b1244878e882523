//! The index of the estate: which environments there are, where they live, what they declare.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{EnvironmentInfo, under};
use crate::diagnostic::{Diagnostic, Span, did_you_mean};
use crate::spec::read::{Loaded, SECTIONS, keys_to};
use crate::spec::tree::{Entry, Node};
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
    /// Its holders by section and name, in the author's order within a section.
    holders: HashMap<(&'a str, &'a str), &'a Entry>,
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
            let span = one.tree.span_at("/environment");
            if let Some(first) = names.get(name) {
                diagnostics.push(
                    Diagnostic::error(Some(span), format!("there are two environments named `{name}`"))
                        .related(first.clone(), "the first is here"),
                );
                continue;
            }
            names.insert(name, span);
            if let Some(info) = header(one, &mut diagnostics) {
                homes.push(Home::new(info, one));
            }
        }
        partitions(&homes, &mut diagnostics);
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

    /// Whether any environment could not be read, so that nobody can say what there is not.
    pub fn any_unread(&self) -> bool {
        !self.unread.is_empty()
    }

    /// Where some environment declares a resource.
    pub fn declaration(&self, id: &ResourceId) -> Option<Span> {
        let at_home = self.homes.iter().filter(|home| home.info.account == id.account);
        let Some((section, _)) = SECTIONS.into_iter().find(|(_, kind)| *kind == id.kind.word()) else {
            return at_home
                .flat_map(|home| home.studio())
                .find(|(other, _)| other == id)
                .map(|(_, span)| span);
        };
        at_home.filter_map(|home| home.holders.get(&(section, &id.name))).map(|e| e.key_span.clone()).next()
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
        let path = match kind {
            Kind::User => environment.users.get(name).map(|body| body.path.as_deref()),
            _ => environment.roles.get(name).map(|body| body.path.as_deref()),
        };
        let Some(path) = path else {
            let message = format!("environment `{}` has no {kind} `{name}`", home.info.name);
            return Sought::Missing { message, help: self.nearest(home, kind, name, text.contains('/')) };
        };
        if home.info.partition != here.info.partition {
            return Sought::Missing {
                message: format!(
                    "`{text}` is in partition `{}`, this environment in `{}`",
                    home.info.partition, here.info.partition
                ),
                help: "AWS keeps partitions apart: no identity reaches from one into another".to_owned(),
            };
        }
        let id = ResourceId::new(&home.info.account, kind, name);
        Sought::Found {
            account: home.info.account.clone(),
            arn: iam_arn(&home.info.partition, &id, path.unwrap_or("/")),
        }
    }

    /// What to say instead of a role or user that is not in `home`: the same name elsewhere, or a near one
    /// there.
    fn nearest(&self, home: &Home<'_>, kind: Kind, name: &str, qualified: bool) -> String {
        let section = if kind == Kind::User { "users" } else { "roles" };
        let elsewhere = self.homes.iter().find(|home| home.holders.contains_key(&(section, name)));
        if let Some(elsewhere) = elsewhere {
            return format!("did you mean `{}/{name}`?", elsewhere.info.name);
        }
        let names = home.holders.keys().filter(|(of, _)| *of == section).map(|(_, name)| *name);
        match did_you_mean(name, names.collect::<BTreeSet<_>>()) {
            Some(near) if qualified => format!("did you mean `{}/{near}`?", home.info.name),
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("declare it there, or write the ARN of a {kind} that is not in this estate"),
        }
    }
}

impl<'a> Home<'a> {
    fn new(info: EnvironmentInfo, loaded: &'a Loaded) -> Self {
        let mut holders = HashMap::new();
        for (section, _) in SECTIONS {
            let entries = loaded.tree.get(section).map(Node::entries).unwrap_or_default();
            holders.extend(entries.iter().map(|entry| ((section, entry.key.as_str()), entry)));
        }
        Self { info, loaded, holders }
    }

    /// What it declares in SageMaker, which is of its region.
    fn studio(&self) -> Vec<(ResourceId, Span)> {
        let EnvironmentInfo { account, region, .. } = &self.info;
        let mut all = vec![];
        let mut add = |kind: Kind, name: &str, span: &Span| {
            all.push((ResourceId::in_region(account, kind, name, region), span.clone()));
        };
        let studio = self.loaded.tree.get("sagemaker");
        let entries =
            |section: &str| studio.and_then(|s| s.get(section)).map(Node::entries).unwrap_or_default();
        for domain in entries("domains") {
            add(Kind::Domain, &domain.key, &domain.key_span);
            for profile in domain.value.get("user_profiles").map(Node::entries).unwrap_or_default() {
                add(Kind::UserProfile, &format!("{}/{}", domain.key, profile.key), &profile.key_span);
            }
        }
        for notebook in entries("notebooks") {
            add(Kind::Notebook, &notebook.key, &notebook.key_span);
        }
        for script in entries("lifecycle_configurations") {
            // What belongs to an app is of Studio.
            let kind = if script.value.get("app").is_some() {
                Kind::StudioLifecycle
            } else {
                Kind::NotebookLifecycle
            };
            add(kind, &script.key, &script.key_span);
        }
        all
    }

    /// The holder a pointer leads into, with the rest of the pointer. An estate has thousands of holders, and
    /// every key of each is looked up: walking the sections each time would take the square of that.
    fn holder<'p>(&self, pointer: &'p str) -> Option<(&'a Entry, &'p str)> {
        let (section, rest) = pointer.strip_prefix('/')?.split_once('/')?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end)?;
        let name = name.replace("~1", "/").replace("~0", "~");
        Some((*self.holders.get(&(section, name.as_str()))?, rest))
    }

    /// The value at a pointer.
    pub fn node(&self, pointer: &str) -> Option<&'a Node> {
        match self.holder(pointer) {
            Some((holder, rest)) => holder.value.at(rest),
            None => self.loaded.tree.at(pointer),
        }
    }

    /// Where the value at a pointer stands, or the nearest value around it.
    pub fn place(&self, pointer: &str) -> Span {
        match self.holder(pointer) {
            Some((holder, rest)) => holder.value.span_at(rest),
            None => self.loaded.tree.span_at(pointer),
        }
    }

    /// Where the key at a pointer stands; where there is no such key, the nearest value around it.
    pub fn key_place(&self, pointer: &str) -> Span {
        match self.holder(pointer) {
            Some((holder, "")) => holder.key_span.clone(),
            Some((holder, rest)) if holder.value.at(rest).is_some() => holder.value.key_span_at(rest),
            Some(_) => self.place(pointer),
            None => self.loaded.tree.key_span_at(pointer),
        }
    }

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

    /// The place of a part of a resource, in the words of [`limits`](crate::state::limits).
    pub fn part(&self, id: &ResourceId, part: &str) -> Span {
        let key = match part {
            "max_session_seconds" => "max_session_duration",
            "document" => "statements",
            other => other,
        };
        let holder = keys_to(id).into_iter().fold(String::new(), |pointer, key| under(&pointer, key));
        let pointer = under(&holder, key);
        let span = if self.node(&pointer).is_some() { self.place(&pointer) } else { self.key_place(&holder) };
        self.origin(span, &pointer)
    }

    fn holder_key(&self, pointer: &str) -> Span {
        self.holder(pointer).map_or_else(|| self.place(pointer), |(holder, _)| holder.key_span.clone())
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
        (Ok(account), Some(name)) if !name.is_empty() && !name.contains(['*', '?']) => {
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
        let span = one.tree.span_at(&format!("/{key}"));
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
    if environment.profile.as_deref().is_some_and(|profile| profile.trim().is_empty()) {
        wrong(
            "profile",
            "a profile has a name".to_owned(),
            "name it as in `~/.aws/config`, or leave `profile:` out",
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
        profile: environment.profile.clone(),
        assume_role: environment.assume_role.clone(),
        source: one.tree.span.source.name.clone(),
        checklist: vec![],
    })
}

/// `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`: words and a number, joined by hyphens.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |p: &&str| !p.is_empty() && p.chars().all(|c| c.is_ascii_lowercase());
    match parts.split_last() {
        Some((number, words)) => {
            (2..=3).contains(&words.len())
                && words.iter().all(word)
                && !number.is_empty()
                && number.len() <= 2
                && number.chars().all(|c| c.is_ascii_digit())
        }
        None => false,
    }
}

/// Finds accounts that would be in two partitions: each is in one.
fn partitions(homes: &[Home<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&AccountId, &Home<'_>> = BTreeMap::new();
    for home in homes {
        let EnvironmentInfo {
            name: _,
            account,
            region,
            partition,
            profile: _,
            assume_role: _,
            source: _,
            checklist: _,
        } = &home.info;
        let other = *first.entry(account).or_insert(home);
        if other.info.partition != *partition {
            let message = format!(
                "region `{region}` is in partition `{partition}`, but environment `{}` has account {account} in `{}`",
                other.info.name, other.info.partition
            );
            diagnostics.push(
                Diagnostic::error(Some(home.place("/region")), message)
                    .related(other.place("/region"), "the first is here")
                    .help("an account is in one partition: check `account:` and `region:` of both"),
            );
        }
    }
}

/// Finds what two environments declare in SageMaker.
fn studio_collisions(homes: &[Home<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let mut taken: BTreeMap<ResourceId, (&Home<'_>, Span)> = BTreeMap::new();
    for home in homes {
        for (id, span) in home.studio() {
            let Some((other, first)) = taken.get(&id) else {
                taken.insert(id, (home, span));
                continue;
            };
            // What is in a domain that is declared twice is told with it.
            if id.kind == Kind::UserProfile {
                continue;
            }
            let message =
                format!("{} `{}` is declared by environment `{}`, too", id.kind, id.name, other.info.name);
            diagnostics.push(
                Diagnostic::error(Some(span), message)
                    .related(first.clone(), "the first is here")
                    .help("both are in one account and region: let one environment declare it"),
            );
        }
    }
}

/// Finds resources declared twice, and IAM names that differ only in case.
fn collisions(homes: &[Home<'_>], diagnostics: &mut Vec<Diagnostic>) {
    studio_collisions(homes, diagnostics);
    let mut taken: BTreeMap<(String, Kind, String), (&Home<'_>, ResourceId, Span)> = BTreeMap::new();
    for home in homes {
        for (section, word) in SECTIONS {
            let Ok(kind) = word.parse::<Kind>() else { continue };
            for entry in home.loaded.tree.get(section).map(Node::entries).unwrap_or_default() {
                let name = entry.key.as_str();
                let id = ResourceId::new(&home.info.account, kind, name);
                let span = entry.key_span.clone();
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
