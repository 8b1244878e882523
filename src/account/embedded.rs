//! Accounts kept in a file: what `--account-file` plans and applies against, and what `snapshot` writes.
//!
//! Obeys the same rules as AWS as far as a [`State`] can tell: [`State::perform`], [`limits`](crate::state::limits), and
//! the quotas in the file, if there are any.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Account, Hygiene, HygieneRequest, ReadRequest, Reading, Unreachable, store};
use crate::audit::Facts;
use crate::state::{
    ACCOUNT_SETTINGS, AccountId, Core, Extent, Kind, Operation, Refusal, Resource, ResourceId, State, Verb,
    limits, meter,
};

/// The version of the account file's format that this hatrack writes and reads.
pub const ACCOUNT_FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct AccountView<'a> {
    account_format_version: u32,
    state: &'a State,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    #[serde(rename = "account_format_version")]
    _read_before: u32,
    state: State,
}

#[derive(Deserialize)]
struct VersionOnly {
    account_format_version: u32,
}

/// Accounts kept in a file. Holds the file's lock while it lives, so that two runs cannot write over each other.
///
/// Guarantees: an operation is answered when it is in the file. Operations that come while the file is being written
/// are written together after it, so that an apply of thousands of steps does not write thousands of files.
#[derive(Debug)]
pub struct EmbeddedAccount {
    path: PathBuf,
    book: Mutex<Book>,
    written: Condvar,
    existed: bool,
    _lock: Option<fs::File>,
}

#[derive(Debug, Default)]
struct Book {
    /// With everything performed, written or not.
    state: State,
    /// How many operations were performed.
    performed: u64,
    /// How many of them are settled: in the file, or lost with a failed writing.
    settled: u64,
    /// Those that were lost: after the first number up to the second, and why.
    lost: Vec<(u64, u64, Refusal)>,
    writing: bool,
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
        let (state, existed) = match load(path).map_err(|why| unreachable_file(path, &why))? {
            Some(state) => (state, true),
            None => (State::default(), false),
        };
        let book = Mutex::new(Book { state, ..Book::default() });
        Ok(Self { path: path.to_owned(), book, written: Condvar::new(), existed, _lock: lock })
    }

    /// Waits until an operation is in the file, and writes it if nobody else does.
    fn settle<'a>(&'a self, mut book: MutexGuard<'a, Book>, operation: u64) -> Result<(), Refusal> {
        while book.settled < operation {
            if book.writing {
                book = self.written.wait(book).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            book.writing = true;
            let upto = book.performed;
            let text = to_text(&book.state);
            drop(book);
            let saved = text
                .and_then(|text| store::save(&self.path, text.as_bytes()).map_err(|error| error.to_string()));
            book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
            book.writing = false;
            match saved {
                Ok(()) => book.settled = upto,
                Err(why) => {
                    // What the file says holds; whatever was performed since is lost.
                    let (from, to) = (book.settled, book.performed);
                    book.lost.push((from, to, unavailable(&self.path, &why)));
                    book.settled = to;
                    let accounts = std::mem::take(&mut book.state.accounts);
                    book.state = load(&self.path).ok().flatten().unwrap_or_default();
                    for (id, extent) in accounts {
                        book.state.accounts.entry(id).or_insert(extent);
                    }
                }
            }
            self.written.notify_all();
        }
        match book.lost.iter().find(|(from, to, _)| *from < operation && operation <= *to) {
            Some((.., refusal)) => Err(refusal.clone()),
            None => Ok(()),
        }
    }
}

/// The file of an account in a folder that has one for each.
pub fn file_of(folder: &Path, account: &AccountId) -> PathBuf {
    folder.join(format!("{account}.json"))
}

/// Every account in an account file, or in all of them in a folder.
///
/// # Errors
/// No such file, or one that is damaged or of a newer format.
pub fn read_all(path: &Path) -> Result<State, Unreachable> {
    if !path.is_dir() {
        return read_file(path);
    }
    let files = files_in(path)?;
    let mut all = State::default();
    for file in files {
        let State { accounts, resources } = read_file(&file)?;
        all.accounts.extend(accounts);
        all.resources.extend(resources);
    }
    Ok(all)
}

/// The account files in a folder.
///
/// # Errors
/// A folder that cannot be read, or that has other files and none of an account: a slip in the path must not pass for
/// empty accounts.
pub fn files_in(folder: &Path) -> Result<Vec<PathBuf>, Unreachable> {
    let entries = fs::read_dir(folder).map_err(|error| unreachable_file(folder, &error.to_string()))?;
    let all: BTreeSet<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let is_account = |path: &&PathBuf| {
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        path.extension().is_some_and(|e| e == "json") && stem.is_some_and(|s| s.parse::<AccountId>().is_ok())
    };
    let accounts: Vec<PathBuf> = all.iter().filter(is_account).cloned().collect();
    let locks = |path: &PathBuf| path.extension().is_some_and(|e| e == "lock");
    if accounts.is_empty() && !all.iter().all(locks) {
        let why = "it is a folder that has files, but none of an account, such as 111122223333.json";
        return Err(unreachable_file(folder, why));
    }
    Ok(accounts)
}

