//! What is declared and was changed by hand: the file is edited where it says so, and stays as it is everywhere else.

use hatrack::policy::Policy;
use hatrack::state::{
    Core, CredentialKind, Encryption, LifecycleRule, Ownership, PolicyReference, PublicAccessBlock, Setting,
    SettingKey, State, Versioning,
};

use super::*;

const FILE: &str = "environments/one.yaml";
/// Written by several hands, each with a style of its own.
const TEXT: &str = r#"# The analytics account.
environment: one   # its name
account: "111122223333"
region: eu-west-1
variables: { project: alpha }
tags:
  team: ds # everybody's

groups:
  Readers: { policies: [ AmazonS3ReadOnlyAccess ] } # they read
  Others:

users:
  # The first.
  alice:
    groups: [Readers]   # for now
    console: true
    tags: { desk: "7" }
  bob: {}

policies:
  own: # what jobs may
    description: Ours
    statements:
      # They read.
      - Sid: Read
        Effect: Allow
        Action: [s3:GetObject]   # and no more
        Resource: "arn:aws:s3:::acme-${{ project }}/*"
      # They list.
      - Sid: List
        Effect: Allow
        Action: s3:ListBucket
        Resource: "*"
      # The end.

roles:
  GlueEtl:
    trust:
      - glue # at night
      - { account: "444455556666", require_mfa: true }
    policies:
      - AWSGlueServiceRole # needed
      # ours:
      - own
    inline:
      # hatrack: allow(all-resources): for now
      data: { Effect: Allow, Action: "s3:GetObject", Resource: "*" }
    max_session_duration: 7200 # two hours
    tags:
      job: nightly # since May
      cost: "1"

  Made: # from a template
    template: lambda-function
    with:
      function: acme-score-*

buckets:
  acme-${{ project }}:
    versioning: enabled
    lifecycle:
      - { id: tidy, expire_days: 30 } # a month
    policy:
      - Sid: Tls
        Effect: Deny
        Principal: "*"
        Action: s3:*
        Resource: ["arn:aws:s3:::acme-${{ project }}", "arn:aws:s3:::acme-${{ project }}/*"]
        Condition: { Bool: { "aws:SecureTransport": "false" } } # always
# The end of the file.
"#;

fn applied() -> (Project, State) {
    let project = Project::new(&[(FILE, TEXT)]);
    exits(&project, 0, &["apply", "--yes"]);
    let state = read_account(&project);
    (project, state)
}

