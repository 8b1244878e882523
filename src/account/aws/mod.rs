//! An AWS account. The only place that knows the SDK: everything beyond it sees [`Account`], and AWS's ids,
//! version numbers, pages and error codes stay here.

/// A call that changes something, ready to be made as often as `retry` sees fit.
macro_rules! send {
    ($call:expr) => {
        async || {
            $call.clone().send().await?;
            Ok(())
        }
    };
}

mod arn;
mod client;
mod credential_report;
mod credentials;
mod error;
mod hygiene;
mod hygiene_people;
mod lifecycle;
mod profile;
mod read;
mod read_bucket;
mod read_iam;
#[cfg(feature = "sagemaker")]
mod read_sagemaker;
mod read_quotas;
mod retry;
#[cfg(feature = "sagemaker")]
mod sagemaker;
#[cfg(feature = "sagemaker")]
mod sagemaker_forms;
mod session_cache;
mod settings;
mod topic;
mod trail;
pub mod webhook;
mod write;
mod write_bucket;
mod write_edge;
mod write_iam;
#[cfg(feature = "sagemaker")]
mod write_sagemaker;
#[cfg(feature = "sagemaker")]
mod write_sagemaker_notebook;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use secrecy::SecretString;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use super::{Account, Hygiene, HygieneRequest, ReadRequest, Reading, TopicMessage, Unreachable};
use crate::plan::{TrailAnswer, TrailPage};
use crate::state::{AccountId, Operation, Partition, Refusal, ResourceId};
use client::Link;

/// The name of sessions that environments give no other, by which hatrack knows its own doing in a trail.
const SESSION_NAME: &str = "hatrack";

/// How to reach an account, and which one it must turn out to be.
#[derive(Clone)]
pub struct AwsOptions {
    /// A profile of the AWS configuration files; none is the default chain of every AWS tool.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>
    pub profile: Option<String>,
    /// The environment's region.
    pub region: String,
    /// In place of AWS's own endpoints, and over what `AWS_ENDPOINT_URL*` and profiles say.
    pub endpoint_url: Option<String>,
    /// The account that the credentials must belong to.
    pub account: AccountId,
    /// The partition it must be in.
    pub partition: Partition,
    /// A role to work as.
    pub assume_role: Option<AssumeRole>,
    /// How many calls are under way at once while reading this account.
    pub parallelism: usize,
    /// Where first passwords go.
    pub passwords: Arc<dyn PasswordSink>,
    /// Set when the person interrupts: waits and retries end.
    pub interrupted: Arc<AtomicBool>,
    /// Hears of long waits.
    pub waits: Arc<dyn WaitListener>,
    /// How long to wait at most for what SageMaker takes its time with; none is as long as AWS was seen to need.
    pub wait_max: Option<Duration>,
}

/// A role to work as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssumeRole {
    /// An ARN, or the name (with its path) of a role in the account.
    pub role: String,
    /// What the role's trust policy asks for, if it asks.
    pub external_id: Option<String>,
    /// How the session is called in CloudTrail; `hatrack` if none.
    pub session_name: Option<String>,
}

/// Where first passwords go: the one secret hatrack makes, which no state, plan, log or error ever holds.
pub trait PasswordSink: Send + Sync {
    /// Keeps a user's first password. Called before AWS hears of it, so that no password is ever lost.
    ///
    /// # Errors
    /// The password could not be kept; it is not set then.
    fn deliver(&self, account: &AccountId, user: &str, password: &SecretString) -> std::io::Result<()>;

    /// Forgets a password that AWS did not take.
    fn withdraw(&self, account: &AccountId, user: &str);
}

/// Hears that something takes its time in AWS, so that nobody takes a wait for a hang.
pub trait WaitListener: Send + Sync {
    /// A resource is still in this state, after so long. Called every few seconds.
    fn waits(&self, what: &ResourceId, status: &str, waited: Duration);
}

