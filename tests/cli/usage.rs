//! The command line itself: help, versions, mistakes, and how each command ends.

use super::*;

#[test]
fn help_and_version() {
    let project = Project::empty();
    for (name, arguments) in [
        ("help", vec!["--help"]),
        ("help-short", vec!["-h"]),
        ("help-plan", vec!["plan", "--help"]),
        ("help-apply", vec!["apply", "--help"]),
        ("help-drift", vec!["drift", "--help"]),
        ("help-lock", vec!["lock", "--help"]),
        ("help-show", vec!["show", "--help"]),
        ("help-validate", vec!["validate", "--help"]),
        ("help-permissions", vec!["permissions", "--help"]),
        ("help-policy", vec!["policy", "--help"]),
        ("help-policy-compare", vec!["policy", "compare", "--help"]),
        ("help-policy-diff", vec!["policy", "diff", "--help"]),
        ("help-policy-fmt", vec!["policy", "fmt", "--help"]),
        ("help-policy-lint", vec!["policy", "lint", "--help"]),
        ("help-snapshot", vec!["snapshot", "--help"]),
        ("help-why", vec!["why", "--help"]),
        ("help-can", vec!["can", "--help"]),
        ("help-who-can", vec!["who-can", "--help"]),
        ("help-decide", vec!["decide", "--help"]),
        ("version", vec!["--version"]),
    ] {
        let run = project.run(&arguments);
        assert_eq!(run.code, 0, "{name}");
        assert_eq!(run.stderr, "", "{name}: help is a result");
        screen(name, &run);
    }
}

#[test]
fn mistakes_on_the_command_line_end_with_1() {
    let project = applied();
    for (name, arguments) in [
        ("usage-no-command", vec![]),
        ("usage-unknown-command", vec!["paln"]),
        ("usage-unknown-flag", vec!["plan", "--traget", "role/x"]),
        ("usage-flag-of-another", vec!["plan", "--accept", "lockout:role/x"]),
        ("usage-flag-of-apply", vec!["plan", "--yes"]),
        ("usage-format-unknown", vec!["plan", "--format", "xml"]),
        ("usage-file-missing", vec!["show"]),
        ("usage-parallelism-zero", vec!["apply", "--parallelism", "0"]),
        ("usage-accept-unknown", vec!["apply", "--accept", "everything"]),
        ("usage-environment-unknown", vec!["plan", "--account-file", "account.json", "oen"]),
        ("usage-environment-far", vec!["plan", "--account-file", "account.json", "production"]),
        (
            "usage-environment-file-unknown",
            vec!["plan", "--account-file", "account.json", "environments/two.yaml"],
        ),
        ("usage-adopt-unknown", vec!["plan", "--account-file", "account.json", "--adopt", "role/GlueElt"]),
        ("usage-target-without-kind", vec!["plan", "--account-file", "account.json", "--target", "GlueEtl"]),
        ("usage-validate-unknown", vec!["validate", "two"]),
    ] {
        let run = project.run(&arguments);
        assert_eq!(run.code, 1, "{name}: {}", run.shown());
        assert_eq!(run.stdout, "", "{name}: a mistake is no result");
        screen(name, &run);
    }
}

