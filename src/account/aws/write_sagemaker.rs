//! Making, changing and ending what SageMaker has. Nothing here is done when the call returns: each change is waited
//! for, with a bound. What a settings call is not told it may drop, so that settings are read, changed and sent back
//! whole.

use std::time::Duration;

use aws_sdk_sagemaker::types as sm;

use super::error::{Fault, Sort};
use super::sagemaker::Handle;
use super::sagemaker_forms::{
    app_type, change_scripts, empty, encoded, hook, network, set_idle, some_list, tag,
};
use super::write::{Now, Task, tags_of};
use crate::state::{
    AppType, AuthMode, Core, Domain, HOME_FILES_TAG, HomeFiles, Kind, NotebookLifecycle, ResourceId, Setting,
    Settings, StudioLifecycle, UserProfile, Verb, within_domain,
};

/// As long as Terraform's provider waits, which is as long as AWS was seen to need.
const DOMAIN_BOUND: Duration = Duration::from_secs(20 * 60);
const PROFILE_BOUND: Duration = Duration::from_secs(10 * 60);
pub(super) async fn perform(task: &Task<'_>, verb: &Verb) -> Result<(), Fault> {
    let region = task.id.region.as_deref().unwrap_or(&task.link.region);
    let work = Work { task, handle: Handle::new(task.link, region) };
    let domain = match task.id.kind {
        Kind::Domain => Some(task.id.clone()),
        Kind::UserProfile | Kind::Space => Some(work.domain()?),
        _ => None,
    };
    let lock = domain.map(|domain| task.link.domain_lock(&domain));
    let (_alone, _together) = match &lock {
        Some(lock) if task.id.kind == Kind::Domain => (Some(lock.write().await), None),
        Some(lock) => (None, Some(lock.read().await)),
        None => (None, None),
    };
    match verb {
        Verb::Create { core, settings } => work.create(core, settings).await,
        Verb::Update { found, wanted } => work.update(found, wanted).await,
        Verb::Put { found: _, wanted } => work.put(wanted).await,
        Verb::Remove { found } => work.remove(found).await,
        Verb::Delete { found } => work.delete(found).await,
        Verb::Rename { from: _ } => Err(task.cannot("name")),
    }
}

pub(super) struct Work<'a> {
    pub(super) task: &'a Task<'a>,
    pub(super) handle: Handle<'a>,
}

