//! Runs the rules, gives what they find its place, and takes out what somebody allowed with a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::roles::Roles;
use super::rule::{At, Check, Hit, Rule};
use super::subject::{Held, Home, Identity, Live, Subject, Texts};
use super::suppression::{self, Suppressed, Suppression};
use super::{identity, rules};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::policy::{Problem, Written};
use crate::spec::template::SHIPPED;
use crate::spec::tree::{Node, Value};
use crate::spec::{Authored, EnvironmentInfo, Lowered, Place};
use crate::state::{ResourceId, SettingKey};

/// What is in an estate: its files and what they declare.
#[derive(Clone, Copy, Debug)]
pub struct Estate<'a> {
    /// What was read.
    pub lowered: &'a Lowered,
    /// Today, in UTC.
    pub today: Date,
}

/// A policy document that stands alone.
#[derive(Clone, Copy, Debug)]
pub struct Single<'a> {
    /// What was written, as far as it could be read.
    pub written: Option<&'a Written>,
    /// What was wrong when it was read; validation is done here.
    pub problems: &'a [Problem],
    /// The text, with places.
    pub node: &'a Node,
    /// Whether it is to be a permissions boundary, which gives nobody any right.
    pub ceiling: bool,
    /// What the caller knows of where it will stand.
    pub home: &'a Home,
    /// Today, in UTC.
    pub today: Date,
}

/// What was found, in the order of the files.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What is to be said.
    pub findings: Vec<Diagnostic>,
    /// What is not, since somebody gave a reason.
    pub suppressed: Vec<Suppressed>,
}

/// Looks at an estate.
pub fn estate(estate: Estate<'_>) -> Report {
    let Estate { lowered, today } = estate;
    let homes: BTreeMap<&str, Home> = homes(&lowered.environments);
    let nowhere = Home::default();
    let home_of = |environment: &EnvironmentInfo| homes.get(environment.name.as_str()).unwrap_or(&nowhere);
    let mut found = vec![];
    let ceilings = identity::ceilings(&lowered.wanted);
    for authored in &lowered.documents {
        let subject = Subject {
            written: &authored.written,
            holder: Some(&authored.holder),
            setting: authored.setting.as_ref(),
            ceiling: ceilings.contains(&authored.holder),
            home: home_of(&authored.environment),
            today,
        };
        let place = |at: &At| places(at, lowered, Some(authored), &[]);
        found.extend(of_document(&subject, &place));
        let problems = authored.written.check(authored.environment.partition.as_str()).into_iter();
        found.extend(problems.filter_map(|problem| read(problem, &place)));
    }
    let written: Documents<'_> =
        lowered.documents.iter().map(|a| ((&a.holder, a.setting.as_ref()), a)).collect();
    let as_written = |id: &ResourceId, key: Option<&SettingKey>| written.get(&(id, key)).copied();
    let ours: BTreeSet<ResourceId> = lowered.scopes.iter().flat_map(|s| s.declared.iter().cloned()).collect();
    let roles = Roles::new(&lowered.wanted);
    for id in &ours {
        let environment = lowered.environments.iter().find(|e| e.account == id.account);
        let home = environment.map_or(&nowhere, home_of);
        let text = |id: &ResourceId, key: Option<&SettingKey>| as_written(id, key).map(|a| a.written.clone());
        let Some(identity) = identity::of(id, &lowered.wanted, home, &text, Some(&roles)) else { continue };
        let held: Vec<_> = identity.held.iter().map(|held| (held, authored_of(held, &as_written))).collect();
        let place = |at: &At| places(at, lowered, None, &held);
        found.extend(of_identity(&identity, &place));
    }
    let live = Live { state: &lowered.wanted, ours: &ours, found: false };
    let texts = Texts { files: &lowered.files, templates: &lowered.templates };
    let place = |at: &At| places(at, lowered, None, &[]);
    for rule in rules::ALL {
        match rule.check {
            Check::State(check) => found.extend(check(&live).into_iter().map(|hit| said(rule, hit, &place))),
            Check::Text(check) => found.extend(check(&texts).into_iter().map(|hit| said(rule, hit, &place))),
            Check::Document(_) | Check::Identity(_) | Check::Reading | Check::Suppression => {}
        }
    }
    conclude(found, &lowered.files, today)
}

type Documents<'a> = BTreeMap<(&'a ResourceId, Option<&'a SettingKey>), &'a Authored>;

