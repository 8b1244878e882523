//! Which events of CloudTrail can have changed what: the one table of it.
//!
//! An event mostly has the name of the call that did it; those of S3 often have `Bucket` in them, where the API has not.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html>

use crate::state::{CredentialKind, Kind, SettingKey, sagemaker_kinds};

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// The resource itself.
    Whole,
    /// A field of it, by the name that reports have for it.
    Field(&'a str),
    /// A setting.
    Setting(&'a SettingKey),
}

/// How it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It came.
    Came,
    /// It went.
    Went,
    /// It is another one.
    Changed,
}

/// The events of a kind: made, ended, changed.
struct Life {
    made: &'static [&'static str],
    ended: &'static [&'static str],
    changed: &'static [&'static str],
}

/// Events that make or end a resource, and so name none of its parts.
pub(super) fn is_of_the_whole(event: &str) -> bool {
    Kind::ALL.iter().any(|kind| {
        let Life { made, ended, changed: _ } = life(*kind);
        made.contains(&event) || ended.contains(&event)
    })
}

/// The events that can have changed something; none if no event tells of it.
pub fn events(kind: Kind, what: What<'_>, turn: Turn) -> Vec<&'static str> {
    let Life { made, ended, changed } = life(kind);
    match what {
        What::Whole => match turn {
            Turn::Came => made.to_vec(),
            // A user or group with another name is gone from under this one.
            Turn::Went if matches!(kind, Kind::User | Kind::Group) => [ended, changed].concat(),
            Turn::Went => ended.to_vec(),
            Turn::Changed => [made, changed].concat(),
        },
        What::Field(field) => {
            let narrow: Option<&[&str]> = match (kind, field) {
                (Kind::Role, "trust") => Some(&["UpdateAssumeRolePolicy"]),
                (Kind::Role, "description") => Some(&["UpdateRole", "UpdateRoleDescription"]),
                (Kind::Role, "max_session_duration") => Some(&["UpdateRole"]),
                _ => None,
            };
            [made, narrow.unwrap_or(changed)].concat()
        }
        What::Setting(key) => {
            let (put, removed) = setting(kind, key);
            // Made anew, it came with these, or lost them.
            let carried = matches!(key, SettingKey::Tag(_) | SettingKey::Boundary);
            if put.is_empty() && removed.is_empty() {
                return vec![];
            }
            match turn {
                Turn::Came if carried => [put, made].concat(),
                Turn::Came => put.to_vec(),
                Turn::Went => [removed, made].concat(),
                Turn::Changed => [put, removed, made].concat(),
            }
        }
    }
}

fn life(kind: Kind) -> Life {
    let life = |made, ended, changed| Life { made, ended, changed };
    match kind {
        Kind::Group => life(&["CreateGroup"], &["DeleteGroup"], &["UpdateGroup"]),
        Kind::User => life(&["CreateUser"], &["DeleteUser"], &["UpdateUser"]),
        Kind::Policy => {
            life(&["CreatePolicy"], &["DeletePolicy"], &["CreatePolicyVersion", "SetDefaultPolicyVersion"])
        }
        Kind::Role => life(
            &["CreateRole"],
            &["DeleteRole"],
            &["UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription"],
        ),
        Kind::InstanceProfile => life(&["CreateInstanceProfile"], &["DeleteInstanceProfile"], &[]),
        Kind::Bucket => life(&["CreateBucket"], &["DeleteBucket"], &[]),
        Kind::Domain => life(&["CreateDomain"], &["DeleteDomain"], &["UpdateDomain"]),
        Kind::UserProfile => life(&["CreateUserProfile"], &["DeleteUserProfile"], &["UpdateUserProfile"]),
        Kind::Space => life(&["CreateSpace"], &["DeleteSpace"], &["UpdateSpace"]),
        Kind::Notebook => {
            life(&["CreateNotebookInstance"], &["DeleteNotebookInstance"], &["UpdateNotebookInstance"])
        }
        Kind::NotebookLifecycle => life(
            &["CreateNotebookInstanceLifecycleConfig"],
            &["DeleteNotebookInstanceLifecycleConfig"],
            &["UpdateNotebookInstanceLifecycleConfig"],
        ),
        Kind::StudioLifecycle => {
            life(&["CreateStudioLifecycleConfig"], &["DeleteStudioLifecycleConfig"], &[])
        }
        Kind::Account => life(&[], &[], &[]),
    }
}

type Names = &'static [&'static str];

/// Of users, groups and roles each its own.
fn of_holder(
    kind: Kind,
    user: (Names, Names),
    group: (Names, Names),
    role: (Names, Names),
) -> (Names, Names) {
    match kind {
        Kind::User => user,
        Kind::Group => group,
        Kind::Role => role,
        Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => {
            (&[], &[])
        }
    }
}

