//! Drift at a terminal, told from the account's side: what came, what went, what was changed since it was declared.

use super::super::answers::entry;
use super::super::drift::{Class, DriftReport, DriftSummary, Finding};
use super::super::page::{Page, Terminal, piece};
use super::super::statements::Side;
use super::super::style::Label;
use super::super::words;
use super::aws_managed::changed;
use super::resource::whole;
use super::setting::{field, setting};
use super::{coverage, findings, head, not_checked, not_looked_at, notes, reach};
use crate::spec::ignore_file::IGNORE_FILE;
use crate::state::Setting;

impl DriftReport {
    /// As text for a terminal.
    pub fn terminal(&self, terminal: Terminal) -> String {
        let mut page = Page::new(terminal);
        let Self {
            format_version: _,
            shard: _, // Said before anything is read.
            environments,
            environments_not_checked: away,
            drift,
            not_checked: unread,
            coverage: covered,
            findings: broken,
            notes: remarks,
            summary,
            basis: _,
        } = self;
        not_looked_at(&mut page, away);
        for environment in environments {
            let own: Vec<&Finding> = drift.iter().filter(|f| f.environment == environment.name).collect();
            let drifted = own.iter().any(|f| f.drift);
            let remark =
                if drifted { String::new() } else { format!(" · no drift{}", reach(unread, remarks)) };
            head(&mut page, environment, &remark);
            classes(&mut page, &own);
        }
        let elsewhere: Vec<&Finding> = drift
            .iter()
            .filter(|finding| !environments.iter().any(|e| e.name == finding.environment))
            .collect();
        classes(&mut page, &elsewhere);
        findings(&mut page, broken);
        notes(&mut page, remarks);
        not_checked(&mut page, unread);
        coverage(&mut page, covered);
        page.blank();
        page.flow(
            0,
            2,
            [piece(Label::Heading, "Drift:"), piece(Label::Plain, format!(" {}", counts(summary)))],
        );
        let counted = || drift.iter().filter(|f| f.drift);
        if counted().any(|f| f.answers.revert.is_some()) {
            let fix = "to put all of it back run `hatrack apply`";
            page.flow(2, 2, [piece(Label::Help, "→ "), piece(Label::Plain, fix)]);
        }
        answers(&mut page, &counted().collect::<Vec<_>>());
        if counted().any(|f| f.class == Class::AwsChanged) {
            let fix = "what AWS says in its own policies nobody can put back: look at what came, attach something \
                       narrower if it is too much, and take the rest over with `hatrack lock`";
            page.flow(2, 2, [piece(Label::Help, "→ "), piece(Label::Plain, fix)]);
        }
        if counted().any(|f| f.outside && f.class != Class::AwsChanged) {
            let fix = "hatrack never touches what no environment declares: delete it by hand, keep it with \
                       `hatrack adopt`, or list it under `ignore` with a reason";
            page.flow(2, 2, [piece(Label::Help, "→ "), piece(Label::Plain, fix)]);
        }
        not_looked_at(&mut page, away);
        page.finish()
    }
}

fn classes(page: &mut Page, findings: &[&Finding]) {
    for (class, outside) in [
        (Class::Unmanaged, false),
        (Class::Unmanaged, true),
        (Class::Modified, false),
        (Class::Deleted, false),
        (Class::AwsChanged, true),
        (Class::Foreign, false),
        (Class::Foreign, true),
    ] {
        let kin = |f: &&Finding| f.class == class && f.outside == outside && f.drift;
        let own: Vec<&Finding> = findings.iter().copied().filter(kin).collect();
        if own.is_empty() {
            continue;
        }
        let (title, label) = match (class, outside) {
            (Class::Unmanaged, false) => ("Not declared, but in the account", Label::Hazard),
            (Class::Unmanaged, true) => ("Nobody's, in an account that is answered for whole", Label::Hazard),
            (Class::Modified, _) => ("Not as declared", Label::Changed),
            (Class::Deleted, _) => ("Declared, but missing in the account", Label::Removed),
            (Class::AwsChanged, _) => ("Changed by AWS since it was locked", Label::Hazard),
            (Class::Foreign, false) => ("Declared, but not hatrack's in the account", Label::Error),
            (Class::Foreign, true) => {
                ("Somebody else's, in an account that is answered for whole", Label::Error)
            }
        };
        page.blank();
        page.flow(0, 2, [piece(label, title), piece(Label::Dim, format!(" ({})", own.len()))]);
        grouped(page, &own);
    }
    for (class, title) in [
        (Class::Unmanaged, "In the account and not answered for (does not count as drift):"),
        (Class::Foreign, "Owned by others (does not count as drift):"),
    ] {
        let names: Vec<&str> = findings
            .iter()
            .filter(|f| f.class == class && !f.drift && f.ignored.is_none())
            .map(|f| if class == Class::Foreign { f.text.as_str() } else { f.address.as_str() })
            .collect();
        if !names.is_empty() {
            page.blank();
            page.say(0, 2, Label::Dim, title);
            page.say(2, 0, Label::Dim, names.join(", "));
        }
    }
    ignored(page, findings);
}