fn document(json: &str) -> Policy {
    Policy::from_text(&format!(r#"{{"Version":"2012-10-17","Statement":{json}}}"#), "aws")
}

type ByHand = fn(&mut State);

/// Makes a change by hand, adopts it, and holds that only lines with these words came and went.
fn edit(name: &str, address: &str, by_hand: ByHand, gone: &[&str], came: &[&str]) {
    let (project, mut state) = applied();
    by_hand(&mut state);
    write_account(&project, &state);
    exits(&project, 2, &["plan"]);
    let run = exits(&project, 0, &["adopt", address, "--yes"]);
    let after = project.read(FILE);
    let diff = similar::TextDiff::from_lines(TEXT, &after);
    let (mut went, mut new) = (vec![], vec![]);
    for change in diff.iter_all_changes() {
        match change.tag() {
            similar::ChangeTag::Delete => went.push(change.value().trim_end_matches('\n').to_owned()),
            similar::ChangeTag::Insert => new.push(change.value().trim_end_matches('\n').to_owned()),
            similar::ChangeTag::Equal => {}
        }
    }
    assert_eq!(
        (went, new),
        (gone.iter().map(|s| (*s).to_owned()).collect(), came.iter().map(|s| (*s).to_owned()).collect()),
        "{name}\n{}",
        run.shown()
    );
    exits(&project, 0, &["plan"]);
    assert_eq!(read_account(&project), state, "{name}: adopting changes no account");
}

#[test]
fn attachments() {
    edit(
        "in lines",
        "role/GlueEtl/attached/ViewOnlyAccess",
        |s| {
            resource(s, "role/GlueEtl")
                .set(Setting::Attached(PolicyReference::Aws("job-function/ViewOnlyAccess".into())))
        },
        &[],
        &["      - ViewOnlyAccess"],
    );
    edit(
        "in brackets",
        "group/Readers",
        |s| resource(s, "group/Readers").set(Setting::Attached(PolicyReference::Customer(id("policy/own")))),
        &["  Readers: { policies: [ AmazonS3ReadOnlyAccess ] } # they read"],
        &["  Readers: { policies: [ AmazonS3ReadOnlyAccess, own ] } # they read"],
    );
    edit(
        "taken away",
        "role/GlueEtl/attached/*",
        |s| {
            let key = SettingKey::Attached(PolicyReference::Aws("service-role/AWSGlueServiceRole".into()));
            resource(s, "role/GlueEtl").settings.remove(&key);
        },
        &["      - AWSGlueServiceRole # needed"],
        &[],
    );
    edit(
        "the last one",
        "group/Readers",
        |s| resource(s, "group/Readers").settings.clear(),
        &["  Readers: { policies: [ AmazonS3ReadOnlyAccess ] } # they read"],
        &["  Readers: {  } # they read"],
    );
    edit(
        "the first of a body without any",
        "user/bob",
        |s| resource(s, "user/bob").set(Setting::Attached(PolicyReference::Aws("ReadOnlyAccess".into()))),
        &["  bob: {}"],
        &["  bob: { policies: [ReadOnlyAccess] }"],
    );
    edit(
        "of a body without anything",
        "group/Others",
        |s| resource(s, "group/Others").set(Setting::Attached(PolicyReference::Aws("ReadOnlyAccess".into()))),
        &[],
        &["    policies: [ReadOnlyAccess]"],
    );
}

#[test]
fn people() {
    edit(
        "membership",
        "user/bob/membership/Others",
        |s| resource(s, "user/bob").set(Setting::Membership(id("group/Others"))),
        &["  bob: {}"],
        &["  bob: { groups: [Others] }"],
    );
    edit(
        "taken out of a group",
        "user/alice",
        |s| {
            resource(s, "user/alice").settings.remove(&SettingKey::Membership(id("group/Readers")));
        },
        &["    groups: [Readers]   # for now"],
        &[],
    );
    edit(
        "no sign-in",
        "user/alice/sign-in",
        |s| {
            resource(s, "user/alice").settings.remove(&SettingKey::SignIn);
        },
        &["    console: true"],
        &[],
    );
    edit(
        "a boundary",
        "user/alice/boundary",
        |s| resource(s, "user/alice").set(Setting::Boundary(PolicyReference::Customer(id("policy/own")))),
        &[],
        &["    boundary: own"],
    );
    edit(
        "a path",
        "user/alice/path",
        |s| resource(s, "user/alice").core = Core::User { path: "/people/".into() },
        &[],
        &["    path: /people/"],
    );
    edit(
        "deleted",
        "user/bob",
        |s| {
            s.resources.remove(&id("user/bob"));
        },
        &["  bob: {}"],
        &[],
    );
}

#[test]
fn tags() {
    edit(
        "one more",
        "role/GlueEtl/tag/owner",
        |s| resource(s, "role/GlueEtl").set(Setting::Tag { key: "owner".into(), value: "dave".into() }),
        &[],
        &["      owner: dave"],
    );
    edit(
        "another value",
        "role/GlueEtl/tag/job",
        |s| resource(s, "role/GlueEtl").set(Setting::Tag { key: "job".into(), value: "2".into() }),
        &["      job: nightly # since May"],
        &["      job: \"2\" # since May"],
    );
    edit(
        "removed",
        "role/GlueEtl/tag/cost",
        |s| {
            resource(s, "role/GlueEtl").settings.remove(&SettingKey::Tag("cost".into()));
        },
        &["      cost: \"1\""],
        &[],
    );
    edit(
        "the last one, in braces",
        "user/alice/tag/desk",
        |s| {
            resource(s, "user/alice").settings.remove(&SettingKey::Tag("desk".into()));
        },
        &["    tags: { desk: \"7\" }"],
        &[],
    );
}

#[test]
fn documents() {
    edit(
        "a statement of a policy",
        "policy/own/document",
        |s| {
            let text = r#"[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-alpha/*"},
                {"Sid":"List","Effect":"Allow","Action":["s3:ListBucket","s3:GetBucketLocation"],"Resource":"*"}]"#;
            if let Core::Policy { document: there, .. } = &mut resource(s, "policy/own").core {
                *there = document(text);
            }
        },
        &["        Action: s3:ListBucket"],
        &["        Action: [s3:GetBucketLocation, s3:ListBucket]"],
    );
    edit(
        "a statement more",
        "policy/own",
        |s| {
            let text = r#"[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-alpha/*"},
                {"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"*"},
                {"Effect":"Deny","Action":"iam:*","Resource":"*"}]"#;
            if let Core::Policy { document: there, .. } = &mut resource(s, "policy/own").core {
                *there = document(text);
            }
        },
        &[],
        &["      - Effect: Deny", "        Action: iam:*", "        Resource: \"*\""],
    );
    edit(
        "an inline policy in braces",
        "role/GlueEtl/inline/data",
        |s| {
            let document =
                document(r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}"#);
            resource(s, "role/GlueEtl").set(Setting::Inline { name: "data".into(), document });
        },
        &["      data: { Effect: Allow, Action: \"s3:GetObject\", Resource: \"*\" }"],
        &[
            "      data:",
            "        - Effect: Allow",
            "          Action: [s3:GetObject, s3:PutObject]",
            "          Resource: \"*\"",
        ],
    );
    edit(
        "an inline policy more",
        "role/GlueEtl/inline/more",
        |s| {
            let document = document(r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#);
            resource(s, "role/GlueEtl").set(Setting::Inline { name: "more".into(), document });
        },
        &[],
        &["      more:", "        - Effect: Deny", "          Action: s3:*", "          Resource: \"*\""],
    );
    edit(
        "trust",
        "role/GlueEtl/trust",
        |s| {
            let text = r#"[{"Effect":"Allow","Principal":{"Service":"glue.amazonaws.com"},"Action":"sts:AssumeRole"},
                {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"sts:AssumeRole"}]"#;
            if let Core::Role { trust, .. } = &mut resource(s, "role/GlueEtl").core {
                *trust = document(text);
            }
        },
        &["      - { account: \"444455556666\", require_mfa: true }"],
        &["      - { account: \"444455556666\" }"],
    );
    edit(
        "terms of a role",
        "role/GlueEtl",
        |s| {
            if let Core::Role { description, max_session_seconds, .. } = &mut resource(s, "role/GlueEtl").core
            {
                (*description, *max_session_seconds) = ("no: 1".into(), 3600);
            }
        },
        &["    max_session_duration: 7200 # two hours"],
        &["    description: \"no: 1\""],
    );
}

#[test]
fn buckets() {
    edit(
        "versioning",
        "bucket/acme-alpha/versioning",
        |s| resource(s, "bucket/acme-alpha").set(Setting::Versioning(Versioning::Suspended)),
        &["    versioning: enabled"],
        &["    versioning: suspended"],
    );
    edit(
        "lifecycle",
        "bucket/acme-alpha/lifecycle",
        |s| {
            let Some(Setting::Lifecycle(rules)) =
                resource(s, "bucket/acme-alpha").settings.get_mut(&SettingKey::Lifecycle)
            else {
                panic!("no rules")
            };
            let more = LifecycleRule {
                id: "z".into(),
                expire_days: None,
                abort_uploads_days: Some(7),
                ..rules[0].clone()
            };
            rules.push(more);
        },
        &[],
        &["      - { id: z, abort_uploads_days: 7 }"],
    );
    edit(
        "block public access",
        "bucket/acme-alpha",
        |s| {
            let block = PublicAccessBlock { block_public_acls: false, ..PublicAccessBlock::default() };
            resource(s, "bucket/acme-alpha").set(Setting::PublicAccessBlock(block));
        },
        &[],
        &["    public_access_block:", "      block_public_acls: false"],
    );
    edit(
        "encryption and ownership",
        "bucket/*",
        |s| {
            let bucket = resource(s, "bucket/acme-alpha");
            bucket.set(Setting::Encryption(Encryption::Kms {
                key: Some("alias/x".into()),
                bucket_key: true,
                dual_layer: false,
            }));
            bucket.set(Setting::Ownership(Ownership::ObjectWriter));
        },
        &[],
        &["    encryption: { kms: { key: alias/x } }", "    ownership: ObjectWriter"],
    );
    edit(
        "no policy",
        "bucket/acme-alpha/policy",
        |s| {
            resource(s, "bucket/acme-alpha").settings.remove(&SettingKey::BucketPolicy);
        },
        &[
            "    policy:",
            "      - Sid: Tls",
            "        Effect: Deny",
            "        Principal: \"*\"",
            "        Action: s3:*",
            "        Resource: [\"arn:aws:s3:::acme-${{ project }}\", \"arn:aws:s3:::acme-${{ project }}/*\"]",
            "        Condition: { Bool: { \"aws:SecureTransport\": \"false\" } } # always",
        ],
        &[],
    );
}

/// What is not edited in place is said with its place and what to write instead; and then nothing is written.
#[test]
fn what_only_a_person_should_edit() {
    let cases: Vec<(&str, &[&str], ByHand)> = vec![
        ("a template's", &["role/Made/description"], |s| {
            if let Core::Role { description, .. } = &mut resource(s, "role/Made").core {
                *description = "by hand".into();
            }
        }),
        ("beside a template", &["role/Made"], |s| {
            resource(s, "role/Made").set(Setting::Attached(PolicyReference::Aws("ReadOnlyAccess".into())));
        }),
        ("a placeholder", &["policy/own"], |s| {
            let text = r#"[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"*"},
                {"Sid":"List","Effect":"Allow","Action":"s3:ListBucket","Resource":"*"}]"#;
            if let Core::Policy { document: there, .. } = &mut resource(s, "policy/own").core {
                *there = document(text);
            }
        }),
        ("a tag of the whole file", &["user/bob"], |s| {
            resource(s, "user/bob").set(Setting::Tag { key: "team".into(), value: "other".into() });
        }),
        ("a credential", &["user/bob"], |s| {
            resource(s, "user/bob").set(Setting::Credential {
                kind: CredentialKind::AccessKey,
                id: "AKIAIOSFODNN7EXAMPLE".into(),
            });
        }),
        ("all or nothing", &["user/bob", "user/alice"], |s| {
            resource(s, "user/bob").set(Setting::Credential {
                kind: CredentialKind::AccessKey,
                id: "AKIAIOSFODNN7EXAMPLE".into(),
            });
            resource(s, "user/alice").settings.remove(&SettingKey::SignIn);
        }),
        ("no such difference", &["user/alice/tag/desk"], |s| {
            resource(s, "user/alice").settings.remove(&SettingKey::SignIn);
        }),
        ("still named elsewhere", &["policy/own"], |s| {
            s.resources.remove(&id("policy/own"));
            resource(s, "role/GlueEtl")
                .settings
                .remove(&SettingKey::Attached(PolicyReference::Customer(id("policy/own"))));
        }),
        ("cannot work", &["role/GlueEtl"], |s| {
            let document = document(r#"{"Effect":"Allow","Action":"s3:GetObjct","Resource":"*"}"#);
            resource(s, "role/GlueEtl").set(Setting::Inline { name: "data".into(), document });
        }),
    ];
    let mut shown = String::new();
    for (name, addresses, by_hand) in cases {
        let (project, mut state) = applied();
        by_hand(&mut state);
        write_account(&project, &state);
        let run = exits(&project, 1, &[&["adopt"][..], addresses, &["--yes"]].concat());
        assert_eq!(project.read(FILE), TEXT, "{name}");
        shown += &format!("=== {name}: hatrack adopt {}\n{}\n", addresses.join(" "), run.shown());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adopt/screens/not-in-place.txt");
    golden(&path, &shown).unwrap();
}

#[test]
fn it_asks_and_shows_what_it_would_write() {
    let (project, mut state) = applied();
    exits(&project, 0, &["adopt", "role/GlueEtl"]);
    resource(&mut state, "role/GlueEtl").set(Setting::Tag { key: "owner".into(), value: "dave".into() });
    write_account(&project, &state);
    screen("adopt-in-place", &exits(&project, 3, &["adopt", "role/GlueEtl"]));
    assert_eq!(project.read(FILE), TEXT);
    let printed = exits(&project, 0, &["adopt", "role/GlueEtl", "-o", "-"]);
    assert!(printed.stdout.contains("owner: dave"));
    assert_eq!(project.read(FILE), TEXT);
}