/// The events that put a setting, and those that take it away.
fn setting(kind: Kind, key: &SettingKey) -> (Names, Names) {
    match key {
        SettingKey::Tag(_) => match kind {
            Kind::User => (&["TagUser"], &["UntagUser"]),
            Kind::Role => (&["TagRole"], &["UntagRole"]),
            Kind::Policy => (&["TagPolicy"], &["UntagPolicy"]),
            Kind::InstanceProfile => (&["TagInstanceProfile"], &["UntagInstanceProfile"]),
            // One call puts all tags, those that stay away included.
            Kind::Bucket => (
                &["PutBucketTagging", "TagResource"],
                &["DeleteBucketTagging", "PutBucketTagging", "UntagResource"],
            ),
            sagemaker_kinds!() => (&["AddTags"], &["DeleteTags"]),
            Kind::Group | Kind::Account => (&[], &[]),
        },
        SettingKey::Boundary => of_holder(
            kind,
            (&["PutUserPermissionsBoundary"], &["DeleteUserPermissionsBoundary"]),
            (&[], &[]),
            (&["PutRolePermissionsBoundary"], &["DeleteRolePermissionsBoundary"]),
        ),
        SettingKey::Attached(_) => of_holder(
            kind,
            (&["AttachUserPolicy"], &["DetachUserPolicy"]),
            (&["AttachGroupPolicy"], &["DetachGroupPolicy"]),
            (&["AttachRolePolicy"], &["DetachRolePolicy"]),
        ),
        SettingKey::Inline(_) => of_holder(
            kind,
            (&["PutUserPolicy"], &["DeleteUserPolicy"]),
            (&["PutGroupPolicy"], &["DeleteGroupPolicy"]),
            (&["PutRolePolicy"], &["DeleteRolePolicy"]),
        ),
        SettingKey::Membership(_) => (&["AddUserToGroup"], &["RemoveUserFromGroup"]),
        SettingKey::SignIn => (&["CreateLoginProfile", "UpdateLoginProfile"], &["DeleteLoginProfile"]),
        SettingKey::Credential(credential, _) => match credential {
            CredentialKind::AccessKey => (&["CreateAccessKey"], &["DeleteAccessKey"]),
            CredentialKind::MfaDevice => (&["EnableMFADevice"], &["DeactivateMFADevice"]),
            CredentialKind::SigningCertificate => {
                (&["UploadSigningCertificate"], &["DeleteSigningCertificate"])
            }
            CredentialKind::SshPublicKey => (&["UploadSSHPublicKey"], &["DeleteSSHPublicKey"]),
            CredentialKind::ServiceSpecific => {
                (&["CreateServiceSpecificCredential"], &["DeleteServiceSpecificCredential"])
            }
        },
        SettingKey::HeldRole => (&["AddRoleToInstanceProfile"], &["RemoveRoleFromInstanceProfile"]),
        SettingKey::BucketPolicy => (&["PutBucketPolicy"], &["DeleteBucketPolicy"]),
        SettingKey::PublicAccessBlock => match kind {
            Kind::Account => (
                &["PutAccountPublicAccessBlock", "PutPublicAccessBlock"],
                &["DeleteAccountPublicAccessBlock", "DeletePublicAccessBlock"],
            ),
            Kind::Bucket => (
                &["PutBucketPublicAccessBlock", "PutPublicAccessBlock"],
                &["DeleteBucketPublicAccessBlock", "DeletePublicAccessBlock"],
            ),
            Kind::User
            | Kind::Group
            | Kind::Role
            | Kind::Policy
            | Kind::InstanceProfile
            | sagemaker_kinds!() => (&[], &[]),
        },
        SettingKey::Encryption => (&["PutBucketEncryption"], &["DeleteBucketEncryption"]),
        SettingKey::Versioning => (&["PutBucketVersioning"], &[]),
        SettingKey::Ownership => (&["PutBucketOwnershipControls"], &["DeleteBucketOwnershipControls"]),
        SettingKey::Lifecycle => (
            &["PutBucketLifecycle", "PutBucketLifecycleConfiguration"],
            &["DeleteBucketLifecycle", "DeleteBucketLifecycleConfiguration"],
        ),
        SettingKey::StudioLifecycle(_) => (&["UpdateDomain"], &["UpdateDomain"]),
        SettingKey::Apps => (&["CreateApp"], &["DeleteApp"]),
        SettingKey::AccountAlias => (&["CreateAccountAlias"], &["DeleteAccountAlias"]),
        SettingKey::PasswordPolicy => (&["UpdateAccountPasswordPolicy"], &["DeleteAccountPasswordPolicy"]),
        // Objects are no management events, and nobody makes a failure.
        SettingKey::Objects | SettingKey::Failed => (&[], &[]),
    }
}
