//! The templates that come with hatrack: the files of `templates/`, built in.

/// Name and text of each, sorted by name.
pub const TEMPLATES: &[(&str, &str)] = &[
    ("data-lake-reader", include_str!("../../templates/data-lake-reader.yaml")),
    ("data-lake-writer", include_str!("../../templates/data-lake-writer.yaml")),
    ("data-science-boundary", include_str!("../../templates/data-science-boundary.yaml")),
    ("data-scientists", include_str!("../../templates/data-scientists.yaml")),
    ("deny-access-keys", include_str!("../../templates/deny-access-keys.yaml")),
    ("ec2-data-processing", include_str!("../../templates/ec2-data-processing.yaml")),
    ("glue-etl", include_str!("../../templates/glue-etl.yaml")),
    ("ip-range", include_str!("../../templates/ip-range.yaml")),
    ("kms-use", include_str!("../../templates/kms-use.yaml")),
    ("lambda-function", include_str!("../../templates/lambda-function.yaml")),
    ("organization-bucket", include_str!("../../templates/organization-bucket.yaml")),
    ("private-bucket", include_str!("../../templates/private-bucket.yaml")),
    ("require-mfa", include_str!("../../templates/require-mfa.yaml")),
    ("sagemaker-by-tag", include_str!("../../templates/sagemaker-by-tag.yaml")),
    ("sagemaker-execution", include_str!("../../templates/sagemaker-execution.yaml")),
    ("sagemaker-studio", include_str!("../../templates/sagemaker-studio.yaml")),
    ("tag-scoped", include_str!("../../templates/tag-scoped.yaml")),
];
