//! MFA, networks, organizations: guards that stand the wrong way or leave a gap.

use super::{keep, trip};

#[test]
fn mfa_deny_without_if_exists() {
    let rule = "mfa-deny-without-if-exists";
    trip(
        rule,
        &[
            "i deny !iam:EnableMFADevice | Bool: {aws:MultiFactorAuthPresent: false}",
            "i deny s3:* | Bool: {AWS:multifactorauthpresent: \"False\"}",
            "i deny * | StringEquals: {aws:MultiFactorAuthPresent: \"false\"}",
            "i deny iam:* | NumericGreaterThan: {aws:MultiFactorAuthAge: 3600}",
            "b deny s3:DeleteObject | Bool: {aws:MultiFactorAuthPresent: [\"false\"]}",
            "t deny sts:AssumeRole | Bool: {aws:MultiFactorAuthPresent: false}",
            "i deny s3:* | Bool: {aws:MultiFactorAuthPresent: false} && deny ec2:* | \"Null\": {aws:MultiFactorAuthPresent: true}",
            "i deny s3:* | Bool: {aws:MultiFactorAuthPresent: false}, StringEquals: {aws:PrincipalTag/Team: data}",
        ],
    );
    keep(
        rule,
        &[
            "i deny !iam:EnableMFADevice | BoolIfExists: {aws:MultiFactorAuthPresent: false}",
            "i deny s3:* | Bool: {aws:MultiFactorAuthPresent: false} && deny s3:* | \"Null\": {aws:MultiFactorAuthPresent: true}",
            "i deny s3:* | Bool: {aws:MultiFactorAuthPresent: false} && deny * | \"Null\": {aws:MultiFactorAuthAge: true}",
            "i allow s3:GetObject | Bool: {aws:MultiFactorAuthPresent: true}",
            "i deny iam:* | NumericGreaterThanIfExists: {aws:MultiFactorAuthAge: 3600}",
            "i deny s3:* | Bool: {aws:SecureTransport: false}",
            "b deny s3:* | \"Null\": {aws:MultiFactorAuthAge: true}",
            "i deny s3:* | StringNotEquals: {aws:MultiFactorAuthPresent: \"true\"}",
            "i deny s3:* | Bool: {aws:MultiFactorAuthPresent: false}, \"Null\": {aws:MultiFactorAuthPresent: false}",
        ],
    );
}

#[test]
fn mfa_allow_if_exists() {
    let rule = "mfa-allow-if-exists";
    trip(
        rule,
        &[
            "t allow sts:AssumeRole | BoolIfExists: {aws:MultiFactorAuthPresent: true}",
            "i allow s3:GetObject | BoolIfExists: {aws:MultiFactorAuthPresent: \"TRUE\"}",
            "t allow sts:AssumeRole | NumericLessThanIfExists: {aws:MultiFactorAuthAge: 3600}",
            "i allow ec2:* | NumericLessThanEqualsIfExists: {aws:multifactorauthage: 3600}",
            "i allow s3:* | StringEqualsIfExists: {aws:MultiFactorAuthPresent: \"true\"}",
            "b allow s3:GetObject | BoolIfExists: {aws:MultiFactorAuthPresent: [\"true\"]}, Bool: {aws:SecureTransport: true}",
        ],
    );
    keep(
        rule,
        &[
            "t allow sts:AssumeRole | Bool: {aws:MultiFactorAuthPresent: true}",
            "i deny s3:* | BoolIfExists: {aws:MultiFactorAuthPresent: false}",
            "t allow sts:AssumeRole | NumericLessThan: {aws:MultiFactorAuthAge: 3600}",
            "t allow sts:AssumeRole | Bool: {aws:MultiFactorAuthPresent: true}, NumericLessThanIfExists: {aws:MultiFactorAuthAge: 3600}",
            "t allow sts:AssumeRole | BoolIfExists: {aws:MultiFactorAuthPresent: true}, \"Null\": {aws:MultiFactorAuthPresent: false}",
            "i allow s3:GetObject | BoolIfExists: {aws:SecureTransport: true}",
            "i allow iam:EnableMFADevice | BoolIfExists: {aws:MultiFactorAuthPresent: false}",
        ],
    );
}

