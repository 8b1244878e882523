//! Where a state lives: an AWS account, or a file. Two methods, nothing else: reading, and performing one operation.
//!
//! The edge of the system: everything that waits, fails or costs money is behind [`Account`].

pub mod embedded;
pub mod fleet;
pub mod store;
#[cfg(feature = "aws")]
pub mod aws;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::audit::{Facts, Measure};
use crate::plan::{TrailAnswer, TrailPage};
use crate::state::{AccountId, Operation, Refusal, ResourceId, Scope, State};
pub use crate::state::{Blind, Unread};

/// An account, wherever it is kept.
pub trait Account: Send + Sync {
    /// Reads everything the scopes answer for, and the outline of everything else. Never changes anything.
    ///
    /// # Errors
    /// Only when nothing can be said at all; a part that could not be read is in [`Reading::unread`].
    fn read(&self, request: &ReadRequest) -> Result<Reading, Unreachable>;

    /// Performs one operation.
    ///
    /// # Errors
    /// The account's refusal. After [`Refusal::Lost`] the operation may or may not have been done; after any other,
    /// it has not.
    fn perform(&self, operation: &Operation) -> Result<(), Refusal>;

    /// A page of what the account's trail tells, the newest first.
    ///
    /// # Errors
    /// Why nothing can be told, in words. That is no failure of the run.
    fn trail(&self, page: &TrailPage) -> Result<TrailAnswer, String> {
        let TrailPage { id: _, region: _, by: _, next: _ } = page;
        Err(String::from("an account file has no trail"))
    }

    /// What an audit looks at. Never changes anything.
    ///
    /// # Errors
    /// Only when nothing can be said at all; what could not be read is in the facts, each with its reason.
    fn hygiene(&self, request: &HygieneRequest) -> Result<Hygiene, Unreachable>;

    /// Sends a message to a topic.
    ///
    /// # Errors
    /// Why it was not sent, in words.
    fn publish(&self, message: &TopicMessage) -> Result<(), String> {
        Err(format!("an account file cannot send to {}", message.topic.arn))
    }
}

/// A topic of SNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its ARN.
    pub arn: String,
    /// Its region.
    pub region: String,
    /// Its account.
    pub account: AccountId,
}

impl std::str::FromStr for Topic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let named = |name: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            !name.is_empty() && name.len() <= 256 && name.chars().all(plain)
        };
        match parts.as_slice() {
            ["arn", partition, "sns", region, account, name]
                if !partition.is_empty() && !region.is_empty() && named(name) =>
            {
                Ok(Self { arn: text.to_owned(), region: (*region).to_owned(), account: account.parse()? })
            }
            ["arn", _, "sns", _, _, name] if name.ends_with(".fifo") => {
                Err(format!("`{text}` is a FIFO topic: drift is sent to a standard topic"))
            }
            _ => Err(format!(
                "`{text}` is not the ARN of a topic, such as arn:aws:sns:eu-west-1:111122223333:drift"
            )),
        }
    }
}

/// A message for a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicMessage {
    /// Where it goes.
    pub topic: Topic,
    /// One line for mails: printable ASCII, at most 100 characters.
    pub subject: String,
    /// What it says.
    pub body: String,
    /// What subscriptions filter by: texts.
    pub texts: Vec<(&'static str, String)>,
    /// What subscriptions filter by: numbers.
    pub numbers: Vec<(&'static str, usize)>,
    /// What subscriptions filter by: lists of texts.
    pub lists: Vec<(&'static str, Vec<String>)>,
}

/// What to read.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// The environments that ask; each account reads for those that are its own.
    pub scopes: Vec<Scope>,
    /// How fresh credentials must be.
    pub credentials: CredentialSource,
}

/// Where knowledge of users' credentials comes from; no bulk call gives them live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialSource {
    /// The account's credential report: a constant number of calls, but up to four hours old.
    Report,
    /// Live, with calls for each user answered for.
    Live,
}

/// What an audit is about: accounts, each with the regions that its environments use.
#[derive(Clone, Debug)]
pub struct HygieneRequest {
    /// The regions, by account.
    pub regions: BTreeMap<AccountId, BTreeSet<String>>,
    /// What will be found: that is looked at twice.
    pub measure: Measure,
}

/// What an audit looks at.
#[derive(Clone, Debug, Default)]
pub struct Hygiene {
    /// What is known of each account.
    pub accounts: Vec<Facts>,
    /// Accounts that could not be looked at, and why.
    pub unreached: BTreeMap<AccountId, Unreachable>,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The account as found.
    pub state: State,
    /// What could not be read. Not read is not absent.
    pub unread: Vec<Unread>,
    /// Who we are there, one for each account that has callers.
    pub callers: Vec<Caller>,
    /// Things worth saying about the reading, such as the age of the credential report.
    pub notes: Vec<String>,
    /// Environments whose account could not be looked at: nothing is known of what they answer for.
    pub unreached: Vec<Unreached>,
}

/// An environment whose account could not be looked at, while others could.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unreached {
    /// The environment.
    pub environment: String,
    /// Its account.
    pub account: AccountId,
    /// Why.
    pub why: Unreachable,
}

/// Who a reading was made as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// As STS gives it.
    pub arn: String,
    /// The user or role behind it; none for the root user and federated users.
    pub identity: Option<ResourceId>,
}

/// Nothing can be said of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unreachable {
    /// What happened, in words that hold for the person at the terminal.
    pub message: String,
    /// What to do about it.
    pub help: Vec<String>,
}

impl Unreachable {
    /// The person did not want to wait any longer.
    pub fn interrupted() -> Self {
        Self { message: "interrupted".to_owned(), help: vec!["run it again".to_owned()] }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unreachable {}
