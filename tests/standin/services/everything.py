"""Every operation there is: importing this fills the table of `world/operations.py`."""

from services import iam_roles, sagemaker_configs, sagemaker_notebooks, sagemaker_studio, sts  # noqa: F401