#[test]
fn inverted_guard() {
    let rule = "inverted-guard";
    trip(
        rule,
        &[
            "b deny s3:* | Bool: {aws:SecureTransport: true}",
            "b deny s3:* | BoolIfExists: {aws:SecureTransport: true}",
            "i allow s3:GetObject | Bool: {aws:SecureTransport: false}",
            "i deny * | Bool: {aws:MultiFactorAuthPresent: true}",
            "i allow s3:* | Bool: {aws:MultiFactorAuthPresent: false}",
            "b deny s3:* | StringEquals: {aws:PrincipalOrgID: o-exampleorgid}",
            "b deny s3:* | StringEqualsIfExists: {aws:PrincipalOrgID: o-exampleorgid}, Bool: {aws:PrincipalIsAWSService: false}",
            "b deny s3:* | StringEquals: {aws:PrincipalAccount: \"111122223333\"}",
            "i deny s3:* | StringEquals: {aws:ResourceOrgID: o-exampleorgid}",
            "b deny s3:* | StringEquals: {aws:SourceVpce: vpce-0a1b2c3d}",
            "i deny * | IpAddress: {aws:SourceIp: 203.0.113.0/24}",
            "b deny s3:* | IpAddress: {aws:SourceIp: 10.0.0.0/8}",
            "i allow s3:* | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}",
            "b allow s3:GetObject | StringNotEquals: {aws:PrincipalOrgID: o-exampleorgid}",
            "b deny s3:GetObject | StringEquals: {aws:SourceVpce: vpce-0a1b2c3d}",
            "i deny ec2:StopInstances | StringEquals: {aws:ResourceTag/Owner: \"${aws:username}\"}",
            "i deny iam:CreateRole | ArnEquals: {iam:PermissionsBoundary: \"arn:aws:iam::111122223333:policy/B\"}",
            "b deny s3:PutObject | StringEquals: {s3:x-amz-server-side-encryption: \"aws:kms\"}",
            "i deny * | \"Null\": {aws:MultiFactorAuthAge: false}",
            "i deny * | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}, Bool: {aws:ViaAWSService: true}",
            "b deny s3:* | NumericGreaterThan: {s3:TlsVersion: 1.2}",
            "b allow s3:GetObject | NumericLessThan: {s3:TlsVersion: 1.2}",
        ],
    );
    keep(
        rule,
        &[
            "b deny s3:* | Bool: {aws:SecureTransport: false}",
            "i allow s3:GetObject | Bool: {aws:SecureTransport: true}",
            "i deny * | BoolIfExists: {aws:MultiFactorAuthPresent: false}",
            "i allow iam:EnableMFADevice,iam:CreateVirtualMFADevice | Bool: {aws:MultiFactorAuthPresent: false}",
            "i deny iam:DeactivateMFADevice | Bool: {aws:MultiFactorAuthPresent: true}, StringEquals: {aws:PrincipalTag/Team: guests}",
            "b deny s3:* | StringNotEquals: {aws:PrincipalOrgID: o-exampleorgid}",
            "b deny s3:* | StringEquals: {aws:PrincipalOrgID: o-exampleorgid}, ArnNotLike: {aws:PrincipalArn: \"arn:aws:iam::111122223333:role/Keeper\"}",
            "b deny s3:* | StringNotEquals: {aws:SourceVpce: vpce-0a1b2c3d}",
            "i deny s3:DeleteObject | StringEquals: {aws:SourceVpce: vpce-0a1b2c3d}",
            "b deny s3:DeleteObject | StringEquals: {aws:SourceVpce: vpce-0a1b2c3d}",
            "i deny ec2:StopInstances | StringEquals: {aws:ResourceTag/Owner: platform}",
            "i deny iam:DeleteRolePermissionsBoundary | ArnEquals: {iam:PermissionsBoundary: \"arn:aws:iam::111122223333:policy/B\"}",
            "b deny s3:PutObject | StringEquals: {s3:x-amz-server-side-encryption: AES256}",
            "i deny * | \"Null\": {aws:MultiFactorAuthAge: true}",
            "b deny s3:DeleteBucket | IpAddress: {aws:SourceIp: 203.0.113.7/32}",
            "b allow s3:GetObject && deny s3:* | IpAddress: {aws:SourceIp: 203.0.113.0/24}",
            "b allow s3:GetObject | IpAddress: {aws:SourceIp: 54.240.143.0/24}, NotIpAddress: {aws:SourceIp: 54.240.143.188/32}",
            "b deny s3:* | NumericLessThan: {s3:TlsVersion: 1.2}",
            "i allow s3:GetObject | StringEquals: {aws:PrincipalOrgID: o-exampleorgid}",
            "i deny * | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}, Bool: {aws:ViaAWSService: false}",
        ],
    );
}

