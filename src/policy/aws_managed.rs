//! Stand-in: names of AWS managed policies.

/// The path and name of an AWS managed policy, or the nearest.
///
/// # Errors
/// The nearest name, if there is no such policy.
pub fn resolve(name: &str) -> Result<&'static str, Option<&'static str>> {
    let known = [
        "AmazonS3ReadOnlyAccess",
        "AmazonSageMakerFullAccess",
        "AmazonEC2ReadOnlyAccess",
        "service-role/AWSGlueServiceRole",
    ];
    let short = |k: &&'static str| k.rsplit('/').next() == Some(name) || *k == name;
    match known.iter().copied().find(short) {
        Some(found) => Ok(found),
        None => Err(crate::diagnostic::did_you_mean(name, known)
            .and_then(|near| known.iter().copied().find(|k| *k == near))),
    }
}
