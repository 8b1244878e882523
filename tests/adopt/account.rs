//! A whole account made by hand: written down, applied, and made anew elsewhere.

use std::collections::BTreeSet;
use std::path::Path;

use hatrack::state::{
    Core, Encryption, Kind, MARK_TAG, Ownership, PublicAccessBlock, Resource, ResourceId, Setting,
    SettingKey, State,
};
use serde_json::Value;

use super::*;

const FILE: &str = "environments/analytics.yaml";
const ALL: [&str; 6] = ["adopt", "--all", "--environment", "analytics", "--region", "eu-west-1"];

/// The account, and everything of it written down.
fn adopted() -> (Project, Run) {
    let project = Project::empty();
    write_account(&project, &handmade());
    let run = exits(&project, 0, &ALL);
    (project, run)
}

/// Everything that the file says.
fn said(project: &Project) -> BTreeSet<ResourceId> {
    let run = exits(project, 2, &["plan", "--format=json"]);
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    plan["steps"].as_array().unwrap().iter().map(|step| id(step["address"].as_str().unwrap())).collect()
}

/// A resource without marks, and with what S3 does without being told.
fn unmarked(id: &ResourceId, resource: &Resource) -> Resource {
    let mut resource = resource.clone();
    resource.settings.remove(&SettingKey::Tag(MARK_TAG.to_owned()));
    resource.settings.remove(&SettingKey::Objects);
    resource.settings.retain(|key, _| !matches!(key, SettingKey::Credential(..)));
    let path = match &mut resource.core {
        Core::Group { path } | Core::Policy { path, .. } | Core::InstanceProfile { path } => Some(path),
        _ => None,
    };
    if let Some(path) = path {
        assert!(by_path(id.kind));
        if let Some(own) = path.strip_prefix("/hatrack/analytics/") {
            *path = format!("/{own}");
        }
    }
    if id.kind == Kind::Bucket {
        let open = PublicAccessBlock {
            block_public_acls: false,
            ignore_public_acls: false,
            block_public_policy: false,
            restrict_public_buckets: false,
        };
        for unset in [
            Setting::PublicAccessBlock(open),
            Setting::Ownership(Ownership::ObjectWriter),
            Setting::Encryption(Encryption::Aes256),
        ] {
            resource.settings.entry(unset.key()).or_insert(unset);
        }
    }
    resource
}

fn same_but_for_marks(found: &State, now: &State, ids: &BTreeSet<ResourceId>) {
    for id in ids {
        let (before, after) = (&found.resources[id], &now.resources[id]);
        assert_eq!(unmarked(id, before), unmarked(id, after), "{id}");
    }
}

