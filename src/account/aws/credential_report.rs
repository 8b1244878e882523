//! The account's credential report: most of what users sign in and call with, in one call, up to four hours old.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>

use std::time::Duration;

use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::ReportStateType;

use super::client::Link;
use super::error::Fault;

/// How often the report is asked for, a second apart: AWS may take a while over thousands of users.
const ATTEMPTS: usize = 90;

const MAKE: &str = "iam:GenerateCredentialReport";
const GET: &str = "iam:GetCredentialReport";

/// A report. Newer ones may have more columns, so that they are found by their names.
pub(super) struct CredentialReport {
    /// When it was written.
    pub(super) time: DateTime,
    header: Vec<String>,
    lines: Vec<Vec<String>>,
}

/// A user's line, or the root user's, who is called `<root_account>`.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    header: &'a [String],
    values: &'a [String],
}

impl CredentialReport {
    /// From its text; none if it has no header.
    pub(super) fn read(text: &str, time: DateTime) -> Option<Self> {
        let mut lines = text.lines();
        let header = fields(lines.next()?);
        let lines = lines.filter(|line| !line.trim().is_empty()).map(fields).collect();
        Some(Self { time, header, lines })
    }

    /// Whether it has all these columns.
    pub(super) fn has<'a>(&self, columns: impl IntoIterator<Item = &'a &'a str>) -> bool {
        columns.into_iter().all(|column| self.header.iter().any(|name| name == column))
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.lines.iter().map(|values| Line { header: &self.header, values })
    }
}

impl<'a> Line<'a> {
    /// The value in a column; empty where there is none.
    pub(super) fn text(self, column: &str) -> &'a str {
        let at = self.header.iter().position(|name| name == column);
        at.and_then(|at| self.values.get(at)).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn is_true(self, column: &str) -> bool {
        self.text(column).eq_ignore_ascii_case("true")
    }
}

/// The report, made if there is none younger than four hours.
pub(super) async fn fetch(link: &Link) -> Result<CredentialReport, (Fault, &'static str)> {
    for _ in 0..ATTEMPTS {
        let made = link.ask(async || Ok(link.iam.generate_credential_report().send().await?)).await;
        if made.map_err(|fault| (fault, MAKE))?.state() == Some(&ReportStateType::Complete) {
            let report = link.ask(async || Ok(link.iam_bulk.get_credential_report().send().await?)).await;
            let report = report.map_err(|fault| (fault, GET))?;
            let text = report.content().map(|c| String::from_utf8_lossy(c.as_ref()).into_owned());
            let time = report.generated_time().copied().ok_or_else(|| unusable("has no date"))?;
            return CredentialReport::read(&text.unwrap_or_default(), time)
                .ok_or_else(|| unusable("lacks columns"));
        }
        link.rest(Duration::from_secs(1)).await.map_err(|fault| (fault, MAKE))?;
    }
    let message = format!("the credential report is not ready after {ATTEMPTS} seconds: run this again");
    Err((Fault::invalid("Report", message), MAKE))
}

pub(super) fn unusable(what: &str) -> (Fault, &'static str) {
    (Fault::invalid("Report", format!("the credential report {what}")), GET)
}

/// The fields of a line of comma-separated values. User names may hold commas, and are quoted then.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (vec![], String::new(), false);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                field.push('"');
                rest.next();
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    fields.push(field);
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_keep_their_commas() {
        assert_eq!(fields("\"a,b\",c,\"d\"\"e\","), ["a,b", "c", "d\"e", ""]);
    }
}
