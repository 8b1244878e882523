//! stub
use super::{Resource, ResourceId, SettingKey};
/// stub
#[derive(Clone, Debug)]
pub struct Violation {
    /// s
    pub setting: Option<SettingKey>,
    /// c
    pub code: &'static str,
    /// m
    pub message: String,
    /// h
    pub help: Option<String>,
}
/// stub
pub fn check(_id: &ResourceId, _resource: &Resource) -> Vec<Violation> {
    vec![]
}
