//! What an account is: resources by identity, each a core (what one create call takes) plus settings (what one put
//! call sets and one remove call clears). Wanted, found, simulated and kept in a file are all this one type.
//!
//! Pure: knows no client, no clock, no file.

/// The kinds of SageMaker as one pattern, for places that have nothing to say of any of them.
macro_rules! sagemaker_kinds {
    () => {
        $crate::state::Kind::Domain
            | $crate::state::Kind::UserProfile
            | $crate::state::Kind::Space
            | $crate::state::Kind::Notebook
            | $crate::state::Kind::NotebookLifecycle
            | $crate::state::Kind::StudioLifecycle
    };
}

/// The kinds of IAM and S3 as one pattern, for places that have nothing to say of any of them.
macro_rules! iam_and_s3_kinds {
    () => {
        $crate::state::Kind::User
            | $crate::state::Kind::Group
            | $crate::state::Kind::Policy
            | $crate::state::Kind::Role
            | $crate::state::Kind::InstanceProfile
            | $crate::state::Kind::Bucket
    };
}

/// The cores of SageMaker as one pattern, for places that have nothing to say of any of them.
macro_rules! sagemaker_cores {
    () => {
        $crate::state::Core::Domain(_)
            | $crate::state::Core::UserProfile(_)
            | $crate::state::Core::Space(_)
            | $crate::state::Core::Notebook(_)
            | $crate::state::Core::NotebookLifecycle(_)
            | $crate::state::Core::StudioLifecycle(_)
    };
}

pub(crate) use {iam_and_s3_kinds, sagemaker_cores, sagemaker_kinds};

mod account_settings;
mod aws_managed;
mod field;
pub mod fit;
mod id;
pub mod limits;
pub mod meter;
mod operation;
mod perform;
pub mod quota;
mod reference;
mod resource;
mod sagemaker;
mod scope;
mod serial;
mod settle;
mod target;

pub use account_settings::*;
pub use aws_managed::*;
pub use id::*;
pub use operation::*;
pub use perform::reads_as;
pub use reference::*;
pub use resource::*;
pub use sagemaker::*;
pub use scope::*;
pub use settle::*;
pub use target::*;
