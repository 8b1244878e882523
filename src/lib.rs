//! hatrack keeps an AWS account's data-science identities, roles, policies and buckets as YAML.
//!
//! The pipeline in one picture; each room uses only what stands above it (see `ARCHITECTURE.md`):
//!
//! ```text
//! environments/*.yaml ─ spec ─▶ wanted State ─┬─ access, lint ─▶ answers, findings
//!                                             ├─ settle ─ plan ─▶ Plan ─ apply ─▶ account, Journal
//! live account ─ account ─────▶ found State ──┘                 └──────── report ─▶ what people see
//! ```

pub mod diagnostic;
pub mod policy;
pub mod state;
pub mod spec;
pub mod access;
pub mod lint;
pub mod plan;
pub mod audit;
pub mod account;
pub mod apply;
pub mod report;
pub mod cli;
