//! Which calls of AWS's API an operation takes, and which actions allow them: the one table of it. `account/aws` makes
//! these calls and no others; a test against an emulator compares the two.
//!
//! An action is mostly called like the call; those of S3 often are not.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_identityandaccessmanagement.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>

use super::sort::Sort;
use crate::state::sagemaker_kinds;
use crate::state::{Kind, Operation, Verb};

/// A call, and an action it takes. A call that takes several has a row for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Service and operation, as AWS's API calls it: `s3:HeadBucket`.
    pub api: &'static str,
    /// What a policy has to allow: `s3:ListBucket`.
    pub action: &'static str,
    /// On what.
    pub on: On,
}

/// What an action has to be allowed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// The resource that the operation is about.
    Itself,
    /// The role, group or policy that the setting names.
    Named,
    /// `*`: AWS cannot limit the action to resources.
    Everything,
    /// Any resource of a kind in the account.
    Any(Kind),
    /// AWS's own managed policies.
    AwsPolicies,
    /// Every trail, those of others that are seen from the account included.
    AnyTrail,
    /// Virtual MFA devices of the account, whose names are their owners' choice.
    MfaDevices,
}

const fn account_block(api: &'static str, action: &'static str) -> Call {
    Call { api, action, on: On::Everything }
}

/// A part of the table, made when hatrack is compiled.
macro_rules! calls {
    ($($call:expr),* $(,)?) => { const { &[$($call),*] } };
}

mod sagemaker;

const fn call(api: &'static str) -> Call {
    Call { api, action: api, on: On::Itself }
}

const fn on(api: &'static str, on: On) -> Call {
    Call { api, action: api, on }
}

const fn under(api: &'static str, action: &'static str) -> Call {
    Call { api, action, on: On::Itself }
}

/// Where the ARN of a customer managed policy was not learnt when the account was read, it is looked up.
const LOOK_UP_POLICY: Call = on("iam:ListPolicies", On::Everything);

/// The calls that every reading of an account makes, whatever is declared.
pub const READING: &[Call] = &[
    on("iam:GetAccountAuthorizationDetails", On::Everything),
    on("iam:GetAccountSummary", On::Everything),
    on("iam:ListInstanceProfiles", On::Everything),
    on("iam:ListRoles", On::Everything),
    // One made between the two lists is asked for.
    on("iam:GetRole", On::Any(Kind::Role)),
    // Those in use that the bulk call left out.
    on("iam:GetPolicy", On::AwsPolicies),
    on("iam:GetPolicyVersion", On::AwsPolicies),
    Call { api: "s3:ListBuckets", action: "s3:ListAllMyBuckets", on: On::Everything },
    // Where the list lacks the region.
    on("s3:GetBucketLocation", On::Any(Kind::Bucket)),
    // Any bucket may carry an environment's mark.
    on("s3:GetBucketTagging", On::Any(Kind::Bucket)),
];

/// The calls that ask who changed what: `drift --who`.
pub const WITNESS: &[Call] = &[on("cloudtrail:LookupEvents", On::Everything)];

