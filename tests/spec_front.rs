//! The front of `spec` as its users see it: two YAML readers held to one tree, hostile input, templates.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hatrack::diagnostic::{Diagnostic, Severity, Source, Span};
use hatrack::spec::expand::Variables;
use hatrack::spec::source::{self, BYTES_MAX};
use hatrack::spec::template::Templates;
use hatrack::spec::tree::{Node, Value};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// What reading takes at the most, in a debug build. The best of three counts: a busy machine is no hang.
const READING_MAX: Duration = Duration::from_secs(2);

#[track_caller]
fn in_time<T>(name: &str, read: impl Fn() -> T) -> T {
    let timed = || {
        let start = Instant::now();
        let result = read();
        (start.elapsed(), result)
    };
    let (mut took, result) = timed();
    for _ in 0..2 {
        if took >= READING_MAX {
            took = took.min(timed().0);
        }
    }
    assert!(took < READING_MAX, "{name}: {took:?}");
    result
}

fn file(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { name: name.into(), text: text.into() })
}

fn read(text: &str) -> Node {
    let (node, found) = source::parse(&file("e.yaml", text));
    assert_eq!(found, [], "{text}");
    node.unwrap_or_else(|| unreachable!("no tree and no reason"))
}

fn under(span: &Span) -> &str {
    &span.source.text[span.start..span.end]
}

/// `place message; help; (related place words)…`, one line a diagnostic.
fn said(found: &[Diagnostic]) -> String {
    let say = |d: &Diagnostic| {
        let related: Vec<_> = d.related.iter().map(|(span, words)| format!("({span} {words})")).collect();
        let place = d.span.as_ref().map(|s| format!("{s} `{}`", under(s))).unwrap_or_default();
        format!("{place}: {}; {} {}", d.message, d.help.join("; "), related.join(" "))
    };
    found.iter().map(say).collect::<Vec<_>>().join("\n")
}

// ---- the two readers ----

/// Every span lies in the text, on character boundaries, children within the text after their key.
fn check_spans(node: &Node) {
    let text = &node.span.source.text;
    assert!(text.get(node.span.start..node.span.end).is_some(), "{:?}", node.span);
    match &node.value {
        Value::List(items) => items.iter().for_each(check_spans),
        Value::Map(entries) => {
            for entry in entries {
                assert!(text.get(entry.key_span.start..entry.key_span.end).is_some());
                assert!(entry.value.span.start >= entry.key_span.start);
                check_spans(&entry.value);
            }
        }
        _ => {}
    }
}

fn json_tree() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        "[a-zé ]{0,6}",
        Just("no".to_owned()),
        Just("123".to_owned()),
        Just("~".to_owned()),
        Just("*".to_owned()),
        Just("a: b #c".to_owned()),
        "\\PC{0,8}",
        "[ -~\\n\\t\"'\\\\]{0,10}",
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1e9..1e9_f64).prop_map(Json::from),
        text.prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec(("[a-zA-Z:é*& -]{1,8}", inner), 0..5)
                .prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Lines that look like YAML and often are.
fn yaml_soup() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("a"),
        Just("b: "),
        Just("- "),
        Just("\n"),
        Just("\n  "),
        Just("\n    "),
        Just(": "),
        Just("'x'"),
        Just("\"y é\""),
        Just("["),
        Just("]"),
        Just("{"),
        Just("}"),
        Just(", "),
        Just("|\n"),
        Just(">-\n"),
        Just("# c"),
        Just("? "),
        Just("~"),
        Just("1"),
        Just("&a "),
        Just("*a"),
        Just("!t "),
        Just("---\n"),
        Just("...\n"),
        Just("\t"),
        Just("\r\n"),
        Just("é"),
        Just("%"),
        Just("<<: "),
        Just("''"),
        Just("\\"),
        Just("\""),
        Just("'"),
        Just("key: "),
        Just("\nk: "),
        Just("\n- "),
    ];
    prop::collection::vec(word, 0..25).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_written_is_read(tree in json_tree()) {
        let yaml = serde_yaml::to_string(&tree).unwrap();
        let pretty = serde_json::to_string_pretty(&tree).unwrap();
        for text in [yaml, pretty, tree.to_string()] {
            let (node, found) = source::parse(&file("p.yaml", &text));
            // What the emitter leaves unquoted and we refuse on purpose.
            if found.iter().any(|d| d.message.contains("cannot be seen") || d.message.contains("merge keys")) {
                continue;
            }
            prop_assert_eq!(&found, &[], "{}", text);
            let node = node.unwrap();
            check_spans(&node);
            prop_assert_eq!(node.to_json(), tree.clone(), "{}", text);
        }
    }

    #[test]
    fn the_two_readers_agree(text in yaml_soup()) {
        let (node, found) = source::parse(&file("p.yaml", &text));
        // A block scalar as the whole document is read differently, told, and no spec.
        let whole = node.as_ref().is_some_and(|n| matches!(n.value, Value::Text(_)));
        prop_assert!(whole || !said(&found).contains("a bug"), "{:?} {}", text, said(&found));
        for diagnostic in &found {
            let span = diagnostic.span.as_ref().unwrap();
            prop_assert!(text.get(span.start..span.end).is_some(), "{:?}", text);
        }
        match node {
            Some(node) if found.is_empty() => {
                check_spans(&node);
                let other: Json = serde_yaml::from_str(&text).unwrap();
                prop_assert_eq!(node.to_json(), other, "{:?}", text);
            }
            Some(_) => {}
            None => prop_assert!(!found.is_empty(), "{:?}", text),
        }
    }
}

