//! What the keys of a file mean in the wanted state.

use super::*;

#[test]
fn marks_are_tags_or_paths() {
    let lowered = good(
        "tags: { team: a, Cost: b }\n\
         groups: { g: { path: /ds/ } }\n\
         users: { u: { path: /ds/, tags: { Team: own } } }\n\
         policies: { p: { statements: [{ Effect: Allow, Action: 's3:*', Resource: '*' }] } }\n\
         roles: { r: { trust: ec2 } }\n\
         buckets: { abc: }\n",
    );
    let path = |kind, name| lowered.wanted.resources[&id(kind, name)].core.path().unwrap().to_owned();
    assert_eq!(path(Kind::Group, "g"), "/hatrack/one/ds/");
    assert_eq!(path(Kind::User, "u"), "/ds/");
    assert_eq!(path(Kind::Policy, "p"), "/hatrack/one/");
    assert_eq!(path(Kind::Role, "r"), "/");
    assert_eq!(path(Kind::InstanceProfile, "r"), "/hatrack/one/");
    let tags = |kind, name| -> Vec<String> {
        let settings = &lowered.wanted.resources[&id(kind, name)].settings;
        settings
            .values()
            .filter_map(|s| match s {
                Setting::Tag { key, value } => Some(format!("{key}={value}")),
                _ => None,
            })
            .collect()
    };
    // A user's `Team` is the environment's `team`: AWS ignores the case of a user's tags.
    assert_eq!(tags(Kind::User, "u"), ["Cost=b", "Team=own", "hatrack:environment=one"]);
    assert_eq!(tags(Kind::Policy, "p"), ["Cost=b", "team=a"]);
    assert_eq!(tags(Kind::Bucket, "abc"), ["Cost=b", "hatrack:environment=one", "team=a"]);
    assert_eq!(tags(Kind::Group, "g"), [""; 0]);
    let profile = &lowered.wanted.resources[&id(Kind::InstanceProfile, "r")];
    assert_eq!(profile.settings[&SettingKey::HeldRole], Setting::HeldRole(id(Kind::Role, "r")));
}

#[test]
fn buckets_are_private_unless_they_say_otherwise() {
    let lowered =
        good("buckets:\n  abc:\n  abd: { encryption: { kms: { key: alias/x } }, versioning: suspended }\n");
    let plain = id(Kind::Bucket, "abc");
    assert_eq!(setting(&lowered, &plain, &SettingKey::Encryption), &Setting::Encryption(Encryption::Aes256));
    let ownership = Setting::Ownership(Ownership::BucketOwnerEnforced);
    assert_eq!(setting(&lowered, &plain, &SettingKey::Ownership), &ownership);
    assert_eq!(
        setting(&lowered, &plain, &SettingKey::PublicAccessBlock),
        &Setting::PublicAccessBlock(Default::default())
    );
    assert!(lowered.scopes[0].as_found.contains(&(plain.clone(), SettingKey::Versioning)));
    assert!(!lowered.scopes[0].as_found.contains(&(id(Kind::Bucket, "abd"), SettingKey::Versioning)));
    assert!(!lowered.wanted.resources[&plain].settings.contains_key(&SettingKey::Lifecycle));
}

#[test]
fn instance_profiles_follow_the_trust_unless_told() {
    let lowered = good(
        "roles:\n  a: { trust: ec2, instance_profile: false }\n  b: { trust: glue, instance_profile: true }\n  \
         c: { trust: [lambda, ec2], adopt: true }\n  d: { trust: glue }\n",
    );
    let profiles: Vec<&str> = lowered
        .wanted
        .resources
        .keys()
        .filter(|id| id.kind == Kind::InstanceProfile)
        .map(|id| id.name.as_str())
        .collect();
    assert_eq!(profiles, ["b", "c"]);
    assert!(lowered.scopes[0].adopt.contains(&id(Kind::InstanceProfile, "c")));
}

#[test]
fn policies_resolve_to_their_own_first_then_aws() {
    let lowered = good(
        "policies:\n  AdministratorAccess: { statements: [{ Effect: Deny, Action: 's3:*', Resource: '*' }] }\n\
         roles:\n  r:\n    trust: glue\n    boundary: AdministratorAccess\n    policies:\n      \
         - AWSGlueServiceRole\n      - arn:aws:iam::aws:policy/new/FromLastWeek\n      \
         - arn:aws:iam::111122223333:policy/team/shared\n",
    );
    let role = id(Kind::Role, "r");
    let own = PolicyReference::Customer(id(Kind::Policy, "AdministratorAccess"));
    assert_eq!(setting(&lowered, &role, &SettingKey::Boundary), &Setting::Boundary(own));
    for reference in [
        PolicyReference::Aws("service-role/AWSGlueServiceRole".into()),
        PolicyReference::Aws("new/FromLastWeek".into()),
        PolicyReference::Customer(id(Kind::Policy, "shared")),
    ] {
        setting(&lowered, &role, &SettingKey::Attached(reference));
    }
    let key = SettingKey::Attached(PolicyReference::Aws("service-role/AWSGlueServiceRole".into()));
    assert_eq!(lowered.origins.of(&role, Some(&key)).unwrap().to_string(), "one.yaml:11:9");
}