/// Looks at a document that stands alone, as a policy of somebody who has no other.
pub fn document(single: Single<'_>) -> Report {
    let Single { written, problems, node, ceiling, home, today } = single;
    let span = |at: &At| match at {
        At::Value(pointer) | At::Held(_, pointer) => vec![node.span_at(pointer)],
        At::Key(pointer) => vec![node.key_span_at(pointer)],
        At::Place(span) => vec![span.clone()],
        At::Setting(..) => vec![node.span.clone()],
    };
    let mut found: Vec<Diagnostic> =
        problems.iter().filter_map(|problem| read(problem.clone(), &span)).collect();
    if let Some(written) = written {
        let partition = home.partition.as_deref().unwrap_or("aws");
        let problems = written.check(partition).into_iter().chain(written.size_problems());
        found.extend(problems.filter_map(|problem| read(problem, &span)));
        let subject = Subject { written, holder: None, setting: None, ceiling, home, today };
        found.extend(of_document(&subject, &span));
        if let Some(identity) = identity::alone(written, home).filter(|_| !ceiling) {
            found.extend(of_identity(&identity, &span));
        }
    }
    let files = std::slice::from_ref(node);
    let texts = Texts { files, templates: &[] };
    for rule in rules::ALL {
        if let Check::Text(check) = rule.check {
            found.extend(check(&texts).into_iter().map(|hit| said(rule, hit, &span)));
        }
    }
    conclude(found, files, today)
}

pub(super) fn homes(environments: &[EnvironmentInfo]) -> BTreeMap<&str, Home> {
    let accounts: BTreeSet<_> = environments.iter().map(|e| e.account.clone()).collect();
    let home = |e: &EnvironmentInfo| Home {
        account: Some(e.account.clone()),
        region: Some(e.region.clone()),
        partition: Some(e.partition.as_str().to_owned()),
        accounts: accounts.clone(),
    };
    environments.iter().map(|e| (e.name.as_str(), home(e))).collect()
}

type ToSpans<'a> = &'a dyn Fn(&At) -> Vec<Span>;

fn of_document(subject: &Subject<'_>, place: ToSpans<'_>) -> Vec<Diagnostic> {
    let mut found = vec![];
    for rule in rules::ALL {
        if let Check::Document(check) = rule.check {
            found.extend(check(subject).into_iter().map(|hit| said(rule, hit, place)));
        }
    }
    found
}

fn of_identity(identity: &Identity<'_>, place: ToSpans<'_>) -> Vec<Diagnostic> {
    let mut found = vec![];
    for rule in rules::ALL {
        if let Check::Identity(check) = rule.check {
            found.extend(check(identity).into_iter().map(|hit| said(rule, hit, place)));
        }
    }
    found
}

/// What was said when a document was read, at its place.
fn read(problem: Problem, place: ToSpans<'_>) -> Option<Diagnostic> {
    let Problem { rule, severity, pointer, at_key, message, help } = problem;
    let at = if at_key { At::Key(pointer) } else { At::Value(pointer) };
    let mut diagnostic = said(rules::find(rule)?, Hit { at, message, help, related: vec![] }, place);
    diagnostic.severity = severity;
    Some(diagnostic)
}

/// What a rule found, at its place.
fn said(rule: &'static Rule, hit: Hit, place: ToSpans<'_>) -> Diagnostic {
    let Hit { at, message, help, related } = hit;
    let mut spans = place(&at).into_iter();
    let mut diagnostic = Diagnostic::error(spans.next(), message).rule(rule.id);
    diagnostic.severity = rule.severity;
    diagnostic.help.push(help.unwrap_or_else(|| rule.help.to_owned()));
    let templates = spans.map(|span| {
        let words = if is_shipped(&span) { "in this template" } else { "the template is used here" };
        (span, words.to_owned())
    });
    diagnostic.related.extend(templates);
    for (at, words) in related {
        diagnostic.related.extend(place(&at).into_iter().next().map(|span| (span, words)));
    }
    diagnostic
}

fn is_shipped(span: &Span) -> bool {
    span.source.name.ends_with(SHIPPED)
}

/// Where something stands in an estate: what a person edits first, then the template or its use.
fn places(
    at: &At,
    lowered: &Lowered,
    authored: Option<&Authored>,
    held: &[(&Held<'_>, Option<&Authored>)],
) -> Vec<Span> {
    let of_part = |value: &Span, place: &Place| match () {
        () if *value == place.edited || value.source == place.edited.source => vec![value.clone()],
        () if is_shipped(value) => vec![place.edited.clone(), value.clone()],
        () => vec![value.clone(), place.edited.clone()],
    };
    let origin = |id: &ResourceId, key: Option<&SettingKey>| {
        lowered.origins.of(id, key).cloned().into_iter().collect::<Vec<_>>()
    };
    match at {
        At::Value(pointer) => {
            authored.and_then(|a| a.place(pointer)).map(|p| of_part(&p.value, p)).unwrap_or_default()
        }
        At::Key(pointer) => {
            authored.and_then(|a| a.place(pointer)).map(|p| of_part(&p.key, p)).unwrap_or_default()
        }
        At::Held(number, pointer) => match held.get(*number) {
            Some((_, Some(authored))) => {
                authored.place(pointer).map(|p| of_part(&p.value, p)).unwrap_or_default()
            }
            Some((held, None)) => held.holder.map(|id| origin(id, held.setting.as_ref())).unwrap_or_default(),
            None => vec![],
        },
        At::Setting(id, key) => origin(id, key.as_ref()),
        At::Place(span) => vec![span.clone()],
    }
}

/// The text of a document that an identity holds, if it was written in the estate.
fn authored_of<'a>(
    held: &Held<'_>,
    as_written: &dyn Fn(&ResourceId, Option<&SettingKey>) -> Option<&'a Authored>,
) -> Option<&'a Authored> {
    use crate::state::PolicyReference::{Aws, Customer};
    match held.managed {
        Some(Customer(policy)) => as_written(policy, None),
        Some(Aws(_)) => None,
        None => as_written(held.holder?, held.setting.as_ref()),
    }
}

