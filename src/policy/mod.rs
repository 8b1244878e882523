//! Policy documents in normal form, so that `==` is meaning.
//!
//! A document enters here once, from the author or from AWS, and is compared with `==` ever after. Knows the IAM
//! grammar; knows nothing of who holds a document.

pub mod aws_managed;
mod document;

pub use document::*;
