//! One thing that was found otherwise than declared, and the edits after which it is declared so.

use serde_json::{Value as Json, json};

use super::documents::Rewrite;
use super::place::Holder;
use super::text::{Edit, Irregular};
use crate::diagnostic::Span;
use crate::policy::{Document, Statement};
use crate::spec::lower::Lowered;
use crate::spec::raise::{self, Around, yaml};
use crate::spec::tree::{Entry, Node, Value};
use crate::state::{Core, Kind, MARK_TAG, Resource, ResourceId, Setting, SettingKey};

/// A part of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All of it: it is declared, and not there.
    Whole,
    /// A field of its core, as the language calls it: `trust`, `description`, `max_session_duration`, `path`,
    /// `document`, `region`.
    Field(&'static str),
    /// A setting.
    Setting(SettingKey),
}

/// What shall be declared as it was found.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// The files.
    pub lowered: &'a Lowered,
    /// What is known around the resource.
    pub around: &'a Around<'a>,
    /// Whose part it is.
    pub id: &'a ResourceId,
    /// Which part.
    pub part: &'a Part,
    /// The resource as found; none if it is not there.
    pub found: Option<&'a Resource>,
}

/// The edits of one file; or why a person has to make them.
pub type Wished = Result<Vec<Edit>, Cannot>;

/// Why a text is not edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cannot {
    /// Where it stands.
    pub span: Option<Span>,
    /// Why.
    pub why: String,
    /// What to write instead, as YAML.
    pub propose: Option<String>,
}

impl From<Irregular> for Cannot {
    fn from(Irregular(why): Irregular) -> Self {
        Self { span: None, why, propose: None }
    }
}

/// The order of the keys in a body; a new one is put after those that go before it.
const ORDER: [&str; 46] = [
    "template",
    "with",
    "adopt",
    "takeover",
    "renamed_from",
    "path",
    "tags",
    "others",
    "trust",
    "description",
    "statements",
    "max_session_duration",
    "groups",
    "boundary",
    "policies",
    "inline",
    "policy",
    "public_access_block",
    "encryption",
    "versioning",
    "ownership",
    "console",
    "instance_type",
    "auth_mode",
    "vpc",
    "subnets",
    "network",
    "execution_role",
    "subnet",
    "security_groups",
    "direct_internet",
    "kms_key",
    "volume_gb",
    "root_access",
    "metadata_version",
    "lifecycle_configurations",
    "lifecycle_configuration",
    "idle_minutes",
    "home_files",
    "running",
    "on_create",
    "on_start",
    "app",
    "script",
    "alias",
    "password_policy",
];

/// The edits after which a part is declared as found.
pub fn wished(wish: &Wish<'_>) -> Wished {
    if *wish.part == Part::Whole && !wish.lowered.wanted.resources.contains_key(wish.id) {
        return Ok(vec![]); // It left the file with what it stood in.
    }
    let Some(holder) = Holder::find(wish.lowered, wish.id) else {
        return Err(cannot("no file declares it in so many words"));
    };
    let work = Work { wish, holder };
    let mut result = match (wish.part, wish.found) {
        (Part::Whole, _) => work.gone(),
        (_, None) => Err(cannot("it is not there")),
        (Part::Field(field), Some(found)) => work.field(field, found),
        (Part::Setting(key), Some(found)) => work.setting(key, found.settings.get(key), found),
    };
    if let Err(Cannot { span, .. }) = &mut result
        && span.is_none()
    {
        *span = Some(holder.entry.key_span.clone());
    }
    result
}

pub(super) fn cannot(why: impl Into<String>) -> Cannot {
    Cannot { span: None, why: why.into(), propose: None }
}

/// A wish and where it is to be fulfilled.
pub(super) struct Work<'a> {
    pub(super) wish: &'a Wish<'a>,
    pub(super) holder: Holder<'a>,
}

