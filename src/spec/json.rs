//! From JSON text to a tree with places.
//!
//! serde_json says whether the text is JSON, and what each text in quotes says; then one walk over what is known to
//! be JSON says where everything stands, and refuses keys that stand twice.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;
use serde_json::error::Category;

use super::event::{DEPTH_MAX, duplicate};
use super::tree::{Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Source, Span};

/// Reads one JSON value (RFC 8259), with or without a byte-order mark before it. With keys that stand twice the tree
/// is there as well, each with its first value.
pub fn parse(source: &Arc<Source>) -> (Option<Node>, Vec<Diagnostic>) {
    let skipped = if source.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let text = source.text.get(skipped..).unwrap_or_default();
    if let Err(error) = serde_json::from_str::<Json>(text) {
        return (None, vec![refused(source, skipped, &error)]);
    }
    let mut walk = Walk { source, at: skipped, depth: 0, too_deep: false, found: vec![] };
    let node = walk.value();
    if walk.too_deep {
        return (None, walk.found);
    }
    (Some(node), walk.found)
}

/// A walk over text that is JSON.
struct Walk<'a> {
    source: &'a Arc<Source>,
    /// The next byte.
    at: usize,
    depth: usize,
    too_deep: bool,
    found: Vec<Diagnostic>,
}

impl Walk<'_> {
    fn value(&mut self) -> Node {
        self.space();
        let start = self.at;
        match self.next() {
            Some(b'{') => self.collection(start, Self::map),
            Some(b'[') => self.collection(start, Self::list),
            Some(b'"') => {
                let text = self.text();
                Node { span: self.span(start, self.at), value: Value::Text(text) }
            }
            _ => {
                let rest = self.rest();
                let length = rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
                let json: Json =
                    serde_json::from_str(rest.get(..length).unwrap_or_default()).unwrap_or_default();
                self.at += length;
                Node::from_json(&json, &self.span(start, self.at))
            }
        }
    }

    fn collection(&mut self, start: usize, inside: fn(&mut Self) -> Value) -> Node {
        self.depth += 1;
        if self.depth > DEPTH_MAX && !self.too_deep {
            self.too_deep = true;
            let span = self.span(start, start + 1);
            self.found.push(Diagnostic::error(Some(span), format!("nested deeper than {DEPTH_MAX} levels")));
        }
        self.at += 1;
        let value = inside(self);
        self.depth -= 1;
        // Of what stands on many lines the first is what one wants underlined.
        let whole = self.source.text.get(start..self.at).unwrap_or_default();
        let first = whole.lines().next().unwrap_or_default().trim_end();
        Node { span: self.span(start, start + first.len()), value }
    }

    fn map(&mut self) -> Value {
        let mut entries: Vec<Entry> = vec![];
        let mut seen: HashMap<String, Span> = HashMap::new();
        while self.more(b'}') {
            let start = self.at;
            let key = self.text();
            let key_span = self.span(start, self.at);
            self.space();
            self.at += 1; // the colon
            let value = self.value();
            if let Some(first) = seen.get(&key) {
                self.found.push(duplicate(&key, key_span, first.clone()));
                continue;
            }
            seen.insert(key.clone(), key_span.clone());
            entries.push(Entry { key, key_span, value });
        }
        Value::Map(entries)
    }

    fn list(&mut self) -> Value {
        let mut items = vec![];
        while self.more(b']') {
            items.push(self.value());
        }
        Value::List(items)
    }

    /// Whether another item comes; if none does, the end is passed.
    fn more(&mut self, end: u8) -> bool {
        self.space();
        if self.next() == Some(b',') {
            self.at += 1;
            self.space();
        }
        match self.next() {
            Some(byte) if byte != end => true,
            _ => {
                self.at += 1;
                false
            }
        }
    }

    /// The text in quotes that begins here.
    fn text(&mut self) -> String {
        let rest = self.rest();
        let mut escaped = false;
        let closing = rest.bytes().enumerate().skip(1).find(|(_, byte)| {
            let closes = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            closes
        });
        let length = closing.map_or(rest.len(), |(at, _)| at + 1);
        let text = serde_json::from_str(rest.get(..length).unwrap_or_default()).unwrap_or_default();
        self.at += length;
        text
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn next(&self) -> Option<u8> {
        self.rest().bytes().next()
    }

    fn rest(&self) -> &str {
        self.source.text.get(self.at..).unwrap_or_default()
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }
}

