//! SageMaker's calls in one region: lists page by page, descriptions, and what its answers mean.

use std::time::Duration;

use aws_sdk_sagemaker::Client;
use aws_sdk_sagemaker::operation::describe_domain::DescribeDomainOutput;
use aws_sdk_sagemaker::operation::describe_notebook_instance::DescribeNotebookInstanceOutput;
use aws_sdk_sagemaker::operation::describe_user_profile::DescribeUserProfileOutput;
use aws_sdk_sagemaker::types as sm;

use super::client::Link;
use super::error::{Fault, Sort};
use crate::state::{AppType, Kind, NotebookLifecycle, ResourceId, StudioLifecycle};

/// SageMaker in one region of an account.
pub(super) struct Handle<'a> {
    pub(super) link: &'a Link,
    pub(super) client: Client,
    region: String,
}

/// A running app.
pub(super) struct App {
    pub(super) profile: Option<String>,
    pub(super) space: Option<String>,
    sort: String,
    own: String,
}

impl App {
    /// `OWNER/TYPE/NAME`.
    pub(super) fn name(&self) -> String {
        let owner = self.profile.as_deref().or(self.space.as_deref()).unwrap_or("?");
        format!("{owner}/{}/{}", self.sort, self.own)
    }
}

/// The most that SageMaker gives in one page; unasked it gives ten.
/// <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListUserProfiles.html>
const PAGE: i32 = 100;

/// Gathers all pages of a list.
macro_rules! pages {
    ($handle:expr, $call:expr, $items:ident, $each:expr) => {{
        let mut all = vec![];
        let mut token: Option<String> = None;
        loop {
            let page = $handle
                .link
                .ask(async || Ok($call.max_results(PAGE).set_next_token(token.clone()).send().await?))
                .await?;
            all.extend(page.$items().iter().filter_map($each));
            let next = page.next_token().filter(|token| !token.is_empty()).map(ToOwned::to_owned);
            if next.is_none() {
                break Ok(all);
            }
            if next == token {
                break Err(Fault::invalid("Pagination", "a list repeats its pages"));
            }
            token = next;
        }
    }};
}

impl<'a> Handle<'a> {
    pub(super) fn new(link: &'a Link, region: &str) -> Self {
        Self { link, client: link.sagemaker(region), region: region.to_owned() }
    }

    pub(super) fn id(&self, kind: Kind, name: &str) -> ResourceId {
        ResourceId::in_region(&self.link.account, kind, name, &self.region)
    }

    /// An ARN of this account and region.
    pub(super) fn arn(&self, rest: &str) -> String {
        format!("arn:{}:sagemaker:{}:{}:{rest}", self.link.partition, self.region, self.link.account)
    }

    /// Domains: name and id.
    pub(super) async fn list_domains(&self) -> Result<Vec<(String, String)>, Fault> {
        let each = |d: &sm::DomainDetails| Some((d.domain_name()?.to_owned(), d.domain_id()?.to_owned()));
        pages!(self, self.client.list_domains(), domains, each)
    }

    pub(super) async fn list_user_profiles(&self, domain_id: &str) -> Result<Vec<String>, Fault> {
        let each = |p: &sm::UserProfileDetails| p.user_profile_name().map(ToOwned::to_owned);
        let listed = async {
            pages!(self, self.client.list_user_profiles().domain_id_equals(domain_id), user_profiles, each)
        };
        self.known("sagemaker:ListUserProfiles", listed.await)
    }

    /// Spaces: name and owner.
    pub(super) async fn list_spaces(&self, domain_id: &str) -> Result<Vec<(String, Option<String>)>, Fault> {
        let each = |s: &sm::SpaceDetails| {
            let owner = s.ownership_settings_summary().and_then(|o| o.owner_user_profile_name());
            Some((s.space_name()?.to_owned(), owner.map(ToOwned::to_owned)))
        };
        let listed =
            async { pages!(self, self.client.list_spaces().domain_id_equals(domain_id), spaces, each) };
        self.known("sagemaker:ListSpaces", listed.await)
    }

    /// What runs in a domain; AWS lists apps for a day after they were deleted.
    pub(super) async fn running_apps(&self, domain_id: &str) -> Result<Vec<App>, Fault> {
        let each = |app: &sm::AppDetails| {
            let over = matches!(app.status(), Some(sm::AppStatus::Deleted | sm::AppStatus::Failed));
            (!over).then(|| App {
                profile: app.user_profile_name().map(ToOwned::to_owned),
                space: app.space_name().map(ToOwned::to_owned),
                sort: app.app_type().map(sm::AppType::as_str).unwrap_or_default().to_owned(),
                own: app.app_name().unwrap_or_default().to_owned(),
            })
        };
        let listed = async { pages!(self, self.client.list_apps().domain_id_equals(domain_id), apps, each) };
        self.known("sagemaker:ListApps", listed.await)
    }

