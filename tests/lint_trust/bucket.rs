//! Whom a bucket's policy lets in, and whom it locks out.

use super::*;

#[test]
fn deputies_of_buckets() {
    let put = r#""s3:PutObject""#;
    let trail = r#""Principal": {"Service": "cloudtrail.amazonaws.com"}"#;
    let logs = r#""arn:aws:s3:::acme-lake/AWSLogs/*""#;
    let plain = statement("Allow", trail, put, logs, "");
    let of = |principal: &str, condition: &str| statement("Allow", principal, put, logs, condition);
    each(
        Usage::Bucket,
        "confused-deputy",
        true,
        &[
            plain.clone(),
            of(r#""Principal": {"Service": "logging.s3.amazonaws.com"}"#, ""),
            of(r#""Principal": {"Service": ["config.amazonaws.com", "sns.amazonaws.com"]}"#, ""),
            of(trail, r#"{"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}"#),
            of(trail, r#"{"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}}"#),
            of(trail, r#"{"Bool": {"aws:PrincipalIsAWSService": "true"}}"#),
        ],
    );
    let fence = deny(
        r#"{"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-a1b2c3d4e5"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}"#,
    );
    each(
        Usage::Bucket,
        "confused-deputy",
        false,
        &[
            of(trail, r#"{"StringEquals": {"aws:SourceAccount": "111122223333"}}"#),
            of(trail, r#"{"ArnLike": {"AWS:SourceArn": "arn:aws:cloudtrail:*:111122223333:trail/*"}}"#),
            of(trail, r#"{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::acme-source"}}"#),
            of(r#""Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}"#, ""),
            statement("Allow", trail, r#""s3:GetBucketAcl""#, r#""arn:aws:s3:::acme-lake""#, ""),
            statement("Deny", trail, put, logs, ""),
            of(r#""Principal": {"AWS": "arn:aws:iam::111122223333:role/A"}"#, ""),
            format!("{plain}, {fence}"),
        ],
    );
}

#[test]
fn buckets_locked() {
    let not = |principal: &str| {
        statement("Deny", &format!(r#""NotPrincipal": {principal}"#), r#""s3:*""#, LAKE, "")
    };
    each(
        Usage::Bucket,
        "bucket-locks-everyone-out",
        true,
        &[
            deny(""),
            deny("").replace("s3:*", "*"),
            statement("Deny", r#""Principal": {"AWS": "*"}"#, r#""S3:putbucketpolicy""#, r#""*""#, ""),
            deny(
                r#"{"StringNotEquals": {"aws:PrincipalArn": "arn:aws:sts::111122223333:assumed-role/A/b"}}"#,
            ),
            deny(r#"{"ArnNotEquals": {"aws:principalarn": "arn:aws:sts::111122223333:assumed-role/A/*"}}"#),
            deny(r#"{"StringNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#),
            deny(r#"{"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:group/Admins"}}"#),
            deny(r#"{"StringNotEquals": {"aws:userId": "AROAEXAMPLEEXAMPLE123:*"}}"#),
            deny(r#"{"StringNotEquals": {"aws:SourceAccount": "111122223333"}}"#),
            deny(r#"{"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}"#),
            deny(r#"{"Bool": {"aws:PrincipalIsAWSService": "false"}}"#),
            not(r#"{"AWS": "arn:aws:iam::111122223333:role/Admin"}"#),
            not(r#"{"Service": "cloudtrail.amazonaws.com"}"#),
        ],
    );
    each(
        Usage::Bucket,
        "bucket-locks-everyone-out",
        false,
        &[
            deny(r#"{"Bool": {"aws:SecureTransport": "false"}}"#),
            deny(r#"{"NumericLessThan": {"s3:TlsVersion": "1.2"}}"#),
            deny(r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            deny(
                r#"{"StringNotEquals": {"aws:PrincipalAccount": "111122223333"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}"#,
            ),
            deny(r#"{"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#),
            deny(r#"{"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#),
            deny(
                r#"{"StringNotEquals": {"aws:PrincipalArn": ["arn:aws:sts::111122223333:assumed-role/A/b", "arn:aws:iam::111122223333:role/A"]}}"#,
            ),
            deny(r#"{"StringNotLike": {"aws:userId": "AROAEXAMPLEEXAMPLE123:*"}}"#),
            deny(
                r#"{"StringNotEquals": {"aws:SourceAccount": "111122223333"}, "Bool": {"aws:PrincipalIsAWSService": "true"}}"#,
            ),
            statement("Deny", r#""Principal": "*""#, r#""s3:*""#, r#""arn:aws:s3:::acme-lake/*""#, ""),
            statement(
                "Deny",
                r#""Principal": "*""#,
                r#"["s3:DeleteObject", "s3:DeleteBucketPolicy"]"#,
                LAKE,
                "",
            ),
            statement("Deny", r#""Principal": {"AWS": "444455556666"}"#, r#""s3:*""#, LAKE, ""),
            not(r#"{"AWS": ["arn:aws:iam::111122223333:user/admin", "arn:aws:iam::111122223333:root"]}"#),
        ],
    );
    let endpoint = r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}"#;
    each(
        Usage::Bucket,
        "bucket-only-through-endpoint",
        true,
        &[
            deny(endpoint),
            deny(r#"{"StringNotEquals": {"aws:sourcevpc": ["vpc-0a1b2c3d", "vpc-1a1b2c3d"]}}"#),
            deny(r#"{"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-0a1b2c3d"}}"#),
            deny(r#"{"Null": {"aws:SourceVpce": "true"}}"#),
            deny(
                r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}"#,
            ),
            deny(endpoint).replace("s3:*", "s3:PutBucketPolicy"),
        ],
    );
    each(
        Usage::Bucket,
        "bucket-only-through-endpoint",
        false,
        &[
            deny(endpoint).replace("s3:*", "s3:GetObject"),
            statement("Deny", r#""Principal": "*""#, r#""s3:*""#, r#""arn:aws:s3:::acme-lake/*""#, endpoint),
            deny(
                r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/Admin"}}"#,
            ),
            deny(r#"{"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}"#),
            deny(
                r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}, "NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}"#,
            ),
            public(r#""s3:GetObject""#, r#"{"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}"#),
        ],
    );
}

#[test]
fn buckets_open_to_everybody() {
    let get = r#""s3:GetObject""#;
    each(
        Usage::Bucket,
        "bucket-public",
        true,
        &[
            public(get, ""),
            public(r#""s3:*""#, ""),
            statement("Allow", r#""Principal": {"AWS": "*"}"#, r#""S3:putobject""#, LAKE, ""),
            public(get, r#"{"StringLike": {"aws:Referer": "https://acme.example/*"}}"#),
            public(get, r#"{"Bool": {"aws:SecureTransport": "true"}}"#),
            public(get, r#"{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}"#),
            public(get, r#"{"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Reader"}}"#),
            public(get, r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            public(get, r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}"#),
            public(get, r#"{"StringLike": {"aws:userid": "AROAEXAMPLEEXAMPLE123:*"}}"#),
        ],
    );
    let open = public(get, "");
    let fence = deny(r#"{"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}"#);
    each(
        Usage::Bucket,
        "bucket-public",
        false,
        &[
            public(get, r#"{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            public(get, r#"{"StringEquals": {"AWS:sourcevpce": "vpce-0a1b2c3d"}}"#),
            public(get, r#"{"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"]}}"#),
            public(get, r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/ds/*"}}"#),
            public(get, r#"{"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}}"#),
            statement("Allow", r#""Principal": {"AWS": "444455556666"}"#, get, LAKE, ""),
            format!("{open}, {fence}"),
            deny(""),
        ],
    );
}

#[test]
fn others_who_administer() {
    let of = |principal: &str, action: &str, resource: &str| {
        statement("Allow", &format!(r#""Principal": {{"AWS": {principal}}}"#), action, resource, "")
    };
    let (other, all) = (r#""444455556666""#, r#""s3:*""#);
    each(
        Usage::Bucket,
        "bucket-administered-by-others",
        true,
        &[
            of(other, all, LAKE),
            of(r#""arn:aws:iam::444455556666:role/Partner""#, all, LAKE),
            of(r#"["111122223333", "arn:aws:iam::444455556666:user/p"]"#, r#""s3:PutBucketPolicy""#, LAKE),
            of(other, r#"["s3:GetObject", "s3:putbucketACL"]"#, LAKE),
            of(other, r#""s3:*Policy""#, r#""arn:aws:s3:::acme-lake""#),
            of(other, r#""*""#, r#""*""#),
        ],
    );
    each(
        Usage::Bucket,
        "bucket-administered-by-others",
        false,
        &[
            of(r#""111122223333""#, all, LAKE),
            of(r#""arn:aws:iam::111122223333:role/Admin""#, all, LAKE),
            of(other, r#"["s3:GetObject", "s3:ListBucket", "s3:PutObject"]"#, LAKE),
            of(other, all, r#""arn:aws:s3:::acme-lake/*""#),
            of(other, r#""s3:GetBucketPolicy""#, LAKE),
            of(other, all, LAKE).replace("Allow", "Deny"),
        ],
    );
    let role = of(r#""arn:aws:iam::444455556666:role/Admin""#, all, LAKE);
    assert!(!broken(Usage::Bucket, &role, None).contains("bucket-administered-by-others"));
}

#[test]
fn all_but_some() {
    let of = |effect: &str, principals: &str, action: &str| {
        statement(effect, &format!(r#""NotPrincipal": {principals}"#), action, LAKE, "")
    };
    let get = r#""s3:GetObject""#;
    let user = r#"{"AWS": "arn:aws:iam::111122223333:user/a"}"#;
    let with_root = r#"{"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:user/a"]}"#;
    let role_and_root =
        r#"{"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/ds/R"]}"#;
    let session = r#"{"AWS": ["arn:aws:iam::111122223333:root", "arn:aws:iam::111122223333:role/ds/R",
        "arn:aws:sts::111122223333:assumed-role/R/job"]}"#;
    let service = r#"{"Service": "cloudfront.amazonaws.com"}"#;
    each(
        Usage::Bucket,
        "not-principal-allow",
        true,
        &[
            of("Allow", user, get),
            of("Allow", with_root, get),
            of("Allow", service, get),
            of("Allow", user, r#""s3:*""#),
        ],
    );
    each(
        Usage::Bucket,
        "not-principal-allow",
        false,
        &[of("Deny", user, get), of("Deny", service, get), public(get, ""), deny("")],
    );
    each(
        Usage::Bucket,
        "not-principal-deny",
        true,
        &[
            of("Deny", user, get),
            of("Deny", role_and_root, get),
            of("Deny", role_and_root, r#""s3:*""#),
            of("Deny", r#"{"AWS": "arn:aws:iam::111122223333:role/R"}"#, get),
            of("Deny", r#"{"AWS": ["444455556666", "arn:aws:iam::111122223333:user/a"]}"#, get),
            of("Deny", r#"{"AWS": "arn:aws:sts::111122223333:assumed-role/R/job"}"#, get),
        ],
    );
    each(
        Usage::Bucket,
        "not-principal-deny",
        false,
        &[
            of("Deny", with_root, get),
            of("Deny", session, get),
            of("Deny", service, get),
            of("Deny", r#"{"AWS": "111122223333"}"#, get),
            of("Deny", user, r#""s3:*""#),
            of("Allow", user, get),
        ],
    );
}

#[test]
fn administrators_of_another_account_administer_nothing() {
    let locks = |condition: &str| {
        broken(Usage::Bucket, &deny(condition), Some(ACCOUNT)).contains("bucket-locks-everyone-out")
    };
    assert!(locks(r#"{"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}"#));
    assert!(locks(r#"{"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/Admin"}}"#));
    assert!(!locks(r#"{"StringNotEquals": {"aws:PrincipalAccount": ["111122223333", "444455556666"]}}"#));
    let condition = r#"{"StringNotEquals": {"aws:PrincipalAccount": "444455556666"}}"#;
    assert_eq!(broken(Usage::Bucket, &deny(condition), None), BTreeSet::new());
}

#[test]
fn a_denial_of_something_else_is_no_fence() {
    let get = public(r#""s3:GetObject""#, "");
    let with = |condition: &str, action: &str| {
        let both = format!("{get}, {}", deny(condition).replace("s3:*", action));
        broken(Usage::Bucket, &both, Some(ACCOUNT)).contains("bucket-public")
    };
    let outside = r#""StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}"#;
    assert!(!with(&format!("{{{outside}}}"), "s3:*"));
    assert!(!with(&format!(r#"{{{outside}, "Bool": {{"aws:PrincipalIsAWSService": "false"}}}}"#), "s3:*"));
    assert!(with(&format!(r#"{{{outside}, "Bool": {{"aws:SecureTransport": "false"}}}}"#), "s3:*"));
    assert!(with(&format!(r#"{{{outside}, "Bool": {{"aws:PrincipalIsAWSService": "true"}}}}"#), "s3:*"));
    assert!(with(&format!("{{{outside}}}"), "s3:PutObject"));
}
