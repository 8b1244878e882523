//! From bytes to a tree: what is refused, and two parsers that must agree.
//!
//! `event` walks the text once for places and refusals; then serde_yaml reads the same text and says what each
//! scalar is. Anchors, aliases and merge keys are refused outright: a review must show what is applied, templates
//! and variables share better, and no alias bomb can exist without them.

use std::sync::Arc;

use serde_yaml::Value as Yaml;

use super::event::{self, Raw, RawValue};
use super::place::{line_column, syntax};
use super::tree::{Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Source, Span};

/// Larger files are refused before they are read.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;

/// Text from a file's bytes, or the place of the first byte that is not UTF-8.
pub fn decode(name: &str, bytes: Vec<u8>) -> Result<Arc<Source>, Diagnostic> {
    if bytes.len() > BYTES_MAX {
        let source = Arc::new(Source { name: name.to_owned(), text: String::new() });
        return Err(too_large(&source, bytes.len()));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Arc::new(Source { name: name.to_owned(), text })),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(at).copied().unwrap_or_default();
            // What can be read is kept, so that the place can be shown.
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            let source = Arc::new(Source { name: name.to_owned(), text });
            let span = Span::new(&source, at, at + char::REPLACEMENT_CHARACTER.len_utf8());
            Err(Diagnostic::error(Some(span), format!("byte {byte:#04x} is not UTF-8"))
                .label("the first byte that is not text")
                .help("save the file as UTF-8"))
        }
    }
}

/// Reads one YAML document. An empty file is `Null`. With errors that leave the rest readable (a duplicate key, an
/// anchor) the tree is there as well, so that the next room can say what else is wrong.
pub fn parse(source: &Arc<Source>) -> (Option<Node>, Vec<Diagnostic>) {
    if source.text.len() > BYTES_MAX {
        return (None, vec![too_large(source, source.text.len())]);
    }
    let skipped = if source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let unreadable = unreadable(source, skipped);
    if !unreadable.is_empty() {
        return (None, unreadable);
    }
    let pass = event::pass(source, skipped);
    let mut join = Join { source, found: pass.found };
    if !join.found.is_empty() {
        let node = pass.tree.map(|tree| join.node(tree, None));
        return (node, join.found);
    }
    let yaml = match serde_yaml::from_str::<Yaml>(source.text.get(skipped..).unwrap_or_default()) {
        Ok(yaml) => yaml,
        Err(error) => {
            let at = error.location().map_or(skipped, |l| line_column(source, skipped, l.line(), l.column()));
            let text = error.to_string();
            let info = text.split(" at line ").next().unwrap_or_default();
            return (None, vec![syntax(source, at, info)]);
        }
    };
    // A file without a document is nothing to both.
    let nothing =
        || Raw { range: skipped..skipped, value: RawValue::Scalar { text: String::new(), plain: true } };
    let node = join.node(pass.tree.unwrap_or_else(nothing), Some(&yaml));
    (Some(node), join.found)
}

/// Walks both readings of one text side by side.
struct Join<'a> {
    source: &'a Arc<Source>,
    found: Vec<Diagnostic>,
}

