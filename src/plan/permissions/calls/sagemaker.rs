//! The calls of SageMaker. AWS invents a domain's id, which stands in the ARNs of all that is in it, so that nothing
//! narrower than every domain of a region can be named before one is made.
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html>

use super::{Call, On, call, on, under};
use crate::state::{Kind, iam_and_s3_kinds};

/// Finding a domain by its name.
const FIND_DOMAIN: [Call; 2] =
    [on("sagemaker:ListDomains", On::Everything), on("sagemaker:DescribeDomain", On::Any(Kind::Domain))];

/// What is there, and what it says of itself.
pub(super) fn reading(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::Domain => calls![
            on("sagemaker:ListDomains", On::Everything),
            on("sagemaker:DescribeDomain", On::Any(Kind::Domain)),
            on("sagemaker:ListTags", On::Any(Kind::Domain)),
            on("sagemaker:ListUserProfiles", On::Everything),
            on("sagemaker:DescribeUserProfile", On::Any(Kind::UserProfile)),
            on("sagemaker:ListTags", On::Any(Kind::UserProfile)),
            on("sagemaker:ListSpaces", On::Everything),
            on("sagemaker:ListApps", On::Everything),
        ],
        Kind::Notebook => calls![
            on("sagemaker:ListNotebookInstances", On::Everything),
            on("sagemaker:DescribeNotebookInstance", On::Any(Kind::Notebook)),
            on("sagemaker:ListTags", On::Any(Kind::Notebook)),
        ],
        Kind::NotebookLifecycle => calls![
            on("sagemaker:ListNotebookInstanceLifecycleConfigs", On::Everything),
            on("sagemaker:DescribeNotebookInstanceLifecycleConfig", On::Any(Kind::NotebookLifecycle)),
            on("sagemaker:ListTags", On::Any(Kind::NotebookLifecycle)),
        ],
        Kind::StudioLifecycle => calls![
            on("sagemaker:ListStudioLifecycleConfigs", On::Everything),
            on("sagemaker:DescribeStudioLifecycleConfig", On::Any(Kind::StudioLifecycle)),
            on("sagemaker:ListTags", On::Any(Kind::StudioLifecycle)),
        ],
        Kind::UserProfile | Kind::Space => &[],
        iam_and_s3_kinds!() | Kind::Account => &[],
    }
}

/// Making one, and waiting until it is in service.
pub(super) fn create(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::Domain => calls![
            call("sagemaker:CreateDomain"),
            FIND_DOMAIN[0],
            FIND_DOMAIN[1],
            on("sagemaker:ListTags", On::Any(Kind::Domain)),
        ],
        Kind::UserProfile => calls![
            FIND_DOMAIN[0],
            FIND_DOMAIN[1],
            call("sagemaker:CreateUserProfile"),
            call("sagemaker:DescribeUserProfile"),
        ],
        Kind::Notebook => calls![
            call("sagemaker:CreateNotebookInstance"),
            call("sagemaker:DescribeNotebookInstance"),
            call("sagemaker:StopNotebookInstance"),
        ],
        Kind::NotebookLifecycle => calls![
            call("sagemaker:CreateNotebookInstanceLifecycleConfig"),
            call("sagemaker:DescribeNotebookInstanceLifecycleConfig"),
        ],
        Kind::StudioLifecycle => calls![
            call("sagemaker:CreateStudioLifecycleConfig"),
            call("sagemaker:DescribeStudioLifecycleConfig"),
        ],
        Kind::Space | iam_and_s3_kinds!() | Kind::Account => &[],
    }
}

/// Tags that a create call carries take the right to tag.
pub(super) fn tagged_at_creation(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::Domain => calls![under("sagemaker:CreateDomain", "sagemaker:AddTags")],
        Kind::UserProfile => calls![under("sagemaker:CreateUserProfile", "sagemaker:AddTags")],
        Kind::Notebook => calls![under("sagemaker:CreateNotebookInstance", "sagemaker:AddTags")],
        Kind::NotebookLifecycle => {
            calls![under("sagemaker:CreateNotebookInstanceLifecycleConfig", "sagemaker:AddTags")]
        }
        Kind::StudioLifecycle => calls![under("sagemaker:CreateStudioLifecycleConfig", "sagemaker:AddTags")],
        Kind::Space | iam_and_s3_kinds!() | Kind::Account => &[],
    }
}

