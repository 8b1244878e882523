//! Holders as the text of an environment file: a new one, or lines more in one that is there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::tags::shared;
use super::{Body, Raised, Taking, yaml};
use crate::spec::edit::text::{Edit, Irregular, Text, apply};
use crate::spec::read::{SECTIONS, STUDIO_SECTIONS};
use crate::spec::tree::Node;
use crate::state::{Kind, ResourceId, Scope, within_domain};

/// How long lines of comments become.
const COMMENT_WIDTH: usize = 114;

/// What stands above the list of what is taken into ownership.
const TAKEN: &str = "\
# Taken into ownership by the next apply. Once that is done, this says nothing any more and can go.
";

/// A comment on top: what the file answers for, and what it does not say, with the reasons.
pub fn head(scope: &Scope, raised: &Raised) -> String {
    let mut lines = vec![
        format!(
            "Found in account {} and written down by `hatrack adopt`: {}.",
            scope.account,
            counted(&raised.bodies)
        ),
        // An account bears no mark: whose its settings are is said by the file alone.
        match raised.bodies.iter().filter(|body| body.id.kind == Kind::Account).count() {
            0 => "The next apply sets hatrack's marks on all that, and changes nothing else.",
            n if n == raised.bodies.len() => "The next apply changes nothing.",
            _ => {
                "The next apply sets hatrack's marks on all that but the account's settings, which bear none, and changes \
                 nothing else."
            }
        }
        .to_owned(),
    ];
    for (what, unsaid) in [("Left out", &raised.left_out), ("Not said", &raised.remarks)] {
        if !unsaid.is_empty() {
            lines.push(String::new());
            lines.push(format!("{what}:"));
            lines.extend(unsaid.iter().map(|one| format!("  {}: {}", one.id.address(), one.why)));
        }
    }
    lines.iter().map(|line| comment(line)).collect()
}

/// A text as lines of a comment.
fn comment(text: &str) -> String {
    let indent = text.len() - text.trim_start().len();
    let (first, next) = (" ".repeat(indent), " ".repeat(if indent > 0 { indent + 2 } else { 0 }));
    let mut out = String::new();
    let mut line = first.clone();
    for word in text.split_whitespace().map(yaml::comment) {
        let room = line.trim().is_empty() || line.chars().count() + word.chars().count() < COMMENT_WIDTH;
        if !room {
            out += &format!("# {}\n", line.trim_end());
            line.clone_from(&next);
        }
        if !line.trim().is_empty() {
            line.push(' ');
        }
        line += &word;
    }
    out + format!("# {line}").trim_end() + "\n"
}

