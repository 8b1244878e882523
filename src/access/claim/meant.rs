//! Whom a claim is about: the users and roles of a landscape, and those outside whom its policies let in.

use std::collections::BTreeSet;

use super::Checking;
use crate::access::landscape::{DocumentId, Landscape};
use crate::access::principal::{Caller, Named};
use crate::policy::{arn, glob};
use crate::spec::assertion::{Claim, Subject};
use crate::state::{Kind, ResourceId};

/// Who is meant: identities of the landscape, and others by ARN.
#[derive(Default)]
pub(super) struct Meant {
    pub(super) identities: BTreeSet<ResourceId>,
    pub(super) others: BTreeSet<Caller>,
    pub(super) outside: bool,
    everyone: bool,
    pub(super) accounts: BTreeSet<String>,
    /// ARNs as written, with wildcards.
    pub(super) arns: Vec<String>,
}

impl Checking<'_, '_, '_> {
    /// Those whom a claim names, as who asks. Whoever of them is nobody is noted.
    pub(super) fn named(&mut self, subjects: &[Subject]) -> BTreeSet<Caller> {
        let gives = matches!(self.assertion.claim, Claim::Can(_));
        let mut all = BTreeSet::new();
        for subject in subjects {
            let meant = self.meant(std::slice::from_ref(subject));
            let mut callers: BTreeSet<Caller> =
                meant.identities.iter().filter_map(|id| self.landscape.caller(id)).collect();
            callers.extend(meant.others.clone());
            if gives && meant.outside {
                let rest =
                    if callers.is_empty() { "" } else { " but users and roles of the accounts at hand" };
                self.idle.insert(format!("what `{subject}` must be able to do is known of nobody{rest}"));
            }
            if !gives {
                let partition = self.assertion.partition.as_str();
                callers.extend(meant.accounts.iter().map(|account| Caller::somebody(partition, account)));
                let strangers = self.strangers();
                callers.extend(strangers.into_iter().filter(|caller| meant.takes_in(caller, self.landscape)));
            }
            if callers.is_empty() && !meant.outside {
                self.idle.insert(format!("`{subject}` is nobody: no user or role is meant"));
            }
            all.extend(callers);
        }
        all
    }

    /// Whom some subjects mean.
    pub(super) fn meant(&self, subjects: &[Subject]) -> Meant {
        let mut meant = Meant::default();
        let identities = || self.landscape.identities().cloned();
        let members = |group: &ResourceId| self.landscape.members(group).into_iter().cloned();
        for subject in subjects {
            match subject {
                Subject::Declared(id) if id.kind == Kind::Group => meant.identities.extend(members(id)),
                Subject::Declared(id) => drop(meant.identities.insert(id.clone())),
                Subject::Matching { kind: Kind::Group, account, pattern } => {
                    let groups = self.landscape.state().resources.keys().filter(|id| {
                        id.kind == Kind::Group && id.account == *account && glob(pattern, &id.name)
                    });
                    meant.identities.extend(groups.flat_map(members));
                }
                Subject::Matching { kind, account, pattern } => meant.identities.extend(
                    identities()
                        .filter(|id| id.kind == *kind && id.account == *account && glob(pattern, &id.name)),
                ),
                Subject::Arn(arn) => {
                    let named = |id: &ResourceId| {
                        self.landscape.state().principal_arn(id).is_some_and(|own| glob(arn, &own))
                    };
                    meant.identities.extend(identities().filter(named));
                    meant.others.extend(Caller::parse(arn).ok());
                    meant.arns.push(arn.clone());
                }
                Subject::Account(account) => {
                    meant.identities.extend(identities().filter(|id| id.account == *account));
                    meant.accounts.insert(account.to_string());
                }
                Subject::Outside => meant.outside = true,
                Subject::Everyone => {
                    meant.identities.extend(identities());
                    meant.outside = true;
                    meant.everyone = true;
                }
            }
        }
        let known = |caller: &Caller| self.landscape.identity_of(caller).is_some();
        meant.others.retain(|caller| !known(caller));
        meant
    }

    /// Somebody for every sort of caller that the policies at hand let in from outside: each principal that they name
    /// and nobody declares, somebody of each account that they name, and somebody of no account that they know.
    pub(super) fn strangers(&self) -> BTreeSet<Caller> {
        let partition = self.assertion.partition.as_str();
        let somebody = |account: &str| Caller::somebody(partition, account);
        let mut strangers = BTreeSet::from([Caller::stranger(partition), Caller::Anonymous]);
        let resources = self.landscape.state().resources.keys();
        let documents = resources.filter_map(|id| match id.kind {
            Kind::Bucket => Some(DocumentId::Bucket(id.clone())),
            Kind::Role => Some(DocumentId::Trust(id.clone())),
            _ => None,
        });
        let ours = |account: &str| self.landscape.state().accounts.keys().any(|own| own.as_str() == account);
        for document in documents {
            let rules = self.landscape.rules(&document).into_iter().flat_map(|rules| &rules.rules);
            // A condition names accounts as well as a principal does.
            for comparison in rules.clone().flat_map(|rule| &rule.comparisons) {
                if ["aws:principalaccount", "aws:principalarn"].contains(&comparison.key.as_str()) {
                    let accounts = comparison.values_written.iter().flat_map(|value| value.split(':'));
                    let accounts = accounts.filter(|part| arn::is_account(part) && !ours(part));
                    strangers.extend(accounts.map(somebody));
                }
            }
            for named in rules.flat_map(|rule| rule.principals.iter().flat_map(|named| named.value())) {
                match named {
                    Named::Account(account) if !ours(account) => drop(strangers.insert(somebody(account))),
                    Named::Caller(caller) if caller.home().is_some() => {
                        let session = matches!(caller, Caller::Session { .. });
                        if session || self.landscape.identity_of(caller).is_none() {
                            strangers.insert(caller.clone());
                        }
                    }
                    Named::Account(_) | Named::Caller(_) | Named::Everyone | Named::Nobody(_) => {}
                }
            }
        }
        strangers
    }
}

impl Meant {
    /// Whether a caller is among them.
    pub(super) fn takes_in(&self, caller: &Caller, landscape: &Landscape<'_>) -> bool {
        let of_account = caller.account().is_some_and(|account| self.accounts.contains(account));
        let inside = caller
            .account()
            .is_some_and(|account| landscape.state().accounts.keys().any(|own| own.as_str() == account));
        let known = landscape.identity_of(caller).is_some_and(|id| self.identities.contains(id));
        let arn = caller.to_string();
        let by_arn = || self.arns.iter().any(|pattern| glob(pattern, &arn));
        self.everyone
            || (self.outside && !inside)
            || of_account
            || known
            || self.others.contains(caller)
            || by_arn()
    }
}
