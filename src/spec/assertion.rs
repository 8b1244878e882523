//! Claims about who can do what, with names resolved and patterns spelled out. What they mean is said here; whether
//! they hold, the access room decides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diagnostic::Span;
use crate::policy::catalogue::{self, Action};
use crate::policy::{AccessWord, arn, glob, works_on};
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
    /// Where the template has it, if a template brought it.
    pub template: Option<Span>,
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

impl Act {
    /// The actions that it stands for on resources of a service, which can be a pattern.
    pub fn actions(&self, service: &str) -> Vec<&'static Action> {
        let word = match self {
            Self::Actions(pattern) => return catalogue::expand(pattern),
            Self::Word(AccessWord::Become) => return catalogue::expand("sts:AssumeRole"),
            Self::Word(word) => *word,
        };
        let named = |prefix: &str| glob(service, prefix);
        // A few services have another name in their ARNs.
        let renamed = catalogue::service(service).is_none();
        let in_arns = |of: &&catalogue::Service| {
            renamed && of.resource_types().iter().any(|kind| kind.arn.split(':').nth(2).is_some_and(named))
        };
        let services = catalogue::services().filter(|of| named(of.prefix) || in_arns(of));
        services.flat_map(|of| of.actions()).filter(|action| AccessWord::of(action) == word).collect()
    }

    /// Whether it is, among others, to list what is in a bucket.
    pub fn can_list(&self) -> bool {
        self.actions("s3").iter().any(|action| action.full_name() == "s3:ListBucket")
    }

    /// Whether any of it can be on what an ARN, perhaps with wildcards, or `*` is of.
    pub fn can_be_on(&self, resource: &str) -> bool {
        let Some([_, _, service, ..]) = arn::split(resource) else { return true };
        if service.contains(['*', '?']) || *self == Self::Actions("*".to_owned()) {
            return true;
        }
        self.actions(service).into_iter().any(|action| works_on(action, resource))
    }
}

/// As it is written.
impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word.word()),
            Self::Actions(pattern) => f.write_str(pattern),
        }
    }
}

/// As it is written, without the environment.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declared(id) => f.write_str(&id.address()),
            Self::Matching { kind, account: _, pattern } => write!(f, "{kind}/{pattern}"),
            Self::Arn(arn) => f.write_str(arn),
            Self::Account(account) => write!(f, "account/{account}"),
            Self::Outside => f.write_str("outside"),
            Self::Everyone => f.write_str("everyone"),
        }
    }
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
