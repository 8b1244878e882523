//! An audit as plain data: what an account does not keep, what it keeps, and what nobody could look at.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::answers;
use super::escape::{markdown, markdown_code};
use super::ignored::{self, Ignorable, Ignored};
use super::markdown::{list, not_looked_at, sentence};
use super::plan::{EnvironmentHead, NotChecked, head};
use super::said::Said;
use super::words;
use super::{EnvironmentLine, FORMAT_VERSION, json};
use crate::account::Unreached;
use crate::audit::{self, Audit, Check};
use crate::diagnostic::{Severity, Span};
use crate::policy::glob;
use crate::spec::ignore_file::IgnoreEntry;
use crate::state::{AccountId, ResourceId};

/// What an audit found. This is the documented JSON.
#[derive(Clone, Debug, Serialize)]
pub struct AuditReport {
    /// 1.
    pub format_version: u32,
    /// Which environments' accounts were looked at.
    pub environments: Vec<EnvironmentHead>,
    /// The environments whose accounts could not be looked at.
    pub environments_not_checked: Vec<NotChecked>,
    /// What is not as it should be, the gravest first.
    pub findings: Vec<AuditFinding>,
    /// What could not be read, and so is not known to be kept.
    pub not_checked: Vec<AuditGap>,
    /// What is kept, with everything read that it takes to say so.
    pub kept: Vec<KeptCheck>,
    /// What a person should know.
    pub notes: Vec<Said>,
    /// Counts.
    pub summary: AuditSummary,
    /// The accounts of all environments of the project.
    #[serde(skip)]
    pub(super) accounts: BTreeMap<String, String>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, Serialize)]
pub struct AuditFinding {
    /// Its name, which stays as long as it is found: `111122223333/user-without-mfa/user/alice`.
    pub id: String,
    /// The check, which docs/audit.md tells of.
    pub check: &'static str,
    /// `SECURITY_WARNING`, `WARNING` or `SUGGESTION`.
    pub severity: &'static str,
    /// The environment that declares what it is about, or else one of the account.
    pub environment: String,
    /// The account.
    pub account: String,
    /// What it is about: `root`, `account`, `user/alice`, `trail/main`.
    pub subject: String,
    /// What is wrong.
    pub text: String,
    /// The way out.
    pub help: String,
    /// Where AWS says so.
    pub source: &'static str,
    /// Where what it is about is declared, if it is.
    pub origin: Option<String>,
    /// Why it does not count, if the ignore file says so.
    pub ignored: Option<Ignored>,
    /// The line for the ignore file, with a reason and a day still to be written.
    pub ignore: String,
    /// All environments of the account, chosen or not: whoever names one of them in the ignore file means the account.
    #[serde(skip)]
    environments: Vec<String>,
    /// Where it is declared, for services that open the file; without a declaration the file of the environment.
    #[serde(skip)]
    pub(super) place: Result<Span, String>,
}

/// Something that could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditGap {
    /// The account.
    pub account: String,
    /// What, if it is one thing among others.
    pub subject: Option<String>,
    /// Why.
    pub text: String,
    /// The checks that nothing can be said of for that reason.
    pub checks: Vec<&'static str>,
}

/// A check that an account keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptCheck {
    /// The account.
    pub account: String,
    /// The check.
    pub check: &'static str,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditSummary {
    /// Findings that count.
    pub findings: usize,
    /// Of these, the gravest.
    pub security_warnings: usize,
    /// Of these, the less grave.
    pub warnings: usize,
    /// Of these, the others.
    pub suggestions: usize,
    /// Findings that the ignore file lets be.
    pub ignored: usize,
    /// Checks kept, of all accounts.
    pub kept: usize,
    /// What could not be looked at.
    pub not_checked: usize,
}

/// What a report is made from.
pub struct AuditInputs<'a> {
    /// The environments that take part, reached or not.
    pub environments: &'a [EnvironmentLine<'a>],
    /// All environments of the project.
    pub project: &'a [EnvironmentLine<'a>],
    /// What came of looking.
    pub audit: &'a Audit,
    /// The environments whose accounts could not be looked at.
    pub unreached: &'a [Unreached],
    /// Which environment declares a resource, and where.
    pub declared: &'a dyn Fn(&ResourceId) -> Option<(&'a str, Span)>,
    /// What the looking has to say of itself.
    pub notes: &'a BTreeSet<String>,
}

