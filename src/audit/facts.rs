//! What is known of an account's hygiene. Every answer may be missing, with the reason in words.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::policy::Policy;
use crate::state::{
    AccountId, Core, Kind, PasswordPolicy, PolicyReference, PublicAccessBlock, Setting, SettingKey, State,
};

/// What an account answered; the error is why nothing is known.
pub type Answer<T> = Result<T, String>;

/// What is known of one account.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The account.
    pub account: AccountId,
    /// Who the root user is, in counts.
    pub summary: Answer<Summary>,
    /// When the root user was last seen.
    pub root: Answer<RootCredentials>,
    /// Every user, by name.
    pub users: Answer<BTreeMap<String, UserFacts>>,
    /// Whether it could be read at all what users sign in and call with.
    pub credentials: Answer<()>,
    /// Every role but those of AWS's own services, by name.
    pub roles: Answer<BTreeMap<String, RoleFacts>>,
    /// OIDC and SAML providers.
    pub providers: Answer<Vec<Provider>>,
    /// The password policy; none is AWS's default.
    pub password_policy: Answer<Option<PasswordPolicy>>,
    /// The account-wide Block Public Access; none is nothing blocked.
    pub public_access_block: Answer<Option<PublicAccessBlock>>,
    /// The trails that are seen from the account's region: its own, those of all regions, and the organization's.
    pub trails: Answer<Vec<Trail>>,
    /// Access analyzers, by region.
    pub analyzers: BTreeMap<String, Answer<Vec<Analyzer>>>,
    /// Every bucket, by name.
    pub buckets: Answer<BTreeMap<String, BucketFacts>>,
    /// What is worth saying of the looking itself.
    pub notes: Vec<String>,
}

/// The part of `GetAccountSummary` that tells of the root user.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Whether it has an MFA device.
    pub mfa: bool,
    /// Whether it has a password; members of an organization with central root access may have none. Unknown where the
    /// account does not say.
    pub password: Option<bool>,
    /// How many access keys it has.
    pub access_keys: i32,
    /// How many signing certificates it has.
    pub certificates: i32,
}

/// The root user's line in the credential report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RootCredentials {
    /// When its password was last used.
    pub password_used: Option<Timestamp>,
    /// When one of its keys was last used.
    pub key_used: Option<Timestamp>,
}

/// A user.
#[derive(Clone, Debug)]
pub struct UserFacts {
    /// Managed policies attached to the user.
    pub attached: BTreeSet<String>,
    /// Inline policies of the user.
    pub inline: BTreeSet<String>,
    /// What the user signs in and calls with.
    pub credentials: Answer<Credentials>,
}

/// What a user signs in and calls with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Since when the user has a password; none without one.
    pub password_since: Option<Timestamp>,
    /// When it was last used.
    pub password_used: Option<Timestamp>,
    /// Whether there is an MFA device.
    pub mfa: bool,
    /// Access keys that are active.
    pub keys: Vec<AccessKey>,
    /// When the user was last seen, by whatever way, those that are closed included.
    pub seen: Option<Timestamp>,
}

/// An active access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// Its id; the credential report does not have it.
    pub id: Option<String>,
    /// When it was made.
    pub since: Timestamp,
    /// When it was last used.
    pub used: Option<Timestamp>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleFacts {
    /// When it was made.
    pub since: Timestamp,
    /// When it was last used, as far as AWS keeps that: 400 days.
    pub used: Option<Timestamp>,
}

/// An identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its ARN.
    pub arn: String,
    /// Whether the trust policy of a role names it.
    pub trusted: bool,
    /// When the metadata of a SAML provider ends.
    pub valid_until: Option<Timestamp>,
}

/// A trail.
#[derive(Clone, Debug)]
pub struct Trail {
    /// Its name.
    pub name: String,
    /// Whether it records in all regions.
    pub multi_region: bool,
    /// Whether what it wrote can be proven unchanged.
    pub validated: bool,
    /// Whether it belongs to the organization, which alone can change it.
    pub organization: bool,
    /// Whether it records now.
    pub logging: Answer<bool>,
    /// Why the last delivery to its bucket failed, if it did.
    pub delivery_error: Option<String>,
    /// What it records of management events.
    pub events: Answer<ManagementEvents>,
}

/// Which management events a trail records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagementEvents {
    /// Those that read.
    pub reads: bool,
    /// Those that write.
    pub writes: bool,
    /// Services whose events are left out: `kms.amazonaws.com`.
    pub without: BTreeSet<String>,
}

/// An access analyzer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analyzer {
    /// Its name.
    pub name: String,
    /// Whether it looks for access from outside, rather than for unused access.
    pub external: bool,
    /// Whether it works.
    pub active: bool,
}

/// A bucket.
#[derive(Clone, Debug)]
pub struct BucketFacts {
    /// Its policy.
    pub policy: Answer<Option<Policy>>,
    /// Its own Block Public Access.
    pub public_access_block: Answer<Option<PublicAccessBlock>>,
    /// Whether it keeps versions.
    pub versioned: Answer<bool>,
    /// Whether requests are logged.
    pub logged: Answer<bool>,
}

impl Facts {
    /// What a state tells of an account. It has no dates, nothing of the root user, and nothing of other services.
    pub fn of_state(account: &AccountId, state: &State) -> Self {
        let none = |what: &str| format!("an account file has no {what}");
        let own = |kind: Kind| {
            state.resources.iter().filter(move |(id, _)| id.account == *account && id.kind == kind)
        };
        let users = own(Kind::User).map(|(id, user)| {
            let attached = user.settings.keys().filter_map(|key| match key {
                SettingKey::Attached(PolicyReference::Aws(name)) => Some(name.clone()),
                SettingKey::Attached(PolicyReference::Customer(policy)) => Some(policy.name.clone()),
                _ => None,
            });
            let inline = user.settings.keys().filter_map(|key| match key {
                SettingKey::Inline(name) => Some(name.clone()),
                _ => None,
            });
            let (attached, inline) = (attached.collect(), inline.collect());
            (id.name.clone(), UserFacts { attached, inline, credentials: Err(none("credential report")) })
        });
        let settings = own(Kind::Account).map(|(_, settings)| settings).find(|s| s.core == Core::Account);
        let password_policy =
            settings.map(|settings| match settings.settings.get(&SettingKey::PasswordPolicy) {
                Some(Setting::PasswordPolicy(policy)) => Some(policy.clone()),
                _ => None,
            });
        let blocked = settings.map(|s| s.settings.get(&SettingKey::PublicAccessBlock).and_then(block));
        let unsaid = || String::from("the account file has no account settings");
        Self {
            account: account.clone(),
            summary: Err(none("root user")),
            root: Err(none("root user")),
            // A file that does not have this account, or its users, tells nothing of them.
            users: match state.accounts.get(account) {
                Some(extent) if extent.kinds.contains(&Kind::User) => Ok(users.collect()),
                _ => Err(String::from("the account file does not have the account's users")),
            },
            credentials: Err(none("credential report")),
            roles: Err(none("dates of use")),
            providers: Err(none("identity providers")),
            password_policy: password_policy.ok_or_else(unsaid),
            public_access_block: blocked.ok_or_else(unsaid),
            trails: Err(none("trails")),
            analyzers: [(String::new(), Err(none("access analyzers")))].into(),
            buckets: Err(String::from(
                "an account file has all of a bucket only if an environment answers for it",
            )),
            notes: vec![],
        }
    }
}

fn block(setting: &Setting) -> Option<PublicAccessBlock> {
    match setting {
        Setting::PublicAccessBlock(block) => Some(*block),
        _ => None,
    }
}
