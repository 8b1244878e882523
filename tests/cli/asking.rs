//! What is told to `why`, `can` and `who-can`, held against what can be.

use serde_json::{Value, json};

use super::*;

const ESTATE: &str = r#"environment: a
account: "111122223333"
region: eu-west-1
groups:
  Readers:
    inline:
      read:
        - { Sid: Read, Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::acme-lake/*" }
users:
  ann: { groups: [Readers], tags: { team: data } }
  bob: {}
roles:
  Admin:
    trust: { account: a }
    policies: [AdministratorAccess]
  Etl:
    trust: glue
  Tagged:
    path: /jobs/
    trust: glue
buckets:
  acme-lake: {}
"#;

fn project() -> Project {
    Project::new(&[("environments/a.yaml", ESTATE)])
}

fn ask(project: &Project, question: &str) -> Run {
    project.run(&question.split(' ').collect::<Vec<_>>())
}

fn parsed(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|why| panic!("{why}:\n{}", run.shown()))
}

#[test]
fn a_key_has_a_value_that_it_can_have() {
    let project = project();
    let can = "can user/ann s3:GetObject s3://acme-lake/x --context";
    for (context, told) in [
        ("aws:SecureTransport=no", "`true` or `false`"),
        ("aws:SecureTransport=0", "`true` or `false`"),
        ("aws:SecureTransport=", "`true` or `false`"),
        ("aws:SecureTransport=true --context aws:SecureTransport=false", "one value"),
        ("s3:TlsVersion=abc", "a number"),
        ("aws:SourceIp=10.0.0.300", "an address"),
        ("aws:SourceIp=10.0.0.0/8", "one address"),
        ("aws:CurrentTime=soon", "a date"),
        ("aws:CurrentTime=2020-01-01 --at 2027-01-01", "both say when"),
        ("aws:SourcIp=10.0.0.1", "did you mean `aws:SourceIp`?"),
        ("aws:PrincipalAccount=999988887777", "here it is `111122223333`"),
        (
            "aws:PrincipalArn=arn:aws:iam::111122223333:user/bob",
            "here it is `arn:aws:iam::111122223333:user/",
        ),
        ("aws:username=bob", "here it is `ann`"),
        ("aws:PrincipalTag/team=ml", "here it is `data`"),
        ("aws:PrincipalTag/cost=ml", "no request of `user/ann` has `aws:PrincipalTag/cost`"),
        ("aws:PrincipalServiceName=glue.amazonaws.com", "no request of `user/ann` has"),
        ("aws:SourceIp=10.0.0.1 --without aws:username", "here it is `ann`"),
        ("aws:SourceIp=10.0.0.1 --without aws:CurrentTime", "every request has"),
    ] {
        for command in ["can", "why"] {
            let run = ask(&project, &format!("{can} {context}").replacen("can", command, 1));
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{context}: {}", run.shown());
            assert!(run.stderr.contains(told), "{context}: {}", run.stderr);
        }
    }
    // What is so, and what nobody knows, may be said.
    for context in [
        "aws:SecureTransport=TRUE",
        "s3:TlsVersion=1.3",
        "aws:SourceIp=2001:db8::1",
        "aws:username=ann",
        "aws:PrincipalAccount=111122223333",
        "aws:PrincipalTag/team=data",
        "aws:PrincipalIsAWSService=FALSE",
        "aws:PrincipalOrgID=o-1",
        "aws:TagKeys=a --context aws:TagKeys=b",
    ] {
        let run = ask(&project, &format!("{can} {context}"));
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{context}: {}", run.shown());
    }
    assert_eq!(
        ask(&project, "can user/ann s3:GetObject s3://acme-lake/x --without aws:PrincipalTag/cost").code,
        0
    );
}

/// Of several, those are meant of whom it is so.
#[test]
fn what_is_said_of_a_principal_is_not_said_of_others() {
    let project = project();
    let names = |question: &str| -> Vec<String> {
        let json = parsed(&ask(&project, &format!("{question} --format json")));
        let lines = json["principals"].as_array().unwrap().iter();
        lines.map(|line| line["name"].as_str().unwrap().to_owned()).collect()
    };
    let question = "who-can s3:GetObject s3://acme-lake/x";
    assert_eq!(names(question), ["role/Admin", "user/ann"]);
    assert_eq!(names(&format!("{question} --context aws:username=ann")), ["user/ann"]);
    assert_eq!(names(&format!("{question} --context aws:username=bob")), [""; 0]);
}

#[test]
fn what_a_policy_nobody_read_could_say_is_left_open() {
    let project = project();
    for (resource, action) in [
        ("arn:aws:sqs:eu-west-1:999988887777:q", "sqs:SendMessage"),
        ("arn:aws:dynamodb:eu-west-1:999988887777:table/t", "dynamodb:GetItem"),
        ("arn:aws:lambda:eu-west-1:999988887777:function:f", "lambda:InvokeFunction"),
        ("arn:aws:kms:eu-west-1:999988887777:key/k", "kms:Decrypt"),
        ("arn:aws:athena:eu-west-1:999988887777:workgroup/w", "athena:GetWorkGroup"),
    ] {
        let json = parsed(&ask(&project, &format!("why role/Admin {action} {resource} --format json")));
        assert_eq!((&json["allowed"], &json["depends"]), (&json!(false), &json!(true)), "{json:#}");
        assert!(json["gist"].as_str().unwrap().contains("the resource's policy"), "{json:#}");
        assert!(json["missing"][0]["text"].as_str().unwrap().contains("not known here"), "{json:#}");
        // Both accounts have to agree, and one says no.
        let json = parsed(&ask(&project, &format!("why user/bob {action} {resource} --format json")));
        assert_eq!((&json["allowed"], &json["depends"]), (&json!(false), &json!(false)), "{json:#}");
    }
    let queue = "arn:aws:sqs:eu-west-1:111122223333:q";
    let json = parsed(&ask(&project, &format!("why user/bob sqs:SendMessage {queue} --format json")));
    assert_eq!((&json["allowed"], &json["depends"]), (&json!(false), &json!(true)), "{json:#}");
    // What could only be taken away is told under the answer, as with other policies that nobody reads.
    let json = parsed(&ask(&project, &format!("why role/Admin sqs:SendMessage {queue} --format json")));
    assert_eq!((&json["allowed"], &json["depends"]), (&json!(true), &json!(false)), "{json:#}");
    assert!(json["not_evaluated"].to_string().contains("resource_policy"), "{json:#}");
    // IAM lets nobody of another account do anything.
    let run = ask(&project, "why role/Admin iam:GetRole arn:aws:iam::999988887777:role/x --format json");
    assert_eq!(parsed(&run)["depends"], json!(false), "{}", run.shown());
}

#[test]
fn who_can_tells_of_nobody_what_an_unread_policy_might_say() {
    let project = project();
    screen("who-can-unread", &ask(&project, "who-can read-data s3://nope/x"));
    let json = parsed(&ask(&project, "who-can read-data s3://nope/x --format json"));
    let names: Vec<&Value> =
        json["principals"].as_array().unwrap().iter().map(|line| &line["name"]).collect();
    assert_eq!(names, [&json!("role/Admin")], "{json:#}");
    assert_eq!(json["not_evaluated"][0], "resource_policy", "{json:#}");
}

#[test]
fn everybody_is_told_once() {
    let project = project();
    let open = "  acme-lake:\n    public_access_block: { block_public_policy: false, restrict_public_buckets: false }\n    policy:\n      - { Sid: All, Effect: Allow, Principal: \"*\", Action: s3:GetObject, Resource: arn:aws:s3:::acme-lake/* }\n";
    replace(&project, "environments/a.yaml", "  acme-lake: {}\n", open);
    let question = "who-can s3:GetObject s3://acme-lake/x";
    screen("who-can-everybody", &ask(&project, question));
    let except = "      - { Effect: Deny, Principal: { AWS: \"arn:aws:iam::111122223333:user/bob\" }, Action: \"s3:*\", Resource: arn:aws:s3:::acme-lake/* }\n";
    replace(
        &project,
        "environments/a.yaml",
        "    policy:\n      - { Sid: All",
        &format!("    policy:\n{except}      - {{ Sid: All"),
    );
    let json = parsed(&ask(&project, &format!("{question} --format json")));
    assert_eq!(json["principals"][0]["name"], "everybody", "{json:#}");
    assert_eq!(json["principals"][0]["except"], json!(["user/bob"]), "{json:#}");
    // Who signs, of whatever account.
    replace(
        &project,
        "environments/a.yaml",
        "Action: s3:GetObject, Resource: arn:aws:s3:::acme-lake/* }\n",
        "Action: s3:GetObject, Resource: arn:aws:s3:::acme-lake/*, Condition: { \"Null\": { aws:PrincipalArn: false } } }\n",
    );
    let run = ask(&project, question);
    assert!(!run.stdout.contains("999999999999"), "{}", run.shown());
    screen("who-can-strangers", &run);
}

#[test]
fn names_with_wildcards_are_patterns() {
    let project = project();
    let json = parsed(&ask(&project, "who-can become role/Ad* --format json"));
    assert_eq!(json["resource"], "arn:aws:iam::111122223333:role/Ad*");
    let resources: Vec<&Value> = json["principals"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|l| l["resources"].as_array().unwrap())
        .collect();
    assert!(
        !resources.is_empty() && resources.iter().all(|r| **r == "arn:aws:iam::111122223333:role/Admin"),
        "{json:#}"
    );
    assert_eq!(ask(&project, "who-can become a/role/*").code, 0);
    for (name, question) in [
        ("ask-pattern-nobody", "who-can become role/Xy*"),
        ("ask-pattern-path", "who-can become role/Tag*"),
        ("ask-pattern-one", "can user/ann sts:AssumeRole role/Ad*"),
        ("ask-word-become-bucket", "who-can become s3://acme-lake"),
        ("ask-word-become-nothing", "who-can become *"),
        ("ask-csv-json", "who-can become role/Admin --csv --format json"),
    ] {
        let run = ask(&project, question);
        assert_eq!(run.code, 1, "{name}: {}", run.shown());
        screen(name, &run);
    }
}

#[test]
fn a_misspelt_bucket_is_said() {
    let project = project();
    for question in ["can user/ann s3:GetObject s3://acme-lak/x", "who-can s3:GetObject s3://acme-lak/x"] {
        let run = ask(&project, question);
        assert!(run.stderr.contains("`acme-lak` here; did you mean `acme-lake`?"), "{}", run.shown());
    }
    let run = ask(&project, "can user/ann s3:GetObject s3://somebody-elses/x");
    assert_eq!(run.stderr, "", "{}", run.shown());
}

/// Whoever names an account file asks about it.
#[test]
fn an_account_file_is_asked_about() {
    let project = project();
    let can = "can user/bob s3:GetObject s3://acme-lake/x";
    for on in ["", " --on live", " --on spec"] {
        let run = ask(&project, &format!("{can} --account-file account.json{on}"));
        assert_eq!(run.code, 1, "{on}: {}", run.shown());
        assert!(run.stderr.contains("there is no account file `account.json`"), "{on}: {}", run.stderr);
    }
    assert_eq!(ask(&project, "apply --yes --account-file account.json").code, 0);
    let readers = "  bob: { groups: [Readers] }\n";
    replace(&project, "environments/a.yaml", "  bob: {}\n", readers);
    let code = |on: &str| ask(&project, &format!("{can}{on}")).code;
    let file = " --account-file account.json";
    assert_eq!([code(""), code(file)], [0, 3], "declared, and not applied");
    assert_eq!([code(&format!("{file} --on spec")), code(&format!("{file} --on plan"))], [0, 0]);
    let json = parsed(&ask(&project, &format!("{can}{file} --format json")));
    assert_eq!(json["on"], "live");
    // What only the account has.
    let text = project.read("environments/a.yaml").replace("  Etl:\n    trust: glue\n", "");
    project.write("environments/a.yaml", text);
    let run = ask(&project, &format!("why role/Etl s3:GetObject s3://acme-lake/x{file} --on spec"));
    assert_eq!(run.code, 1, "{}", run.shown());
    assert!(run.stderr.contains("`--on live`"), "{}", run.stderr);
    assert_eq!(ask(&project, &format!("why role/Etl s3:GetObject s3://acme-lake/x{file}")).code, 0);
}

#[test]
fn rows_that_are_too_wide_are_blocks() {
    let project = project();
    let run = |columns: &str| {
        let mut command = project.command(&["who-can", "read-data", "s3://acme-lake/x"]);
        terminal::ended(&command.env("COLUMNS", columns).output().unwrap())
    };
    for (columns, width) in [("60", 60), ("80", 80), ("120", 120)] {
        let run = run(columns);
        let widest = run.stdout.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{columns}: {}", run.shown());
    }
    assert_eq!(run("no number").stdout, run("80").stdout);
}
