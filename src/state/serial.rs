//! States, resources and operations as data in files: settings are written as a list, keyed again when read.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{AccountId, Core, Extent, Resource, ResourceId, Setting, Settings, State};

/// Settings as a list.
pub(super) mod settings {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Setting, Settings, keyed};

    pub fn serialize<S: Serializer>(settings: &Settings, serializer: S) -> Result<S::Ok, S::Error> {
        settings.values().collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Settings, D::Error> {
        keyed(Vec::<Setting>::deserialize(deserializer)?)
    }
}

fn keyed<E: serde::de::Error>(list: Vec<Setting>) -> Result<Settings, E> {
    let mut settings = Settings::new();
    for setting in list {
        let key = setting.key();
        if settings.insert(key.clone(), setting).is_some() {
            return Err(E::custom(format!("setting `{key}` twice on one resource")));
        }
    }
    Ok(settings)
}

#[derive(Serialize)]
struct ResourceView<'a> {
    core: &'a Core,
    #[serde(with = "settings")]
    settings: &'a Settings,
}

#[derive(Serialize)]
struct StateView<'a> {
    accounts: &'a BTreeMap<AccountId, Extent>,
    resources: BTreeMap<&'a ResourceId, ResourceView<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResourceData {
    core: Core,
    #[serde(with = "settings")]
    settings: Settings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StateData {
    accounts: BTreeMap<AccountId, Extent>,
    resources: BTreeMap<ResourceId, ResourceData>,
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { accounts, resources } = self;
        let resources =
            resources.iter().map(|(id, Resource { core, settings })| (id, ResourceView { core, settings }));
        StateView { accounts, resources: resources.collect() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let StateData { accounts, resources } = StateData::deserialize(deserializer)?;
        if let Some((id, data)) = resources.iter().find(|(id, data)| data.core.kind() != id.kind) {
            return Err(D::Error::custom(format!("`{id}` has the core of a {}", data.core.kind())));
        }
        if let Some(id) = resources.keys().find(|id| !accounts.contains_key(&id.account)) {
            return Err(D::Error::custom(format!("`{id}` is in no account of this file")));
        }
        let resource = |data: ResourceData| Resource { core: data.core, settings: data.settings };
        Ok(Self {
            accounts,
            resources: resources.into_iter().map(|(id, data)| (id, resource(data))).collect(),
        })
    }
}
