//! Keys of one value and of several.

use super::{keep, trip};

#[test]
fn for_all_values_unguarded() {
    let rule = "for-all-values-unguarded";
    trip(
        rule,
        &[
            "i allow sagemaker:AddTags | ForAllValues:StringEquals: {aws:TagKeys: [Project]}",
            "i allow ec2:CreateTags,ec2:DeleteTags | ForAllValues:StringEquals: {aws:TagKeys: aws-glue-service-resource}",
            "i allow ec2:CreateVolume | forallvalues:stringlike: {AWS:tagkeys: [\"team-*\"]}",
            "b allow s3:GetObject | ForAllValues:StringLike: {aws:PrincipalOrgPaths: \"o-a/r-b/*\"}",
            "i allow s3:GetObject | ForAllValues:StringEquals: {aws:PrincipalTag/Team: data}",
            "i allow dynamodb:GetItem,dynamodb:Scan | ForAllValues:StringEquals: {dynamodb:LeadingKeys: [a]}",
            "i allow ec2:CreateVolume | ForAllValues:StringEquals: {aws:TagKeys: [Project]}, StringEqualsIfExists: {aws:RequestTag/Project: Alpha}",
            "i allow ec2:CreateVolume | ForAllValues:StringEqualsIfExists: {aws:TagKeys: [Project]}",
            "i allow ec2:CreateVolume | ForAllValues:StringEquals: {aws:TagKeys: [Project]}, \"Null\": {aws:RequestTag/Project: true}",
        ],
    );
    keep(
        rule,
        &[
            "i allow sagemaker:AddTags | ForAllValues:StringEquals: {aws:TagKeys: [Project]}, \"Null\": {aws:TagKeys: false}",
            "i allow ec2:CreateVolume | ForAllValues:StringEquals: {aws:TagKeys: [Project]}, StringEquals: {aws:RequestTag/Project: Alpha}",
            "i deny ec2:CreateVolume | ForAllValues:StringNotEquals: {aws:TagKeys: [Project]}",
            "i allow ec2:CreateVolume | ForAnyValue:StringEquals: {aws:TagKeys: [Project]}",
            "i allow dynamodb:GetItem,dynamodb:Query | ForAllValues:StringEquals: {dynamodb:LeadingKeys: [a]}",
            "t allow sts:TagSession | ForAllValues:StringEquals: {aws:TagKeys: [Project]}",
            "i allow kms:CreateGrant | ForAllValues:StringEquals: {kms:GrantOperations: [Decrypt]}",
            "i allow ec2:CreateVolume | ForAllValues:StringEquals: {aws:TagKeys: [Project]}, \"Null\": {aws:RequestTag/Project: false}",
        ],
    );
}

#[test]
fn single_operator_on_many() {
    let rule = "single-operator-on-many";
    trip(
        rule,
        &[
            "i deny sagemaker:AddTags | StringEquals: {aws:TagKeys: CostCenter}",
            "i allow s3:GetObject | StringEquals: {aws:CalledVia: athena.amazonaws.com}",
            "b allow s3:GetObject | StringLike: {aws:PrincipalOrgPaths: \"o-a/r-b/*\"}",
            "b deny s3:* | StringNotLike: {aws:principalorgpaths: \"o-a/r-b/*\"}",
            "i allow dynamodb:GetItem | StringEquals: {dynamodb:LeadingKeys: a}",
            "b allow s3:PutObject | StringEqualsIfExists: {aws:PrincipalServiceNamesList: logs.amazonaws.com}",
            "i deny s3:* | StringNotEquals: {aws:ResourceOrgPaths: o-a/r-b/}",
        ],
    );
    keep(
        rule,
        &[
            "i deny sagemaker:AddTags | ForAnyValue:StringEquals: {aws:TagKeys: CostCenter}",
            "i allow sagemaker:AddTags | ForAllValues:StringEquals: {aws:TagKeys: Project}, \"Null\": {aws:TagKeys: false}",
            "i allow s3:GetObject | StringEquals: {aws:CalledViaFirst: athena.amazonaws.com}",
            "i allow s3:GetObject | StringEquals: {aws:PrincipalOrgID: o-exampleorgid}",
            "i allow ec2:CreateVolume | StringEquals: {aws:RequestTag/Project: Alpha}",
            "i deny ec2:CreateVolume | \"Null\": {aws:TagKeys: true}",
            "i allow events:PutRule | StringEquals: {events:detail-type: x}",
        ],
    );
}

#[test]
fn set_operator_on_single() {
    let rule = "set-operator-on-single";
    trip(
        rule,
        &[
            "i deny s3:DeleteObject | ForAnyValue:StringNotEquals: {aws:PrincipalTag/Team: data}",
            "i allow s3:GetObject | ForAllValues:StringEquals: {aws:PrincipalOrgID: o-exampleorgid}",
            "b deny s3:* | ForAllValues:StringNotEquals: {aws:SourceVpce: vpce-0a1b2c3d}",
            "i allow ec2:CreateVolume | ForAnyValue:StringEquals: {aws:RequestTag/Project: [Alpha, Beta]}",
            "i allow ec2:StartInstances | foranyvalue:stringequals: {aws:ResourceTag/Project: Alpha}",
            "i deny * | ForAnyValue:NotIpAddress: {aws:SourceIp: 203.0.113.0/24}, Bool: {aws:ViaAWSService: false}",
            "i allow s3:GetObject | ForAnyValue:StringEquals: {s3:ExistingObjectTag/Project: Alpha}",
        ],
    );
    keep(
        rule,
        &[
            "i deny s3:DeleteObject | StringNotEquals: {aws:PrincipalTag/Team: data}",
            "i allow ec2:CreateVolume | ForAnyValue:StringEquals: {aws:TagKeys: Project}",
            "b deny s3:* | ForAllValues:StringNotLike: {aws:PrincipalOrgPaths: \"o-a/r-b/*\"}",
            "i allow s3:GetObject | ForAnyValue:StringEquals: {aws:CalledVia: athena.amazonaws.com}",
            "i allow dynamodb:GetItem | ForAllValues:StringEquals: {dynamodb:LeadingKeys: a}",
            "i allow kms:CreateGrant | ForAllValues:StringEquals: {kms:GrantOperations: Decrypt}",
            "i allow s3:GetObject | ForAnyValue:StringEquals: {acme:made-up: x}",
        ],
    );
}
