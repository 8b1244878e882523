//! Who can do what, and why: AWS's evaluation of policies for one request, and for all of them.
//!
//! Pure: policies and a request in, an answer with its reasons out.

pub mod asked;
pub mod batch;
pub mod carried;
pub mod compare;
pub mod claim;
pub mod condition;
pub mod decide;
pub mod delta;
pub mod given;
pub mod landscape;
pub mod law;
pub mod near;
pub mod pattern;
pub mod place;
pub mod powers;
pub mod principal;
pub mod public;
pub mod prove;
pub mod reach;
pub mod request;
pub mod rule;
pub mod truth;
pub mod value;
pub mod who_can;
