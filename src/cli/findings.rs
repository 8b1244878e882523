//! What was found in files, on the way out.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cli::options::Format;
use crate::cli::output::Output;
use crate::report::FindingsReport;

/// Today, in UTC.
pub fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

/// Prints findings: for people to standard error, as messages of compilers are, else to standard output.
pub fn print(report: &FindingsReport, output: &Output) {
    match output.format {
        Format::Terminal => output.diagnostics(&report.findings),
        Format::Json => output.result(&report.json()),
        Format::Markdown => output.result(&report.markdown()),
        Format::Sarif => output.result(&report.sarif()),
        Format::Github => output.result(&report.github()),
    }
}
