//! What the author wrote, and what it means: environment files in, the wanted [`State`](crate::state::State)
//! out.
//!
//! `source` → `expand` → `template` → `shape` → `schema` → `lower`, strung together by [`load`]. Each takes a
//! tree and hands back what it could make of it and all it found wrong: reading never stops at the first
//! mistake. Opens no file (the caller brings the text), and knows no account and no plan.

pub mod assertion;
pub mod authored;
pub mod checklist;
pub mod document;
pub mod ignore_file;
pub mod edit;
mod engine;
mod event;
pub mod expand;
mod json;
pub mod lock;
pub mod lower;
mod place;
pub mod raise;
pub mod read;
pub mod schema;
pub mod shape;
mod shape_schema;
pub mod shipped;
pub mod source;
pub mod template;
mod template_file;
pub mod tree;

pub use assertion::{Act, Assertion, BreakGlass, Claim, Subject, Target, Unproven};
pub use authored::{Authored, Place};
pub use lower::{EnvironmentInfo, Lowered, Origins};
pub use read::{Loaded, load};
