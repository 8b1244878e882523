//! Documents that AWS gives back in another spelling than they were sent in are no difference.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::Project;

/// A document as AWS might return it: other order, lists where there were single values and the other way round,
/// other case of keys, `{"AWS": ["*"]}`, an empty Sid.
fn respelled(document: &Value, count: &mut usize) -> Value {
    *count += 1;
    let turned = |object: &Map<String, Value>| -> Map<String, Value> {
        object.iter().rev().map(|(key, value)| (key.clone(), value.clone())).collect()
    };
    let listed = |value: &Value| match value {
        Value::Array(list) => Value::Array(list.iter().rev().cloned().collect()),
        single => json!([single]),
    };
    let statement = |statement: &Value| {
        let mut statement = turned(statement.as_object().unwrap());
        for element in ["Action", "NotAction", "Resource", "NotResource"] {
            if let Some(value) = statement.get_mut(element) {
                *value = listed(value);
            }
        }
        for element in ["Principal", "NotPrincipal"] {
            match statement.get_mut(element) {
                Some(Value::Object(kinds)) => kinds.values_mut().for_each(|value| *value = listed(value)),
                Some(everyone) => *everyone = json!({"AWS": ["*"]}),
                None => {}
            }
        }
        if let Some(Value::Object(operators)) = statement.get_mut("Condition") {
            for keys in operators.values_mut() {
                let respelled = keys.as_object().unwrap().iter().rev();
                *keys = respelled
                    .map(|(key, value)| (key.to_ascii_lowercase(), listed(value)))
                    .collect::<Value>();
            }
        }
        statement.entry("Sid").or_insert_with(|| "".into());
        Value::Object(statement)
    };
    let mut document = turned(document.as_object().unwrap());
    let statements = match &document["Statement"] {
        Value::Array(list) => list.iter().rev().map(statement).collect(),
        single => json!([statement(single)]),
    };
    let single = statements.as_array().is_some_and(|list| list.len() == 1);
    document["Statement"] = if single { statements[0].clone() } else { statements };
    Value::Object(document)
}

fn everywhere(json: &Value, count: &mut usize) -> Value {
    match json {
        Value::Object(object) if object.contains_key("Statement") => respelled(json, count),
        Value::Object(object) => {
            object.iter().map(|(key, value)| (key.clone(), everywhere(value, count))).collect()
        }
        Value::Array(list) => list.iter().map(|item| everywhere(item, count)).collect(),
        other => other.clone(),
    }
}

#[test]
fn what_aws_spells_otherwise_is_as_declared() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = Project::empty();
    for folder in ["environments", "templates"] {
        project.copy(&root.join(folder), folder);
    }
    let run = project.run(&["apply", "--yes", "--account-file", "account.json"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    let applied: Value = serde_json::from_str(&project.read("account.json")).unwrap();
    let mut count = 0;
    let found = everywhere(&applied, &mut count);
    assert!(count > 10 && found != applied, "{count} documents");
    project.write("account.json", found.to_string());
    let run = project.run(&["plan", "--account-file", "account.json"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    assert_eq!(run.stdout.matches("No changes.").count(), 2, "{}", run.shown());

    // And what does say something else is seen: without this the test could not fail.
    let text = found.to_string();
    assert!(text.contains("sts:AssumeRole\""), "{text}");
    project.write("account.json", text.replacen("sts:AssumeRole\"", "sts:TagSession\"", 1));
    let run = project.run(&["plan", "--account-file", "account.json"]);
    assert_eq!(run.code, 2, "{}", run.shown());
}
