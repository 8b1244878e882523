//! `hatrack snapshot`

use std::path::PathBuf;

use crate::account::{CredentialSource, embedded, store};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::Global;
use crate::cli::output::Output;
use crate::cli::pipeline::{Selection, Session};
use crate::cli::progress;
use crate::report;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environments, by name or file [default: all]
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<String>,
    /// Where to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let same =
        |file: &PathBuf| file.canonicalize().is_ok_and(|f| args.output.canonicalize().is_ok_and(|o| f == o));
    if global.account_file.as_ref().is_some_and(same) {
        return Err(Failure::error("the snapshot would overwrite the account file it is taken from")
            .help("give `-o` another name"));
    }
    let interrupted = progress::on_interrupt()?;
    let selection = Selection {
        environments: args.environments.clone(),
        target: vec![],
        adopt: vec![],
        takeover: vec![],
    };
    let session = Session::open_without_lock(global, &selection, &interrupted, output)?;
    let reading = session.read(CredentialSource::Live)?;
    if !reading.unread.is_empty() {
        // A file cannot say "not read" of a part, and would pass it off as absent.
        let mut failure =
            Failure::error("no snapshot was written, because it would not be the whole account")
                .help("give the caller the rights named above, and run this again");
        failure.details = reading.unread.iter().map(|unread| report::unread(unread).text).collect();
        return Err(failure);
    }
    let text = embedded::to_text(&reading.state).map_err(Failure::error)?;
    let cannot = |error| Failure::error(format!("cannot write {}: {error}", args.output.display()));
    store::save(&args.output, text.as_bytes()).map_err(cannot)?;
    let count = report::count(reading.state.resources.len(), "resource");
    output.say(&format!("wrote {count} to {}", args.output.display()));
    Ok(ExitCode::Done)
}
