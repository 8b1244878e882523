//! One policy document, from a file or from standard input.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use crate::cli::failure::Failure;
use crate::cli::project::FILE_BYTES_MAX;
use crate::diagnostic::{Diagnostic, Source, has_errors};
use crate::spec;
use crate::spec::tree::Node;

/// The name of standard input on the command line.
pub const STANDARD_INPUT: &str = "-";

/// A document as it was read: its text, and the tree of what it says.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file's text.
    pub source: Arc<Source>,
    /// What stands in it, without what AWS's tools put around it.
    pub node: Node,
}

/// Reads a file, or standard input for `-`.
///
/// # Errors
/// No such file, too large, not UTF-8, neither JSON nor YAML.
pub fn load(path: &Path) -> Result<Loaded, Failure> {
    let source = text(path)?;
    let (node, found) = spec::document::parse_document(&source);
    match node {
        Some(node) if !has_errors(&found) => Ok(Loaded { source, node }),
        _ => Err(Failure::in_text(found)),
    }
}

/// Reads a file, or standard input for `-`, and says what is wrong with its text.
///
/// # Errors
/// No such file, too large, not UTF-8.
pub fn read(path: &Path) -> Result<(Option<Node>, Vec<Diagnostic>), Failure> {
    Ok(spec::document::parse_document(&text(path)?))
}

fn text(path: &Path) -> Result<Arc<Source>, Failure> {
    let (name, bytes) = if path.as_os_str() == STANDARD_INPUT {
        ("<stdin>".to_owned(), standard_input())
    } else {
        (path.display().to_string(), file(path))
    };
    let bytes = bytes.map_err(|error| {
        let message = format!("cannot read `{name}`: {error}");
        Failure::in_text(vec![Diagnostic::error(None, message)])
    })?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let message = format!("cannot read `{name}`: it is larger than 8 MiB");
        return Err(Failure::in_text(vec![Diagnostic::error(None, message)]));
    }
    spec::source::decode(&name, bytes).map_err(|diagnostic| Failure::in_text(vec![diagnostic]))
}

fn standard_input() -> io::Result<Vec<u8>> {
    let mut bytes = vec![];
    // One byte more than is taken tells that there is more.
    io::stdin().lock().take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn file(path: &Path) -> io::Result<Vec<u8>> {
    let about = fs::metadata(path)?;
    if about.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    let mut bytes = vec![];
    // What a shell gives with `<(…)` is no regular file, and is read all the same.
    fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
