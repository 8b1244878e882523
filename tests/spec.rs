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

/// What editors are told agrees with what is read: templates and placeholders included.
#[test]
fn the_published_schema_accepts_the_worked_environments() {
    let schema = jsonschema::validator_for(&hatrack::spec::schema::json_schema()).unwrap();
    for name in ["analytics.yaml", "lake.yaml"] {
        let (tree, _) = hatrack::spec::source::parse(&worked(name));
        let json = tree.unwrap().to_json();
        let errors: Vec<String> = schema.iter_errors(&json).map(|e| e.to_string()).collect();
        assert_eq!(errors, [""; 0], "{name}");
    }
    let unknown = serde_json::json!({"environment": "a", "account": "1", "region": "r", "usrs": {}});
    assert!(!schema.is_valid(&unknown));
}

#[test]
fn five_thousand_users_are_read_in_seconds() {
    let users: String =
        (0..5000).map(|n| format!("  user{n}: {{ groups: [g], tags: {{ n: '{n}' }} }}\n")).collect();
    let begin = std::time::Instant::now();
    let lowered = good(&format!("groups: {{ g: }}\nusers:\n{users}"));
    assert_eq!(lowered.wanted.resources.len(), 5001);
    // A walk through the section for each key takes minutes in a debug build.
    assert!(begin.elapsed().as_secs() < 30, "{:?}", begin.elapsed());
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

#[test]
fn names_that_lead_nowhere() {
    wrong(
        "users: { ann: { groups: [Peple] } }\ngroups: { People: }\n",
        &["one.yaml:4:26: there is no group `Peple`\n  help: did you mean `People`?"],
    );
    wrong(
        "users: { ann: { policies: [AmazonS3ReadonlyAccess, requre-mfa] } }\npolicies: { require-mfa: { template: require-mfa } }\n",
        &[
            "one.yaml:4:28: `AmazonS3ReadonlyAccess` is neither a policy of this environment nor one of AWS's\n  \
         help: did you mean `AmazonS3ReadOnlyAccess`?",
            "one.yaml:4:52: `requre-mfa` is neither a policy of this environment nor one of AWS's\n  \
         help: did you mean `require-mfa`?",
        ],
    );
    wrong(
        "roles: { r: { trust: glue, can_assume: [two/x, one/R, r, r] } }\n",
        &[
            "one.yaml:4:41: there is no environment `two`\n  help: there are: one",
            "one.yaml:4:48: environment `one` has no role `R`\n  help: did you mean `one/r`?",
            "one.yaml:4:58: role `r` is named twice",
        ],
    );
}

#[test]
fn policies_of_others_cannot_be_attached() {
    wrong(
        "users: { ann: { boundary: 'arn:aws:iam::444455556666:policy/x' } }\n",
        &["one.yaml:4:27: `arn:aws:iam::444455556666:policy/x` is a policy of account 444455556666, not \
         111122223333\n  help: AWS attaches only policies of the holder's own account"],
    );
    wrong(
        "users: { ann: { policies: ['arn:aws-cn:iam::aws:policy/x', 'arn:aws:iam::aws:role/x'] } }\n",
        &[
            "one.yaml:4:28: `arn:aws-cn:iam::aws:policy/x` is in partition `aws-cn`, not `aws`",
            "one.yaml:4:60: `arn:aws:iam::aws:role/x` is not the ARN of a policy",
        ],
    );
    wrong(
        "users: { ann: { policies: [AmazonS3FullAccess, AmazonS3FullAccess] } }\n",
        &["one.yaml:4:48: policy `AmazonS3FullAccess` is attached twice\n  one.yaml:4:28: the first is here"],
    );
}

#[test]
fn tags_that_are_not_the_authors() {
    wrong(
        "users: { ann: { tags: { 'aws:x': y, 'hatrack:environment': z, Team: a, team: b } } }\n",
        &[
            "one.yaml:4:25: tag `aws:x` begins with `aws:`, which AWS keeps to itself",
            "one.yaml:4:37: tag `hatrack:environment` is hatrack's own\n  \
         help: it marks whose a resource is; the environment's name is its value",
            "one.yaml:4:72: tags `Team` and `team` differ only in case\n  help: AWS takes them for one tag of a user",
        ],
    );
    wrong(
        "tags: { 'aws:x': y }\nusers: { ann: }\n",
        &["one.yaml:4:9: tag `aws:x` begins with `aws:`, which AWS keeps to itself"],
    );
    wrong("groups: { g: { tags: { a: b } } }\n", &["one.yaml:4:16: AWS has no tags for groups"]);
    wrong(
        "tags: { cost: 42 }\n",
        &["one.yaml:4:15: expected text, found a whole number\n  help: quote it: \"42\""],
    );
}

#[test]
fn paths() {
    wrong("users: { ann: { path: x/ } }\n", &["one.yaml:4:23: `x/` is no path\n  help: write `/x/`"]);
    wrong(
        "groups: { g: { path: /hatrack/one/ } }\n",
        &["one.yaml:4:22: the path `/hatrack/one/` is hatrack's own mark\n  \
         help: write what shall stand below `/hatrack/one/`"],
    );
    wrong(
        "policies: { p: { path: /a!/, template: require-mfa } }\n",
        &["one.yaml:4:24: `/hatrack/one/a!/` is not the path of a policy\n  \
         help: `/` or `/…/`, of letters, digits and any of +=,.@_-"],
    );
    wrong("buckets: { abc: { path: /x/ } }\n", &["one.yaml:4:19: a bucket has no path"]);
}

#[test]
fn names_that_collide() {
    wrong(
        "users: { ann: , Ann: }\n",
        &[
            "one.yaml:4:17: user `Ann` and user `ann` differ only in case\n  one.yaml:4:10: the first is here\n  \
         help: AWS takes them for one name",
        ],
    );
    let two = |first: &str, second: &str| {
        let (lowered, said) = load(&[source("one.yaml", first), source("two.yaml", second)], &[]);
        assert!(lowered.is_none());
        show(&said)
    };
    let second = HEAD.replace("one", "two");
    let role = "roles: { r: { trust: ec2 } }\n";
    assert_eq!(
        two(HEAD, HEAD),
        ["two.yaml:1:14: there are two environments named `one`\n  one.yaml:1:14: the first is here"]
    );
    assert_eq!(
        two(&format!("{HEAD}{role}"), &format!("{second}{role}")),
        [
            "two.yaml:4:10: role `r` is declared by environment `one`, too\n  one.yaml:4:10: the first is here\n  \
         help: both are in one account: let one environment declare it"
        ]
    );
    let elsewhere = second.replace("111122223333", "444455556666");
    assert_eq!(
        two(&format!("{HEAD}buckets: {{ abc: }}\n"), &format!("{elsewhere}buckets: {{ abc: }}\n")),
        [
            "two.yaml:4:12: bucket `abc` is declared by environment `one`, too\n  one.yaml:4:12: the first is here\n  \
         help: a bucket's name is unique in all of AWS: let one environment declare it"
        ]
    );
    // The same role in another account is no collision; naming it without its environment is a slip.
    let assume = "roles: { r: { trust: ec2, can_assume: [x] } }\n";
    assert_eq!(
        two(&format!("{HEAD}{assume}"), &format!("{elsewhere}roles: {{ x: {{ trust: ec2 }} }}\n")),
        ["one.yaml:4:40: environment `one` has no role `x`\n  help: did you mean `two/x`?"]
    );
    // What an unreadable file declares is not reported as missing.
    let assume = "roles: { r: { trust: ec2, can_assume: [two/x] } }\n";
    let said = two(&format!("{HEAD}{assume}"), &format!("{elsewhere}rols: {{}}\n"));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("two.yaml:4:1: unknown key `rols`"), "{said:?}");
}

