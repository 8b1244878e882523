//! The same result for people, programs and pull requests; colours; and names that would do harm.

use serde_json::Value;

use super::*;

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|why| panic!("{why}:\n{}", run.shown()))
}

#[test]
fn json_says_what_the_screen_says() {
    let project = changed();
    let run = on_file(&project, &["plan", "--format", "json"]);
    assert_eq!((run.code, run.stderr.as_str()), (2, ""), "{}", run.shown());
    let plan = json(&run);
    assert_eq!(plan["format_version"], 1);
    assert_eq!(
        plan["summary"],
        serde_json::json!({
            "create": 1, "update": 2, "replace": 0, "delete": 1, "rename": 0,
            "settings_put": 3, "settings_removed": 3, "operations": plan["steps"].as_array().unwrap().len(),
        }),
        "{plan:#}"
    );
    for key in ["environments", "steps", "hazards", "notes", "not_checked", "coverage", "objections"] {
        assert!(plan[key].is_array(), "{key}");
    }
    let resources = plan["environments"][0]["resources"].as_array().unwrap();
    let said: Vec<String> = resources
        .iter()
        .map(|r| format!("{} {}", r["action"].as_str().unwrap(), r["address"].as_str().unwrap()))
        .collect();
    assert_eq!(
        said,
        ["delete user/alice", "create user/bob", "update role/GlueEtl", "update bucket/acme-alpha"]
    );
    assert_eq!(resources[1]["origin"], "environments/one.yaml:7");
    for (n, step) in plan["steps"].as_array().unwrap().iter().enumerate() {
        assert_eq!(step["account"], "111122223333");
        assert!(step["requires"].as_array().unwrap().iter().all(|r| r.as_u64().unwrap() < n as u64));
    }

    let run = on_file(&project, &["drift", "--format=json"]);
    assert_eq!((run.code, run.stderr.as_str()), (2, ""));
    let drift = json(&run);
    assert_eq!(drift["format_version"], 1);
    let findings = drift["drift"].as_array().unwrap();
    assert_eq!(drift["summary"]["drift"], findings.len());
    for finding in findings {
        for key in ["environment", "address", "class", "text"] {
            assert!(finding[key].is_string(), "{key}: {finding:#}");
        }
    }

    let run = on_file(&project, &["apply", "--yes", "--format=json"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    let apply = json(&run);
    assert_eq!(apply["format_version"], 1);
    assert_eq!(apply["summary"]["done"], plan["summary"]["operations"]);
    assert!(apply["steps"].as_array().unwrap().iter().all(|step| step["result"] == "done"));
    assert_eq!(apply["remaining"], serde_json::json!([]));

    // With nothing to do and with a refusal there is one document, too.
    let run = on_file(&project, &["apply", "--format=json"]);
    assert_eq!((run.code, json(&run)["summary"]["operations"].as_u64()), (0, Some(0)), "{}", run.shown());
}

#[test]
fn errors_and_refusals_are_one_json_document() {
    let project = changed();
    let run = on_file(&project, &["apply", "--format=json"]);
    assert_eq!(run.code, 3);
    assert_eq!(
        json(&run)["diagnostics"][0]["message"],
        "nothing was changed: there is no terminal to ask on"
    );
    let run = on_file(&project, &["plan", "--format=json", "two"]);
    assert_eq!(run.code, 1);
    assert_eq!(json(&run)["diagnostics"][0]["message"], "no environment `two`");
    project.write(FILE, ESTATE.replace("[Readers]", "[Raeders]"));
    let run = on_file(&project, &["validate", "--format=json"]);
    assert_eq!(run.code, 1);
    let place = &json(&run)["diagnostics"][0]["place"];
    assert_eq!((place["file"].as_str(), place["line"].as_u64()), (Some(FILE), Some(7)));
    // A refused plan is a plan: the objections are in it, and there is no second document behind it.
    project.write(FILE, ESTATE);
    replace(&project, "account.json", r#""value": "one""#, r#""value": "two""#);
    for command in ["plan", "apply"] {
        let run = on_file(&project, &[command, "--format=json"]);
        assert_eq!(run.code, 3, "{}", run.shown());
        assert_eq!(json(&run)["objections"].as_array().unwrap().len(), 1, "{command}: {}", run.shown());
    }
    let run = on_file(&project, &["plan", "--format=json", "-o", "x.plan"]);
    assert_eq!(json(&run)["objections"].as_array().unwrap().len(), 1, "{}", run.shown());
}

#[test]
fn markdown_for_pull_requests() {
    let project = changed();
    for (name, arguments, code) in [
        ("markdown-plan", vec!["plan"], 2),
        ("markdown-drift", vec!["drift"], 2),
        ("markdown-apply", vec!["apply", "--yes", "--parallelism=1"], 0),
        ("markdown-plan-same", vec!["plan"], 0),
    ] {
        let run = on_file(&project, &[&arguments[..], &["--format=markdown"]].concat());
        assert_eq!(run.code, code, "{name}: {}", run.shown());
        screen(name, &run);
    }
}

#[test]
fn colours_only_where_they_are_wanted() {
    let project = changed();
    let always = on_file(&project, &["plan", "--color=always"]);
    assert!(always.stdout.contains("\u{1b}["));
    let plain = on_file(&project, &["plan"]);
    assert!(!plain.stdout.contains('\u{1b}'), "a pipe is no terminal");
    let anstream = anstream::adapter::strip_str(&always.stdout).to_string();
    assert_eq!(anstream, plain.stdout, "colours change nothing but colours");
    for variable in ["NO_COLOR", "CLICOLOR_FORCE"] {
        let mut command = project.command(&["--account-file", "account.json", "plan"]);
        let run = terminal::ended(&command.env(variable, "1").output().unwrap());
        let coloured = run.stdout.contains('\u{1b}');
        assert!(!coloured, "{variable}");
    }
    let mut command = project.command(&["--account-file", "account.json", "plan", "--color=always"]);
    let run = terminal::ended(&command.env("NO_COLOR", "1").output().unwrap());
    assert!(run.stdout.contains("\u{1b}["), "who says always means it");
    for format in ["json", "markdown"] {
        let run = on_file(&project, &["plan", "--color=always", "--format", format]);
        assert!(!run.stdout.contains('\u{1b}'), "{format}");
    }
    let bad = project.run(&["plan", "--color=always", "nowhere", "--account-file", "account.json"]);
    assert!(bad.stderr.contains("\u{1b}["));
}

/// Names, tags and documents that somebody put into the account to mislead whoever reads the report.
#[test]
fn hostile_names_are_shown_harmless_in_every_format() {
    let project = applied();
    let hostile = "x\\u001b[2J\\u001b]0;owned\\u0007\\r\\n+ role/fake\\u202e\\u200b";
    let more = format!(
        r#""111122223333:user/{hostile}": {{
        "core": {{ "user": {{ "path": "/" }} }},
        "settings": [
          {{ "tag": {{ "key": "hatrack:environment", "value": "one" }} }},
          {{ "tag": {{ "key": "k{hostile}", "value": "v{hostile}" }} }},
          {{ "inline": {{ "name": "i{hostile}", "document": "not json {hostile}" }} }},
          {{ "credential": {{ "kind": "access-key", "id": "AKIA{hostile}" }} }}
        ]
      }},
      "111122223333:user/y{hostile}": {{ "core": {{ "user": {{ "path": "/" }} }}, "settings": [] }},
      "111122223333:group/Readers""#
    );
    replace(&project, "account.json", "\"111122223333:group/Readers\"", &more);
    let mut shown = vec![];
    for command in [vec!["plan"], vec!["drift"], vec!["plan", "-o", "it.plan"], vec!["apply", "--yes"]] {
        for format in ["terminal", "json", "markdown"] {
            if command[0] == "apply" && format != "terminal" {
                continue; // the first one has cleaned up
            }
            let run = on_file(&project, &[&command[..], &["--format", format]].concat());
            shown.push((format!("{command:?} {format}"), run));
        }
    }
    shown.push(("show".to_owned(), project.run(&["show", "it.plan"])));
    for (what, run) in &shown {
        for c in (run.stdout.clone() + &run.stderr).chars() {
            let harmful = (c.is_control() && c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}');
            assert!(!harmful, "{what} prints {c:?}:\n{}", run.shown());
        }
        let forged = run.stdout.lines().any(|line| line.trim_start().starts_with("+ role/fake"));
        assert!(!forged, "{what} has a forged line:\n{}", run.stdout);
    }
    screen("hostile-names", &shown[0].1);
    let json = json(&shown[1].1);
    let address = json["environments"][0]["resources"][0]["address"].as_str().unwrap();
    assert!(address.contains("\u{1b}[2J"), "programs get the name as it is: {address:?}");
}

#[test]
fn a_reader_that_has_seen_enough() {
    let project = Project::empty();
    let users: String = (0..3000).map(|n| format!("  u{n}: {{}}\n")).collect();
    project.write(
        FILE,
        format!("environment: one\naccount: \"111122223333\"\nregion: eu-west-1\nusers:\n{users}"),
    );
    for format in ["terminal", "json", "markdown"] {
        let script = format!(
            "{{ '{}' plan --account-file a.json --format {format}; echo \"code $?\" >&2; }} | head -n 1",
            env!("CARGO_BIN_EXE_hatrack")
        );
        let run = terminal::ended(&project.program("bash", &["-c", &script]).output().unwrap());
        assert_eq!(run.stderr, "code 2\n", "{format}");
    }
    let mut closed = project.command(&["plan", "--account-file", "a.json"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let run = terminal::ended(&closed.stdout(writer).output().unwrap());
    assert_eq!((run.code, run.stderr.as_str()), (2, ""));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut closed = project.command(&["plan", "--account-file", "a.json", "nowhere"]);
    assert_eq!(terminal::ended(&closed.stderr(writer).output().unwrap()).code, 1);
}
