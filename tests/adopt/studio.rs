//! SageMaker and the account's own settings, made by hand: written down, applied, and read back.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use hatrack::diagnostic::Source;
use hatrack::state::{MARK_TAG, SettingKey};
use serde_json::Value;

use super::*;

const FILE: &str = "environments/analytics.yaml";
const ALL: [&str; 6] = ["adopt", "--all", "--environment", "analytics", "--region", "eu-west-1"];

fn by_hand() -> State {
    state_of(include_str!("studio.json"))
}

fn adopted() -> (Project, Run) {
    let project = Project::empty();
    write_account(&project, &by_hand());
    let run = exits(&project, 0, &ALL);
    (project, run)
}

fn in_region(address: &str) -> ResourceId {
    format!("{}/eu-west-1:{address}", number()).parse().unwrap()
}

/// What the file says, as it is read.
fn said(text: &str) -> State {
    let source = Arc::new(Source { name: FILE.into(), text: text.to_owned() });
    let (lowered, said) = hatrack::spec::load(&[source], &[]);
    lowered.unwrap_or_else(|| panic!("{said:#?}")).wanted
}

/// Without marks, and without what is only found.
fn unmarked(resource: &Resource) -> Resource {
    let mut resource = resource.clone();
    let mark = SettingKey::Tag(MARK_TAG.to_owned());
    resource.settings.retain(|key, _| *key != mark && !matches!(key, SettingKey::Apps));
    resource
}

