//! Two states of one account, made by hand, and the reports of what lies between them.

use hatrack::plan::{self, Hazard, Surroundings};
use hatrack::policy::{Document, Policy, Usage};
use hatrack::report::{DriftReport, EnvironmentLine, Inputs, PlanReport, Terminal};
use hatrack::state::*;
use serde_json::{Value, json};

pub const PLAIN: Terminal = Terminal { width: 80, colour: false, detail: false };
pub const COLOUR: Terminal = Terminal { width: 80, colour: true, detail: false };

pub fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

pub fn id(kind: Kind, name: &str) -> ResourceId {
    ResourceId::new(&account(), kind, name)
}

pub fn policy(usage: Usage, statements: Value) -> Policy {
    let json = json!({ "Version": "2012-10-17", "Statement": statements });
    Policy::Normal(Document::read(&json, usage, "aws").unwrap())
}

pub fn inline(name: &str, statements: Value) -> Setting {
    Setting::Inline { name: name.into(), document: policy(Usage::Identity, statements) }
}

pub fn aws(name: &str) -> Setting {
    Setting::Attached(PolicyReference::Aws(name.into()))
}

pub fn tag(key: &str, value: &str) -> Setting {
    Setting::Tag { key: key.into(), value: value.into() }
}

pub fn trust(service: &str) -> Policy {
    let statement =
        json!([{ "Effect": "Allow", "Principal": { "Service": service }, "Action": "sts:AssumeRole" }]);
    policy(Usage::Trust, statement)
}

pub fn role(service: &str, settings: impl IntoIterator<Item = Setting>) -> Resource {
    let core = Core::Role {
        path: "/".into(),
        description: String::new(),
        max_session_seconds: 3_600,
        trust: trust(service),
    };
    let mark = tag(MARK_TAG, "analytics");
    Resource::new(core, settings.into_iter().chain([mark]))
}

pub fn user(settings: impl IntoIterator<Item = Setting>) -> Resource {
    let mark = tag(MARK_TAG, "analytics");
    Resource::new(Core::User { path: "/".into() }, settings.into_iter().chain([mark]))
}

pub fn group(settings: impl IntoIterator<Item = Setting>) -> Resource {
    Resource::new(Core::Group { path: mark_path("analytics") }, settings)
}

pub fn managed(description: &str, statements: Value) -> Resource {
    let document = policy(Usage::Identity, statements);
    let core = Core::Policy { path: mark_path("analytics"), description: description.into(), document };
    Resource::new(core, [])
}

pub fn bucket(settings: impl IntoIterator<Item = Setting>) -> Resource {
    let mark = tag(MARK_TAG, "analytics");
    Resource::new(Core::Bucket { region: "eu-west-1".into() }, settings.into_iter().chain([mark]))
}

pub fn state(resources: impl IntoIterator<Item = (ResourceId, Resource)>) -> State {
    let extent = Extent::full(Partition::new("aws"));
    State { accounts: [(account(), extent)].into(), resources: resources.into_iter().collect() }
}

pub fn scope(declared: &State) -> Scope {
    let mut scope = Scope::new("analytics", account(), Partition::new("aws"), "eu-west-1");
    scope.declared = declared.resources.keys().cloned().collect();
    scope.ignored = vec![Ignored { address: "role/legacy-*".into(), reason: "goes in March".into() }];
    scope
}

/// Both reports of what lies between declared and found.
pub struct Reports {
    pub plan: PlanReport,
    pub drift: DriftReport,
    pub planned: plan::Plan,
}

pub fn reports(declared: &State, found: &State) -> Reports {
    reports_of(declared, found, scope(declared), &[], &[], |_| {})
}

