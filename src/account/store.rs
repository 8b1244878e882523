//! Files that are there whole or not at all.

use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file beside its place and moves it there, so that a crash or a full disk leaves the old file. Only its
/// owner may read it.
///
/// # Errors
/// What the file system says; the old file stands.
pub fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new().prefix(".hatrack-").tempfile_in(folder).map_err(plain)?; // 0600
    file.write_all(bytes).map_err(plain)?;
    file.as_file().sync_data()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The system's words without the name of a temporary file, which nobody asked for.
fn plain(error: io::Error) -> io::Error {
    let inside = error.get_ref().and_then(|wrapped| wrapped.source()).and_then(|e| e.downcast_ref::<io::Error>());
    inside.and_then(io::Error::raw_os_error).map_or(error, io::Error::from_raw_os_error)
}
