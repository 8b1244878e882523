//! Conditions on tags that no request fulfils.

use super::{keep, trip};

#[test]
fn tag_condition_never_true() {
    let rule = "tag-condition-never-true";
    trip(
        rule,
        &[
            "i allow s3:GetObject @arn:aws:s3:::a/* | StringEquals: {aws:ResourceTag/Project: Alpha}",
            "i allow s3:PutObject @arn:aws:s3:::a/* | StringEquals: {s3:ExistingObjectTag/Project: Alpha}",
            "i allow s3:GetObject @arn:aws:s3:::a/* | StringEquals: {s3:RequestObjectTag/Project: Alpha}",
            "i allow sagemaker:DescribeTrainingJob | StringEquals: {aws:RequestTag/Project: Alpha}",
            "i allow ec2:DescribeInstances | StringEquals: {aws:ResourceTag/Project: Alpha}",
            "i allow ec2:TerminateInstances | StringEquals: {aws:RequestTag/Project: Alpha}",
            "i allow sagemaker:CreateNotebookInstance | StringEquals: {aws:ResourceTag/Project: Alpha}",
            "i deny glue:GetTable | ForAnyValue:StringEquals: {aws:TagKeys: Secret}",
            "i allow ec2:StartInstances | StringEquals: {aws:ResourceTag/Project: Alpha}, StringLike: {aws:ResourceTag/Project: \"Be*\"}",
            "i allow ec2:CreateVolume | StringEquals: {aws:RequestTag/Project: Alpha}, ForAllValues:StringEquals: {aws:TagKeys: [Owner]}",
            "i allow ec2:StartInstances | StringEquals: {aws:ResourceTag/Project: \"${aws:PrincipalTag:Project}\"}",
            "i allow ec2:StartInstances | StringEquals: {aws:ResourceTag/Project: \"{aws:PrincipalTag/Project}\"}",
            "i allow ec2:StartInstances | StringEquals: {aws:ResourceTag/Project: Alpha}, StringNotEquals: {aws:ResourceTag/Project: Alpha}",
        ],
    );
    keep(
        rule,
        &[
            "i allow s3:GetObject @arn:aws:s3:::a/* | StringEquals: {s3:ExistingObjectTag/Project: Alpha}",
            "i allow s3:PutObject,s3:PutObjectTagging @arn:aws:s3:::a/* | StringEquals: {s3:RequestObjectTag/Project: Alpha}",
            "i allow sagemaker:CreateTrainingJob | StringEquals: {aws:RequestTag/Project: \"${aws:PrincipalTag/Project}\"}",
            "i allow sagemaker:StopTrainingJob,sagemaker:DescribeTrainingJob | StringEquals: {aws:ResourceTag/Project: Alpha}",
            "i allow ec2:StartInstances,ec2:DescribeInstances | StringEquals: {aws:ResourceTag/Project: Alpha}",
            "i allow ec2:* | StringEquals: {aws:ResourceTag/Project: Alpha}",
            "i allow ec2:CreateSnapshot | StringEquals: {aws:ResourceTag/Project: Alpha}",
            "i allow secretsmanager:CreateSecret | StringEquals: {aws:ResourceTag/Project: Alpha}",
            "i allow ec2:RunInstances | StringEquals: {aws:RequestTag/Project: Alpha}",
            "i deny * | StringNotEquals: {aws:ResourceTag/Project: Alpha}",
            "i allow acme:Unheard | StringEquals: {aws:ResourceTag/Project: Alpha}",
            "i allow ec2:CreateVolume | StringEquals: {aws:RequestTag/Project: Alpha}, ForAllValues:StringEquals: {aws:TagKeys: [project, Owner]}",
            "i allow ec2:StartInstances | StringEquals: {aws:ResourceTag/Project: \"${aws:PrincipalTag/Project, 'none'}\"}",
            "i allow ec2:StartInstances | StringEquals: {aws:ResourceTag/Project: [Alpha, Beta]}, StringLike: {aws:ResourceTag/Project: \"Be*\"}",
            "t allow sts:TagSession | StringEquals: {aws:RequestTag/Project: Alpha}",
            "i allow ec2:CreateVolume | StringEqualsIfExists: {s3:ExistingObjectTag/Project: Alpha}",
        ],
    );
}