#[test]
fn headers() {
    let said = |text: &str| show(&load(&[source("one.yaml", text)], &[]).1);
    assert_eq!(
        said("environment: One\naccount: \"1\"\nregion: europe\n"),
        [
            "one.yaml:1:14: `One` cannot name an environment\n  \
         help: lower-case letters, digits and hyphens, beginning with a letter or digit, at most 32",
            "one.yaml:2:10: `1` is not an account number\n  \
         help: write all twelve digits in quotation marks: account: \"111122223333\"",
            "one.yaml:3:9: `europe` is no region\n  help: a region is `eu-west-1` or the like",
        ]
    );
    assert_eq!(
        said("environment: one\naccount: 111122223333\nregion: ${{ x }}\nvariables: { x: eu-west-1 }\n"),
        [
            "one.yaml:2:10: expected text, found a whole number\n  help: quote it: \"111122223333\"",
            "one.yaml:3:9: `region` cannot be a placeholder\n  \
         help: write the region out: whoever reads the file must see where it leads",
        ]
    );
    wrong(
        "variables: { account: x }\n",
        &[
            "one.yaml:4:14: `account` is a name that hatrack gives itself\n  help: take another name for the variable",
        ],
    );
    wrong(
        "assume_role: { role: admin }\n",
        &["one.yaml:4:22: `admin` is not the ARN of a role\n  help: write arn:aws:iam::ACCOUNT:role/NAME"],
    );
}

#[test]
fn holders_that_say_too_little() {
    wrong(
        "roles: { r: }\n",
        &["one.yaml:4:10: role `r` does not say who may assume it\n  \
         help: add `trust: ec2`, `trust: [{ account: … }]` or a trust policy"],
    );
    wrong(
        "policies: { p: }\n",
        &["one.yaml:4:13: policy `p` says nothing\n  help: add `statements: […]` or `template: …`"],
    );
}

