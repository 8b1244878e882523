//! What SageMaker has and the account's own settings, edited where they stand: one id of a list, one rule of a map.

use serde_json::{Value as Json, json};

use super::place::Holder;
use super::wish::{Cannot, Wished, Work, cannot};
use crate::spec::tree::{Node, Value};
use crate::state::{Core, Domain, Notebook, Resource, Setting, SettingKey, UserProfile};

/// The keys of a password policy, in the order of the language.
const RULES: [&str; 9] = [
    "minimum_length",
    "require_symbols",
    "require_numbers",
    "require_uppercase",
    "require_lowercase",
    "allow_users_to_change",
    "max_age_days",
    "remember",
    "hard_expiry",
];

impl Work<'_> {
    /// A field of something that SageMaker has.
    pub(super) fn studio_field(&self, field: &str, found: &Resource) -> Wished {
        match (field, &found.core) {
            ("subnets", Core::Domain(Domain { subnets: ids, .. }))
            | (
                "security_groups",
                Core::Domain(Domain { security_groups: ids, .. })
                | Core::UserProfile(UserProfile { security_groups: ids, .. })
                | Core::Notebook(Notebook { security_groups: ids, .. }),
            ) => self.ids(field, &ids.iter().map(String::as_str).collect::<Vec<_>>()),
            ("lifecycle", Core::Notebook(Notebook { lifecycle: Some(scripts), .. }))
                if !self.is_in_file(scripts) =>
            {
                Err(adopt_first(&scripts.address()))
            }
            ("lifecycle", _) => {
                self.scalar("lifecycle_configuration", self.said("lifecycle_configuration", found))
            }
            (field, Core::Notebook(notebook)) => {
                // Scripts that the file does not have are no reason to keep the rest from it.
                let without = Core::Notebook(Notebook { lifecycle: None, ..notebook.clone() });
                self.scalar(field, self.said(field, &Resource::new(without, [])))
            }
            (field, _) => self.scalar(field, self.said(field, found)),
        }
    }

    /// Scripts of Studio, the settings of an account.
    pub(super) fn studio_setting(
        &self,
        key: &SettingKey,
        found: Option<&Setting>,
        resource: &Resource,
    ) -> Wished {
        match (key, found) {
            (SettingKey::StudioLifecycle(script), Some(_)) if !self.is_in_file(script) => {
                Err(adopt_first(&script.address()))
            }
            (SettingKey::StudioLifecycle(script), found) => {
                self.of_list("lifecycle_configurations", key, found.map(|_| json!(script.name)))
            }
            (_, Some(Setting::PasswordPolicy(policy))) => {
                let mut all = serde_json::to_value(policy).unwrap_or_default();
                if let Some(none) = all.get_mut("remember").filter(|remember| remember.is_null()) {
                    *none = json!(0);
                }
                self.rules("password_policy", &all, resource)
            }
            (_, Some(Setting::PublicAccessBlock(block))) => {
                let all = serde_json::to_value(block).unwrap_or_default();
                self.rules("public_access_block", &all, resource)
            }
            (SettingKey::AccountAlias, Some(_)) => self.scalar("alias", self.said("alias", resource)),
            (SettingKey::AccountAlias, None) => self.unset("alias"),
            (SettingKey::PasswordPolicy, None) => self.unset("password_policy"),
            (SettingKey::PublicAccessBlock, None) => self.unset("public_access_block"),
            _ => Err(cannot("it is found, and nobody's to declare")),
        }
    }

    /// A setting of the account that is not set any more: silence means as found.
    fn unset(&self, key: &str) -> Wished {
        let Holder { file, entry, .. } = self.holder;
        if entry.value.entries().len() == 1 && self.holder.key(key).is_some() {
            return Ok(self.holder.text().replace_value(file, entry, &json!({}))?);
        }
        self.scalar(key, None)
    }

    fn is_in_file(&self, id: &crate::state::ResourceId) -> bool {
        self.wish.around.scope.declared.contains(id)
    }

    /// A list of ids, of which the order says nothing.
    fn ids(&self, key: &str, found: &[&str]) -> Wished {
        let whole = || self.scalar(key, (!found.is_empty()).then(|| json!(found)));
        let Some(entry) = self.holder.key(key) else { return whole() };
        let (Value::List(items), None, false) =
            (&entry.value.value, self.holder.placeholder(&entry.value), found.is_empty())
        else {
            return whole();
        };
        let text = self.holder.text();
        let written: Vec<&str> = items.iter().filter_map(Node::text).collect();
        let stays = |id: &str| found.contains(&id);
        let gone: Vec<usize> =
            written.iter().enumerate().filter(|(_, id)| !stays(id)).map(|(n, _)| n).collect();
        let new: Vec<Json> = found.iter().filter(|id| !written.contains(id)).map(|id| json!(id)).collect();
        // In brackets, what goes and what comes would meet at the commas.
        if text.is_flow(&entry.value) && gone.len() + usize::from(!new.is_empty()) > 1 {
            return whole();
        }
        let mut edits = vec![];
        for n in gone {
            edits.push(text.remove_item(&entry.value, n)?);
        }
        if !new.is_empty() {
            edits.push(text.add_items(&entry.value, &new)?);
        }
        Ok(edits)
    }

    /// A map of rules or switches: `all` is what was found in full. What is written and holds stays.
    fn rules(&self, key: &str, all: &Json, resource: &Resource) -> Wished {
        let said = self.said(key, resource);
        let (Some(entry), Some(Json::Object(parts))) = (self.holder.key(key), &said) else {
            return self.scalar(key, said);
        };
        let text = self.holder.text();
        let in_lines = matches!(entry.value.value, Value::Map(_))
            && !entry.value.entries().is_empty()
            && !text.is_flow(&entry.value)
            && self.holder.placeholder(&entry.value).is_none();
        let holds = |name: &str, value: &Node| all.get(name) == Some(&value.to_json());
        let stays = |name: &str, value: &Node| parts.contains_key(name) || holds(name, value);
        let written = entry.value.entries();
        if !in_lines || !written.iter().any(|rule| stays(&rule.key, &rule.value)) {
            return self.scalar(key, said);
        }
        let mut edits = vec![];
        for rule in written.iter().filter(|rule| !holds(&rule.key, &rule.value)) {
            match parts.get(&rule.key) {
                Some(value) => edits.extend(text.replace_value(&entry.value, rule, value)?),
                None => edits.push(text.remove_key(&entry.value, rule)?),
            }
        }
        for (name, value) in parts.iter().filter(|(name, _)| entry.value.entry(name).is_none()) {
            let at = RULES.iter().position(|rule| rule == name).unwrap_or_default();
            edits.push(text.add_key(entry, name, value, RULES.get(..at).unwrap_or_default())?);
        }
        Ok(edits)
    }
}

fn adopt_first(address: &str) -> Cannot {
    cannot(format!("this file does not declare {address}: adopt that first"))
}
