//! `hatrack decide --batch`: cases in, answers out, in their order.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use super::*;

fn policy(action: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "It", "Effect": "Allow", "Action": action, "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*",
         "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}]})
}

fn case(id: Value, action: &str, policies: Value) -> Value {
    json!({"id": id, "identity_policies": policies, "request": {
        "principal": "arn:aws:iam::111122223333:user/alice", "action": action,
        "resource": "arn:aws:s3:::acme-lake/x", "resource_account": "111122223333",
        "context": {"aws:MultiFactorAuthPresent": false}}})
}

fn lines(cases: &[Value]) -> String {
    cases.iter().map(|case| format!("{case}\n")).collect()
}

fn answers(run: &Run) -> Vec<Value> {
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn cases_are_decided_and_what_is_none_is_said() {
    let mut text = lines(&[
        case(json!("allowed"), "s3:GetObject", json!([policy("s3:Get*")])),
        case(json!(2), "s3:DeleteObject", json!([policy("s3:*")])),
        case(json!({"third": true}), "s3:PutObject", json!([policy("s3:Get*")])),
    ])
    .into_bytes();
    text.extend(b"\n   \nthis is no JSON\n{\"id\": 7}\n{\"id\": \"more\", \"request\": {}, \"other\": 1}\n");
    text.extend(b"\xff\xfe\n[]\n");
    text.extend(
        lines(&[
            case(json!("no action"), "s3:Get*", json!([])),
            case(json!("no policy"), "s3:GetObject", json!([policy("s3:Get*"), 5])),
            case(json!("no statement"), "s3:GetObject", json!([{"Statement": [{"Effect": "Maybe"}]}])),
        ])
        .into_bytes(),
    );
    // The last line has no end.
    text.extend(case(json!("last\u{202e}"), "s3:GetObject", json!([])).to_string().into_bytes());
    let project = Project::empty();
    project.write("cases.jsonl", &text);
    let run = project.run(&["decide", "--batch", "cases.jsonl"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    screen("decide", &run);
    let told: Vec<Value> = answers(&run)
        .iter()
        .map(|answer| answer.get("decision").or(answer.get("error").map(|_| &Value::Null)).unwrap().clone())
        .collect();
    let (error, allowed, denied) = (Value::Null, json!("allowed"), json!("implicitDeny"));
    let errors = std::iter::repeat_n(error, 8);
    let expected: Vec<Value> =
        [allowed, json!("explicitDeny"), denied.clone()].into_iter().chain(errors).chain([denied]).collect();
    assert_eq!(told, expected, "{}", run.shown());
}

#[test]
fn answers_come_in_the_order_of_the_cases_whatever_the_threads() {
    let project = Project::empty();
    // Long and short ones, so that workers end at different times; more than all queues hold.
    let cases: Vec<Value> = (0..6000)
        .map(|number| {
            let policies =
                if number % 7 == 0 { vec![policy("s3:Get*"); 20] } else { vec![policy("s3:List*")] };
            case(json!(number), "s3:GetObject", json!(policies))
        })
        .collect();
    project.write("cases.jsonl", lines(&cases));
    let one = project.run(&["decide", "--batch", "cases.jsonl", "--threads", "1"]);
    let ids: Vec<u64> = answers(&one).iter().map(|answer| answer["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, (0..6000).collect::<Vec<_>>());
    assert_eq!((one.code, one.stderr.as_str()), (0, ""));
    for threads in ["2", "3", "16"] {
        let run = project.run(&["decide", "--batch", "cases.jsonl", "--threads", threads]);
        assert_eq!(run.stdout, one.stdout, "{threads} threads");
    }
    let run = project.run(&["decide", "--batch", "cases.jsonl", "--stats"]);
    assert_eq!(run.stdout, one.stdout);
    assert!(
        run.stderr.starts_with("6000 cases in ") && run.stderr.contains(" decisions a second"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_stream_is_answered_as_it_comes() {
    let project = Project::empty();
    let mut child = project.command(&["decide", "--batch", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut to = child.stdin.take().unwrap();
    let mut from = std::io::BufReader::new(child.stdout.take().unwrap());
    for number in 0..3 {
        let case = case(json!(number), "s3:GetObject", json!([policy("s3:Get*")]));
        to.write_all(format!("{case}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        std::io::BufRead::read_line(&mut from, &mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((&answer["id"], &answer["decision"]), (&json!(number), &json!("allowed")));
    }
    drop(to);
    let mut rest = String::new();
    from.read_to_string(&mut rest).unwrap();
    assert_eq!((rest.as_str(), child.wait().unwrap().code()), ("", Some(0)));
}

/// A case that says one thing in two ways, or something else than it seems to, is none.
#[test]
fn what_is_no_case_is_not_guessed_at() {
    let good = case(json!(1), "s3:GetObject", json!([policy("s3:Get*")]));
    let with = |key: &str, value: Value| {
        let mut case = good.clone();
        case["request"][key] = value;
        case.to_string()
    };
    let statement = |statement: Value| {
        let mut case = good.clone();
        case["identity_policies"] = json!([{"Version": "2012-10-17", "Statement": [statement]}]);
        case.to_string()
    };
    let twice = |other: &str| {
        let key = "\"aws:MultiFactorAuthPresent\":false";
        good.to_string().replace(key, &format!("{key},\"{other}\":true"))
    };
    let mut list = good.clone();
    list["request"] = json!(["arn:aws:iam::111122223333:user/alice", "s3:GetObject", "*", null, {}]);
    let on = |resource: &str| json!({"Effect": "Allow", "Action": "s3:*", "Resource": resource});
    let of = |operator: &str| json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {operator: {"aws:username": "true"}}});
    let project = Project::empty();
    for (text, told) in [
        (twice("aws:MultiFactorAuthPresent"), "twice"),
        (twice("aws:multifactorauthpresent"), "twice"),
        (with("resource", json!("")), "`resource` is empty"),
        (with("resource_account", json!("1111")), "twelve digits"),
        (with("resource_account", json!("")), "twelve digits"),
        (with("context", json!([])), "as an object"),
        (list.to_string(), "as an object"),
        (statement(on("arn:aws:s3:::acme-lake/${aws:username, x}")), "in no quotes"),
        (statement(of("NullIfExists")), "`NullIfExists` is no operator"),
        (statement(of("StringIs")), "`StringIs` is no operator"),
    ] {
        project.write("cases.jsonl", &text);
        let run = project.run(&["decide", "--batch", "cases.jsonl"]);
        let error = answers(&run)[0]["error"].to_string();
        assert!(error.contains(told), "{text}: {}", run.shown());
    }
    for text in [
        good.to_string(),
        with("context", Value::Null),
        with("resource_account", Value::Null),
        statement(on("arn:aws:s3:::acme-lake/${aws:username, 'x'}")),
        statement(of("BoolIfExists")),
    ] {
        project.write("cases.jsonl", &text);
        let run = project.run(&["decide", "--batch", "cases.jsonl"]);
        assert!(answers(&run)[0]["error"].is_null(), "{text}: {}", run.shown());
    }
}

/// What any of several session policies allows, the session may do.
#[test]
fn several_session_policies_are_one() {
    let project = Project::empty();
    let with = |policies: Value| {
        let mut case = case(json!(1), "s3:GetObject", json!([policy("s3:*")]));
        case["session_policy"] = policies;
        project.write("cases.jsonl", case.to_string());
        answers(&project.run(&["decide", "--batch", "cases.jsonl"])).remove(0)
    };
    let denying =
        json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}});
    assert_eq!(with(policy("s3:Get*"))["decision"], "allowed");
    let answer = with(json!([policy("s3:List*"), policy("s3:Get*")]));
    assert_eq!(answer["decision"], "allowed", "{answer}");
    assert!(answer.to_string().contains("\"/session_policy/1/Statement/0\""), "{answer}");
    assert_eq!(with(json!([policy("s3:List*"), policy("s3:Put*")]))["decision"], "implicitDeny");
    assert_eq!(with(json!([policy("s3:Get*"), denying]))["decision"], "explicitDeny");
    assert!(!with(json!([policy("s3:Get*"), 5]))["error"].is_null());
}

#[test]
fn a_line_without_end_does_not_fill_the_memory() {
    let project = Project::empty();
    let first = case(json!(1), "s3:GetObject", json!([policy("s3:Get*")])).to_string();
    let long = " ".repeat(9 << 20);
    project.write("cases.jsonl", format!("{first}\n{{{long}\n{first}\n"));
    let run = project.run(&["decide", "--batch", "cases.jsonl"]);
    let told: Vec<bool> = answers(&run).iter().map(|answer| answer["error"].is_null()).collect();
    assert_eq!((run.code, told), (0, vec![true, false, true]), "{}", run.shown());
    assert!(run.stdout.contains("longer than 8 MiB"), "{}", run.stdout);
}

#[test]
fn a_reader_that_goes_ends_the_work() {
    let project = Project::empty();
    let cases: Vec<Value> =
        (0..2000).map(|n| case(json!(n), "s3:GetObject", json!([policy("s3:Get*")]))).collect();
    project.write("cases.jsonl", lines(&cases));
    let mut child = project.command(&["decide", "--batch", "cases.jsonl"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
}

#[test]
fn batches_that_are_not_there() {
    let project = Project::new(&[("folder/x", "")]);
    for (name, arguments) in [
        ("decide-no-file", vec!["decide", "--batch", "nowhere.jsonl"]),
        ("decide-folder", vec!["decide", "--batch", "folder"]),
        ("decide-no-batch", vec!["decide"]),
        ("decide-no-thread", vec!["decide", "--batch", "-", "--threads", "0"]),
    ] {
        let run = project.run(&arguments);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{name}: {}", run.shown());
        screen(name, &run);
    }
    let run = project.run(&["decide", "--batch", "-"]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""), "no case is no error");
}
