//! Files that are there whole or not at all.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Writes a file beside its place and moves it there, so that a crash or a full disk leaves the old file. Only its
/// owner may read it.
///
/// # Errors
/// What the file system says; the old file stands.
pub fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    save_with(path, bytes, None)
}

/// As [`save`], for a file that is kept with the project: whoever may read the project may read it.
///
/// # Errors
/// What the file system says; the old file stands.
pub fn save_for_all(path: &Path, bytes: &[u8]) -> io::Result<()> {
    save_with(path, bytes, Some(Permissions::from_mode(0o644)))
}

/// As [`save`], for a file that is there: whoever could read it still can, and a link stays a link.
///
/// # Errors
/// What the file system says; the old file stands.
pub fn save_again(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = path.metadata()?.permissions();
    save_with(&path, bytes, Some(permissions))
}

/// As [`save_for_all`], for a file that must not be there yet.
///
/// # Errors
/// It is there, or what the file system says.
pub fn save_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".hatrack-").tempfile_in(folder)?;
    file.as_file_mut().write_all(bytes)?;
    file.as_file().set_permissions(Permissions::from_mode(0o644))?;
    file.as_file().sync_data()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    Ok(())
}

fn save_with(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "there is no such folder"));
    }
    let temporary = tempfile::Builder::new().prefix(".hatrack-").tempfile_in(folder); // 0600
    // The name of a temporary file, which the error holds, helps nobody.
    let mut file = temporary.map_err(|error| io::Error::from(error.kind()))?;
    file.as_file_mut().write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