fn counted(bodies: &[Body]) -> String {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for body in bodies {
        *counts.entry(body.id.kind).or_default() += 1;
    }
    let words = |(kind, n): (&Kind, &usize)| match (kind, n) {
        (Kind::Account, _) => "the account's settings".to_owned(),
        (kind, 1) => format!("1 {kind}"),
        (Kind::Policy, n) => format!("{n} policies"),
        (kind, n) => format!("{n} {kind}s"),
    };
    counts.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// The text of a new environment file.
pub fn new_file(scope: &Scope, raised: &mut Raised) -> String {
    shared(raised);
    let mut text = head(scope, raised);
    for (key, value) in [
        ("environment", &scope.environment),
        ("account", &scope.account.to_string()),
        ("region", &scope.region),
    ] {
        text += &yaml::entry(key, &Json::from(value.as_str()), 0);
    }
    if !raised.tags.is_empty() {
        let tags: Map<String, Json> =
            raised.tags.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
        text += &format!("\n{}", yaml::entry("tags", &Json::Object(tags), 0));
    }
    for (section, kind) in SECTIONS {
        let lines: String = of_kind(raised, kind).map(|body| lines(body, 2)).collect();
        if !lines.is_empty() {
            text += &format!("\n{section}:\n{lines}");
        }
    }
    let studio: String = studio(raised).iter().map(|part| part.lines(raised, 2)).collect();
    if !studio.is_empty() {
        text += &format!("\nsagemaker:\n{studio}");
    }
    text += &account_settings(raised);
    for (key, addresses) in taken(raised) {
        text += &format!("\n{TAKEN}{}", list(key, &addresses));
    }
    text
}

/// A file with the holders added: each at the end of its section.
///
/// # Errors
/// A section is written in a way that only a person should edit.
pub fn added(text: &str, tree: &Node, raised: &Raised) -> Result<String, Irregular> {
    let place = Text(text);
    let mut edits: Vec<Edit> = vec![];
    let mut tail = String::new();
    for (section, kind) in SECTIONS {
        let bodies: Vec<&Body> = of_kind(raised, kind).collect();
        if bodies.is_empty() {
            continue;
        }
        match tree.entry(section) {
            None => {
                let lines: String = bodies.iter().map(|body| lines(body, 2)).collect();
                tail += &format!("\n{section}:\n{lines}");
            }
            Some(entry) => edits.push(
                place.add_lines(entry, &|indent| bodies.iter().map(|body| lines(body, indent)).collect())?,
            ),
        }
    }
    edits.extend(people_added(place, tree, raised)?);
    let studio = studio(raised);
    match tree.entry("sagemaker") {
        None if studio.is_empty() => {}
        None => {
            let lines: String = studio.iter().map(|part| part.lines(raised, 2)).collect();
            tail += &format!("\nsagemaker:\n{lines}");
        }
        Some(section) => {
            let (there, new): (Vec<_>, Vec<_>) =
                studio.iter().partition(|part| section.value.entry(part.name).is_some());
            for part in there {
                if let Some(entry) = section.value.entry(part.name) {
                    edits.push(place.add_lines(entry, &|indent| part.bodies_lines(raised, indent))?);
                }
            }
            if !new.is_empty() {
                let lines = |indent| new.iter().map(|part| part.lines(raised, indent)).collect();
                edits.push(place.add_lines(section, &lines)?);
            }
        }
    }
    tail += &account_settings(raised);
    for (key, addresses) in taken(raised) {
        match tree.get(key) {
            None => tail += &format!("\n{TAKEN}{}", list(key, &addresses)),
            Some(there) => edits.push(place.add_items(there, &addresses)?),
        }
    }
    if !tail.is_empty() {
        edits.push(place.at_end(tail));
    }
    apply(text, edits)
}

fn of_kind<'a>(raised: &'a Raised, kind: &'a str) -> impl Iterator<Item = &'a Body> {
    raised.bodies.iter().filter(move |body| body.id.kind.word() == kind)
}

/// One of the sections of SageMaker.
struct Part<'a> {
    name: &'static str,
    bodies: Vec<&'a Body>,
}

impl Part<'_> {
    fn lines(&self, raised: &Raised, indent: usize) -> String {
        format!("{}{}:\n{}", " ".repeat(indent), self.name, self.bodies_lines(raised, indent + 2))
    }

    fn bodies_lines(&self, raised: &Raised, indent: usize) -> String {
        self.bodies.iter().map(|body| with_people(raised, body, indent)).collect()
    }
}

/// What there is of SageMaker, people but for.
fn studio(raised: &Raised) -> Vec<Part<'_>> {
    let parts = STUDIO_SECTIONS.into_iter().map(|(name, kinds)| {
        let mut bodies: Vec<&Body> = raised.bodies.iter().filter(|b| kinds.contains(&b.id.kind)).collect();
        bodies.sort_by(|a, b| a.id.name.cmp(&b.id.name));
        Part { name, bodies }
    });
    parts.filter(|part| !part.bodies.is_empty()).collect()
}

/// The people of a domain.
fn people<'a>(raised: &'a Raised, domain: &str) -> Vec<&'a Body> {
    let within = |body: &&Body| {
        body.id.kind == Kind::UserProfile
            && within_domain(&body.id.name).is_some_and(|(there, _)| there == domain)
    };
    raised.bodies.iter().filter(within).collect()
}