    /// A list that something else than AWS may not implement: then there is nothing of the sort, and that is said.
    fn known<T>(&self, action: &'static str, answer: Result<Vec<T>, Fault>) -> Result<Vec<T>, Fault> {
        match answer {
            Err(fault) if fault.is_not_implemented() && self.link.has_own_endpoint() => {
                self.link.note_unanswered(action);
                Ok(vec![])
            }
            answer => answer,
        }
    }

    pub(super) async fn list_notebooks(&self) -> Result<Vec<String>, Fault> {
        let each = |n: &sm::NotebookInstanceSummary| n.notebook_instance_name().map(ToOwned::to_owned);
        pages!(self, self.client.list_notebook_instances(), notebook_instances, each)
    }

    pub(super) async fn list_notebook_scripts(&self) -> Result<Vec<String>, Fault> {
        let each = |c: &sm::NotebookInstanceLifecycleConfigSummary| {
            c.notebook_instance_lifecycle_config_name().map(ToOwned::to_owned)
        };
        let call = || self.client.list_notebook_instance_lifecycle_configs();
        let listed = async { pages!(self, call(), notebook_instance_lifecycle_configs, each) };
        self.known("sagemaker:ListNotebookInstanceLifecycleConfigs", listed.await)
    }

    pub(super) async fn list_studio_scripts(&self) -> Result<Vec<String>, Fault> {
        let each =
            |c: &sm::StudioLifecycleConfigDetails| c.studio_lifecycle_config_name().map(ToOwned::to_owned);
        let listed = async {
            pages!(self, self.client.list_studio_lifecycle_configs(), studio_lifecycle_configs, each)
        };
        self.known("sagemaker:ListStudioLifecycleConfigs", listed.await)
    }

    pub(super) async fn tags(&self, arn: &str) -> Result<Vec<(String, String)>, Fault> {
        let each = |t: &sm::Tag| Some((t.key()?.to_owned(), t.value()?.to_owned()));
        pages!(self, self.client.list_tags().resource_arn(arn), tags, each)
    }

    pub(super) async fn describe_domain(&self, domain_id: &str) -> Result<DescribeDomainOutput, Fault> {
        self.link.ask(async || Ok(self.client.describe_domain().domain_id(domain_id).send().await?)).await
    }

    pub(super) async fn describe_user_profile(
        &self,
        domain_id: &str,
        name: &str,
    ) -> Result<DescribeUserProfileOutput, Fault> {
        let call = || self.client.describe_user_profile().domain_id(domain_id).user_profile_name(name);
        self.link.ask(async || Ok(call().send().await?)).await
    }

    pub(super) async fn describe_notebook(
        &self,
        name: &str,
    ) -> Result<DescribeNotebookInstanceOutput, Fault> {
        let call = || self.client.describe_notebook_instance().notebook_instance_name(name);
        self.link.ask(async || Ok(call().send().await?)).await
    }

    /// The ARN and the scripts.
    pub(super) async fn describe_notebook_scripts(
        &self,
        name: &str,
    ) -> Result<(String, NotebookLifecycle), Fault> {
        let call = || {
            self.client
                .describe_notebook_instance_lifecycle_config()
                .notebook_instance_lifecycle_config_name(name)
        };
        let answer = self.link.ask(async || Ok(call().send().await?)).await?;
        let script = |hooks: &[sm::NotebookInstanceLifecycleHook]| {
            hooks.first().and_then(|hook| hook.content()).map(decoded).transpose()
        };
        let core = NotebookLifecycle {
            on_create: script(answer.on_create())?,
            on_start: script(answer.on_start())?,
        };
        Ok((answer.notebook_instance_lifecycle_config_arn().unwrap_or_default().to_owned(), core))
    }