impl Join<'_> {
    /// `yaml` is what serde_yaml read there; without it plain scalars are resolved one by one.
    fn node(&mut self, raw: Raw, yaml: Option<&Yaml>) -> Node {
        let span = Span::new(self.source, raw.range.start, raw.range.end);
        let value = match raw.value {
            RawValue::Scalar { text, plain } => self.scalar(text, plain, yaml, &span),
            RawValue::List(items) => {
                let read = match yaml {
                    Some(Yaml::Sequence(read)) if read.len() == items.len() => Some(read),
                    Some(_) => self.disagree(&span),
                    None => None,
                };
                let items = items.into_iter().enumerate();
                Value::List(items.map(|(i, item)| self.node(item, read.and_then(|r| r.get(i)))).collect())
            }
            RawValue::Map(entries) => {
                let read = match yaml {
                    Some(Yaml::Mapping(read)) if read.len() == entries.len() => Some(read),
                    Some(_) => self.disagree(&span),
                    None => None,
                };
                let mut pairs = read.map(|r| r.iter());
                let mut map = Vec::with_capacity(entries.len());
                for entry in entries {
                    let key_span = Span::new(self.source, entry.key_range.start, entry.key_range.end);
                    let pair = pairs.as_mut().and_then(Iterator::next);
                    if pair.is_some_and(|(key, _)| key.as_str() != Some(entry.key.as_str())) {
                        self.disagree::<()>(&key_span);
                    }
                    let value = self.node(entry.value, pair.map(|(_, value)| value));
                    map.push(Entry { key: entry.key, key_span, value });
                }
                Value::Map(map)
            }
        };
        Node { span, value }
    }

    fn scalar(&mut self, text: String, plain: bool, yaml: Option<&Yaml>, span: &Span) -> Value {
        let resolved;
        let yaml = match yaml {
            Some(yaml) => yaml,
            None if plain => {
                resolved = event::resolve(&text);
                &resolved
            }
            None => return Value::Text(text),
        };
        match yaml {
            Yaml::String(read) if *read == text => return Value::Text(text),
            // A block scalar that the file's end cuts off: to one reader its last line ends all the same. YAML
            // (8.1.1.2, b-chomped-last) says that it does not.
            Yaml::String(read) if self.is_cut_off(read, &text) => return Value::Text(read.clone()),
            Yaml::Null if plain => return Value::Null,
            Yaml::Bool(read) if plain => return Value::Bool(*read),
            Yaml::Number(read) if plain => return self.number(read, text, span),
            _ => self.disagree::<()>(span),
        };
        Value::Text(text)
    }

    /// Whether `text` is `read` with a line break that the file does not have.
    fn is_cut_off(&self, read: &str, text: &str) -> bool {
        !self.source.text.ends_with('\n') && text.strip_suffix('\n') == Some(read)
    }

    fn number(&mut self, read: &serde_yaml::Number, text: String, span: &Span) -> Value {
        let float = read.as_f64().unwrap_or(f64::NAN);
        if let Some(integer) = read.as_i64() {
            return Value::Integer(integer);
        }
        if read.is_f64() && float.is_finite() && !digits_only(&text) {
            return Value::Float(float);
        }
        let what = if float.is_finite() { "is too large for a number" } else { "is not a finite number" };
        let diagnostic = Diagnostic::error(Some(span.clone()), format!("`{text}` {what}"));
        self.found.push(diagnostic.help(format!("if text was meant, quote it: \"{text}\"")));
        Value::Text(text)
    }

    fn disagree<T>(&mut self, span: &Span) -> Option<T> {
        let message = "hatrack's two YAML readers disagree here: this is a bug in hatrack";
        self.found.push(
            Diagnostic::error(Some(span.clone()), message)
                .help("write this part in a simpler way, for one with quotes, and report the file"),
        );
        None
    }
}

fn digits_only(text: &str) -> bool {
    text.trim_start_matches(['+', '-']).chars().all(|c| c.is_ascii_digit())
}