/// The three answers, with the addresses that they take. Whoever reads this at night needs them once, and not after
/// every finding.
fn answers(page: &mut Page, counted: &[&Finding]) {
    /// More are for a wider look, or for programs.
    const SHOWN_MAX: usize = 10;
    let own: Vec<&&Finding> =
        counted.iter().filter(|f| f.answers.revert.is_some() || f.answers.adopt.is_some()).collect();
    if !own.is_empty() {
        let fix = "one at a time: `hatrack revert ADDRESS` puts it back, `hatrack adopt ADDRESS` keeps it and \
                   writes the YAML:";
        page.flow(2, 2, [piece(Label::Help, "→ "), piece(Label::Plain, fix)]);
        let shown = if page.terminal().detail { own.len() } else { SHOWN_MAX };
        for finding in own.iter().take(shown) {
            let only = match (&finding.answers.revert, &finding.answers.adopt) {
                (None, _) => " (adopt only)",
                (_, None) => " (revert only)",
                (Some(_), Some(_)) => "",
            };
            let address = finding.answers.arguments.as_str();
            page.flow(6, 2, [piece(Label::Plain, address), piece(Label::Dim, only)]);
        }
        if own.len() > shown {
            page.say(6, 2, Label::Dim, format!("… and {} more: `-v` shows all", own.len() - shown));
        }
    }
    if let Some(first) = counted.iter().find(|f| f.answers.ignore.is_some()) {
        let fix = format!("to let one be until a day, put it into {IGNORE_FILE}, under `ignore:`");
        page.flow(2, 2, [piece(Label::Help, "→ "), piece(Label::Plain, fix)]);
        for line in entry(&first.environment, "address", &first.whole_address()) {
            let indent = 6 + line.len() - line.trim_start().len();
            page.say(indent, 2, Label::Plain, line);
        }
    }
}

/// What the ignore file takes out, with its reasons.
fn ignored(page: &mut Page, findings: &[&Finding]) {
    let own: Vec<_> = findings.iter().filter_map(|f| Some((f, f.ignored.as_ref()?))).collect();
    if own.is_empty() {
        return;
    }
    page.blank();
    page.say(0, 2, Label::Dim, format!("Ignored ({}; does not count as drift):", own.len()));
    for (finding, why) in own {
        let first = page.len();
        page.say(2, 4, Label::Dim, finding.whole_address());
        page.at_right(first, Some(&why.origin), None);
        page.say(6, 2, Label::Dim, why.words());
    }
}

/// Findings under the line of their resource.
fn grouped(page: &mut Page, findings: &[&Finding]) {
    let mut last: Option<&str> = None;
    for each in findings {
        if last != Some(each.address.as_str()) {
            let first = page.len();
            page.flow(2, 4, [piece(Label::Heading, each.address.as_str())]);
            page.at_right(first, each.origin.as_deref(), Some(6));
            last = Some(&each.address);
        }
        finding(page, each);
    }
}

/// One finding under the line of its resource.
fn finding(page: &mut Page, finding: &Finding) {
    if let Some(change) = &finding.aws_managed {
        return changed(page, 6, change);
    }
    differs(page, finding);
    if let Some(by) = &finding.changed_by {
        page.flow(8, 2, [piece(Label::Heading, by.words())]);
    }
    for help in &finding.help {
        page.flow(8, 2, [piece(Label::Help, "→ "), piece(Label::Plain, help.as_str())]);
    }
}

/// What is not as declared.
fn differs(page: &mut Page, finding: &Finding) {
    let text = || finding.text.as_str();
    match (&finding.setting, &finding.field, finding.class) {
        (Some(_), _, Class::Unmanaged) => {
            page.flow(6, 2, [piece(Label::Hazard, "! "), piece(Label::Plain, text())]);
            let (found, _) = &finding.sides;
            if let Some(found @ (Setting::Inline { .. } | Setting::BucketPolicy(_) | Setting::Lifecycle(_))) =
                found
            {
                setting(page, 6, None, Some(found), Side::Plan);
            }
        }
        (Some(_), _, Class::Deleted) => setting(page, 6, finding.sides.1.as_ref(), None, Side::Plan),
        (Some(_), _, _) => {
            setting(page, 6, finding.sides.1.as_ref(), finding.sides.0.as_ref(), Side::Account)
        }
        (None, Some(name), _) if name == "name" => page.say(6, 2, Label::Plain, text()),
        (None, Some(name), _) => {
            field(page, 6, name, finding.wanted.as_ref(), finding.found.as_ref(), Side::Account);
        }
        (None, None, class) => {
            let label = if class == Class::Deleted { Label::Removed } else { Label::Hazard };
            page.flow(6, 2, [piece(label, "! "), piece(Label::Plain, text())]);
            if let Some(resource) = &finding.whole {
                whole(page, 6, ("+", Label::Added), resource, true);
            }
        }
    }
}

/// `2 not declared, 1 not as declared, 1 missing`.
pub(crate) fn counts(summary: &DriftSummary) -> String {
    let DriftSummary { drift, modified, deleted, unmanaged, foreign, aws_changed, not_counted, ignored } =
        *summary;
    let all = [
        (unmanaged, "not declared"),
        (modified, "not as declared"),
        (deleted, "missing"),
        (aws_changed, "changed by AWS"),
        (foreign, "somebody else's"),
    ];
    let said: Vec<_> = all.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let rest = [(ignored, "ignored"), (not_counted, "not counted")];
    let rest: String = rest.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("; {n} {what}")).collect();
    if drift == 0 {
        format!("none{rest}")
    } else {
        format!("{}: {}{rest}", words::count(drift, "finding"), said.join(", "))
    }
}