impl AuditReport {
    /// The report.
    pub fn new(inputs: &AuditInputs<'_>) -> Self {
        let AuditInputs { environments, project, audit, unreached, declared, notes } = inputs;
        let reached = |line: &&EnvironmentLine<'_>| !unreached.iter().any(|u| u.environment == line.name);
        let of = |account: &AccountId| -> Vec<&EnvironmentLine<'_>> {
            environments.iter().filter(|line| line.account == account).collect()
        };
        let finding = |found: &audit::Finding| {
            let audit::Finding { account, check, subject, message, help } = found;
            let home = found.resource().and_then(|id| declared(&id));
            let kin = of(account);
            let first = kin.first();
            let environment = home.as_ref().map(|(name, _)| *name).or(first.map(|line| line.name));
            let environment = environment.unwrap_or_default().to_owned();
            let place = match &home {
                Some((_, span)) => Ok(span.clone()),
                None => Err(first.map(|line| line.source.to_owned()).unwrap_or_default()),
            };
            AuditFinding {
                id: format!("{account}/{}", found.name()),
                check: check.id,
                severity: check.severity.code(),
                account: account.to_string(),
                subject: subject.clone(),
                text: message.clone(),
                help: help.clone(),
                source: check.source,
                origin: home.map(|(_, span)| format!("{}:{}", span.source.name, span.line_column().0)),
                ignored: None,
                ignore: answers::ignore_line(&environment, "finding", &found.name()),
                environments: project
                    .iter()
                    .filter(|line| line.account == account)
                    .map(|line| line.name.to_owned())
                    .collect(),
                environment,
                place,
            }
        };
        let gap = |missed: &audit::NotChecked| {
            let audit::NotChecked { account, reason, subject, checks } = missed;
            AuditGap {
                account: account.to_string(),
                subject: subject.clone(),
                text: reason.clone(),
                checks: checks.iter().copied().collect(),
            }
        };
        let note = |text: &String| Said {
            code: String::from("reading"),
            address: None,
            text: text.clone(),
            help: vec![],
        };
        let mut report = Self {
            format_version: FORMAT_VERSION,
            environments: environments.iter().filter(reached).map(head).collect(),
            environments_not_checked: unreached.iter().map(NotChecked::of).collect(),
            findings: audit.findings.iter().map(finding).collect(),
            not_checked: audit.not_checked.iter().map(gap).collect(),
            kept: audit
                .kept
                .iter()
                .map(|(account, check)| KeptCheck { account: account.to_string(), check })
                .collect(),
            notes: notes.iter().map(note).collect(),
            summary: AuditSummary::default(),
            accounts: project.iter().map(|line| (line.name.to_owned(), line.account.to_string())).collect(),
        };
        report.count();
        report
    }

    /// Takes out what entries say, each up to and with its last day. Those that are over, and those that nothing fits,
    /// are told.
    pub fn ignore(&mut self, entries: &[IgnoreEntry], today: jiff::civil::Date) {
        let chosen = |entry: &&IgnoreEntry| {
            let account = self.accounts.get(&entry.environment);
            self.environments.iter().any(|e| Some(&e.account) == account)
        };
        let entries: Vec<&IgnoreEntry> = entries.iter().filter(chosen).collect();
        let all_read = !self.is_partial();
        self.notes.extend(ignored::ignore(&mut self.findings, &entries, today, all_read, "finding"));
        self.count();
    }

    fn count(&mut self) {
        let Self { findings, kept, not_checked, environments_not_checked, .. } = self;
        let of = |severity: Severity| counted(findings).filter(|f| f.severity == severity.code()).count();
        self.summary = AuditSummary {
            findings: counted(findings).count(),
            security_warnings: of(Severity::SecurityWarning),
            warnings: of(Severity::Warning),
            suggestions: of(Severity::Suggestion),
            ignored: findings.iter().filter(|finding| finding.ignored.is_some()).count(),
            kept: kept.len(),
            not_checked: not_checked.len() + environments_not_checked.len(),
        };
    }

    /// Whether something could not be looked at.
    pub fn is_partial(&self) -> bool {
        !self.not_checked.is_empty() || !self.environments_not_checked.is_empty()
    }

    /// Whether something counts that is as grave as this or graver.
    pub fn has(&self, severity: Severity) -> bool {
        let grave = |finding: &AuditFinding| {
            audit::find(finding.check).is_some_and(|check| check.severity <= severity)
        };
        counted(&self.findings).any(grave)
    }

    /// As JSON.
    pub fn json(&self) -> String {
        json::written(self)
    }

    /// As SARIF 2.1.0, for code scanning.
    /// <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
    pub fn sarif(&self) -> String {
        json::written(&super::sarif::audit_log(self))
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let Self {
            format_version: _,
            environments,
            environments_not_checked: away,
            findings,
            not_checked,
            kept: _,
            notes,
            summary,
            accounts: _,
        } = self;
        let mut out = format!("## Audit: {}\n\n", counts(summary));
        out.push_str(&not_looked_at(away));
        for (account, heading) in by_account(environments) {
            let (name, region) = (markdown(&heading.name), markdown(&heading.region));
            out.push_str(&format!("### {name} · account {account} · {region}\n\n"));
            for (check, own) in by_check(counted(findings).filter(|f| f.account == account)) {
                let severity = check.severity.words();
                out.push_str(&format!("**{}** · {severity} · {}\n\n", check.id, sentence(check.sentence)));
                for finding in &own {
                    let place = finding.origin.as_ref().map(|o| format!(" ({})", markdown_code(o)));
                    let (subject, text) = (markdown_code(&finding.subject), sentence(&finding.text));
                    out.push_str(&format!("- {subject}: {text}{}\n", place.unwrap_or_default()));
                }
                for help in helps(&own) {
                    out.push_str(&format!("\n→ {}\n", sentence(help)));
                }
                out.push('\n');
            }
            let left: Vec<String> = findings
                .iter()
                .filter(|f| f.account == account)
                .filter_map(|f| {
                    let why = f.ignored.as_ref()?;
                    let origin = markdown_code(&why.origin);
                    Some(format!("- {}: {} ({origin})\n", markdown_code(&f.id), sentence(&why.words())))
                })
                .collect();
            if !left.is_empty() {
                out.push_str(&format!("**Ignored until then**\n\n{}\n", left.concat()));
            }
            let gaps: Vec<_> = not_checked.iter().filter(|gap| gap.account == account).collect();
            if !gaps.is_empty() {
                out.push_str("**Not checked, because it could not be read**\n\n");
                for gap in gaps {
                    out.push_str(&format!("- {}\n", sentence(&gap.words())));
                }
                out.push('\n');
            }
        }
        out.push_str(&list("Notes", notes));
        format!("{}\n", out.trim_end())
    }
}

