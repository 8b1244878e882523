//! SageMaker: domains with their people, notebooks and scripts. What is as the language has it of itself is not said.

use serde_json::Value as Json;

use super::people::few;
use super::{Body, Key, Raising, key_of};
use crate::spec::lower::sagemaker::{INSTANCE_TYPE_DEFAULT, SIGN_IN_POLICY, VOLUME_GB_DEFAULT};
use crate::state::{
    AuthMode, Core, Domain, HomeFiles, Kind, NetworkAccess, Notebook, NotebookLifecycle, Resource,
    ResourceId, Setting, SettingKey, StudioLifecycle, UserProfile, id_of_arn, within_domain,
};

impl Raising<'_> {
    /// Whatever SageMaker has.
    pub(super) fn studio(
        &self,
        id: &ResourceId,
        resource: &Resource,
        remark: &mut dyn FnMut(String),
    ) -> Result<Body, String> {
        let home = &self.around.scope.region;
        if let Some(region) = id.region.as_ref().filter(|region| *region != home) {
            return Err(format!(
                "it is in {region}, and the environment is in {home}: adopt it into an environment of its region"
            ));
        }
        if let Some(Setting::Failed(why)) = resource.settings.get(&SettingKey::Failed) {
            return Err(format!("AWS could not make, change or delete it: {why}"));
        }
        let mut keys = self.common(id, resource)?;
        match &resource.core {
            Core::Domain(domain) => self.domain(id, domain, resource, &mut keys, remark)?,
            Core::UserProfile(profile) => self.user_profile(id, profile, resource, &mut keys, remark)?,
            Core::Notebook(notebook) => self.notebook(notebook, &mut keys)?,
            Core::NotebookLifecycle(scripts) => self.notebook_scripts(id, scripts, &mut keys)?,
            Core::StudioLifecycle(script) => self.studio_script(id, script, &mut keys)?,
            Core::Space(_) => {
                return Err("people make spaces of their own, and delete them: no file has them".to_owned());
            }
            Core::User { .. }
            | Core::Group { .. }
            | Core::Policy { .. }
            | Core::Role { .. }
            | Core::InstanceProfile { .. }
            | Core::Bucket { .. }
            | Core::Account => return Err(format!("it is no {}", id.kind)),
        }
        Ok(Body::new(id, keys))
    }

    fn domain(
        &self,
        id: &ResourceId,
        domain: &Domain,
        resource: &Resource,
        keys: &mut Vec<Key>,
        remark: &mut dyn FnMut(String),
    ) -> Result<(), String> {
        // AWS lets two have one name; the one that is not meant by it is found with its id beside it.
        if id.name.contains(" (") {
            return Err(
                "another domain has its name, and a file tells domains apart by their names".to_owned()
            );
        }
        let Domain {
            auth_mode,
            vpc,
            kms_key,
            subnets,
            network,
            execution_role,
            security_groups,
            idle_minutes,
            home_files,
        } = domain;
        let scripts = self.scripts(resource, keys, remark);
        if *auth_mode == AuthMode::SSO {
            keys.push(key_of("auth_mode", "SSO"));
        }
        keys.push(key_of("vpc", vpc.as_str()));
        keys.push(key_of("subnets", subnets.iter().cloned().collect::<Vec<_>>()));
        if *network == NetworkAccess::PublicInternetOnly {
            keys.push(key_of("network", "PublicInternetOnly"));
        }
        keys.extend(kms_key.as_deref().map(|key| key_of("kms_key", key)));
        keys.push(key_of("execution_role", self.works_as(execution_role)?));
        if !security_groups.is_empty() {
            keys.push(key_of("security_groups", security_groups.iter().cloned().collect::<Vec<_>>()));
        }
        keys.extend(scripts);
        keys.extend(idle_minutes.map(|minutes| key_of("idle_minutes", minutes)));
        if *home_files == HomeFiles::Delete {
            keys.push(key_of("home_files", "delete"));
        }
        if *auth_mode == AuthMode::IAM && self.would_keep_to_own_profile() {
            let note = format!("as found: without this, `{SIGN_IN_POLICY}` comes to the file's people");
            keys.push(Key { note: Some(note), ..key_of("sign_in", "unrestricted") });
        }
        Ok(())
    }

    fn user_profile(
        &self,
        id: &ResourceId,
        profile: &UserProfile,
        resource: &Resource,
        keys: &mut Vec<Key>,
        remark: &mut dyn FnMut(String),
    ) -> Result<(), String> {
        let UserProfile { domain, sso_user, execution_role, security_groups } = profile;
        if !self.has(domain) {
            return Err(format!("it is said with {}, which is not in the file", domain.address()));
        }
        let of = match self.around.found.resources.get(domain).map(|found| &found.core) {
            Some(Core::Domain(of)) => of,
            _ => return Err(format!("{} was not found", domain.address())),
        };
        let scripts = self.scripts(resource, keys, remark);
        if let Some(role) = execution_role {
            if *role == of.execution_role {
                return Err("its own role is its domain's, which a file says as none".to_owned());
            }
            keys.push(key_of("execution_role", self.works_as(role)?));
        }
        if !security_groups.is_empty() {
            keys.push(key_of("security_groups", security_groups.iter().cloned().collect::<Vec<_>>()));
        }
        keys.extend(scripts);
        let own = within_domain(&id.name).map_or(id.name.as_str(), |(_, own)| own);
        match sso_user {
            Some(user) if of.auth_mode != AuthMode::SSO || user != own => {
                keys.push(key_of("sso_user", user.as_str()));
            }
            None if of.auth_mode == AuthMode::SSO => {
                return Err(
                    "it is nobody's of Identity Center, through which its domain's people sign in".to_owned()
                );
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    fn notebook(&self, notebook: &Notebook, keys: &mut Vec<Key>) -> Result<(), String> {
        let Notebook {
            subnet,
            security_groups,
            direct_internet,
            kms_key,
            instance_type,
            execution_role,
            volume_gb,
            root_access,
            metadata_version,
            lifecycle,
            running,
        } = notebook;
        if instance_type != INSTANCE_TYPE_DEFAULT {
            keys.push(key_of("instance_type", instance_type.as_str()));
        }
        keys.push(key_of("execution_role", self.works_as(execution_role)?));
        keys.extend(subnet.as_deref().map(|subnet| key_of("subnet", subnet)));
        if !security_groups.is_empty() {
            keys.push(key_of("security_groups", security_groups.iter().cloned().collect::<Vec<_>>()));
        }
        if *direct_internet != subnet.is_none() {
            keys.push(key_of("direct_internet", *direct_internet));
        }
        keys.extend(kms_key.as_deref().map(|key| key_of("kms_key", key)));
        if *volume_gb != VOLUME_GB_DEFAULT {
            keys.push(key_of("volume_gb", *volume_gb));
        }
        if *root_access {
            keys.push(key_of("root_access", true));
        }
        if *metadata_version != 2 {
            keys.push(key_of("metadata_version", *metadata_version));
        }
        if let Some(scripts) = lifecycle {
            if !self.has(scripts) {
                return Err(format!("it runs {}, which is not in the file", scripts.address()));
            }
            keys.push(key_of("lifecycle_configuration", scripts.name.as_str()));
        }
        match running {
            Some(true) => {}
            Some(false) => {
                let note = "as found; `any` leaves starting and stopping to its people".to_owned();
                keys.push(Key { note: Some(note), ..key_of("running", false) });
            }
            None => keys.push(key_of("running", "any")),
        }
        Ok(())
    }

    fn notebook_scripts(
        &self,
        id: &ResourceId,
        scripts: &NotebookLifecycle,
        keys: &mut Vec<Key>,
    ) -> Result<(), String> {
        let NotebookLifecycle { on_create, on_start } = scripts;
        if on_create.is_none() && on_start.is_none() {
            return Err("it has no script, and a file has only those with one".to_owned());
        }
        // Both sorts are keys of one section. Of two that are new, the notebooks' comes first.
        let other = id.sibling(Kind::StudioLifecycle, id.name.as_str());
        if self.before.contains(&other) {
            return Err(namesake(&other));
        }
        keys.extend(on_create.as_deref().map(|script| key_of("on_create", script)));
        keys.extend(on_start.as_deref().map(|script| key_of("on_start", script)));
        Ok(())
    }

    fn studio_script(
        &self,
        id: &ResourceId,
        studio: &StudioLifecycle,
        keys: &mut Vec<Key>,
    ) -> Result<(), String> {
        let other = id.sibling(Kind::NotebookLifecycle, id.name.as_str());
        if self.has(&other) {
            return Err(namesake(&other));
        }
        let StudioLifecycle { app, script } = studio;
        keys.push(key_of("app", app.word()));
        keys.push(key_of("script", script.as_str()));
        Ok(())
    }

    /// The role something works as: SageMaker takes those of its own account only.
    fn works_as(&self, arn: &str) -> Result<Json, String> {
        match id_of_arn(arn) {
            _ if arn.is_empty() => {
                Err("it has no execution role, and a file has only what has one".to_owned())
            }
            Some(id) if id.account != self.around.scope.account => {
                Err(format!("it works as {arn}, and a file takes roles of its own account only"))
            }
            Some(id) => Ok(self.identity_name(&id, arn).into()),
            None => Ok(arn.into()),
        }
    }

    /// `lifecycle_configurations`. Those that the file does not have are kept, and that is said first.
    fn scripts(
        &self,
        resource: &Resource,
        keys: &mut Vec<Key>,
        remark: &mut dyn FnMut(String),
    ) -> Option<Key> {
        let (mut names, mut outside) = (vec![], vec![]);
        for setting in resource.settings.values() {
            match setting {
                Setting::StudioLifecycle { config, app: _ } if self.has(config) => {
                    names.push(config.name.clone());
                }
                Setting::StudioLifecycle { config, app: _ } => outside.push(config.address()),
                _ => {}
            }
        }
        if !outside.is_empty() {
            let all = few(&outside);
            remark(format!("its {all} stays as `others: keep`: this file does not declare that"));
            keys.push(Key { note: Some(format!("keeps {all}")), ..key_of("others", "keep") });
        }
        (!names.is_empty()).then(|| key_of("lifecycle_configurations", names))
    }

    /// Whether a domain that says nothing of `sign_in` would change what people may do.
    fn would_keep_to_own_profile(&self) -> bool {
        if self.around.own_profiles {
            return false; // Another of the file's domains does so already.
        }
        let people = || self.have.iter().filter(|id| id.kind == Kind::User);
        // What the file says of people it declares already need not be what was found.
        people().any(|id| self.before.contains(id) || !self.to_be_kept(id).is_empty())
    }

    /// Who would get the policy that keeps a user to the profile of the same name, and lacks it: as `lower` has it.
    pub(super) fn to_be_kept(&self, user: &ResourceId) -> Vec<ResourceId> {
        let Some(found) = self.around.found.resources.get(user) else { return vec![user.clone()] };
        let lacks = |id: &ResourceId| {
            let key = SettingKey::Inline(SIGN_IN_POLICY.to_owned());
            self.around.found.resources.get(id).is_none_or(|holder| !holder.settings.contains_key(&key))
        };
        let groups = found.settings.values().filter_map(|setting| match setting {
            Setting::Membership(group) if self.has(group) => Some(group.clone()),
            _ => None,
        });
        let groups: Vec<ResourceId> = groups.collect();
        let own = found.settings.values().any(|setting| match setting {
            Setting::Attached(policy) => !policy.is_quarantine(),
            setting => matches!(setting, Setting::Inline { .. }),
        });
        let holders = if groups.is_empty() && own { vec![user.clone()] } else { groups };
        holders.into_iter().filter(lacks).collect()
    }
}

fn namesake(other: &ResourceId) -> String {
    format!("a file has one lifecycle configuration of a name, and {} has this one", other.address())
}
