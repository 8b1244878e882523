//! What SageMaker has in the regions that are asked about. No bulk call tells of settings or tags: each thing is
//! described, and its tags are listed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sagemaker::types as sm;
use futures::stream::{self, StreamExt as _};

use super::client::Link;
use super::error::{Fault, Sort};
use super::sagemaker::{self, Handle};
use crate::account::Reading;
use crate::state::{
    AuthMode, Blind, Core, Domain, HOME_FILES_TAG, HomeFiles, Kind, MARK_TAG, NetworkAccess, Notebook,
    NotebookLifecycle, Resource, ResourceId, Scope, Setting, SettingKey, Space, StudioLifecycle, Unread,
    UserProfile,
};

/// Reads every region that a scope asks about; the kinds that were read in all of them, and the regions.
pub(super) async fn read(
    link: &Link,
    scopes: &[&Scope],
    reading: &mut Reading,
) -> Result<(BTreeSet<Kind>, BTreeSet<String>), Fault> {
    let regions: BTreeSet<String> =
        scopes.iter().filter(|scope| scope.sagemaker).map(|scope| scope.region.clone()).collect();
    let mut kinds: BTreeSet<Kind> = if regions.is_empty() { BTreeSet::new() } else { Kind::SAGEMAKER.into() };
    for region in &regions {
        let here = Region { handle: Handle::new(link, region), scopes };
        for (part, action, found) in [
            (&STUDIO[..], "sagemaker:ListDomains", here.studio().await),
            (&[Kind::Notebook][..], "sagemaker:ListNotebookInstances", here.notebooks().await),
            (
                &[Kind::NotebookLifecycle][..],
                "sagemaker:ListNotebookInstanceLifecycleConfigs",
                here.notebook_scripts().await,
            ),
            (
                &[Kind::StudioLifecycle][..],
                "sagemaker:ListStudioLifecycleConfigs",
                here.studio_scripts().await,
            ),
        ] {
            match found {
                Ok(Found { resources, unread }) => {
                    reading.state.resources.extend(resources);
                    reading.unread.extend(unread);
                }
                Err(fault) if fault.is_fatal() => return Err(fault),
                Err(fault) => {
                    // AWS's own words name the action that was denied, which need not be the list.
                    let why = match fault.sort {
                        Sort::Denied => format!("access denied: {}", fault.message),
                        _ => fault.reason(action),
                    };
                    let reason = format!("{region}: {why}");
                    for kind in part {
                        kinds.remove(kind);
                        let what = Blind::Kind(link.account.clone(), *kind);
                        reading.unread.push(Unread { what, reason: reason.clone() });
                    }
                }
            }
        }
    }
    name_scripts(scopes, reading);
    Ok((kinds, regions))
}

/// ARNs of Studio scripts are in small letters, and what uses a script names its ARN: the names are those of the scripts
/// that are there, or declared.
fn name_scripts(scopes: &[&Scope], reading: &mut Reading) {
    let of_kind = |id: &&ResourceId| id.kind == Kind::StudioLifecycle;
    let declared = scopes.iter().flat_map(|scope| &scope.declared).filter(of_kind);
    let known: BTreeSet<ResourceId> =
        reading.state.resources.keys().filter(of_kind).chain(declared).cloned().collect();
    let named = |config: &ResourceId| {
        let same = |id: &&ResourceId| {
            id.name.eq_ignore_ascii_case(&config.name)
                && id.region == config.region
                && id.account == config.account
        };
        if known.contains(config) { None } else { known.iter().find(same).cloned() }
    };
    for resource in reading.state.resources.values_mut() {
        let renamed: Vec<(SettingKey, Setting)> = resource
            .settings
            .iter()
            .filter_map(|(key, setting)| match setting {
                Setting::StudioLifecycle { config, app } => {
                    Some((key.clone(), Setting::StudioLifecycle { config: named(config)?, app: *app }))
                }
                _ => None,
            })
            .collect();
        for (key, setting) in renamed {
            resource.settings.remove(&key);
            resource.set(setting);
        }
    }
}

const STUDIO: [Kind; 3] = [Kind::Domain, Kind::UserProfile, Kind::Space];

struct Region<'a> {
    handle: Handle<'a>,
    scopes: &'a [&'a Scope],
}

