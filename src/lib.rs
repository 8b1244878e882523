//! hatrack keeps an AWS account's data-science identities, roles, policies and buckets as YAML.
//!
//! The pipeline in one picture; each room uses only what stands above it (see `ARCHITECTURE.md`):
//!
//! ```text
//! environments/*.yaml ─ spec::read ─ spec::lower ─▶ wanted State ─┐
//!                                                                ├─ scope ─ plan::plan ─▶ Plan ─ apply ─▶ Journal
//! live account ──────── account::read ───────────▶ found State  ─┘                    └─ report
//! ```

pub mod diagnostic;
pub mod policy;
pub mod state;

pub mod account;
pub mod plan;

pub mod apply;
pub mod report;