/// Where one-time codes come from: a person, or whoever gave one along.
pub trait CodeSource: Send + Sync {
    /// A code of the device, for the `attempt`-th time (from 0); those before were wrong.
    ///
    /// # Errors
    /// There is none, and why, with what to do.
    fn code(&self, asked: &CodeAsked<'_>) -> Result<SecretString, Unreachable>;
}

/// What a one-time code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeAsked<'a> {
    /// The device: a serial number or an ARN.
    pub serial: &'a str,
    /// The profile that names it.
    pub profile: &'a str,
    /// How many codes were refused.
    pub refused: usize,
}

/// What all accounts of a run share: threads, connections, the number of calls under way, and sessions of profiles.
#[derive(Clone)]
pub struct AwsHost {
    // The trait is synchronous and is called from plain threads: each call waits on this runtime.
    runtime: Arc<Runtime>,
    calls: Arc<Semaphore>,
    http: Arc<OnceLock<SharedHttpClient>>,
    sessions: Arc<profile::Sessions>,
}

impl AwsHost {
    /// At most `parallelism` calls are under way at once, in all accounts together.
    ///
    /// # Errors
    /// No threads.
    pub fn new(parallelism: usize, codes: Arc<dyn CodeSource>) -> Result<Self, Unreachable> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("hatrack-aws")
            .enable_all()
            .build()
            .map_err(|error| Unreachable {
                message: format!("no threads for AWS calls: {error}"),
                help: vec![],
            })?;
        Ok(Self {
            runtime: Arc::new(runtime),
            calls: Arc::new(Semaphore::new(parallelism.max(1))),
            http: Arc::default(),
            sessions: Arc::new(profile::Sessions::new(codes)),
        })
    }

    /// Loads credentials as any AWS tool does, and makes sure that they belong to the expected account.
    ///
    /// # Errors
    /// No or expired credentials, a role that cannot be assumed, no connection, another account.
    pub fn connect(&self, options: AwsOptions) -> Result<AwsAccount, Unreachable> {
        let link = self.runtime.block_on(Link::open(options, self))?;
        Ok(AwsAccount { runtime: self.runtime.clone(), link })
    }
}

/// One AWS account, reached with one set of credentials.
pub struct AwsAccount {
    runtime: Arc<Runtime>,
    link: Link,
}

/// Nobody to ask.
struct NoCodes;

impl CodeSource for NoCodes {
    fn code(&self, asked: &CodeAsked<'_>) -> Result<SecretString, Unreachable> {
        Err(Unreachable { message: format!("no code of {} at hand", asked.serial), help: vec![] })
    }
}

impl AwsAccount {
    /// As [`AwsHost::connect`], for a single account that nobody is asked for.
    ///
    /// # Errors
    /// As there.
    pub fn connect(options: AwsOptions) -> Result<Self, Unreachable> {
        AwsHost::new(options.parallelism, Arc::new(NoCodes))?.connect(options)
    }

    /// Who we are there, as STS gives it.
    pub fn caller_arn(&self) -> &str {
        &self.link.caller
    }
}

impl Account for AwsAccount {
    fn read(&self, request: &ReadRequest) -> Result<Reading, Unreachable> {
        self.runtime.block_on(read::read(&self.link, request))
    }

    fn perform(&self, operation: &Operation) -> Result<(), Refusal> {
        self.runtime.block_on(write::perform(&self.link, operation))
    }

    fn trail(&self, page: &TrailPage) -> Result<TrailAnswer, String> {
        self.runtime.block_on(trail::page(&self.link, page))
    }

    fn hygiene(&self, request: &HygieneRequest) -> Result<Hygiene, Unreachable> {
        let regions = request.regions.get(&self.link.account).cloned().unwrap_or_default();
        let facts = self.runtime.block_on(hygiene::facts(&self.link, regions, &request.measure));
        let facts = facts.map_err(|fault| self.link.unreachable(&fault))?;
        Ok(Hygiene { accounts: vec![facts], unreached: BTreeMap::new() })
    }

    fn publish(&self, message: &TopicMessage) -> Result<(), String> {
        self.runtime.block_on(topic::publish(&self.link, message))
    }
}
