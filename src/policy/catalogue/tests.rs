//! The data holds together, and is found.

use std::collections::BTreeSet;

use super::*;
use crate::policy::Document;

fn action(name: &str) -> &'static Action {
    let found = expand(name);
    assert_eq!(found.len(), 1, "{name}");
    found[0]
}

fn sorted(names: impl Iterator<Item = &'static str>) -> bool {
    names.is_sorted_by(|one, next| service::folded(one, next).is_lt())
}

#[test]
fn the_data_is_all_there() {
    assert!(services().count() >= 450);
    assert!(expand("*").len() >= 22_000, "{}", expand("*").len());
    assert!(services().map(|s| s.resource_types().len()).sum::<usize>() >= 2_300);
    assert!(services().map(|s| s.keys().len()).sum::<usize>() >= 2_500);
    assert!(managed_policies().count() >= 1_500);
    let unlisted = expand("*").iter().filter(|action| !action.listed).count();
    assert!((1..500).contains(&unlisted), "{unlisted}");
}

#[test]
fn everything_is_sorted_and_whole() {
    assert!(prefixes().is_sorted_by(|one, next| one < next));
    assert!(managed_policies().map(|policy| policy.name).is_sorted_by(|one, next| one < next));
    for service in services() {
        assert!(sorted(service.actions().iter().map(|a| a.name)), "{}", service.prefix);
        assert!(sorted(service.resource_types().iter().map(|t| t.name)), "{}", service.prefix);
        assert!(sorted(service.keys().iter().map(|k| k.name)), "{}", service.prefix);
        assert!(!service.name.is_empty() && !service.prefix.contains('.'), "{}", service.prefix);
        for action in service.actions() {
            assert_eq!(action.listed, action.level != AccessLevel::Unknown, "{}", action.full_name());
            for used in &action.resources {
                let name = used.name;
                assert!(service.resource_type(name).is_some(), "{} of {name}", action.full_name());
            }
            let keys = action.resources.iter().flat_map(|used| &used.keys).chain(&action.keys);
            for key in keys {
                assert!(condition_key(key).is_some(), "{}: {key}", action.full_name());
            }
        }
        for resource in service.resource_types() {
            assert!(resource.arn.starts_with("arn:") || resource.arn == "*", "{}", resource.arn);
        }
    }
}

#[test]
fn names_are_found_whatever_their_case() {
    assert_eq!(service("S3").map(|s| s.name), Some("Amazon S3"));
    assert!(service("s33").is_none() && service("").is_none());
    let s3 = service("s3").unwrap();
    assert_eq!(s3.action("getobject").map(|a| a.name), Some("GetObject"));
    assert_eq!(s3.resource_type("BUCKET").map(|t| t.arn), Some("arn:${Partition}:s3:::${BucketName}"));
    assert_eq!(s3.key("S3:PREFIX").map(|k| k.name), Some("s3:prefix"));
    assert_eq!(action("S3:GETOBJECT").full_name(), "s3:GetObject");
    assert!(s3.action("GetObjects").is_none());
    for service in services() {
        for known in service.actions() {
            let found = service.action(&known.name.to_uppercase());
            assert!(found.is_some_and(|found| found.name == known.name), "{}", known.full_name());
        }
    }
}

#[test]
fn an_action_is_told_as_the_reference_tells_it() {
    let get = action("s3:GetObject");
    assert_eq!((get.service, get.level, get.listed), ("s3", AccessLevel::Read, true));
    assert!(get.resources.iter().any(|r| r.name == "object" && !r.required));
    assert!(get.keys.iter().chain(get.resources.iter().flat_map(|r| &r.keys)).any(|k| *k == "s3:authType"));
    assert_eq!(action("iam:PutRolePolicy").level, AccessLevel::PermissionsManagement);
    assert_eq!(action("s3:PutObjectTagging").level, AccessLevel::Tagging);
    assert_eq!(action("s3:ListAllMyBuckets").level, AccessLevel::List);
    assert!(action("s3:ListAllMyBuckets").resources.is_empty());
    let launch = action("ec2:RunInstances");
    assert!(launch.resources.iter().any(|r| r.name == "instance" && r.required && !r.keys.is_empty()));
}

