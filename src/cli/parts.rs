//! Targets that are a part of a resource: its wanted state is what was found, but for that part.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::address::{Address, part_names};
use crate::cli::failure::Failure;
use crate::diagnostic::did_you_mean;
use crate::spec::edit::Part;
use crate::spec::lower::EnvironmentInfo;
use crate::state::{Resource, ResourceId, Setting, SettingKey, State};

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
    let keys: BTreeSet<&SettingKey> = wanted.settings.keys().chain(found.settings.keys()).collect();
    let settings = keys.into_iter().cloned().map(Part::Setting);
    found.core.fields().into_iter().map(Part::Field).chain(settings).collect()
}

/// Found, with the parts meant as wanted.
fn merged(wanted: &Resource, found: &Resource, means: &dyn Fn(&Part) -> bool) -> Resource {
    let mut out = found.clone();
    out.core.take_fields(&wanted.core, &|name| means(&Part::Field(name)));
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