#[test]
fn it_is_written_as_a_person_would_write_it() {
    let (project, run) = adopted();
    let text = project.read(FILE);
    golden(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adopt/handmade.yaml"), &text).unwrap();
    screen("adopt-all", &run);
    assert!(!text.contains("AKIA"), "a key's id has no place in a file");
}

#[test]
fn the_next_apply_sets_marks_and_then_nothing_is_left() {
    let (project, _) = adopted();
    let said = said(&project);
    assert!(said.len() >= 30, "only {} resources were adopted", said.len());
    let before = read_account(&project);
    exits(&project, 0, &["apply", "--yes"]);
    let after = read_account(&project);
    same_but_for_marks(&before, &after, &said);
    for (id, resource) in before.resources.iter().filter(|(id, _)| !said.contains(id)) {
        assert_eq!(after.resources.get(id), Some(resource), "{id} is nobody's");
    }
    for id in &said {
        let (now, marked) = (&after.resources[id], after.resources[id].tag(MARK_TAG) == Some("analytics"));
        let in_path = now.core.path().is_some_and(|path| path.starts_with("/hatrack/analytics/"));
        assert!(marked || in_path, "{id} bears no mark");
        if let (Core::Policy { path: then, .. }, Core::Policy { path: now, .. }) =
            (&before.resources[id].core, &now.core)
        {
            assert_eq!(then, now, "AWS moves no policy");
        }
    }
    exits(&project, 0, &["plan"]);
    // The list of what was adopted says nothing any more.
    let text = project.read(FILE);
    project.write(FILE, text.split("\n# Taken into ownership").next().unwrap());
    exits(&project, 0, &["plan"]);
}

#[test]
fn the_file_makes_the_same_account_anew() {
    let (project, _) = adopted();
    let found = read_account(&project);
    let mut said = said(&project);
    said.extend(["instance-profile/EC2DataProcessing", "instance-profile/GlueEtl"].map(id));
    let elsewhere = Project::empty();
    // What nobody could adopt is not there, and one policy attached is another's.
    elsewhere.write(FILE, project.read(FILE));
    exits(&elsewhere, 0, &["apply", "--yes"]);
    let made = read_account(&elsewhere);
    same_but_for_marks(&found, &made, &said);
    assert_eq!(made.resources.keys().cloned().collect::<BTreeSet<_>>(), said);
    exits(&elsewhere, 0, &["plan"]);
}

#[test]
fn a_part_is_added_to_a_file_that_is_there() {
    let project = Project::empty();
    write_account(&project, &handmade());
    let before = "# Ours, by hand.\nenvironment: analytics # the name\naccount: \"111122223333\"\nregion: eu-west-1\n\n\
        roles: # hats\n  # The first.\n  Night: { trust: glue } # at night\n\nusers: {}\n";
    project.write(FILE, before);
    let refused = exits(&project, 3, &["adopt", "role/Git*", "group/admins", "user/no"]);
    screen("adopt-into-a-file", &refused);
    assert_eq!(project.read(FILE), before);
    exits(&project, 0, &["adopt", "role/Git*", "group/admins", "user/no", "--yes"]);
    let after = project.read(FILE);
    golden(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adopt/added.yaml"), &after).unwrap();
    for line in before.lines().filter(|line| *line != "users: {}") {
        assert!(after.contains(line), "{line} is gone");
    }
    let again = exits(&project, 0, &["adopt", "bucket/acme-lake", "--yes"]);
    assert!(again.stderr.contains("1 ownership mark "), "{}", again.shown());
    exits(&project, 0, &["apply", "--yes"]);
    exits(&project, 0, &["plan"]);
}

#[test]
fn what_is_chosen_can_be_narrowed() {
    let adopts = |arguments: &[&str]| -> Vec<String> {
        let project = Project::empty();
        write_account(&project, &handmade());
        let more = ["--environment", "x", "--region", "eu-west-1", "--format=json"];
        let run = exits(&project, 0, &[&["adopt"], arguments, &more].concat());
        let told: Value = serde_json::from_str(&run.stdout).unwrap();
        told["adopted"].as_array().unwrap().iter().map(|a| a.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        adopts(&["--kind", "group", "--kind", "bucket", "--prefix", "acme-l"]),
        ["bucket/acme-lake", "bucket/acme-logs"]
    );
    assert_eq!(adopts(&["--path", "/people"]), ["group/admins", "group/on", "user/bob"]);
    assert_eq!(adopts(&["--path", "/people/ops/"]), ["group/on"]);
    assert_eq!(adopts(&["user/e*", "x/role/GlueEtl"]), ["user/erin", "role/GlueEtl"]);
    let theirs = adopts(&["role/TerraformRole", "role/StackRole", "role/Theirs", "--takeover"]);
    assert_eq!(theirs, ["role/StackRole", "role/TerraformRole", "role/Theirs"]);
}

#[test]
fn what_left_its_file_comes_back() {
    let (project, _) = adopted();
    exits(&project, 0, &["apply", "--yes"]);
    let text = project.read(FILE);
    let without = text.replace("  empty: {}\n", "").replace("  - group/empty\n", "");
    project.write(FILE, &without);
    exits(&project, 2, &["plan"]);
    let run = exits(&project, 0, &["adopt", "group/empty", "--yes"]);
    assert!(run.stderr.contains("0 ownership marks"), "{}", run.shown());
    exits(&project, 0, &["plan"]);
}

#[test]
fn an_adopted_policy_that_leaves_its_file_is_nobodys_again() {
    let (project, _) = adopted();
    exits(&project, 0, &["apply", "--yes"]);
    let text = project.read(FILE);
    let at = text.find("  old:\n").unwrap();
    let end = at + text[at..].find("  require-mfa:").unwrap();
    project.write(FILE, format!("{}{}", &text[..at], &text[end..]).replace("  - policy/old\n", ""));
    exits(&project, 0, &["plan"]);
}

#[test]
fn what_several_have_is_written_once() {
    let project = Project::empty();
    let mut state = handmade();
    let statement = |n: usize| {
        format!(
            r#"{{"Sid":"S{n}","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::acme-{n}/${{aws:username}}/*"}}"#
        )
    };
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{},{},{}]}}"#,
        statement(1),
        statement(2),
        statement(3)
    );
    for address in ["user/erin", "role/Both", "group/empty"] {
        let document = hatrack::policy::Policy::from_text(&text, "aws");
        resource(&mut state, address).set(Setting::Inline { name: "Work-Space".into(), document });
    }
    write_account(&project, &state);
    let run = exits(&project, 0, &ALL);
    assert!(run.stderr.contains("wrote templates/analytics-work-space.yaml"), "{}", run.shown());
    let file = project.read(FILE);
    assert_eq!(
        file.matches("Work-Space:\n        - { template: analytics-work-space }").count(),
        3,
        "{file}"
    );
    let template = project.read("templates/analytics-work-space.yaml");
    golden(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adopt/shared.yaml"), &template).unwrap();
    let said = said(&project);
    exits(&project, 0, &["apply", "--yes"]);
    same_but_for_marks(&state, &read_account(&project), &said);
    exits(&project, 0, &["plan"]);
}