impl AuditGap {
    /// `root-used, user-unused: access denied to iam:GetCredentialReport`.
    pub(super) fn words(&self) -> String {
        let Self { account: _, subject, text, checks } = self;
        let subject = subject.as_ref().map(|subject| format!(" of {subject}")).unwrap_or_default();
        format!("{}{subject}: {text}", checks.join(", "))
    }
}

impl Ignorable for AuditFinding {
    fn fits(&self, entry: &IgnoreEntry) -> bool {
        let name = self.id.split_once('/').map_or(self.id.as_str(), |(_, name)| name);
        self.environments.contains(&entry.environment) && glob(&entry.address, name)
    }

    fn let_be(&mut self, why: Ignored) {
        self.ignored.get_or_insert(why);
    }
}

/// The accounts that were looked at, each with its environments and their regions in one line.
pub(super) fn by_account(environments: &[EnvironmentHead]) -> Vec<(&str, EnvironmentHead)> {
    let mut accounts: Vec<(&str, EnvironmentHead)> = vec![];
    for environment in environments {
        match accounts.iter_mut().find(|(account, _)| *account == environment.account) {
            None => accounts.push((&environment.account, environment.clone())),
            Some((_, head)) => {
                head.name = format!("{}, {}", head.name, environment.name);
                if !head.region.split(", ").any(|region| region == environment.region) {
                    head.region = format!("{}, {}", head.region, environment.region);
                }
            }
        }
    }
    accounts
}

/// Findings that count.
pub(super) fn counted(findings: &[AuditFinding]) -> impl Iterator<Item = &AuditFinding> {
    findings.iter().filter(|finding| finding.ignored.is_none())
}

/// Findings by their checks, in the order of the first of each.
pub(super) fn by_check<'a>(
    findings: impl Iterator<Item = &'a AuditFinding>,
) -> Vec<(&'static Check, Vec<&'a AuditFinding>)> {
    let mut groups: Vec<(&'static Check, Vec<&AuditFinding>)> = vec![];
    for finding in findings {
        let Some(check) = audit::find(finding.check) else { continue };
        match groups.iter_mut().find(|(known, _)| *known == check) {
            Some((_, own)) => own.push(finding),
            None => groups.push((check, vec![finding])),
        }
    }
    groups
}

/// The ways out of some findings, each once.
pub(super) fn helps<'a>(findings: &[&'a AuditFinding]) -> Vec<&'a str> {
    let mut helps: Vec<&str> = vec![];
    for finding in findings {
        if !helps.contains(&finding.help.as_str()) {
            helps.push(&finding.help);
        }
    }
    helps
}

/// `3 findings: 2 security warnings, 1 suggestion; 1 ignored; 14 checks kept`.
pub(super) fn counts(summary: &AuditSummary) -> String {
    let AuditSummary { findings, security_warnings, warnings, suggestions, ignored, kept, not_checked } =
        *summary;
    let sorts = [
        (security_warnings, Severity::SecurityWarning),
        (warnings, Severity::Warning),
        (suggestions, Severity::Suggestion),
    ];
    let said: Vec<String> = sorts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, severity)| words::count(*n, severity.words()))
        .collect();
    let mut out = match findings {
        0 => String::from("no findings"),
        n => format!("{}: {}", words::count(n, "finding"), said.join(", ")),
    };
    for (n, what) in [(ignored, String::from("ignored")), (not_checked, String::from("not checked"))] {
        if n > 0 {
            out.push_str(&format!("; {n} {what}"));
        }
    }
    out.push_str(&format!("; {} kept", words::count(kept, "check")));
    out
}
