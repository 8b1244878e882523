//! Statements and items that change nothing.

use super::{in_document, keep, trip};
use hatrack::policy::Usage;

#[test]
fn duplicate_statement() {
    let rule = "duplicate-statement";
    trip(
        rule,
        &[
            "i allow s3:GetObject @arn:aws:s3:::a/* && allow s3:GetObject @arn:aws:s3:::a/*",
            "i allow s3:GetObject,s3:PutObject @arn:aws:s3:::a/* && allow s3:PutObject,s3:GetObject @arn:aws:s3:::a/*",
            "i deny s3:* && allow ec2:Describe* && deny s3:*",
            "i allow s3:getobject @arn:aws:s3:::a/* && allow S3:GetObject @arn:aws:s3:::a/*",
            "b deny s3:* | Bool: {aws:SecureTransport: false} && deny s3:* | Bool: {AWS:securetransport: \"false\"}",
            "t allow sts:AssumeRole && allow sts:AssumeRole",
        ],
    );
    keep(
        rule,
        &[
            "i allow s3:GetObject @arn:aws:s3:::a/* && allow s3:GetObject @arn:aws:s3:::b/*",
            "i allow s3:GetObject @arn:aws:s3:::a/* && deny s3:GetObject @arn:aws:s3:::a/*",
            "i allow s3:GetObject @arn:aws:s3:::a/* && allow s3:PutObject @arn:aws:s3:::a/*",
            "i deny s3:GetObject && deny !s3:GetObject",
            "i allow s3:GetObject @arn:aws:s3:::a/* && allow s3:GetObject @arn:aws:s3:::A/*",
            "b deny s3:* | Bool: {aws:SecureTransport: false} && deny s3:* | BoolIfExists: {aws:SecureTransport: false}",
        ],
    );
}

#[test]
fn the_second_of_two_is_pointed_at() {
    let text = "- {Sid: One, Effect: Deny, Action: 's3:*', Resource: '*'}\n- {Sid: Two, Effect: Deny, Action: 's3:*', Resource: '*'}\n";
    let found = in_document(Usage::Identity, text);
    let found: Vec<_> = found.iter().filter(|d| d.rule == Some("duplicate-statement")).collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].span.as_ref().unwrap().line_column().0, 2);
    assert_eq!(found[0].related[0].0.line_column().0, 1);
    assert_eq!(found[0].message, "this says the same as statement `One`");
}

#[test]
fn shadowed_statement() {
    let rule = "shadowed-statement";
    trip(
        rule,
        &[
            "i allow s3:GetObject @arn:aws:s3:::a/* && allow s3:GetObject @arn:aws:s3:::a/raw/* | StringEquals: {s3:ExistingObjectTag/P: A}",
            "i allow s3:GetObject @arn:aws:s3:::a/raw/* && allow s3:Get* @arn:aws:s3:::a/*",
            "i allow ec2:RunInstances && deny ec2:*",
            "i allow s3:GetObject,s3:PutObject @arn:aws:s3:::a/* | Bool: {aws:SecureTransport: true} && allow s3:PutObject @arn:aws:s3:::a/* | Bool: {aws:SecureTransport: true}",
            "i deny !s3:GetObject && allow ec2:RunInstances",
            "i allow s3:ListBucket @arn:aws:s3:::a && allow S3:LISTBUCKET",
            "b allow s3:GetObject && allow s3:GetObject @arn:aws:s3:::acme-alpha/raw/*",
        ],
    );
    keep(
        rule,
        &[
            "i allow s3:GetObject @arn:aws:s3:::a/* && allow s3:GetObject @arn:aws:s3:::b/*",
            "i allow s3:GetObject @arn:aws:s3:::a/* | Bool: {aws:SecureTransport: true} && allow s3:GetObject @arn:aws:s3:::a/raw/*",
            "i allow s3:* && deny s3:DeleteObject",
            "i allow s3:* && deny s3:* | Bool: {aws:SecureTransport: false}",
            "i deny !s3:GetObject && allow s3:GetObject",
            "i allow s3:Get*,ec2:RunInstances && deny !s3:GetObject",
            "i allow s3:GetObject && allow s3:GetObject,s3:PutObject @arn:aws:s3:::a/*",
            "i deny s3:* && deny s3:GetObject",
            "i allow s3:GetObject @arn:aws:s3:::a/* && allow s3:GetObject @arn:aws:s3:::a/*",
        ],
    );
}

#[test]
fn a_statement_for_others_shadows_nothing() {
    let text = "- {Effect: Allow, Principal: {AWS: '111122223333'}, Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/*'}\n\
                - {Effect: Allow, Principal: {AWS: '444455556666'}, Action: 's3:GetObject', Resource: 'arn:aws:s3:::a/raw/*'}\n";
    assert!(in_document(Usage::Bucket, text).iter().all(|d| d.rule != Some("shadowed-statement")));
}

#[test]
fn redundant_element() {
    let rule = "redundant-element";
    trip(
        rule,
        &[
            "i allow s3:GetObject*,s3:GetObjectTagging @arn:aws:s3:::a/*",
            "i allow s3:GetObject,s3:Get* @arn:aws:s3:::a/*",
            "i allow s3:GetObject,S3:GETOBJECT @arn:aws:s3:::a/*",
            "i deny *,s3:GetObject",
            "i allow s3:GetObject @arn:aws:s3:::a/*,arn:aws:s3:::a/raw/x",
            "i allow s3:GetObject @*,arn:aws:s3:::a/*",
            "i deny !s3:Get*,s3:GetObject",
            "i allow glue:GetTable @arn:aws:glue:*:111122223333:catalog,arn:aws:glue:eu-west-1:111122223333:catalog",
        ],
    );
    keep(
        rule,
        &[
            "i allow s3:GetObject,s3:GetObjectTagging @arn:aws:s3:::a/*",
            "i allow s3:ListBucket @arn:aws:s3:::a,arn:aws:s3:::a/*",
            "i allow s3:GetObject @arn:aws:s3:::a-*,arn:aws:s3:::a-*/*",
            "i allow logs:PutLogEvents @arn:aws:logs:eu-west-1:111122223333:log-group:/x*,arn:aws:logs:eu-west-1:111122223333:log-group:/x*:log-stream:*",
            "i allow s3:Get*,s3:List* @arn:aws:s3:::a/*",
            "i allow s3:GetObject @arn:aws:s3:::a/raw/*,arn:aws:s3:::A/raw/x",
        ],
    );
}
