//! SageMaker: domains with their people, notebooks and scripts, and who may open whose profile.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::estate::Sought;
use super::holder::Holder;
use super::{Lowering, under};
use crate::diagnostic::did_you_mean;
use crate::policy::Policy;
use crate::spec::schema::{Common, Domain, LifecycleConfiguration, Notebook, SageMaker, SignIn, UserProfile};
use crate::state::{
    AppType, AuthMode, Core, Kind, NetworkAccess, NotebookLifecycle, Resource, ResourceId, Setting,
    SettingKey, StudioLifecycle, fit,
};
use crate::{spec, state};

/// The inline policy that keeps a person to the profile of their own name.
pub(in crate::spec) const SIGN_IN_POLICY: &str = "studio-sign-in";
pub(in crate::spec) const INSTANCE_TYPE_DEFAULT: &str = "ml.t3.medium";
pub(in crate::spec) const VOLUME_GB_DEFAULT: u32 = 5;

impl Lowering<'_> {
    pub(super) fn sagemaker(&mut self, section: &SageMaker) {
        let SageMaker { domains, notebooks, lifecycle_configurations } = section;
        self.scope.sagemaker = true;
        for (name, body) in lifecycle_configurations {
            self.lifecycle_configuration(name, body);
        }
        for (name, body) in domains {
            self.domain(name, body, lifecycle_configurations);
        }
        for (name, body) in notebooks {
            self.notebook(name, body, lifecycle_configurations);
        }
        self.sign_in(domains);
    }

    fn domain(&mut self, name: &str, body: &Domain, scripts: &BTreeMap<String, LifecycleConfiguration>) {
        let common = body.common();
        let mut holder = self.begin("sagemaker/domains", Kind::Domain, name, &common);
        self.without_path(&holder, &common);
        let vpc = self.needed(&holder, "vpc", body.vpc.as_deref(), "`vpc: vpc-…`, the VPC of its apps");
        if body.subnets.is_empty() {
            let said = self.at_key(&holder.pointer, format!("domain `{name}` names no subnet"));
            self.say(said.help("add `subnets: [subnet-…]`"));
        }
        let execution_role = self.works_as(&holder, body.execution_role.as_deref(), true);
        self.scripts(&mut holder, &body.lifecycle_configurations, scripts);
        for (own, profile) in &body.user_profiles {
            self.user_profile(&holder, own, profile, body, scripts);
        }
        let subnets = self.set_of(&holder, "subnets", &body.subnets);
        let security_groups = self.set_of(&holder, "security_groups", &body.security_groups);
        let core = Core::Domain(state::Domain {
            auth_mode: body.auth_mode.unwrap_or(AuthMode::IAM),
            vpc,
            kms_key: body.kms_key.clone(),
            subnets,
            network: body.network.unwrap_or(NetworkAccess::VpcOnly),
            execution_role: execution_role.unwrap_or_default(),
            security_groups,
            idle_minutes: body.idle_minutes,
            home_files: body.home_files.unwrap_or_default(),
        });
        self.end(holder, core);
    }

    fn user_profile(
        &mut self,
        domain: &Holder,
        own: &str,
        body: &UserProfile,
        of: &Domain,
        scripts: &BTreeMap<String, LifecycleConfiguration>,
    ) {
        let common = body.common();
        let id = domain.id.sibling(Kind::UserProfile, format!("{}/{own}", domain.id.name));
        let mut holder = self.begin_at(id, under(&domain.key("user_profiles"), own), &common);
        self.without_path(&holder, &common);
        let by_identity_center = of.auth_mode == Some(AuthMode::SSO);
        if body.sso_user.is_some() && !by_identity_center {
            let said = self.at_key(&holder.key("sso_user"), "the domain's people sign in through IAM");
            self.say(said.help("drop `sso_user`, or write `auth_mode: SSO` on the domain"));
        }
        let sso_user = by_identity_center.then(|| body.sso_user.clone().unwrap_or_else(|| own.to_owned()));
        let execution_role = self.works_as(&holder, body.execution_role.as_deref(), false);
        // The same role as the domain's is the same as none: AWS never takes a profile's own away.
        let inherited = self.works_as(domain, of.execution_role.as_deref(), false);
        let execution_role = execution_role.filter(|role| Some(role) != inherited.as_ref());
        self.scripts(&mut holder, &body.lifecycle_configurations, scripts);
        let security_groups = self.set_of(&holder, "security_groups", &body.security_groups);
        let core = Core::UserProfile(state::UserProfile {
            domain: domain.id.clone(),
            sso_user,
            execution_role,
            security_groups,
        });
        self.end(holder, core);
    }

    fn notebook(&mut self, name: &str, body: &Notebook, scripts: &BTreeMap<String, LifecycleConfiguration>) {
        let common = body.common();
        let mut holder = self.begin("sagemaker/notebooks", Kind::Notebook, name, &common);
        self.without_path(&holder, &common);
        let execution_role = self.works_as(&holder, body.execution_role.as_deref(), true);
        let direct_internet = body.direct_internet.unwrap_or(body.subnet.is_none());
        if body.subnet.is_none() {
            if !direct_internet {
                let message = "a notebook without a subnet has no other way to the network";
                let said = self.at_key(&holder.key("direct_internet"), message);
                self.say(said.help("add `subnet: subnet-…`, or drop `direct_internet`"));
            }
            if !body.security_groups.is_empty() {
                let said = self.at_key(&holder.key("security_groups"), "security groups need a subnet");
                self.say(said.help("add `subnet: subnet-…`"));
            }
        }
        let lifecycle = body.lifecycle_configuration.as_deref().and_then(|text| {
            let pointer = holder.key("lifecycle_configuration");
            self.script(text, &pointer, scripts, false).map(|(id, _)| id)
        });
        if let Some(id) = &lifecycle {
            let span = self.home.origin(self.home.place(&holder.pointer), &holder.pointer);
            self.origins.declare_setting(&holder.id, SettingKey::StudioLifecycle(id.clone()), span);
        }
        let security_groups = self.set_of(&holder, "security_groups", &body.security_groups);
        let core = Core::Notebook(state::Notebook {
            subnet: body.subnet.clone(),
            security_groups,
            direct_internet,
            kms_key: body.kms_key.clone(),
            instance_type: body.instance_type.clone().unwrap_or_else(|| INSTANCE_TYPE_DEFAULT.to_owned()),
            execution_role: execution_role.unwrap_or_default(),
            volume_gb: body.volume_gb.unwrap_or(VOLUME_GB_DEFAULT),
            root_access: body.root_access.unwrap_or(false),
            metadata_version: body.metadata_version.unwrap_or(2),
            lifecycle,
            running: match body.running {
                None => Some(true),
                Some(spec::schema::Running::Always(running)) => Some(running),
                Some(spec::schema::Running::Any(_)) => None,
            },
        });
        holder.settings.dedup();
        self.end(holder, core);
    }

    fn lifecycle_configuration(&mut self, name: &str, body: &LifecycleConfiguration) {
        let common = body.common();
        let kind = if body.is_of_studio() { Kind::StudioLifecycle } else { Kind::NotebookLifecycle };
        let holder = self.begin("sagemaker/lifecycle_configurations", kind, name, &common);
        self.without_path(&holder, &common);
        let LifecycleConfiguration { on_create, on_start, app, script, .. } = body;
        let both = (on_create.is_some() || on_start.is_some()) && body.is_of_studio();
        let core =
            match (app, script) {
                _ if both => {
                    let message = format!("`{name}` is for notebook instances and for Studio at once");
                    let said = self.at_key(&holder.pointer, message);
                    self.say(said.help(
                        "declare two: one with `on_create` and `on_start`, one with `app` and `script`",
                    ));
                    return;
                }
                (Some(app), Some(script)) => {
                    Core::StudioLifecycle(StudioLifecycle { app: *app, script: script.clone() })
                }
                (None, None) if on_create.is_some() || on_start.is_some() => {
                    Core::NotebookLifecycle(NotebookLifecycle {
                        on_create: on_create.clone(),
                        on_start: on_start.clone(),
                    })
                }
                (None, None) => {
                    let said = self
                        .at_key(&holder.pointer, format!("lifecycle configuration `{name}` has no script"));
                    self.say(said.help(
                    "write `on_create` or `on_start` for notebook instances, `app` and `script` for Studio",
                ));
                    return;
                }
                (app, _) => {
                    let (has, lacks) = if app.is_some() { ("app", "script") } else { ("script", "app") };
                    let said = self.at_key(&holder.key(has), format!("a Studio script needs `{lacks}`, too"));
                    self.say(said);
                    return;
                }
            };
        self.end(holder, core);
    }

    /// The ARN of the role that something works as.
    fn works_as(&mut self, holder: &Holder, role: Option<&str>, needed: bool) -> Option<String> {
        let pointer = holder.key("execution_role");
        let Some(text) = role else {
            if needed {
                let message = format!("{} `{}` has no execution role", holder.id.kind, holder.id.name);
                let said = self.at_key(&holder.pointer, message);
                self.say(said.help("add `execution_role: ROLE`, a role that SageMaker may assume"));
            }
            return None;
        };
        match self.estate.identity(self.home, Kind::Role, text) {
            Sought::Found { account, arn } if account == self.home.info.account => Some(arn),
            Sought::Found { account, arn: _ } => {
                if needed || holder.id.kind == Kind::UserProfile {
                    let message = format!("`{text}` is a role of account {account}");
                    let said = self.at(&pointer, message);
                    self.say(said.help("SageMaker works as roles of its own account only"));
                }
                None
            }
            Sought::Unread => None,
            Sought::Missing { message, help } => {
                // Of a domain's role only the domain itself complains.
                if needed || holder.id.kind == Kind::UserProfile {
                    self.say(self.at(&pointer, message).help(help));
                }
                None
            }
        }
    }

    /// The scripts of Studio that start with apps.
    fn scripts(
        &mut self,
        holder: &mut Holder,
        names: &[String],
        scripts: &BTreeMap<String, LifecycleConfiguration>,
    ) {
        let mut seen = BTreeSet::new();
        for (n, text) in names.iter().enumerate() {
            let pointer = format!("{}/{n}", holder.key("lifecycle_configurations"));
            if !seen.insert(text) {
                self.say(self.at(&pointer, format!("lifecycle configuration `{text}` is named twice")));
                continue;
            }
            if let Some((config, Some(app))) = self.script(text, &pointer, scripts, true) {
                self.set(holder, &pointer, Setting::StudioLifecycle { config, app });
            }
        }
    }

    /// A lifecycle configuration by its key.
    fn script(
        &mut self,
        text: &str,
        pointer: &str,
        scripts: &BTreeMap<String, LifecycleConfiguration>,
        of_studio: bool,
    ) -> Option<(ResourceId, Option<AppType>)> {
        let Some(body) = scripts.get(text) else {
            let help = did_you_mean(text, scripts.keys().map(String::as_str)).map_or_else(
                || "declare it under `sagemaker: lifecycle_configurations`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.say(self.at(pointer, format!("there is no lifecycle configuration `{text}`")).help(help));
            return None;
        };
        if body.is_of_studio() != of_studio {
            let (is, wants) = if of_studio {
                ("notebook instances", "apps of Studio")
            } else {
                ("apps of Studio", "notebook instances")
            };
            self.say(
                self.at(pointer, format!("lifecycle configuration `{text}` is for {is}, not for {wants}")),
            );
            return None;
        }
        let kind = if of_studio { Kind::StudioLifecycle } else { Kind::NotebookLifecycle };
        let info = &self.home.info;
        Some((ResourceId::in_region(&info.account, kind, text, &info.region), body.app))
    }

    /// People open no profile but the one of their own name, unless the file says otherwise: what they may do besides,
    /// such as `AmazonSageMakerFullAccess`, often lets them open any, and with it do whatever its role may do. Said on
    /// their groups, and on themselves where they are in none.
    fn sign_in(&mut self, domains: &BTreeMap<String, Domain>) {
        let by_iam = domains.iter().filter(|(_, body)| body.auth_mode != Some(AuthMode::SSO));
        let guarded = by_iam
            .into_iter()
            .find(|(_, body)| body.sign_in.unwrap_or_default() == SignIn::OwnProfile)
            .map(|(name, _)| under("/sagemaker/domains", name));
        let Some(pointer) = guarded else { return };
        let environment = &self.home.loaded.environment;
        let spared: Vec<&str> =
            environment.break_glass.iter().filter_map(|text| text.strip_prefix("user/")).collect();
        let document = self.own_profile_only(&spared);
        let mut holders: BTreeSet<(Kind, &str)> = BTreeSet::new();
        for (name, user) in &environment.users {
            let own = !user.policies.is_empty() || !user.inline.is_empty();
            if user.groups.is_empty() && own && !spared.contains(&name.as_str()) {
                holders.insert((Kind::User, name));
            }
            holders.extend(user.groups.iter().map(|group| (Kind::Group, group.as_str())));
        }
        let span = self.home.origin(self.home.key_place(&pointer), &pointer);
        for (kind, name) in holders {
            let id = ResourceId::new(&self.home.info.account, kind, name);
            let setting = Setting::Inline { name: SIGN_IN_POLICY.to_owned(), document: document.clone() };
            let Some(resource) = self.wanted.resources.remove(&id) else { continue };
            let Resource { core, mut settings } = resource;
            // One of that name in the file is the author's own word on it.
            if let Entry::Vacant(free) = settings.entry(setting.key()) {
                self.origins.declare_setting(&id, setting.key(), span.clone());
                free.insert(setting);
            }
            let resource = fit::fitted(kind, Resource::new(core, settings.into_values()));
            self.wanted.resources.insert(id, resource);
        }
    }

    fn own_profile_only(&self, spared: &[&str]) -> Policy {
        let info = &self.home.info;
        let own =
            format!("arn:{}:sagemaker:*:{}:user-profile/*/${{aws:username}}", info.partition, info.account);
        let mut deny = json!({
            "Sid": "NoOtherProfile", "Effect": "Deny",
            "Action": "sagemaker:CreatePresignedDomainUrl", "NotResource": own,
        });
        if let (false, Some(deny)) = (spared.is_empty(), deny.as_object_mut()) {
            let but = json!({ "StringNotEquals": { "aws:username": spared } });
            deny.insert("Condition".to_owned(), but);
        }
        let allow = json!({
            "Sid": "OwnProfile", "Effect": "Allow",
            "Action": "sagemaker:CreatePresignedDomainUrl", "Resource": own,
        });
        let text = json!({ "Version": "2012-10-17", "Statement": [allow, deny] }).to_string();
        Policy::from_text(&text, info.partition.as_str())
    }

    fn without_path(&mut self, holder: &Holder, common: &Common<'_>) {
        if common.path.is_some() {
            self.say(self.at_key(&holder.key("path"), format!("a {} has no path", holder.id.kind)));
        }
    }

    fn needed(&mut self, holder: &Holder, key: &str, text: Option<&str>, help: &str) -> String {
        if text.is_none() {
            let message = format!("{} `{}` has no `{key}`", holder.id.kind, holder.id.name);
            self.say(self.at_key(&holder.pointer, message).help(format!("add {help}")));
        }
        text.unwrap_or_default().to_owned()
    }

    /// A list of which the order says nothing.
    fn set_of(&mut self, holder: &Holder, key: &str, items: &[String]) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for (n, item) in items.iter().enumerate() {
            if !all.insert(item.clone()) {
                let pointer = format!("{}/{n}", holder.key(key));
                self.say(self.at(&pointer, format!("`{item}` is named twice")));
            }
        }
        all
    }
}

impl LifecycleConfiguration {
    /// Whether it is for apps of Studio, and not for notebook instances.
    fn is_of_studio(&self) -> bool {
        self.app.is_some() || self.script.is_some()
    }
}
