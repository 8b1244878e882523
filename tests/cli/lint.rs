//! `hatrack policy lint` and `hatrack validate`: what rules find, how it is told, and how it ends.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::*;

const CLEAN: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-lake/raw/*"}
]}
"#;

/// Breaks `redundant-element`, and no other rule.
const TWICE: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:getobject"],
   "Resource": "arn:aws:s3:::acme-lake/raw/*"}
]}
"#;

const HELD: &str = r#"Version: "2012-10-17"
Statement:
  - Sid: Read
    Effect: Allow
    # hatrack: allow(redundant-element) until 2027-03-31: people search for both spellings
    Action: [s3:GetObject, s3:getobject]
    Resource: arn:aws:s3:::acme-lake/raw/*
"#;

/// As `aws s3api get-bucket-policy` prints it: the policy is a text, and the file has no place for its parts.
const WRAPPED_TEXT: &str = r#"{
    "Policy": "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Read\",\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:getobject\"],\"Resource\":\"arn:aws:s3:::acme-lake/raw/*\"}]}"
}
"#;

/// A queue whose account and region are spelled out.
const LITERAL: &str = r#"{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:999988887777:jobs"}
]}
"#;

fn documents() -> Project {
    let version = json!({"PolicyVersion": {"Document": serde_json::from_str::<Value>(TWICE).unwrap(),
        "VersionId": "v3", "IsDefaultVersion": true}});
    let project = Project::new(&[
        ("clean.json", CLEAN),
        ("twice.json", TWICE),
        ("held.yaml", HELD),
        ("wrapped.json", WRAPPED_TEXT),
        ("version.json", &serde_json::to_string_pretty(&version).unwrap()),
        ("literal.json", LITERAL),
        ("comma.json", "{\"Version\": \"2012-10-17\",\n \"Statement\": [],\n}\n"),
        ("empty.json", ""),
        ("folder/x", ""),
    ]);
    let encoded: String = CLEAN.bytes().map(|byte| format!("%{byte:02X}")).collect();
    project.write("encoded.txt", encoded);
    project.write("junk.json", b"{\"Version\": \xff\xfe\x00}");
    project
}

fn lint(project: &Project, arguments: &str) -> Run {
    let arguments: Vec<&str> = ["policy", "lint"].into_iter().chain(arguments.split(' ')).collect();
    project.run(&arguments)
}

fn parsed(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|why| panic!("{why}:\n{}", run.shown()))
}

/// Rule and place of every finding, as JSON tells them.
fn told(run: &Run) -> Vec<String> {
    let findings = parsed(run)["findings"].as_array().unwrap().clone();
    let one =
        |f: &Value| format!("{} {}:{}", f["rule"].as_str().unwrap(), f["file"].as_str().unwrap(), f["line"]);
    findings.iter().map(one).collect()
}

#[test]
fn documents_are_linted() {
    let project = documents();
    for (name, code, arguments) in [
        ("lint-clean", 0, "clean.json"),
        ("lint-found", 2, "twice.json"),
        ("lint-two", 2, "clean.json twice.json"),
        ("lint-suppressed", 0, "--at=2026-11-21 held.yaml"),
        ("lint-suppression-ended", 2, "--at=2027-04-01 held.yaml"),
        ("lint-version", 2, "version.json"),
        ("lint-wrapped", 2, "wrapped.json"),
        ("lint-encoded", 0, "encoded.txt"),
        ("lint-comma", 2, "comma.json"),
        ("lint-empty", 2, "empty.json"),
        ("lint-allowed", 0, "--allow redundant-element twice.json"),
    ] {
        let run = lint(&project, arguments);
        assert_eq!(
            (run.code, run.stderr.as_str()),
            (code, ""),
            "{name}: findings are the result: {}",
            run.shown()
        );
        screen(name, &run);
    }
    for (name, arguments) in [
        ("lint-folder", "folder"),
        ("lint-junk", "junk.json"),
        ("lint-allow-unknown", "--allow redundant-elements twice.json"),
        ("lint-allow-far", "--allow everything twice.json"),
        ("lint-kind-unknown", "--kind user twice.json"),
        ("lint-at-no-day", "--at 2027-13 twice.json"),
    ] {
        let run = lint(&project, arguments);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{name}: {}", run.shown());
        screen(name, &run);
    }
}

#[test]
fn a_file_that_is_not_there_hides_nothing_of_the_others() {
    let project = documents();
    let run = lint(&project, "clean.json nowhere.json twice.json");
    assert_eq!(run.code, 1, "{}", run.shown());
    screen("lint-missing", &run);
    screen("lint-missing-one-clean", &lint(&project, "nowhere.json clean.json"));
    let run = lint(&project, "nowhere.json");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "nothing was linted: {}", run.shown());
    let run = lint(&project, "nowhere.json junk.json twice.json --format=json");
    assert_eq!(run.code, 1, "{}", run.shown());
    let findings = parsed(&run)["findings"].as_array().unwrap().clone();
    let told: Vec<Value> = findings.iter().map(|f| json!([f["rule"], f["file"]])).collect();
    let expected = [
        json!(["redundant-element", "twice.json"]),
        json!(["policy-syntax", null]),
        json!(["policy-syntax", "junk.json"]),
    ];
    assert_eq!(told, expected, "{}", run.shown());
    let run = lint(&project, "nowhere.json clean.json --format=sarif");
    assert_eq!((run.code, sarif_results(&run).len()), (1, 1));
    let run = lint(&project, "nowhere.json --format=github");
    assert!(
        run.stdout.starts_with("::error title=policy-syntax::cannot read `nowhere.json`"),
        "{}",
        run.stdout
    );
}

#[test]
fn standard_input_is_a_document() {
    let project = documents();
    let mut command = project.command(&["policy", "lint", "-", "clean.json", "--format=json"]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(TWICE.as_bytes()).unwrap();
    let run = terminal::ended(&child.wait_with_output().unwrap());
    assert_eq!(
        (run.code, told(&run)),
        (2, vec!["redundant-element <stdin>:2".to_owned()]),
        "{}",
        run.shown()
    );
}

#[test]
fn one_document_is_read_as_what_it_is_said_to_be() {
    let project = documents();
    for (kind, code) in [("identity", 0), ("boundary", 0), ("trust", 2), ("resource", 2)] {
        let run = lint(&project, &format!("clean.json --kind {kind} --format json"));
        assert_eq!(run.code, code, "{kind}: {}", run.shown());
        let all_of_grammar = told(&run).iter().all(|one| one.starts_with("policy-grammar clean.json:2"));
        assert!(all_of_grammar, "{kind}: {}", run.shown());
    }
}

#[test]
fn literals_are_judged_by_the_account_and_region_named() {
    let project = documents();
    for (home, found) in [
        ("", vec![]),
        (" --account 999988887777 --region eu-west-1", vec![]),
        (" --account 111122223333", vec!["literal-account"]),
        (" --account 999988887777 --region eu-central-1", vec!["literal-region"]),
    ] {
        let run = lint(&project, &format!("literal.json --format=json{home}"));
        let rules: Vec<String> = told(&run).iter().map(|one| one.replace(" literal.json:2", "")).collect();
        assert_eq!(rules, found, "{home}: {}", run.shown());
        assert_eq!(run.code, if found.is_empty() { 0 } else { 2 }, "{home}");
    }
    let run = lint(&project, "literal.json --account 1234");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.shown());
}

#[test]
fn the_json_of_findings() {
    let project = documents();
    let run = lint(&project, "--at=2026-11-21 held.yaml twice.json comma.json --format=json");
    assert_eq!((run.code, run.stderr.as_str()), (2, ""));
    let found = parsed(&run);
    let keys: Vec<&String> = found.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["format_version", "findings", "suppressed", "summary"]);
    assert_eq!(found["format_version"], 1);
    assert_eq!(
        found["findings"][0],
        json!({
            "rule": "redundant-element",
            "severity": "SUGGESTION",
            "message": "`s3:getobject` stands twice in the same list",
            "file": "twice.json", "line": 2, "column": 65, "end_line": 2, "end_column": 79,
            "help": ["take it out of the list; or take out the pattern, if the pattern gives too much"],
        })
    );
    assert_eq!(
        (&found["findings"][1]["rule"], &found["findings"][1]["severity"]),
        (&json!("policy-syntax"), &json!("ERROR"))
    );
    let suppressed = &found["suppressed"][0];
    assert_eq!(suppressed["reason"], "people search for both spellings");
    assert_eq!((&suppressed["until"], &suppressed["line"]), (&json!("2027-03-31"), &json!(6)));
    assert_eq!(
        found["summary"],
        json!({"error": 1, "security_warning": 0, "warning": 0, "suggestion": 1, "suppressed": 1, "allowed": 0})
    );
    let clean = parsed(&lint(&project, "clean.json --format=json"));
    assert_eq!((&clean["findings"], &clean["suppressed"]), (&json!([]), &json!([])));
    let allowed = parsed(&lint(&project, "--allow redundant-element twice.json --format json"));
    assert_eq!((&allowed["findings"], &allowed["summary"]["allowed"]), (&json!([]), &json!(1)));
}

#[test]
fn findings_for_comments_and_annotations() {
    let project = documents();
    screen("lint-markdown", &lint(&project, "twice.json comma.json --format=markdown"));
    screen("lint-github", &lint(&project, "twice.json comma.json wrapped.json --format=github"));
    let run = lint(&project, "clean.json --format=github");
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "nothing to annotate");
    let run = lint(&project, "clean.json --format=markdown");
    assert_eq!((run.code, run.stdout.as_str()), (0, "**no findings**\n"));
    for format in ["sarif", "github"] {
        let run = project.run(&["policy", "diff", "clean.json", "twice.json", "--format", format]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{format} tells of files: {}", run.shown());
        assert!(run.stderr.contains("`validate` and `policy lint` have"), "{}", run.stderr);
    }
}

/// What a runner reads: `::command key=value,key=value::text`, where `%`, line ends, `,` and `:` are escaped.
#[test]
fn annotations_cannot_be_broken_out_of() {
    let project = Project::empty();
    let names =
        ["a,b.json", "50%.json", "c:d.json", "::error ::forged.json", "line\nend.json", "bell\u{7}.json"];
    for name in names {
        let key = "x::error::\\n::warning::%0A";
        project.write(
            name,
            format!(
                r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "s3:GetObject",
                     "Resource": "arn:aws:s3:::acme-lake/*", "{key}": 1}}]}}"#
            ),
        );
        let run = project.run(&["policy", "lint", "--format=github", name]);
        assert_eq!(run.code, 2, "{}", run.shown());
        for line in run.stdout.lines() {
            let rest = line.strip_prefix("::error ").unwrap_or_else(|| panic!("{name}: {line}"));
            let (properties, said) = rest.split_once("::").unwrap();
            let keys: Vec<&str> = properties.split(',').map(|p| p.split_once('=').unwrap().0).collect();
            assert_eq!(keys, ["file", "line", "endLine", "col", "endColumn", "title"], "{name}: {line}");
            assert!(!properties.contains(':'), "{name}: {line}");
            let percents = line.match_indices('%').map(|(at, _)| &line[at + 1..at + 3]);
            assert!(
                percents.clone().all(|code| ["25", "0A", "0D", "3A", "2C"].contains(&code)),
                "{name}: {line}"
            );
            assert!(!line.contains(|c: char| c.is_control() || c == '\u{202e}'), "{name}: {line:?}");
            assert!(said.contains("::warning::%250A"), "{name}: the text's own `%0A` is no line end: {said}");
        }
        assert!(run.stdout.lines().count() >= 1, "{name}");
    }
    let line = project.run(&["policy", "lint", "--format=github", "50%.json"]).stdout;
    assert!(line.contains("file=50%25.json,"), "{line}");
}

/// An object with these keys, and no others.
fn object(required: Value, optional: Value) -> Value {
    let mut properties = required.as_object().unwrap().clone();
    let names: Vec<String> = properties.keys().cloned().collect();
    properties.extend(optional.as_object().unwrap().clone());
    json!({"type": "object", "required": names, "properties": properties, "additionalProperties": false})
}

fn list(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

/// What SARIF 2.1.0 demands of the part of it that is written here.
fn sarif_schema() -> Value {
    let text = json!({"type": "string", "minLength": 1});
    let count = json!({"type": "integer", "minimum": 1});
    let level = json!({"enum": ["none", "note", "warning", "error"]});
    let message = object(json!({"text": text}), json!({}));
    let relative = json!({"type": "string", "pattern": "^(?!/|\\./|\\w+:)[A-Za-z0-9_.~!$&'()*+,;=@/%-]+$"});
    let region = object(
        json!({"startLine": count, "startColumn": count, "endLine": count, "endColumn": count}),
        json!({}),
    );
    let artifact = object(json!({"uri": relative}), json!({}));
    let physical = object(json!({"artifactLocation": artifact, "region": region}), json!({}));
    let location = object(json!({"physicalLocation": physical}), json!({"message": message}));
    let rule = object(
        json!({
            "id": {"type": "string", "pattern": "^[a-z][a-z0-9-]+$"},
            "shortDescription": message, "fullDescription": message, "help": message,
            "defaultConfiguration": object(json!({"level": level}), json!({})),
            "properties": object(json!({"tags": list(&text)}), json!({"security-severity": {"pattern": "^\\d+\\.\\d$"}})),
        }),
        json!({"helpUri": {"type": "string", "pattern": "^https://"}}),
    );
    let suppression = object(json!({"kind": {"const": "inSource"}, "justification": text}), json!({}));
    let result = object(
        json!({"ruleId": text, "ruleIndex": {"type": "integer", "minimum": 0}, "level": level,
            "message": message, "locations": list(&location)}),
        json!({"relatedLocations": list(&location), "suppressions": list(&suppression)}),
    );
    let driver = object(json!({"name": text, "version": text, "rules": list(&rule)}), json!({}));
    let run = object(
        json!({"tool": object(json!({"driver": driver}), json!({})), "results": list(&result),
            "columnKind": {"const": "unicodeCodePoints"}}),
        json!({}),
    );
    object(json!({"$schema": text, "version": {"const": "2.1.0"}, "runs": list(&run)}), json!({}))
}

/// The results of a log that is as it should be.
fn sarif_results(run: &Run) -> Vec<Value> {
    let log = parsed(run);
    let schema = jsonschema::validator_for(&sarif_schema()).unwrap();
    let wrong: Vec<String> =
        schema.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}\n{}", run.stdout);
    let results = log["runs"][0]["results"].as_array().unwrap().clone();
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    for result in &results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"], "{result:#}");
    }
    let mut ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "each rule once: {ids:?}");
    results
}

#[test]
fn findings_for_code_scanning() {
    let project = documents();
    let files = "--at=2026-11-21 held.yaml twice.json comma.json wrapped.json --format=sarif";
    let run = lint(&project, files);
    assert_eq!((run.code, run.stderr.as_str()), (2, ""), "{}", run.shown());
    let results = sarif_results(&run);
    let places: Vec<String> = results
        .iter()
        .map(|r| {
            let at = &r["locations"][0]["physicalLocation"];
            let region = &at["region"];
            let kind = if r["suppressions"].is_array() { " suppressed" } else { "" };
            let uri = at["artifactLocation"]["uri"].as_str().unwrap();
            let id = r["ruleId"].as_str().unwrap();
            format!("{id} {uri}:{}:{}{kind}", region["startLine"], region["startColumn"])
        })
        .collect();
    assert_eq!(
        places,
        [
            "redundant-element twice.json:2:65",
            "policy-syntax comma.json:2:17",
            // What stands in a decoded text has no place in the file.
            "redundant-element wrapped.json:1:1",
            "redundant-element held.yaml:6:28 suppressed",
        ]
    );
    assert!(
        results[2]["message"]["text"].as_str().unwrap().contains("at wrapped.json (the text of `Policy`):1:")
    );
    assert_eq!(results[0]["level"], "note");
    assert_eq!(results[1]["level"], "error");
    assert_eq!(results[3]["suppressions"][0]["justification"], "people search for both spellings");
    assert_eq!(sarif_results(&lint(&project, "clean.json --format=sarif")), [] as [Value; 0]);
    // Columns count characters, not bytes and not halves of characters.
    project.write("ä 𝄞#.json", TWICE.replace("\"Read\"", "\"Lääs𝄞\"").replace("Action\": [", "Action\" : ["));
    let run = lint(&project, "./ä\u{2007}𝄞#.json --format=sarif");
    assert_eq!(run.code, 1, "another blank is another file");
    let run = project.run(&["policy", "lint", "./ä 𝄞#.json", "--format=sarif"]);
    let results = sarif_results(&run);
    let result = results.iter().find(|r| r["ruleId"] == "redundant-element").unwrap();
    let at = &result["locations"][0]["physicalLocation"];
    assert_eq!(at["region"]["startColumn"], 67, "{result:#}");
    assert_eq!(at["artifactLocation"]["uri"], "%C3%A4%20%F0%9D%84%9E%23.json");
    let absolute = project.path("twice.json");
    let run = project.run(&["policy", "lint", absolute.to_str().unwrap(), "--format=sarif"]);
    let uri =
        &parsed(&run)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert!(uri.as_str().unwrap().starts_with("file:///"), "{uri}");
}

const WITH_WARNINGS: &str = r#"environment: one
account: "111122223333"
region: eu-west-1
users:
  alice: { policies: [AmazonEC2ReadOnlyAccess] }
  # hatrack: allow(user-direct-policy) until 2027-03-31: the auditors of March have no group
  auditor: { policies: [AmazonS3ReadOnlyAccess] }
"#;

const TWO: &str = r#"environment: two
account: "222233334444"
region: eu-west-1
users:
  bob: { policies: [AmazonEC2ReadOnlyAccess] }
"#;

fn two_environments() -> Project {
    Project::new(&[(FILE, WITH_WARNINGS), ("environments/two.yaml", TWO)])
}

fn validate(project: &Project, arguments: &str) -> Run {
    let arguments = ["validate"].into_iter().chain(arguments.split(' ').filter(|a| !a.is_empty()));
    project.run(&arguments.collect::<Vec<_>>())
}

#[test]
fn warnings_of_environments() {
    let project = two_environments();
    for (name, code, arguments) in [
        ("validate-warnings", 0, "--at=2026-11-21"),
        ("validate-one", 0, "--at=2026-11-21 one"),
        ("validate-suppression-ended", 0, "--at=2027-04-01 one"),
        ("validate-markdown", 0, "--at=2026-11-21 --format=markdown"),
        ("validate-github", 0, "--at=2026-11-21 --format=github"),
        ("validate-at-no-day", 1, "--at=tomorrow"),
    ] {
        let run = validate(&project, arguments);
        assert_eq!(run.code, code, "{name}: {}", run.shown());
        screen(name, &run);
    }
    for (fail_on, code) in [("error", 0), ("security-warning", 0), ("warning", 1), ("suggestion", 1)] {
        for format in ["terminal", "json", "markdown", "sarif", "github"] {
            let run = validate(&project, &format!("--at=2026-11-21 --fail-on={fail_on} --format={format}"));
            assert_eq!(run.code, code, "{fail_on} {format}: {}", run.shown());
        }
    }
    assert_eq!(validate(&project, "--fail-on=never").code, 1);
    let json = parsed(&validate(&project, "--at=2026-11-21 --format=json two"));
    let diagnostics = json["diagnostics"].as_array().unwrap();
    assert_eq!((diagnostics.len(), &json["suppressed"]), (1, &json!([])), "{json:#}");
    assert_eq!(
        (&diagnostics[0]["rule"], &diagnostics[0]["severity"], &diagnostics[0]["place"]["file"]),
        (&json!("user-direct-policy"), &json!("warning"), &json!("environments/two.yaml"))
    );
    let json = parsed(&validate(&project, "--at=2026-11-21 --format=json"));
    assert_eq!((&json["summary"]["warning"], &json["summary"]["suppressed"]), (&json!(2), &json!(1)));
    assert_eq!(json["suppressed"][0]["reason"], "the auditors of March have no group");
    assert_eq!(sarif_results(&validate(&project, "--at=2026-11-21 --format=sarif")).len(), 3);
    // Whoever plans is told that there are some.
    let run = on_file(&project, &["plan", "one"]);
    assert_eq!((run.code, run.stderr.as_str()), (2, "1 warning: `hatrack validate` shows them\n"));
}

#[test]
fn errors_of_environments_stop_every_command() {
    let project = two_environments();
    project.write(
        FILE,
        WITH_WARNINGS.replace("until 2027-03-31: the auditors of March have no group", "until some day"),
    );
    let run = validate(&project, "");
    assert_eq!(run.code, 1, "{}", run.shown());
    screen("validate-errors", &run);
    for command in [vec!["plan"], vec!["apply", "--yes"]] {
        let run = on_file(&project, &command);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.shown());
        assert!(run.stderr.contains("error[suppression-"), "{}", run.stderr);
        assert!(!project.exists("account.json"), "{command:?} has changed the account");
    }
    assert_eq!(on_file(&project, &["plan", "two"]).code, 2, "the other environment is none the worse");
}

#[test]
fn files_that_cannot_be_read_are_findings_for_services() {
    let project = two_environments();
    for (what, text) in [
        ("key", TWO.replace("policies", "polices").into_bytes()),
        ("yaml", b"users: [\n".to_vec()),
        ("bytes", vec![0xff, 0xfe, 0]),
        ("empty", vec![]),
    ] {
        project.write("environments/two.yaml", &text);
        let run = validate(&project, "--format=sarif");
        assert_eq!(run.code, 1, "{what}: {}", run.shown());
        let results = sarif_results(&run);
        assert!(!results.is_empty(), "{what}");
        for result in results {
            assert_eq!(
                (&result["ruleId"], &result["level"]),
                (&json!("specification"), &json!("error")),
                "{what}"
            );
        }
        let run = validate(&project, "--format=github");
        assert_eq!(run.code, 1, "{what}");
        assert!(run.stdout.starts_with("::error file=environments/two.yaml,line="), "{what}: {}", run.stdout);
    }
}

/// What was found in the account, of which no file speaks.
#[test]
fn the_json_of_what_is_found_in_the_account() {
    let project = applied();
    let clean = parsed(&on_file(&project, &["plan", "--format=json"]));
    assert_eq!(clean["findings"], json!([]));
    let user = r#""111122223333:user/alice": {"#;
    let text = project.read("account.json");
    let at = text.find(user).unwrap();
    let settings = at + text[at..].find("\"settings\": [").unwrap() + "\"settings\": [".len();
    let key = r#"{"credential": {"kind": "access-key", "id": "AKIAIOSFODNN7EXAMPLE"}}, "#;
    project.write("account.json", format!("{}{key}{}", &text[..settings], &text[settings..]));
    for command in ["plan", "drift"] {
        let run = on_file(&project, &[command, "--format=json"]);
        assert_eq!((run.code, run.stderr.as_str()), (2, ""), "{}", run.shown());
        assert_eq!(
            parsed(&run)["findings"],
            json!([{
                "environment": "one",
                "address": "user/alice",
                "setting": "access-key/AKIAIOSFODNN7EXAMPLE",
                "rule": "access-key",
                "severity": "WARNING",
                "message": "user `alice` has the access key `AKIAIOSFODNN7EXAMPLE`, which does not end by itself",
                "help": "delete the key; people sign in with `aws login` or assume a role, jobs run as a role",
                "stays": false,
            }]),
            "{command}"
        );
        let run = on_file(&project, &[command, "--format=json", "--target=role/*"]);
        assert_eq!(parsed(&run)["findings"], json!([]), "{command}: nobody asked about users");
        let run = on_file(&project, &[command, "--format=markdown"]);
        assert!(run.stdout.contains("- `access-key` `user/alice`: user `alice` has"), "{}", run.shown());
    }
    // A user who goes takes the key along: there is nothing to mend.
    project.write(FILE, ESTATE.replace("  alice: { groups: [Readers] }\n", "  bob: { groups: [Readers] }\n"));
    for command in ["plan", "drift"] {
        let run = on_file(&project, &[command, "--format=json"]);
        assert_eq!((run.code, &parsed(&run)["findings"]), (2, &json!([])), "{command}: {}", run.shown());
    }
}
