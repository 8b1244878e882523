//! What people see: every report, on a terminal, as Markdown and as JSON.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that finds something else than it expects should stop there"
)]

mod account;
mod apply;
mod diagnostics;
mod drift;
mod hostile;
mod plan;
