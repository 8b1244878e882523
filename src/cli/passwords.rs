//! Where one-time passwords go: a file that only its owner can read, and nowhere else.

/// The file, in the current folder.
pub const FILE_NAME: &str = "hatrack-one-time-passwords.txt";

#[cfg(feature = "aws")]
pub use file::PasswordFile;

#[cfg(feature = "aws")]
mod file {
    use std::fs::{self, OpenOptions};
    use std::io::{self, Write as _};
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    use std::path::PathBuf;
    use std::sync::{Mutex, PoisonError};

    use secrecy::{ExposeSecret as _, SecretString};

    use crate::account::aws::PasswordSink;
    use crate::account::store;
    use crate::state::AccountId;

    use super::FILE_NAME;

    /// Adds a line a user: account, name, password.
    pub struct PasswordFile {
        path: PathBuf,
        one_at_a_time: Mutex<()>,
    }

    impl Default for PasswordFile {
        fn default() -> Self {
            Self { path: PathBuf::from(FILE_NAME), one_at_a_time: Mutex::new(()) }
        }
    }

    impl PasswordSink for PasswordFile {
        fn deliver(&self, account: &AccountId, user: &str, password: &SecretString) -> io::Result<()> {
            let _guard = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
            let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            writeln!(file, "{account} {user} {}", password.expose_secret())?;
            file.sync_data()
        }

        fn withdraw(&self, account: &AccountId, user: &str) {
            let _guard = self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
            let Ok(text) = fs::read_to_string(&self.path) else { return };
            let theirs = format!("{account} {user} ");
            let kept: String =
                text.lines().filter(|l| !l.starts_with(&theirs)).map(|l| format!("{l}\n")).collect();
            let _stays_if_it_must = if kept.is_empty() {
                fs::remove_file(&self.path)
            } else {
                store::save(&self.path, kept.as_bytes())
            };
        }
    }
}
