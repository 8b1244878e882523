//! The author's text: read with the place of every key and value, variables and templates expanded, shape checked.
//!
//! `source` → `expand` → `template` → `shape`; each takes a tree and hands back a tree and all it found wrong.
//! Knows nothing of AWS beyond names, and reads no files: the caller brings the text.

mod engine;
mod event;
pub mod expand;
mod place;
pub mod shape;
mod shape_schema;
pub mod source;
pub mod template;
mod template_file;
pub mod tree;