#[test]
fn absent_key_allows() {
    let rule = "absent-key-allows";
    trip(
        rule,
        &[
            "i allow s3:GetObject | StringNotEquals: {s3:ExistingObjectTag/Confidential: yes}",
            "i allow ec2:StartInstances | StringNotEquals: {aws:ResourceTag/Env: prod}",
            "b allow s3:GetObject | StringNotLike: {aws:SourceVpce: vpce-0a1b2c3d}",
            "i allow s3:GetObject | StringNotEquals: {aws:principaltag/Team: guests}",
            "b allow s3:GetObject | StringEqualsIfExists: {aws:PrincipalOrgID: o-exampleorgid}",
            "b allow s3:GetObject | StringEqualsIfExists: {aws:SourceVpce: vpce-0a1b2c3d}",
            "i allow s3:GetObject | IpAddressIfExists: {aws:SourceIp: 203.0.113.0/24}",
            "t allow sts:AssumeRole | StringEqualsIfExists: {sts:ExternalId: abc-123}",
            "b allow s3:GetObject | ArnNotLike: {aws:SourceArn: \"arn:aws:sns:*:*:x\"}",
            "i allow ec2:StartInstances | StringNotEqualsIfExists: {aws:ResourceTag/Env: prod}",
            "i allow s3:GetObject | StringNotEquals: {aws:MultiFactorAuthPresent: \"false\"}",
        ],
    );
    keep(
        rule,
        &[
            "i allow s3:GetObject | StringEquals: {s3:ExistingObjectTag/Confidential: no}",
            "i deny s3:GetObject | StringNotEquals: {s3:ExistingObjectTag/Confidential: no}",
            "i allow ec2:StartInstances | StringNotEquals: {aws:ResourceTag/Env: prod}, \"Null\": {aws:ResourceTag/Env: false}",
            "i allow ec2:StartInstances | StringNotEquals: {aws:ResourceTag/Env: prod}, StringEquals: {aws:ResourceTag/Team: data}",
            "i allow s3:GetObject | StringNotEquals: {aws:PrincipalAccount: \"111122223333\"}",
            "i allow ec2:RunInstances | StringNotEquals: {aws:RequestedRegion: us-east-1}",
            "i allow ec2:CreateVolume | StringEqualsIfExists: {aws:RequestTag/Team: data}",
            "i allow ec2:RunInstances | StringEqualsIfExists: {ec2:InstanceType: t3.micro}",
            "i allow iam:PassRole | StringEqualsIfExists: {iam:PassedToService: ec2.amazonaws.com}",
            "i allow s3:PutObject | StringNotEquals: {s3:x-amz-acl: public-read}",
            "b allow s3:GetObject | IpAddressIfExists: {aws:SourceIp: 203.0.113.0/24}, StringEqualsIfExists: {aws:SourceVpce: vpce-0a1b2c3d}",
            "b deny s3:* | StringNotEqualsIfExists: {aws:PrincipalOrgID: o-exampleorgid}",
            "i allow s3:GetObject | ForAnyValue:StringNotEquals: {aws:CalledVia: athena.amazonaws.com}",
        ],
    );
}

#[test]
fn source_ip_without_via_service() {
    let rule = "source-ip-without-via-service";
    trip(
        rule,
        &[
            "i deny * | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}",
            "i deny s3:* | NotIpAddress: {aws:SourceIp: [203.0.113.0/24, 192.0.2.0/24]}",
            "i deny !iam:ChangePassword | NotIpAddress: {AWS:sourceip: 203.0.113.0/24}",
            "i deny * | NotIpAddressIfExists: {aws:SourceIp: 203.0.113.0/24}",
            "i deny s3:GetObject,s3:ListBucket | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}",
            "i deny s3:GetObject,athena:* | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}",
            "i deny * | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}, StringNotEquals: {aws:PrincipalTag/Team: robots}",
        ],
    );
    keep(
        rule,
        &[
            "i deny * | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}, Bool: {aws:ViaAWSService: false}",
            "i deny * | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}, BoolIfExists: {aws:viaawsservice: false}",
            "i deny * | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}, ForAllValues:StringNotEquals: {aws:CalledVia: athena.amazonaws.com}",
            "b deny s3:* | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}",
            "i allow * | IpAddress: {aws:SourceIp: 203.0.113.0/24}",
            "i deny iam:CreateAccessKey | NotIpAddress: {aws:SourceIp: 203.0.113.0/24}",
            "i deny * | NotIpAddress: {aws:VpcSourceIp: 10.0.0.0/8}",
        ],
    );
}