#[test]
fn a_file_without_a_last_line_break_is_read() {
    for (text, wanted) in [
        ("k: |\n  a", "a"),
        ("k: |\n  a\n", "a\n"),
        ("k: |\n\n  ? ", "\n? "),
        ("k: |-\n  a", "a"),
        ("k: |+\n  a", "a"),
        ("k: >\n  a\n  b", "a b"),
        ("k: |\n  # no comment", "# no comment"),
    ] {
        assert_eq!(read(text).to_json(), json!({ "k": wanted }), "{text:?}");
    }
}

// ---- hostile input ----

#[test]
fn hostile_files_are_told_in_time() {
    let bomb: String = (0..40).map(|i| format!("a{i}: &a{i} [*a{p}, *a{p}]\n", p = i - 1)).collect();
    let quadratic = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(10_000), "*a,".repeat(10_000));
    let nested_maps: String = (0..2_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    let cases: Vec<(&str, String, &str)> = vec![
        ("flow lists", "[".repeat(100_000), "nested deeper"),
        ("flow lists on lines", "[\n".repeat(100_000), "nested deeper"),
        ("closed flow lists", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), "nested deeper"),
        ("flow maps", "{a: ".repeat(100_000), "nested deeper"),
        ("block lists", "- ".repeat(100_000), "nested deeper"),
        ("explicit keys", "? ".repeat(100_000), ""),
        ("block maps", nested_maps, "nested deeper"),
        ("alias bomb", bomb, "anchors are not read"),
        ("quadratic aliases", quadratic, "anchors are not read"),
        ("too large", "a".repeat(BYTES_MAX + 1), "more than the 8388608"),
        ("control characters", "\u{0}\u{1}\u{1b}[31m: x".into(), "U+0000"),
        ("an open quote", format!("a: \"{}", "x\n".repeat(100_000)), "not YAML"),
        ("bad lines", "a: b: c\n".repeat(50_000), "not YAML"),
        ("duplicates", "a: 1\n".repeat(20_000), "stands twice"),
        ("stars", "- *\n".repeat(50_000), "quote the star"),
        ("one long line of colons", ":".repeat(100_000), ""),
        ("percents", "%\n".repeat(50_000), ""),
        ("long key", format!("{}: 1", "k".repeat(100_000)), ""),
    ];
    for (name, text, wanted) in cases {
        let (_, found) = in_time(name, || source::parse(&file("h.yaml", &text)));
        let first = found.first().map(|d| format!("{} {}", d.message, d.help.join(" "))).unwrap_or_default();
        assert!(first.contains(wanted), "{name}: {first}");
    }
}

#[test]
fn large_and_honest_files_are_read_in_time() {
    let users: String = (0..5_000).map(|i| format!("  u{i}: {{ groups: [DataScientists] }}\n")).collect();
    for text in [
        format!("a: {}", "x".repeat(1_000_000)),
        format!("a: \"{}\"", "é".repeat(500_000)),
        format!("a: |\n{}", "  line\n".repeat(100_000)),
        format!("users:\n{users}"),
    ] {
        in_time("a large and honest file", || read(&text));
    }
}

#[test]
fn byte_order_marks_and_crlf_keep_the_places() {
    let (node, found) = source::parse(&file("w.yaml", "\u{feff}é: 1\r\nb:\r\n  - ü\r\n  - {c: ö}\r\n"));
    assert_eq!(found, []);
    let node = node.unwrap();
    assert_eq!(under(&node.span_at("/b/1/c")), "ö");
    assert_eq!(under(&node.key_span_at("/é")), "é");
    assert_eq!(node.span_at("/b/1/c").line_column(), (4, 9));
}

// ---- templates ----

const READER: &str = "\
template: reader
kind: role
description: reads buckets
parameters:
  buckets: {type: list, description: the names of the buckets}
  trust: {type: text, description: who wears it, default: ec2, one_of: [ec2, glue]}
  hours: {type: integer, description: how long a session lasts, default: 1}