/// The lines of a holder; of a domain with those of its people.
fn with_people(raised: &Raised, body: &Body, indent: usize) -> String {
    let mut text = lines(body, indent);
    let people = if body.id.kind == Kind::Domain { people(raised, &body.id.name) } else { vec![] };
    if !people.is_empty() {
        text += &user_profiles(&people, indent + 2);
    }
    text
}

fn user_profiles(people: &[&Body], indent: usize) -> String {
    let each: String = people.iter().map(|person| lines(person, indent + 2)).collect();
    format!("{}user_profiles:\n{each}", " ".repeat(indent))
}

/// People more in domains that the file has.
fn people_added(place: Text<'_>, tree: &Node, raised: &Raised) -> Result<Vec<Edit>, Irregular> {
    let new: BTreeSet<&str> = raised
        .bodies
        .iter()
        .filter(|body| body.id.kind == Kind::Domain)
        .map(|body| body.id.name.as_str())
        .collect();
    let of = |body: &Body| within_domain(&body.id.name).map(|(domain, _)| domain.to_owned());
    let domains: BTreeSet<String> =
        raised.bodies.iter().filter(|body| body.id.kind == Kind::UserProfile).filter_map(of).collect();
    let mut edits = vec![];
    for domain in domains.iter().filter(|domain| !new.contains(domain.as_str())) {
        let people = people(raised, domain);
        let written = tree.get("sagemaker").and_then(|s| s.get("domains")?.entry(domain));
        let written = written
            .ok_or_else(|| Irregular(format!("domain `{domain}` does not stand there by its name")))?;
        edits.push(match written.value.entry("user_profiles") {
            Some(there) => {
                place.add_lines(there, &|indent| people.iter().map(|p| lines(p, indent)).collect())?
            }
            None => place.add_lines(written, &|indent| user_profiles(&people, indent))?,
        });
    }
    Ok(edits)
}

/// The section of the account's settings; nothing if they are not said.
fn account_settings(raised: &Raised) -> String {
    let Some(body) = raised.bodies.iter().find(|body| body.id.kind == Kind::Account) else {
        return String::new();
    };
    format!("\naccount_settings:\n{}", keys(body, 2))
}

fn taken(raised: &Raised) -> Vec<(&'static str, Vec<Json>)> {
    let addresses = |taking: Taking| -> Vec<Json> {
        let those = raised.bodies.iter().filter(|body| body.taking == taking);
        those.map(|body| Json::from(body.id.address())).collect()
    };
    let all = [("adopt", addresses(Taking::Adopt)), ("takeover", addresses(Taking::Takeover))];
    all.into_iter().filter(|(_, addresses)| !addresses.is_empty()).collect()
}

fn list(key: &str, addresses: &[Json]) -> String {
    let items: String = addresses.iter().map(|address| yaml::item(address, 2)).collect();
    format!("{key}:\n{items}")
}

/// The lines of a holder.
fn lines(body: &Body, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    let name = yaml::scalar(own_name(&body.id), false);
    if body.keys.is_empty() {
        return format!("{blanks}{name}: {{}}\n");
    }
    format!("{blanks}{name}:\n{}", keys(body, indent + 2))
}

/// The name of a holder within its section.
fn own_name(id: &ResourceId) -> &str {
    match within_domain(&id.name) {
        Some((_, own)) if id.kind == Kind::UserProfile => own,
        _ => &id.name,
    }
}

fn keys(body: &Body, indent: usize) -> String {
    let mut text = String::new();
    for key in &body.keys {
        let lines = yaml::entry(key.name, &key.value, indent);
        match &key.note {
            Some(note) => text += &format!("{} # {}\n", lines.trim_end(), yaml::comment(note)),
            None => text += &lines,
        }
    }
    text
}
