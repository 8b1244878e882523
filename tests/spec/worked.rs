//! The worked environments and the shipped templates load as they are.

use super::*;

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
            "111122223333/eu-west-1:domain/studio",
            "111122223333/eu-west-1:user-profile/studio/alice",
            "111122223333/eu-west-1:user-profile/studio/bob",
            "111122223333/eu-west-1:user-profile/studio/cy",
            "111122223333/eu-west-1:notebook/scratch",
            "111122223333/eu-west-1:notebook-lifecycle/own-packages",
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
    let statement = r#""Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::444455556666:role/DataLakeReader""#;
    assert!(text.contains(statement), "{text}");
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
        shipped.filter(|entry| entry.as_ref().unwrap().file_type().unwrap().is_file()).count(),
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