body:
  trust: ${{ trust }}
  max_session_duration: ${{ hours * 3600 }}
  tags: {made-by: '${{ environment }}/${{ name }}'}
  inline:
    data:
      - template: s3-read
        with: {arns: '${{ buckets | each(\"arn:\" ~ partition ~ \":s3:::{}/*\") }}'}
      - {Effect: Allow, Action: 's3:ListAllMyBuckets', Resource: '*'}
";
const S3_READ: &str = "\
template: s3-read
kind: statements
description: reads objects
parameters:
  arns: {type: list, description: what to read}
body:
  - Effect: Allow
    Action: s3:GetObject
    Resource: ${{ arns }}
    Condition: {StringEquals: {'aws:PrincipalTag/u': '${aws:username}'}}
";

fn builtins() -> Variables {
    let words = [
        ("account", "1"),
        ("region", "eu-west-1"),
        ("partition", "aws"),
        ("environment", "lab"),
        ("name", "R"),
    ];
    words.into_iter().map(|(k, v)| (k.to_owned(), json!(v))).collect()
}

fn used_with(shipped: &[(&str, &str)], kind: &str, text: &str) -> (Node, Vec<Diagnostic>) {
    let (templates, found) = Templates::new(shipped, vec![]);
    assert_eq!(said(&found), "");
    templates.instantiate(kind, &read(text), &builtins())
}

fn used(kind: &str, text: &str) -> (Node, String) {
    let (node, found) = used_with(&[("reader", READER), ("s3-read", S3_READ)], kind, text);
    (node, said(&found))
}

#[test]
fn a_template_in_a_template_under_the_holders_own_keys() {
    let (node, found) = used(
        "role",
        "template: reader\nwith: {buckets: [a, b], trust: glue}\ntags: {team: x}\nmax_session_duration: 7200\n",
    );
    assert_eq!(found, "");
    let wanted = json!({
        "trust": "glue",
        "max_session_duration": 7200,
        "tags": {"made-by": "lab/R", "team": "x"},
        "inline": {"data": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"],
             "Condition": {"StringEquals": {"aws:PrincipalTag/u": "${aws:username}"}}},
            {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
        ]},
    });
    assert_eq!(node.to_json().to_string(), wanted.to_string());
    let place = |pointer: &str| node.span_at(pointer).source.name.clone();
    assert_eq!(place("/trust"), "templates/reader.yaml (shipped)");
    assert_eq!(place("/inline/data/0/Resource"), "templates/s3-read.yaml (shipped)");
    assert_eq!(place("/max_session_duration"), "e.yaml");
    assert_eq!(under(&node.span_at("/inline/data/0/Resource/0")), "${{ arns }}");
}

#[test]
fn statements_stand_wherever_statements_may() {
    let all = json!(["x"]);
    let at = |kind: &str, text: &str, pointer: &str| {
        let (node, found) = used(kind, text);
        assert_eq!(found, "", "{text}");
        assert_eq!(node.at(pointer).map(Node::to_json), Some(all.clone()), "{text}: {}", node.to_json());
    };
    let call = "{template: s3-read, with: {arns: [x]}}";
    at("user", &format!("inline: {{p: {call}}}"), "/inline/p/0/Resource");
    at("user", &format!("inline: {{p: [{{Effect: Deny}}, {call}]}}"), "/inline/p/1/Resource");
    at("bucket", &format!("policy: {call}"), "/policy/0/Resource");
    at(
        "policy",
        &format!("statements: {{Version: x, Statement: [{call}]}}"),
        "/statements/Statement/0/Resource",
    );
    at("role", &format!("trust: {call}"), "/trust/0/Resource");
    at("statements", call, "/0/Resource");
    let inside = "inline: {p: [{Effect: Allow, Condition: {x: {template: y}}}]}";
    assert_eq!(used("user", inside).0, read(inside));
}