impl Work<'_> {
    /// A holder that is not there leaves the file.
    fn gone(&self) -> Wished {
        let Holder { file, outer, section, entry } = self.holder;
        let Some(section) = section else { return Err(cannot("an account always has its settings")) };
        if self.wish.id.kind == Kind::InstanceProfile {
            return self.scalar("instance_profile", Some(json!(false)));
        }
        let text = self.holder.text();
        let last = section.value.entries().len() == 1;
        match outer {
            _ if !last => Ok(vec![text.remove_key(&section.value, entry)?]),
            None => Ok(vec![text.remove_key(file, section)?]),
            // Without the key, nobody would look at SageMaker any more.
            Some(outer) if outer.value.entries().len() == 1 => {
                Ok(text.replace_value(file, outer, &json!({}))?)
            }
            Some(outer) => Ok(vec![text.remove_key(&outer.value, section)?]),
        }
    }

    fn field(&self, field: &str, found: &Resource) -> Wished {
        match (field, &found.core) {
            _ if self.wish.id.kind.is_regional() => self.studio_field(field, found),
            ("trust", Core::Role { trust, .. }) => {
                let document =
                    trust.document().ok_or_else(|| cannot("it is nothing that hatrack can read"))?;
                let statement = |statement: &Statement| raise::trusted(self.wish.around, statement);
                self.document("trust", None, document, &statement)
            }
            ("document", Core::Policy { document, .. }) => {
                let document =
                    document.document().ok_or_else(|| cannot("it is nothing that hatrack can read"))?;
                self.document("statements", None, document, &Statement::to_json)
            }
            ("description", _) => self.scalar("description", self.said("description", found)),
            ("max_session_duration", _) => {
                self.scalar("max_session_duration", self.said("max_session_duration", found))
            }
            ("path", _) => self.scalar("path", self.said("path", found)),
            (other, _) => {
                Err(cannot(format!("{other} is fixed when it is made, and is said for the whole file")))
            }
        }
    }

    fn setting(&self, key: &SettingKey, found: Option<&Setting>, resource: &Resource) -> Wished {
        let document = |policy: &crate::policy::Policy| {
            policy
                .document()
                .cloned()
                .ok_or_else(|| cannot("it is nothing that hatrack can read as a policy"))
        };
        match key {
            SettingKey::Tag(tag) if tag == MARK_TAG => {
                Err(cannot("it says whose the resource is: `hatrack apply --adopt` or `--takeover` sets it"))
            }
            SettingKey::Tag(tag) => {
                let value = match found {
                    Some(Setting::Tag { value, .. }) => Some(json!(value)),
                    _ => None,
                };
                self.of_map("tags", tag, key, value)
            }
            SettingKey::Attached(policy) => {
                let name = raise::policy_name(self.wish.around, policy);
                self.of_list("policies", key, found.map(|_| json!(name)))
            }
            SettingKey::Membership(group) => {
                if found.is_some() && !self.wish.around.scope.declared.contains(group) {
                    return Err(cannot(format!(
                        "this file does not declare {}: adopt that first",
                        group.address()
                    )));
                }
                self.of_list("groups", key, found.map(|_| json!(group.name)))
            }
            SettingKey::Inline(name) => match found {
                Some(Setting::Inline { document: there, .. }) => {
                    let there = document(there)?;
                    let map = self.holder.key("inline");
                    match map.and_then(|map| Some((map, map.value.entry(name)?))) {
                        Some((map, entry)) => {
                            self.rewrite(&map.value, entry, Some(key), &there, &Statement::to_json)
                        }
                        None if self.is_declared(key) => {
                            Err(self.elsewhere("inline", Some(json!({name: raise::document(&there)}))))
                        }
                        None => self.of_map("inline", name, key, Some(raise::document(&there))),
                    }
                }
                _ => self.of_map("inline", name, key, None),
            },
            SettingKey::BucketPolicy => match found {
                Some(Setting::BucketPolicy(there)) if self.is_declared(key) => {
                    self.document("policy", Some(key), &document(there)?, &Statement::to_json)
                }
                Some(Setting::BucketPolicy(there)) => {
                    self.scalar("policy", Some(raise::document(&document(there)?)))
                }
                _ => self.scalar("policy", None),
            },
            SettingKey::SignIn => self.scalar("console", found.map(|_| json!(true))),
            SettingKey::Boundary => self.scalar("boundary", self.said("boundary", resource)),
            SettingKey::PublicAccessBlock if self.wish.id.kind != Kind::Account => {
                self.scalar("public_access_block", self.said("public_access_block", resource))
            }
            SettingKey::Encryption => self.scalar("encryption", self.said("encryption", resource)),
            SettingKey::Versioning => self.scalar("versioning", self.said("versioning", resource)),
            SettingKey::Ownership => self.scalar("ownership", self.said("ownership", resource)),
            SettingKey::Lifecycle => self.lifecycle(found, self.said("lifecycle", resource)),
            SettingKey::Credential(..) => Err(Cannot {
                propose: Some(yaml::in_one_line("others", &json!("keep"))),
                ..cannot(
                    "no file can declare credentials: `hatrack revert` removes it, `others: keep` keeps it",
                )
            }),
            SettingKey::HeldRole => {
                Err(cannot("a file has only instance profiles that are named like their role"))
            }
            SettingKey::Objects | SettingKey::Apps | SettingKey::Failed => {
                Err(cannot("it is found, and nobody's to declare"))
            }
            SettingKey::StudioLifecycle(_)
            | SettingKey::AccountAlias
            | SettingKey::PasswordPolicy
            | SettingKey::PublicAccessBlock => self.studio_setting(key, found, resource),
        }
    }

    /// Lifecycle rules, one at a time where they are written as a list.
    fn lifecycle(&self, found: Option<&Setting>, value: Option<Json>) -> Wished {
        let wanted = self.wish.lowered.wanted.resources.get(self.wish.id);
        let declared = wanted.and_then(|wanted| wanted.settings.get(&SettingKey::Lifecycle));
        let (Some(entry), Some(Json::Array(rules))) = (self.holder.key("lifecycle"), &value) else {
            return self.scalar("lifecycle", value);
        };
        let (Some(Setting::Lifecycle(found)), Some(Setting::Lifecycle(declared)), Value::List(items)) =
            (found, declared, &entry.value.value)
        else {
            return self.scalar("lifecycle", value);
        };
        if self.holder.placeholder(&entry.value).is_some() {
            return self.scalar("lifecycle", value);
        }
        let text = self.holder.text();
        let said = |id: &str| rules.iter().find(|rule| rule.get("id").and_then(Json::as_str) == Some(id));
        let written: Vec<&str> = items.iter().filter_map(|item| item.get("id")?.text()).collect();
        let mut edits = vec![];
        for (n, id) in written.iter().enumerate() {
            let of =
                |rules: &[crate::state::LifecycleRule]| rules.iter().find(|rule| rule.id == *id).cloned();
            match (of(found), said(id)) {
                (None, _) => edits.push(text.remove_item(&entry.value, n)?),
                (rule, Some(value)) if rule != of(declared) => {
                    edits.push(text.replace_item(&entry.value, n, value)?);
                }
                _ => {}
            }
        }
        let new =
            |rule: &&Json| rule.get("id").and_then(Json::as_str).is_some_and(|id| !written.contains(&id));
        let more: Vec<Json> = rules.iter().filter(new).cloned().collect();
        if !more.is_empty() {
            edits.push(text.add_items(&entry.value, &more)?);
        }
        let all_go =
            more.is_empty() && edits.iter().filter(|edit| edit.text.is_empty()).count() == items.len();
        if all_go || written.len() != items.len() { self.scalar("lifecycle", value) } else { Ok(edits) }
    }

    /// A key as the file would have it, from the part alone: what else the resource has is not asked for.
    pub(super) fn said(&self, key: &str, found: &Resource) -> Option<Json> {
        let mut resource = found.clone();
        resource.settings.retain(|other, _| matches!(self.wish.part, Part::Setting(part) if part == other));
        raise::key(self.wish.around, self.wish.id, &resource, key)
    }

    /// Whether the files say something of a setting.
    fn is_declared(&self, key: &SettingKey) -> bool {
        self.wish
            .lowered
            .wanted
            .resources
            .get(self.wish.id)
            .is_some_and(|wanted| wanted.settings.contains_key(key))
    }

    /// It is not written in the body itself.
    fn elsewhere(&self, key: &str, value: Option<Json>) -> Cannot {
        let setting = match self.wish.part {
            Part::Setting(key) => Some(key),
            Part::Whole | Part::Field(_) => None,
        };
        let span = self.wish.lowered.origins.of(self.wish.id, setting).cloned();
        let why = if let Some(template) = self.holder.key("template").and_then(|t| t.value.text()) {
            format!("it comes from the template `{template}`")
        } else if matches!(setting, Some(SettingKey::Tag(_))) {
            "it comes from the tags of the whole file".to_owned()
        } else {
            "it is not written in the body itself".to_owned()
        };
        Cannot { span, why, propose: value.map(|value| yaml::in_one_line(key, &value)) }
    }

    fn placeholder(&self, node: &Node, key: &str, value: Option<Json>) -> Result<(), Cannot> {
        match self.holder.placeholder(node) {
            Some(span) => Err(Cannot {
                span: Some(span),
                why: "it is written with a placeholder".to_owned(),
                propose: value.map(|value| yaml::in_one_line(key, &value)),
            }),
            None => Ok(()),
        }
    }

    /// A key of the body with one value; none takes it away.
    pub(super) fn scalar(&self, key: &str, value: Option<Json>) -> Wished {
        let (text, body) = (self.holder.text(), self.holder.entry);
        match (self.holder.key(key), value) {
            (Some(entry), value) => match value {
                Some(value) => {
                    self.placeholder(&entry.value, key, Some(value.clone()))?;
                    Ok(text.replace_value(&body.value, entry, &value)?)
                }
                None if self.holder.is_templated() => {
                    Err(cannot("without the key the template's value would be back: write what is meant"))
                }
                None => Ok(vec![text.remove_key(&body.value, entry)?]),
            },
            (None, value) if self.holder.is_templated() => Err(self.elsewhere(key, value)),
            (None, Some(value)) => Ok(vec![text.add_key(body, key, &value, before(key))?]),
            (None, None) => Err(self.elsewhere(key, None)),
        }
    }

    /// An item of a list of the body; none takes it away.
    pub(super) fn of_list(&self, key: &str, setting: &SettingKey, value: Option<Json>) -> Wished {
        let (text, body) = (self.holder.text(), self.holder.entry);
        let list = self.holder.key(key);
        match (list, value) {
            (Some(entry), Some(value)) if matches!(entry.value.value, Value::List(_)) => {
                Ok(vec![text.add_item(&entry.value, &value)?])
            }
            (Some(entry), Some(value)) => {
                self.placeholder(&entry.value, key, Some(json!([value])))?;
                Err(cannot(format!("`{key}` is no list")))
            }
            (None, Some(value)) if self.holder.is_templated() => {
                let mut cannot = self.elsewhere(key, None);
                cannot.why = format!(
                    "`{key}` beside the template takes the place of the template's: write all of them"
                );
                cannot.propose = Some(yaml::in_one_line(key, &json!([value])));
                Err(cannot)
            }
            (None, Some(value)) => Ok(vec![text.add_key(body, key, &json!([value]), before(key))?]),
            (Some(entry), None) => {
                let Value::List(items) = &entry.value.value else {
                    self.placeholder(&entry.value, key, None)?;
                    return Err(self.elsewhere(key, None));
                };
                let origin = self.wish.lowered.origins.of(self.wish.id, Some(setting));
                let at = origin.and_then(|span| items.iter().position(|item| item.span == *span));
                let Some(n) = at else {
                    return Err(self.elsewhere(key, None));
                };
                Ok(vec![self.shorter(&body.value, entry, items.len(), || text.remove_item(&entry.value, n))?])
            }
            (None, None) => Err(self.elsewhere(key, None)),
        }
    }

    /// A collection without one of its parts; without the last one its key goes.
    fn shorter(
        &self,
        map: &Node,
        entry: &Entry,
        parts: usize,
        remove: impl Fn() -> Result<Edit, Irregular>,
    ) -> Result<Edit, Cannot> {
        match parts {
            1 if self.holder.is_templated() => {
                Err(cannot("without the key the template's value would be back: write what is meant"))
            }
            1 => Ok(self.holder.text().remove_key(map, entry)?),
            _ => Ok(remove()?),
        }
    }

    /// A key of a map of the body; none takes it away.
    fn of_map(&self, key: &str, name: &str, setting: &SettingKey, value: Option<Json>) -> Wished {
        let (text, body) = (self.holder.text(), self.holder.entry);
        let map = self.holder.key(key);
        let written = map.and_then(|map| Some((map, map.value.entry(name)?)));
        match (written, value) {
            (Some((map, entry)), Some(value)) => {
                self.placeholder(&entry.value, name, Some(value.clone()))?;
                Ok(text.replace_value(&map.value, entry, &value)?)
            }
            (Some((map, entry)), None) => {
                let parts = map.value.entries().len();
                let remove = || text.remove_key(&map.value, entry);
                Ok(vec![self.shorter(&body.value, map, parts, remove)?])
            }
            (None, value) if self.is_declared(setting) => {
                Err(self.elsewhere(key, value.map(|value| json!({name: value}))))
            }
            (None, None) => Err(self.elsewhere(key, None)),
            (None, Some(value)) => match map {
                Some(map) => {
                    self.placeholder_of_all(map, key, name, &value)?;
                    Ok(vec![text.add_key(map, name, &value, &[])?])
                }
                None => Ok(vec![text.add_key(body, key, &json!({name: value}), before(key))?]),
            },
        }
    }

    /// A map that is one placeholder has no keys to add to.
    fn placeholder_of_all(&self, map: &Entry, key: &str, name: &str, value: &Json) -> Result<(), Cannot> {
        match map.value.value {
            Value::Map(_) | Value::Null => Ok(()),
            _ => self.placeholder(&map.value, key, Some(json!({name: value}))),
        }
    }

    /// A document that is a key of the body.
    fn document(
        &self,
        key: &str,
        setting: Option<&SettingKey>,
        found: &Document,
        statement: &dyn Fn(&Statement) -> Json,
    ) -> Wished {
        match self.holder.key(key) {
            Some(entry) => self.rewrite(&self.holder.entry.value, entry, setting, found, statement),
            None => Err(self.elsewhere(key, Some(self.whole(key, found)))),
        }
    }

    fn whole(&self, key: &str, found: &Document) -> Json {
        if key == "trust" { raise::trust(self.wish.around, found) } else { raise::document(found) }
    }

    fn rewrite(
        &self,
        map: &Node,
        entry: &Entry,
        setting: Option<&SettingKey>,
        found: &Document,
        statement: &dyn Fn(&Statement) -> Json,
    ) -> Wished {
        let of_this = |authored: &&crate::spec::authored::Authored| {
            authored.holder == *self.wish.id && authored.setting.as_ref() == setting
        };
        let authored = self.wish.lowered.documents.iter().find(of_this);
        let Some(authored) = authored else { return Err(self.elsewhere(&entry.key, None)) };
        let whole = self.whole(&entry.key, found);
        Rewrite { holder: self.holder, authored, map, entry, found, whole, statement }.edits()
    }
}

/// The keys that go before one in a body.
fn before(key: &str) -> &'static [&'static str] {
    let at = ORDER.iter().position(|other| *other == key).unwrap_or(ORDER.len());
    ORDER.get(..at).unwrap_or_default()
}