/// The calls of `audit`, which looks at the whole account, whatever is declared.
pub const AUDIT: &[Call] = &[
    on("iam:GetAccountAuthorizationDetails", On::Everything),
    on("iam:GetAccountSummary", On::Everything),
    on("iam:GetAccountPasswordPolicy", On::Everything),
    on("iam:GenerateCredentialReport", On::Everything),
    on("iam:GetCredentialReport", On::Everything),
    // Those of whom the report tells something that would be found are asked again.
    on("iam:GetLoginProfile", On::Any(Kind::User)),
    on("iam:ListAccessKeys", On::Any(Kind::User)),
    on("iam:ListMFADevices", On::Any(Kind::User)),
    on("iam:GetAccessKeyLastUsed", On::Any(Kind::User)),
    on("iam:ListOpenIDConnectProviders", On::Everything),
    on("iam:ListSAMLProviders", On::Everything),
    account_block("s3control:GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
    Call { api: "s3:ListBuckets", action: "s3:ListAllMyBuckets", on: On::Everything },
    on("s3:GetBucketLocation", On::Any(Kind::Bucket)),
    on("s3:GetBucketPolicy", On::Any(Kind::Bucket)),
    Call {
        api: "s3:GetPublicAccessBlock",
        action: "s3:GetBucketPublicAccessBlock",
        on: On::Any(Kind::Bucket),
    },
    on("s3:GetBucketVersioning", On::Any(Kind::Bucket)),
    on("s3:GetBucketLogging", On::Any(Kind::Bucket)),
    on("cloudtrail:DescribeTrails", On::Everything),
    // A trail of the organization is of another account.
    on("cloudtrail:GetTrailStatus", On::AnyTrail),
    on("cloudtrail:GetEventSelectors", On::AnyTrail),
    on("access-analyzer:ListAnalyzers", On::Everything),
];

/// The call that tells a topic of drift: `drift --sns-topic`. It is about the topic.
pub const TELLING: &[Call] = &[call("sns:Publish")];

/// The calls that read what no bulk call tells of the resources of a kind that are answered for.
pub fn reading(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::User => calls![
            on("iam:GenerateCredentialReport", On::Everything),
            on("iam:GetCredentialReport", On::Everything),
            call("iam:GetLoginProfile"),
            call("iam:ListAccessKeys"),
            call("iam:ListSSHPublicKeys"),
            call("iam:ListServiceSpecificCredentials"),
            call("iam:ListSigningCertificates"),
        ],
        Kind::Policy => calls![call("iam:GetPolicy")],
        Kind::Bucket => calls![
            under("s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"),
            under("s3:GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
            call("s3:GetBucketOwnershipControls"),
            call("s3:GetBucketPolicy"),
            call("s3:GetBucketVersioning"),
            under("s3:GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
            under("s3:ListObjectVersions", "s3:ListBucketVersions"),
        ],
        Kind::Group | Kind::Role | Kind::InstanceProfile => &[],
        sagemaker_kinds!() => sagemaker::reading(kind),
        Kind::Account => calls![
            on("iam:ListAccountAliases", On::Everything),
            on("iam:GetAccountPasswordPolicy", On::Everything),
            account_block("s3control:GetPublicAccessBlock", "s3:GetAccountPublicAccessBlock"),
        ],
    }
}

/// The calls that are added for a resource that is to go.
pub fn reading_leaving(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::User => calls![call("iam:ListMFADevices")],
        Kind::Group
        | Kind::Policy
        | Kind::Role
        | Kind::InstanceProfile
        | Kind::Bucket
        | sagemaker_kinds!()
        | Kind::Account => &[],
    }
}

/// The calls of an operation.
pub fn of(operation: &Operation) -> Vec<Call> {
    let kind = operation.target.kind;
    match &operation.verb {
        Verb::Create { core, settings } => {
            let carried = settings.values().flat_map(|setting| carried(core.kind(), Sort::of(setting)));
            create(core.kind()).iter().chain(carried).copied().collect()
        }
        Verb::Rename { from: _ } => rename(kind).to_vec(),
        Verb::Update { found: _, wanted } => update(wanted.kind()).to_vec(),
        Verb::Put { found: _, wanted } => put(kind, Sort::of(wanted)).to_vec(),
        Verb::Remove { found } => remove(kind, Sort::of(found)).to_vec(),
        Verb::Delete { found } => delete(found.kind()).to_vec(),
    }
}

/// Making one, waiting until it can be seen, and settling a lost answer.
pub fn create(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::User => calls![call("iam:CreateUser"), call("iam:GetUser")],
        Kind::Group => calls![call("iam:CreateGroup"), call("iam:GetGroup")],
        Kind::Policy => calls![call("iam:CreatePolicy"), call("iam:GetPolicy"), call("iam:GetPolicyVersion")],
        Kind::Role => calls![call("iam:CreateRole"), call("iam:GetRole")],
        Kind::InstanceProfile => calls![call("iam:CreateInstanceProfile"), call("iam:GetInstanceProfile")],
        Kind::Bucket => calls![
            call("s3:CreateBucket"),
            under("s3:HeadBucket", "s3:ListBucket"),
            call("s3:GetBucketTagging"),
        ],
        sagemaker_kinds!() => sagemaker::create(kind),
        Kind::Account => &[],
    }
}

