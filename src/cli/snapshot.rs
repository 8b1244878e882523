//! `hatrack snapshot`

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::account::{CredentialSource, embedded, store};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::Global;
use crate::cli::output::Output;
use crate::cli::pipeline::{Selection, Session};
use crate::cli::{progress, shard};
use crate::report;
use crate::state::{AccountId, State};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Environments, by name or file [default: all]
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<String>,
    /// Where to write: a file, or a folder for a file for each account
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
    /// Only the accounts of the I-th of N parts of the estate, from 1; `auto/N` takes I from the job's index
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let same =
        |file: &PathBuf| file.canonicalize().is_ok_and(|f| args.output.canonicalize().is_ok_and(|o| f == o));
    if global.account_file.as_ref().is_some_and(same) {
        return Err(Failure::error("the snapshot would overwrite the account file it is taken from")
            .help("give `-o` another name"));
    }
    let interrupted = progress::on_interrupt()?;
    let selection =
        Selection { shard: shard::of(args.shard.as_deref())?, ..Selection::of(&args.environments) };
    let session = Session::open_without_lock(global, &selection, &interrupted, output)?;
    let reading = session.read_reached(CredentialSource::Live)?;
    if !reading.unread.is_empty() {
        // A file cannot say "not read" of a part, and would pass it off as absent.
        let mut failure =
            Failure::error("no snapshot was written, because it would not be the whole account")
                .help("give the caller the rights named above, and run this again");
        failure.details = reading.unread.iter().map(|unread| report::unread(unread).text).collect();
        return Err(failure);
    }
    if reading.state.accounts.is_empty() && reading.unreached.is_empty() {
        return Ok(ExitCode::Done); // An empty shard, which was said.
    }
    let cannot = |error| Failure::error(format!("cannot write {}: {error}", args.output.display()));
    if args.output.is_dir() {
        for (account, state) in by_account(&reading.state) {
            let text = embedded::to_text(&state).map_err(Failure::error)?;
            store::save(&embedded::file_of(&args.output, &account), text.as_bytes()).map_err(cannot)?;
        }
    } else if !reading.state.accounts.is_empty() {
        let text = embedded::to_text(&reading.state).map_err(Failure::error)?;
        store::save(&args.output, text.as_bytes()).map_err(cannot)?;
    }
    let count = report::count(reading.state.resources.len(), "resource");
    output.say(&format!("wrote {count} to {}", args.output.display()));
    if reading.unreached.is_empty() {
        return Ok(ExitCode::Done);
    }
    let environments = report::count(reading.unreached.len(), "environment");
    let mut failure =
        Failure::error(format!("{environments} could not be looked at, and the snapshot is without"));
    failure.details = reading.unreached.iter().map(|u| format!("{}: {}", u.environment, u.why)).collect();
    Err(failure)
}

/// Each account alone.
fn by_account(all: &State) -> BTreeMap<AccountId, State> {
    let State { accounts, resources } = all;
    let mut each: BTreeMap<AccountId, State> = BTreeMap::new();
    for (account, extent) in accounts {
        each.entry(account.clone()).or_default().accounts.insert(account.clone(), extent.clone());
    }
    for (id, resource) in resources {
        each.entry(id.account.clone()).or_default().resources.insert(id.clone(), resource.clone());
    }
    each
}
