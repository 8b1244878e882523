//! The worked environments load as they are, and each mistake is told in exact words at its exact place.

use std::path::Path;
use std::sync::Arc;

use hatrack::diagnostic::{Diagnostic, Source};
use hatrack::policy::Policy;
use hatrack::spec::{Lowered, load};
use hatrack::state::{Core, Encryption, Kind, Ownership, PolicyReference, ResourceId, Setting, SettingKey};

fn worked(name: &str) -> Arc<Source> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("environments").join(name);
    Arc::new(Source { name: name.into(), text: std::fs::read_to_string(path).unwrap() })
}

fn source(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { name: name.into(), text: text.into() })
}

fn show(diagnostics: &[Diagnostic]) -> Vec<String> {
    let one = |d: &Diagnostic| {
        let place = d.span.as_ref().map_or("nowhere".into(), |span| span.to_string());
        let help: String = d.help.iter().map(|h| format!("\n  help: {h}")).collect();
        let related: String = d.related.iter().map(|(span, words)| format!("\n  {span}: {words}")).collect();
        format!("{place}: {}{related}{help}", d.message)
    };
    diagnostics.iter().map(one).collect()
}

const HEAD: &str = "environment: one\naccount: \"111122223333\"\nregion: eu-west-1\n";

/// Loads one file made of the usual three lines and what follows from line 4.
fn read(body: &str) -> (Option<Lowered>, Vec<String>) {
    let (lowered, said) = load(&[source("one.yaml", &format!("{HEAD}{body}"))], &[]);
    (lowered, show(&said))
}

#[track_caller]
fn good(body: &str) -> Lowered {
    let (lowered, said) = read(body);
    assert_eq!(said, [""; 0]);
    lowered.unwrap()
}

#[track_caller]
fn wrong(body: &str, expected: &[&str]) {
    let (lowered, said) = read(body);
    assert_eq!(said, expected);
    assert!(lowered.is_none(), "nothing may be planned");
}

fn id(kind: Kind, name: &str) -> ResourceId {
    ResourceId::new(&"111122223333".parse().unwrap(), kind, name)
}

fn setting<'a>(lowered: &'a Lowered, id: &ResourceId, key: &SettingKey) -> &'a Setting {
    lowered.wanted.resources[id].settings.get(key).unwrap_or_else(|| panic!("{id} has no {key}"))
}

fn trust(lowered: &Lowered, name: &str) -> serde_json::Value {
    match &lowered.wanted.resources[&id(Kind::Role, name)].core {
        Core::Role { trust: Policy::Normal(document), .. } => document.to_json(),
        other => panic!("{other:?}"),
    }
}

fn statement(lowered: &Lowered, name: &str) -> String {
    trust(lowered, name)["Statement"].to_string()
}

#[test]
fn the_worked_environments_load() {
    let (lowered, said) = load(&[worked("analytics.yaml"), worked("lake.yaml")], &[]);
    assert_eq!(show(&said), [""; 0]);
    let lowered = lowered.unwrap();
    let names: Vec<String> = lowered.wanted.resources.keys().map(ToString::to_string).collect();
    assert_eq!(
        names,
        [
            "111122223333:group/DataScientists",
            "111122223333:user/alice",
            "111122223333:user/bob",
            "111122223333:user/cy",
            "111122223333:policy/require-mfa",
            "111122223333:role/EC2DataProcessingRole",
            "111122223333:role/GlueEtl",
            "111122223333:role/SageMakerExecution",
            "111122223333:role/ScoreOnUpload",
            "111122223333:instance-profile/EC2DataProcessingRole",
            "111122223333:bucket/acme-alpha",
            "111122223333:bucket/acme-alpha-assets",
            "444455556666:role/DataLakeReader",
            "444455556666:bucket/acme-lake",
        ]
    );
    for scope in &lowered.scopes {
        assert!(scope.declared.iter().all(|id| lowered.wanted.resources.contains_key(id)));
    }
    for (id, resource) in &lowered.wanted.resources {
        let place = lowered.origins.of(id, None).unwrap();
        assert!(place.source.name.ends_with(".yaml") && !place.source.name.contains("shipped"), "{place}");
        for key in resource.settings.keys() {
            let place = lowered.origins.of(id, Some(key)).unwrap();
            assert!(!place.source.name.contains("shipped"), "{id} {key}: {place}");
        }
    }
}

