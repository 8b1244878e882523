//! What an account is: resources by identity, each a core (what one create call takes) plus settings (what one put
//! call sets and one remove call clears). Wanted, found, simulated and kept in a file are all this one type.
//!
//! Pure: knows no client, no clock, no file.

mod aws_managed;
pub mod fit;
mod id;
pub mod limits;
pub mod meter;
mod operation;
mod perform;
pub mod quota;
mod reference;
mod resource;
mod scope;
mod serial;
mod settle;
mod target;

pub use aws_managed::*;
pub use id::*;
pub use operation::*;
pub use perform::reads_as;
pub use reference::*;
pub use resource::*;
pub use scope::*;
pub use settle::*;
pub use target::*;