fn read_file(path: &Path) -> Result<State, Unreachable> {
    let state = load(path).and_then(|state| state.ok_or_else(|| "there is no such file".to_owned()));
    state.map_err(|why| unreachable_file(path, &why))
}

/// The state in a file; none if there is no file.
fn load(path: &Path) -> Result<Option<State>, String> {
    match fs::read_to_string(path) {
        Ok(text) => parse(&text).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

/// What AWS does not take of a resource as an operation would leave it, or of one more.
fn refused(state: &State, operation: &Operation) -> Option<Refusal> {
    let Operation { target, verb } = operation;
    let there = state.resources.get(target);
    let changed = |change: &dyn Fn(&mut Resource)| {
        let mut after = there?.clone();
        change(&mut after);
        Some(after)
    };
    let (before, after) = match verb {
        Verb::Create { core, settings } => {
            (None, Resource { core: core.clone(), settings: settings.clone() })
        }
        Verb::Rename { from } => {
            let old = state.resources.get(&ResourceId::new(&target.account, target.kind, from.as_str()))?;
            (Some(old), old.clone())
        }
        Verb::Update { wanted, .. } => (there, changed(&|after| after.core = wanted.clone())?),
        Verb::Put { wanted, .. } => (there, changed(&|after| after.set(wanted.clone()))?),
        Verb::Remove { .. } | Verb::Delete { .. } => return None,
    };
    let violation = limits::check(target, &after).into_iter().next().or_else(|| {
        let quotas = &state.accounts.get(&target.account)?.quotas;
        let comes = matches!(verb, Verb::Create { .. }) && there.is_none();
        let one_more = comes.then(|| meter::one_more(state, target)).flatten();
        let over = meter::refused(target, before, &after, quotas).into_iter().next().or(one_more)?;
        Some(limits::of_meter(target, &over, "the account"))
    })?;
    Some(Refusal::Invalid { code: violation.code.to_owned(), message: violation.message })
}

/// An account file's text.
///
/// # Errors
/// None in practice: a state has nothing that JSON cannot say.
pub fn to_text(state: &State) -> Result<String, String> {
    let file = AccountView { account_format_version: ACCOUNT_FORMAT_VERSION, state };
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

/// An account has its settings without anybody making them; a file need not say so.
fn bare_account() -> Resource {
    Resource::new(Core::Account, [])
}

fn unreachable_file(path: &Path, why: &str) -> Unreachable {
    Unreachable { message: format!("cannot use the account file {}: {why}", path.display()), help: vec![] }
}

fn unavailable(path: &Path, why: &str) -> Refusal {
    Refusal::Unavailable { message: format!("cannot write the account file {}: {why}", path.display()) }
}

impl Account for EmbeddedAccount {
    fn read(&self, request: &ReadRequest) -> Result<Reading, Unreachable> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = &mut book.state;
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
        for scope in &request.scopes {
            let settings = ResourceId::new(&scope.account, Kind::Account, ACCOUNT_SETTINGS);
            if scope.declared.contains(&settings) && reading.state.covers(&settings) {
                reading.state.resources.entry(settings).or_insert_with(bare_account);
            }
        }
        Ok(reading)
    }

    fn hygiene(&self, request: &HygieneRequest) -> Result<Hygiene, Unreachable> {
        if !self.existed {
            return Err(unreachable_file(&self.path, "there is no such file, and so nothing to look at"));
        }
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let facts = |account: &AccountId| Facts::of_state(account, &book.state);
        Ok(Hygiene { accounts: request.regions.keys().map(facts).collect(), unreached: BTreeMap::new() })
    }

    fn perform(&self, operation: &Operation) -> Result<(), Refusal> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if !book.state.accounts.contains_key(&operation.target.account) {
            let message = format!("account {} was never read", operation.target.account);
            return Err(Refusal::Unavailable { message });
        }
        if operation.target.kind == Kind::Account {
            book.state.resources.entry(operation.target.clone()).or_insert_with(bare_account);
        }
        if let Some(refusal) = refused(&book.state, operation) {
            return Err(refusal);
        }
        book.state.perform(operation)?;
        book.performed += 1;
        let operation = book.performed;
        self.settle(book, operation)
    }
}
