//! A plan in a file: shown, applied, and refused when the account moved or the file is not one.

use super::*;

#[test]
fn saved_shown_applied() {
    let project = changed();
    let saved = on_file(&project, &["plan", "-o", "it.plan"]);
    assert_eq!(saved.code, 2);
    screen("saved-plan", &saved);
    let before = project.read("account.json");
    let shown = project.run(&["show", "it.plan"]);
    assert_eq!(shown.code, 2);
    assert_eq!(shown.stdout, saved.stdout, "show says what plan said");
    assert_eq!(project.read("account.json"), before);
    let run = on_file(&project, &["apply", "it.plan", "--parallelism=1"]);
    assert_eq!(run.code, 0, "a plan in a file needs no yes: {}", run.shown());
    screen("saved-apply", &run);
    assert_eq!(on_file(&project, &["plan"]).code, 0);
    use std::os::unix::fs::PermissionsExt as _;
    for file in ["it.plan", "account.json"] {
        let mode = std::fs::metadata(project.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let again = on_file(&project, &["apply", "it.plan"]);
    assert_eq!(again.code, 3, "what was done is a change since: {}", again.shown());
    screen("saved-apply-again", &again);
}

#[test]
fn a_plan_with_nothing_to_do() {
    let project = applied();
    assert_eq!(on_file(&project, &["plan", "-o", "it.plan"]).code, 0);
    screen("saved-nothing", &on_file(&project, &["apply", "it.plan"]));
    assert_eq!(project.run(&["show", "it.plan", "--format=json"]).code, 0);
}

#[test]
fn the_account_moved_since() {
    for (name, from, to) in [
        ("moved-inline", "\"s3:GetObject\"", "\"s3:*\""),
        ("moved-attached", "\"aws\": \"AmazonS3ReadOnlyAccess\"", "\"aws\": \"AdministratorAccess\""),
        (
            "moved-path",
            "\"user\": {\n            \"path\": \"/\"",
            "\"user\": {\n            \"path\": \"/people/\"",
        ),
    ] {
        let project = changed();
        assert_eq!(on_file(&project, &["plan", "-o", "it.plan"]).code, 2);
        replace(&project, "account.json", from, to);
        let before = project.read("account.json");
        let run = on_file(&project, &["apply", "it.plan", "--yes"]);
        assert_eq!(run.code, 3, "{name}: {}", run.shown());
        assert_eq!(project.read("account.json"), before, "{name}: nothing is written");
        screen(name, &run);
    }
}

#[test]
fn what_the_plan_is_not_about_may_move() {
    let project = changed();
    assert_eq!(on_file(&project, &["plan", "-o", "it.plan"]).code, 2);
    let stranger = "\"111122223333:user/stranger\": { \"core\": { \"user\": { \"path\": \"/\" } }, \"settings\": [] },\n      \"111122223333:group/Readers\"";
    replace(&project, "account.json", "\"111122223333:group/Readers\"", stranger);
    let run = on_file(&project, &["apply", "it.plan"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    assert!(project.read("account.json").contains("user/stranger"));
}

#[test]
fn the_environment_is_another_account_now() {
    let project = changed();
    assert_eq!(on_file(&project, &["plan", "-o", "it.plan"]).code, 2);
    project.write(FILE, LATER.replace("111122223333", "444455556666"));
    let run = on_file(&project, &["apply", "it.plan"]);
    assert_eq!(run.code, 3);
    screen("saved-for-another-account", &run);
    project.write(FILE, LATER.replace("environment: one", "environment: uno"));
    let run = on_file(&project, &["apply", "it.plan"]);
    assert_eq!(run.code, 1);
    screen("saved-for-an-environment-that-is-gone", &run);
}

#[test]
fn files_that_are_no_plans() {
    let project = changed();
    assert_eq!(on_file(&project, &["plan", "-o", "it.plan"]).code, 2);
    let plan = project.read("it.plan");
    project.write("newer.plan", plan.replace("\"plan_format_version\": 1", "\"plan_format_version\": 2"));
    project.write("older.plan", plan.replace("\"plan_format_version\": 1", "\"plan_format_version\": 0"));
    project.write("cut.plan", &plan[..plan.find("\"made_with\"").unwrap() + 5]);
    project.write("empty.plan", "");
    project.write("text.plan", "not a plan\n");
    project.write("binary.plan", [0xff, 0xfe, 0x00]);
    project.write("more.plan", plan.replacen("\"made_with\"", "\"surprise\": 1, \"made_with\"", 1));
    let before = project.read("account.json");
    for name in ["newer", "older", "cut", "empty", "text", "binary", "more", "missing"] {
        let file = format!("{name}.plan");
        let show = project.run(&["show", &file]);
        let apply = on_file(&project, &["apply", &file, "--yes"]);
        assert_eq!((show.code, apply.code), (1, 1), "{name}: {}{}", show.shown(), apply.shown());
        screen(&format!("no-plan-{name}"), &apply);
        screen(&format!("no-plan-{name}-shown"), &show);
    }
    assert_eq!(project.read("account.json"), before);
    let run = on_file(&project, &["apply", "account.json"]);
    assert_eq!(run.code, 1);
    screen("no-plan-an-account", &run);
}

#[test]
fn where_a_plan_cannot_be_saved() {
    let project = changed();
    let run = on_file(&project, &["plan", "-o", "nowhere/it.plan"]);
    assert_eq!(run.code, 1);
    screen("plan-not-saved", &Run { stdout: String::new(), ..run });
    replace(&project, "account.json", r#""value": "one""#, r#""value": "two""#);
    project.write(FILE, ESTATE);
    let run = on_file(&project, &["plan", "-o", "it.plan"]);
    assert_eq!(run.code, 3);
    assert!(!project.exists("it.plan"));
    screen("plan-with-objections-not-saved", &run);
}

/// A plan that somebody edited does no more than the account lets it: each step says what it expects to find.
#[test]
fn hazards_of_a_saved_plan_need_the_same_leave() {
    let project = Project::empty();
    let people = |n: usize| -> String {
        let users: String = (0..n).map(|n| format!("  u{n}: {{}}\n")).collect();
        format!("environment: one\naccount: \"111122223333\"\nregion: eu-west-1\nusers:\n{users}")
    };
    project.write(FILE, people(12));
    assert_eq!(on_file(&project, &["apply", "--yes"]).code, 0);
    project.write(FILE, people(2));
    assert_eq!(on_file(&project, &["plan", "-o", "it.plan"]).code, 2);
    let before = project.read("account.json");
    let run = on_file(&project, &["apply", "it.plan"]);
    assert_eq!((run.code, project.read("account.json") == before), (3, true));
    screen("saved-many-deletions", &run);
    let run = on_file(&project, &["apply", "it.plan", "--accept", "many-deletions"]);
    assert_eq!(run.code, 0, "{}", run.shown());
}
