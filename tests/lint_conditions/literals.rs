//! Accounts, regions and partitions that are spelled out.

use super::{in_environment, keep, trip};

#[test]
fn a_region_that_contradicts_the_rest() {
    let rule = "literal-region";
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1";
    let via = |value: &str| format!("i allow kms:Decrypt @{key} | StringEquals: {{kms:ViaService: {value}}}");
    let wrong = via("s3.us-east-1.amazonaws.com");
    let right = via("s3.eu-west-1.amazonaws.com");
    let either = via("[s3.us-east-1.amazonaws.com, s3.eu-west-1.amazonaws.com]");
    let any = via("s3.*.amazonaws.com");
    let rest = "allow glue:GetTable @arn:aws:glue:eu-west-1:111122223333:catalog && allow sqs:SendMessage @arn:aws:sqs:eu-west-1:111122223333:q";
    let odd = format!("i {rest} && allow logs:PutLogEvents @arn:aws:logs:us-east-1:111122223333:log-group:x");
    let odd_key = format!(
        "i {rest} && allow kms:Decrypt | StringEquals: {{kms:ViaService: s3.us-east-1.amazonaws.com}}"
    );
    let even = format!(
        "i {rest} && allow logs:PutLogEvents @arn:aws:logs:us-east-1:111122223333:a,arn:aws:logs:us-east-1:111122223333:b"
    );
    trip(
        rule,
        &[
            &wrong,
            "i allow ec2:StartInstances @arn:aws:ec2:eu-west-1:111122223333:instance/* | StringEquals: {aws:RequestedRegion: us-east-1}",
            "i allow ec2:StartInstances @arn:aws:ec2:eu-west-1:111122223333:instance/* | StringEqualsIgnoreCase: {aws:requestedregion: [us-east-1, us-east-2]}",
            "i deny kms:Decrypt @arn:aws:kms:eu-west-1:111122223333:key/1 | StringLike: {kms:ViaService: s3.eu-central-1.amazonaws.com}",
            &odd,
            &odd_key,
        ],
    );
    keep(
        rule,
        &[
            &right,
            &either,
            &any,
            &even,
            "i allow ec2:StartInstances | StringEquals: {aws:RequestedRegion: us-east-1}",
            "i allow s3:GetObject @arn:aws:s3:::a/* | StringEquals: {aws:RequestedRegion: us-east-1}",
            "i allow sqs:SendMessage @arn:aws:sqs:eu-west-1:111122223333:q,arn:aws:sqs:eu-west-1:111122223333:r,arn:aws:sqs:us-east-1:111122223333:q",
            "i allow sqs:SendMessage @arn:aws:sqs:eu-west-1:111122223333:q,arn:aws:sqs:eu-west-1:111122223333:r && allow acm:DescribeCertificate @arn:aws:acm:us-east-1:111122223333:certificate/1",
            "i allow ec2:StartInstances @arn:aws:ec2:*:111122223333:instance/* | StringEquals: {aws:RequestedRegion: us-east-1}",
            "i deny ec2:StartInstances @arn:aws:ec2:eu-west-1:111122223333:instance/* | StringNotEquals: {aws:RequestedRegion: us-east-1}",
        ],
    );
}

/// A role with one statement; says which of the three rules it breaks.
fn in_role(statement: &str) -> Vec<&'static str> {
    let body =
        format!("roles:\n  Runner:\n    trust: lambda\n    inline:\n      data:\n        - {statement}\n");
    let found = in_environment(&body, &[]);
    found.iter().filter_map(|d| d.rule).filter(|rule| rule.starts_with("literal-")).collect()
}

#[test]
fn an_environment_knows_its_region_and_account() {
    let allow = |action: &str, resource: &str| {
        in_role(&format!("{{Effect: Allow, Action: \"{action}\", Resource: \"{resource}\"}}"))
    };
    for (action, resource, wanted) in [
        ("glue:GetTable", "arn:aws:glue:us-east-1:111122223333:catalog", vec!["literal-region"]),
        ("sqs:SendMessage", "arn:aws:sqs:eu-central-1:${{ account }}:q", vec!["literal-region"]),
        ("ec2:RunInstances", "arn:aws:ec2:us-west-2::image/ami-1", vec!["literal-region"]),
        ("glue:GetTable", "arn:aws:glue:eu-west-1:999988887777:catalog", vec!["literal-account"]),
        ("glue:GetTable", "arn:aws:glue:us-east-1:999988887777:catalog", vec!["literal-account"]),
        ("iam:GetRole", "arn:aws:iam::123456789012:role/x", vec!["literal-account"]),
        ("kms:Decrypt", "arn:aws:kms:*:123456789012:key/*", vec!["literal-account"]),
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q", vec!["literal-account"]),
        (
            "lambda:InvokeFunction",
            "arn:aws:lambda:eu-west-1:123456789012:function:f",
            vec!["literal-account"],
        ),
        ("glue:GetTable", "arn:aws:glue:${{ region }}:${{ account }}:catalog", vec![]),
        ("glue:GetTable", "arn:aws:glue:eu-west-1:444455556666:catalog", vec![]),
        ("glue:GetTable", "arn:aws:glue:us-east-1:444455556666:catalog", vec![]),
        ("glue:GetTable", "arn:aws:glue:*:*:catalog", vec![]),
        ("sts:AssumeRole", "arn:aws:iam::999988887777:role/Partner", vec![]),
        ("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", vec![]),
        ("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:763104351884:repository/*", vec![]),
        ("lambda:GetLayerVersion", "arn:aws:lambda:eu-west-1:336392948345:layer:x:1", vec![]),
        ("s3:GetObject", "arn:aws:s3:::123456789012-data/*", vec![]),
        ("acm:DescribeCertificate", "arn:aws:acm:us-east-1:111122223333:certificate/1", vec![]),
    ] {
        assert_eq!(allow(action, resource), wanted, "{action} {resource}");
    }
}

#[test]
fn conditions_of_an_environment() {
    let with = |condition: &str| {
        in_role(&format!(
            "{{Effect: Allow, Action: \"kms:Decrypt\", Resource: \"*\", Condition: {condition}}}"
        ))
    };
    for (condition, wanted) in [
        ("{StringEquals: {kms:ViaService: s3.us-east-1.amazonaws.com}}", vec!["literal-region"]),
        ("{StringEquals: {aws:RequestedRegion: us-east-1}}", vec!["literal-region"]),
        ("{ArnLike: {aws:PrincipalArn: \"arn:aws-cn:iam::111122223333:role/x\"}}", vec!["literal-partition"]),
        ("{StringLike: {aws:PrincipalArn: \"arn:aws-us-gov:iam::*:role/x\"}}", vec!["literal-partition"]),
        (
            "{StringEquals: {kms:ViaService: [s3.us-east-1.amazonaws.com, s3.eu-west-1.amazonaws.com]}}",
            vec![],
        ),
        ("{StringEquals: {aws:RequestedRegion: [us-east-1, eu-west-1]}}", vec![]),
        ("{ArnLike: {aws:PrincipalArn: \"arn:aws:iam::111122223333:role/x\"}}", vec![]),
        ("{ArnLike: {aws:PrincipalArn: \"arn:*:iam::111122223333:role/x\"}}", vec![]),
        ("{StringLike: {kms:ViaService: \"s3.*.amazonaws.com\"}}", vec![]),
    ] {
        assert_eq!(with(condition), wanted, "{condition}");
    }
}
