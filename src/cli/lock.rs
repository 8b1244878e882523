//! `hatrack lock`

use crate::account::{Blind, CredentialSource, store};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::pipeline::{Selection, Session};
use crate::cli::progress;
use crate::plan::relock;
use crate::report::{self, LockReport};
use crate::state::sagemaker_kinds;
use crate::state::{Kind, Unread};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environments whose accounts are asked, by name or file [default: all]
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<String>,
    /// Write nothing; exit code 2 if the file would change
    #[arg(long)]
    check: bool,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let interrupted = progress::on_interrupt()?;
    let selection = Selection::of(&args.environments);
    let session = Session::open_without_lock(global, &selection, &interrupted, output)?;
    // This is the way out of a lock file that is damaged, so it is no reason to stop; a newer one is not damaged.
    let before = match session.project.lock() {
        Err(failure) if session.project.lock_is_newer() => return Err(failure),
        Err(failure) => {
            output.diagnostics(&failure.diagnostics);
            output.say("the lock file is taken as not there");
            None
        }
        Ok(before) => before,
    };
    let reading = session.read(CredentialSource::Report)?;
    let hidden: Vec<&Unread> = reading.unread.iter().filter(|unread| hides_policies(&unread.what)).collect();
    if !hidden.is_empty() {
        let mut failure = Failure::error(
            "the account did not tell which of AWS's policies are in use, and nothing was locked",
        )
        .help("give the caller the rights named above, and run this again");
        failure.details = hidden.into_iter().map(|unread| report::unread(unread).text).collect();
        return Err(failure);
    }
    let relocked = relock(&session.project.lowered.wanted, &reading.state, before.as_ref());
    let text = relocked.lock.to_text().map_err(Failure::error)?;
    let path = session.project.lock_path();
    let changed = std::fs::read_to_string(&path).ok().as_deref() != Some(text.as_str());
    if changed && !args.check {
        let cannot = |error| Failure::error(format!("cannot write {}: {error}", path.display()));
        store::save_for_all(&path, text.as_bytes()).map_err(cannot)?;
    }
    let report = LockReport::new(before.as_ref(), &relocked, changed, changed && !args.check);
    output.result(&match output.format {
        Format::Terminal => report.terminal(output.terminal),
        Format::Json | Format::Sarif | Format::Github => report.json(),
        Format::Markdown | Format::Brief => report.markdown(),
    });
    Ok(if args.check && changed { ExitCode::Differences } else { ExitCode::Done })
}

/// Whether what could not be read may have hidden which policies are in use.
fn hides_policies(blind: &Blind) -> bool {
    match blind {
        Blind::Kind(_, kind) => match kind {
            Kind::User | Kind::Group | Kind::Role => true,
            Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => false,
        },
        Blind::Resource(_) | Blind::Setting(..) | Blind::Credentials(_) => false,
    }
}
