//! One policy document in a file of its own: JSON as AWS and its tools write it, or YAML.

use std::sync::Arc;

use super::tree::{Node, Value};
use super::{json, source};
use crate::diagnostic::{Diagnostic, Source, has_errors};

/// Reads the document that a text holds.
///
/// What begins with `{`, `[` or `"` is JSON, and so is every file whose name ends in `.json`; braces around bare
/// words are YAML's flow style. Text as IAM's API returns it, percent-encoded, is decoded first, and so is what
/// AWS's tools put around a document: `{"PolicyVersion": {"Document": …}}`, `{"Policy": "…"}` and the like. Places
/// in what had to be decoded are places in the decoded text, whose name says so.
///
/// A tree may come with errors: what can be read is read, so that everything wrong is said at once.
pub fn parse_document(source: &Arc<Source>) -> (Option<Node>, Vec<Diagnostic>) {
    if source.text.len() > source::BYTES_MAX {
        return source::parse(source); // which refuses it
    }
    let (node, found) = parse_text(source);
    match node {
        Some(node) if !has_errors(&found) => unwrapped(node),
        node => (node, found),
    }
}

fn parse_text(source: &Arc<Source>) -> (Option<Node>, Vec<Diagnostic>) {
    if let Some(decoded) = decoded(source) {
        return parse_text(&decoded);
    }
    if is_json(source) { json::parse(source) } else { source::parse(source) }
}

/// The text without percent-encoding; none if it has none.
fn decoded(source: &Arc<Source>) -> Option<Arc<Source>> {
    let text = source.text.trim_start_matches('\u{feff}').trim();
    let encoded = text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%7B"));
    let text = encoded.then(|| percent_encoding::percent_decode_str(text).decode_utf8().ok())??;
    Some(Arc::new(Source { name: format!("{} (percent-decoded)", source.name), text: text.into_owned() }))
}

fn is_json(source: &Source) -> bool {
    let text = source.text.trim_start_matches('\u{feff}').trim_start();
    if source.name.ends_with(".json") {
        return true;
    }
    // `{Effect: Allow}` is YAML; `{"Effect": "Allow",}` would be too, but nobody means it.
    let inner = text.trim_start_matches(|c: char| c.is_whitespace() || "{[".contains(c));
    let bare = inner.starts_with(|c: char| c.is_alphabetic() || c == '_');
    text.starts_with(['{', '[']) && !bare || whole_text(text)
}

/// Whether all of it is one JSON text, as `aws … --query Policy` prints a document.
fn whole_text(text: &str) -> bool {
    text.starts_with('"') && serde_json::from_str::<String>(text).is_ok()
}

/// Where AWS's tools and API put a document, as paths of keys.
const WRAPPERS: [&[&str]; 7] = [
    &["PolicyVersion", "Document"],        // aws iam get-policy-version
    &["Role", "AssumeRolePolicyDocument"], // aws iam get-role, create-role
    &["PolicyDocument"],                   // aws iam get-role-policy, and CloudFormation
    &["AssumeRolePolicyDocument"],         // one role of aws iam list-roles
    &["Document"],                         // one version of a policy
    &["Policy"],                           // aws s3api get-bucket-policy
    &["policy"],                           // aws ecr, lambda and others with small letters
];

/// The document without what stands around it.
fn unwrapped(node: Node) -> (Option<Node>, Vec<Diagnostic>) {
    let around = |path: &&&[&str]| {
        let inner = path.iter().try_fold(&node, |node, key| node.get(key));
        inner.is_some_and(|inner| inner.get("Statement").is_some() || inner.text().is_some())
    };
    if node.get("Statement").is_none()
        && let Some(path) = WRAPPERS.iter().find(around)
        && let Some(inner) = path.iter().try_fold(&node, |node, key| node.get(key))
    {
        return inside(inner, &format!("the text of `{}`", path.join("/")));
    }
    inside(&node, "the text in quotes")
}

/// A document, or the text of one.
fn inside(node: &Node, what: &str) -> (Option<Node>, Vec<Diagnostic>) {
    let Value::Text(text) = &node.value else { return (Some(node.clone()), vec![]) };
    let start = text.trim_start();
    if !start.starts_with('{') && !start.get(..3).is_some_and(|s| s.eq_ignore_ascii_case("%7B")) {
        return (Some(node.clone()), vec![]);
    }
    let name = format!("{} ({what})", node.span.source.name);
    let source = Arc::new(Source { name, text: text.clone() });
    match decoded(&source) {
        Some(decoded) => json::parse(&decoded),
        None => json::parse(&source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> (Option<Node>, Vec<Diagnostic>) {
        parse_document(&Arc::new(Source { name: name.into(), text: text.into() }))
    }

    const PLAIN: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}"#;

    #[test]
    fn what_stands_around_a_document_is_taken_off() {
        let plain = serde_json::from_str::<serde_json::Value>(PLAIN).unwrap();
        let quoted = serde_json::to_string(PLAIN).unwrap();
        let encoded: String = PLAIN.bytes().map(|b| format!("%{b:02X}")).collect();
        for text in [
            PLAIN.to_owned(),
            format!(r#"{{"PolicyVersion": {{"VersionId": "v1", "Document": {PLAIN}}}}}"#),
            format!(r#"{{"PolicyVersion": {{"Document": "{encoded}"}}}}"#),
            format!(r#"{{"Role": {{"RoleName": "r", "AssumeRolePolicyDocument": {PLAIN}}}}}"#),
            format!(r#"{{"RoleName": "r", "PolicyDocument": {PLAIN}}}"#),
            format!(r#"{{"Policy": {quoted}}}"#),
            quoted.clone(),
            encoded.clone(),
            format!("\n{}\n", encoded.to_lowercase()),
            "Version: \"2012-10-17\"\nStatement:\n  - Effect: Allow\n".to_owned(),
            "{Version: \"2012-10-17\", Statement: [{Effect: Allow}]}".to_owned(),
        ] {
            let (node, found) = read("p", &text);
            assert_eq!(found, [], "{text}");
            assert_eq!(node.unwrap().to_json(), plain, "{text}");
        }
        let (node, _) = read("p", &format!("{{\"PolicyDocument\":\n  {PLAIN}}}"));
        let node = node.unwrap();
        assert_eq!(node.span_at("/Statement/0/Effect").to_string(), "p:2:54");
        let (node, _) = read("p", &format!(r#"{{"Policy": {quoted}}}"#));
        assert_eq!(node.unwrap().span_at("/Statement/0/Effect").to_string(), "p (the text of `Policy`):1:52");
    }

    #[test]
    fn json_with_a_slip_is_not_taken_for_yaml() {
        for text in ["{\"a\": 1,}", "{\"a\": 1 # x\n}", "[\"a\",]", "{'a': 1}"] {
            let (_, found) = read("p", text);
            assert!(found.len() == 1 && found[0].message.starts_with("not JSON"), "{text}: {found:?}");
        }
        let (_, found) = read("p.json", "{a: 1}");
        assert!(found[0].message.starts_with("not JSON"), "{found:?}");
    }
}
