//! Holders as the text of an environment file: a new one, or lines more in one that is there.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::tags::shared;
use super::{Body, Raised, Taking, yaml};
use crate::spec::edit::text::{Edit, Irregular, Text, apply};
use crate::spec::read::SECTIONS;
use crate::spec::tree::Node;
use crate::state::{Kind, Scope};

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
        "The next apply sets hatrack's marks on all that, and changes nothing else.".to_owned(),
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
    let name = yaml::scalar(&body.id.name, false);
    if body.keys.is_empty() {
        return format!("{blanks}{name}: {{}}\n");
    }
    let mut text = format!("{blanks}{name}:\n");
    for key in &body.keys {
        let lines = yaml::entry(key.name, &key.value, indent + 2);
        match &key.note {
            Some(note) => text += &format!("{} # {}\n", lines.trim_end(), yaml::comment(note)),
            None => text += &lines,
        }
    }
    text
}
