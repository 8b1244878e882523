//! The packed data, unpacked once, on first use.

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::DeflateDecoder;

static ACTIONS: LazyLock<String> =
    LazyLock::new(|| unpack(include_bytes!(concat!(env!("OUT_DIR"), "/actions.deflate"))));
static MANAGED_POLICIES: LazyLock<String> =
    LazyLock::new(|| unpack(include_bytes!(concat!(env!("OUT_DIR"), "/managed-policies.deflate"))));
static DOCUMENTS: LazyLock<String> =
    LazyLock::new(|| unpack(include_bytes!(concat!(env!("OUT_DIR"), "/managed-policy-documents.deflate"))));

/// `data/actions.txt` without its comments.
pub(super) fn actions() -> &'static str {
    &ACTIONS
}

/// Name, version and dates of AWS's managed policies.
pub(super) fn managed_policies() -> &'static str {
    &MANAGED_POLICIES
}

/// Their documents, line by line the same.
pub(super) fn managed_policy_documents() -> &'static str {
    &DOCUMENTS
}

/// The lines of a data file that is not packed, its comments left out.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

fn unpack(packed: &[u8]) -> String {
    let mut text = String::new();
    match DeflateDecoder::new(packed).read_to_string(&mut text) {
        Ok(_) => text,
        // `build.rs` packed it in this very build, and the tests unpack it.
        Err(_) => String::new(),
    }
}