#[test]
fn both_legs_of_a_cross_account_role() {
    let (lowered, _) = load(&[worked("analytics.yaml"), worked("lake.yaml")], &[]);
    let lowered = lowered.unwrap();
    let group = id(Kind::Group, "DataScientists");
    let leg = setting(&lowered, &group, &SettingKey::Inline("hatrack-can-assume".into()));
    let text = leg.document().unwrap().to_text();
    assert!(text.contains(r#""Resource":"arn:aws:iam::444455556666:role/DataLakeReader""#), "{text}");
    let place = lowered.origins.of(&group, Some(&leg.key())).unwrap();
    assert_eq!(&place.source.text[place.start..place.end], "can_assume");
    let reader = ResourceId::new(&"444455556666".parse().unwrap(), Kind::Role, "DataLakeReader");
    let Core::Role { trust, .. } = &lowered.wanted.resources[&reader].core else { panic!() };
    let text = trust.to_text();
    assert!(text.contains(r#"{"AWS":"arn:aws:iam::111122223333:root"}"#), "{text}");
    assert!(text.contains(r#"{"Bool":{"aws:MultiFactorAuthPresent":"true"}}"#), "{text}");
}

#[test]
fn every_shipped_template_can_be_used() {
    let text = r#"
roles:
  ec2: { template: ec2-data-processing, with: { buckets: [abc, abd] } }
  sm:
    template: sagemaker-execution
    with: { data: [abc], activities: [run-notebooks, train, process, transform, deploy], path: /ds/ }
    inline: { studio: { template: sagemaker-studio }, keys: { template: kms-use, with: { keys: ["arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"] } } }
  glue: { template: glue-etl, with: { bucket: abc, assets: abd, database: db } }
  fn: { template: lambda-function }
  reader: { template: data-lake-reader, with: { bucket: abc }, trust: [{ account: one }] }
  writer: { template: data-lake-writer, with: { bucket: abc }, trust: [{ account: one }] }
policies:
  mfa: { template: require-mfa }
  keys: { template: deny-access-keys }
  ip: { template: ip-range, with: { ranges: [203.0.113.0/24] } }
  mine: { template: sagemaker-by-tag }
  tagged: { statements: { template: tag-scoped, with: { bucket: abc, value: Alpha } } }
  ceiling: { template: data-science-boundary, with: { path: /ds/ } }
groups:
  people: { template: data-scientists, with: { execution_role: ds/sm } }
buckets:
  abc: { template: private-bucket }
  abd: { template: organization-bucket, with: { organization: o-exampleorgid } }
"#;
    let lowered = good(text);
    for (name, file) in hatrack::spec::shipped::TEMPLATES {
        assert!(text.contains(&format!("template: {name}")), "{name} is not tried");
        assert!(!file.contains("arn:aws"), "{name} has a literal partition");
        assert!(!file.contains("111122223333"), "{name} has a literal account");
    }
    let shipped = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")).unwrap();
    assert_eq!(
        shipped.count(),
        hatrack::spec::shipped::TEMPLATES.len(),
        "a file in templates/ is not built in"
    );
    let jobs = setting(&lowered, &id(Kind::Role, "sm"), &SettingKey::Inline("jobs".into()));
    let text = jobs.document().unwrap().to_text();
    assert!(text.contains("sagemaker:CreateEndpoint"), "{text}");
    assert!(text.contains("arn:aws:iam::111122223333:role/ds/sm"), "{text}");
}

#[test]
fn activities_narrow_the_execution_role() {
    let lowered =
        good("roles:\n  sm: { template: sagemaker-execution, with: { data: [abc], activities: [train] } }\n");
    let jobs = setting(&lowered, &id(Kind::Role, "sm"), &SettingKey::Inline("jobs".into()));
    let text = jobs.document().unwrap().to_text();
    assert!(text.contains("CreateTrainingJob") && !text.contains("CreateProcessingJob"), "{text}");
}

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
        r#"[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/okta"},"Action":"sts:AssumeRoleWithSAML"}]"#,
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
