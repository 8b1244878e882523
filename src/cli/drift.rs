//! `hatrack drift`

use crate::account::CredentialSource;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::pipeline::{Prepared, Selection, Session};
use crate::cli::{plan, progress, shard};
use crate::report::{DriftReport, ReportKind};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Only the accounts of the I-th of N parts of the estate, from 1; `auto/N` takes I from the job's index
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let interrupted = progress::on_interrupt()?;
    let selection = Selection { shard: shard::of(args.shard.as_deref())?, ..args.selection.clone() };
    let session = Session::open(global, &selection, false, &interrupted, output)?;
    let prepared = session.compare(session.read_reached(CredentialSource::Live)?)?;
    let report = report_of(&session, &prepared);
    show(&report, output);
    let Prepared { reading, aws, .. } = &prepared;
    let all_read = reading.unread.is_empty() && reading.unreached.is_empty() && aws.not_checked.is_empty();
    Ok(exit_for(&report, all_read))
}

/// Prints drift in the format asked for.
pub fn show(report: &DriftReport, output: &Output) {
    output.result(&match output.format {
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => report.json(),
        Format::Markdown => report.markdown(),
    });
}

/// How drift is told to scripts: what was not looked at could be anything.
pub fn exit_for(report: &DriftReport, all_read: bool) -> ExitCode {
    if !all_read {
        ExitCode::Error
    } else if report.has_drift() {
        ExitCode::Differences
    } else {
        ExitCode::Done
    }
}

/// Drift as data.
pub fn report_of(session: &Session, prepared: &Prepared) -> DriftReport {
    let report = plan::with_inputs(session, prepared, DriftReport::new);
    DriftReport { basis: plan::basis(session, prepared, ReportKind::Drift).map(Box::new), ..report }
}
