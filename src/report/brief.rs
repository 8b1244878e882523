//! Drift in brief, for chats and issues: some forty lines of Markdown at most, whatever is the matter.

use super::drift::{DriftReport, DriftSummary, Finding};
use super::escape::{markdown, markdown_code};
use super::said::Said;
use super::terminal::drift_counts;
use super::words;

const FINDINGS_MAX: usize = 15;
const OTHERS_MAX: usize = 3;
const ENVIRONMENTS_MAX: usize = 6;
/// Characters of one sentence, before it is made harmless: a name can be a screen long.
const SENTENCE_MAX: usize = 240;

impl DriftReport {
    /// What the report says, in one word: `drift`, `not-checked` or `none`.
    pub fn outcome(&self) -> &'static str {
        if self.has_drift() {
            "drift"
        } else if self.is_partial() {
            "not-checked"
        } else {
            "none"
        }
    }

    /// `Drift: 5 findings in analytics, lake`, as plain text.
    pub fn headline(&self) -> String {
        let found = match (self.outcome(), self.summary.drift) {
            ("drift", n) => words::count(n, "finding"),
            ("none", _) => String::from("none"),
            _ => String::from("not known"),
        };
        let names: Vec<&str> = self.environments.iter().map(|e| e.name.as_str()).collect();
        let shown: Vec<&str> = names.iter().take(ENVIRONMENTS_MAX).copied().collect();
        let more = match names.len() - shown.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let place = if names.is_empty() { String::new() } else { format!(" in {}{more}", shown.join(", ")) };
        let unread =
            [(self.environments_not_checked.len(), "environment"), (self.not_checked.len(), "thing")];
        let unread = unread.iter().filter(|(n, _)| *n > 0);
        let unread: String =
            unread.map(|(n, what)| format!("; {} not checked", words::count(*n, what))).collect();
        format!("Drift: {found}{place}{unread}")
    }

    /// The headline for a mail: printable ASCII, at most 100 characters.
    pub fn subject(&self) -> String {
        const MAX: usize = 100;
        let text = format!("hatrack: {}", self.headline());
        text.chars().take(MAX).map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
    }

    /// As brief Markdown.
    pub fn brief(&self) -> String {
        let mut out = format!("**{}**\n", markdown(&cut(&self.headline())));
        if self.summary != DriftSummary::default() {
            // How many there are stands in the headline.
            let counts = drift_counts(&self.summary);
            let counts = counts.split_once(": ").map_or(counts.as_str(), |(_, each)| each);
            out.push_str(&format!("\n{}\n", markdown(counts)));
        }
        let several = self.environments.len() > 1;
        let counted = self.drift.iter().filter(|f| f.drift);
        out.push_str(&block("", counted.map(|f| line(f, several)).collect(), FINDINGS_MAX));
        let away = self.environments_not_checked.iter().map(|one| markdown(&cut(&one.line()))).collect();
        out.push_str(&block("Environments that could not be looked at:", away, OTHERS_MAX));
        let sentence = |said: &Said| markdown(&cut(&said.text));
        let unread = self.not_checked.iter().map(sentence).collect();
        out.push_str(&block("Not checked, because it could not be read:", unread, OTHERS_MAX));
        let told = |note: &&Said| ["trail", "ignore-expired"].contains(&note.code.as_str());
        out.push_str(&block("Notes:", self.notes.iter().filter(told).map(sentence).collect(), OTHERS_MAX));
        out
    }
}

fn block(title: &str, lines: Vec<String>, most: usize) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let title = if title.is_empty() { String::new() } else { format!("{title}\n\n") };
    let shown: String = lines.iter().take(most).map(|line| format!("- {line}\n")).collect();
    let more = match lines.len().saturating_sub(most) {
        0 => String::new(),
        n => format!("- … and {n} more (see the full report)\n"),
    };
    format!("\n{title}{shown}{more}")
}

fn line(finding: &Finding, several: bool) -> String {
    let environment =
        if several { format!("{}: ", markdown(&cut(&finding.environment))) } else { String::new() };
    let address = markdown_code(&cut(&finding.whole_address()));
    let who = finding.changed_by.as_ref().map_or_else(String::new, |by| format!("; {}", by.markdown()));
    let what = markdown(&cut(&finding.text));
    format!("{} {environment}{address}: {what}{who}", finding.class.word())
}

fn cut(text: &str) -> String {
    if text.chars().count() <= SENTENCE_MAX {
        return text.to_owned();
    }
    let kept: String = text.chars().take(SENTENCE_MAX - 1).collect();
    format!("{kept}…")
}
