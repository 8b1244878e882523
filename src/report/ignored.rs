//! Drift that the ignore file takes out, and what the ignore file itself has to be told.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::drift::{DriftReport, DriftSummary, Finding};
use super::escape::{markdown, markdown_code};
use super::said::Said;
use super::words;
use crate::policy::glob;
use crate::spec::ignore_file::IgnoreEntry;

/// Why a finding does not count for some time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ignored {
    /// Why.
    pub reason: String,
    /// The last day, in UTC: `2027-01-31`.
    pub until: String,
    /// Who says so.
    pub by: Option<String>,
    /// Where it says so: `drift-ignore.yaml:4`.
    pub origin: String,
}

impl Ignored {
    /// `ignored until 2027-01-31 because INC-7 (ann)`.
    pub fn words(&self) -> String {
        let Self { reason, until, by, origin: _ } = self;
        let by = by.as_ref().map_or_else(String::new, |by| format!(" ({by})"));
        format!("ignored until {until} because {reason}{by}")
    }

    pub(super) fn markdown(&self, finding: &Finding) -> String {
        let address = markdown_code(&finding.whole_address());
        format!("- {address}: {} ({})\n", markdown(&self.words()), markdown_code(&self.origin))
    }
}

impl DriftReport {
    /// Takes out what entries say, each up to and with its last day. Those that are over, and those that nothing fits,
    /// are told; of the latter only if all was looked at.
    pub fn ignore(&mut self, entries: &[IgnoreEntry], today: Date, looked_at_all: bool) {
        let chosen = |entry: &&IgnoreEntry| self.environments.iter().any(|e| e.name == entry.environment);
        let entries: Vec<&IgnoreEntry> = entries.iter().filter(chosen).collect();
        self.notes.extend(ignore(&mut self.drift, &entries, today, looked_at_all, "drift"));
        self.summary = DriftSummary::of(&self.drift);
    }
}

impl Ignorable for Finding {
    fn fits(&self, entry: &IgnoreEntry) -> bool {
        (self.drift || self.ignored.is_some())
            && self.environment == entry.environment
            && glob(&entry.address, &self.whole_address())
    }

    fn let_be(&mut self, why: Ignored) {
        self.drift = false;
        self.answers.ignore = None;
        self.ignored.get_or_insert(why);
    }
}

/// What an ignore file can take out.
pub(super) trait Ignorable {
    /// Whether an entry is about it.
    fn fits(&self, entry: &IgnoreEntry) -> bool;

    /// Lets it be for the time being; whoever said so first is named.
    fn let_be(&mut self, why: Ignored);
}

/// Takes out what entries say, each up to and with its last day. What has to be told of the entries themselves: those
/// that are over, and, if all was looked at, those that nothing fits.
pub(super) fn ignore<F: Ignorable>(
    findings: &mut [F],
    entries: &[&IgnoreEntry],
    today: Date,
    looked_at_all: bool,
    what_is_not_there: &str,
) -> Vec<Said> {
    let mut notes = vec![];
    for entry in entries {
        let IgnoreEntry { environment, address, reason, until, by, place } = entry;
        let fitting: Vec<&mut F> = findings.iter_mut().filter(|finding| finding.fits(entry)).collect();
        let what = format!("{place}: {address} of {environment}");
        let note = |code: &str, text: String, help: &str| Said {
            code: code.to_owned(),
            address: None,
            text,
            help: vec![help.to_owned()],
        };
        if *until < today {
            let text = match fitting.len() {
                0 => format!("{what} expired on {until}, and nothing is there that it would ignore"),
                n => format!("{what} expired on {until}: {} again", counts_again(n)),
            };
            let help = "put it right and take the entry out, or give it another day";
            notes.push(note("ignore-expired", text, help));
        } else if fitting.is_empty() {
            if looked_at_all {
                let text = format!("{what} ignores nothing: there is no such {what_is_not_there}");
                notes.push(note("ignore-unused", text, "take the entry out"));
            }
        } else {
            for finding in fitting {
                finding.let_be(Ignored {
                    reason: reason.clone(),
                    until: until.to_string(),
                    by: by.clone(),
                    origin: place.clone(),
                });
            }
        }
    }
    notes
}

fn counts_again(n: usize) -> String {
    let verb = if n == 1 { "counts" } else { "count" };
    format!("{} {verb}", words::count(n, "finding"))
}