/// Characters that do not show, or that YAML 1.1 and 1.2 read differently; at most a handful is listed.
fn unreadable(source: &Arc<Source>, skipped: usize) -> Vec<Diagnostic> {
    let text = source.text.get(skipped..).unwrap_or_default();
    let bad = |c: &char| match *c {
        '\t' | '\n' | '\r' => false,
        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        // They turn text around, or hide in a name: a review must show what is applied. (Joiners make emoji and
        // letters of many scripts.)
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => true,
        '\u{2060}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    };
    let places = text.char_indices().filter(|(_, c)| bad(c)).take(10);
    places
        .map(|(at, c)| {
            let span = Span::new(source, skipped + at, skipped + at + c.len_utf8());
            let code = u32::from(c);
            Diagnostic::error(
                Some(span),
                format!("the character U+{code:04X} cannot be seen and is not read"),
            )
            .help(if code > 0xffff {
                format!("remove it, or write it in double quotes as \"\\U{code:08x}\"")
            } else {
                format!("remove it, or write it in double quotes as \"\\u{code:04x}\"")
            })
        })
        .collect()
}

fn too_large(source: &Arc<Source>, bytes: usize) -> Diagnostic {
    let message = format!("the file has {bytes} bytes, more than the {BYTES_MAX} that are read");
    Diagnostic::error(Some(Span::new(source, 0, 0)), message).help("split the environment")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Arc<Source>, Option<Node>, Vec<Diagnostic>) {
        let source = Arc::new(Source { name: "t.yaml".into(), text: text.into() });
        let (node, found) = parse(&source);
        (source, node, found)
    }

    /// Each error as `under|message|help`.
    fn refused(text: &str) -> Vec<String> {
        let (source, _, found) = read(text);
        let say = |d: &Diagnostic| {
            let span = d.span.clone().unwrap();
            format!("{}|{}|{}", &source.text[span.start..span.end], d.message, d.help.join("; "))
        };
        found.iter().map(say).collect()
    }

    /// Each value as `pointer=underlined text`.
    fn spans(text: &str) -> Vec<String> {
        let (source, node, found) = read(text);
        assert_eq!(found, []);
        let mut all = vec![];
        fn walk(source: &Source, node: &Node, at: &str, all: &mut Vec<String>) {
            all.push(format!("{at}={}", &source.text[node.span.start..node.span.end]));
            match &node.value {
                Value::List(items) => {
                    for (i, item) in items.iter().enumerate() {
                        walk(source, item, &format!("{at}/{i}"), all);
                    }
                }
                Value::Map(entries) => {
                    for e in entries {
                        assert!(source.text[e.key_span.start..e.key_span.end].contains(&e.key));
                        walk(source, &e.value, &format!("{at}/{}", e.key), all);
                    }
                }
                _ => {}
            }
        }
        walk(&source, &node.unwrap(), "", &mut all);
        all
    }

    #[test]
    fn spans_are_bytes_and_short() {
        let text = "é: \"ü\"\r\nb: |\r\n  öne\r\n  two\r\nc:\r\n- 'x'   # ü\r\n- \r\n- k: 1 # n\r\n  l: [ä,\r\n   2]\r\nd:\r\n";
        let wanted = [
            "=é: \"ü\"",
            "/é=\"ü\"",
            "/b=öne\r\n  two",
            "/c='x'",
            "/c/0='x'",
            "/c/1=",
            "/c/2=k: 1",
            "/c/2/k=1",
            "/c/2/l=[ä,\r\n   2]",
            "/c/2/l/0=ä",
            "/c/2/l/1=2",
            "/d=d",
        ];
        assert_eq!(spans(text), wanted);
        let bom = format!("\u{feff}{text}");
        assert_eq!(spans(&bom), wanted);
        assert_eq!(
            spans("a:\n  b:\n    c: {d: [1]}\n  e:\n    - f\n"),
            [
                "=a",
                "/a=b",
                "/a/b=c: {d: [1]}",
                "/a/b/c={d: [1]}",
                "/a/b/c/d=[1]",
                "/a/b/c/d/0=1",
                "/a/e=- f",
                "/a/e/0=f",
            ]
        );
        assert_eq!(spans("k:\n- é\n  'x'"), ["=k", "/k=é", "/k/0=é\n  'x'"]);
        assert_eq!(spans("[a: b]"), ["=[a: b]", "/0=a: b", "/0/a=b"]);
    }

    #[test]
    fn yaml_1_2_scalars() {
        let (_, node, _) = read(
            "[no, on, True, true, ~, null, '', 012, 111122223333, -7, 1.5, 1e3, 0x1f, 2027-03-31, 1_000, '1', \
             \"true\", +1, .5, 0o17, NULL, 1:30]",
        );
        assert_eq!(
            node.unwrap().to_json().to_string(),
            "[\"no\",\"on\",true,true,null,null,\"\",\"012\",111122223333,-7,1.5,1000.0,31,\"2027-03-31\",\"1_000\",\
             \"1\",\"true\",1,0.5,15,null,\"1:30\"]"
        );
    }

    #[test]
    fn nothing_written_is_null() {
        for text in ["", "# only a comment\n", "\n\n", "\u{feff}", "~", "---\n"] {
            let (_, node, found) = read(text);
            assert_eq!((node.map(|n| n.value), found), (Some(Value::Null), vec![]), "{text:?}");
        }
    }

    #[test]
    fn duplicates_are_shown_at_the_second_and_the_rest_is_read() {
        let (_, node, found) = read("users:\n  ds: alice\n  \"ds\": mallory\n  x: 1\n  no: 2\n  x: {y: 3}\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].message, "the key `ds` stands twice in one map");
        assert_eq!(found[0].span.as_ref().unwrap().line_column(), (3, 3));
        assert_eq!(found[0].related[0].0.line_column(), (2, 3));
        assert_eq!(found[1].span.as_ref().unwrap().line_column(), (6, 3));
        assert_eq!(node.unwrap().to_json().to_string(), r#"{"users":{"ds":"alice","x":1,"no":2}}"#);
    }

    #[test]
    fn refusals() {
        for (text, wanted) in [
            ("Action: *\n", "*|a bare `*` begins an alias|quote the star: \"*\""),
            ("Action: [a, *]\n", "*|a bare `*` begins an alias|quote the star: \"*\""),
            (
                "a: *foo\n",
                "*foo|aliases are not read|if a star was meant, quote it: \"*foo\"; use a template",
            ),
            ("a: &x foo\n", "&x|anchors are not read|use a template or a variable"),
            ("a: !foo bar\n", "!foo|tags are not read|"),
            ("a: !!str 5\n", "!!str|tags are not read|"),
            ("<<: {a: b}\n", "<<|merge keys are not read|"),
            ("5: a\n", "5|a key must be text, and `5` is read as a number|quote it: \"5\""),
            ("true: a\n", "true|a key must be text, and `true` is read as true or false|"),
            ("? [a]\n: b\n", "[a]|a key must be text, and this is a list|"),
            ("? {a: b}\n: b\n", "{a: b}|a key must be text, and this is a map|"),
            ("{: z}", "|a key is missing before the `:`|"),
            ("a: 1\n---\nb: 2\n", "---|a second document begins here|"),
            ("a:\n\tb: 1\n", "\t|a tab is used for indentation|indent with spaces"),
            ("a:\n  b: 1\n\tc: 2\n", "\t|a tab is used for indentation|indent with spaces"),
            ("\ta: 1\n", "\t|a tab is used for indentation|indent with spaces"),
            (
                "é: b: c",
                ":|not YAML: mapping values are not allowed in this context|quote a text that holds `: `",
            ),
            ("a: {x: acme-${{ p }} }", "{|not YAML: "),
            ("a: [${{ p }}]", "quote a placeholder inside [ ] or { }: \"${{ name }}\""),
            ("a: \u{1}x", "\u{1}|the character U+0001 cannot be seen and is not read|"),
            ("a: x\u{85}b: c", "\u{85}|the character U+0085"),
            (
                "a: 99999999999999999999",
                "99999999999999999999|`99999999999999999999` is too large for a number|",
            ),
            ("a: .nan", ".nan|`.nan` is not a finite number|if text was meant, quote it: \".nan\""),
            ("%YAML 1.3\n---\na", "|not YAML: "),
            ("a: \"b", "not YAML: "),
        ] {
            let found = refused(text);
            assert!(found.len() == 1 && found[0].contains(wanted), "{text:?}: {found:?} wanted {wanted:?}");
        }
        assert_eq!(refused("1: a\n2: b\nc: &x d\n").len(), 3);
    }

    #[test]
    fn bytes_that_are_not_text() {
        let error = decode("t.yaml", b"a: \xc3\xa9\nb: \xff\n".to_vec()).unwrap_err();
        assert_eq!(error.message, "byte 0xff is not UTF-8");
        assert_eq!(error.span.unwrap().line_column(), (2, 4));
        assert_eq!(decode("t.yaml", "a: é".into()).unwrap().text, "a: é");
        assert!(decode("t.yaml", vec![b'a'; BYTES_MAX + 1]).unwrap_err().message.contains("bytes"));
    }
}
