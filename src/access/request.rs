//! One request, and what is known of it.

use std::collections::{BTreeMap, BTreeSet};

use super::law::account_of;
use super::principal::{Caller, Home};

/// One call of AWS's API, as far as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asks.
    pub caller: Caller,
    /// The action, as `service:Name`, in any case.
    pub action: String,
    /// The ARN of what is asked for, or `*` for actions on nothing in particular.
    pub resource: String,
    /// Whose it is; none if not said, and no part of the ARN (buckets).
    pub resource_account: Option<String>,
    /// The condition keys.
    pub context: Context,
}

/// The condition keys of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Keys in small letters, with their values.
    pub values: BTreeMap<String, Vec<String>>,
    /// Keys in small letters that the request certainly does not have.
    pub absent: BTreeSet<String>,
    /// What is to be thought of every other key.
    pub others: Others,
}

/// What is to be thought of a condition key that nothing was said of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// The request does not have it.
    Absent,
    /// Nobody knows.
    Unknown,
}

/// What is known of one condition key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known<'c> {
    /// Its values: one, or several.
    Values(&'c [String]),
    /// The request does not have it.
    Absent,
    /// Nobody said.
    Unknown,
}

impl Context {
    /// Nothing given.
    pub fn new(others: Others) -> Self {
        Self { values: BTreeMap::new(), absent: BTreeSet::new(), others }
    }

    /// What is known of a key, given in small letters.
    pub fn get(&self, key: &str) -> Known<'_> {
        match (self.values.get(key), self.others) {
            // A key without any value is the same as none.
            (Some(values), _) if values.is_empty() => Known::Absent,
            (Some(values), _) => Known::Values(values),
            (None, Others::Unknown) if !self.absent.contains(key) => Known::Unknown,
            (None, _) => Known::Absent,
        }
    }

    /// Sets the one value of a key, in any case, unless something is known of it.
    pub fn offer(&mut self, key: &str, value: impl Into<String>) {
        let key = key.to_ascii_lowercase();
        if !self.absent.contains(&key) {
            self.values.entry(key).or_insert_with(|| vec![value.into()]);
        }
    }
}

impl Request {
    /// The same request with the keys that follow from who asks and what for, unless they were given.
    #[must_use]
    pub fn completed(mut self) -> Self {
        self.complete();
        self
    }

    /// Adds the keys that follow from who asks and what for, unless they were given.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties>
    pub fn complete(&mut self) {
        let Self { caller, action: _, resource, resource_account, context } = self;
        caller.describe(context);
        if let Some(account) = resource_account.as_deref().or_else(|| account_of(resource)) {
            context.offer("aws:ResourceAccount", account);
        }
    }
}

impl Caller {
    /// Adds the condition keys that follow from who asks, and says which ones there cannot be.
    pub fn describe(&self, context: &mut Context) {
        let mut absent: Vec<&str> = vec![];
        if let Some(home) = self.home() {
            context.offer("aws:PrincipalAccount", &home.account);
        } else {
            absent.extend([
                "aws:PrincipalAccount",
                "aws:PrincipalArn",
                "aws:PrincipalOrgID",
                "aws:PrincipalOrgPaths",
            ]);
        }
        let arn = |home: &Home, kind: &str, name: &str| {
            format!("arn:{}:iam::{}:{kind}/{name}", home.partition, home.account)
        };
        let kind = match self {
            Self::Root { home } => {
                context.offer("aws:PrincipalArn", self.to_string());
                context.offer("aws:userid", &home.account);
                "Account"
            }
            Self::User { home, name } => {
                context.offer("aws:PrincipalArn", arn(home, "user", name));
                context.offer("aws:username", name.rsplit('/').next().unwrap_or(name));
                "User"
            }
            Self::Role { home, name } => {
                if !self.is_somebody() {
                    context.offer("aws:PrincipalArn", arn(home, "role", name));
                }
                "AssumedRole"
            }
            // The path of the role is not known from the session.
            Self::Session { home, role, .. } => {
                context.offer("aws:PrincipalArn", arn(home, "role", role));
                "AssumedRole"
            }
            Self::FederatedUser { .. } => {
                context.offer("aws:PrincipalArn", self.to_string());
                "FederatedUser"
            }
            Self::Service(name) => {
                context.offer("aws:PrincipalServiceName", name);
                "Service"
            }
            Self::Federated(_) | Self::Canonical(_) | Self::Anonymous => "Anonymous",
        };
        let is_service = matches!(self, Self::Service(_));
        context.offer("aws:PrincipalIsAWSService", is_service.to_string());
        if !is_service {
            if !self.is_somebody() {
                context.offer("aws:PrincipalType", kind);
            }
            absent.extend(["aws:PrincipalServiceName", "aws:PrincipalServiceNamesList"]);
        }
        if !matches!(self, Self::User { .. }) && !self.is_somebody() {
            absent.push("aws:username");
        }
        for key in absent {
            let key = key.to_ascii_lowercase();
            if !context.values.contains_key(&key) {
                context.absent.insert(key);
            }
        }
    }
}
