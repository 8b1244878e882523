//! What people see: every report, on a terminal, as Markdown and as JSON.

mod account;
mod apply;
mod diagnostics;
mod drift;
mod hostile;
mod plan;