#[test]
fn patterns_cover_what_iam_says_they_cover() {
    let names = |pattern: &str| expand(pattern).iter().map(|a| a.full_name()).collect::<BTreeSet<_>>();
    let get = names("S3:get*");
    assert!(
        get.contains("s3:GetObject")
            && !get.contains("s3:PutObject")
            && !get.contains("s3-outposts:GetObject")
    );
    assert!(
        names("s3*:GetObject")
            .is_superset(&["s3:GetObject", "s3-outposts:GetObject"].map(String::from).into())
    );
    assert_eq!(names("s3:?etObject"), names("s3:GetObject"));
    assert_eq!(names("*:*"), names("*"));
    assert_eq!(names("s3:*").len(), service("s3").unwrap().actions().len());
    for nothing in ["", "s3", "s3:", "nothing:*", "s3:Xyzzy*", "a*"] {
        assert!(expand(nothing).is_empty(), "{nothing}");
    }
}

#[test]
fn condition_keys_are_found_through_their_templates() {
    for (written, name) in [
        ("aws:sourceip", "aws:SourceIp"),
        ("AWS:PrincipalTag/team", "aws:PrincipalTag/${TagKey}"),
        ("aws:ResourceTag/a/b", "aws:ResourceTag/${TagKey}"),
        ("s3:ExistingObjectTag/class", "s3:ExistingObjectTag/<key>"),
        ("kms:EncryptionContext:aws:s3:arn", "kms:EncryptionContext:${EncryptionContextKey}"),
        ("iam:ResourceTag/team", "iam:ResourceTag/${TagKey}"),
        ("secretsmanager:ResourceTag/team", "secretsmanager:ResourceTag/tag-key"),
        ("lambda:SourceFunctionArn", "lambda:SourceFunctionArn"),
        ("ec2:SourceInstanceARN", "ec2:SourceInstanceArn"),
        ("token.actions.githubusercontent.com:sub", "${Provider}:sub"),
        ("token.actions.githubusercontent.com:repository", "token.actions.githubusercontent.com:repository"),
        ("accounts.google.com:aud", "accounts.google.com:aud"),
        ("cognito-identity.amazonaws.com:aud", "cognito-identity.amazonaws.com:aud"),
        ("saml:aud", "saml:aud"),
        ("SAML:sub", "saml:sub"),
        ("oidc.eks.eu-west-1.amazonaws.com/id/ABC:sub", "${Provider}:sub"),
        ("login.example.com/realm:groups", "${Provider}:${Claim}"),
        ("token.actions.acme.ghe.com:actor", "token.actions.${Domain}.ghe.com:actor"),
        ("catalog:ChangeType", "catalog:ChangeType"),
    ] {
        assert_eq!(condition_key(written).map(|key| key.name), Some(name), "{written}");
    }
    for none in [
        "",
        "aws:",
        "aws:SourceIP4",
        "aws:PrincipalTag/",
        "aws:PrincipalTag",
        "s3:nothing",
        "nothing:prefix",
        "SourceIp",
        "saml:audience",
        "token.actions.githubusercontent.com:repo",
        "login.example.com:",
    ] {
        assert!(condition_key(none).is_none(), "{none}");
    }
    assert!(condition_key("aws:TagKeys").is_some_and(|key| key.many && key.kind == KeyKind::Text));
    assert!(condition_key("aws:SourceIp").is_some_and(|key| !key.many && key.kind == KeyKind::Ip));
    assert!(condition_key("s3:max-keys").is_some_and(|key| key.kind == KeyKind::Number));
}

