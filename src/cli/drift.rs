//! `hatrack drift`

use crate::account::CredentialSource;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::pipeline::{Prepared, Selection, Session};
use crate::cli::{plan, progress};
use crate::report::DriftReport;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let interrupted = progress::on_interrupt()?;
    let session = Session::open(global, &args.selection, false, &interrupted, output)?;
    let prepared = session.prepare(session.read(CredentialSource::Live)?)?;
    let report = report_of(&session, &prepared);
    output.result(&match output.format {
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => report.json(),
        Format::Markdown => report.markdown(),
    });
    Ok(if !prepared.reading.unread.is_empty() || !prepared.aws.not_checked.is_empty() {
        ExitCode::Error
    } else if report.has_drift() {
        ExitCode::Differences
    } else {
        ExitCode::Done
    })
}

/// Drift as data.
pub fn report_of(session: &Session, prepared: &Prepared) -> DriftReport {
    plan::with_inputs(session, prepared, DriftReport::new)
}
