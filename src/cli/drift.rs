//! `hatrack drift`

use std::path::PathBuf;

use jiff::civil::Date;

use crate::account::CredentialSource;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::findings::{day, today};
use crate::cli::ignored::Ignoring;
use crate::cli::notify::{self, Notify};
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::pipeline::{Prepared, Selection, Session};
use crate::cli::report_file::ReportFile;
use crate::cli::{plan, progress, shard};
use crate::plan::{TrailQuestion, investigate};
use crate::report::{DriftReport, ReportKind};
use crate::spec::ignore_file::Ignores;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    selection: Selection,
    /// Only the accounts of the I-th of N parts of the estate, from 1; `auto/N` takes I from the job's index
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Also write a report to this file, by its ending: .json, .md, .brief.md or .txt; may be repeated
    #[arg(long, value_name = "FILE")]
    report: Vec<ReportFile>,
    /// Ask CloudTrail who changed it, and when: up to two calls a second, of its last 90 days
    #[arg(long)]
    who: bool,
    /// At most so many calls to CloudTrail
    #[arg(long, value_name = "N", default_value_t = 50, requires = "who", value_parser = clap::value_parser!(u16).range(1..=2000))]
    who_limit: u16,
    /// Drift that somebody knows of [default: `drift-ignore.yaml` beside `environments/`, if it is there]
    #[arg(long, value_name = "FILE")]
    ignore_file: Option<PathBuf>,
    /// Judge the days in the ignore file as if today were this day [default: today, in UTC]
    #[arg(long, value_name = "DAY", value_parser = day)]
    at: Option<Date>,
    #[command(flatten)]
    notify: Notify,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let interrupted = progress::on_interrupt()?;
    let notices = notify::check(&args.notify)?;
    let selection = Selection { shard: shard::of(args.shard.as_deref())?, ..args.selection.clone() };
    let session = Session::open(global, &selection, false, &interrupted, output)?;
    let prepared = session.compare(session.read_reached(CredentialSource::Live)?)?;
    let mut report = report_of(&session, &prepared);
    let today = args.at.unwrap_or_else(today);
    let ignoring = Ignoring::read(Ignores::Drift, &session.project, args.ignore_file.as_deref(), today);
    let looked_at_all = !report.is_partial() && args.selection.target.is_empty();
    report.ignore(&ignoring.entries, today, looked_at_all);
    if args.who {
        ask_who(&session, &prepared, &mut report, usize::from(args.who_limit));
    }
    show(&report, output);
    let found = exit_for(&report, !report.is_partial());
    let sound = ignoring.tell(output);
    // Each is tried, whatever became of the one before.
    let unwritten = args.report.iter().filter(|file| !file.write(&report, output)).count();
    let told = notices.send(&report, session.account.as_ref(), &interrupted, output);
    Ok(if !sound || unwritten > 0 || (!told && found == ExitCode::Done) { ExitCode::Error } else { found })
}

/// Prints drift in the format asked for.
pub fn show(report: &DriftReport, output: &Output) {
    output.result(&match output.format {
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => report.json(),
        Format::Markdown => report.markdown(),
        Format::Brief => report.brief(),
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

/// Asks the accounts' trails who changed what. Whatever comes of it, the findings stand.
fn ask_who(session: &Session, prepared: &Prepared, report: &mut DriftReport, limit: usize) {
    let asked = report.questions(&prepared.reading.state, &prepared.settled.wanted);
    let (places, questions): (Vec<usize>, Vec<TrailQuestion>) = asked.into_iter().unzip();
    let told = investigate(&questions, limit, &mut |page| session.account.trail(page));
    report.told(&places, &told);
}