#[test]
fn trust_in_nobody() {
    wrong(
        "roles: { r: { trust: lamda } }\n",
        &["one.yaml:4:22: `lamda` is no service that hatrack knows\n  help: did you mean `lambda`?"],
    );
    wrong(
        "roles: { r: { trust: [] } }\n",
        &["one.yaml:4:22: nobody is named\n  help: name one of service, account, role, user, federated, org"],
    );
    wrong(
        "roles: { r: { trust: [{ acount: one }] } }\n",
        &["one.yaml:4:25: unknown key `acount`\n  help: did you mean `account`?"],
    );
    wrong(
        "roles: { r: { trust: [{ account: one, role: r }] } }\n",
        &["one.yaml:4:23: `account` and `role` stand in one item\n  \
         help: each item names one of service, account, role, user, federated, org"],
    );
    wrong(
        "roles: { r: { trust: [{ account: 111122223333 }, { account: on }] } }\n",
        &[
            "one.yaml:4:34: expected text for `account`\n  \
         help: write account numbers in quotation marks: \"111122223333\"",
            "one.yaml:4:61: there is no environment `on`\n  help: did you mean `one`?",
        ],
    );
    wrong(
        "roles: { r: { trust: [{ federated: okta }, { org: '123' }] } }\n",
        &[
            "one.yaml:4:36: `okta` is no identity provider\n  \
         help: write the ARN of an OIDC or SAML provider, or an OIDC provider's domain",
            "one.yaml:4:51: `123` is no organization id\n  help: `o-` and ten to 32 lower-case letters and digits",
        ],
    );
}

#[test]
fn trust_on_conditions() {
    wrong(
        "roles: { r: { trust: [{ service: ec2, external_id: x }] } }\n",
        &["one.yaml:4:39: `external_id` means nothing for `service`\n  \
         help: a service principal never sends it, so nobody could assume the role"],
    );
    let conditions = "external_id: x, conditions: { StringEquals: { 'sts:externalid': y } }";
    wrong(
        &format!("roles: {{ r: {{ trust: [{{ account: one, {conditions} }}] }} }}\n"),
        &["one.yaml:4:85: `sts:externalid` is tested twice with `StringEquals`"],
    );
    wrong(
        "roles: { r: { trust: [{ account: one, conditions: { StringEquls: { 'a:b': y } } }] } }\n",
        &["one.yaml:4:53: `StringEquls` is no condition operator\n  help: did you mean `StringEquals`?"],
    );
}

#[test]
fn statements_are_told_where_they_stand() {
    wrong(
        "roles:\n  r:\n    trust: glue\n    inline:\n      data:\n        - Effect: Allow\n          \
         Action: s3:GetObject\n          Resource: '*'\n        - Effect: Alow\n          \
         Action: s3:GetObject\n          Resource: '*'\n",
        &["one.yaml:12:19: `Alow` is no effect\n  help: did you mean `Allow`?"],
    );
    wrong(
        "roles: { r: { trust: { Version: '2012-10-17', Statement: { Effect: Allow, \
         Principal: { Service: glue.amazonaws.com }, Acton: 'sts:AssumeRole' } } } }\n",
        &["one.yaml:4:119: a statement has no element `Acton`\n  help: did you mean `Action`?"],
    );
    wrong(
        "roles: { r: { trust: [glue, { Effect: Allow, Principal: { AWS: '*' }, Action: 5 }] } }\n",
        &["one.yaml:4:79: text or a list of texts is wanted here, not a number"],
    );
    wrong(
        "roles: { r: { trust: glue, can_assume: [r], inline: { hatrack-can-assume: [{ Effect: Deny, Action: '*', Resource: '*' }] } } }\n",
        &["one.yaml:4:55: `can_assume` makes an inline policy `hatrack-can-assume` itself\n  \
         help: give this one another name"],
    );
}

