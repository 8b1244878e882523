//! What the author wrote, and what it means: environment files in, the wanted [`State`](crate::state::State) out.
//!
//! Reading never stops at the first mistake: every function here returns what it could read together with
//! everything there is to say about it. Knows no account and no plan.

mod event;
pub mod expand;
pub mod lower;
pub mod read;
pub mod schema;
pub mod shape;
pub mod shipped;
pub mod source;
pub mod template;
mod template_file;
pub mod tree;

pub use lower::{EnvironmentInfo, Lowered, Origins};
pub use read::{Loaded, load};
