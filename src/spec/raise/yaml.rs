//! YAML as a person would write it: one value at a time, in lines or in braces.
//!
//! What is written here is read again by `source`: texts that YAML would take for something else are quoted, and so is
//! what cannot be seen.

use serde_json::{Map, Value as Json};

use crate::spec::engine::OPEN;

/// Longest line that is written without being broken into several.
const WIDTH: usize = 118;

/// Words that one YAML or another reads as something else than text.
const WORDS: [&str; 13] =
    ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", ".nan", ".inf", "~"];

/// One key with its value, as lines at an indentation; the last ends with a line break.
pub fn entry(key: &str, value: &Json, indent: usize) -> String {
    let key = scalar(key, false);
    let blanks = " ".repeat(indent);
    match value {
        Json::Object(map) if !map.is_empty() && !is_small(&key, map, indent) => {
            format!("{blanks}{key}:\n{}", entries(map, indent + 2))
        }
        Json::Array(items) if !items.is_empty() => {
            let line = format!("{blanks}{key}: {}\n", flow(value));
            if items.iter().all(is_scalar) && line.chars().count() <= WIDTH {
                line
            } else {
                let each = items.iter().map(|one| item(one, indent + 2));
                format!("{blanks}{key}:\n{}", each.collect::<String>())
            }
        }
        Json::String(text) if is_block_text(text) => {
            format!("{blanks}{key}: {}", block_text(text, indent + 2))
        }
        other => format!("{blanks}{key}: {}\n", one_line(other)),
    }
}

/// The keys of a map, as lines at an indentation.
pub fn entries(map: &Map<String, Json>, indent: usize) -> String {
    map.iter().map(|(key, value)| entry(key, value, indent)).collect()
}

/// One item of a list, as lines whose dash stands at an indentation.
pub fn item(value: &Json, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    match value {
        Json::Object(map) if !map.is_empty() => {
            let line = format!("{blanks}- {}\n", flow(value));
            // IAM's own words stand in lines, as AWS's documentation has them.
            let is_iam = map.keys().any(|key| key.starts_with(|c: char| c.is_ascii_uppercase()));
            if !is_iam && line.chars().count() <= WIDTH {
                return line;
            }
            let lines = entries(map, indent + 2);
            format!("{blanks}- {}", lines.get(indent + 2..).unwrap_or_default())
        }
        other => format!("{blanks}- {}\n", flow(other)),
    }
}

