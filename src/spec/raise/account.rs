//! The account's own settings. What was never set is not said, and stays as it is.

use serde_json::{Map, Value as Json};

use super::bucket::switches;
use super::{Body, Key, Raising, key_of};
use crate::state::{Core, Kind, PasswordPolicy, Resource, ResourceId, Setting};

impl Raising<'_> {
    pub(super) fn account(&self, id: &ResourceId, resource: &Resource) -> Result<Body, String> {
        let Core::Account = &resource.core else {
            return Err(format!("it is no {}", Kind::Account));
        };
        let (mut alias, mut password_policy, mut block) = (None, None, None);
        for setting in resource.settings.values() {
            match setting {
                Setting::AccountAlias(name) => alias = Some(key_of("alias", name.as_str())),
                Setting::PasswordPolicy(policy) => {
                    password_policy = Some(key_of("password_policy", rules(policy)));
                }
                Setting::PublicAccessBlock(found) => {
                    block = Some(key_of("public_access_block", switches(*found)));
                }
                _ => {}
            }
        }
        let keys: Vec<Key> = [alias, password_policy, block].into_iter().flatten().collect();
        Ok(Body::new(id, keys))
    }
}

/// What a password policy has otherwise than one that is not spoken of.
fn rules(policy: &PasswordPolicy) -> Json {
    let PasswordPolicy {
        minimum_length,
        require_symbols,
        require_numbers,
        require_uppercase,
        require_lowercase,
        allow_users_to_change,
        max_age_days,
        remember,
        hard_expiry,
    } = policy;
    let usual = PasswordPolicy::default();
    let mut out = Map::new();
    let mut say = |key: &str, differs: bool, value: Json| {
        if differs {
            out.insert(key.to_owned(), value);
        }
    };
    say("minimum_length", *minimum_length != usual.minimum_length, (*minimum_length).into());
    say("require_symbols", *require_symbols != usual.require_symbols, (*require_symbols).into());
    say("require_numbers", *require_numbers != usual.require_numbers, (*require_numbers).into());
    say("require_uppercase", *require_uppercase != usual.require_uppercase, (*require_uppercase).into());
    say("require_lowercase", *require_lowercase != usual.require_lowercase, (*require_lowercase).into());
    let change = *allow_users_to_change;
    say("allow_users_to_change", change != usual.allow_users_to_change, change.into());
    say("max_age_days", *max_age_days != usual.max_age_days, (*max_age_days).into());
    // AWS remembers none unless told; a file that says nothing wants some.
    say("remember", *remember != usual.remember, remember.unwrap_or(0).into());
    say("hard_expiry", *hard_expiry != usual.hard_expiry, (*hard_expiry).into());
    Json::Object(out)
}