/// What a create call takes on top for a setting that it carries along. Tags take the right to tag; a boundary takes no
/// right of its own, but its ARN.
pub fn carried(kind: Kind, sort: Sort) -> &'static [Call] {
    match sort {
        Sort::Tag => match kind {
            Kind::User => calls![under("iam:CreateUser", "iam:TagUser")],
            Kind::Role => calls![under("iam:CreateRole", "iam:TagRole")],
            Kind::Policy => calls![under("iam:CreatePolicy", "iam:TagPolicy")],
            // Where the endpoint dropped the tags, they are put.
            Kind::Bucket => calls![under("s3:CreateBucket", "s3:TagResource"), call("s3:PutBucketTagging")],
            Kind::Group | Kind::InstanceProfile | Kind::Account => &[],
            sagemaker_kinds!() => sagemaker::tagged_at_creation(kind),
        },
        Sort::Boundary => match kind {
            Kind::User | Kind::Role => calls![LOOK_UP_POLICY],
            Kind::Group
            | Kind::Policy
            | Kind::InstanceProfile
            | Kind::Bucket
            | sagemaker_kinds!()
            | Kind::Account => &[],
        },
        // What a create call takes anyway.
        Sort::StudioLifecycle
        | Sort::Apps
        | Sort::Failed
        | Sort::AccountAlias
        | Sort::PasswordPolicy
        | Sort::Attached
        | Sort::Inline
        | Sort::Membership
        | Sort::SignIn
        | Sort::AccessKey
        | Sort::MfaDevice
        | Sort::SigningCertificate
        | Sort::SshPublicKey
        | Sort::ServiceSpecific
        | Sort::HeldRole
        | Sort::BucketPolicy
        | Sort::PublicAccessBlock
        | Sort::Encryption
        | Sort::Versioning
        | Sort::Ownership
        | Sort::Lifecycle
        | Sort::Objects => &[],
    }
}

/// Changing the name. AWS asks for the right on both names.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html>
pub fn rename(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::User => calls![call("iam:UpdateUser"), call("iam:GetUser")],
        Kind::Group => calls![call("iam:UpdateGroup"), call("iam:GetGroup")],
        Kind::Policy
        | Kind::Role
        | Kind::InstanceProfile
        | Kind::Bucket
        | sagemaker_kinds!()
        | Kind::Account => &[],
    }
}

/// Changing the core in place, after a look at what is overwritten.
pub fn update(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::User => calls![call("iam:UpdateUser")],
        Kind::Group => calls![call("iam:UpdateGroup")],
        Kind::Policy => calls![
            LOOK_UP_POLICY,
            call("iam:GetPolicy"),
            call("iam:GetPolicyVersion"),
            call("iam:ListPolicyVersions"),
            call("iam:DeletePolicyVersion"),
            call("iam:CreatePolicyVersion"),
        ],
        Kind::Role => calls![call("iam:GetRole"), call("iam:UpdateAssumeRolePolicy"), call("iam:UpdateRole")],
        Kind::InstanceProfile | Kind::Bucket | Kind::Account => &[],
        sagemaker_kinds!() => sagemaker::update(kind),
    }
}

/// Ending one.
pub fn delete(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::User => calls![call("iam:DeleteUser")],
        Kind::Group => calls![call("iam:DeleteGroup")],
        Kind::Policy => calls![
            LOOK_UP_POLICY,
            call("iam:ListPolicyVersions"),
            call("iam:DeletePolicyVersion"),
            call("iam:DeletePolicy"),
        ],
        Kind::Role => calls![call("iam:DeleteRole")],
        Kind::InstanceProfile => calls![call("iam:DeleteInstanceProfile")],
        Kind::Bucket => calls![call("s3:DeleteBucket")],
        sagemaker_kinds!() => sagemaker::delete(kind),
        Kind::Account => &[],
    }
}