#[derive(Default)]
struct Found {
    resources: BTreeMap<ResourceId, Resource>,
    unread: Vec<Unread>,
}

impl Found {
    /// One thing; gone since it was listed is gone. One that cannot be read leaves its kind unread: what refers to it
    /// must not be told that it is not there.
    fn take(&mut self, id: ResourceId, answer: Result<Resource, Fault>) -> Result<(), Fault> {
        match answer {
            Ok(resource) => {
                self.resources.insert(id, resource);
            }
            Err(fault) if fault.sort == Sort::Absent => {}
            Err(fault) => return Err(fault),
        }
        Ok(())
    }
}

impl Region<'_> {
    fn id(&self, kind: Kind, name: &str) -> ResourceId {
        self.handle.id(kind, name)
    }

    /// Describes many things side by side.
    async fn each<T>(
        &self,
        ids: Vec<T>,
        describe: impl AsyncFn(&T) -> (ResourceId, Result<Resource, Fault>),
    ) -> Result<Found, Fault> {
        let describe = &describe;
        let answers: Vec<_> = stream::iter(&ids)
            .map(|id| async move { describe(id).await })
            .buffer_unordered(self.handle.link.parallelism)
            .collect()
            .await;
        let mut found = Found::default();
        for (id, answer) in answers {
            found.take(id, answer)?;
        }
        Ok(found)
    }

    /// A resource with the tags that its ARN carries. Without them nobody knows whose it is.
    async fn tagged(&self, arn: &str, core: Core) -> Result<Resource, Fault> {
        let tags = self.handle.tags(arn).await?;
        Ok(Resource::new(core, tags.into_iter().map(|(key, value)| Setting::Tag { key, value })))
    }

    async fn studio(&self) -> Result<Found, Fault> {
        let listed = self.handle.list_domains().await?;
        let mut named: BTreeMap<String, Vec<(String, Resource)>> = BTreeMap::new();
        let mut found = Found::default();
        for (name, id) in listed {
            match self.domain(&id).await {
                Ok(resource) => named.entry(name).or_default().push((id, resource)),
                Err(fault) if fault.sort == Sort::Absent => {}
                Err(fault) => return Err(fault),
            }
        }
        for (name, mut domains) in named {
            // Names are not unique: ours is the one with our mark, the others get their ids into the name.
            let marks: Vec<&str> = self.scopes.iter().map(|scope| scope.environment.as_str()).collect();
            let ours = |resource: &Resource| resource.tag(MARK_TAG).is_some_and(|mark| marks.contains(&mark));
            domains.sort_by_key(|(id, resource)| (!ours(resource), id.clone()));
            if domains.iter().filter(|(_, resource)| ours(resource)).count() > 1 {
                let ids: Vec<&str> = domains.iter().map(|(id, _)| id.as_str()).collect();
                let reason =
                    format!("there are several domains of this name with the mark: {}", ids.join(", "));
                found.unread.push(Unread { what: Blind::Resource(self.id(Kind::Domain, &name)), reason });
            }
            for (nth, (domain_id, resource)) in domains.into_iter().enumerate() {
                let shown = if nth == 0 { name.clone() } else { format!("{name} ({domain_id})") };
                self.of_domain(&self.id(Kind::Domain, &shown), &domain_id, resource, &mut found).await?;
            }
        }
        Ok(found)
    }

    async fn domain(&self, domain_id: &str) -> Result<Resource, Fault> {
        let domain = self.handle.describe_domain(domain_id).await?;
        let settings = domain.default_user_settings();
        let lab = settings.and_then(|s| s.jupyter_lab_app_settings());
        let idle = lab
            .and_then(|lab| lab.app_lifecycle_management())
            .and_then(|management| management.idle_settings())
            .filter(|idle| idle.lifecycle_management() == Some(&sm::LifecycleManagement::Enabled))
            .and_then(sm::IdleSettings::idle_timeout_in_minutes)
            .and_then(|minutes| u32::try_from(minutes).ok());
        let core = Domain {
            auth_mode: match domain.auth_mode() {
                Some(sm::AuthMode::Sso) => AuthMode::SSO,
                _ => AuthMode::IAM,
            },
            vpc: domain.vpc_id().unwrap_or_default().to_owned(),
            kms_key: domain.kms_key_id().map(ToOwned::to_owned),
            subnets: domain.subnet_ids().iter().cloned().collect(),
            network: match domain.app_network_access_type() {
                Some(sm::AppNetworkAccessType::VpcOnly) => NetworkAccess::VpcOnly,
                _ => NetworkAccess::PublicInternetOnly,
            },
            execution_role: settings.and_then(|s| s.execution_role()).unwrap_or_default().to_owned(),
            security_groups: settings
                .map(|s| s.security_groups().iter().cloned().collect())
                .unwrap_or_default(),
            idle_minutes: idle,
            home_files: HomeFiles::Retain,
        };
        let mut resource = self.tagged(domain.domain_arn().unwrap_or_default(), Core::Domain(core)).await?;
        if let Some(Setting::Tag { value, .. }) =
            resource.settings.remove(&SettingKey::Tag(HOME_FILES_TAG.to_owned()))
            && let Core::Domain(core) = &mut resource.core
            && value == "delete"
        {
            core.home_files = HomeFiles::Delete;
        }
        self.add_scripts(settings, &mut resource);
        let status = domain.status().map(sm::DomainStatus::as_str);
        failed(status, domain.failure_reason(), &mut resource);
        Ok(resource)
    }

    /// What a domain has in it: its people if we answer for it, its spaces, and what runs.
    async fn of_domain(
        &self,
        id: &ResourceId,
        domain_id: &str,
        mut domain: Resource,
        found: &mut Found,
    ) -> Result<(), Fault> {
        self.handle.link.learn_domain(id, domain_id);
        let apps = self.handle.running_apps(domain_id).await?;
        let running = |whose: &dyn Fn(&sagemaker::App) -> bool| -> Option<Setting> {
            let names: BTreeSet<String> =
                apps.iter().filter(|app| whose(app)).map(|app| app.name()).collect();
            (!names.is_empty()).then_some(Setting::Apps(names))
        };
        running(&|_| true).into_iter().for_each(|apps| domain.set(apps));
        let role = match &domain.core {
            Core::Domain(domain) => domain.execution_role.clone(),
            _ => String::new(),
        };
        for (name, owner) in self.handle.list_spaces(domain_id).await? {
            let core = Core::Space(Space { domain: id.clone(), owner });
            let space = Resource::new(core, running(&|app| app.space.as_deref() == Some(name.as_str())));
            found.resources.insert(id.sibling(Kind::Space, format!("{}/{name}", id.name)), space);
        }
        if super::read::answered(self.scopes, id, &domain) {
            let names = self.handle.list_user_profiles(domain_id).await?;
            let profiles = self
                .each(names, async |name: &String| {
                    let own = id.sibling(Kind::UserProfile, format!("{}/{name}", id.name));
                    (own, self.user_profile(id, domain_id, name, &role).await)
                })
                .await?;
            for (own, mut profile) in profiles.resources {
                let name = own.name.rsplit('/').next().unwrap_or_default().to_owned();
                let apps = running(&|app| app.profile.as_deref() == Some(name.as_str()));
                apps.into_iter().for_each(|apps| profile.set(apps));
                found.resources.insert(own, profile);
            }
            found.unread.extend(profiles.unread);
        }
        found.resources.insert(id.clone(), domain);
        Ok(())
    }

    async fn user_profile(
        &self,
        domain: &ResourceId,
        domain_id: &str,
        name: &str,
        inherited: &str,
    ) -> Result<Resource, Fault> {
        let profile = self.handle.describe_user_profile(domain_id, name).await?;
        let settings = profile.user_settings();
        let core = UserProfile {
            domain: domain.clone(),
            sso_user: profile.single_sign_on_user_value().map(ToOwned::to_owned),
            // AWS never takes a profile's own role away: the domain's is the same as none.
            execution_role: settings
                .and_then(|s| s.execution_role())
                .filter(|role| *role != inherited)
                .map(ToOwned::to_owned),
            security_groups: settings
                .map(|s| s.security_groups().iter().cloned().collect())
                .unwrap_or_default(),
        };
        let arn = profile.user_profile_arn().unwrap_or_default();
        let mut resource = self.tagged(arn, Core::UserProfile(core)).await?;
        self.add_scripts(settings, &mut resource);
        let status = profile.status().map(sm::UserProfileStatus::as_str);
        failed(status, profile.failure_reason(), &mut resource);
        Ok(resource)
    }

    fn add_scripts(&self, settings: Option<&sm::UserSettings>, resource: &mut Resource) {
        for (app, arns) in sagemaker::scripts(settings) {
            for arn in arns {
                let name = arn.rsplit('/').next().unwrap_or_default();
                let config = self.id(Kind::StudioLifecycle, name);
                resource.set(Setting::StudioLifecycle { config, app });
            }
        }
    }

    async fn notebooks(&self) -> Result<Found, Fault> {
        let names = self.handle.list_notebooks().await?;
        self.each(names, async |name: &String| (self.id(Kind::Notebook, name), self.notebook(name).await))
            .await
    }

    async fn notebook(&self, name: &str) -> Result<Resource, Fault> {
        let notebook = self.handle.describe_notebook(name).await?;
        let status = notebook.notebook_instance_status();
        let metadata = notebook
            .instance_metadata_service_configuration()
            .and_then(|c| c.minimum_instance_metadata_service_version());
        let core = Notebook {
            subnet: notebook.subnet_id().map(ToOwned::to_owned),
            security_groups: notebook.security_groups().iter().cloned().collect(),
            direct_internet: notebook.direct_internet_access() != Some(&sm::DirectInternetAccess::Disabled),
            kms_key: notebook.kms_key_id().map(ToOwned::to_owned),
            instance_type: notebook
                .instance_type()
                .map(sm::InstanceType::as_str)
                .unwrap_or_default()
                .to_owned(),
            execution_role: notebook.role_arn().unwrap_or_default().to_owned(),
            volume_gb: notebook.volume_size_in_gb().and_then(|gb| u32::try_from(gb).ok()).unwrap_or_default(),
            root_access: notebook.root_access() != Some(&sm::RootAccess::Disabled),
            metadata_version: if metadata == Some("2") { 2 } else { 1 },
            lifecycle: notebook
                .notebook_instance_lifecycle_config_name()
                .map(|name| self.id(Kind::NotebookLifecycle, name)),
            running: Some(!matches!(
                status,
                Some(
                    sm::NotebookInstanceStatus::Stopped
                        | sm::NotebookInstanceStatus::Stopping
                        // Only one that stands still is changed, and it stands still afterwards.
                        | sm::NotebookInstanceStatus::Updating
                        | sm::NotebookInstanceStatus::Failed
                )
            )),
        };
        let arn = notebook.notebook_instance_arn().unwrap_or_default();
        let mut resource = self.tagged(arn, Core::Notebook(core)).await?;
        failed(status.map(sm::NotebookInstanceStatus::as_str), notebook.failure_reason(), &mut resource);
        Ok(resource)
    }

    async fn notebook_scripts(&self) -> Result<Found, Fault> {
        let names = self.handle.list_notebook_scripts().await?;
        self.each(names, async |name: &String| {
            let described = async {
                let (arn, core) = self.handle.describe_notebook_scripts(name).await?;
                let NotebookLifecycle { on_create: _, on_start: _ } = &core;
                self.tagged(&arn, Core::NotebookLifecycle(core)).await
            };
            (self.id(Kind::NotebookLifecycle, name), described.await)
        })
        .await
    }

    async fn studio_scripts(&self) -> Result<Found, Fault> {
        let names = self.handle.list_studio_scripts().await?;
        self.each(names, async |name: &String| {
            let described = async {
                let (arn, core) = self.handle.describe_studio_script(name).await?;
                let StudioLifecycle { app: _, script: _ } = &core;
                self.handle.link.learn_script(&self.id(Kind::StudioLifecycle, name), &arn);
                self.tagged(&arn, Core::StudioLifecycle(core)).await
            };
            (self.id(Kind::StudioLifecycle, name), described.await)
        })
        .await
    }
}

/// AWS could not make, change or delete it, or is deleting it.
fn failed(status: Option<&str>, reason: Option<&str>, resource: &mut Resource) {
    let status = status.unwrap_or_default();
    if status.ends_with("Failed") || status == "Deleting" {
        let why = reason.filter(|reason| !reason.is_empty()).unwrap_or("AWS gives no reason");
        resource.set(Setting::Failed(format!("{status}: {why}")));
    }
}