/// A value on one line, in braces where it has parts.
pub fn flow(value: &Json) -> String {
    match value {
        Json::Object(map) if map.is_empty() => "{}".to_owned(),
        Json::Object(map) => {
            let each: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", scalar(key, true), flow(value))).collect();
            format!("{{ {} }}", each.join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Json::String(text) => scalar(text, true),
        other => other.to_string(),
    }
}

/// A key with its value, on one line.
pub fn in_one_line(key: &str, value: &Json) -> String {
    format!("{}: {}", scalar(key, true), flow(value))
}

/// As [`flow`], where what surrounds it is written in lines.
fn one_line(value: &Json) -> String {
    match value {
        Json::String(text) => scalar(text, false),
        other => flow(other),
    }
}

fn is_scalar(value: &Json) -> bool {
    !value.is_array() && !value.is_object()
}

/// A word with its particulars: `encryption: { kms: { key: … } }`.
fn is_small(key: &str, map: &Map<String, Json>, indent: usize) -> bool {
    let line = flow(&Json::Object(map.clone()));
    let one = map.len() == 1 && map.values().all(Json::is_object);
    one && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key == "encryption"
        && indent + key.len() + line.chars().count() + 2 <= WIDTH
}

/// A text on one line: as it is, or quoted.
pub fn scalar(text: &str, in_braces: bool) -> String {
    let text = &protected(text);
    if is_plain(text, in_braces) { text.clone() } else { quoted(text) }
}

/// Text that looks like one of our placeholders is made by one.
fn protected(text: &str) -> String {
    text.replace(OPEN, r"${{ '$' ~ '{{' }}")
}

fn is_plain(text: &str, in_braces: bool) -> bool {
    let starts = |c: char| c.is_alphabetic() || matches!(c, '/' | '_' | '(');
    let special = |c: char| (in_braces && matches!(c, ',' | '[' | ']' | '{' | '}' | '?')) || c == '"';
    text.starts_with(starts)
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.contains(OPEN)
        && !text.chars().any(|c| special(c) || is_unseen(c))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unseen(c) && u32::from(c) > 0xffff => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c if is_unseen(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether a text has lines that YAML can show as they are. Blanks at the end of a line do not show, but a script on one
/// line shows nothing at all.
fn is_block_text(text: &str) -> bool {
    let is_script = text.len() > WIDTH || text.starts_with("#!");
    let shows = |line: &str| is_script || !line.ends_with(char::is_whitespace);
    let unseen = |c: char| c != '\n' && !(is_script && c == '\t') && is_unseen(c);
    // The first line says how far in the others are.
    let begins = |line: &str| !line.is_empty() && !line.starts_with(char::is_whitespace);
    text.contains('\n')
        && text.lines().next().is_some_and(begins)
        && text.lines().all(shows)
        && text.lines().last().is_some_and(|line| !line.trim().is_empty())
        && !text.chars().any(unseen)
        && !text.ends_with("\n\n")
}

fn block_text(text: &str, indent: usize) -> String {
    let text = protected(text);
    let blanks = " ".repeat(indent);
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("{blanks}{line}\n") };
    let lines: String = text.lines().map(line).collect();
    format!("{}\n{lines}", if text.ends_with('\n') { "|" } else { "|-" })
}

/// Whether a character does not show, or turns others around.
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_whitespace() && c != ' ')
}

/// Text in a comment: it stays on its line, and says nothing to hatrack.
pub fn comment(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if is_unseen(c) || c == '#' {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::diagnostic::Source;

    fn read(text: &str) -> Json {
        let source = Arc::new(Source { name: "t.yaml".into(), text: text.into() });
        let (node, found) = crate::spec::source::parse(&source);
        assert_eq!(found, [], "{text}");
        let (node, found) = crate::spec::expand::expand(&node.unwrap(), &Default::default());
        assert_eq!(found, [], "{text}");
        node.to_json()
    }

    #[test]
    fn it_looks_as_a_person_would_write_it() {
        let value = json!({
            "trust": [{"account": "111122223333", "require_mfa": true}, "ec2"],
            "description": "two\nlines",
            "policies": ["AmazonS3ReadOnlyAccess", "require-mfa"],
            "inline": {"data": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]},
            "encryption": {"kms": {"key": "alias/lake"}},
        });
        let wanted = "\
trust:
  - { account: \"111122223333\", require_mfa: true }
  - ec2
description: |-
  two
  lines
policies: [AmazonS3ReadOnlyAccess, require-mfa]
inline:
  data:
    - Effect: Allow
      Action: s3:*
      Resource: \"*\"
      Condition:
        Bool:
          aws:SecureTransport: \"false\"
encryption: { kms: { key: alias/lake } }
";
        let text = entries(value.as_object().unwrap(), 0);
        assert_eq!(text, wanted);
        assert_eq!(read(&text), value);
    }

    #[test]
    fn what_yaml_reads_otherwise_is_quoted() {
        for text in [
            "no",
            "On",
            "1",
            "2027-01-31",
            "0x1f",
            "~",
            "",
            " x",
            "x ",
            "a: b",
            "a #b",
            "*",
            "- a",
            "x:",
            "<<",
        ] {
            assert!(scalar(text, false).starts_with('"'), "{text}");
        }
        for text in ["alice", "s3:GetObject", "arn:aws:s3:::acme/*", "/people/", "it's", "a,b", "Ä"] {
            assert_eq!(scalar(text, false), text);
        }
        assert_eq!(scalar("a,b", true), "\"a,b\"");
        assert_eq!(read("a: [arn:aws:s3:::x/*, s3:*]\n"), json!({"a": ["arn:aws:s3:::x/*", "s3:*"]}));
    }

    #[test]
    fn a_script_stands_in_lines() {
        let script = "#!/bin/bash\nif true; then\n  echo \"a: b\" # why  \n\tdone\n\n   \nfi\n";
        let lines =
            "script: |\n  #!/bin/bash\n  if true; then\n    echo \"a: b\" # why  \n  \tdone\n\n     \n  fi\n";
        assert_eq!(entry("script", &json!(script), 0), lines);
        assert_eq!(read(lines), json!({ "script": script }));
        // Line breaks of Windows would be lost.
        assert!(entry("script", &json!("#!/bin/bash\r\necho\r\n"), 0).starts_with("script: \"#!"));
    }

    fn value() -> impl Strategy<Value = Json> {
        let text = prop_oneof![
            "[ -~]{0,12}",
            "\\PC{0,6}",
            "(\\$|\\{|\\}|a| ){0,8}",
            "([a-c #:-]{0,4}\n){0,3}x?",
            "#!([a-c \t#:-]{0,6}\n){1,4}(x\n)?",
            any::<String>()
        ];
        let leaf = prop_oneof![
            text.prop_map(Json::String),
            any::<bool>().prop_map(Json::Bool),
            any::<i32>().prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            let key = prop_oneof!["[A-Za-z]{1,6}", "[ -~]{1,8}"];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
                prop::collection::vec((key, inner), 0..4)
                    .prop_map(|entries| Json::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_written_is_read_again(value in value()) {
            let text = entry("key", &value, 0);
            prop_assert_eq!(&read(&text)["key"], &value, "{}", text);
            prop_assert_eq!(&read(&format!("key: {}\n", flow(&value)))["key"], &value);
        }

        #[test]
        fn a_comment_stays_on_its_line(text in any::<String>()) {
            let line = format!("a: 1 # {}", comment(&text));
            prop_assert_eq!(line.lines().count(), 1);
            prop_assert_eq!(read(&line), json!({"a": 1}));
        }
    }
}
