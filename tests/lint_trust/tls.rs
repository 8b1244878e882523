//! What a bucket's policy says of TLS, encryption and its own bucket.

use super::*;

#[test]
fn tls() {
    let role = r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/Reader"}"#;
    let allow = statement("Allow", role, r#""s3:GetObject""#, LAKE, "");
    let with = |second: String| format!("{allow}, {second}");
    let tls = |resource: &str| {
        let plain = r#"{"Bool": {"aws:SecureTransport": "false"}}"#;
        statement("Deny", r#""Principal": "*""#, r#""s3:*""#, resource, plain)
    };
    each(
        Usage::Bucket,
        "tls-not-demanded",
        true,
        &[
            allow.clone(),
            with(deny(r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#)),
            with(deny(r#"{"Bool": {"aws:SecureTransport": "true"}}"#)),
            with(tls(r#""arn:aws:s3:::acme-lake/*""#)),
            with(tls(r#""arn:aws:s3:::acme-lake""#)),
            with(tls(r#"["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/raw/*"]"#)),
            with(tls(LAKE).replace("s3:*", "s3:PutObject")),
            with(tls(LAKE).replace(r#""Principal": "*""#, r#""Principal": {"AWS": "444455556666"}"#)),
            tls(r#""arn:aws:s3:::acme-lake/*""#) + ", " + &allow,
        ],
    );
    let lets = r#"{"Bool": {"aws:SecureTransport": "true"}}"#;
    each(
        Usage::Bucket,
        "tls-not-demanded",
        false,
        &[
            with(tls(LAKE)),
            with(tls(r#""*""#)),
            with(tls(r#""arn:aws:s3:::acme-lake*""#)),
            with(
                tls(LAKE)
                    .replace("Bool", "BoolIfExists")
                    .replace("aws:SecureTransport", "AWS:securetransport"),
            ),
            with(tls(LAKE).replace("s3:*", "*")),
            with(tls(r#""arn:aws:s3:::acme-lake""#) + ", " + &tls(r#""arn:aws:s3:::acme-lake/*""#)),
            with(deny(r#"{"NumericLessThan": {"s3:TlsVersion": "1.2"}}"#)),
            statement("Allow", role, r#""s3:GetObject""#, LAKE, lets),
            deny(r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            statement("Allow", role, r#""kms:Decrypt""#, r#""*""#, ""),
        ],
    );
}

#[test]
fn uploads_denied() {
    let sse = "s3:x-amz-server-side-encryption";
    let put =
        |condition: &str| statement("Deny", r#""Principal": "*""#, r#""s3:PutObject""#, LAKE, condition);
    each(
        Usage::Bucket,
        "unencrypted-upload-deny",
        true,
        &[
            put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}}}"#)),
            put(&format!(r#"{{"StringNotEquals": {{"{}": ["AES256", "aws:kms"]}}}}"#, sse.to_uppercase())),
            put(&format!(r#"{{"StringNotEqualsIfExists": {{"{sse}": "aws:kms"}}}}"#)),
            put(&format!(
                r#"{{"StringNotLike": {{"{sse}-aws-kms-key-id": "arn:aws:kms:*:111122223333:key/*"}}}}"#
            )),
            put(&format!(r#"{{"Null": {{"{sse}": "true"}}}}"#)),
            put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}}}"#))
                .replace("s3:PutObject", "s3:Put*"),
        ],
    );
    each(
        Usage::Bucket,
        "unencrypted-upload-deny",
        false,
        &[
            put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}, "Null": {{"{sse}": "false"}}}}"#)),
            put(&format!(
                r#"{{"StringNotEquals": {{"{sse}-aws-kms-key-id": "a"}}, "StringEquals": {{"{sse}": "aws:kms"}}}}"#
            )),
            put(&format!(r#"{{"StringEquals": {{"{sse}": "AES256"}}}}"#)),
            put(&format!(r#"{{"Null": {{"{sse}-customer-algorithm": "false"}}}}"#)),
            put(&format!(r#"{{"Null": {{"{sse}": "false"}}}}"#)),
            put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}}}"#))
                .replace("s3:PutObject", "s3:GetObject"),
            put(&format!(r#"{{"StringNotEquals": {{"{sse}": "aws:kms"}}}}"#)).replace("Deny", "Allow"),
        ],
    );
}

/// The rules that an environment breaks, after the usual header.
fn broken_in_environment(body: &str) -> Vec<&'static str> {
    let text = format!("environment: analytics\naccount: \"{ACCOUNT}\"\nregion: eu-west-1\n{body}");
    let file = Arc::new(Source { name: "environments/analytics.yaml".into(), text });
    let (lowered, said) = hatrack::spec::load(&[file], &[]);
    assert_eq!(said, [], "{body}");
    let lowered = lowered.unwrap();
    let today = date(2026, 11, 21);
    let report = lint::estate(lint::Estate { lowered: &lowered, today });
    report.findings.iter().filter_map(|finding| finding.rule).collect()
}

fn bucket_with(statement: &str) -> String {
    format!("buckets:\n  acme-lake:\n    policy:\n      - {statement}\n")
}

#[test]
fn a_bucket_is_told_once_that_it_does_not_demand_tls() {
    let tls = deny(r#"{"Bool": {"aws:SecureTransport": "false"}}"#);
    let organization = deny(r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#);
    assert_eq!(broken_in_environment("buckets:\n  acme-lake: {}\n"), ["bucket-without-policy"]);
    assert_eq!(broken_in_environment(&bucket_with(&organization)), ["tls-not-demanded"]);
    assert_eq!(broken_in_environment(&bucket_with(&tls)), [""; 0]);
    assert_eq!(broken_in_environment("buckets:\n  acme-lake: { template: private-bucket }\n"), [""; 0]);
}

#[test]
fn a_policy_speaks_of_its_own_bucket() {
    let plain = r#"{"Bool": {"aws:SecureTransport": "false"}}"#;
    let on = |resource: &str| statement("Deny", r#""Principal": "*""#, r#""s3:*""#, resource, plain);
    let rule = "bucket-of-another";
    for resource in [
        r#"["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lakes/*"]"#,
        r#""arn:aws:s3:::acme""#,
        r#""arn:aws:s3:::other*""#,
        r#""arn:aws:s3:::acme-lak/*""#,
        r#""arn:aws:s3:::Acme-lake/*""#,
        r#"["arn:aws:s3:::acme-lake/*", "arn:aws:s3:::acme-lake-assets"]"#,
    ] {
        assert!(broken_in_environment(&bucket_with(&on(resource))).contains(&rule), "{resource}");
    }
    for resource in [
        LAKE,
        r#""*""#,
        r#""arn:aws:s3:::*""#,
        r#""arn:aws:s3:::acme-lake*""#,
        r#""arn:aws:s3:::acme-*/raw/*""#,
        r#""arn:*:s3:::acme-lake/*""#,
    ] {
        assert!(!broken_in_environment(&bucket_with(&on(resource))).contains(&rule), "{resource}");
    }
}