#[test]
fn short_forms_of_trust() {
    let lowered = good(
        "users: { ann: { path: /p/ } }\n\
         roles:\n  \
         service: { trust: ecs-tasks }\n  \
         full: { trust: sagemaker.amazonaws.com }\n  \
         account: { trust: [{ account: '444455556666', external_id: abc }] }\n  \
         here: { trust: [{ user: ann }] }\n  \
         there: { trust: { role: 'arn:aws:iam::444455556666:role/x/y' } }\n  \
         oidc: { trust: [{ federated: token.actions.githubusercontent.com, conditions: { StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:a/b:*' } } }] }\n  \
         saml: { trust: [{ federated: 'arn:aws:iam::111122223333:saml-provider/okta' }] }\n  \
         org: { trust: [{ org: o-exampleorgid, require_mfa: true }] }\n  \
         raw: { trust: [{ Effect: Allow, Principal: { Service: glue.amazonaws.com }, Action: ['sts:AssumeRole', 'sts:SetSourceIdentity'] }] }\n",
    );
    let expect = |name: &str, text: &str| assert_eq!(statement(&lowered, name), text, "{name}");
    expect(
        "service",
        r#"[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]"#,
    );
    expect(
        "full",
        r#"[{"Effect":"Allow","Principal":{"Service":"sagemaker.amazonaws.com"},"Action":"sts:AssumeRole"}]"#,
    );
    expect(
        "account",
        r#"[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"abc"}}}]"#,
    );
    expect(
        "here",
        r#"[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/p/ann"},"Action":"sts:AssumeRole"}]"#,
    );
    expect(
        "there",
        r#"[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/x/y"}}}]"#,
    );
    expect(
        "oidc",
        r#"[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringLike":{"token.actions.githubusercontent.com:sub":"repo:a/b:*"}}}]"#,
    );
    expect(
        "saml",
        r#"[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/okta"},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}}]"#,
    );
    expect(
        "org",
        r#"[{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"StringEquals":{"aws:PrincipalOrgID":"o-exampleorgid"}}}]"#,
    );
    expect(
        "raw",
        r#"[{"Effect":"Allow","Principal":{"Service":"glue.amazonaws.com"},"Action":["sts:AssumeRole","sts:SetSourceIdentity"]}]"#,
    );
}

#[test]
fn ec2_in_china_has_its_own_principal() {
    let text =
        "environment: cn\naccount: \"111122223333\"\nregion: cn-north-1\nroles: { r: { trust: ec2 } }\n";
    let (lowered, said) = load(&[source("cn.yaml", text)], &[]);
    assert_eq!(show(&said), [""; 0]);
    let lowered = lowered.unwrap();
    assert!(statement(&lowered, "r").contains("ec2.amazonaws.com.cn"));
    assert!(lowered.wanted.resources.contains_key(&id(Kind::InstanceProfile, "r")));
    assert_eq!(lowered.environments[0].partition.as_str(), "aws-cn");
}

#[test]
fn ownership_keys_go_to_the_scope() {
    let lowered = good(
        "users: { new: { renamed_from: old, takeover: true, others: keep } }\n\
         buckets: { abc: { keep_statements: ['AWSLogs*'] } }\nretire: [bucket/old]\n\
         ignore: [{ address: 'role/Org*', reason: the organization's }]\nscope: account\n",
    );
    let scope = &lowered.scopes[0];
    let new = id(Kind::User, "new");
    assert_eq!(scope.renamed[&new], "old");
    assert!(scope.takeover.contains(&new) && scope.keep_others.contains(&new) && !scope.adopt.contains(&new));
    assert_eq!(scope.keep_statements[&id(Kind::Bucket, "abc")], ["AWSLogs*"]);
    assert!(scope.retire.contains(&id(Kind::Bucket, "old")));
    assert_eq!(scope.ignored[0].address, "role/Org*");
    assert!(scope.whole_account);
}
