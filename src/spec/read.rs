//! The way from text to the wanted state: parse → placeholders → templates → shape → types → lower. All
//! errors of all files at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expand::{Variables, expand};
use super::lower::{self, Lowered};
use super::schema::{self, Environment};
use super::shape;
use super::shipped;
use super::source::parse;
use super::template::Templates;
use super::tree::{Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Source, has_errors};
use crate::state::{Kind, Partition, ResourceId, within_domain};

/// One environment file, read: placeholders and templates are replaced.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says.
    pub environment: Environment,
    /// Where it says so.
    pub tree: Node,
}

/// The sections whose entries are holders, and the kind of template that may stand for one.
pub const SECTIONS: [(&str, &str); 5] = [
    ("groups", "group"),
    ("users", "user"),
    ("policies", "policy"),
    ("roles", "role"),
    ("buckets", "bucket"),
];

/// The sections of SageMaker, in the order in which they refer to each other, and the kinds in each.
pub const STUDIO_SECTIONS: [(&str, &[Kind]); 3] = [
    ("lifecycle_configurations", &[Kind::NotebookLifecycle, Kind::StudioLifecycle]),
    ("domains", &[Kind::Domain]),
    ("notebooks", &[Kind::Notebook]),
];

/// The keys that lead to the body of a resource. An instance profile is said by its role.
pub fn keys_to(id: &ResourceId) -> Vec<&str> {
    let name = id.name.as_str();
    match id.kind {
        Kind::Group => vec!["groups", name],
        Kind::User => vec!["users", name],
        Kind::Policy => vec!["policies", name],
        Kind::Role | Kind::InstanceProfile => vec!["roles", name],
        Kind::Bucket => vec!["buckets", name],
        Kind::Domain => vec!["sagemaker", "domains", name],
        Kind::UserProfile => {
            let (domain, own) = within_domain(name).unwrap_or((name, name));
            vec!["sagemaker", "domains", domain, "user_profiles", own]
        }
        Kind::Notebook => vec!["sagemaker", "notebooks", name],
        Kind::NotebookLifecycle | Kind::StudioLifecycle => {
            vec!["sagemaker", "lifecycle_configurations", name]
        }
        Kind::Account => vec!["account_settings"],
        Kind::Space => vec![], // No file has them.
    }
}

/// Names that hatrack gives to placeholders; an environment's variables cannot take them.
const BUILTINS: [&str; 5] = ["account", "region", "partition", "environment", "name"];

/// Reads an estate: its environment files, and the project's own templates beside those that hatrack ships.
/// The wanted state comes only if nothing was wrong.
pub fn load(environments: &[Arc<Source>], templates: &[Arc<Source>]) -> (Option<Lowered>, Vec<Diagnostic>) {
    let (templates, mut diagnostics) = Templates::new(shipped::TEMPLATES, templates.to_vec());
    let schema = schema::json_schema();
    let mut loaded = vec![];
    let mut files = vec![];
    // What an unreadable file declares is not known, so nobody is told that it is missing.
    let mut unread = BTreeSet::new();
    for source in environments {
        let (tree, parsed) = parse(source);
        files.extend(tree.clone());
        let (one, said) = read(tree, parsed, &templates, &schema);
        match one {
            Ok(one) => loaded.push(one),
            Err(name) => unread.extend(name.or_else(|| stem(&source.name))),
        }
        diagnostics.extend(said);
    }
    let (mut lowered, said) = lower::lower(&loaded, &unread);
    lowered.files = files;
    lowered.templates = templates.own().cloned().collect();
    diagnostics.extend(said);
    diagnostics.sort_by(|a, b| a.span.cmp(&b.span));
    diagnostics.dedup();
    ((!has_errors(&diagnostics)).then_some(lowered), diagnostics)
}

/// Reads one file up to its typed form; if that fails, the name it gives itself.
fn read(
    tree: Option<Node>,
    mut diagnostics: Vec<Diagnostic>,
    templates: &Templates,
    schema: &serde_json::Value,
) -> (Result<Loaded, Option<String>>, Vec<Diagnostic>) {
    let Some(tree) = tree else { return (Err(None), diagnostics) };
    if tree.value == Value::Null && diagnostics.is_empty() {
        let nothing = Diagnostic::error(Some(tree.span.clone()), "the file says nothing");
        let help = "an environment has at least the keys `environment`, `account` and `region`";
        return (Err(None), vec![nothing.help(help)]);
    }
    let name = text(&tree, "environment").map(str::to_owned);
    let (builtins, variables, said) = variables(&tree);
    diagnostics.extend(said);
    let (tree, said) = expand(&tree, &variables);
    diagnostics.extend(said);
    let (tree, said) = instantiate(tree, templates, &builtins);
    diagnostics.extend(said);
    diagnostics.extend(shape::check(&tree, schema));
    if has_errors(&diagnostics) {
        return (Err(name), diagnostics);
    }
    match serde_path_to_error::deserialize::<_, Environment>(tree.to_json()) {
        Ok(environment) => (Ok(Loaded { environment, tree }), diagnostics),
        Err(error) => {
            // The shape check speaks first and better; this is for what a JSON Schema cannot say.
            let span = tree.span_at(&pointer_of(error.path()));
            diagnostics.push(Diagnostic::error(Some(span), lower_first(&error.inner().to_string())));
            (Err(name), diagnostics)
        }
    }
}

