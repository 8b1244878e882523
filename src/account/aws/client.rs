//! The way to AWS: credentials, clients, the check that this is the right account, and what is learnt on the
//! way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sts::config::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_types::service_config::ServiceConfigKey;

use super::error::{Fault, Sort, never_connected};
use super::{AwsHost, AwsOptions, PasswordSink, SESSION_NAME, WaitListener, arn, profile};
use crate::account::Unreachable;
use crate::state::{AccountId, Partition, PolicyReference, ResourceId, role_arn};

const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(20);
/// A page of a thousand roles with their documents takes its time.
const BULK_ATTEMPT: Duration = Duration::from_secs(60);

const NETWORK_HELP: &str =
    "check the network, `region:`, and `--endpoint-url` or AWS_ENDPOINT_URL if one is set";

/// An open way to one account.
pub(super) struct Link {
    pub(super) account: AccountId,
    pub(super) partition: Partition,
    pub(super) region: String,
    /// Who we are there, as STS gives it.
    pub(super) caller: String,
    pub(super) iam: aws_sdk_iam::Client,
    /// For calls whose answers are large.
    pub(super) iam_bulk: aws_sdk_iam::Client,
    pub(super) parallelism: usize,
    /// Turns for calls; all accounts of a run share them.
    pub(super) calls: Arc<tokio::sync::Semaphore>,
    pub(super) passwords: Arc<dyn PasswordSink>,
    pub(super) interrupted: Arc<AtomicBool>,
    #[cfg_attr(not(feature = "sagemaker"), expect(dead_code, reason = "only SageMaker makes one wait"))]
    pub(super) progress: Arc<dyn WaitListener>,
    #[cfg_attr(not(feature = "sagemaker"), expect(dead_code, reason = "only SageMaker makes one wait"))]
    pub(super) wait_max: Option<Duration>,
    config: SdkConfig,
    /// The endpoint in place of AWS's own, if there is one.
    endpoint: Option<String>,
    s3: Mutex<BTreeMap<String, aws_sdk_s3::Client>>,
    memory: Mutex<Memory>,
    bucket_locks: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    #[cfg(feature = "sagemaker")]
    domain_locks: Mutex<BTreeMap<ResourceId, Arc<tokio::sync::RwLock<()>>>>,
}

/// What was learnt, and what this run has changed.
#[derive(Default)]
struct Memory {
    policy_arns: BTreeMap<ResourceId, String>,
    bucket_regions: BTreeMap<String, String>,
    #[cfg(feature = "sagemaker")]
    domain_ids: BTreeMap<ResourceId, String>,
    #[cfg(feature = "sagemaker")]
    script_arns: BTreeMap<ResourceId, String>,
    changed: BTreeSet<ResourceId>,
    unanswered: BTreeSet<&'static str>,
}

impl Link {
    pub(super) async fn open(options: AwsOptions, host: &AwsHost) -> Result<Self, Unreachable> {
        let base = load(&options, host).await?;
        let endpoint = endpoint_in_effect(&base);
        let config = match &options.assume_role {
            None => base,
            Some(assume) => {
                // Base credentials first, so that their absence is told apart from a refused role.
                credentials(&base, &options).await?;
                let role = role_arn(&options.partition, &options.account, &assume.role);
                let patient = base.to_builder().retry_config(RetryConfig::standard()).build();
                let mut provider = AssumeRoleProvider::builder(&role)
                    .session_name(assume.session_name.clone().unwrap_or_else(|| SESSION_NAME.to_owned()));
                if let Some(id) = &assume.external_id {
                    provider = provider.external_id(id);
                }
                let provider = provider.configure(&patient).build().await;
                provider
                    .provide_credentials()
                    .await
                    .map_err(|e| role_refused(&role, endpoint.as_deref().unwrap_or("AWS"), &e))?;
                base.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
            }
        };
        credentials(&config, &options).await?;
        let bulk = config.to_builder().timeout_config(timeouts(BULK_ATTEMPT)).build();
        let mut link = Self {
            account: options.account,
            partition: options.partition,
            region: options.region,
            caller: String::new(),
            iam: aws_sdk_iam::Client::new(&config),
            iam_bulk: aws_sdk_iam::Client::new(&bulk),
            parallelism: options.parallelism.max(1),
            calls: host.calls.clone(),
            passwords: options.passwords,
            interrupted: options.interrupted,
            progress: options.waits,
            wait_max: options.wait_max,
            config,
            endpoint,
            s3: Mutex::default(),
            memory: Mutex::default(),
            bucket_locks: Mutex::default(),
            #[cfg(feature = "sagemaker")]
            domain_locks: Mutex::default(),
        };
        link.caller = link.check_account().await?;
        tracing::info!("working as {}", link.caller);
        Ok(link)
    }

