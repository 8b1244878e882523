//! Edits of environment files that leave everything else as it is: what was found becomes what is declared.

mod documents;
mod place;
mod studio;
pub mod text;
mod wish;

pub use wish::{Cannot, Part, Wish, Wished, wished};
