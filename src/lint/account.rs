//! What rules find in accounts: the same rules, without files and places.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::engine::homes;
use super::roles::Roles;
use super::rule::{At, Check, Hit, Rule};
use super::subject::{Home, Identity, Live, Subject};
use super::{identity, rules};
use crate::policy::{Policy, Usage, Written};
use crate::spec::EnvironmentInfo;
use crate::state::{AccountId, ResourceId, SettingKey, State};

/// Something found in an account rather than in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// On what.
    pub id: ResourceId,
    /// In which of its settings; none for the resource itself, or all that it holds.
    pub setting: Option<SettingKey>,
    /// The rule.
    pub rule: &'static Rule,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
}

/// Something in an account that no file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alone {
    /// What.
    pub finding: Finding,
    /// Whether it is there still when the account is as it is wanted.
    pub stays: bool,
}

/// Accounts as they are, and as they should be.
#[derive(Clone, Copy, Debug)]
pub struct Accounts<'a> {
    /// What was found.
    pub found: &'a State,
    /// What the files declare.
    pub declared: &'a State,
    /// What is wanted in full: what is declared, and of all else what stays as found.
    pub wanted: &'a State,
    /// What to look at.
    pub ours: &'a BTreeSet<ResourceId>,
    /// The environments that answer for it.
    pub environments: &'a [EnvironmentInfo],
    /// Today, in UTC.
    pub today: Date,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// Looks at what was found in accounts: at what `ours` names, which an environment answers for.
pub fn account(
    state: &State,
    ours: &BTreeSet<ResourceId>,
    environments: &[EnvironmentInfo],
    today: Date,
) -> Vec<Finding> {
    in_account(state, ours, ours, environments, today, &identity::ceilings(state))
}

/// Looks at what was found in accounts, and tells what is not declared that way: of that, `estate` tells.
pub fn account_alone(accounts: Accounts<'_>) -> Vec<Alone> {
    let Accounts { found, declared, wanted, ours, environments, today } = accounts;
    // A boundary that somebody took off everybody is still meant as one, unless it now gives rights.
    let attached = identity::attached(found);
    let meant = identity::ceilings(declared).into_iter().filter(|id| !attached.contains(id));
    let ceilings: BTreeSet<&ResourceId> = identity::ceilings(found).into_iter().chain(meant).collect();
    let look = |state: &State, at: &BTreeSet<ResourceId>| {
        in_account(state, at, ours, environments, today, &ceilings)
    };
    let found = look(found, ours);
    // Where nothing is found there is nothing to compare, and that is nearly everywhere.
    let at: BTreeSet<ResourceId> = found.iter().map(|finding| finding.id.clone()).collect();
    if at.is_empty() {
        return vec![];
    }
    let (declared, wanted) = (look(declared, &at), look(wanted, &at));
    let found = found.into_iter().filter(|finding| !declared.contains(finding));
    found.map(|finding| Alone { stays: wanted.contains(&finding), finding }).collect()
}

/// What a rule about documents says of a bucket's policy, wherever the bucket is.
pub fn of_bucket_policy(bucket: &ResourceId, policy: &Policy, rule: &str, today: Date) -> Vec<String> {
    let (Some(document), Some(rule)) = (policy.document(), rules::find(rule)) else { return vec![] };
    let Check::Document(check) = rule.check else { return vec![] };
    let written = Written::of(document, Usage::Bucket);
    let home = Home { account: Some(bucket.account.clone()), ..Home::default() };
    let (holder, setting) = (Some(bucket), Some(&SettingKey::BucketPolicy));
    let subject = Subject { written: &written, holder, setting, ceiling: false, home: &home, today };
    check(&subject).into_iter().map(|hit| hit.message).collect()
}

/// How a bucket's policy lets plain HTTP in, if it does. Where the bucket is known, a condition on what is allowed is not
/// enough: identities of its account have policies of their own.
pub fn lets_plain_http(bucket: &ResourceId, policy: &Policy) -> Option<&'static str> {
    const UNREADABLE: &str = "has a policy that cannot be read, so nobody knows what it refuses";
    let Some(document) = policy.document() else { return Some(UNREADABLE) };
    rules::lets_plain_http(&Written::of(document, Usage::Bucket), &bucket.name)
}

/// What rules say of `at`, as far as it can be said of one resource or identity, and of all of `ours` where a rule looks at
/// the account as a whole.
fn in_account(
    state: &State,
    at: &BTreeSet<ResourceId>,
    ours: &BTreeSet<ResourceId>,
    environments: &[EnvironmentInfo],
    today: Date,
    ceilings: &BTreeSet<&ResourceId>,
) -> Vec<Finding> {
    let homes = homes(environments);
    let nowhere = Home::default();
    let mut names: BTreeMap<&AccountId, &str> = BTreeMap::new();
    for environment in environments {
        names.entry(&environment.account).or_insert(&environment.name);
    }
    let home_of =
        |id: &ResourceId| names.get(&id.account).and_then(|name| homes.get(*name)).unwrap_or(&nowhere);
    let mut findings: Vec<Finding> = vec![];
    for (id, setting, policy, usage) in identity::documents(state).filter(|(id, ..)| at.contains(*id)) {
        let Some(document) = policy.document() else { continue };
        let written = Written::of(document, usage);
        let (holder, setting) = (Some(id), setting.as_ref());
        let ceiling = ceilings.contains(id);
        let subject = Subject { written: &written, holder, setting, ceiling, home: home_of(id), today };
        for rule in rules::ALL {
            if let Check::Document(check) = rule.check {
                findings
                    .extend(check(&subject).into_iter().map(|hit| finding(rule, id, setting.cloned(), hit)));
            }
        }
    }
    let roles = Roles::new(state);
    for id in at {
        let Some(identity) = identity::of(id, state, home_of(id), &|_, _| None, Some(&roles)) else {
            continue;
        };
        for rule in rules::ALL {
            if let Check::Identity(check) = rule.check {
                let hits = check(&identity).into_iter();
                findings.extend(hits.map(|hit| finding(rule, id, own_setting(&identity, &hit), hit)));
            }
        }
    }
    let live = Live { state, ours, found: true };
    for rule in rules::ALL {
        if let Check::State(check) = rule.check {
            findings.extend(check(&live).into_iter().filter_map(|hit| {
                let At::Setting(id, setting) = hit.at.clone() else { return None };
                Some(finding(rule, &id, setting, hit))
            }));
        }
    }
    findings.sort_by(|a, b| {
        (a.rule.severity, &a.id, a.rule.id, &a.setting).cmp(&(b.rule.severity, &b.id, b.rule.id, &b.setting))
    });
    findings.dedup();
    findings
}

/// The setting of the identity's own that a rule points into.
fn own_setting(identity: &Identity<'_>, hit: &Hit) -> Option<SettingKey> {
    let At::Held(number, _) = &hit.at else { return None };
    let held =
        identity.held.get(*number).filter(|held| held.holder.is_some() && held.holder == identity.id)?;
    held.setting.clone()
}

fn finding(rule: &'static Rule, id: &ResourceId, setting: Option<SettingKey>, hit: Hit) -> Finding {
    let Hit { at: _, message, help, related: _ } = hit;
    Finding { id: id.clone(), setting, rule, message, help: help.unwrap_or_else(|| rule.help.to_owned()) }
}
