"""Every operation there is: importing this fills the table of `world/operations.py`."""

from services import (  # noqa: F401
    around,
    iam_account,
    iam_credentials,
    iam_holders,
    iam_people,
    iam_policies,
    iam_providers,
    iam_roles,
    s3_buckets,
    s3_objects,
    s3_policy,
    s3_settings,
    sagemaker_configs,
    sagemaker_notebooks,
    sagemaker_studio,
    sts,
)