#[test]
fn no_project_here() {
    // Nobody's machine is told: what stands above the temporary folder, and its name.
    let project = Project::new(&[("not-environments/one.yaml", ESTATE), ("environments.txt", "")]);
    let run = project.run(&["plan"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("error: no folder `environments` in "), "{}", run.stderr);
    assert!(run.stderr.contains("run hatrack in a project, or name one with `-C DIR`"), "{}", run.stderr);
    screen("no-project-there", &project.run(&["plan", "-C", "elsewhere"]));
    project.write("empty/environments/README.md", "");
    screen("no-environment", &project.run(&["validate", "-C", "empty"]));
}

#[test]
fn a_project_is_found_from_below_and_by_name() {
    let project = applied();
    project.write("deep/below/x", "");
    let mut below = project.command(&["plan", "--account-file", "../../account.json"]);
    let run = terminal::ended(&below.current_dir(project.path("deep/below")).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.shown());
    let mut elsewhere = project.command(&["plan", "--account-file", "account.json", "-C", "."]);
    assert_eq!(terminal::ended(&elsewhere.output().unwrap()).code, 0);
    for name in ["one", "environments/one.yaml", "one.yaml"] {
        let run = on_file(&project, &["plan", name]);
        assert_eq!(run.code, 0, "{name}: {}", run.shown());
    }
}

#[test]
#[cfg(not(feature = "aws"))]
fn without_an_account() {
    let project = estate();
    for command in ["plan", "drift"] {
        let run = project.run(&[command]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{command}");
    }
    screen("built-without-aws", &project.run(&["plan"]));
    screen("built-without-aws-apply", &project.run(&["apply", "--yes"]));
}

#[test]
fn success_differences_refusal_error() {
    let project = applied();
    for (name, arguments) in [
        ("same-plan", vec!["plan"]),
        ("same-drift", vec!["drift"]),
        ("same-apply", vec!["apply"]), // nothing to agree to, so nobody is asked
        ("same-validate", vec!["validate"]),
        ("same-snapshot", vec!["snapshot", "-o", "copy.json"]),
    ] {
        let run = on_file(&project, &arguments);
        assert_eq!(run.code, 0, "{name}: {}", run.shown());
        screen(name, &run);
    }
    assert_eq!(project.read("copy.json"), project.read("account.json"), "a snapshot of a file is the file");
    project.write(FILE, LATER);
    for (name, arguments) in [("changed-plan", vec!["plan"]), ("changed-drift", vec!["drift"])] {
        let run = on_file(&project, &arguments);
        assert_eq!(run.code, 2, "{name}: {}", run.shown());
        assert_eq!(run.stderr, "", "{name}: a result alone");
        screen(name, &run);
    }
    let before = project.read("account.json");
    let run = on_file(&project, &["apply"]);
    assert_eq!(run.code, 3, "there is no terminal, and nobody said yes: {}", run.shown());
    assert_eq!(project.read("account.json"), before);
    screen("changed-apply-without-a-yes", &run);
    let run = on_file(&project, &["apply", "--yes", "--parallelism=1"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    screen("changed-apply", &run);
    assert_eq!(on_file(&project, &["plan"]).code, 0);
}

#[test]
fn schema_and_completions() {
    let project = Project::empty();
    let run = project.run(&["schema"]);
    assert_eq!(run.code, 0);
    let schema: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(schema["title"], "Environment");
    screen("schema", &head(&run, 30));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = project.run(&["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell}");
        assert!(run.stdout.contains("snapshot") && run.stdout.contains("account-file"), "{shell}");
    }
    screen("completions", &head(&project.run(&["completions", "bash"]), 12));
    screen("completions-unknown", &project.run(&["completions", "tcsh"]));
}

#[test]
fn fingers_that_know_terraform() {
    let project = changed();
    let run = on_file(&project, &["plan", "-out=it.plan", "-no-color", "-target=role/GlueEtl"]);
    assert_eq!(run.code, 2, "{}", run.shown());
    assert!(project.exists("it.plan"));
    let run = on_file(&project, &["plan", "-out", "again.plan", "-json"]);
    assert_eq!(run.code, 2, "{}", run.shown());
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["format_version"], 1);
    let run = on_file(&project, &["apply", "-auto-approve", "-parallelism=2"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    // What only looks like it is a mistake still.
    assert_eq!(on_file(&project, &["plan", "-traget=role/GlueEtl"]).code, 1);
}

#[test]
fn logs_say_nothing_that_results_do_not() {
    let project = applied();
    for verbose in ["-v", "-vv"] {
        let run = on_file(&project, &["plan", verbose]);
        assert_eq!((run.code, run.stdout), (0, on_file(&project, &["plan"]).stdout));
    }
}

#[test]
fn what_takes_a_raised_quota_is_a_warning_where_no_account_is_asked() {
    let policies: String = (0..11).map(|n| format!("      - arn:aws:iam::aws:policy/P{n}\n")).collect();
    let file = format!(
        "environment: one\naccount: \"111122223333\"\nregion: eu-west-1\nroles:\n  GlueEtl:\n    trust: glue\n    policies:\n{policies}"
    );
    let project = Project::new(&[("environments/one.yaml", file.as_str())]);
    let run = project.run(&["validate"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    screen("validate-raised-quota", &run);
    // The account might have been granted more, and has not said so.
    let run = project.run(&["plan", "--account-file", "account.json"]);
    assert_eq!(run.code, 2, "{}", run.shown());
    screen("plan-assumed-quota", &run);
}