    /// Asks STS who we are, before anything else is asked of the account.
    async fn check_account(&self) -> Result<String, Unreachable> {
        let sts = aws_sdk_sts::Client::new(&self.config);
        let identity = self
            .ask(async || Ok(sts.get_caller_identity().send().await?))
            .await
            .map_err(|fault| self.unreachable(&fault))?;
        let (found, arn) = (identity.account().unwrap_or_default(), identity.arn().unwrap_or_default());
        if found != self.account.as_str() {
            return Err(Unreachable {
                message: format!(
                    "these credentials belong to account {found}, but the environment is account {}",
                    self.account
                ),
                help: vec![
                    "choose the right credentials with `--profile` or AWS_PROFILE".to_owned(),
                    format!("or let the environment `assume_role:` a role of account {}", self.account),
                ],
            });
        }
        match arn::partition(arn) {
            Some(partition) if partition == self.partition => Ok(arn.to_owned()),
            partition => Err(Unreachable {
                message: format!(
                    "these credentials belong to partition `{}`, but region `{}` is in partition `{}`",
                    partition.map_or_else(String::new, |p| p.to_string()),
                    self.region,
                    self.partition
                ),
                help: vec!["check `region:` in the environment".to_owned()],
            }),
        }
    }

    /// Words for the person at the terminal when nothing can be asked of the account.
    pub(super) fn unreachable(&self, fault: &Fault) -> Unreachable {
        let place = self.endpoint.as_deref().unwrap_or("AWS");
        let (message, help) = match fault.sort {
            Sort::Expired => (
                format!("the credentials for account {} are not valid: {}", self.account, fault.message),
                "sign in again (`aws sso login`, `aws login`) or renew the AWS_* variables",
            ),
            Sort::Unsent | Sort::Lost => {
                (format!("{place} cannot be reached: {}", fault.message), NETWORK_HELP)
            }
            Sort::Interrupted => ("interrupted".to_owned(), "run it again"),
            Sort::Denied => (
                format!("account {} refused: {}", self.account, fault.message),
                "`hatrack permissions --plan` prints what it takes to read, and `--apply` what it takes to change",
            ),
            _ => (format!("{place} failed: {}", fault.message), "try again later"),
        };
        Unreachable { message, help: vec![help.to_owned()] }
    }

    /// Whether something else stands in for AWS: an emulator, a proxy.
    pub(super) fn has_own_endpoint(&self) -> bool {
        self.endpoint.is_some()
    }