impl Work<'_> {
    pub(super) fn id(&self) -> &ResourceId {
        self.task.id
    }

    /// The name within the domain, for what is in one; else the name.
    fn own_name(&self) -> &str {
        within_domain(&self.id().name).map_or(self.id().name.as_str(), |(_, own)| own)
    }

    pub(super) fn tags(&self, settings: &Settings) -> Option<Vec<sm::Tag>> {
        let tags: Vec<_> = tags_of(settings).map(|(key, value)| tag(key, value)).collect();
        (!tags.is_empty()).then_some(tags)
    }

    async fn create(&self, core: &Core, settings: &Settings) -> Result<(), Fault> {
        match core {
            Core::Domain(domain) => self.create_domain(domain, settings).await,
            Core::UserProfile(profile) => self.create_user_profile(profile, settings).await,
            Core::Notebook(notebook) => self.create_notebook(notebook, settings).await,
            Core::NotebookLifecycle(scripts) => self.create_notebook_scripts(scripts, settings).await,
            Core::StudioLifecycle(script) => self.create_studio_script(script, settings).await,
            Core::Space(_)
            | Core::User { .. }
            | Core::Group { .. }
            | Core::Policy { .. }
            | Core::Role { .. }
            | Core::InstanceProfile { .. }
            | Core::Bucket { .. }
            | Core::Account => Err(self.task.cannot("kind")),
        }
    }

    async fn create_domain(&self, domain: &Domain, settings: &Settings) -> Result<(), Fault> {
        let name = self.id().name.as_str();
        let mut user = sm::UserSettings::builder().execution_role(&domain.execution_role).build();
        user.security_groups = some_list(&domain.security_groups);
        set_idle(&mut user, domain.idle_minutes);
        for setting in settings.values() {
            if let Setting::StudioLifecycle { config, app } = setting {
                let arn = self.script_arn(config).await?;
                change_scripts(&mut user, *app, |arns| arns.push(arn));
            }
        }
        let mut tags = self.tags(settings).unwrap_or_default();
        if domain.home_files == HomeFiles::Delete {
            tags.push(tag(HOME_FILES_TAG, "delete"));
        }
        let call = self
            .handle
            .client
            .create_domain()
            .domain_name(name)
            .auth_mode(match domain.auth_mode {
                AuthMode::IAM => sm::AuthMode::Iam,
                AuthMode::SSO => sm::AuthMode::Sso,
            })
            .vpc_id(&domain.vpc)
            .set_subnet_ids(some_list(&domain.subnets))
            .app_network_access_type(network(domain.network))
            .set_kms_key_id(domain.kms_key.clone())
            .default_user_settings(user)
            .set_tags(Some(tags));
        // AWS takes the same name twice: after a lost answer only a look tells whether there is one.
        let made = async || {
            let listed = self.handle.list_domains().await?;
            Ok(listed.iter().any(|(there, _)| there == name))
        };
        self.task.link.tell(self.task.lag, send!(call), made).await?;
        let id = self.handle.domain_id(self.id()).await?;
        self.domain_in_service(self.id(), &id).await
    }

    async fn domain_in_service(&self, domain: &ResourceId, domain_id: &str) -> Result<(), Fault> {
        self.handle
            .until(domain, &["InService"], DOMAIN_BOUND, async || {
                let domain = self.handle.describe_domain(domain_id).await?;
                let status = domain.status().map(sm::DomainStatus::as_str).unwrap_or_default().to_owned();
                Ok((status, domain.failure_reason().map(ToOwned::to_owned)))
            })
            .await
    }

    async fn profile_in_service(&self, domain_id: &str) -> Result<(), Fault> {
        self.handle
            .until(self.id(), &["InService"], PROFILE_BOUND, async || {
                let profile = self.handle.describe_user_profile(domain_id, self.own_name()).await?;
                let status =
                    profile.status().map(sm::UserProfileStatus::as_str).unwrap_or_default().to_owned();
                Ok((status, profile.failure_reason().map(ToOwned::to_owned)))
            })
            .await
    }

    async fn create_user_profile(&self, profile: &UserProfile, settings: &Settings) -> Result<(), Fault> {
        let UserProfile { domain, sso_user, execution_role, security_groups } = profile;
        let domain_id = self.handle.domain_id(domain).await?;
        self.domain_in_service(domain, &domain_id).await?;
        let mut user = sm::UserSettings::builder().set_execution_role(execution_role.clone()).build();
        user.security_groups = some_list(security_groups);
        for setting in settings.values() {
            if let Setting::StudioLifecycle { config, app } = setting {
                let arn = self.script_arn(config).await?;
                change_scripts(&mut user, *app, |arns| arns.push(arn));
            }
        }
        let call = self
            .handle
            .client
            .create_user_profile()
            .domain_id(&domain_id)
            .user_profile_name(self.own_name())
            .set_single_sign_on_user_identifier(sso_user.as_ref().map(|_| "UserName".to_owned()))
            .set_single_sign_on_user_value(sso_user.clone())
            .user_settings(user)
            .set_tags(self.tags(settings));
        let made = async || exists(self.handle.describe_user_profile(&domain_id, self.own_name()).await);
        self.task.link.tell(self.task.lag, send!(call), made).await?;
        self.profile_in_service(&domain_id).await
    }

    async fn create_notebook_scripts(
        &self,
        scripts: &NotebookLifecycle,
        settings: &Settings,
    ) -> Result<(), Fault> {
        let NotebookLifecycle { on_create, on_start } = scripts;
        let name = self.id().name.as_str();
        let call = self
            .handle
            .client
            .create_notebook_instance_lifecycle_config()
            .notebook_instance_lifecycle_config_name(name)
            .set_on_create(hook(on_create.as_deref()))
            .set_on_start(hook(on_start.as_deref()))
            .set_tags(self.tags(settings));
        let made = async || exists(self.handle.describe_notebook_scripts(name).await);
        self.task.link.tell(self.task.lag, send!(call), made).await
    }

    async fn create_studio_script(&self, script: &StudioLifecycle, settings: &Settings) -> Result<(), Fault> {
        let StudioLifecycle { app, script } = script;
        let name = self.id().name.as_str();
        let call = self
            .handle
            .client
            .create_studio_lifecycle_config()
            .studio_lifecycle_config_name(name)
            .studio_lifecycle_config_app_type(app_type(*app))
            .studio_lifecycle_config_content(encoded(script))
            .set_tags(self.tags(settings));
        let made = async || exists(self.handle.describe_studio_script(name).await);
        self.task.link.tell(self.task.lag, send!(call), made).await
    }

    async fn update(&self, found: &Core, wanted: &Core) -> Result<(), Fault> {
        match (found, wanted) {
            (Core::Domain(found), Core::Domain(wanted)) => self.update_domain(found, wanted).await,
            (Core::UserProfile(found), Core::UserProfile(wanted)) => self.update_profile(found, wanted).await,
            (Core::Notebook(found), Core::Notebook(wanted)) => self.update_notebook(found, wanted).await,
            (Core::NotebookLifecycle(found), Core::NotebookLifecycle(wanted)) => {
                let name = self.id().name.as_str();
                let now = self
                    .task
                    .look(
                        async || Ok(self.handle.describe_notebook_scripts(name).await?.1),
                        |now| now == found,
                        |now| now == wanted,
                    )
                    .await?;
                if now == Now::Wanted {
                    return Ok(());
                }
                // What a hook is not told is left as it is; an empty one cannot be sent, so both go together.
                let call = self
                    .handle
                    .client
                    .update_notebook_instance_lifecycle_config()
                    .notebook_instance_lifecycle_config_name(name)
                    .set_on_create(Some(hook(wanted.on_create.as_deref()).unwrap_or_default()))
                    .set_on_start(Some(hook(wanted.on_start.as_deref()).unwrap_or_default()));
                self.task.link.put(self.task.lag, send!(call)).await
            }
            _ => Err(self.task.cannot("kind")),
        }
    }

    async fn update_domain(&self, found: &Domain, wanted: &Domain) -> Result<(), Fault> {
        let domain_id = self.handle.domain_id(self.id()).await?;
        self.domain_in_service(self.id(), &domain_id).await?;
        let mut user =
            self.handle.describe_domain(&domain_id).await?.default_user_settings.unwrap_or_else(empty);
        let mut call = self.handle.client.update_domain().domain_id(&domain_id);
        let mut changes = false;
        if found.subnets != wanted.subnets {
            call = call.set_subnet_ids(some_list(&wanted.subnets));
            changes = true;
        }
        if found.network != wanted.network {
            call = call.app_network_access_type(network(wanted.network));
            changes = true;
        }
        let of_people = found.execution_role != wanted.execution_role
            || found.security_groups != wanted.security_groups
            || found.idle_minutes != wanted.idle_minutes;
        if of_people {
            user.execution_role = Some(wanted.execution_role.clone());
            user.security_groups = Some(wanted.security_groups.iter().cloned().collect());
            if found.idle_minutes != wanted.idle_minutes {
                set_idle(&mut user, wanted.idle_minutes);
            }
            call = call.default_user_settings(user);
            changes = true;
        }
        if changes {
            self.task.link.put(self.task.lag, send!(call)).await?;
            self.domain_in_service(self.id(), &domain_id).await?;
        }
        if found.home_files == wanted.home_files {
            return Ok(());
        }
        match wanted.home_files {
            HomeFiles::Delete => self.put_tag(HOME_FILES_TAG, "delete").await,
            HomeFiles::Retain => self.remove_tag(HOME_FILES_TAG).await,
        }
    }

    async fn update_profile(&self, found: &UserProfile, wanted: &UserProfile) -> Result<(), Fault> {
        let domain_id = self.handle.domain_id(&wanted.domain).await?;
        self.profile_in_service(&domain_id).await?;
        let described = self.handle.describe_user_profile(&domain_id, self.own_name()).await?;
        let mut user = described.user_settings.unwrap_or_else(empty);
        if found.execution_role != wanted.execution_role {
            // AWS never takes a profile's own role away: the domain's takes its place, which is the same.
            user.execution_role = match &wanted.execution_role {
                Some(role) => Some(role.clone()),
                None => {
                    let domain = self.handle.describe_domain(&domain_id).await?;
                    domain.default_user_settings().and_then(|s| s.execution_role()).map(ToOwned::to_owned)
                }
            };
        }
        if found.security_groups != wanted.security_groups {
            user.security_groups = Some(wanted.security_groups.iter().cloned().collect());
        }
        self.send_profile(&domain_id, user).await
    }

    async fn send_profile(&self, domain_id: &str, user: sm::UserSettings) -> Result<(), Fault> {
        let call = self
            .handle
            .client
            .update_user_profile()
            .domain_id(domain_id)
            .user_profile_name(self.own_name())
            .user_settings(user);
        self.task.link.put(self.task.lag, send!(call)).await?;
        self.profile_in_service(domain_id).await
    }

    async fn put(&self, wanted: &Setting) -> Result<(), Fault> {
        match wanted {
            Setting::Tag { key, value } => self.put_tag(key, value).await,
            Setting::StudioLifecycle { config, app } => {
                let arn = self.script_arn(config).await?;
                self.change_attached(*app, |arns| {
                    if !arns.iter().any(|there| there.eq_ignore_ascii_case(&arn)) {
                        arns.push(arn.clone());
                    }
                })
                .await
            }
            other => Err(self.task.cannot(&other.key().to_string())),
        }
    }

    async fn remove(&self, found: &Setting) -> Result<(), Fault> {
        match found {
            Setting::Tag { key, value: _ } => self.remove_tag(key).await,
            Setting::StudioLifecycle { config, app } => {
                // One that is gone already is known by its name.
                let arn = self.handle.arn(&format!("studio-lifecycle-config/{}", config.name));
                self.change_attached(*app, |arns| arns.retain(|there| !there.eq_ignore_ascii_case(&arn)))
                    .await
            }
            other => Err(self.task.cannot(&other.key().to_string())),
        }
    }

    /// Changes the scripts of a domain or a person.
    async fn change_attached(&self, app: AppType, change: impl Fn(&mut Vec<String>)) -> Result<(), Fault> {
        match self.id().kind {
            Kind::Domain => {
                let domain_id = self.handle.domain_id(self.id()).await?;
                self.domain_in_service(self.id(), &domain_id).await?;
                let described = self.handle.describe_domain(&domain_id).await?;
                let mut user = described.default_user_settings.unwrap_or_else(empty);
                change_scripts(&mut user, app, change);
                let call =
                    self.handle.client.update_domain().domain_id(&domain_id).default_user_settings(user);
                self.task.link.put(self.task.lag, send!(call)).await?;
                self.domain_in_service(self.id(), &domain_id).await
            }
            Kind::UserProfile => {
                let domain_id = self.handle.domain_id(&self.domain()?).await?;
                self.profile_in_service(&domain_id).await?;
                let described = self.handle.describe_user_profile(&domain_id, self.own_name()).await?;
                let mut user = described.user_settings.unwrap_or_else(empty);
                change_scripts(&mut user, app, change);
                self.send_profile(&domain_id, user).await
            }
            _ => Err(self.task.cannot("scripts")),
        }
    }

    /// The domain that a person is in.
    fn domain(&self) -> Result<ResourceId, Fault> {
        let (domain, _) = within_domain(&self.id().name).ok_or_else(|| self.task.cannot("domain"))?;
        Ok(self.id().sibling(Kind::Domain, domain))
    }

    /// The ARN of a Studio script, as AWS gives it: in small letters, whatever the name is.
    async fn script_arn(&self, config: &ResourceId) -> Result<String, Fault> {
        if let Some(arn) = self.task.link.known_script(config) {
            return Ok(arn);
        }
        let describe = async || self.handle.describe_studio_script(&config.name).await;
        let (arn, _) =
            if self.task.lag.absent { self.task.link.visible(describe).await? } else { describe().await? };
        self.task.link.learn_script(config, &arn);
        Ok(arn)
    }

    /// The ARN of the resource, as AWS gives it.
    async fn own_arn(&self) -> Result<String, Fault> {
        let name = self.id().name.as_str();
        let arn = match self.id().kind {
            Kind::Domain => {
                let id = self.handle.domain_id(self.id()).await?;
                self.handle.describe_domain(&id).await?.domain_arn
            }
            Kind::UserProfile => {
                let domain_id = self.handle.domain_id(&self.domain()?).await?;
                self.handle.describe_user_profile(&domain_id, self.own_name()).await?.user_profile_arn
            }
            Kind::Notebook => self.handle.describe_notebook(name).await?.notebook_instance_arn,
            Kind::NotebookLifecycle => Some(self.handle.describe_notebook_scripts(name).await?.0),
            Kind::StudioLifecycle => Some(self.handle.describe_studio_script(name).await?.0),
            _ => None,
        };
        arn.ok_or_else(|| self.task.cannot("tags"))
    }

    async fn put_tag(&self, key: &str, value: &str) -> Result<(), Fault> {
        let arn = self.own_arn().await?;
        let call = self.handle.client.add_tags().resource_arn(arn).tags(tag(key, value));
        self.task.link.put(self.task.lag, send!(call)).await
    }

    async fn remove_tag(&self, key: &str) -> Result<(), Fault> {
        let arn = self.own_arn().await?;
        let call = self.handle.client.delete_tags().resource_arn(arn).tag_keys(key);
        self.task.link.take(self.task.lag, send!(call)).await
    }

    async fn delete(&self, found: &Core) -> Result<(), Fault> {
        let name = self.id().name.as_str();
        let client = &self.handle.client;
        match found {
            Core::Domain(domain) => {
                let domain_id = match self.handle.domain_id(self.id()).await {
                    Err(fault) if fault.sort == Sort::Absent => return Ok(()),
                    id => id?,
                };
                let retention = match domain.home_files {
                    HomeFiles::Retain => sm::RetentionType::Retain,
                    HomeFiles::Delete => sm::RetentionType::Delete,
                };
                let policy = sm::RetentionPolicy::builder().home_efs_file_system(retention).build();
                let call = client.delete_domain().domain_id(&domain_id).retention_policy(policy);
                self.task.link.take(self.task.lag, send!(call)).await?;
                let gone = self.gone(DOMAIN_BOUND, async || {
                    let domain = self.handle.describe_domain(&domain_id).await?;
                    let status = domain.status().map(sm::DomainStatus::as_str).unwrap_or_default().to_owned();
                    Ok((status, domain.failure_reason().map(ToOwned::to_owned)))
                });
                gone.await?;
                self.task.link.forget_domain(self.id());
                Ok(())
            }
            Core::UserProfile(profile) => {
                let domain_id = match self.handle.domain_id(&profile.domain).await {
                    Err(fault) if fault.sort == Sort::Absent => return Ok(()),
                    id => id?,
                };
                let own = self.own_name();
                let call = client.delete_user_profile().domain_id(&domain_id).user_profile_name(own);
                self.task.link.take(self.task.lag, send!(call)).await?;
                self.gone(PROFILE_BOUND, async || {
                    let profile = self.handle.describe_user_profile(&domain_id, own).await?;
                    let status =
                        profile.status().map(sm::UserProfileStatus::as_str).unwrap_or_default().to_owned();
                    Ok((status, profile.failure_reason().map(ToOwned::to_owned)))
                })
                .await
            }
            Core::Notebook(_) => self.delete_notebook().await,
            Core::NotebookLifecycle(_) => {
                let call = client
                    .delete_notebook_instance_lifecycle_config()
                    .notebook_instance_lifecycle_config_name(name);
                self.task.link.take(self.task.lag, send!(call)).await
            }
            Core::StudioLifecycle(_) => {
                self.task.link.forget_script(self.id());
                let call = client.delete_studio_lifecycle_config().studio_lifecycle_config_name(name);
                self.task.link.take(self.task.lag, send!(call)).await
            }
            _ => Err(self.task.cannot("kind")),
        }
    }

    /// Waits until something that is being deleted is there no more.
    pub(super) async fn gone(
        &self,
        bound: Duration,
        look: impl AsyncFn() -> Result<(String, Option<String>), Fault>,
    ) -> Result<(), Fault> {
        self.handle
            .until(self.id(), &["gone"], bound, async || match look().await {
                Err(fault) if fault.sort == Sort::Absent => Ok(("gone".to_owned(), None)),
                answer => answer,
            })
            .await
    }
}

pub(super) fn exists<T>(answer: Result<T, Fault>) -> Result<bool, Fault> {
    match answer {
        Ok(_) => Ok(true),
        Err(fault) if fault.sort == Sort::Absent => Ok(false),
        Err(fault) => Err(fault),
    }
}
