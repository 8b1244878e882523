//! Two documents to be held against each other.

use std::path::PathBuf;

use serde_json::Value;

use super::Kind;
use crate::cli::document::{self, Loaded, STANDARD_INPUT};
use crate::cli::failure::Failure;
use crate::policy::{Document, partition_of};

/// One of two documents.
#[derive(Debug)]
pub struct One {
    /// As it was read.
    pub loaded: Loaded,
    /// The same as JSON.
    pub json: Value,
    /// What it says.
    pub document: Document,
}

/// Both documents, and the partition that numbers of accounts in them are of.
///
/// # Errors
/// All that is wrong with either: both are read before anything is said.
pub fn read(paths: [&PathBuf; 2], kind: Option<Kind>) -> Result<([One; 2], String), Failure> {
    if paths.iter().all(|path| path.as_os_str() == STANDARD_INPUT) {
        return Err(Failure::error("standard input holds one document, not two")
            .help("put one of the two into a file"));
    }
    let mut wrong = vec![];
    let mut loaded = vec![];
    for path in paths {
        match document::load(path) {
            Ok(one) => loaded.push((one.node.to_json(), one)),
            Err(failure) => wrong.extend(failure.diagnostics),
        }
    }
    let partition = partition_of(loaded.iter().map(|(json, _)| json)).unwrap_or_else(|| "aws".to_owned());
    let mut both = vec![];
    for (json, loaded) in loaded {
        match super::document(&loaded, &json, &partition, kind) {
            Ok(document) => both.push(One { loaded, json, document }),
            Err(diagnostics) => wrong.extend(diagnostics),
        }
    }
    match <[One; 2]>::try_from(both) {
        Ok(both) => Ok((both, partition)),
        Err(_) => Err(Failure::in_text(wrong)),
    }
}