pub fn reports_of(
    declared: &State,
    found: &State,
    scope: Scope,
    unread: &[Unread],
    callers: &[(String, Option<ResourceId>)],
    more: impl Fn(&mut Vec<Hazard>),
) -> Reports {
    let settled = settle(declared, &[scope], found, unread);
    let planned = plan::plan(&settled.wanted, found, &settled.renames, &settled.untouchable).unwrap();
    let around = Surroundings {
        guardians: &[],
        wanted: &settled.wanted,
        found,
        notes: &settled.notes,
        untouchable: &settled.untouchable,
        callers,
    };
    let mut hazards = plan::hazards(&planned, &around);
    more(&mut hazards);
    let account = account();
    let environments = [EnvironmentLine {
        name: "analytics",
        account: &account,
        region: "eu-west-1",
        source: "environments/analytics.yaml",
    }];
    let origin = |id: &ResourceId, key: Option<&SettingKey>| {
        let declared = declared.resources.get(id)?;
        let place = declared.settings.keys().position(|k| Some(k) == key);
        if key.is_some() && place.is_none() {
            return None;
        }
        let line = 10 * (1 + id.kind as usize) + place.map_or(0, |n| n + 1);
        Some(format!("environments/analytics.yaml:{line}"))
    };
    let inputs = Inputs {
        unreached: &[],
        shard: None,
        bridges: &[],
        homes: &Default::default(),
        environments: &environments,
        estate: &environments,
        origin: &origin,
        plan: &planned,
        settled: &settled,
        hazards: &hazards,
        unread,
        reading_notes: &[],
        claims: &[],
        by_hand: &[],
        aws: &hatrack::plan::AwsComparison::default(),
        findings: &[],
        access: &hatrack::access::delta::delta(
            &hatrack::access::landscape::Landscape::new(found),
            &hatrack::access::landscape::Landscape::new(&settled.wanted),
        ),
    };
    Reports { plan: PlanReport::new(&inputs), drift: DriftReport::new(&inputs), planned }
}