    /// The ARN and the script.
    pub(super) async fn describe_studio_script(
        &self,
        name: &str,
    ) -> Result<(String, StudioLifecycle), Fault> {
        let call = || self.client.describe_studio_lifecycle_config().studio_lifecycle_config_name(name);
        let answer = self.link.ask(async || Ok(call().send().await?)).await?;
        let app = match answer.studio_lifecycle_config_app_type() {
            Some(sm::StudioLifecycleConfigAppType::JupyterLab) => AppType::JupyterLab,
            Some(sm::StudioLifecycleConfigAppType::CodeEditor) => AppType::CodeEditor,
            Some(sm::StudioLifecycleConfigAppType::JupyterServer) => AppType::JupyterServer,
            Some(sm::StudioLifecycleConfigAppType::KernelGateway) => AppType::KernelGateway,
            other => {
                let other = other.map(sm::StudioLifecycleConfigAppType::as_str).unwrap_or_default();
                return Err(Fault::invalid(
                    "AppType",
                    format!("{name} is for `{other}`, which hatrack does not know"),
                ));
            }
        };
        let script = decoded(answer.studio_lifecycle_config_content().unwrap_or_default())?;
        Ok((
            answer.studio_lifecycle_config_arn().unwrap_or_default().to_owned(),
            StudioLifecycle { app, script },
        ))
    }

    /// The id of a domain by its name: learnt while reading and creating, and otherwise looked up.
    pub(super) async fn domain_id(&self, domain: &ResourceId) -> Result<String, Fault> {
        if let Some(id) = self.link.known_domain(domain) {
            return Ok(id);
        }
        let found: Vec<String> = self
            .list_domains()
            .await?
            .into_iter()
            .filter_map(|(name, id)| (name == domain.name).then_some(id))
            .collect();
        match found.as_slice() {
            [one] => {
                self.link.learn_domain(domain, one);
                Ok(one.clone())
            }
            [] => Err(Fault::new(
                Sort::Absent,
                "ResourceNotFound",
                format!("{} does not exist", domain.address()),
            )),
            several => Err(Fault::invalid(
                "Ambiguous",
                format!("there are several domains named {}: {}", domain.name, several.join(", ")),
            )),
        }
    }

    /// Waits until `look` finds a status that is one of `good`.
    ///
    /// # Errors
    /// A status that never becomes good (`Failed` and the like, with AWS's reason), a wait beyond `bound`, an interrupt.
    pub(super) async fn until(
        &self,
        what: &ResourceId,
        good: &[&str],
        bound: Duration,
        look: impl AsyncFn() -> Result<(String, Option<String>), Fault>,
    ) -> Result<(), Fault> {
        let begin = tokio::time::Instant::now();
        let bound = self.link.wait_max.map_or(bound, |most| most.min(bound));
        let mut pause = Duration::from_millis(500);
        let mut said = String::new();
        loop {
            let (status, reason) = look().await?;
            if good.contains(&status.as_str()) {
                return Ok(());
            }
            if status.ends_with("Failed") {
                let reason = reason.unwrap_or_else(|| "AWS gives no reason".to_owned());
                return Err(Fault::invalid(&status, format!("{} is {status}: {reason}", what.address())));
            }
            let waited = begin.elapsed();
            if waited > bound {
                return Err(Fault::new(
                    Sort::Throttled,
                    "WaitedTooLong",
                    format!(
                        "{} is still {status} after {}; AWS goes on with it: run this again to go on from there",
                        what.address(),
                        lasting(bound)
                    ),
                ));
            }
            if said != status {
                tracing::info!("{} is {status}", what.address());
                said.clone_from(&status);
            }
            self.link.progress.waits(what, &status, waited);
            self.link.rest(pause).await?;
            pause = (pause * 2).min(Duration::from_secs(10));
        }
    }
}

/// `20 minutes`, `90 seconds`.
fn lasting(time: Duration) -> String {
    match time.as_secs() {
        1 => String::from("1 second"),
        seconds if seconds % 60 == 0 && seconds > 60 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} seconds"),
    }
}

/// Scripts travel in base64.
fn decoded(text: &str) -> Result<String, Fault> {
    let bytes = aws_smithy_types::base64::decode(text)
        .map_err(|_| Fault::invalid("Base64", "a script is not in base64"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The scripts that settings name, by app.
pub(super) fn scripts(settings: Option<&sm::UserSettings>) -> Vec<(AppType, &[String])> {
    let Some(settings) = settings else { return vec![] };
    let lab = settings.jupyter_lab_app_settings().map(|s| s.lifecycle_config_arns());
    let editor = settings.code_editor_app_settings().map(|s| s.lifecycle_config_arns());
    let server = settings.jupyter_server_app_settings().map(|s| s.lifecycle_config_arns());
    let kernel = settings.kernel_gateway_app_settings().map(|s| s.lifecycle_config_arns());
    [
        (AppType::JupyterLab, lab),
        (AppType::CodeEditor, editor),
        (AppType::JupyterServer, server),
        (AppType::KernelGateway, kernel),
    ]
    .into_iter()
    .filter_map(|(app, arns)| Some((app, arns?)))
    .collect()
}