/// Why the text is no JSON, in our words, at the character at fault.
fn refused(source: &Arc<Source>, skipped: usize, error: &serde_json::Error) -> Diagnostic {
    let text = source.text.get(skipped..).unwrap_or_default();
    if text.trim().is_empty() {
        return Diagnostic::error(Some(Span::new(source, skipped, skipped)), "the file is empty");
    }
    let at = skipped + place(text, error.line(), error.column());
    let rest = source.text.get(at..).unwrap_or_default();
    let word_end = |c: char| c.is_whitespace() || ",:]}\"".contains(c);
    let word = rest.split(word_end).next().unwrap_or_default();
    let character = rest.chars().next().map_or(0, char::len_utf8);
    let say = |length: usize, message: String| {
        Diagnostic::error(Some(Span::new(source, at, at + length)), format!("not JSON: {message}"))
    };
    let said = error.to_string();
    let info = said.split(" at line ").next().unwrap_or_default();
    if error.classify() == Category::Eof {
        let help = "is the file cut off, or does a closing bracket, brace or quote lack?";
        return say(character, "the text ends too early".to_owned()).help(help);
    }
    if info == "recursion limit exceeded" {
        return say(character, format!("nested deeper than {DEPTH_MAX} levels"));
    }
    if ["//", "/*", "#"].iter().any(|sign| rest.starts_with(sign)) {
        let help = "take the comment out, or write the policy as YAML, which has comments";
        return say(character, "JSON has no comments".to_owned()).help(help);
    }
    match info {
        "trailing comma" => {
            let comma = source.text.get(..at).and_then(|before| before.rfind(',')).unwrap_or(at);
            let span = Span::new(source, comma, comma + 1);
            let message = "not JSON: a comma stands after the last item";
            Diagnostic::error(Some(span), message).help("take the comma out")
        }
        "control character (\\u0000-\\u001F) found while parsing a string" => {
            let help = "write it as \\n, \\t or \\u00XX";
            say(character, "a line end or another control character stands within quotes".to_owned())
                .help(help)
        }
        "trailing characters" => say(character, "something stands after the end of the document".to_owned())
            .help("a file holds one document"),
        "key must be a string" => say(word.len().max(character), "a key is text in double quotes".to_owned()),
        _ if rest.starts_with('\'') => {
            say(character, "text stands in double quotes".to_owned()).help("write \" instead of '")
        }
        "expected value" | "expected ident" => {
            let shown = if word.is_empty() { rest.chars().take(1).collect() } else { word.to_owned() };
            let length = word.len().max(character);
            say(length, format!("`{shown}` is no value")).help("text stands in double quotes")
        }
        "expected `,` or `}`" | "expected `,` or `]`" => {
            say(character, "a comma is missing before this".to_owned())
        }
        "expected `:`" => say(character, "a colon is missing before this".to_owned()),
        "unexpected end of hex escape" | "lone leading surrogate in hex escape" => {
            say(character, "an escape `\\u…` is half of a character".to_owned())
                .help("characters beyond U+FFFF take two escapes, one after the other")
        }
        other => say(character, other.to_owned()),
    }
}

/// The byte of a line and a column (in bytes), both counted from 1.
fn place(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut at = (before + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Node>, Vec<Diagnostic>) {
        parse(&Arc::new(Source { name: "p.json".into(), text: text.into() }))
    }

    #[test]
    fn every_value_knows_its_place() {
        let text = "\u{feff}{\r\n\t\"a\\u0062\" : [ 1, -2.5e1,\tnull, true ],\r\n  \"é\\ud83d\\ude00\\\"\": {} }\r\n";
        let (node, found) = read(text);
        assert_eq!(found, []);
        let node = node.unwrap();
        assert_eq!(node.to_json().to_string(), r#"{"ab":[1,-25.0,null,true],"é😀\"":{}}"#);
        let slice = |span: &Span| span.source.text[span.start..span.end].to_owned();
        assert_eq!(slice(&node.span_at("/ab/1")), "-2.5e1");
        assert_eq!(slice(&node.key_span_at("/ab")), "\"a\\u0062\"");
        assert_eq!(slice(&node.span_at("/ab")), "[ 1, -2.5e1,\tnull, true ]");
        assert_eq!(slice(&node.span), "{");
        assert_eq!(node.key_span_at("/ab").line_column(), (2, 2));
    }

    #[test]
    fn the_walk_agrees_with_the_parser() {
        for text in
            [r#""\\""#, r#"["\\\"",""]"#, "0", " [ ] ", "{}", r#"{"":[[],[{}],"]"],"}":"{"}"#, "[1,2]\n"]
        {
            let (node, found) = read(text);
            assert_eq!(found, [], "{text}");
            assert_eq!(node.unwrap().to_json(), serde_json::from_str::<Json>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_refused_says_where_and_why() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        for (text, place, words) in [
            ("", (1, 1), "the file is empty"),
            ("{\"a\": 1,\n \"a\": 2}", (2, 2), "the key `a` stands twice"),
            ("{\"a\": 1,\n}", (1, 8), "a comma stands after the last item"),
            ("[1, 2,]", (1, 6), "a comma stands after the last item"),
            ("{\n  // x\n}", (2, 3), "JSON has no comments"),
            ("{\"a\": 1 # x\n}", (1, 9), "JSON has no comments"),
            ("{\"a\": NaN}", (1, 7), "`NaN` is no value"),
            ("{\"a\": tru}", (1, 10), "is no value"),
            ("{\"a\": 'x'}", (1, 7), "text stands in double quotes"),
            ("{a: 1}", (1, 2), "a key is text in double quotes"),
            ("{\"a\" 1}", (1, 6), "a colon is missing before this"),
            ("{\"a\": 1 \"b\": 2}", (1, 9), "a comma is missing before this"),
            ("{\"a\": \"x\ny\"}", (2, 1), "control character stands within quotes"),
            ("{\"a\": \"\\ud800\"}", (1, 14), "is half of a character"),
            ("{\"a\": 1e999}", (1, 11), "number out of range"),
            ("{\"a\": 01}", (1, 8), "invalid number"),
            ("{} {}", (1, 4), "after the end of the document"),
            ("{\"a\": [1", (1, 8), "the text ends too early"),
            (&deep(65), (1, 65), "nested deeper than 64 levels"),
            (&deep(100_000), (1, 128), "nested deeper than 64 levels"),
        ] {
            let (_, found) = read(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            let span = found[0].span.as_ref().unwrap();
            let start = &text[..text.len().min(40)];
            assert!(found[0].message.contains(words), "{start}: {} {span}", found[0].message);
            assert_eq!(span.line_column(), place, "{start}: {}", found[0].message);
        }
        assert_eq!(read(&deep(64)).1, []);
    }
}