/// Setting a setting; nothing where AWS has no call for it.
pub fn put(kind: Kind, sort: Sort) -> &'static [Call] {
    match sort {
        Sort::Tag => match kind {
            Kind::User => calls![call("iam:TagUser")],
            Kind::Role => calls![call("iam:TagRole")],
            Kind::Policy => calls![LOOK_UP_POLICY, call("iam:TagPolicy")],
            Kind::InstanceProfile => calls![call("iam:TagInstanceProfile")],
            Kind::Bucket => calls![call("s3:GetBucketTagging"), call("s3:PutBucketTagging")],
            Kind::Group | Kind::Account => &[],
            sagemaker_kinds!() => sagemaker::put_tag(kind),
        },
        Sort::Boundary => match kind {
            Kind::User => calls![LOOK_UP_POLICY, call("iam:PutUserPermissionsBoundary")],
            Kind::Role => calls![LOOK_UP_POLICY, call("iam:PutRolePermissionsBoundary")],
            Kind::Group
            | Kind::Policy
            | Kind::InstanceProfile
            | Kind::Bucket
            | sagemaker_kinds!()
            | Kind::Account => &[],
        },
        Sort::Attached => match kind {
            Kind::User => calls![LOOK_UP_POLICY, call("iam:AttachUserPolicy")],
            Kind::Group => calls![LOOK_UP_POLICY, call("iam:AttachGroupPolicy")],
            Kind::Role => calls![LOOK_UP_POLICY, call("iam:AttachRolePolicy")],
            Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => &[],
        },
        Sort::Inline => match kind {
            Kind::User => calls![call("iam:GetUserPolicy"), call("iam:PutUserPolicy")],
            Kind::Group => calls![call("iam:GetGroupPolicy"), call("iam:PutGroupPolicy")],
            Kind::Role => calls![call("iam:GetRolePolicy"), call("iam:PutRolePolicy")],
            Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => &[],
        },
        Sort::Membership => match kind {
            Kind::User => calls![on("iam:AddUserToGroup", On::Named)],
            Kind::Group
            | Kind::Policy
            | Kind::Role
            | Kind::InstanceProfile
            | Kind::Bucket
            | sagemaker_kinds!()
            | Kind::Account => &[],
        },
        Sort::SignIn => match kind {
            Kind::User => {
                calls![
                    call("iam:CreateLoginProfile"),
                    call("iam:GetLoginProfile"),
                    call("iam:UpdateLoginProfile")
                ]
            }
            Kind::Group
            | Kind::Policy
            | Kind::Role
            | Kind::InstanceProfile
            | Kind::Bucket
            | sagemaker_kinds!()
            | Kind::Account => &[],
        },
        Sort::HeldRole => match kind {
            Kind::InstanceProfile => calls![
                call("iam:AddRoleToInstanceProfile"),
                Call { api: "iam:AddRoleToInstanceProfile", action: "iam:PassRole", on: On::Named },
                call("iam:GetInstanceProfile"),
                call("iam:RemoveRoleFromInstanceProfile"),
            ],
            Kind::User
            | Kind::Group
            | Kind::Policy
            | Kind::Role
            | Kind::Bucket
            | sagemaker_kinds!()
            | Kind::Account => &[],
        },
        Sort::BucketPolicy => of_bucket(kind, calls![call("s3:GetBucketPolicy"), call("s3:PutBucketPolicy")]),
        Sort::PublicAccessBlock => match kind {
            Kind::Account => {
                calls![account_block("s3control:PutPublicAccessBlock", "s3:PutAccountPublicAccessBlock")]
            }
            _ => of_bucket(kind, calls![under("s3:PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock")]),
        },
        Sort::AccountAlias => of_account(
            kind,
            calls![
                on("iam:CreateAccountAlias", On::Everything),
                on("iam:ListAccountAliases", On::Everything)
            ],
        ),
        Sort::PasswordPolicy => of_account(
            kind,
            calls![
                on("iam:GetAccountPasswordPolicy", On::Everything),
                on("iam:UpdateAccountPasswordPolicy", On::Everything)
            ],
        ),
        Sort::StudioLifecycle => sagemaker::scripts(kind),
        Sort::Encryption => of_bucket(
            kind,
            calls![
                under("s3:GetBucketEncryption", "s3:GetEncryptionConfiguration"),
                under("s3:PutBucketEncryption", "s3:PutEncryptionConfiguration"),
            ],
        ),
        Sort::Versioning => of_bucket(kind, calls![call("s3:PutBucketVersioning")]),
        Sort::Ownership => of_bucket(kind, calls![call("s3:PutBucketOwnershipControls")]),
        Sort::Lifecycle => of_bucket(
            kind,
            calls![
                under("s3:GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration"),
                under("s3:PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration"),
            ],
        ),
        // Found only: hatrack makes none of these.
        Sort::AccessKey
        | Sort::MfaDevice
        | Sort::SigningCertificate
        | Sort::SshPublicKey
        | Sort::ServiceSpecific
        | Sort::Apps
        | Sort::Failed
        | Sort::Objects => &[],
    }
}