#[test]
fn global_keys_are_sorted_and_without_twins() {
    assert!(sorted(global_keys().map(|key| key.name)));
    assert!(always_present("AWS:principalarn") && !always_present("aws:SourceIp"));
    assert!(!always_present("s3:prefix") && !always_present("aws:nothing"));
}

#[test]
fn an_action_has_the_keys_that_are_listed_for_it() {
    for (name, key, support) in [
        ("s3:GetObject", "aws:PrincipalArn", Support::Always),
        ("s3:GetObject", "aws:SourceIp", Support::Sometimes),
        ("s3:GetObject", "s3:ExistingObjectTag/class", Support::Sometimes),
        ("s3:GetObject", "s3:prefix", Support::No),
        ("s3:ListBucket", "S3:Prefix", Support::Sometimes),
        ("s3:GetObject", "lambda:SourceFunctionArn", Support::Sometimes),
        ("s3:GetObject", "kms:ViaService", Support::No),
        ("iam:PassRole", "iam:PassedToService", Support::Sometimes),
        ("iam:GetRole", "iam:PassedToService", Support::No),
        ("ec2:RunInstances", "aws:RequestTag/team", Support::Sometimes),
        ("ec2:DescribeInstances", "aws:RequestTag/team", Support::No),
        ("ec2:StopInstances", "aws:ResourceTag/team", Support::Sometimes),
        ("sts:AssumeRoleWithWebIdentity", "token.actions.githubusercontent.com:sub", Support::Sometimes),
        ("sts:AssumeRoleWithWebIdentity", "login.example.com/realm:sub", Support::Sometimes),
        ("s3:GetObject", "login.example.com/realm:sub", Support::Sometimes),
        ("s3:GetObject", "login.example.com/realm:groups", Support::No),
        ("s3:GetObject", "token.actions.githubusercontent.com:actor", Support::No),
        ("s3:GetObject", "saml:sub", Support::Sometimes),
        ("s3:GetObject", "saml:aud", Support::No),
        ("sts:AssumeRoleWithSAML", "saml:aud", Support::Sometimes),
        ("deepracer:GetTrack", "deepracer:UserToken", Support::Sometimes),
    ] {
        assert_eq!(action(name).supports(key), support, "{name} {key}");
    }
}

#[test]
fn every_managed_policy_of_aws_is_read() {
    for policy in managed_policies() {
        // What cannot be read is an empty document.
        assert!(!policy.document().statements.is_empty(), "{}", policy.name);
        assert!(policy.version >= 1 && policy.created <= policy.updated, "{}", policy.name);
        assert_eq!(policy.updated.len(), 10, "{}", policy.name);
    }
    let admin = managed_policy("AdministratorAccess").unwrap();
    assert_eq!((admin.version, admin.updated), (1, "2015-02-06"));
    assert_eq!(admin.document().statements.len(), 1);
    assert!(managed_policy("service-role/AWSGlueServiceRole").is_some());
    assert!(managed_policy("AWSGlueServiceRole").is_none());
}

fn named(document: &Document, mut see: impl FnMut(&str, &str)) {
    for statement in &document.statements {
        for action in statement.action.value() {
            see("action", action.as_str());
        }
        for key in statement.conditions.values().flat_map(|keys| keys.keys()) {
            see("key", key.as_str());
        }
    }
}

#[test]
fn aws_s_own_policies_name_nothing_unknown() {
    let mut unknown = BTreeSet::new();
    for policy in managed_policies() {
        named(policy.document(), |what, name| {
            let known = match what {
                "action" if name.contains(['*', '?']) => {
                    name == "*" || name.split_once(':').is_some_and(|(prefix, _)| service(prefix).is_some())
                }
                "action" => !expand(name).is_empty(),
                _ => condition_key(name).is_some(),
            };
            if !known {
                unknown.insert(format!("{what} {name} in {}", policy.name));
            }
        });
    }
    assert!(unknown.is_empty(), "{unknown:#?}");
}