#[test]
fn renames_and_retirements() {
    wrong(
        "roles: { r: { trust: glue, renamed_from: s } }\n",
        &["one.yaml:4:28: AWS fixes a role's name when it is created\n  \
         help: drop `renamed_from`: `r` is created and `s`, if it is this environment's, deleted"],
    );
    wrong(
        "buckets: { abc: { renamed_from: abd } }\n",
        &["one.yaml:4:19: a bucket cannot be renamed\n  \
         help: create `abc`, copy the objects, then `retire: [bucket/abd]` once `abd` is empty"],
    );
    wrong(
        "users: { ann: { renamed_from: bob }, bob: }\n",
        &[
            "one.yaml:4:31: user `bob` is still declared\n  help: take `bob` out of the file: it becomes `ann`",
        ],
    );
    wrong(
        "buckets: { abc: }\nretire: [bucket/abc, role/x, bukket/y, abc]\n",
        &[
            "one.yaml:5:10: `bucket/abc` is declared and retired at once\n  one.yaml:4:12: declared here\n  \
         help: leave one of the two",
            "one.yaml:5:22: `role/x` holds no data, so it need not be retired\n  \
         help: take it out of the file: hatrack deletes what is its own and no longer declared",
            "one.yaml:5:30: `bukket` is no kind of resource\n  \
         help: one of group, user, policy, role, instance-profile, bucket",
            "one.yaml:5:40: `abc` is no address\n  help: write KIND/NAME: `bucket/acme-old`",
        ],
    );
    wrong(
        "users: { ann: }\nignore: [{ address: user/ann, reason: ' ' }]\n",
        &[
            "one.yaml:5:21: `user/ann` is declared and ignored at once\n  one.yaml:4:10: declared here",
            "one.yaml:5:39: no reason is given to ignore `user/ann`",
        ],
    );
}

#[test]
fn limits_are_told_at_their_key() {
    wrong(
        "buckets: { Abc_: }\nusers: { 'an n': }\n",
        &[
            "one.yaml:4:12: `Abc_` cannot name a bucket\n  \
         help: a bucket's name has only lower-case letters, digits, hyphens and dots",
            "one.yaml:5:10: `an n` cannot name a user\n  help: letters, digits and any of +=,.@_-",
        ],
    );
    wrong(
        "roles: { r: { trust: glue, max_session_duration: 60 } }\n",
        &["one.yaml:4:50: a session of 60 seconds is not possible\n  \
         help: from 3600 (an hour) to 43200 (twelve hours)"],
    );
    wrong(
        "users: { ann: { tags: { 'a*b': c } } }\n",
        &[
            "one.yaml:4:25: the key of tag `a*b` cannot hold `*`\n  help: letters, digits, blanks and any of _.:/=+-@",
        ],
    );
    let groups: Vec<String> = (0..11).map(|n| format!("g{n}")).collect();
    let text = format!(
        "users: {{ ann: {{ groups: [{}] }} }}\ngroups: {{ {}: }}\n",
        groups.join(", "),
        groups.join(": , ")
    );
    wrong(
        &text,
        &["one.yaml:4:25: user/ann is in 11 groups, AWS takes 10\n  \
         help: merge groups, or attach policies to the user"],
    );
}

#[test]
fn buckets_that_s3_would_refuse() {
    wrong(
        "buckets: { abc: { encryption: { kms: { dual_layer: true, bucket_key: true } } } }\n",
        &["one.yaml:4:58: S3 has no bucket keys for encryption in two layers\n  \
         help: drop `bucket_key` or `dual_layer`"],
    );
    wrong(
        "buckets: { abc: { lifecycle: [{ id: a, expire_days: 1 }, { id: a, expire_days: 2 }] } }\n",
        &["one.yaml:4:64: there are two lifecycle rules `a`"],
    );
    wrong(
        "buckets: { abc: { policy: [{ Effect: Allow, Principal: '*', Action: 's3:GetObject' }] } }\n",
        &[
            "one.yaml:4:28: the statement has no `Resource`\n  help: add `Resource`, or `NotResource` for all but some",
        ],
    );
}

#[test]
fn a_mistake_in_a_template_names_its_use() {
    let template = source(
        "templates/bad.yaml",
        "template: bad\nkind: role\ndescription: d\nbody:\n  trust: glue\n  inline:\n    data:\n      \
         - { Effect: Alow, Action: 's3:GetObject', Resource: '*' }\n",
    );
    let file = source("one.yaml", &format!("{HEAD}roles: {{ r: {{ template: bad }} }}\n"));
    let (lowered, said) = load(&[file], &[template]);
    assert!(lowered.is_none());
    assert_eq!(
        show(&said),
        ["templates/bad.yaml:8:19: `Alow` is no effect\n  one.yaml:4:10: the template is used here\n  \
         help: did you mean `Allow`?"]
    );
}

#[test]
fn all_mistakes_of_all_files_come_at_once() {
    let broken = |name: &str| {
        format!("environment: {name}\naccount: \"111122223333\"\nregion: eu-west-1\nusrs: {{}}\n")
    };
    let third = format!("{}users: {{ ann: {{ groups: [no] }} }}\n", HEAD.replace("one", "three"));
    let files = [source("a.yaml", &broken("a")), source("b.yaml", "a: [\n"), source("c.yaml", &third)];
    let (lowered, said) = load(&files, &[]);
    assert!(lowered.is_none());
    let places: Vec<String> = said.iter().map(|d| d.span.as_ref().unwrap().source.name.clone()).collect();
    assert_eq!(places, ["a.yaml", "b.yaml", "c.yaml"]);
}
