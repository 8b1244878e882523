//! What AWS can do, as data: services, actions, resource types, condition keys, AWS's own managed policies,
//! service principals and regions.
//!
//! The data is in `data/`, made by `scripts/catalogue.py`, and can lag behind AWS: what is not in it may still
//! exist. It is unpacked on first use, and a service is parsed when it is first asked for.

pub mod aws_managed;
mod closest;
mod data;
mod global_keys;
mod key;
pub mod region;
mod section;
mod service;
pub mod service_principal;
#[cfg(test)]
mod tests;

pub use aws_managed::{ManagedPolicy, managed_policies, managed_policy};
pub use closest::{closest_action, closest_service};
pub use key::{ConditionKey, KeyKind, Support, always_present, condition_key, global_keys};
pub use service::{
    AccessLevel, Action, ActionResource, ResourceType, Service, expand, prefixes, service, services,
};
