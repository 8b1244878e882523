//! `hatrack lock`: what it writes, what it says, and what becomes of a file that somebody edited.

use super::*;

const LOCK: &str = "aws-managed.lock.yaml";

/// The account of the estate, with what AWS says in the policy it attaches.
fn told(project: &Project, version: u32, action: &str) {
    let mut file: serde_json::Value = serde_json::from_str(&project.read("account.json")).unwrap();
    file["state"]["accounts"]["111122223333"]["aws_managed"] = serde_json::json!({
        "AmazonS3ReadOnlyAccess": { "version": version, "document": { "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": ["s3:ListBucket", action], "Resource": "*" }
        ] } }
    });
    project.write("account.json", file.to_string());
}

#[test]
fn locks_what_the_account_says_and_tells_what_changes() {
    let project = applied();
    told(&project, 3, "s3:GetObject");
    let check = on_file(&project, &["lock", "--check"]);
    assert_eq!((check.code, project.exists(LOCK)), (2, false), "{}", check.shown());
    let first = on_file(&project, &["lock"]);
    screen("lock-first", &first);
    assert_eq!(first.code, 0);
    let text = project.read(LOCK);
    let again = on_file(&project, &["lock"]);
    screen("lock-again", &again);
    assert_eq!(project.read(LOCK), text, "the same account makes the same file");
    assert_eq!(on_file(&project, &["lock", "--check"]).code, 0);
    assert_eq!(on_file(&project, &["drift"]).code, 0);

    told(&project, 4, "s3:DeleteObject");
    let drift = on_file(&project, &["drift"]);
    assert_eq!(drift.code, 2, "{}", drift.shown());
    screen("lock-drift", &drift);
    let markdown = on_file(&project, &["drift", "--format", "markdown"]);
    assert_eq!(markdown.code, 2);
    screen("lock-drift-markdown", &markdown);
    let check = on_file(&project, &["lock", "--check", "--format", "json"]);
    assert_eq!(check.code, 2);
    screen("lock-check-json", &check);
    assert_eq!(project.read(LOCK), text, "a check writes nothing");
    let changed = on_file(&project, &["lock"]);
    assert_eq!(changed.code, 0);
    screen("lock-changed", &changed);
    assert_eq!(on_file(&project, &["drift"]).code, 0);
}

#[test]
fn drift_as_json_has_what_came_and_what_went() {
    let project = applied();
    told(&project, 3, "s3:GetObject");
    on_file(&project, &["lock"]);
    told(&project, 4, "s3:DeleteObject");
    let drift: serde_json::Value =
        serde_json::from_str(&on_file(&project, &["drift", "--format", "json"]).stdout).unwrap();
    assert_eq!((&drift["summary"]["drift"], &drift["summary"]["aws_changed"]), (&1.into(), &1.into()));
    let finding = &drift["drift"][0];
    assert_eq!(finding["class"], "aws-changed");
    assert_eq!(finding["origin"], format!("{LOCK}:5"));
    assert_eq!(
        finding["aws_managed"],
        serde_json::json!({
            "arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
            "locked_version": 3,
            "found_version": 4,
            "holders": [{ "address": "group/Readers", "as_boundary": false, "members": 1 }],
            "allows": {
                "came": [{ "action": "s3:DeleteObject", "level": "write" }],
                "went": [{ "action": "s3:GetObject", "level": "read" }],
            },
            "denies": { "came": [], "went": [] },
            "statements": [],
        })
    );
}

#[test]
fn what_the_account_does_not_tell_is_not_checked() {
    let project = applied();
    told(&project, 3, "s3:GetObject");
    on_file(&project, &["lock"]);
    let mut file: serde_json::Value = serde_json::from_str(&project.read("account.json")).unwrap();
    file["state"]["accounts"]["111122223333"].as_object_mut().unwrap().remove("aws_managed");
    project.write("account.json", file.to_string());
    let drift = on_file(&project, &["drift"]);
    assert_eq!(drift.code, 1, "{}", drift.shown());
    screen("lock-not-told", &drift);
}

#[test]
fn a_file_that_was_edited_stops_everything_but_lock_and_a_newer_one_stops_lock_as_well() {
    let project = applied();
    told(&project, 3, "s3:GetObject");
    on_file(&project, &["lock"]);
    let good = project.read(LOCK);
    for (name, text) in [
        ("lock-tampered", good.replace("s3:GetObject", "s3:*")),
        ("lock-conflict", good.replace("    version: 3", "<<<<<<< ours\n    version: 3")),
        ("lock-newer", good.replace("lock_format: 1", "lock_format: 2")),
    ] {
        project.write(LOCK, &text);
        for command in ["plan", "drift"] {
            let run = on_file(&project, &[command]);
            assert_eq!(run.code, 1, "{}", run.shown());
            assert_eq!(run.stdout, "");
            assert!(run.stderr.contains(&format!("{LOCK}:")), "{}", run.stderr);
            if command == "drift" {
                screen(name, &run);
            }
        }
        if name == "lock-newer" {
            // It may say more than this hatrack can: writing it anew would lose that.
            assert_eq!(on_file(&project, &["lock", "--check"]).code, 1);
            let run = on_file(&project, &["lock"]);
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.shown());
            assert!(run.stderr.contains("made by a newer hatrack"), "{}", run.stderr);
            assert_eq!(project.read(LOCK), text);
            continue;
        }
        assert_eq!(on_file(&project, &["lock", "--check"]).code, 2);
        assert_eq!(on_file(&project, &["lock"]).code, 0);
        assert_eq!(project.read(LOCK), good);
    }
}

#[test]
fn a_saved_plan_holds_when_aws_changes_a_policy_and_says_so() {
    let project = applied();
    told(&project, 3, "s3:GetObject");
    project.write(FILE, LATER);
    assert_eq!(on_file(&project, &["plan", "-o", "later.plan"]).code, 2);
    told(&project, 4, "s3:DeleteObject");
    let run = on_file(&project, &["apply", "later.plan", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    let said = "note: AWS changed AmazonS3ReadOnlyAccess since the plan was made: v3 is now v4";
    assert!(run.stderr.contains(said), "{}", run.shown());
}
