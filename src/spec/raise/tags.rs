//! What all holders have: tags and paths, and the tags of a whole file.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{Body, Key, Raised, Raising, key_of};
use crate::state::{Kind, MARK_TAG, Resource, ResourceId, Setting, mark_path};

impl Raising<'_> {
    /// The path and the tags of a holder.
    pub(super) fn common(&self, id: &ResourceId, resource: &Resource) -> Result<Vec<Key>, String> {
        let mut keys = vec![];
        match resource.core.path() {
            None | Some("/") => {}
            Some(path) if path.starts_with("/hatrack/") && matches!(id.kind, Kind::User | Kind::Role) => {
                return Err(format!(
                    "its path `{path}` would be a mark of hatrack's on other kinds, and no file can say it"
                ));
            }
            // Another environment's mark goes with the takeover; AWS cannot move a policy out of it.
            Some(path) if path.starts_with("/hatrack/") => {
                let ours = path.starts_with(mark_path(&self.around.scope.environment).as_str());
                if id.kind == Kind::Policy && !ours {
                    return Err(format!(
                        "AWS cannot move a policy, and its path `{path}` is another environment's mark"
                    ));
                }
                let own = path.splitn(4, '/').nth(3).unwrap_or_default();
                if !own.is_empty() {
                    keys.push(key_of("path", format!("/{own}")));
                }
            }
            Some(path) => keys.push(key_of("path", path)),
        }
        let tags = self.tags(id, resource)?;
        if !tags.is_empty() {
            keys.push(key_of("tags", Json::Object(tags)));
        }
        Ok(keys)
    }

    fn tags(&self, id: &ResourceId, resource: &Resource) -> Result<Map<String, Json>, String> {
        let ignores_case = matches!(id.kind, Kind::User | Kind::Role);
        let same = |a: &str, b: &str| if ignores_case { a.eq_ignore_ascii_case(b) } else { a == b };
        let mut tags = Map::new();
        for setting in resource.settings.values() {
            let Setting::Tag { key, value } = setting else { continue };
            if key.starts_with("aws:") || key == MARK_TAG {
                continue; // AWS's own and ours are kept, and nobody says them.
            }
            if self.around.tags.get(key) != Some(value) {
                tags.insert(key.clone(), value.as_str().into());
            }
        }
        let lacking = self.around.tags.iter().find(|(key, _)| {
            let has =
                |setting: &Setting| matches!(setting, Setting::Tag { key: other, .. } if same(other, key));
            has_tags(id.kind) && !resource.settings.values().any(has)
        });
        match lacking {
            Some((key, value)) => Err(format!(
                "the file puts the tag {key}={value} on everything it has, and this has no such tag: tag it, or adopt it \
                 into another environment of the account"
            )),
            None => Ok(tags),
        }
    }
}

/// Whether there are tags of a kind: AWS has none for groups, nor for an account's settings.
fn has_tags(kind: Kind) -> bool {
    !matches!(kind, Kind::Group | Kind::Account)
}

/// Says once what every holder that can have tags says of itself.
pub(super) fn shared(raised: &mut Raised) {
    if !raised.tags.is_empty() {
        return; // It was done before.
    }
    let tagged = |body: &&Body| has_tags(body.id.kind);
    let tags = |body: &Body| -> Map<String, Json> {
        let key = body.keys.iter().find(|key| key.name == "tags");
        key.and_then(|key| key.value.as_object().cloned()).unwrap_or_default()
    };
    let mut all = raised.bodies.iter().filter(tagged).map(tags);
    let Some(mut common) = all.next() else { return };
    if raised.bodies.iter().filter(tagged).count() < 2 {
        return;
    }
    for one in all {
        common.retain(|key, value| one.get(key) == Some(value));
    }
    for body in &mut raised.bodies {
        for key in body.keys.iter_mut().filter(|key| key.name == "tags") {
            if let Json::Object(tags) = &mut key.value {
                tags.retain(|key, _| !common.contains_key(key));
            }
        }
        body.keys
            .retain(|key| key.name != "tags" || key.value.as_object().is_some_and(|tags| !tags.is_empty()));
    }
    let text = |(key, value): (String, Json)| Some((key, value.as_str()?.to_owned()));
    raised.tags = common.into_iter().filter_map(text).collect::<BTreeMap<_, _>>();
}
