//! Who is told of drift: a webhook, a topic. A message that does not arrive changes nothing of what was found.

use std::sync::atomic::AtomicBool;

use clap::{Args, ValueEnum};

use crate::account::{Account, Topic, TopicMessage};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::report::DriftReport;

const URL: &str = "HATRACK_WEBHOOK_URL";
#[cfg(feature = "aws")]
const SECRET: &str = "HATRACK_WEBHOOK_SECRET";

/// Who is told, and when.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Notifications")]
pub struct Notify {
    /// Send the JSON report there (also HATRACK_WEBHOOK_URL), signed with HATRACK_WEBHOOK_SECRET
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// Send it without a signature
    #[arg(long)]
    webhook_unsigned: bool,
    /// Send the brief report to this SNS topic
    #[arg(long, value_name = "ARN")]
    sns_topic: Option<Topic>,
    /// When to tell webhook and topic
    #[arg(long, visible_alias = "notify-on", value_name = "WHEN", default_value = "drift")]
    webhook_on: When,
}

/// When somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    /// If there is drift, or something could not be read
    Drift,
    /// After every run
    Always,
}

/// Those who are told, with all that it takes.
pub struct Notices {
    hook: Option<Hook>,
    topic: Option<Topic>,
    when: When,
}

#[cfg(feature = "aws")]
struct Hook {
    to: crate::account::aws::webhook::Webhook,
    secret: Option<secrecy::SecretString>,
}

/// There is none without an HTTP client.
#[cfg(not(feature = "aws"))]
enum Hook {}

/// Looks at the options and variables, before anything is read.
///
/// # Errors
/// An address that cannot be used, a secret that is missing.
pub fn check(args: &Notify) -> Result<Notices, Failure> {
    let Notify { webhook, webhook_unsigned, sns_topic, webhook_on } = args;
    let url = webhook.clone().or_else(|| variable(URL));
    let hook = url.map(|url| hook(&url, webhook.is_some(), *webhook_unsigned)).transpose()?;
    Ok(Notices { hook, topic: sns_topic.clone(), when: *webhook_on })
}

/// The address and the secret are no options of clap alone: it repeats what it does not take.
#[expect(clippy::disallowed_methods, reason = "this is the edge, and clap would show the value")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(feature = "aws")]
fn hook(url: &str, by_option: bool, unsigned: bool) -> Result<Hook, Failure> {
    use crate::account::aws::webhook::Webhook;

    let whence = if by_option { "`--webhook`" } else { URL };
    let to = Webhook::new(url)
        .map_err(|why| Failure::error(format!("the address in {whence} is not taken: {why}")))?;
    let secret = variable(SECRET).map(secrecy::SecretString::from).filter(|_| !unsigned);
    if secret.is_none() && !unsigned {
        return Err(Failure::error(format!("{whence} needs a secret in {SECRET}"))
            .help("whoever takes the report checks its signature with it; docs/drift.md has an example")
            .help("`--webhook-unsigned` sends without, where nobody checks"));
    }
    Ok(Hook { to, secret })
}

#[cfg(not(feature = "aws"))]
fn hook(_url: &str, _by_option: bool, _unsigned: bool) -> Result<Hook, Failure> {
    Err(Failure::error("this hatrack was built without AWS, and so without an HTTP client"))
}

impl Notices {
    /// Tells everybody. Whether all of them took it, or did not have to; why not is said.
    pub fn send(
        &self,
        report: &DriftReport,
        account: &dyn Account,
        interrupted: &AtomicBool,
        output: &Output,
    ) -> bool {
        if self.when == When::Drift && report.outcome() == "none" {
            return true;
        }
        let mut all = true;
        let mut say = |whom: &str, result: Result<(), String>| {
            if let Err(why) = result {
                output.say(&format!("warning: {whom} was not told: {why}"));
                all = false;
            }
        };
        if let Some(hook) = &self.hook {
            say("the webhook", deliver(hook, report, interrupted));
        }
        if let Some(topic) = &self.topic {
            say("the topic", account.publish(&message(topic, report)));
        }
        all
    }
}

#[cfg(feature = "aws")]
fn deliver(hook: &Hook, report: &DriftReport, interrupted: &AtomicBool) -> Result<(), String> {
    let Hook { to, secret } = hook;
    to.deliver(&report.json(), secret.as_ref(), &|| jiff::Timestamp::now().as_second(), interrupted)
}

#[cfg(not(feature = "aws"))]
fn deliver(hook: &Hook, _report: &DriftReport, _interrupted: &AtomicBool) -> Result<(), String> {
    match *hook {}
}

fn message(topic: &Topic, report: &DriftReport) -> TopicMessage {
    TopicMessage {
        topic: topic.clone(),
        subject: report.subject(),
        body: report.brief(),
        texts: vec![("outcome", report.outcome().to_owned())],
        numbers: vec![("findings", report.summary.drift)],
        lists: vec![("environments", report.environments.iter().map(|e| e.name.clone()).collect())],
    }
}