/// Clearing a setting; nothing where AWS has no call for it.
pub fn remove(kind: Kind, sort: Sort) -> &'static [Call] {
    match sort {
        Sort::Tag => match kind {
            Kind::User => calls![call("iam:UntagUser")],
            Kind::Role => calls![call("iam:UntagRole")],
            Kind::Policy => calls![LOOK_UP_POLICY, call("iam:UntagPolicy")],
            Kind::InstanceProfile => calls![call("iam:UntagInstanceProfile")],
            // S3 takes the whole set; `DeleteBucketTagging` has no action of its own.
            Kind::Bucket => calls![
                call("s3:GetBucketTagging"),
                call("s3:PutBucketTagging"),
                under("s3:DeleteBucketTagging", "s3:PutBucketTagging"),
            ],
            Kind::Group | Kind::Account => &[],
            sagemaker_kinds!() => sagemaker::remove_tag(kind),
        },
        Sort::Boundary => match kind {
            Kind::User => calls![call("iam:DeleteUserPermissionsBoundary")],
            Kind::Role => calls![call("iam:DeleteRolePermissionsBoundary")],
            Kind::Group
            | Kind::Policy
            | Kind::InstanceProfile
            | Kind::Bucket
            | sagemaker_kinds!()
            | Kind::Account => &[],
        },
        Sort::Attached => match kind {
            Kind::User => calls![LOOK_UP_POLICY, call("iam:DetachUserPolicy")],
            Kind::Group => calls![LOOK_UP_POLICY, call("iam:DetachGroupPolicy")],
            Kind::Role => calls![LOOK_UP_POLICY, call("iam:DetachRolePolicy")],
            Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => &[],
        },
        Sort::Inline => match kind {
            Kind::User => calls![call("iam:DeleteUserPolicy")],
            Kind::Group => calls![call("iam:DeleteGroupPolicy")],
            Kind::Role => calls![call("iam:DeleteRolePolicy")],
            Kind::Policy | Kind::InstanceProfile | Kind::Bucket | sagemaker_kinds!() | Kind::Account => &[],
        },
        // Somebody may have put a declared user into any group there is.
        Sort::Membership => of_user(kind, calls![on("iam:RemoveUserFromGroup", On::Any(Kind::Group))]),
        Sort::SignIn => of_user(kind, calls![call("iam:DeleteLoginProfile")]),
        Sort::AccessKey => of_user(kind, calls![call("iam:DeleteAccessKey")]),
        Sort::MfaDevice => of_user(
            kind,
            calls![call("iam:DeactivateMFADevice"), on("iam:DeleteVirtualMFADevice", On::MfaDevices)],
        ),
        Sort::SigningCertificate => of_user(kind, calls![call("iam:DeleteSigningCertificate")]),
        Sort::SshPublicKey => of_user(kind, calls![call("iam:DeleteSSHPublicKey")]),
        Sort::ServiceSpecific => of_user(kind, calls![call("iam:DeleteServiceSpecificCredential")]),
        Sort::HeldRole => match kind {
            Kind::InstanceProfile => {
                calls![call("iam:RemoveRoleFromInstanceProfile"), call("iam:GetInstanceProfile")]
            }
            Kind::User
            | Kind::Group
            | Kind::Policy
            | Kind::Role
            | Kind::Bucket
            | sagemaker_kinds!()
            | Kind::Account => &[],
        },
        Sort::BucketPolicy => of_bucket(kind, calls![call("s3:DeleteBucketPolicy")]),
        Sort::PublicAccessBlock => match kind {
            Kind::Account => {
                calls![account_block("s3control:DeletePublicAccessBlock", "s3:PutAccountPublicAccessBlock")]
            }
            _ => {
                of_bucket(kind, calls![under("s3:DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock")])
            }
        },
        Sort::AccountAlias => of_account(
            kind,
            calls![
                on("iam:DeleteAccountAlias", On::Everything),
                on("iam:ListAccountAliases", On::Everything)
            ],
        ),
        Sort::PasswordPolicy => of_account(
            kind,
            calls![
                on("iam:GetAccountPasswordPolicy", On::Everything),
                on("iam:DeleteAccountPasswordPolicy", On::Everything)
            ],
        ),
        Sort::StudioLifecycle => sagemaker::scripts(kind),
        Sort::Encryption => {
            of_bucket(kind, calls![under("s3:DeleteBucketEncryption", "s3:PutEncryptionConfiguration")])
        }
        Sort::Ownership => of_bucket(
            kind,
            calls![under("s3:DeleteBucketOwnershipControls", "s3:PutBucketOwnershipControls")],
        ),
        Sort::Lifecycle => {
            of_bucket(kind, calls![under("s3:DeleteBucketLifecycle", "s3:PutLifecycleConfiguration")])
        }
        // It never goes back to none; and no object is ever touched.
        Sort::Versioning | Sort::Objects | Sort::Apps | Sort::Failed => &[],
    }
}

fn of_user(kind: Kind, calls: &'static [Call]) -> &'static [Call] {
    match kind {
        Kind::User => calls,
        Kind::Group
        | Kind::Policy
        | Kind::Role
        | Kind::InstanceProfile
        | Kind::Bucket
        | sagemaker_kinds!()
        | Kind::Account => &[],
    }
}

fn of_account(kind: Kind, calls: &'static [Call]) -> &'static [Call] {
    if kind == Kind::Account { calls } else { &[] }
}

fn of_bucket(kind: Kind, calls: &'static [Call]) -> &'static [Call] {
    match kind {
        Kind::Bucket => calls,
        Kind::User
        | Kind::Group
        | Kind::Policy
        | Kind::Role
        | Kind::InstanceProfile
        | sagemaker_kinds!()
        | Kind::Account => &[],
    }
}
