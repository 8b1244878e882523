//! What became of an apply, at a terminal.

use super::super::apply::{ApplyReport, ApplyStep, ApplySummary, StepResult};
use super::super::page::{Page, Terminal, piece};
use super::super::style::Label;
use super::super::words;
use super::not_checked;

impl ApplyReport {
    /// As text for a terminal.
    pub fn terminal(&self, terminal: Terminal) -> String {
        let mut page = Page::new(terminal);
        let Self { format_version: _, summary, steps, remaining, not_checked: unread, next } = self;
        for result in [StepResult::Done, StepResult::NotStarted, StepResult::Unknown, StepResult::Failed] {
            let own: Vec<&ApplyStep> = steps.iter().filter(|s| s.result == result).collect();
            // Where all is done, progress has said so step by step; the list matters when something is left.
            if own.is_empty() || summary.done == steps.len() {
                continue;
            }
            let (title, sign, label) = look(result);
            // One reason for all (an interruption stops hundreds) is said once.
            let first = own.first().and_then(|step| step.reason.as_deref());
            let shared = first.filter(|_| own.len() > 1 && own.iter().all(|s| s.reason.as_deref() == first));
            page.blank();
            let because = shared.map(|reason| format!(": {reason}")).unwrap_or_default();
            page.flow(
                0,
                2,
                [
                    piece(label, title),
                    piece(Label::Dim, format!(" ({})", own.len())),
                    piece(Label::Plain, because),
                ],
            );
            for step in own {
                page.flow(2, 4, [piece(label, format!("{sign} ")), piece(Label::Plain, step.text.as_str())]);
                if let Some(reason) = step.reason.as_ref().filter(|_| shared.is_none()) {
                    page.say(
                        6,
                        2,
                        if result == StepResult::Failed { Label::Error } else { Label::Dim },
                        reason.as_str(),
                    );
                }
            }
        }
        let left: Vec<_> = remaining.iter().filter(|f| f.drift).collect();
        if !left.is_empty() {
            page.blank();
            page.flow(
                0,
                2,
                [
                    piece(Label::Hazard, "Still not as declared"),
                    piece(Label::Dim, format!(" ({})", left.len())),
                ],
            );
            let mut last = None;
            for each in left {
                if last != Some(&each.address) {
                    page.say(2, 4, Label::Heading, each.address.as_str());
                    last = Some(&each.address);
                }
                page.flow(6, 2, [piece(Label::Hazard, "! "), piece(Label::Plain, each.text.as_str())]);
                for help in &each.help {
                    page.flow(8, 2, [piece(Label::Help, "→ "), piece(Label::Plain, help.as_str())]);
                }
            }
        }
        not_checked(&mut page, unread);
        page.blank();
        page.flow(
            0,
            2,
            [piece(Label::Heading, "Apply:"), piece(Label::Plain, format!(" {}", counts(summary)))],
        );
        for step in next {
            page.flow(2, 2, [piece(Label::Help, "→ "), piece(Label::Plain, step.as_str())]);
        }
        page.finish()
    }
}

fn look(result: StepResult) -> (&'static str, &'static str, Label) {
    match result {
        StepResult::Done => ("Done", "✓", Label::Added),
        StepResult::Failed => ("Failed", "✗", Label::Error),
        StepResult::NotStarted => ("Not started", "·", Label::Dim),
        StepResult::Unknown => ("Unknown: it may or may not have been done", "?", Label::Hazard),
    }
}

/// `12 operations done, 1 failed`.
pub(crate) fn counts(summary: &ApplySummary) -> String {
    let ApplySummary { done, failed, not_started, unknown } = *summary;
    let mut text = format!("{} done", words::count(done, "operation"));
    for (n, what) in [(failed, "failed"), (not_started, "not started"), (unknown, "unknown")] {
        if n > 0 {
            text.push_str(&format!(", {n} {what}"));
        }
    }
    text
}
