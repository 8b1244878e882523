//! Drift that the ignore file takes out, and what the ignore file itself has to be told.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::drift::{DriftReport, DriftSummary, Finding};
use super::escape::{markdown, markdown_code};
use super::said::Said;
use super::words;
use crate::policy::glob;
use crate::spec::drift_ignore::IgnoreEntry;

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
        let mut notes = vec![];
        for entry in entries {
            if !self.environments.iter().any(|e| e.name == entry.environment) {
                continue;
            }
            let IgnoreEntry { environment, address, reason, until, by, place } = entry;
            let fits = |finding: &&mut Finding| {
                (finding.drift || finding.ignored.is_some())
                    && finding.environment == *environment
                    && glob(address, &finding.whole_address())
            };
            let fitting: Vec<&mut Finding> = self.drift.iter_mut().filter(fits).collect();
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
                notes.push(note(
                    "ignore-expired",
                    text,
                    "put it right and take the entry out, or give it another day",
                ));
            } else if fitting.is_empty() {
                if looked_at_all {
                    let text = format!("{what} ignores nothing: there is no such drift");
                    notes.push(note("ignore-unused", text, "take the entry out"));
                }
            } else {
                for finding in fitting {
                    finding.drift = false;
                    finding.answers.ignore = None;
                    finding.ignored.get_or_insert_with(|| Ignored {
                        reason: reason.clone(),
                        until: until.to_string(),
                        by: by.clone(),
                        origin: place.clone(),
                    });
                }
            }
        }
        self.notes.extend(notes);
        self.summary = DriftSummary::of(&self.drift);
    }
}

fn counts_again(n: usize) -> String {
    let verb = if n == 1 { "counts" } else { "count" };
    format!("{} {verb}", words::count(n, "finding"))
}
