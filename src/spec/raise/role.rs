//! Roles, and the instance profiles that come with them.

use super::people::inline;
use super::{Body, Raising, key_of};
use crate::policy::Policy;
use crate::spec::lower::role::{SESSION_SECONDS_DEFAULT, trusts_ec2};
use crate::state::{Core, Kind, Owner, Resource, ResourceId, Setting, SettingKey};

impl Raising<'_> {
    pub(super) fn role(
        &self,
        id: &ResourceId,
        resource: &Resource,
        remark: &mut dyn FnMut(String),
    ) -> Result<Body, String> {
        let Core::Role { path: _, description, max_session_seconds, trust } = &resource.core else {
            return Err(format!("it is no {}", Kind::Role));
        };
        let Policy::Normal(document) = trust else {
            return Err("its trust policy is nothing that hatrack can read as a policy".to_owned());
        };
        let mut keys = self.common(id, resource)?;
        keys.push(key_of("trust", self.trust(document)));
        if !description.is_empty() {
            keys.push(key_of("description", description.as_str()));
        }
        if *max_session_seconds != SESSION_SECONDS_DEFAULT {
            keys.push(key_of("max_session_duration", *max_session_seconds));
        }
        keys.extend(self.boundary(resource));
        keys.extend(self.policies(resource));
        keys.extend(inline(resource)?);
        let comes_along = self.comes_along(id, remark);
        if comes_along != trusts_ec2(trust) {
            keys.push(key_of("instance_profile", comes_along));
        }
        Ok(Body::new(id, keys))
    }

    /// Whether the role has the instance profile that a file gives it.
    fn comes_along(&self, role: &ResourceId, remark: &mut dyn FnMut(String)) -> bool {
        let id = ResourceId { kind: Kind::InstanceProfile, ..role.clone() };
        let Some(profile) = self.around.found.resources.get(&id) else { return false };
        let holds = matches!(profile.settings.get(&SettingKey::HeldRole), Some(Setting::HeldRole(held)) if held == role);
        if !holds {
            remark(format!("{} does not hold it, and stays as it is", id.address()));
            return false;
        }
        if let Owner::Foreign(whose) = self.around.scope.owner(&id, profile) {
            remark(format!("{} belongs to {whose}, and stays as it is", id.address()));
            return false;
        }
        true
    }

    /// An instance profile comes with the role it is named like; of any other the language has no word.
    pub(super) fn profile(&self, id: &ResourceId, resource: &Resource) -> Result<(), String> {
        let role = ResourceId { kind: Kind::Role, ..id.clone() };
        match resource.settings.get(&SettingKey::HeldRole) {
            Some(Setting::HeldRole(held)) if *held == role && self.has(&role) => Ok(()),
            Some(Setting::HeldRole(held)) if *held == role => {
                Err(format!("it comes with {}, which is not in the file", role.address()))
            }
            Some(Setting::HeldRole(held)) => Err(format!(
                "it holds {}, and a file has only instance profiles that are named like their role; it stays as it is",
                held.address()
            )),
            _ => Err("it holds no role, and a file has only instance profiles of roles; it stays as it is"
                .to_owned()),
        }
    }
}
