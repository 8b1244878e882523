//! Accounts kept in a file: what `--account-file` plans and applies against, and what `snapshot` writes.
//!
//! Obeys the same rules as AWS as far as a [`State`] can tell: [`State::perform`] and [`limits`](crate::state::limits).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Account, ReadRequest, Reading, Unreachable, store};
use crate::state::{Extent, Operation, Refusal, State, limits};

/// The version of the account file's format that this hatrack writes and reads.
pub const ACCOUNT_FORMAT_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    account_format_version: u32,
    state: State,
}

#[derive(Deserialize)]
struct VersionOnly {
    account_format_version: u32,
}

/// Accounts kept in a file. Holds the file's lock while it lives, so that two runs cannot write over each other.
#[derive(Debug)]
pub struct EmbeddedAccount {
    path: PathBuf,
    state: Mutex<State>,
    existed: bool,
    _lock: Option<fs::File>,
}

impl EmbeddedAccount {
    /// Opens an account file; one that does not exist is an empty account, and is made by the first operation.
    ///
    /// # Errors
    /// When the file is damaged, of a newer format, cannot be read, or is in use by another run.
    pub fn open(path: &Path, to_write: bool) -> Result<Self, Unreachable> {
        // A slip in the path must not pass for an empty account.
        if path.parent().is_some_and(|folder| folder != Path::new("") && !folder.is_dir()) {
            return Err(unreachable_file(path, "there is no such folder"));
        }
        let lock = if to_write { Some(lock(path)?) } else { None };
        let (state, existed) = match fs::read_to_string(path) {
            Ok(text) => (parse(&text).map_err(|why| unreachable_file(path, &why))?, true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (State::default(), false),
            Err(error) => return Err(unreachable_file(path, &error.to_string())),
        };
        Ok(Self { path: path.to_owned(), state: Mutex::new(state), existed, _lock: lock })
    }

    fn save(&self, state: &State) -> Result<(), Refusal> {
        let text = to_text(state).map_err(|error| unavailable(&self.path, &error))?;
        store::save(&self.path, text.as_bytes()).map_err(|error| unavailable(&self.path, &error.to_string()))
    }
}

/// An account file's text.
///
/// # Errors
/// None in practice: a state has nothing that JSON cannot say.
pub fn to_text(state: &State) -> Result<String, String> {
    let file = AccountFile { account_format_version: ACCOUNT_FORMAT_VERSION, state: state.clone() };
    serde_json::to_string_pretty(&file).map(|text| text + "\n").map_err(|error| error.to_string())
}

fn parse(text: &str) -> Result<State, String> {
    let damaged = |error: serde_json::Error| format!("it is not an account file, or it is damaged: {error}");
    let VersionOnly { account_format_version } = serde_json::from_str(text).map_err(damaged)?;
    if account_format_version != ACCOUNT_FORMAT_VERSION {
        let made_by = if account_format_version > ACCOUNT_FORMAT_VERSION { "a newer" } else { "an older" };
        return Err(format!(
            "it has account format {account_format_version}, and this hatrack reads format \
             {ACCOUNT_FORMAT_VERSION}: it was made by {made_by} hatrack"
        ));
    }
    serde_json::from_str::<AccountFile>(text).map(|file| file.state).map_err(damaged)
}

fn lock(path: &Path) -> Result<fs::File, Unreachable> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let file = fs::File::create(&beside).map_err(|error| unreachable_file(path, &error.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(Unreachable {
            message: format!("the account file {} is in use by another run of hatrack", path.display()),
            help: vec!["wait for it to end, and run this again".to_owned()],
        }),
        Err(fs::TryLockError::Error(error)) => Err(unreachable_file(path, &error.to_string())),
    }
}

fn unreachable_file(path: &Path, why: &str) -> Unreachable {
    Unreachable { message: format!("cannot use the account file {}: {why}", path.display()), help: vec![] }
}

fn unavailable(path: &Path, why: &str) -> Refusal {
    Refusal::Unavailable { message: format!("cannot write the account file {}: {why}", path.display()) }
}

impl Account for EmbeddedAccount {
    fn read(&self, request: &ReadRequest) -> Result<Reading, Unreachable> {
        let mut whole = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reading = Reading::default();
        if !self.existed && whole.accounts.is_empty() {
            reading.notes.push(format!("{} does not exist yet: the account is empty", self.path.display()));
        }
        for scope in &request.scopes {
            if self.existed && !whole.accounts.contains_key(&scope.account) {
                let file = self.path.display();
                reading.notes.push(format!("account {} is not in {file}: taken as empty", scope.account));
            }
            let extent = whole.accounts.entry(scope.account.clone());
            let extent = extent.or_insert_with(|| Extent::full(scope.partition.clone()));
            reading.state.accounts.insert(scope.account.clone(), extent.clone());
        }
        let asked = &reading.state.accounts;
        let resources = whole.resources.iter().filter(|(id, _)| asked.contains_key(&id.account));
        reading.state.resources = resources.map(|(id, r)| (id.clone(), r.clone())).collect();
        Ok(reading)
    }

    fn perform(&self, operation: &Operation) -> Result<(), Refusal> {
        let mut whole = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = whole.clone();
        after.perform(operation)?;
        let violation = after
            .resources
            .get(&operation.target)
            .and_then(|resource| limits::check(&operation.target, resource).into_iter().next());
        if let Some(violation) = violation {
            return Err(Refusal::Invalid { code: violation.code.to_owned(), message: violation.message });
        }
        self.save(&after)?;
        *whole = after;
        Ok(())
    }
}
