//! Policy documents in normal form, so that `==` is meaning.
//!
//! A document enters here once, from the author or from AWS, and is compared with `==` ever after. Knows the
//! IAM grammar, and in `catalogue` what AWS can do; knows nothing of who holds a document.

mod actions;
pub mod arn;
pub mod catalogue;
pub mod condition;
mod diff;
mod document;
mod found;
pub mod key_value;
mod kind;
mod normal;
mod overlap;
mod pack;
mod pattern;
mod principal;
mod print;
mod read;
mod refused;
mod validate;
mod word;
mod written;

pub use actions::*;
pub use diff::*;
pub use document::*;
pub use found::unambiguous_json;
pub use kind::*;
pub use overlap::overlap;
pub use pattern::{covers, glob};
pub use validate::{closest_key, could_be_on, instant, unknown_action, unknown_key, works_on};
pub use word::AccessWord;
pub use written::*;