    /// The S3 client for buckets of a region: on AWS a wrong region is answered with a redirect.
    pub(super) fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let mut clients = held(&self.s3);
        let client = clients.entry(region.to_owned()).or_insert_with(|| {
            let config = aws_sdk_s3::config::Builder::from(&self.config)
                .region(Region::new(region.to_owned()))
                .force_path_style(self.has_own_endpoint());
            aws_sdk_s3::Client::from_conf(config.build())
        });
        client.clone()
    }

    /// The client for account-wide settings of S3.
    pub(super) fn s3control(&self) -> aws_sdk_s3control::Client {
        let mut config = aws_sdk_s3control::config::Builder::from(&self.config);
        if let Some(url) = &self.endpoint {
            config = config.endpoint_resolver(super::settings::OneAddress(url.clone()));
        }
        aws_sdk_s3control::Client::from_conf(config.build())
    }

    /// The CloudTrail client of a region.
    pub(super) fn cloudtrail(&self, region: &str) -> aws_sdk_cloudtrail::Client {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config);
        aws_sdk_cloudtrail::Client::from_conf(config.region(Region::new(region.to_owned())).build())
    }

    /// The Access Analyzer client of a region.
    pub(super) fn access_analyzer(&self, region: &str) -> aws_sdk_accessanalyzer::Client {
        let config = aws_sdk_accessanalyzer::config::Builder::from(&self.config);
        aws_sdk_accessanalyzer::Client::from_conf(config.region(Region::new(region.to_owned())).build())
    }

    /// The SNS client of a region.
    pub(super) fn sns(&self, region: &str) -> aws_sdk_sns::Client {
        let config = aws_sdk_sns::config::Builder::from(&self.config);
        aws_sdk_sns::Client::from_conf(config.region(Region::new(region.to_owned())).build())
    }

    /// The SageMaker client of a region.
    #[cfg(feature = "sagemaker")]
    pub(super) fn sagemaker(&self, region: &str) -> aws_sdk_sagemaker::Client {
        let config =
            aws_sdk_sagemaker::config::Builder::from(&self.config).region(Region::new(region.to_owned()));
        aws_sdk_sagemaker::Client::from_conf(config.build())
    }

    #[cfg(feature = "sagemaker")]
    pub(super) fn learn_domain(&self, domain: &ResourceId, domain_id: &str) {
        held(&self.memory).domain_ids.insert(domain.clone(), domain_id.to_owned());
    }

    #[cfg(feature = "sagemaker")]
    pub(super) fn forget_domain(&self, domain: &ResourceId) {
        held(&self.memory).domain_ids.remove(domain);
    }

    #[cfg(feature = "sagemaker")]
    pub(super) fn known_domain(&self, domain: &ResourceId) -> Option<String> {
        held(&self.memory).domain_ids.get(domain).cloned()
    }

    #[cfg(feature = "sagemaker")]
    pub(super) fn learn_script(&self, script: &ResourceId, arn: &str) {
        held(&self.memory).script_arns.insert(script.clone(), arn.to_owned());
    }

    #[cfg(feature = "sagemaker")]
    pub(super) fn forget_script(&self, script: &ResourceId) {
        held(&self.memory).script_arns.remove(script);
    }

    #[cfg(feature = "sagemaker")]
    pub(super) fn known_script(&self, script: &ResourceId) -> Option<String> {
        held(&self.memory).script_arns.get(script).cloned()
    }

    /// Held while a domain is changed, alone, or what is in it, together: SageMaker refuses the one during the other.
    #[cfg(feature = "sagemaker")]
    pub(super) fn domain_lock(&self, domain: &ResourceId) -> Arc<tokio::sync::RwLock<()>> {
        Arc::clone(held(&self.domain_locks).entry(domain.clone()).or_default())
    }

    /// Held while a bucket's settings are changed: S3 answers two at once with `OperationAborted`.
    pub(super) fn bucket_lock(&self, bucket: &str) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(held(&self.bucket_locks).entry(bucket.to_owned()).or_default())
    }

    pub(super) fn learn_policy(&self, id: &ResourceId, arn: &str) {
        held(&self.memory).policy_arns.insert(id.clone(), arn.to_owned());
    }

    pub(super) fn forget_policy(&self, id: &ResourceId) {
        held(&self.memory).policy_arns.remove(id);
    }

    pub(super) fn learn_region(&self, bucket: &str, region: &str) {
        held(&self.memory).bucket_regions.insert(bucket.to_owned(), region.to_owned());
    }

    pub(super) fn known_region(&self, bucket: &str) -> Option<String> {
        held(&self.memory).bucket_regions.get(bucket).cloned()
    }

    /// Notes that this run has changed a resource: readings of it may lag, and waiting for them makes sense.
    pub(super) fn note_changed(&self, id: &ResourceId) {
        held(&self.memory).changed.insert(id.clone());
    }

    pub(super) fn has_changed(&self, id: &ResourceId) -> bool {
        held(&self.memory).changed.contains(id)
    }

    /// Notes a call that the endpoint does not implement; AWS itself implements them all.
    pub(super) fn note_unanswered(&self, action: &'static str) {
        held(&self.memory).unanswered.insert(action);
    }

    pub(super) fn unanswered(&self) -> BTreeSet<&'static str> {
        held(&self.memory).unanswered.clone()
    }

    /// The ARN of a managed policy. A customer managed one has its path in it, which is learnt while reading
    /// and creating, and otherwise looked up.
    pub(super) async fn policy_arn(&self, policy: &PolicyReference) -> Result<String, Fault> {
        let id = match policy {
            PolicyReference::Aws(name) => return Ok(arn::of_aws_policy(&self.partition, name)),
            PolicyReference::Customer(id) => id,
        };
        if id.account != self.account {
            return Err(Fault::invalid("WrongAccount", format!("{id} is a policy of another account")));
        }
        if let Some(arn) = held(&self.memory).policy_arns.get(id) {
            return Ok(arn.clone());
        }
        let mut marker = None;
        loop {
            let page = self
                .ask(async || {
                    let call = self.iam.list_policies().scope(aws_sdk_iam::types::PolicyScopeType::Local);
                    Ok(call.max_items(1000).set_marker(marker.clone()).send().await?)
                })
                .await?;
            for found in page.policies() {
                if let (Some(name), Some(arn)) = (found.policy_name(), found.arn()) {
                    self.learn_policy(&ResourceId::new(&self.account, id.kind, name), arn);
                }
            }
            if let Some(arn) = held(&self.memory).policy_arns.get(id) {
                return Ok(arn.clone());
            }
            let next = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
            if next.is_none() || next == marker {
                return Err(Fault::new(
                    Sort::Absent,
                    "NoSuchEntity",
                    format!("{} does not exist", id.address()),
                ));
            }
            marker = next;
        }
    }
}