/// The values of placeholders: those that templates see, and those that the file itself sees.
fn variables(tree: &Node) -> (Variables, Variables, Vec<Diagnostic>) {
    let mut diagnostics = vec![];
    let mut builtins = Variables::new();
    for key in ["environment", "account", "region"] {
        let value = text(tree, key).unwrap_or_default();
        if value.contains("${{") {
            let span = tree.get(key).map(|n| n.span.clone());
            diagnostics.push(
                Diagnostic::error(span, format!("`{key}` cannot be a placeholder"))
                    .help(format!("write the {key} out: whoever reads the file must see where it leads")),
            );
        }
        builtins.insert(key.to_owned(), value.into());
    }
    let partition = Partition::of_region(text(tree, "region").unwrap_or_default());
    builtins.insert("partition".to_owned(), partition.as_str().into());
    let mut variables = builtins.clone();
    if let Some(Node { value: Value::Map(entries), .. }) = tree.get("variables") {
        for entry in entries {
            if BUILTINS.contains(&entry.key.as_str()) {
                diagnostics.push(
                    Diagnostic::error(
                        Some(entry.key_span.clone()),
                        format!("`{}` is a name that hatrack gives itself", entry.key),
                    )
                    .help("take another name for the variable"),
                );
            } else {
                let (value, said) = expand(&entry.value, &builtins);
                diagnostics.extend(
                    said.into_iter()
                        .map(|d| d.help("a variable can use what hatrack gives, not another variable")),
                );
                variables.insert(entry.key.clone(), value.to_json());
            }
        }
    }
    (builtins, variables, diagnostics)
}

/// The tags that a file puts on everything, its placeholders replaced.
pub fn tags_of(tree: &Node) -> BTreeMap<String, String> {
    let Some(tags) = tree.get("tags") else { return BTreeMap::new() };
    let (_, variables, _) = variables(tree);
    let (tags, _) = expand(tags, &variables);
    let text = |entry: &Entry| Some((entry.key.clone(), entry.value.text()?.to_owned()));
    tags.entries().iter().filter_map(text).collect()
}

/// Whether a domain of the file keeps people to the profile of their own name, its placeholders replaced.
pub fn keeps_to_own_profiles(tree: &Node) -> bool {
    let Some(domains) = tree.get("sagemaker").and_then(|section| section.get("domains")) else {
        return false;
    };
    let (_, variables, _) = variables(tree);
    let (domains, _) = expand(domains, &variables);
    let is = |body: &Node, key: &str, word: &str| body.get(key).and_then(Node::text) == Some(word);
    domains
        .entries()
        .iter()
        .any(|domain| !is(&domain.value, "auth_mode", "SSO") && !is(&domain.value, "sign_in", "unrestricted"))
}

/// Replaces templates in every holder; a holder of which nothing is said (`alice:`) is an empty one.
fn instantiate(mut tree: Node, templates: &Templates, builtins: &Variables) -> (Node, Vec<Diagnostic>) {
    let mut diagnostics = vec![];
    let Value::Map(sections) = &mut tree.value else { return (tree, diagnostics) };
    for section in sections {
        let Some((_, kind)) = SECTIONS.iter().find(|(name, _)| *name == section.key) else { continue };
        let Value::Map(holders) = &mut section.value.value else { continue };
        for holder in holders {
            let mut builtins = builtins.clone();
            builtins.insert("name".to_owned(), holder.key.clone().into());
            let (mut body, said) = templates.instantiate(kind, &holder.value, &builtins);
            diagnostics.extend(said);
            if body.value == Value::Null {
                body.value = Value::Map(vec![]);
            }
            holder.value = body;
        }
    }
    (tree, diagnostics)
}

fn text<'a>(tree: &'a Node, key: &str) -> Option<&'a str> {
    match &tree.get(key)?.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn stem(file: &str) -> Option<String> {
    std::path::Path::new(file).file_stem().map(|s| s.to_string_lossy().into_owned())
}

fn pointer_of(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer += &format!("/{index}"),
            Segment::Map { key } => pointer += &format!("/{}", lower::escaped(key)),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

fn lower_first(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
