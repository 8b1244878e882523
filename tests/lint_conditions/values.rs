//! Values that compare otherwise than they look.

use super::{keep, trip};

#[test]
fn wildcard_not_expanded() {
    let rule = "wildcard-not-expanded";
    trip(
        rule,
        &[
            "i allow s3:ListBucket | StringEquals: {s3:prefix: \"curated/*\"}",
            "i allow s3:GetObject | StringEquals: {aws:PrincipalArn: \"arn:aws:iam::111122223333:role/ds/*\"}",
            "i deny s3:* | StringNotEquals: {aws:PrincipalTag/Team: \"data-*\"}",
            "i allow s3:* | StringEqualsIgnoreCase: {aws:username: \"a*\"}",
            "i allow ec2:CreateTags | ForAnyValue:StringEquals: {aws:TagKeys: \"acme:*\"}",
            "i allow s3:ListBucket | StringEqualsIfExists: {s3:prefix: [\"\", \"home/${aws:username}/*\"]}",
            "i allow ec2:StartInstances | StringEquals: {aws:ResourceTag/Project: \"*\"}",
        ],
    );
    keep(
        rule,
        &[
            "i allow s3:ListBucket | StringLike: {s3:prefix: \"curated/*\"}",
            "i allow s3:ListBucket | StringEquals: {s3:prefix: [\"\", \"curated/\"]}",
            "i allow s3:GetObject | ArnEquals: {aws:PrincipalArn: \"arn:aws:iam::111122223333:role/ds/*\"}",
            "i allow s3:ListBucket | StringEquals: {s3:prefix: \"what/${*}\"}",
            "i allow acm:RequestCertificate | ForAllValues:StringEquals: {acm:DomainNames: \"*.example.com\"}",
            "i allow s3:ListBucket | StringEquals: {s3:prefix: \"home/${aws:username}/\"}",
            "i allow s3:ListBucket | StringEquals: {s3:prefix: \"${aws:PrincipalTag/Prefix, '*'}\"}",
            "i allow s3:ListBucket | StringEquals: {s3:delimiter: \"?\"}",
        ],
    );
}

#[test]
fn always_true_condition() {
    let rule = "always-true-condition";
    trip(
        rule,
        &[
            "b allow s3:GetObject | StringLike: {aws:PrincipalOrgID: \"*\"}",
            "b allow s3:GetObject | ArnLike: {aws:PrincipalArn: \"*\"}",
            "i allow s3:GetObject | StringLike: {aws:SourceVpce: [\"vpce-0a1b2c3d\", \"*\"]}",
            "t allow sts:AssumeRole | StringLike: {sts:ExternalId: \"*\"}",
            "b allow s3:PutObject | ArnLike: {aws:SourceArn: \"arn:aws:*:*:*:*\"}",
            "b allow s3:PutObject | StringLikeIfExists: {aws:sourceaccount: \"*\"}",
            "i allow iam:PassRole | StringLike: {iam:PassedToService: \"*\"}",
            "i allow s3:GetObject | IpAddress: {aws:SourceIp: 0.0.0.0/0}",
        ],
    );
    keep(
        rule,
        &[
            "i allow s3:ListBucket | StringLike: {s3:prefix: \"*\"}",
            "b allow s3:GetObject | StringEquals: {aws:PrincipalOrgID: o-exampleorgid}",
            "b allow s3:GetObject | ArnLike: {aws:PrincipalArn: \"arn:aws:iam::*:role/ds/*\"}",
            "i allow s3:GetObject | \"Null\": {aws:SourceVpce: false}",
            "b deny s3:* | StringNotLike: {aws:PrincipalOrgID: \"*\"}",
            "i allow ec2:CreateVolume | StringLike: {aws:RequestTag/Project: \"*\"}",
            "i allow s3:GetObject | StringLike: {aws:PrincipalTag/Project: \"*\"}",
            "b allow s3:PutObject | ArnLike: {aws:SourceArn: \"arn:aws:s3:::*\"}",
        ],
    );
}

#[test]
fn principal_arn_session() {
    let rule = "principal-arn-session";
    trip(
        rule,
        &[
            "b deny s3:DeleteObject | ArnNotLike: {aws:PrincipalArn: \"arn:aws:sts::111122223333:assumed-role/Admin/*\"}",
            "b allow s3:GetObject | ArnEquals: {aws:PrincipalArn: \"arn:aws:sts::111122223333:assumed-role/Runner/session\"}",
            "t allow sts:AssumeRole | StringLike: {aws:principalarn: \"arn:aws:sts::*:assumed-role/Admin/*\"}",
            "b allow s3:GetObject | StringEquals: {aws:PrincipalArn: [\"arn:aws:iam::111122223333:role/A\", \"arn:aws:sts::111122223333:assumed-role/A/s\"]}",
            "i deny iam:* | StringNotLike: {aws:PrincipalArn: \"*:assumed-role/Admin/*\"}",
            "i deny iam:* | ArnNotLikeIfExists: {aws:PrincipalArn: \"arn:*:sts::*:assumed-role/Admin/*\"}",
        ],
    );
    keep(
        rule,
        &[
            "b deny s3:DeleteObject | ArnNotLike: {aws:PrincipalArn: \"arn:aws:iam::111122223333:role/Admin\"}",
            "b deny s3:DeleteObject | StringNotLike: {aws:userid: \"AROAEXAMPLEID:*\"}",
            "i deny iam:* | ArnNotLike: {aws:PrincipalArn: \"arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*\"}",
            "b allow s3:GetObject | ArnEquals: {aws:PrincipalArn: \"arn:aws:iam::111122223333:user/alice\"}",
            "b allow s3:GetObject | ArnLike: {aws:PrincipalArn: \"arn:aws:sts::111122223333:federated-user/alice\"}",
            "i allow s3:GetObject | StringEquals: {aws:PrincipalTag/arn: \"arn:aws:sts::111122223333:assumed-role/A/s\"}",
            "b allow s3:GetObject | ArnLike: {aws:PrincipalArn: \"arn:aws:iam::111122223333:role/assumed-role/A\"}",
        ],
    );
}
