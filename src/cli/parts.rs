//! Targets that are a part of a resource: its wanted state is what was found, but for that part.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::address::{Address, part_names};
use crate::cli::failure::Failure;
use crate::diagnostic::did_you_mean;
use crate::spec::edit::Part;
use crate::spec::lower::EnvironmentInfo;
use crate::state::{Core, Resource, ResourceId, Setting, SettingKey, State};

/// What a run is narrowed to.
pub struct Targets {
    /// The resources.
    pub ids: BTreeSet<ResourceId>,
    /// Of which only parts are meant.
    pub parts: Parts,
}

/// Resources of which only parts are meant, each with the addresses that say which.
#[derive(Default)]
pub struct Parts(BTreeMap<ResourceId, Vec<Address>>);

impl Parts {
    /// Takes an address with a setting; the resources it names.
    ///
    /// # Errors
    /// It is no address.
    pub fn named(
        &mut self,
        text: &str,
        environments: &[EnvironmentInfo],
        known: &BTreeSet<&ResourceId>,
    ) -> Result<BTreeSet<ResourceId>, Failure> {
        let address = Address::parse(text, environments.iter().map(|e| e.name.as_str()))?;
        if address.setting.is_none() {
            return Ok(BTreeSet::new());
        }
        let account =
            environments.iter().find(|e| Some(&e.name) == address.environment.as_ref()).map(|e| &e.account);
        let meant =
            |id: &&&ResourceId| address.names(id) && account.is_none_or(|account| *account == id.account);
        let ids: BTreeSet<ResourceId> = known.iter().filter(meant).map(|id| (*id).clone()).collect();
        for id in &ids {
            self.0.entry(id.clone()).or_default().push(address.clone());
        }
        Ok(ids)
    }

    /// Takes resources out of which all is meant.
    pub fn leave(&mut self, whole: &BTreeSet<ResourceId>) {
        self.0.retain(|id, _| !whole.contains(id));
    }

    /// Wanted, but of these resources only the parts meant. If there is none, that is `missed` or not.
    ///
    /// # Errors
    /// An address that means nothing that is found or wanted.
    pub fn of(&self, wanted: &State, found: &State, missed: bool) -> Result<State, Failure> {
        let mut state = wanted.clone();
        for (id, addresses) in &self.0 {
            let (Some(aim), Some(there)) = (wanted.resources.get(id), found.resources.get(id)) else {
                continue;
            };
            let parts = parts_of(aim, there);
            for address in addresses {
                if !missed || parts.iter().any(|part| address.means(part)) {
                    continue;
                }
                let names: Vec<String> = parts.iter().flat_map(part_names).collect();
                let failure = Failure::error(format!("nothing here has the address `{}`", address.text));
                let asked = address.setting.as_deref().unwrap_or_default();
                return Err(match did_you_mean(asked, names.iter().map(String::as_str)) {
                    Some(near) => failure.help(format!("did you mean `{}/{near}`?", id.address())),
                    None => failure.help(format!("of {} there is: {}", id.address(), names.join(", "))),
                });
            }
            let means = |part: &Part| addresses.iter().any(|address| address.means(part));
            state.resources.insert(id.clone(), merged(aim, there, &means));
        }
        Ok(state)
    }
}

/// Every part that one or the other has.
fn parts_of(wanted: &Resource, found: &Resource) -> Vec<Part> {
    let fields = fields_of(&found.core);
    let keys: BTreeSet<&SettingKey> = wanted.settings.keys().chain(found.settings.keys()).collect();
    let settings = keys.into_iter().cloned().map(Part::Setting);
    fields.iter().map(|field| Part::Field(field)).chain(settings).collect()
}

