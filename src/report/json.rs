//! Reports for programs.

use serde::Serialize;

use super::{ApplyReport, DriftReport, PlanReport, escape};

/// Pretty JSON with a newline at its end, harmless on a terminal.
pub(super) fn written(report: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    escape::json(&text)
}

impl PlanReport {
    /// As JSON.
    pub fn json(&self) -> String {
        written(self)
    }
}

impl DriftReport {
    /// As JSON.
    pub fn json(&self) -> String {
        written(self)
    }
}

impl ApplyReport {
    /// As JSON.
    pub fn json(&self) -> String {
        written(self)
    }
}
