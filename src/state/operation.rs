//! What can be done to an account, and how an account says no.

use serde::{Deserialize, Serialize};

use super::{Core, Resource, ResourceId, Setting, SettingKey, Settings};

/// One change to one resource. What it does is defined once, in [`State::perform`](super::State::perform).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// What is changed.
    pub target: ResourceId,
    /// How.
    pub verb: Verb,
}

/// How a resource is changed. `found` is what is expected to be there: if it is not, the operation is refused as
/// [`Refusal::Moved`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Make it, together with the settings that AWS takes in the same call (tags, boundary), so that there is no
    /// moment at which it exists without its ownership mark.
    Create {
        /// The core.
        core: Core,
        /// Settings that the create call carries.
        #[serde(with = "super::serial::settings")]
        settings: Settings,
    },
    /// Change the name, keeping identity, credentials and edges (users and groups only).
    Rename {
        /// The name it has.
        from: String,
    },
    /// Change the core in place.
    Update {
        /// Expected.
        found: Core,
        /// Aimed at.
        wanted: Core,
    },
    /// Set a setting.
    Put {
        /// Expected.
        found: Option<Setting>,
        /// Aimed at.
        wanted: Setting,
    },
    /// Clear a setting.
    Remove {
        /// Expected.
        found: Setting,
    },
    /// End it.
    Delete {
        /// Expected.
        found: Core,
    },
}

/// An account's no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Something has that name already.
    #[error("{} already exists", .0.address())]
    AlreadyExists(ResourceId),
    /// There is no such resource.
    #[error("{} does not exist", .0.address())]
    NoSuchResource(ResourceId),
    /// It is not as the operation expects: someone changed it meanwhile.
    #[error("{} is no longer as it was when the plan was made", .0.address())]
    Moved(ResourceId),
    /// There is no such setting.
    #[error("{} has no {setting}", .resource.address())]
    NoSuchSetting {
        /// On this resource.
        resource: ResourceId,
        /// The setting, as displayed.
        setting: String,
    },
    /// It cannot be deleted while something else refers to it.
    #[error("{} cannot be deleted while {} refers to it", .target.address(), .by.address())]
    StillReferenced {
        /// To be deleted.
        target: ResourceId,
        /// What refers to it.
        by: ResourceId,
    },
    /// It cannot be deleted while it has settings, or objects.
    #[error("{} cannot be deleted while it has {setting}", .resource.address())]
    NotEmpty {
        /// The resource.
        resource: ResourceId,
        /// What it still has.
        setting: String,
    },
    /// AWS does not take this name, document, value or size.
    #[error("{message}")]
    Invalid {
        /// AWS's error code: `ValidationError`, `MalformedPolicyDocument`, `LimitExceeded`, …
        code: String,
        /// What is wrong, in AWS's or our words.
        message: String,
    },
    /// The caller may not.
    #[error("access denied: {message}")]
    Denied {
        /// AWS's words, which name the action and often the policy.
        message: String,
    },
    /// The caller's credentials are expired or not valid: nothing else will work either.
    #[error("credentials are no longer valid: {message}")]
    Expired {
        /// AWS's words.
        message: String,
    },
    /// The answer was lost and reading again did not settle whether it was done.
    #[error("no answer: {message}; it may or may not have been done")]
    Lost {
        /// What happened on the way.
        message: String,
    },
    /// The account could not be reached, throttled us beyond the time allowed, or failed.
    #[error("{message}")]
    Unavailable {
        /// What happened.
        message: String,
    },
    /// The run was interrupted while this was waiting.
    #[error("interrupted")]
    Interrupted,
}

/// The settings a create call carries along: what AWS takes in the same request.
pub fn settings_of_create(resource: &Resource) -> Settings {
    use super::Kind;
    let kind = resource.core.kind();
    let carried = |key: &SettingKey| match key {
        SettingKey::Tag(_) => kind == Kind::Policy || kind.is_marked_by_tag(),
        SettingKey::StudioLifecycle(_) => matches!(kind, Kind::Domain | Kind::UserProfile),
        SettingKey::Boundary => matches!(kind, Kind::User | Kind::Role),
        _ => false,
    };
    resource.settings.iter().filter(|(key, _)| carried(key)).map(|(k, s)| (k.clone(), s.clone())).collect()
}