/// The fields of a core, as the language calls them.
fn fields_of(core: &Core) -> &'static [&'static str] {
    match core {
        Core::User { path: _ } | Core::Group { path: _ } | Core::InstanceProfile { path: _ } => &["path"],
        Core::Policy { path: _, description: _, document: _ } => &["path", "description", "document"],
        Core::Role { path: _, description: _, max_session_seconds: _, trust: _ } => {
            &["path", "description", "max_session_duration", "trust"]
        }
        Core::Bucket { region: _ } => &["region"],
        Core::Domain(_) => &[
            "auth_mode",
            "vpc",
            "kms_key",
            "subnets",
            "network",
            "execution_role",
            "security_groups",
            "idle_minutes",
            "home_files",
        ],
        Core::UserProfile(_) => &["sso_user", "execution_role", "security_groups"],
        Core::Space(_) => &["owner"],
        Core::Notebook(_) => &[
            "subnet",
            "security_groups",
            "direct_internet",
            "kms_key",
            "instance_type",
            "execution_role",
            "volume_gb",
            "root_access",
            "metadata_version",
            "lifecycle",
            "running",
        ],
        Core::NotebookLifecycle(_) => &["on_create", "on_start"],
        Core::StudioLifecycle(_) => &["app", "script"],
        Core::Account => &[],
    }
}

/// A core of SageMaker with some fields of another one of its sort; fields are called as in files.
fn with_fields(core: &Core, from: &Core, fields: &[&'static str]) -> Option<Core> {
    let mut to = serde_json::to_value(core).ok()?;
    let from = serde_json::to_value(from).ok()?;
    let (to_fields, from_fields) = (to.as_object_mut()?, from.as_object()?);
    for (sort, body) in to_fields.iter_mut() {
        let (Some(body), Some(from)) = (body.as_object_mut(), from_fields.get(sort)?.as_object()) else {
            continue;
        };
        for field in fields {
            if let Some(value) = from.get(*field) {
                body.insert((*field).to_owned(), value.clone());
            }
        }
    }
    serde_json::from_value(to).ok()
}

/// Found, with the parts meant as wanted.
fn merged(wanted: &Resource, found: &Resource, means: &dyn Fn(&Part) -> bool) -> Resource {
    let mut out = found.clone();
    let field = |name: &'static str| means(&Part::Field(name));
    match (&mut out.core, &wanted.core) {
        (
            Core::Role { path, description, max_session_seconds, trust },
            Core::Role { path: p, description: d, max_session_seconds: m, trust: t },
        ) => {
            take(path, p, field("path"));
            take(description, d, field("description"));
            take(max_session_seconds, m, field("max_session_duration"));
            take(trust, t, field("trust"));
        }
        (
            Core::Policy { path, description, document },
            Core::Policy { path: p, description: d, document: t },
        ) => {
            take(path, p, field("path"));
            take(description, d, field("description"));
            take(document, t, field("document"));
        }
        (Core::User { path }, Core::User { path: p })
        | (Core::Group { path }, Core::Group { path: p })
        | (Core::InstanceProfile { path }, Core::InstanceProfile { path: p }) => take(path, p, field("path")),
        (Core::Bucket { region }, Core::Bucket { region: r }) => take(region, r, field("region")),
        (core, wanted) => {
            let meant: Vec<&'static str> =
                fields_of(core).iter().copied().filter(|name| means(&Part::Field(name))).collect();
            if let Some(aim) = with_fields(core, wanted, &meant) {
                *core = aim;
            }
        }
    }
    let keys: BTreeSet<SettingKey> = wanted.settings.keys().chain(found.settings.keys()).cloned().collect();
    for key in keys.into_iter().filter(|key| means(&Part::Setting(key.clone()))) {
        let aim: Option<&Setting> = wanted.settings.get(&key);
        match aim {
            Some(setting) => out.set(setting.clone()),
            None => {
                out.settings.remove(&key);
            }
        }
    }
    out
}

fn take<T: Clone>(into: &mut T, from: &T, meant: bool) {
    if meant {
        into.clone_from(from);
    }
}
