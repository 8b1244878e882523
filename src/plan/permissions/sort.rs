//! Settings by sort: what they are, without what they say. What may be found on a resource, and is to be taken off it,
//! is in no state yet; its sort is known all the same.

use crate::state::{CredentialKind, Setting};

/// One list for the enum and for [`Sort::ALL`], so that none can be in one of them only.
macro_rules! sorts {
    ($($(#[$said:meta])* $name:ident,)*) => {
        /// What a setting is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Sort {
            $($(#[$said])* $name,)*
        }

        impl Sort {
            /// Every sort.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

sorts! {
    /// A tag.
    Tag,
    /// A permissions boundary.
    Boundary,
    /// An attached managed policy.
    Attached,
    /// An inline policy.
    Inline,
    /// A membership in a group.
    Membership,
    /// A sign-in profile.
    SignIn,
    /// An access key.
    AccessKey,
    /// An MFA device.
    MfaDevice,
    /// A signing certificate.
    SigningCertificate,
    /// An SSH public key.
    SshPublicKey,
    /// A service-specific credential.
    ServiceSpecific,
    /// The role in an instance profile.
    HeldRole,
    /// A bucket policy.
    BucketPolicy,
    /// Block Public Access.
    PublicAccessBlock,
    /// Default encryption.
    Encryption,
    /// Versioning.
    Versioning,
    /// Object ownership.
    Ownership,
    /// Lifecycle rules.
    Lifecycle,
    /// Objects in a bucket.
    Objects,
    /// A script of Studio apps.
    StudioLifecycle,
    /// Running apps.
    Apps,
    /// A failed state.
    Failed,
    /// The account's alias.
    AccountAlias,
    /// The password policy.
    PasswordPolicy,
}

impl Sort {
    /// The sort of a setting.
    pub fn of(setting: &Setting) -> Self {
        match setting {
            Setting::Tag { .. } => Self::Tag,
            Setting::Boundary(_) => Self::Boundary,
            Setting::Attached(_) => Self::Attached,
            Setting::Inline { .. } => Self::Inline,
            Setting::Membership(_) => Self::Membership,
            Setting::SignIn => Self::SignIn,
            Setting::Credential { kind: CredentialKind::AccessKey, .. } => Self::AccessKey,
            Setting::Credential { kind: CredentialKind::MfaDevice, .. } => Self::MfaDevice,
            Setting::Credential { kind: CredentialKind::SigningCertificate, .. } => Self::SigningCertificate,
            Setting::Credential { kind: CredentialKind::SshPublicKey, .. } => Self::SshPublicKey,
            Setting::Credential { kind: CredentialKind::ServiceSpecific, .. } => Self::ServiceSpecific,
            Setting::HeldRole(_) => Self::HeldRole,
            Setting::BucketPolicy(_) => Self::BucketPolicy,
            Setting::PublicAccessBlock(_) => Self::PublicAccessBlock,
            Setting::Encryption(_) => Self::Encryption,
            Setting::Versioning(_) => Self::Versioning,
            Setting::Ownership(_) => Self::Ownership,
            Setting::Lifecycle(_) => Self::Lifecycle,
            Setting::Objects => Self::Objects,
            Setting::StudioLifecycle { .. } => Self::StudioLifecycle,
            Setting::Apps(_) => Self::Apps,
            Setting::Failed(_) => Self::Failed,
            Setting::AccountAlias(_) => Self::AccountAlias,
            Setting::PasswordPolicy(_) => Self::PasswordPolicy,
        }
    }

    /// Whether AWS refuses to delete a resource while it has this, so that it is taken off first.
    /// [`Setting::blocks_deletion`] says the same of a setting.
    pub fn blocks_deletion(self) -> bool {
        match self {
            Self::Attached
            | Self::Inline
            | Self::Membership
            | Self::SignIn
            | Self::AccessKey
            | Self::MfaDevice
            | Self::SigningCertificate
            | Self::SshPublicKey
            | Self::ServiceSpecific
            | Self::HeldRole
            | Self::Objects
            | Self::Apps => true,
            Self::Tag
            | Self::Boundary
            | Self::BucketPolicy
            | Self::PublicAccessBlock
            | Self::Encryption
            | Self::Versioning
            | Self::Ownership
            | Self::Lifecycle
            | Self::StudioLifecycle
            | Self::Failed
            | Self::AccountAlias
            | Self::PasswordPolicy => false,
        }
    }
}
