//! Claims about who can do what, with names resolved and patterns spelled out. What they mean is said here; whether
//! they hold, the access room decides.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::Span;
use crate::policy::AccessWord;
use crate::state::{AccountId, Kind, Partition, ResourceId};

/// One claim. It is about every act of `acts` on every target of `on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// The environment it stands in.
    pub environment: String,
    /// That environment's account.
    pub account: AccountId,
    /// Its partition.
    pub partition: Partition,
    /// Its region.
    pub region: String,
    /// Whose access it is about, and which way.
    pub claim: Claim,
    /// What is done; never empty. [`AccessWord::Become`] stands alone, and only with [`Target::Role`].
    pub acts: BTreeSet<Act>,
    /// What it is done to, in the author's order; never empty.
    pub on: Vec<Target>,
    /// Condition keys, in lower case, and the values they have. A positive claim is about requests in which each key
    /// has one of its values; so are the others, of which it takes requests out.
    pub when: BTreeMap<String, BTreeSet<String>>,
    /// What becomes of it when it can be neither proven nor refuted.
    pub unproven: Unproven,
    /// Why it must hold, in the author's words.
    pub because: Option<String>,
    /// The claim in words, on one line: `nobody but group/Readers can read-data on s3://acme-lake/pii/*`.
    pub text: String,
    /// Where it was written; for a template's claim where the template is used.
    pub span: Span,
}

/// Which way a claim goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Every one of them must be able to do every act on every target.
    Can(Vec<Subject>),
    /// None of them may do any of the acts on any of the targets, whatever the request looks like.
    Cannot(Vec<Subject>),
    /// Nobody may, inside the estate or outside, but these.
    NobodyCan {
        /// Who may; often nobody.
        except: Vec<Subject>,
    },
}

/// Principals, as a claim names them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A user or role that an environment declares, or the members of such a group.
    Declared(ResourceId),
    /// All users, roles or members of groups whose name fits, declared or found.
    Matching {
        /// User, role or group.
        kind: Kind,
        /// Of which account.
        account: AccountId,
        /// A name with `*` and `?`.
        pattern: String,
    },
    /// A user, role or account's root user that no environment declares, by ARN; perhaps with `*` and `?`.
    Arn(String),
    /// Everybody in an account.
    Account(AccountId),
    /// Everybody in accounts of which no environment is, and whoever does not sign in at all.
    Outside,
    /// Everybody, in the estate's accounts or outside.
    Everyone,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// All actions that do this.
    Word(AccessWord),
    /// An action, or a pattern of actions that covers at least one: `s3:GetObject`, `sagemaker:Create*`, `*`.
    Actions(String),
}

/// What it is done to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Resources by ARN pattern.
    Resource(String),
    /// Roles by ARN pattern: those that one becomes.
    Role(String),
}

/// What becomes of a claim that can be neither proven nor refuted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(title = "value of `unproven`")]
pub enum Unproven {
    /// It counts as broken.
    #[default]
    Fail,
    /// It is a warning.
    Warn,
}

/// A principal who must never be locked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakGlass {
    /// The environment that says so.
    pub environment: String,
    /// That environment's account: what must stay open.
    pub account: AccountId,
    /// Who: a user or role, [`Subject::Declared`] or by [`Subject::Arn`] without wildcards.
    pub principal: Subject,
    /// Where it was written.
    pub span: Span,
}
