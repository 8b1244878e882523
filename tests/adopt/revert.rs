//! What somebody changed by hand is put back, and nothing else.

use hatrack::state::{PolicyReference, Setting};

use super::*;

const FILE: &str = "environments/one.yaml";
const TEXT: &str = r#"environment: one
account: "111122223333"
region: eu-west-1
policies:
  own:
    statements: { Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::acme-alpha/*" }
roles:
  GlueEtl:
    trust: glue
    description: Nightly jobs
    policies: [AWSGlueServiceRole, own]
    tags: { team: ds }
"#;

/// Applied, and then changed by hand in more than one way.
fn changed() -> Project {
    let project = Project::new(&[(FILE, TEXT)]);
    exits(&project, 0, &["apply", "--yes"]);
    let mut state = read_account(&project);
    let role = resource(&mut state, "role/GlueEtl");
    role.set(Setting::Attached(PolicyReference::Aws("job-function/ViewOnlyAccess".into())));
    role.set(Setting::Tag { key: "team".into(), value: "other".into() });
    if let hatrack::state::Core::Role { description, .. } = &mut role.core {
        *description = "by hand".into();
    }
    write_account(&project, &state);
    project
}

#[test]
fn one_setting() {
    let project = changed();
    screen(
        "revert-one-setting",
        &exits(&project, 0, &["revert", "role/GlueEtl/attached/ViewOnlyAccess", "--yes"]),
    );
    let state = read_account(&project);
    let role = &state.resources[&id("role/GlueEtl")];
    assert_eq!(role.tag("team"), Some("other"), "nobody asked for that");
    assert_eq!(role.settings.values().filter(|s| matches!(s, Setting::Attached(_))).count(), 2);
    exits(&project, 0, &["revert", "one/role/GlueEtl/description", "role/GlueEtl/tag/*", "--yes"]);
    exits(&project, 0, &["plan"]);
}

#[test]
fn a_whole_resource_and_nothing_to_do() {
    let project = changed();
    exits(&project, 0, &["revert", "role/GlueEtl", "--yes"]);
    exits(&project, 0, &["plan"]);
    let run = exits(&project, 0, &["revert", "role/GlueEtl", "--yes"]);
    assert!(run.stdout.contains("No changes"), "{}", run.shown());
}

#[test]
fn what_it_cannot_be_without_comes_along() {
    let project = changed();
    let mut state = read_account(&project);
    let own = id("policy/own");
    state.resources.remove(&own);
    resource(&mut state, "role/GlueEtl")
        .settings
        .remove(&hatrack::state::SettingKey::Attached(PolicyReference::Customer(own)));
    write_account(&project, &state);
    let run = exits(&project, 0, &["revert", "role/GlueEtl/attached/own", "--yes"]);
    assert!(
        run.stderr.contains("comes along, since the rest cannot be without it: policy/own"),
        "{}",
        run.shown()
    );
    assert_eq!(read_account(&project).resources[&id("role/GlueEtl")].tag("team"), Some("other"));
}

#[test]
fn refusals() {
    let project = changed();
    let before = project.read(ACCOUNT_FILE);
    for (code, arguments, words) in [
        (3, vec!["revert", "role/GlueEtl"], "no terminal to ask on"),
        (1, vec!["revert", "role/GleuEtl", "--yes"], "did you mean `role/GlueEtl`?"),
        (
            1,
            vec!["revert", "role/GlueEtl/attached/ViewOnlyAcces", "--yes"],
            "did you mean `role/GlueEtl/attached/",
        ),
        (1, vec!["revert", "role/GlueEtl/inline/x", "--yes"], "nothing here has the address"),
        (1, vec!["revert", "rolle/GlueEtl", "--yes"], "did you mean `role`?"),
        (1, vec!["revert", "role/GlueEtl", "--environment", "oen", "--yes"], "did you mean `one`?"),
    ] {
        let run = exits(&project, code, &arguments);
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.shown());
    }
    assert_eq!(project.read(ACCOUNT_FILE), before);
}