#[test]
fn it_is_written_as_a_person_would_write_it() {
    let (project, run) = adopted();
    let text = project.read(FILE);
    golden(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adopt/studio.yaml"), &text).unwrap();
    screen("adopt-studio", &run);
    assert!(!text.contains("AKIAABCDEFGHIJKLMNOP"), "a secret in a script has no place in a file");
}

#[test]
fn what_is_written_is_what_was_found() {
    let (project, _) = adopted();
    let (found, said) = (by_hand(), said(&project.read(FILE)));
    let of_studio = said.resources.keys().filter(|id| id.kind.is_regional()).count();
    assert_eq!(of_studio, 15, "{:#?}", said.resources.keys());
    for (id, resource) in
        said.resources.iter().filter(|(id, _)| id.kind.is_regional() || id.kind == Kind::Account)
    {
        let mut there = unmarked(&found.resources[id]);
        // What stays as `others: keep` no file says.
        there.settings.retain(|key, _| !matches!(key, SettingKey::StudioLifecycle(c) if c.name == "theirs"));
        assert_eq!(unmarked(resource), there, "{id}");
    }
}

#[test]
fn the_next_apply_sets_marks_and_then_nothing_is_left() {
    let (project, _) = adopted();
    let before = read_account(&project);
    let declared: BTreeSet<ResourceId> = said(&project.read(FILE)).resources.into_keys().collect();
    exits(&project, 0, &["apply", "--yes"]);
    let after = read_account(&project);
    for (id, resource) in &before.resources {
        if !declared.contains(id) {
            assert_eq!(after.resources.get(id), Some(resource), "{id} is nobody's");
        } else if id.kind.is_regional() {
            assert_eq!(unmarked(&after.resources[id]), unmarked(resource), "{id}");
            assert_eq!(after.resources[id].tag(MARK_TAG), Some("analytics"), "{id} bears no mark");
        }
    }
    assert_eq!(before.resources.len(), after.resources.len());
    assert_eq!(after.resources[&id("account/settings")], before.resources[&id("account/settings")]);
    exits(&project, 0, &["plan"]);
    let text = project.read(FILE);
    project.write(FILE, text.split("\n# Taken into ownership").next().unwrap());
    exits(&project, 0, &["plan"]);
}

#[test]
fn what_bears_anothers_mark_is_taken_over_on_request() {
    let project = Project::empty();
    write_account(&project, &by_hand());
    exits(&project, 0, &[&ALL[..], &["--takeover"]].concat());
    let text = project.read(FILE);
    let taken = text.split("takeover:\n").nth(1).unwrap_or_else(|| panic!("{text}"));
    assert!(taken.contains("user-profile/studio/theirs") && taken.contains("notebook/stack"), "{taken}");
    assert!(text.contains("lifecycle_configurations: [theirs]"), "{text}");
    exits(&project, 0, &["apply", "--yes"]);
    let now = read_account(&project);
    assert_eq!(now.resources[&in_region("user-profile/studio/theirs")].tag(MARK_TAG), Some("analytics"));
    exits(&project, 0, &["plan"]);
}

#[test]
fn a_part_is_added_where_it_belongs() {
    let project = Project::empty();
    write_account(&project, &by_hand());
    let before = "# Ours, by hand.\nenvironment: analytics # the name\naccount: \"111122223333\"\nregion: eu-west-1\n\n\
        roles:\n  SageMakerExecution: { trust: sagemaker, path: /service-role/, policies: [AmazonSageMakerFullAccess], \
        tags: { team: ds }, adopt: true }\n\
        sagemaker: # all of it\n  notebooks: {} # none yet\n# The end.\n";
    project.write(FILE, before);
    exits(&project, 0, &["adopt", "domain/corp", "user-profile/corp/joe", "notebook/plain", "--yes"]);
    exits(&project, 0, &["adopt", "user-profile/corp/jane", "notebook/open", "account/settings", "--yes"]);
    exits(
        &project,
        0,
        &["adopt", "studio-lifecycle/lab-setup", "domain/studio", "user-profile/studio/alice", "--yes"],
    );
    let after = project.read(FILE);
    golden(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adopt/studio-added.yaml"), &after).unwrap();
    exits(&project, 0, &["apply", "--yes"]);
    exits(&project, 0, &["plan"]);
}

#[test]
fn people_need_their_domain_and_a_region_is_the_environments() {
    let project = Project::empty();
    write_account(&project, &by_hand());
    let of = |address: &str, region: &str| {
        let run = run(&project, &["adopt", address, "--environment", "x", "--region", region, "-o", "-"]);
        (run.code, run.shown())
    };
    let (code, shown) = of("user-profile/studio/alice", "eu-west-1");
    assert!(
        code == 1 && shown.contains("it is said with domain/studio, which is not in the file"),
        "{shown}"
    );
    let (code, shown) = of("notebook/plain", "eu-central-1");
    assert!(
        code == 1 && shown.contains("it is in eu-west-1, and the environment is in eu-central-1"),
        "{shown}"
    );
    let (code, shown) = of("space/*", "eu-west-1");
    assert!(code == 1 && shown.contains("people make spaces of their own"), "{shown}");
    let (code, shown) = of("account/settings", "eu-west-1");
    assert!(code == 0 && shown.contains("0 ownership marks"), "{shown}");
    assert!(shown.contains("# The next apply changes nothing.\n"), "{shown}");
}

/// Whoever is kept to the profile of the same name already is so afterwards.
#[test]
fn who_opens_which_profile_stays_as_it_was() {
    let sign_in = r#"{"Version":"2012-10-17","Statement":[
        {"Sid":"OwnProfile","Effect":"Allow","Action":"sagemaker:CreatePresignedDomainUrl",
         "Resource":"arn:aws:sagemaker:*:111122223333:user-profile/*/${aws:username}"}]}"#;
    let project = Project::empty();
    let mut state = by_hand();
    let document = hatrack::policy::Policy::from_text(sign_in, "aws");
    resource(&mut state, "group/DataScientists")
        .set(Setting::Inline { name: "studio-sign-in".into(), document });
    write_account(&project, &state);
    exits(&project, 0, &ALL);
    assert!(!project.read(FILE).contains("sign_in:"), "{}", project.read(FILE));

    // A file that keeps people to their own would give the policy to who comes into it.
    let project = Project::empty();
    write_account(&project, &by_hand());
    exits(
        &project,
        0,
        &[
            "adopt",
            "domain/*",
            "role/*",
            "studio-lifecycle/*",
            "--environment",
            "analytics",
            "--region",
            "eu-west-1",
        ],
    );
    assert!(!project.read(FILE).contains("sign_in:"), "nobody is there to be kept");
    let run = exits(&project, 0, &["adopt", "user/alice", "group/*", "--yes", "--format=json"]);
    let told: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(told["adopted"], serde_json::json!(["group/DataScientists"]));
    assert_eq!(told["left_out"][0]["address"], "user/alice", "{}", run.shown());
    assert!(run.stderr.contains("no profile but their own"), "{}", run.shown());
    exits(&project, 0, &["apply", "--yes"]);
    exits(&project, 0, &["plan"]);
}
