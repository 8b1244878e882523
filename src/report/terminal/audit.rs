//! An audit at a terminal: by account and check, each with its way out once.

use super::super::answers::entry;
use super::super::audit::{AuditFinding, AuditReport, by_account, by_check, counted, counts, helps};
use super::super::page::{Page, Terminal, piece};
use super::super::style::Label;
use super::{head, not_looked_at, notes};
use crate::diagnostic::Severity;
use crate::spec::ignore_file::Ignores;

/// More of one check are for a wider look, or for programs.
const SHOWN_MAX: usize = 10;

impl AuditReport {
    /// As text for a terminal.
    pub fn terminal(&self, terminal: Terminal) -> String {
        let mut page = Page::new(terminal);
        let Self {
            format_version: _,
            environments,
            environments_not_checked: away,
            findings,
            not_checked,
            kept,
            notes: remarks,
            summary,
            accounts: _,
        } = self;
        not_looked_at(&mut page, away);
        for (account, shown) in by_account(environments) {
            let own: Vec<&AuditFinding> = counted(findings).filter(|f| f.account == account).collect();
            let gaps: Vec<_> = not_checked.iter().filter(|gap| gap.account == account).collect();
            let remark = match (own.is_empty(), gaps.is_empty()) {
                (true, true) => " · nothing found",
                (true, false) => " · nothing found in what could be read",
                (false, _) => "",
            };
            head(&mut page, &shown, remark);
            by_severity(&mut page, &own);
            ignored(&mut page, findings.iter().filter(|f| f.account == account));
            if !gaps.is_empty() {
                page.blank();
                page.say(0, 2, Label::Hazard, "Not checked, because it could not be read:");
                for gap in gaps {
                    page.flow(2, 4, [piece(Label::Hazard, "? "), piece(Label::Plain, gap.words())]);
                }
            }
            let own: Vec<&str> = kept.iter().filter(|k| k.account == account).map(|k| k.check).collect();
            if terminal.detail && !own.is_empty() {
                page.blank();
                page.say(0, 2, Label::Dim, format!("Kept: {}", own.join(", ")));
            }
        }
        notes(&mut page, remarks);
        page.blank();
        page.flow(
            0,
            2,
            [piece(Label::Heading, "Audit:"), piece(Label::Plain, format!(" {}", counts(summary)))],
        );
        if let Some(first) = counted(findings).next() {
            let file = Ignores::Audit(&[]).file();
            let fix = format!("to let one be until a day, put it into {file}, under `ignore:`");
            page.flow(2, 2, [piece(Label::Help, "→ "), piece(Label::Plain, fix)]);
            let name = first.id.split_once('/').map_or(first.id.as_str(), |(_, name)| name);
            for line in entry(&first.environment, "finding", name) {
                let indent = 6 + line.len() - line.trim_start().len();
                page.say(indent, 2, Label::Plain, line);
            }
        }
        not_looked_at(&mut page, away);
        page.finish()
    }
}

fn by_severity(page: &mut Page, own: &[&AuditFinding]) {
    for (severity, title, label) in [
        (Severity::SecurityWarning, "Security warnings", Label::Error),
        (Severity::Warning, "Warnings", Label::Hazard),
        (Severity::Suggestion, "Suggestions", Label::Changed),
    ] {
        let grave: Vec<&AuditFinding> =
            own.iter().copied().filter(|f| f.severity == severity.code()).collect();
        if grave.is_empty() {
            continue;
        }
        page.blank();
        page.flow(0, 2, [piece(label, title), piece(Label::Dim, format!(" ({})", grave.len()))]);
        for (check, findings) in by_check(grave.into_iter()) {
            let name = [piece(Label::Heading, check.id), piece(Label::Dim, format!(" · {}", check.sentence))];
            page.flow(2, 4, name);
            let most = if page.terminal().detail { findings.len() } else { SHOWN_MAX };
            for finding in findings.iter().take(most) {
                let first = page.len();
                let text = format!("{}: {}", finding.subject, finding.text);
                page.flow(6, 2, [piece(Label::Hazard, "! "), piece(Label::Plain, text)]);
                page.at_right(first, finding.origin.as_deref(), Some(8));
            }
            if findings.len() > most {
                let more = format!("… and {} more: `-v` shows all", findings.len() - most);
                page.say(6, 2, Label::Dim, more);
            }
            for help in helps(&findings) {
                page.flow(6, 2, [piece(Label::Help, "→ "), piece(Label::Plain, help)]);
            }
        }
    }
}

fn ignored<'a>(page: &mut Page, findings: impl Iterator<Item = &'a AuditFinding>) {
    let own: Vec<_> = findings.filter_map(|f| Some((f, f.ignored.as_ref()?))).collect();
    if own.is_empty() {
        return;
    }
    page.blank();
    page.say(0, 2, Label::Dim, format!("Ignored ({}):", own.len()));
    for (finding, why) in own {
        let first = page.len();
        page.say(2, 4, Label::Dim, format!("{}/{}", finding.check, finding.subject));
        page.at_right(first, Some(&why.origin), None);
        page.say(6, 2, Label::Dim, why.words());
    }
}