/// Takes out what is suppressed, and says which suppressions do nothing.
fn conclude(mut found: Vec<Diagnostic>, files: &[Node], today: Date) -> Report {
    found.sort_by(|a, b| {
        (&a.span, a.severity, a.rule, &a.message).cmp(&(&b.span, b.severity, b.rule, &b.message))
    });
    found.dedup_by(|a, b| (&a.span, a.rule, &a.message) == (&b.span, b.rule, &b.message));
    let known: Vec<&'static str> = rules::ALL.iter().map(|rule| rule.id).collect();
    let mut suppressions: Vec<Suppression> = vec![];
    let mut more = vec![];
    for source in sources(&found, files) {
        let texts = files.iter().find(|node| node.span.source == source).map(texts).unwrap_or_default();
        let within = |at: usize| texts.iter().any(|(start, end)| (*start..*end).contains(&at));
        let (read, wrong) = suppression::read(&source, &known, &within);
        suppressions.extend(read);
        more.extend(wrong);
    }
    let mut used: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut report = Report::default();
    for diagnostic in found {
        let by = suppressions
            .iter()
            .enumerate()
            .find(|(_, s)| s.until.is_none_or(|d| d >= today) && covers(s, &diagnostic));
        match by {
            Some((number, suppression)) => {
                used.insert((number, diagnostic.rule.unwrap_or_default().to_owned()));
                report.suppressed.push(Suppressed {
                    finding: diagnostic,
                    reason: suppression.reason.clone(),
                    until: suppression.until,
                    said: suppression.span.clone(),
                });
            }
            None => report.findings.push(diagnostic),
        }
    }
    for (number, suppression) in suppressions.iter().enumerate() {
        for (rule, span) in &suppression.rules {
            if is_shipped(span) {
                continue; // A shipped template is used in many ways; not every one trips what it allows.
            }
            let (id, message) = match suppression.until {
                Some(until) if until < today => {
                    ("suppression-expired", format!("the suppression of `{rule}` ended on {until}"))
                }
                _ if !used.contains(&(number, rule.clone())) => {
                    ("suppression-unused", format!("nothing here breaks `{rule}`"))
                }
                _ => continue,
            };
            if let Some(about) = rules::find(id) {
                let mut diagnostic =
                    Diagnostic::error(Some(span.clone()), message).rule(about.id).help(about.help);
                diagnostic.severity = about.severity;
                more.push(diagnostic);
            }
        }
    }
    report.findings.append(&mut more);
    report.findings.sort_by(|a, b| {
        (&a.span, a.severity, a.rule, &a.message).cmp(&(&b.span, b.severity, b.rule, &b.message))
    });
    report
}

fn covers(suppression: &Suppression, diagnostic: &Diagnostic) -> bool {
    let Some(rule) = diagnostic.rule else { return false };
    let templates = diagnostic.related.iter().map(|(span, _)| span);
    let (first, last) = suppression.lines;
    suppression.rules.iter().any(|(name, _)| name == rule)
        && diagnostic.span.iter().chain(templates).any(|span| {
            span.source == suppression.span.source && (first..=last).contains(&span.line_column().0)
        })
}

/// The files in question, each once: those that were read, and the templates that something was found in.
fn sources(found: &[Diagnostic], files: &[Node]) -> Vec<Arc<Source>> {
    let mut sources: Vec<Arc<Source>> = files.iter().map(|node| Arc::clone(&node.span.source)).collect();
    let spans = found.iter().flat_map(|d| d.span.iter().chain(d.related.iter().map(|(span, _)| span)));
    sources.extend(spans.map(|span| Arc::clone(&span.source)));
    sources.sort();
    sources.dedup();
    sources
}

/// The stretches of a file that are text or numbers, where a `#` begins no comment.
fn texts(node: &Node) -> Vec<(usize, usize)> {
    match &node.value {
        Value::List(items) => items.iter().flat_map(texts).collect(),
        Value::Map(entries) => entries.iter().flat_map(|entry| texts(&entry.value)).collect(),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => {
            vec![(node.span.start, node.span.end)]
        }
    }
}