#[test]
fn wrong_uses_say_what_to_do() {
    for (kind, text, wanted) in [
        (
            "role",
            "template: raeder",
            "e.yaml:1:11 `raeder`: there is no template `raeder`; did you mean `reader`?; for a role there are `reader`",
        ),
        ("bucket", "template: zzzzzz", "there is no template `zzzzzz`; no template makes a bucket"),
        ("role", "template: ../reader", "a template is named, not addressed by a path"),
        ("role", "template: ..", "a template is named, not addressed by a path"),
        ("role", "template: ''", "a template is named, not addressed by a path"),
        ("role", "template: \"a\\0b\"", "a template is named, not addressed by a path"),
        ("role", "template: [reader]", "expected the name of a template, found a list"),
        (
            "user",
            "template: reader\nwith: {buckets: []}",
            "the template `reader` makes a role; no template makes a user (templates/reader.yaml (shipped):1:11 declared here)",
        ),
        (
            "role",
            "inline: {p: {template: reader}}",
            "the template `reader` makes a role; for statements there are `s3-read`",
        ),
        (
            "role",
            "template: reader",
            "e.yaml:1:11 `reader`: the template `reader` must be told `buckets`; `buckets`: the names of the buckets",
        ),
        (
            "role",
            "template: reader\nwith: {bukets: [], buckets: []}",
            "e.yaml:2:8 `bukets`: the template `reader` has no parameter `bukets`; did you mean `buckets`?",
        ),
        (
            "role",
            "template: reader\nwith: {buckets: x}",
            "e.yaml:2:17 `x`: `buckets`: expected a list, found text",
        ),
        (
            "role",
            "template: reader\nwith: {buckets: [], trust: gleu}",
            "`gleu`: `gleu` is not a value of `trust`; did you mean `glue`?",
        ),
        (
            "role",
            "template: reader\nwith: {buckets: [], trust: 5}",
            "expected text, found a whole number; quote it: \"5\"",
        ),
        (
            "role",
            "template: reader\nwith: [a]",
            "e.yaml:2:1 `with`: expected a map of arguments, found a list",
        ),
        ("role", "with: {a: b}", "`with` stands without a `template`"),
        (
            "role",
            "inline: {p: {template: s3-read, with: {arns: []}, Effect: Deny}}",
            "`Effect` cannot stand beside a template",
        ),
        ("role", "template: reader\nwith: {buckets: [{a: b}]}", "(e.yaml:1:11 used here)"),
    ] {
        let (_, found) = used(kind, text);
        assert!(
            found.lines().count() == 1 && found.contains(wanted),
            "{text}\nwanted {wanted}\nsaid   {found}"
        );
    }
}

#[test]
fn circles_are_named() {
    let template = |name: &str, next: &str| {
        format!("template: {name}\nkind: role\ndescription: d\nbody: {{template: {next}}}\n")
    };
    let (a, b) = (template("a", "b"), template("b", "a"));
    let (_, found) = used_with(&[("a", &a), ("b", &b)], "role", "template: a");
    let found = said(&found);
    assert!(
        found.contains("templates/b.yaml (shipped):4:18 `a`: the template `a` uses itself: a -> b -> a"),
        "{found}"
    );
    assert!(found.contains("(e.yaml:1:11 used here)"), "{found}");
    let many: Vec<_> =
        (0..30).map(|i| (format!("t{i}"), template(&format!("t{i}"), &format!("t{}", i + 1)))).collect();
    let many: Vec<_> = many.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let (_, found) = used_with(&many, "role", "template: t0");
    assert!(said(&found).contains("more than 16 templates within one another: t0 -> t1"), "{}", said(&found));
}

#[test]
fn a_project_file_goes_before_a_shipped_one_and_broken_files_are_told_once() {
    let own = file(
        "estate/templates/s3-read.yaml",
        "template: s3-read\nkind: statements\ndescription: own\nbody: []\n",
    );
    let broken = file(
        "estate/templates/broken.yaml",
        "template: broken\nkind: role\ndescription: d\nbody: ${{ q }}\n",
    );
    let (templates, found) = Templates::new(&[("s3-read", S3_READ)], vec![own, broken]);
    assert_eq!(templates.get("s3-read").unwrap().description, "own");
    assert_eq!(templates.iter().count(), 1);
    assert!(said(&found).contains("estate/templates/broken.yaml:4:7"), "{}", said(&found));
    let (_, found) = templates.instantiate("role", &read("template: broken"), &builtins());
    assert_eq!(found, []);
}

#[test]
fn an_unused_parameter_is_a_warning_and_variables_do_not_leak_in() {
    let text = "template: t\nkind: role\ndescription: d\nparameters:\n  x: {type: text, description: d, default: y}\nbody: {}\n";
    let (templates, found) = Templates::new(&[("t", text)], vec![]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].severity, found[0].message.as_str()),
        (Severity::Warning, "the parameter `x` is never used")
    );
    assert_eq!(under(found[0].span.as_ref().unwrap()), "x");
    assert!(templates.get("t").is_some());
    let leak = "template: t\nkind: role\ndescription: d\nbody: {trust: '${{ project }}'}\n";
    let (_, found) = Templates::new(&[("t", leak)], vec![]);
    assert!(said(&found).contains("`project` is neither a parameter of `t` nor known to every template"));
    // Arguments are values: a placeholder in one is text by then.
    let (node, found) = used("role", "template: reader\nwith: {buckets: ['${{ region }}']}\n");
    assert_eq!(found, "");
    assert_eq!(node.at("/inline/data/0/Resource/0").unwrap().text(), Some("arn:aws:s3:::${{ region }}/*"));
}
