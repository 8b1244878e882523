//! Where a state lives: an AWS account, or a file. Two methods, nothing else: reading, and performing one operation.
//!
//! The edge of the system: everything that waits, fails or costs money is behind [`Account`].

pub mod embedded;
pub mod fleet;
pub mod store;
#[cfg(feature = "aws")]
pub mod aws;

use std::fmt;

use serde::{Deserialize, Serialize};

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
