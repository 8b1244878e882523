//! What rules found, for programs and services: JSON, SARIF, annotations of GitHub, markdown.

use serde::Serialize;

use super::diagnostics::{self, Place, lines_for_services, place, place_in_file};
use super::{FORMAT_VERSION, escape, json, words};
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::{Suppressed, rules};

/// What was found in files, and what is allowed there.
#[derive(Clone, Debug, Default)]
pub struct FindingsReport {
    /// What is said, in the order of the files.
    pub findings: Vec<Diagnostic>,
    /// What is not, since somebody gave a reason.
    pub suppressed: Vec<Suppressed>,
    /// How many more are allowed by the command line.
    pub allowed: usize,
}

/// The rule of what breaks no rule of the policy language: the specification's own grammar.
const SPECIFICATION: &str = "specification";

#[derive(Serialize)]
struct Written<'a> {
    format_version: u32,
    findings: Vec<Line<'a>>,
    suppressed: Vec<SuppressedLine<'a>>,
    summary: Summary,
}

#[derive(Serialize)]
struct Checked<'a> {
    format_version: u32,
    diagnostics: Vec<diagnostics::One>,
    suppressed: Vec<SuppressedLine<'a>>,
    summary: Summary,
}

/// One finding; lines and columns count from 1, columns in characters; null where there is no place.
#[derive(Serialize)]
struct Line<'a> {
    rule: &'a str,
    severity: &'static str,
    message: &'a str,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    help: &'a [String],
}

#[derive(Serialize)]
struct SuppressedLine<'a> {
    #[serde(flatten)]
    finding: Line<'a>,
    reason: &'a str,
    until: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    error: usize,
    security_warning: usize,
    warning: usize,
    suggestion: usize,
    suppressed: usize,
    /// Allowed by the command line.
    allowed: usize,
}

fn line(diagnostic: &Diagnostic) -> Line<'_> {
    let Diagnostic { severity, rule, message, span, label: _, related: _, help } = diagnostic;
    let at = span.as_ref().map(place);
    Line {
        rule: rule.unwrap_or(SPECIFICATION),
        severity: severity.code(),
        message,
        line: at.as_ref().map(|at| at.line),
        column: at.as_ref().map(|at| at.column),
        end_line: at.as_ref().map(|at| at.end_line),
        end_column: at.as_ref().map(|at| at.end_column),
        file: at.map(|at| at.file),
        help,
    }
}

impl FindingsReport {
    /// How many there are of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether any is at least as bad.
    pub fn has(&self, severity: Severity) -> bool {
        self.findings.iter().any(|finding| finding.severity <= severity)
    }

    /// Counted, in words: `1 error, 2 warnings, 1 suppressed`; empty if there is nothing.
    pub fn counted(&self) -> String {
        let mut parts: Vec<String> = Severity::ALL
            .into_iter()
            .map(|severity| (self.count(severity), severity.words()))
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| words::count(count, what))
            .collect();
        if !self.suppressed.is_empty() {
            parts.push(format!("{} suppressed", self.suppressed.len()));
        }
        if self.allowed > 0 {
            parts.push(format!("{} allowed", self.allowed));
        }
        parts.join(", ")
    }

    /// As JSON.
    pub fn json(&self) -> String {
        json::written(&Written {
            format_version: FORMAT_VERSION,
            findings: self.findings.iter().map(line).collect(),
            suppressed: self.suppressed_lines(),
            summary: self.summary(),
        })
    }

    /// As JSON in the form of all diagnostics, with what is suppressed beside them.
    pub fn diagnostics_json(&self) -> String {
        json::written(&Checked {
            format_version: FORMAT_VERSION,
            diagnostics: self.findings.iter().map(diagnostics::one).collect(),
            suppressed: self.suppressed_lines(),
            summary: self.summary(),
        })
    }

    fn suppressed_lines(&self) -> Vec<SuppressedLine<'_>> {
        let lines = self.suppressed.iter().map(|suppressed| {
            let Suppressed { finding, reason, until, said: _ } = suppressed;
            SuppressedLine { finding: line(finding), reason, until: until.map(|date| date.to_string()) }
        });
        lines.collect()
    }

    fn summary(&self) -> Summary {
        Summary {
            error: self.count(Severity::Error),
            security_warning: self.count(Severity::SecurityWarning),
            warning: self.count(Severity::Warning),
            suggestion: self.count(Severity::Suggestion),
            suppressed: self.suppressed.len(),
            allowed: self.allowed,
        }
    }

    /// As workflow commands of GitHub Actions, which become annotations of the lines.
    /// <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>
    pub fn github(&self) -> String {
        let mut out = String::new();
        for finding in &self.findings {
            let Diagnostic { severity, rule, message: _, span, label: _, related: _, help: _ } = finding;
            let command = match severity {
                Severity::Error => "error",
                Severity::SecurityWarning | Severity::Warning => "warning",
                Severity::Suggestion => "notice",
            };
            let mut properties = vec![];
            if let Some(at) = span.as_ref().map(place_in_file) {
                let Place { file, line, column, end_line, end_column } = at;
                properties.push(format!("file={}", property(&file)));
                properties.push(format!("line={line}"));
                properties.push(format!("endLine={end_line}"));
                if line == end_line {
                    properties.push(format!("col={column}"));
                    properties.push(format!("endColumn={end_column}"));
                }
            }
            let title = rule.unwrap_or(SPECIFICATION);
            properties.push(format!("title={}", property(title)));
            let said = data(&lines_for_services(finding));
            out.push_str(&format!("::{command} {}::{said}\n", properties.join(",")));
        }
        out
    }

    /// As markdown: a table.
    pub fn markdown(&self) -> String {
        let counted = self.counted();
        let mut out = format!("**{}**\n", if counted.is_empty() { "no findings" } else { &counted });
        if !self.findings.is_empty() {
            out.push_str("\n| | rule | where | what |\n|---|---|---|---|\n");
        }
        for finding in &self.findings {
            let rule = finding.rule.unwrap_or(SPECIFICATION);
            let place =
                finding.span.as_ref().map(|span| escape::markdown(&span.to_string())).unwrap_or_default();
            let cell = super::markdown::sentence;
            let help: String = finding.help.iter().map(|help| format!("; {}", cell(help))).collect();
            let (severity, message) = (finding.severity.words(), cell(&finding.message));
            out.push_str(&format!("| {severity} | `{rule}` | {place} | {message}{help} |\n"));
        }
        out
    }

    /// As SARIF 2.1.0, for code scanning.
    /// <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
    pub fn sarif(&self) -> String {
        json::written(&super::sarif::log(&self.findings, &self.suppressed))
    }
}

/// The rules that anything is said of, with the one for all that is of none, in the order of their ids.
pub(super) fn rule_ids<'a>(found: impl Iterator<Item = &'a Diagnostic>) -> Vec<&'static str> {
    let mut ids: Vec<&'static str> = found.map(rule_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// What becomes of assertions that do not hold.
pub(super) const CLAIMS: [&str; 3] = ["broken-assertion", "empty-assertion", "unproven-assertion"];

/// The rule of a finding.
pub(super) fn rule_id(diagnostic: &Diagnostic) -> &'static str {
    let of_rule = |id: &'static str| rules::find(id).map(|rule| rule.id);
    let of_claim = |id: &'static str| CLAIMS.into_iter().find(|known| *known == id);
    diagnostic.rule.and_then(|id| of_rule(id).or_else(|| of_claim(id))).unwrap_or(SPECIFICATION)
}

/// Text after the second `::` of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(&escape::text(text)).replace(':', "%3A").replace(',', "%2C")
}
