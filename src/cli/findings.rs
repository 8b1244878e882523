//! What was found in files, on the way out.

use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::options::Format;
use crate::cli::output::Output;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint;
use crate::report::FindingsReport;
use crate::spec::{EnvironmentInfo, Lowered};

/// The severity from which on a command fails.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum FailOn {
    /// What cannot work
    Error,
    /// What opens more than a careful person would want
    SecurityWarning,
    /// What is probably not as meant
    Warning,
    /// What could be said better
    Suggestion,
}

impl From<FailOn> for Severity {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Error => Self::Error,
            FailOn::SecurityWarning => Self::SecurityWarning,
            FailOn::Warning => Self::Warning,
            FailOn::Suggestion => Self::Suggestion,
        }
    }
}

/// Today, in UTC.
pub fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// A day, as it is written on the command line.
///
/// # Errors
/// It is none.
pub fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| "a day is written like `2027-01-31`".to_owned())
}

/// What rules find in the environments chosen of an estate.
pub fn of_estate(lowered: &Lowered, chosen: &[&EnvironmentInfo], today: Date) -> FindingsReport {
    let others = lowered.environments.iter().filter(|e| !chosen.contains(e));
    let others: Vec<&str> = others.map(|e| e.source.as_str()).collect();
    let here = |finding: &Diagnostic| {
        finding.span.as_ref().is_none_or(|span| !others.contains(&span.source.name.as_str()))
    };
    let mut report = lint::estate(lint::Estate { lowered, today });
    report.findings.retain(&here);
    report.suppressed.retain(|suppressed| here(&suppressed.finding));
    FindingsReport { findings: report.findings, suppressed: report.suppressed, allowed: 0 }
}

/// Prints findings: for people to standard error, as messages of compilers are, else to standard output.
pub fn print(report: &FindingsReport, output: &Output) {
    match output.format {
        Format::Terminal => output.diagnostics(&report.findings),
        Format::Json => output.result(&report.json()),
        Format::Markdown | Format::Brief => output.result(&report.markdown()),
        Format::Sarif => output.result(&report.sarif()),
        Format::Github => output.result(&report.github()),
    }
}