/// A lock whose holder panicked still guards whole values: every change under these locks is one insert.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(attempt).build()
}

/// Configuration and credentials as any AWS tool finds them, with the SDK's retries off (see `retry`).
async fn load(options: &AwsOptions, host: &AwsHost) -> Result<SdkConfig, Unreachable> {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(options.region.clone()))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts(ATTEMPT));
    let chain = profile::chain(options.profile.as_deref()).await?;
    if let Some(profile) = &options.profile {
        // A profile asked for by name goes before the AWS_ACCESS_KEY_ID variables, as in the AWS CLI; the
        // SDK's own chain would take the variables.
        let place = ProviderConfig::default().with_region(Some(Region::new(options.region.clone())));
        let provider =
            ProfileFileCredentialsProvider::builder().configure(&place).profile_name(profile).build();
        loader = loader.profile_name(profile).credentials_provider(provider);
    }
    if let Some(url) = &options.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    if let Some(client) = host.http.get() {
        loader = loader.http_client(client.clone());
    }
    let config = loader.load().await;
    if let Some(client) = config.http_client() {
        // Connections and certificates once for all accounts.
        let _there_already = host.http.set(client);
    }
    let Some(chain) = chain else { return Ok(config) };
    let place = endpoint_in_effect(&config).unwrap_or_else(|| "AWS".to_owned());
    host.sessions.clone().through(chain, config, place).await
}

/// The endpoint that stands in for AWS, from the command line, `AWS_ENDPOINT_URL*` or a profile.
fn endpoint_in_effect(config: &SdkConfig) -> Option<String> {
    let of_service = |service: &str| {
        let key =
            ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        config.service_config()?.load_config(key.build().ok()?)
    };
    config
        .endpoint_url()
        .map(ToOwned::to_owned)
        .or_else(|| of_service("S3"))
        .or_else(|| of_service("IAM"))
        .or_else(|| of_service("STS"))
}

/// Whether there are credentials at all, before any of them is used.
async fn credentials(config: &SdkConfig, options: &AwsOptions) -> Result<(), Unreachable> {
    let hint =
        "set AWS_PROFILE or `--profile`, or the AWS_ACCESS_KEY_ID variables, or sign in with `aws sso login`";
    let none = |message: String| Unreachable { message, help: vec![hint.to_owned()] };
    let Some(provider) = config.credentials_provider() else {
        return Err(none("no AWS credentials were found".to_owned()));
    };
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => {
            let words = error_words(&error);
            let profile = options.profile.as_ref().map(|p| format!(" for profile `{p}`")).unwrap_or_default();
            // The last place of the chain is the instance's own metadata: failing there means that none had any.
            let nowhere = ["not enabled", "no providers in chain", "IMDS"].iter().any(|w| words.contains(w));
            Err(none(if nowhere {
                format!("no AWS credentials were found{profile}")
            } else {
                format!("AWS credentials{profile} could not be loaded: {words}")
            }))
        }
    }
}

pub(super) fn role_refused(
    role: &str,
    place: &str,
    error: &(dyn std::error::Error + 'static),
) -> Unreachable {
    let words = error_words(error);
    if let Some(why) = never_connected(&words) {
        return Unreachable {
            message: format!("{place} cannot be reached: {why}"),
            help: vec![NETWORK_HELP.to_owned()],
        };
    }
    Unreachable {
        message: format!("role `{role}` cannot be assumed: {words}"),
        help: vec![
            "the role's trust policy must name the caller, and the caller needs `sts:AssumeRole` on it"
                .to_owned(),
            "check `external_id` if the trust policy asks for one".to_owned(),
        ],
    }
}

/// What the causes of an error say, innermost last; a raw answer is never among them, since only `Display` is
/// used.
pub(super) fn error_words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words: Vec<String> = vec![];
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(refusal) = cause.downcast_ref::<AssumeRoleError>() {
            // Its own text is for debugging; AWS's words are for people.
            let (code, message) = (refusal.code().unwrap_or_default(), refusal.message().unwrap_or_default());
            return if message.is_empty() { code.to_owned() } else { message.to_owned() };
        }
        let text = cause.to_string();
        let usual = ["service error", "unhandled error", "dispatch failure"].contains(&text.as_str());
        if !usual && !words.iter().any(|w| w.contains(&text)) {
            words.push(text);
        }
        next = cause.source();
    }
    words.join(": ").chars().take(400).collect()
}
