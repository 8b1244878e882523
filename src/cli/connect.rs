//! The way to the accounts of a run: account files, or AWS by the credentials of each environment.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::account::embedded::{self, EmbeddedAccount};
use crate::account::fleet::Fleet;
use crate::account::{Account, Unreachable};
use crate::cli::failure::Failure;
use crate::cli::options::Global;
use crate::spec::EnvironmentInfo;
use crate::state::AccountId;

/// Everything the environments live in, as one account. Nothing of AWS is opened before it is read.
///
/// # Errors
/// An account file that cannot be used; a hatrack without AWS.
pub fn connect(
    global: &Global,
    environments: &[EnvironmentInfo],
    to_write: bool,
    interrupted: &Arc<AtomicBool>,
) -> Result<Arc<dyn Account>, Failure> {
    match &global.account_file {
        Some(path) if path.is_dir() => {
            let _is_one_of_accounts = embedded::files_in(path)?;
            Ok(Arc::new(of_folder(global, path, environments, to_write, interrupted)))
        }
        Some(path) => Ok(Arc::new(EmbeddedAccount::open(path, to_write)?)),
        None => of_aws(global, environments, to_write, interrupted),
    }
}

/// A folder with a file for each account.
fn of_folder(
    global: &Global,
    folder: &Path,
    environments: &[EnvironmentInfo],
    to_write: bool,
    interrupted: &Arc<AtomicBool>,
) -> Fleet {
    let mut fleet = Fleet::new(usize::from(global.parallelism), interrupted.clone());
    for (account, names) in by_way(environments, |_| ()).into_iter().map(|(way, names)| (way.0, names)) {
        let path = embedded::file_of(folder, &account);
        let open = move || -> Result<Arc<dyn Account>, Unreachable> {
            Ok(Arc::new(EmbeddedAccount::open(&path, to_write)?))
        };
        fleet.add(account, names, Box::new(open));
    }
    fleet
}

/// The environments by account and by what tells their ways apart, in their order.
fn by_way<T: PartialEq>(
    environments: &[EnvironmentInfo],
    way: impl Fn(&EnvironmentInfo) -> T,
) -> Vec<((AccountId, T), Vec<String>)> {
    let mut ways: Vec<((AccountId, T), Vec<String>)> = vec![];
    let mut places: std::collections::BTreeMap<AccountId, Vec<usize>> = Default::default();
    for environment in environments {
        let own = way(environment);
        let known = places.entry(environment.account.clone()).or_default();
        let same = known.iter().copied().find(|at| ways.get(*at).is_some_and(|((_, way), _)| *way == own));
        match same.and_then(|at| ways.get_mut(at)) {
            Some((_, names)) => names.push(environment.name.clone()),
            None => {
                known.push(ways.len());
                ways.push(((environment.account.clone(), own), vec![environment.name.clone()]));
            }
        }
    }
    ways
}

#[cfg(feature = "aws")]
fn of_aws(
    global: &Global,
    environments: &[EnvironmentInfo],
    to_write: bool,
    interrupted: &Arc<AtomicBool>,
) -> Result<Arc<dyn Account>, Failure> {
    use std::time::Duration;

    use crate::account::aws::{AssumeRole, AwsHost, AwsOptions};
    use crate::cli::codes::Codes;
    use crate::cli::passwords::PasswordFile;

    let parallelism = usize::from(global.parallelism);
    let host = AwsHost::new(parallelism, Arc::new(Codes::new(global.mfa_code.clone())))?;
    let passwords = Arc::new(PasswordFile::default());
    let waits = Arc::new(crate::cli::progress::WaitLines::default());
    let mut fleet = Fleet::new(parallelism, interrupted.clone());
    let ways = by_way(environments, |environment| {
        let role = environment.assume_role.as_ref().map(|role| AssumeRole {
            role: role.role_to(to_write).to_owned(),
            external_id: role.external_id.clone(),
            session_name: role.session_name.clone(),
        });
        (global.profile.clone().or_else(|| environment.profile.clone()), role)
    });
    for ((account, (profile, assume_role)), names) in ways {
        let Some(first) = environments.iter().find(|e| names.first() == Some(&e.name)) else { continue };
        let options = AwsOptions {
            profile,
            region: first.region.clone(),
            endpoint_url: global.endpoint_url.clone(),
            account: account.clone(),
            partition: first.partition.clone(),
            assume_role,
            parallelism,
            passwords: passwords.clone(),
            interrupted: interrupted.clone(),
            waits: waits.clone(),
            wait_max: global.wait.map(|seconds| Duration::from_secs(seconds.into())),
        };
        let host = host.clone();
        let open =
            move || -> Result<Arc<dyn Account>, Unreachable> { Ok(Arc::new(host.connect(options.clone())?)) };
        fleet.add(account, names, Box::new(open));
    }
    Ok(Arc::new(fleet))
}

#[cfg(not(feature = "aws"))]
fn of_aws(
    _global: &Global,
    _environments: &[EnvironmentInfo],
    _to_write: bool,
    _interrupted: &Arc<AtomicBool>,
) -> Result<Arc<dyn Account>, Failure> {
    Err(Failure::error("this hatrack was built without AWS")
        .help("work on an account file with `--account-file FILE`")
        .help("or build with AWS: `cargo build` (the feature `aws` is on by default)"))
}