/// Found and declared: each symbol, each sort of setting, each class of drift.
pub fn eventful() -> (State, State) {
    let lake = "arn:aws:s3:::acme-lake-curated/teams/alpha/";
    let found = state([
        (
            id(Kind::Group, "DataScientists"),
            group([
                aws("AmazonS3ReadOnlyAccess"),
                aws("AdministratorAccess"),
                inline(
                    "data",
                    json!([
                        { "Sid": "List", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                          "Resource": "arn:aws:s3:::acme-lake-curated" },
                        { "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:DeleteObject"],
                          "Resource": format!("{lake}*") },
                        { "Sid": "Everything", "Effect": "Allow", "Action": "iam:*", "Resource": "*" },
                    ]),
                ),
            ]),
        ),
        (
            id(Kind::User, "alice"),
            user([
                Setting::Membership(id(Kind::Group, "DataScientists")),
                Setting::SignIn,
                Setting::Credential { kind: CredentialKind::AccessKey, id: "AKIAIOSFODNN7EXAMPLE".into() },
                tag("Project", "alpha"),
                tag("note", "temporary"),
                Setting::Boundary(PolicyReference::Aws("PowerUserAccess".into())),
            ]),
        ),
        (
            id(Kind::User, "bert"),
            user([Setting::Membership(id(Kind::Group, "DataScientists")), aws("ReadOnlyAccess")]),
        ),
        (
            id(Kind::Policy, "require-mfa"),
            managed("sign in with MFA", json!([{ "Effect": "Deny", "NotAction": "iam:*", "Resource": "*" }])),
        ),
        (id(Kind::Role, "GlueEtl"), role("glue.amazonaws.com", [aws("service-role/AWSGlueServiceRole")])),
        (
            id(Kind::Bucket, "acme-alpha"),
            bucket([
                Setting::Encryption(Encryption::Aes256),
                Setting::PublicAccessBlock(PublicAccessBlock {
                    block_public_policy: false,
                    ..Default::default()
                }),
                Setting::Versioning(Versioning::Suspended),
                Setting::Lifecycle(vec![rule("tmp", "tmp/", 30), rule("logs", "logs/", 400)]),
            ]),
        ),
        (id(Kind::Role, "handmade"), Resource::new(role("ec2.amazonaws.com", []).core, [])),
        (id(Kind::Role, "legacy-etl"), Resource::new(role("ec2.amazonaws.com", []).core, [])),
        (
            id(Kind::Role, "stack-role"),
            Resource::new(
                role("ec2.amazonaws.com", []).core,
                [tag("aws:cloudformation:stack-name", "network")],
            ),
        ),
        (id(Kind::Group, "Analysts"), group([])),
    ]);
    let mut glue =
        role("lambda.amazonaws.com", [aws("service-role/AWSGlueServiceRole"), tag("Project", "alpha")]);
    if let Core::Role { max_session_seconds, description, .. } = &mut glue.core {
        *max_session_seconds = 43_200;
        *description = "nightly ETL of the curated lake".into();
    }
    let declared = state([
        (
            id(Kind::Group, "DataScientists"),
            group([
                aws("AmazonS3ReadOnlyAccess"),
                Setting::Attached(PolicyReference::Customer(id(Kind::Policy, "require-mfa"))),
                inline(
                    "data",
                    json!([
                        { "Sid": "List", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
                          "Resource": "arn:aws:s3:::acme-lake-curated" },
                        { "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"],
                          "Resource": format!("{}*", lake.replace("alpha", "beta")),
                          "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } } },
                    ]),
                ),
            ]),
        ),
        (
            id(Kind::User, "alice"),
            user([
                Setting::Membership(id(Kind::Group, "DataScientists")),
                tag("Project", "beta"),
                tag("team", "alpha"),
                tag("cost-centre", "4711"),
            ]),
        ),
        (
            id(Kind::User, "cy"),
            user([
                Setting::Membership(id(Kind::Group, "DataScientists")),
                Setting::SignIn,
                tag("Project", "alpha"),
            ]),
        ),
        (
            id(Kind::Policy, "require-mfa"),
            managed(
                "sign in with a second factor",
                json!([{ "Effect": "Deny", "NotAction": "iam:*", "Resource": "*" }]),
            ),
        ),
        (id(Kind::Role, "GlueEtl"), glue),
        (
            id(Kind::Role, "EC2DataProcessingRole"),
            role(
                "ec2.amazonaws.com",
                [
                    aws("AmazonSSMManagedInstanceCore"),
                    aws("CloudWatchAgentServerPolicy"),
                    inline(
                        "data",
                        json!([
                            { "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
                              "Resource": ["arn:aws:s3:::acme-alpha/*", "arn:aws:s3:::acme-lake-curated/landing/*"],
                              "Condition": { "StringEquals": { "aws:PrincipalTag/Project": "alpha" } } },
                            { "Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::acme-alpha" },
                        ]),
                    ),
                    Setting::Boundary(PolicyReference::Customer(id(Kind::Policy, "require-mfa"))),
                    tag("Project", "alpha"),
                ],
            ),
        ),
        (
            id(Kind::InstanceProfile, "EC2DataProcessingRole"),
            Resource::new(
                Core::InstanceProfile { path: mark_path("analytics") },
                [Setting::HeldRole(id(Kind::Role, "EC2DataProcessingRole"))],
            ),
        ),
        (
            id(Kind::Bucket, "acme-alpha"),
            bucket([
                Setting::Encryption(Encryption::Kms { key: None, bucket_key: true, dual_layer: false }),
                Setting::PublicAccessBlock(PublicAccessBlock::default()),
                Setting::Versioning(Versioning::Enabled),
                Setting::Ownership(Ownership::BucketOwnerEnforced),
                Setting::Lifecycle(vec![rule("logs", "logs/", 400), rule("tmp", "tmp/", 7)]),
                Setting::BucketPolicy(policy(
                    Usage::Bucket,
                    json!([{ "Sid": "OnlyTls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
                             "Resource": ["arn:aws:s3:::acme-alpha", "arn:aws:s3:::acme-alpha/*"],
                             "Condition": { "Bool": { "aws:SecureTransport": "false" } } }]),
                )),
            ]),
        ),
        (id(Kind::Group, "Analysis"), group([aws("AmazonAthenaFullAccess")])),
    ]);
    (declared, found)
}

pub fn eventful_scope(declared: &State) -> Scope {
    Scope { renamed: [(id(Kind::Group, "Analysis"), "Analysts".into())].into(), ..scope(declared) }
}

fn rule(id: &str, prefix: &str, days: i32) -> LifecycleRule {
    serde_json::from_value(json!({ "id": id, "prefix": prefix, "expire_days": days })).unwrap()
}

/// No line is too long, but for one that consists of one unbreakable word.
pub fn assert_fits(text: &str, width: usize) {
    for line in text.lines() {
        let one_word = line.trim_start_matches([' ', '+', '-', '~', '!']).split(' ').count() <= 1;
        assert!(line.chars().count() <= width || one_word, "{} columns: {line}", line.chars().count());
        assert_eq!(line.trim_end(), line, "blanks at the end");
    }
}
