//! Inline documents that several holders have become templates: written once, as the language shares things.
//!
//! Policies stay policies, even those that say the same: each is something that others may hold.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::{Raised, yaml};

/// What is shorter is read faster where it stands.
const WORTH_A_TEMPLATE: usize = 300;

/// A template for a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The template's name, and its file's.
    pub name: String,
    /// The file's text.
    pub text: String,
}

/// Puts templates in the place of the same inline document on two holders or more. `taken` are the names of the
/// templates there are.
pub fn share(raised: &mut Raised, environment: &str, taken: &BTreeSet<String>) -> Vec<Shared> {
    let mut uses: BTreeMap<String, (Json, String, Vec<String>)> = BTreeMap::new();
    for body in &raised.bodies {
        let inline =
            body.keys.iter().filter(|key| key.name == "inline").filter_map(|key| key.value.as_object());
        for (name, document) in inline.flatten().filter(|(_, document)| document.is_array()) {
            let text = document.to_string();
            if text.len() >= WORTH_A_TEMPLATE {
                let of = uses.entry(text).or_insert_with(|| (document.clone(), name.clone(), vec![]));
                of.2.push(body.id.address());
            }
        }
    }
    uses.retain(|_, (.., holders)| holders.len() > 1);
    let mut taken = taken.clone();
    let mut all = vec![];
    for (document, inline, holders) in uses.into_values() {
        let base = format!("{environment}-{}", slug(&inline));
        let name = std::iter::once(base.clone())
            .chain((2..).map(|n| format!("{base}-{n}")))
            .find(|n| !taken.contains(n));
        let Some(name) = name else { continue };
        taken.insert(name.clone());
        let about =
            yaml::comment(&format!("The inline policy that these have in common: {}.", holders.join(", ")));
        let description = format!("inline policy `{inline}` of {} holders", holders.len());
        let text = format!(
            "# {about}\n{}{}{}{}",
            yaml::entry("template", &json!(name), 0),
            yaml::entry("kind", &json!("statements"), 0),
            yaml::entry("description", &json!(description), 0),
            yaml::entry("body", &document, 0)
        );
        for body in &mut raised.bodies {
            for inline in body.keys.iter_mut().filter(|key| key.name == "inline") {
                for value in inline.value.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
                    if *value == document {
                        *value = json!([{"template": name}]);
                    }
                }
            }
        }
        all.push(Shared { name, text });
    }
    all
}

/// A name as files and templates have them.
fn slug(text: &str) -> String {
    let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let all: String = text.chars().map(word).collect();
    let parts: Vec<&str> = all.split('-').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { "inline".to_owned() } else { parts.join("-") }
}