/// Changing the core in place, after a look at what is there.
pub(super) fn update(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::Domain => calls![
            FIND_DOMAIN[0],
            FIND_DOMAIN[1],
            call("sagemaker:UpdateDomain"),
            // The fate of people's files is a tag.
            call("sagemaker:ListTags"),
            call("sagemaker:AddTags"),
            call("sagemaker:DeleteTags"),
        ],
        Kind::UserProfile => calls![
            FIND_DOMAIN[0],
            FIND_DOMAIN[1],
            call("sagemaker:DescribeUserProfile"),
            call("sagemaker:UpdateUserProfile"),
        ],
        Kind::Notebook => calls![
            call("sagemaker:DescribeNotebookInstance"),
            call("sagemaker:StopNotebookInstance"),
            call("sagemaker:UpdateNotebookInstance"),
            call("sagemaker:StartNotebookInstance"),
        ],
        Kind::NotebookLifecycle => calls![
            call("sagemaker:DescribeNotebookInstanceLifecycleConfig"),
            call("sagemaker:UpdateNotebookInstanceLifecycleConfig"),
        ],
        Kind::StudioLifecycle | Kind::Space | iam_and_s3_kinds!() | Kind::Account => &[],
    }
}

/// Ending one, and waiting until it is gone.
pub(super) fn delete(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::Domain => calls![FIND_DOMAIN[0], FIND_DOMAIN[1], call("sagemaker:DeleteDomain")],
        Kind::UserProfile => calls![
            FIND_DOMAIN[0],
            FIND_DOMAIN[1],
            call("sagemaker:DeleteUserProfile"),
            call("sagemaker:DescribeUserProfile"),
        ],
        Kind::Notebook => calls![
            call("sagemaker:DescribeNotebookInstance"),
            call("sagemaker:StopNotebookInstance"),
            call("sagemaker:DeleteNotebookInstance"),
        ],
        Kind::NotebookLifecycle => calls![call("sagemaker:DeleteNotebookInstanceLifecycleConfig")],
        Kind::StudioLifecycle => calls![call("sagemaker:DeleteStudioLifecycleConfig")],
        Kind::Space | iam_and_s3_kinds!() | Kind::Account => &[],
    }
}

/// Setting a tag. What is in a domain is found through it.
pub(super) fn put_tag(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::Domain | Kind::UserProfile => {
            calls![FIND_DOMAIN[0], FIND_DOMAIN[1], call("sagemaker:AddTags")]
        }
        Kind::Notebook | Kind::NotebookLifecycle | Kind::StudioLifecycle => {
            calls![call("sagemaker:AddTags")]
        }
        Kind::Space | iam_and_s3_kinds!() | Kind::Account => &[],
    }
}

/// Clearing a tag.
pub(super) fn remove_tag(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::Domain | Kind::UserProfile => {
            calls![FIND_DOMAIN[0], FIND_DOMAIN[1], call("sagemaker:DeleteTags")]
        }
        Kind::Notebook | Kind::NotebookLifecycle | Kind::StudioLifecycle => {
            calls![call("sagemaker:DeleteTags")]
        }
        Kind::Space | iam_and_s3_kinds!() | Kind::Account => &[],
    }
}

/// Setting and clearing a script of Studio apps.
pub(super) fn scripts(kind: Kind) -> &'static [Call] {
    match kind {
        Kind::Domain | Kind::UserProfile => update(kind),
        Kind::Space
        | Kind::Notebook
        | Kind::NotebookLifecycle
        | Kind::StudioLifecycle
        | iam_and_s3_kinds!()
        | Kind::Account => &[],
    }
}
