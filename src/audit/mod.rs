//! The hygiene of an account: what everybody should keep, whatever an environment declares. Facts in, findings out.
//!
//! One check a `static`, in `checks/`. What could not be read is told as not checked, and never as kept.

mod checks;
mod facts;

use std::collections::BTreeSet;

use jiff::{Span, Timestamp};

pub use checks::ALL;
pub use facts::{
    AccessKey, Analyzer, Answer, BucketFacts, Credentials, Facts, ManagementEvents, Provider, RoleFacts,
    RootCredentials, Summary, Trail, UserFacts,
};

use crate::diagnostic::Severity;
use crate::state::{AccountId, ResourceId};

/// A thing that every account should keep. Its line in the documentation is made from these texts.
#[derive(Debug)]
pub struct Check {
    /// Its name, which never changes: reports and the ignore file name it.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it finds, in one sentence with capital and full stop.
    pub sentence: &'static str,
    /// Why that matters, in a sentence or two.
    pub why: &'static str,
    /// The way out.
    pub help: &'static str,
    /// Where AWS says so: an address.
    pub source: &'static str,
    /// How it looks.
    pub look: fn(&Facts, &Measure, &mut Seen),
}

impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Check {}

/// The check of this name.
pub fn find(id: &str) -> Option<&'static Check> {
    ALL.iter().copied().find(|check| check.id == id)
}

/// How long is too long. Days are of 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The age of an access key.
    pub key_days: u16,
    /// For how long a password or key of a user goes unused.
    pub unused_days: u16,
    /// For how long a role goes unused.
    pub role_days: u16,
}

impl Default for Limits {
    /// What the CIS AWS Foundations Benchmark asks for of keys and users, and what IAM Access Analyzer takes for an unused
    /// role. <https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html>,
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html>
    fn default() -> Self {
        Self { key_days: 90, unused_days: 45, role_days: 90 }
    }
}

/// What checks measure by.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// When the account was looked at.
    pub now: Timestamp,
    /// How long is too long.
    pub limits: Limits,
}

impl Measure {
    /// Whole days between a moment and now; none before it is over.
    fn days_since(&self, then: Timestamp) -> i64 {
        let hours = self.now.duration_since(then).as_hours();
        hours.max(0) / 24
    }

    /// Whether a moment is more than so many days ago.
    fn is_over(&self, then: Timestamp, days: u16) -> bool {
        let limit = self.now.checked_sub(Span::new().hours(i64::from(days) * 24));
        limit.is_ok_and(|limit| then < limit)
    }
}

/// Whether a check would find anything in what a user signs in and calls with: then a look is worth it that is not hours
/// old.
pub fn credentials_are_found(held: &Credentials, measure: &Measure) -> bool {
    checks::credentials_are_found(held, measure)
}

/// What a check found on the way.
#[derive(Debug, Default)]
pub struct Seen {
    hits: Vec<Hit>,
    missed: Vec<Missed>,
}

#[derive(Debug)]
struct Hit {
    subject: String,
    message: String,
    help: Option<String>,
}

#[derive(Debug)]
struct Missed {
    subject: Option<String>,
    reason: String,
}

impl Seen {
    /// Something is not as it should be.
    fn hit(&mut self, subject: impl Into<String>, message: impl Into<String>) {
        self.hits.push(Hit { subject: subject.into(), message: message.into(), help: None });
    }

    /// As [`hit`](Self::hit), where the check's own help is too general.
    fn hit_with(&mut self, subject: impl Into<String>, message: impl Into<String>, help: impl Into<String>) {
        self.hits.push(Hit { subject: subject.into(), message: message.into(), help: Some(help.into()) });
    }

    /// An answer, or none and a note that nothing can be said.
    fn known<'a, T>(&mut self, answer: &'a Answer<T>) -> Option<&'a T> {
        answer.as_ref().map_err(|why| self.missed.push(Missed { subject: None, reason: why.clone() })).ok()
    }

    /// As [`known`](Self::known), of one thing among others.
    fn known_of<'a, T>(&mut self, subject: &str, answer: &'a Answer<T>) -> Option<&'a T> {
        answer.as_ref().map_err(|why| self.miss(subject, why)).ok()
    }

    fn miss(&mut self, subject: &str, reason: &str) {
        self.missed.push(Missed { subject: Some(subject.to_owned()), reason: reason.to_owned() });
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The account.
    pub account: AccountId,
    /// The check.
    pub check: &'static Check,
    /// What it is about: `root`, `account`, `user/alice`, `trail/main`.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// The way out.
    pub help: String,
}

impl Finding {
    /// Its name in its account, which stays as long as it is found: `user-without-mfa/user/alice`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.check.id, self.subject)
    }

    /// The resource it is about, if it is about one that an environment could declare.
    pub fn resource(&self) -> Option<ResourceId> {
        let (kind, name) = self.subject.split_once('/')?;
        Some(ResourceId::new(&self.account, kind.parse().ok()?, name.split('/').next()?))
    }
}

/// Something that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotChecked {
    /// The account.
    pub account: AccountId,
    /// Why.
    pub reason: String,
    /// About what, if it is about one thing among others.
    pub subject: Option<String>,
    /// The checks that nothing can be said of for that reason.
    pub checks: BTreeSet<&'static str>,
}

/// What came of looking.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// What is not as it should be: the gravest first, then by account and check.
    pub findings: Vec<Finding>,
    /// What could not be looked at.
    pub not_checked: Vec<NotChecked>,
    /// Checks that an account keeps, with everything they look at read.
    pub kept: BTreeSet<(AccountId, &'static str)>,
}

/// Looks at accounts.
pub fn audit(accounts: &[Facts], measure: &Measure) -> Audit {
    let mut audit = Audit::default();
    for facts in accounts {
        let mut missed: Vec<NotChecked> = vec![];
        for check in ALL {
            let mut seen = Seen::default();
            (check.look)(facts, measure, &mut seen);
            let Seen { hits, missed: unread } = seen;
            if hits.is_empty() && unread.is_empty() {
                audit.kept.insert((facts.account.clone(), check.id));
            }
            audit.findings.extend(hits.into_iter().map(|Hit { subject, message, help }| Finding {
                account: facts.account.clone(),
                check,
                subject,
                message,
                help: help.unwrap_or_else(|| check.help.to_owned()),
            }));
            for Missed { subject, reason } in unread {
                let same = missed.iter_mut().find(|m| m.subject == subject && m.reason == reason);
                match same {
                    Some(known) => _ = known.checks.insert(check.id),
                    None => missed.push(NotChecked {
                        account: facts.account.clone(),
                        reason,
                        subject,
                        checks: [check.id].into(),
                    }),
                }
            }
        }
        audit.not_checked.append(&mut missed);
    }
    audit.findings.sort_by(|a, b| {
        (a.check.severity, &a.account, place(a.check), &a.subject).cmp(&(
            b.check.severity,
            &b.account,
            place(b.check),
            &b.subject,
        ))
    });
    audit
}

/// Where a check stands among all.
fn place(check: &Check) -> usize {
    ALL.iter().position(|known| known.id == check.id).unwrap_or(ALL.len())
}

#[cfg(test)]
mod tests;
